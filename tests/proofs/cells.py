"""The fault matrix: where a life ends, what the network or the platform does meanwhile, and on which platform.

In each cell a fault waits for the public call, and the first life is killed at its point; so the fault is met by that
life or by the next one. Clean lives follow until nothing goes on by itself any more. Then what stands on the platform
is compared with what the ledger believes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from crossposter.core.model import Status
from tests.proofs.ground import Ground
from tests.proofs.life import Point, Way
from tests.proofs.lives import ACCOUNTS

#: So many lives settle whatever can be settled.
MAX_LIVES = 16
#: Seconds that a life waits for an answer which comes too late.
_IMPATIENT_S = 0.6
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong at the first public call.

    Attributes:
        do: What the sandbox does with it, by platform.
        carries_out: Whether the post is made.
        way: What is wrong on the way there: then no byte arrives.
        headers: Of the answer.
        body: Of the answer, by platform.
        refuses_all: Whether asking whose account it is meets the same, once.
        reading: What the account's list answers, once, when the post stands there.
        patience_s: How long the program waits for the answer.
    """

    do: dict[str, str]
    carries_out: bool = False
    way: Way | None = None
    headers: dict[str, str] | None = None
    body: dict[str, Any] | None = None
    refuses_all: bool = False
    reading: str | None = None
    patience_s: float | None = None


def _same(do: str) -> dict[str, str]:
    return dict.fromkeys(ACCOUNTS, do)


_LATER = {"x-rate-limit-reset": "", "x-rate-limit-remaining": ""}
_REGAIN = {
    "x-rate-limit-remaining": "0",
    "x-business-use-case-usage": '{"100200300400501": [{"type": "pages", "estimated_time_to_regain_access": 7}]}',
}
_DUPLICATE = {
    "twitter": {"detail": "You are not allowed to create a Tweet with duplicate content.", "status": 403},
    "facebook": {"error": {"message": "(#506) Duplicate status message", "code": 506}},
    "instagram": {"message": "feedback_required", "status": "fail"},
}
_NO_NUMBER = {"twitter": {"data": {"id": None}}, "facebook": {"id": None}, "instagram": {"media": {"pk": None}}}
#: Each with its variants: which one a cell has, its point decides.
FAULTS: dict[str, tuple[Fault, ...]] = {
    "connection refused": (Fault(do=_same("reset"), way=Way.REFUSED),),
    "no such name": (Fault(do=_same("reset"), way=Way.NO_NAME),),
    "wrong certificate": (Fault(do=_same("reset"), way=Way.WRONG_CERTIFICATE),),
    "dropped": (Fault(do=_same("reset")),),
    "accepted, dropped": (Fault(do=_same("commit_then_reset"), carries_out=True),),
    "accepted, 503": (Fault(do=_same("commit_then_status:503"), carries_out=True),),
    "500": (Fault(do=_same("status:500")),),
    "429": (
        Fault(do=_same("status:429"), headers=_REGAIN),
        Fault(do=_same("status:429"), headers=_LATER),
    ),
    "accepted too late": (Fault(do=_same("late"), carries_out=True, patience_s=_IMPATIENT_S),),
    "token revoked": (
        Fault(do={"twitter": "status:401", "facebook": "status:401", "instagram": "status:403"}, refuses_all=True),
    ),
    "duplicate": (
        Fault(do={"twitter": "status:403", "facebook": "status:400", "instagram": "status:400"}, body=_DUPLICATE),
    ),
    "2xx without a number": (
        Fault(do=_same("amend"), body=_NO_NUMBER, carries_out=True),
        Fault(do=_same("empty")),
    ),
    "200 with a web page": (Fault(do=_same("html")),),
    "blind reading": (
        Fault(do=_same("commit_then_reset"), carries_out=True, reading="stale"),
        Fault(do=_same("commit_then_reset"), carries_out=True, reading="empty"),
        Fault(do=_same("commit_then_reset"), carries_out=True, reading="status:500"),
    ),
}


class Cell(NamedTuple):
    """One combination."""

    point: Point
    fault: str
    platform: str

    def __str__(self) -> str:
        return f"{self.platform}, {self.fault}, killed at {self.point}"

    @property
    def details(self) -> Fault:
        """Give what goes wrong."""
        variants = FAULTS[self.fault]
        return variants[list(Point).index(self.point) % len(variants)]


def every_cell() -> list[Cell]:
    """List all 15 x 14 x 3."""
    return [Cell(*parts) for parts in product(Point, FAULTS, ACCOUNTS)]


def some_cells(step: int) -> list[Cell]:
    """List every so many, so that each point, fault and platform is among them, and none always with the same."""
    return [
        cell
        for cell in every_cell()
        if (
            list(Point).index(cell.point) * 4
            + list(FAULTS).index(cell.fault) * 3
            + list(ACCOUNTS).index(cell.platform) * 5
        )
        % step
        == 0
    ]


