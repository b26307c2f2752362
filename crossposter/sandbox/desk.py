"""Where a request meets its platform, and its fault if one was scripted: one place for all platforms."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any, Protocol

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
            outcome = self._outcome(fault, platform, request)
            return replace(outcome, response=self._dated(outcome.response))

    def _outcome(self, fault: Fault | None, platform: Platform, request: Request) -> Outcome:
        if fault is None:
            return Outcome(response=platform.respond(request))
        if fault.kind == "stale":
            with self._world.lagging():
                return Outcome(response=platform.respond(request))
        if fault.kind == "late":
            return self._silent(lambda: self._carry_out(platform, request))
        if fault.commits:
            response = platform.respond(request)
            if response.status >= 400 and fault.kind != "amend":
                return Outcome(response=response)
            if fault.kind == "amend":
                return Outcome(response=_amended(response, fault))
        return self._misbehave(fault, platform)

    def _dated(self, response: Response) -> Response:
        """Say by the platform's clock when it answered, as every web server does, unless a fault says otherwise."""
        date = formatdate(self._world.clock(), usegmt=True)
        return replace(response, headers={"date": date} | dict(response.headers))

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
                return self._silent()
        body = response.body
        if fault.body is not None:
            body = fault.body.encode() if isinstance(fault.body, str) else json.dumps(fault.body).encode()
        headers = dict(response.headers) | _named(fault)
        return Outcome(
            response=Response(status=response.status, headers=headers, body=body),
            ending=Ending.TRUNCATED if fault.kind == "truncate" else Ending.COMPLETE,
        )

    def _silent(self, afterwards: Callable[[], None] | None = None) -> Outcome:
        return Outcome(ending=Ending.SILENT, released=self._script.cleared, afterwards=afterwards)

    def _carry_out(self, platform: Platform, request: Request) -> None:
        with self._world.lock:
            platform.respond(request)


def _named(fault: Fault) -> dict[str, str]:
    return {name.lower(): value for name, value in fault.headers.items()}


def _amended(response: Response, fault: Fault) -> Response:
    """Put what a fault gives in place of the platform's own."""
    body = response.body
    if isinstance(fault.body, dict):
        body = json.dumps(_merged(json.loads(body), fault.body)).encode()
    return replace(response, headers=dict(response.headers) | _named(fault), body=body)


def _merged(value: Any, changes: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(changes, dict):
        return changes
    return value | {name: _merged(value.get(name), change) for name, change in changes.items()}
