"""Scripted misbehaviour: what a fault is, how it is read, and which request it meets.

The shape is a stable contract for tests of any kind: {"platform", "operation", "do", "times", "skip"} and,
optionally, "body" and "headers". `amend` is no misbehaviour: the request is carried out, and what "body" and "headers"
give stands in the answer in place of the platform's own: another access level, version, date or end of a token.
`late` carries the request out when the client has given up waiting for it, and `stale` answers it as if the account's
newest post were not there yet: what a platform does whose parts are not all of the same moment.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PLATFORMS = ("twitter", "facebook", "instagram")
OPERATIONS = (
    "verify",
    "upload",
    "alt_text",
    "quota",
    "container",
    "status",
    "publish",
    "find",
    "retract",
    "correct",
    "login",
)
_PLAIN_KINDS = (
    "empty",
    "html",
    "garbage",
    "reset",
    "hang",
    "truncate",
    "amend",
    "stale",
    "late",
    "commit_then_reset",
    "commit_then_hang",
)
_KINDS_TEXT = ", ".join(("status:NNN", *_PLAIN_KINDS, "commit_then_status:NNN"))
_FIELDS = ("platform", "operation", "do", "times", "skip", "body", "headers")


class FaultError(ValueError):
    """A fault that cannot be read; the message names the field and the allowed values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One scripted misbehaviour of a platform."""

    platform: str
    operation: str
    #: "status", "empty", "html", "garbage", "reset", "hang", "truncate", "amend", "stale" or "late".
    kind: str
    #: True when the request is really carried out before the fault.
    commits: bool
    #: HTTP status of a "status" fault, otherwise 200.
    status: int = 200
    #: How many matching requests meet it.
    times: int = 1
    #: How many matching requests pass before it begins.
    skip: int = 0
    #: Replaces the body: text is sent as it is, any other JSON value as JSON. Of an amended one, the members of the
    #: object that it names, also inside others.
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def parse_fault(raw: object) -> Fault:
    """Read one fault.

    Raises:
        FaultError: a field is missing, unknown or has a value that is not allowed.
    """
    if not isinstance(raw, dict):
        raise FaultError(f"fault: expected an object with {', '.join(_FIELDS[:5])}, not {raw!r}")
    for name in raw:
        if name not in _FIELDS:
            raise FaultError(f"{name}: unknown field, allowed are {', '.join(_FIELDS)}")
    kind, commits, status = _parse_do(raw.get("do"))
    return Fault(
        platform=_one_of("platform", raw.get("platform"), PLATFORMS),
        operation=_one_of("operation", raw.get("operation"), OPERATIONS),
        kind=kind,
        commits=commits,
        status=status,
        times=_whole_number("times", raw.get("times", 1), least=1),
        skip=_whole_number("skip", raw.get("skip", 0), least=0),
        body=raw.get("body"),
        headers=_parse_headers(raw.get("headers")),
    )


def parse_faults(raw: object) -> list[Fault]:
    """Read a list of faults.

    Raises:
        FaultError: it is no list, or one of them is wrong; the message says which.
    """
    if not isinstance(raw, list):
        raise FaultError("faults: expected a JSON list of faults")
    faults = []
    for index, each in enumerate(raw):
        try:
            faults.append(parse_fault(each))
        except FaultError as exc:
            raise FaultError(f"[{index}].{exc}") from exc
    return faults


class FaultScript:
    """The faults that still wait for their request, in the order in which they were added."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        #: Set when the script is cleared: what fell silent before that may end.
        self.cleared = threading.Event()

    def add(self, fault: Fault) -> None:
        """Put a fault at the end of the script."""
        self._waiting.append(_Waiting(fault, skip=fault.skip, times=fault.times))

    def clear(self) -> None:
        """Drop all faults."""
        self._waiting.clear()
        self.cleared.set()
        self.cleared = threading.Event()

    def take(self, platform: str, operation: str) -> Fault | None:
        """Give the fault that this request meets, and count it as met.

        A fault that still skips lets the request pass on to the next fault of the script.
        """
        for waiting in self._waiting:
            if (waiting.fault.platform, waiting.fault.operation) != (platform, operation):
                continue
            if waiting.skip:
                waiting.skip -= 1
                continue
            waiting.times -= 1
            if not waiting.times:
                self._waiting.remove(waiting)
            return waiting.fault
        return None


@dataclass(slots=True, eq=False)
class _Waiting:
    fault: Fault
    skip: int
    times: int


def _parse_do(raw: object) -> tuple[str, bool, int]:
    if isinstance(raw, str):
        commits = raw.startswith("commit_then_") or raw == "amend"
        if raw in _PLAIN_KINDS:
            return raw.removeprefix("commit_then_"), commits, 200
        if match := re.fullmatch(r"(?:commit_then_)?status:([1-5]\d\d)", raw):
            return "status", commits, int(match[1])
    raise FaultError(f"do: {raw!r} is not one of {_KINDS_TEXT}")


def _one_of(name: str, raw: object, allowed: tuple[str, ...]) -> str:
    if isinstance(raw, str) and raw in allowed:
        return raw
    raise FaultError(f"{name}: {raw!r} is not one of {', '.join(allowed)}")


def _whole_number(name: str, raw: object, *, least: int) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= least:
        return raw
    raise FaultError(f"{name}: {raw!r} is not a whole number of at least {least}")


def _parse_headers(raw: object) -> dict[str, str]:
    if raw is None:
        return {}
    if isinstance(raw, Mapping) and all(isinstance(part, str) for item in raw.items() for part in item):
        return dict(raw)
    raise FaultError(f"headers: {raw!r} is not an object of texts")