class Verdict(NamedTuple):
    """What became of a cell: in a word, and whether that must not be."""

    word: str
    is_red: bool
    lives: int
    #: Whether anybody was told of what is held or refused.
    told: bool


def run(cell: Cell, ground: Ground) -> Verdict:
    """Live a cell to its end, and judge it."""
    fault = cell.details
    ground.begin(cell.platform, feed="allowed_hosts: [example.org]" if cell.point is Point.APPROVED else "")
    killed, met = _first_life(cell, ground)
    if not killed:
        return Verdict("not killed", True, 1, False)
    lives, is_read = 1, fault.reading is None
    while ground.move_on():
        if lives > MAX_LIVES:
            return Verdict("unfinished", True, lives, False)
        if not is_read and ground.standing():
            ground.sandbox.inject(cell.platform, "find", fault.reading or "")
            is_read = True
        met = ground.live(way=None if met else fault.way, patience_s=_patience(cell, ground)).met or met
        lives += 1
    return judged(ground, lives)


def _patience(cell: Cell, ground: Ground) -> float | None:
    return None if ground.has_seen("publish") else cell.details.patience_s


def _first_life(cell: Cell, ground: Ground) -> tuple[bool, bool]:
    """Live the one that is killed; tell whether it was, and whether it met a fault on the way."""
    fault, sandbox, platform = cell.details, ground.sandbox, cell.platform
    if cell.point is Point.UPLOADING:
        sandbox.inject(platform, "upload", "hang")
    if cell.point is Point.SENT and not fault.way and fault.do[platform] != "late":
        sandbox.inject(platform, "publish", "commit_then_hang" if fault.carries_out else "hang")
    if not fault.way and not (cell.point is Point.SENT and fault.carries_out and fault.do[platform] != "late"):
        _inject(cell, ground)
    if cell.point is Point.APPROVED:
        ground.live()
        (held,) = ground.fates()
        ended = ground.live(arguments=("approve", held.name, "--by", "Ayşe"), point=cell.point)
        return ended.killed and held.status is Status.HELD, ended.met
    seen: Callable[[], bool] | None = None
    if cell.point is Point.UPLOADING or (cell.point is Point.SENT and not fault.way):
        seen = lambda: ground.has_seen("upload" if cell.point is Point.UPLOADING else "publish")  # noqa: E731
    patience_s = None if seen else fault.patience_s
    ended = ground.live(point=cell.point, way=fault.way, patience_s=patience_s, killed_when=seen)
    return ended.killed, ended.met


def _inject(cell: Cell, ground: Ground) -> None:
    fault, platform = cell.details, cell.platform
    body = fault.body[platform] if fault.body else None
    ground.sandbox.inject(platform, "publish", fault.do[platform], body=body, headers=fault.headers)
    if fault.refuses_all:
        ground.sandbox.inject(platform, "verify", fault.do[platform], skip=_verified_before(cell.point))


def _verified_before(point: Point) -> int:
    """Count the lives that ask whose account it is before the public call; a refused call asks once more."""
    in_one_life = (Point.FETCHED, Point.PARSED, Point.RECORDED, Point.CONFIRMED, Point.TOLD)
    return 1 if point in in_one_life else 2


def judged(ground: Ground, lives: int) -> Verdict:
    """Compare what stands on the platforms with what the ledger says of it."""
    own = {ACCOUNTS[ground.platform]}
    posts, fates = ground.standing(), ground.fates()
    elsewhere = [post for post in posts if (post["platform"], post["handle"]) != (ground.platform, "izmirbld")]
    if elsewhere:
        return Verdict("wrong account", True, lives, False)
    if len(posts) > 1:
        return Verdict("doubled", True, lives, False)
    if len(fates) != 1 or fates[0].name.partition("/")[2] not in own:
        return Verdict("lost: nothing in the ledger", True, lives, False)
    fate = fates[0]
    if fate.status is Status.PUBLISHED:
        is_true = [post["id"] for post in posts] == [fate.remote_id]
        return Verdict("published" if is_true else "lost: published by the ledger alone", not is_true, lives, True)
    if fate.status not in (Status.HELD, Status.FAILED):
        return Verdict(f"lost: {fate.status}", True, lives, False)
    stands = ", stands" if posts else ""
    if _goes_on(ground):
        return Verdict(f"sent after {fate.status}", True, lives, False)
    return Verdict(f"{fate.status}: {fate.reason}{stands}", fate.reason is None, lives, ground.alerts() > 0)


def _goes_on(ground: Ground) -> bool:
    """Tell whether anything is sent of what waits for a person: a life now, and one of tomorrow."""
    sent = len(ground.sandbox.requests(ground.platform, "publish"))
    for wait in (60.0, _DAY_S):
        ground.let_pass(wait)
        ground.live()
    return len(ground.sandbox.requests(ground.platform, "publish")) != sent


def shares(cells: list[Cell], count: int) -> Iterator[list[Cell]]:
    """Deal cells out, platform by platform mixed."""
    return (cells[start::count] for start in range(count))
