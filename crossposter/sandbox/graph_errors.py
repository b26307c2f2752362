"""The error envelope of the Graph API (error-handling page, updated 2026-06-02)."""

from __future__ import annotations

from crossposter.sandbox.exchange import Response, json_response


class GraphError(Exception):
    """A refusal of the Graph API, with its code and subcode."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        subcode: int | None = None,
        type_: str = "OAuthException",
        is_transient: bool = False,
        user_title: str | None = None,
    ) -> None:
        super().__init__(message)
        error = {
            "message": message,
            "type": type_,
            "code": code,
            "error_subcode": subcode,
            "is_transient": is_transient,
            "error_user_title": user_title,
            "fbtrace_id": "ASandboxTraceOfNoMeaning",
        }
        body = {"error": {name: value for name, value in error.items() if value is not None}}
        self.response: Response = json_response(status, body)


def error_for_status(status: int) -> GraphError:
    """Give the error that goes with an HTTP status; the real API's codes say more than its statuses."""
    match status:
        case 400:
            return GraphError(400, 100, "(#100) Invalid parameter")
        case 401:
            return GraphError(401, 190, "Error validating access token: Session has expired", subcode=463)
        case 403:
            return GraphError(403, 200, "(#200) Permissions error")
        case 404:
            return missing_object("0", "get", status=404)
        case 429:
            return GraphError(429, 32, "(#32) Page request limit reached")
    if status >= 500:
        message = "An unexpected error has occurred. Please retry your request later."
        return GraphError(status, 2, message, is_transient=True)
    return GraphError(status, 1, "An unknown error occurred")


def invalid(message: str) -> GraphError:
    """Refuse a parameter."""
    return GraphError(400, 100, f"(#100) {message}")


def invalid_picture(message: str) -> GraphError:
    """Refuse an uploaded picture."""
    return GraphError(400, 100, message, subcode=1366046, user_title="Can't Read Files")


def missing_object(object_id: str, method: str, *, status: int = 400) -> GraphError:
    """Refuse a request for something that does not exist, or may not be seen."""
    message = (
        f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation"
    )
    return GraphError(status, 100, message, subcode=33, type_="GraphMethodException")


def foreign_page() -> GraphError:
    """Refuse the token of another Page."""
    return GraphError(403, 200, "(#200) Requires a Page access token with pages_manage_posts for this Page")


def unknown_token() -> GraphError:
    """Refuse a token that nobody was given."""
    return GraphError(400, 190, "Invalid OAuth access token - Cannot parse access token")
