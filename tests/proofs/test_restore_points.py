"""The ledger of before is put back after a death at each point: nothing more is sent of it by itself.

The count beside the ledger stays, as the instructions say. A death before the claim has published nothing that the old
ledger does not know: then the news goes out, once. `make proofs` takes every few cells; CROSSPOSTER_FAULT_MATRIX=all
(`make fault-matrix`) all 45.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from crossposter.core.model import Reason, Status
from tests.proofs.cells import MAX_LIVES
from tests.proofs.ground import Ground, a_ground
from tests.proofs.life import Point
from tests.proofs.lives import ACCOUNTS

pytestmark = pytest.mark.proof

#: From here on the death leaves a claim, which the old ledger does not know of.
_CLAIMED = (Point.INTENT, Point.BEFORE_SENDING, Point.SENT, Point.ANSWERED, Point.CONFIRMED, Point.TOLD)
_STEP = 1 if os.environ.get("CROSSPOSTER_FAULT_MATRIX") == "all" else 7


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with a_ground(tmp_path_factory.mktemp("ground")) as made:
        yield made


@pytest.mark.parametrize(("point", "platform"), list(product(Point, ACCOUNTS))[::_STEP])
def test_a_ledger_that_is_put_back_after_a_death_repeats_nothing(ground: Ground, point: Point, platform: str) -> None:
    ground.begin(platform, feed="allowed_hosts: [example.org]" if point is Point.APPROVED else "")
    kept = Path(f"{ground.ledger}.kept")
    kept.write_bytes(ground.ledger.read_bytes())
    if point is Point.APPROVED:
        ground.live()
        ground.live(arguments=("approve", ground.fates()[0].name, "--by", "Ayşe"), point=point)
    else:
        operation = {Point.UPLOADING: "upload", Point.SENT: "publish"}.get(point)
        if operation:
            ground.sandbox.inject(platform, operation, "commit_then_hang")
        ground.live(point=point, killed_when=(lambda: ground.has_seen(operation)) if operation else None)
    sent = len(ground.sandbox.requests(platform, "publish"))
    Path(f"{ground.ledger}-journal").unlink(missing_ok=True)
    ground.ledger.write_bytes(kept.read_bytes())

    for _ in range(MAX_LIVES):
        if not ground.move_on():
            break
        ground.live()
    (fate,) = ground.fates()
    assert len(ground.standing()) <= 1, "doubled"
    if point in _CLAIMED:
        assert len(ground.sandbox.requests(platform, "publish")) == sent, "sent before anybody has looked"
        stands = bool(ground.standing())
        assert (fate.status, fate.reason) == (Status.HELD, Reason.RESTORED) or (
            stands and fate.status is Status.PUBLISHED
        )
    elif point is Point.APPROVED:
        assert fate.status is Status.HELD
    else:
        assert fate.status is Status.PUBLISHED
