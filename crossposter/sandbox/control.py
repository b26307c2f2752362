"""The sandbox's own endpoints under /_sandbox, a stable contract for tests of any kind."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

from crossposter.sandbox.exchange import Request, Response, json_response
from crossposter.sandbox.faults import FaultError
from crossposter.sandbox.pages import revalidated
from crossposter.sandbox.world import World


class Control:
    """Answers /_sandbox/posts, accounts, requests, pictures/{sha256}, faults and reset."""

    def __init__(
        self,
        world: World,
        *,
        add_faults: Callable[[object], None],
        clear_faults: Callable[[], None],
        reset: Callable[[], None],
    ) -> None:
        self._world = world
        self._add_faults = add_faults
        self._clear_faults = clear_faults
        self._reset = reset

    def respond(self, request: Request) -> Response:
        """Carry a control request out; a wrong fault gets 400 with a sentence."""
        route = (request.method, request.path.removeprefix("/_sandbox/").strip("/"))
        match route:
            case ("POST", "faults"):
                return self._take_faults(request)
            case ("DELETE", "faults"):
                self._clear_faults()
                return json_response(200, {"ok": True})
            case ("POST", "reset"):
                self._reset()
                return json_response(200, {"ok": True})
            case ("GET", path):
                return self._show(request, path)
        return _not_found(request)

    def _take_faults(self, request: Request) -> Response:
        try:
            self._add_faults(json.loads(request.body))
        except FaultError as exc:
            return json_response(400, {"error": str(exc)})
        except ValueError:
            return json_response(400, {"error": "body: expected a JSON list of faults"})
        return json_response(200, {"ok": True})

    def _show(self, request: Request, path: str) -> Response:
        world = self._world
        with world.lock:
            if path == "posts":
                posts = json_response(200, {"posts": [post.as_json() for post in world.all_posts()]})
                return revalidated(request, posts)  # the page asks every second
            if path == "accounts":
                accounts = [dataclasses.asdict(account) for account in world.accounts]
                return json_response(200, {"accounts": accounts})
            if path == "requests":
                return json_response(200, {"requests": _requests(world)})
            picture = world.pictures.get(path.removeprefix("pictures/"))
        if picture is None:
            return json_response(404, {"error": f"{path}: unknown"})
        return Response(headers={"content-type": picture.media_type}, body=picture.content)


def _requests(world: World) -> list[dict[str, str]]:
    return [
        {
            "platform": request.platform,
            "operation": request.operation,
            "method": request.method,
            "path": request.path,
        }
        for request in world.requests
    ]


def _not_found(request: Request) -> Response:
    return json_response(404, {"error": f"{request.method} {request.path}: unknown"})
