"""The page that shows the three timelines: its files, its accounts, and answers for who has them already.

What the page does is in page/page.js; the posts it shows are control.py's.
"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

from crossposter.sandbox.exchange import Request, Response, json_response
from crossposter.sandbox.world import World

_FOLDER = Path(__file__).with_name("page")
_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page/style.css": ("style.css", "text/css; charset=utf-8"),
    "/page/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
#: The page shows what anybody posted: nothing runs or loads that is not its own, and no form or base can be slipped in.
_GUARDS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Pages:
    """Answers /, /page/style.css, /page/page.js and /page/accounts.json."""

    def __init__(self, world: World) -> None:
        self._world = world

    def respond(self, request: Request) -> Response:
        """Give a file of the page, or the accounts without their credentials."""
        if request.method not in ("GET", "HEAD"):
            return json_response(405, {"error": f"{request.method} {request.path}: only GET"}, {"allow": "GET, HEAD"})
        if request.path == "/page/accounts.json":
            return revalidated(request, json_response(200, {"accounts": self._accounts()}, _GUARDS))
        if request.path not in _FILES:
            return json_response(404, {"error": f"{request.path}: unknown"})
        name, content_type = _FILES[request.path]
        headers = {"content-type": content_type, **_GUARDS}
        return revalidated(request, Response(headers=headers, body=(_FOLDER / name).read_bytes()))

    def _accounts(self) -> list[dict[str, str]]:
        return [
            {"platform": account.platform, "id": account.id, "handle": account.handle, "name": account.name}
            for account in self._world.accounts
        ]


def revalidated(request: Request, response: Response) -> Response:
    """Add an ETag of the body, and answer 304 without one to who has it (RFC 9110, 13.1.2)."""
    etag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    headers = {**response.headers, "etag": etag, "cache-control": "no-cache"}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known or "*" in known:
        return Response(status=304, headers=headers)
    return dataclasses.replace(response, headers=headers)
