"""Where a request meets its platform, and its fault if one was scripted: one place for all platforms."""

from __future__ import annotations

import json
from typing import Protocol

from crossposter.sandbox.exchange import Ending, Outcome, Request, Response
from crossposter.sandbox.faults import Fault, FaultScript
from crossposter.sandbox.world import World

_HTML = b"<!DOCTYPE html><html><head><title>Over capacity</title></head><body>Please try again.</body></html>"
_NOT_JSON = b'{"data": {"id": "17\xff\xfe'


class Platform(Protocol):
    """The rules of one platform, without sockets and faults."""

    @property
    def name(self) -> str:
        """Give the name used in faults and accounts."""
        ...

    def operation(self, request: Request) -> str:
        """Say what a request does in the words of the faults, "" when no fault can name it."""
        ...

    def respond(self, request: Request) -> Response:
        """Carry a request out."""
        ...

    def refusal(self, status: int) -> Response:
        """Give the body this platform sends with an error status."""
        ...


class Desk:
    """Takes requests in, logs them and decides with the fault script how each one ends."""

    def __init__(self, world: World, script: FaultScript) -> None:
        self._world = world
        self._script = script

    def answer(self, platform: Platform, request: Request) -> Outcome:
        """Carry a request out, or misbehave as scripted.

        A commit_then fault stays unseen when the platform refuses the request, since then nothing was committed.
        """
        with self._world.lock:
            operation = platform.operation(request)
            self._world.record(request, platform=platform.name, operation=operation)
            fault = self._script.take(platform.name, operation)
            if fault is None:
                return Outcome(response=platform.respond(request))
            if fault.commits:
                response = platform.respond(request)
                if response.status >= 400:
                    return Outcome(response=response)
            return self._misbehave(fault, platform)

    def _misbehave(self, fault: Fault, platform: Platform) -> Outcome:
        match fault.kind:
            case "status":
                response = platform.refusal(fault.status)
            case "empty":
                response = Response()
            case "html":
                response = Response(headers={"content-type": "text/html; charset=utf-8"}, body=_HTML)
            case "garbage" | "truncate":
                response = Response(headers={"content-type": "application/json"}, body=_NOT_JSON)
            case "reset":
                return Outcome(ending=Ending.RESET)
            case _:
                return Outcome(ending=Ending.SILENT, released=self._script.cleared)
        body = response.body
        if fault.body is not None:
            body = fault.body.encode() if isinstance(fault.body, str) else json.dumps(fault.body).encode()
        headers = dict(response.headers) | {name.lower(): value for name, value in fault.headers.items()}
        return Outcome(
            response=Response(status=response.status, headers=headers, body=body),
            ending=Ending.TRUNCATED if fault.kind == "truncate" else Ending.COMPLETE,
        )
