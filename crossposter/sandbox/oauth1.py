"""OAuth 1.0a signatures (RFC 5849), checked as X checks them: HMAC-SHA1, fresh timestamp, unused nonce."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from crossposter.sandbox.exchange import Request

#: Seconds a timestamp may be off. X refuses a clock that is minutes wrong; how many it does not publish.
CLOCK_SKEW_S = 300


class Token(NamedTuple):
    """The secrets behind an access token."""

    api_key: str
    api_secret: str
    access_secret: str


class SignatureCheck:
    """Verifies signatures against the tokens given, and remembers nonces."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tokens: dict[str, Token] = {}
        self._used: set[tuple[str, str]] = set()

    def accept(self, access_token: str, token: Token) -> None:
        """Make a token valid."""
        self._tokens[access_token] = token

    def signer(self, request: Request) -> str | None:
        """Give the access token that signed a request; None when the signature does not hold."""
        parameters = _authorization(request.headers.get("authorization", ""))
        access_token = parameters.get("oauth_token", "")
        token = self._tokens.get(access_token)
        if token is None or parameters.get("oauth_consumer_key") != token.api_key:
            return None
        if parameters.get("oauth_signature_method") != "HMAC-SHA1" or not self._is_fresh(parameters):
            return None
        expected = _signature(request, parameters, token)
        if not hmac.compare_digest(expected, parameters.get("oauth_signature", "")):
            return None
        self._used.add((parameters["oauth_nonce"], parameters["oauth_timestamp"]))
        return access_token

    def _is_fresh(self, parameters: Mapping[str, str]) -> bool:
        nonce, timestamp = parameters.get("oauth_nonce", ""), parameters.get("oauth_timestamp", "")
        if not nonce or not re.fullmatch(r"\d{1,12}", timestamp):
            return False
        return abs(self._clock() - int(timestamp)) <= CLOCK_SKEW_S and (nonce, timestamp) not in self._used


def _authorization(header: str) -> dict[str, str]:
    if not header.startswith("OAuth "):
        return {}
    return {name: unquote(value) for name, value in re.findall(r'(oauth_[a-z_]+)="([^"]*)"', header)}


def _signature(request: Request, parameters: Mapping[str, str], token: Token) -> str:
    signed = [(name, value) for name, value in parameters.items() if name != "oauth_signature"]
    signed += parse_qsl(request.query_string, keep_blank_values=True)
    # Only an urlencoded body is part of the signature; multipart and JSON bodies are not (RFC 5849, 3.4.1.3.1).
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        signed += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    normalized = "&".join(f"{name}={value}" for name, value in sorted((_quote(n), _quote(v)) for n, v in signed))
    base = "&".join((request.method, _quote(request.url), _quote(normalized)))
    key = f"{_quote(token.api_secret)}&{_quote(token.access_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), "sha1")).decode()


def _quote(text: str) -> str:
    return quote(text, safe="-._~")
