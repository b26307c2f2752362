"""X's OAuth 1.0a login with a PIN: request token, the page where a person allows the app, access token.

Answers and refusals: docs.x.com, fundamentals, OAuth 1.0a (2026-08). What X makes of a request token after a wrong PIN
is not written there; here it is void, so that a client begins anew.
"""

from __future__ import annotations

import html
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from crossposter.sandbox.exchange import Request, Response, json_response
from crossposter.sandbox.oauth1 import SignatureCheck, Token
from crossposter.sandbox.world import SandboxAccount

_GUARDS = {"content-security-policy": "default-src 'none'; form-action 'self'", "referrer-policy": "no-referrer"}


@dataclass(slots=True, kw_only=True)
class _Asked:
    """A request token that waits for its person."""

    secret: str
    account: SandboxAccount | None = None
    pin: str = ""


class PinLogin:
    """Answers /oauth/request_token, /oauth/authorize and /oauth/access_token."""

    def __init__(self, clock: Callable[[], float], *, accept: Callable[[SandboxAccount, str, Token], None]) -> None:
        self._clock = clock
        self._accept = accept
        self._api_key = self._api_secret = ""
        self._accounts: dict[str, SandboxAccount] = {}
        self._asked: dict[str, _Asked] = {}
        self._signatures = SignatureCheck(clock)

    def know(self, account: SandboxAccount) -> None:
        """Let a person log in to an account, through the app whose keys it has."""
        self._api_key, self._api_secret = account.credentials["api_key"], account.credentials["api_secret"]
        self._accounts[account.handle] = account
        # A request for a request token is signed with the app's secret alone.
        self._signatures.accept("", Token(self._api_key, self._api_secret, ""))

    def respond(self, request: Request, path: str) -> Response:
        """Carry a request out."""
        match request.method, path:
            case "POST", "/oauth/request_token":
                return self._request_token(request)
            case "GET", "/oauth/authorize":
                return self._ask(request.query)
            case "POST", "/oauth/authorize":
                return self._allow(request.form)
            case "POST", "/oauth/access_token":
                return self._access_token(request)
        return _refused(404, 34, "Sorry, that page does not exist.")

    def _request_token(self, request: Request) -> Response:
        if self._signatures.signer(request) != "":
            return _refused(401, 32, "Could not authenticate you.")
        if 'oauth_callback="oob"' not in request.headers.get("authorization", ""):
            return _refused(403, 415, "Callback URL not approved for this client application.")
        token, secret = secrets.token_urlsafe(20), secrets.token_urlsafe(24)
        self._asked[token] = _Asked(secret=secret)
        self._signatures.accept(token, Token(self._api_key, self._api_secret, secret))
        return _form({"oauth_token": token, "oauth_token_secret": secret, "oauth_callback_confirmed": "true"})

    def _ask(self, query: Mapping[str, str]) -> Response:
        token = query.get("oauth_token", "")
        if token not in self._asked:
            return _page("This page is no longer valid. It looks like someone already used the token.", status=403)
        buttons = "".join(
            f'<p><button name="account" value="{html.escape(handle)}">Authorize app as @{html.escape(handle)}</button>'
            for handle in self._accounts
        )
        hidden = f'<input type="hidden" name="oauth_token" value="{html.escape(token)}">'
        return _page(f'<form method="post" action="authorize">{hidden}{buttons}</form>')

    def _allow(self, form: Mapping[str, str]) -> Response:
        asked, account = self._asked.get(form.get("oauth_token", "")), self._accounts.get(form.get("account", ""))
        if asked is None or account is None:
            return _page("Whoa there!", status=403)
        asked.account, asked.pin = account, f"{secrets.randbelow(10**7):07}"
        return _page(f"<p>Go back to the app and enter this PIN:</p><code>{asked.pin}</code>")

    def _access_token(self, request: Request) -> Response:
        token = self._signatures.signer(request)
        asked = self._asked.pop(token or "", None)
        if asked is None or asked.account is None:
            return _refused(401, 32, "Could not authenticate you.")
        verifier = _verifier(request)
        if not verifier or not secrets.compare_digest(verifier, asked.pin):
            return Response(status=401, body=b"Error processing your OAuth request: Invalid oauth_verifier parameter")
        account = asked.account
        access_token, access_secret = f"{account.id}-{secrets.token_urlsafe(24)}", secrets.token_urlsafe(32)
        self._accept(account, access_token, Token(self._api_key, self._api_secret, access_secret))
        answer = {"oauth_token": access_token, "oauth_token_secret": access_secret}
        return _form(answer | {"user_id": account.id, "screen_name": account.handle})


def _verifier(request: Request) -> str:
    _, _, found = request.headers.get("authorization", "").partition('oauth_verifier="')
    return found.partition('"')[0] or dict(parse_qsl(request.query_string)).get("oauth_verifier", "")


def _form(values: Mapping[str, str]) -> Response:
    # X sends this type, whatever stands in it.
    return Response(headers={"content-type": "text/html; charset=utf-8"}, body=urlencode(values).encode())


def _page(content: str, *, status: int = 200) -> Response:
    text = f"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Authorize an application</title>{content}"
    return Response(status=status, headers={"content-type": "text/html; charset=utf-8", **_GUARDS}, body=text.encode())


def _refused(status: int, code: int, message: str) -> Response:
    return json_response(status, {"errors": [{"code": code, "message": message}]})
