"""The problem bodies of X API v2, as documented or seen in 2026."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from crossposter.sandbox.exchange import Response, json_response

PROBLEMS = "https://api.twitter.com/2/problems/"


class XError(Exception):
    """A refusal of X, with its answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def problem(status: int, detail: str = "", *, type_: str = "about:blank") -> XError:
    """Refuse with a status; without a detail the status' own words are sent."""
    title = "Invalid Request" if status == HTTPStatus.BAD_REQUEST else phrase(status)
    return XError(json_response(status, {"title": title, "type": type_, "status": status, "detail": detail or title}))


def invalid(parameter: str, value: str, message: str) -> XError:
    """Refuse a parameter."""
    body = {
        "errors": [{"parameters": {parameter: [value]}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{PROBLEMS}invalid-request",
    }
    return XError(json_response(400, body))


def not_found(post_id: str) -> dict[str, Any]:
    """Give the body of a success that has no post (docs.x.com, partial errors, 2026-08)."""
    error = {
        "value": post_id,
        "detail": f"Could not find tweet with id: [{post_id}].",
        "title": "Not Found Error",
        "resource_type": "tweet",
        "parameter": "id",
        "resource_id": post_id,
        "type": f"{PROBLEMS}resource-not-found",
    }
    return {"errors": [error]}


def read_only() -> XError:
    """Refuse a write of an app that may only read."""
    detail = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
    return problem(403, detail, type_=f"{PROBLEMS}oauth1-permissions")


def not_yours() -> XError:
    """Refuse a reply or a quote.

    Replies are for those whom the author mentioned (since 2026-02-23), quotes for enterprise customers.
    """
    detail = "You can only reply to or quote posts where you are mentioned or are the author."
    return problem(403, detail, type_="https://api.x.com/2/problems/not-authorized-for-resource")


def credits_depleted(user_id: str) -> XError:
    """Refuse because there are no credits."""
    detail = f"Your enrolled account [{user_id}] does not have any credits to fulfill this request."
    body = {"account_id": int(user_id), "title": "CreditsDepleted", "detail": detail, "type": f"{PROBLEMS}credits"}
    return XError(json_response(402, body))


def spend_cap_reached(reset_date: str) -> XError:
    """Refuse because of the spending limit of the billing cycle."""
    detail = "Your enrolled account has reached its billing cycle spend cap."
    body = {"title": "SpendCapReached", "detail": detail, "reset_date": reset_date, "type": f"{PROBLEMS}credits"}
    return XError(json_response(403, body))


def phrase(status: int) -> str:
    """Give the words of a status, "Error" for one that has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
