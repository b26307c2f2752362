"""Random `kill -9`, back to back, while platforms fail: nothing twice, nothing gone.

The suite kills 40 times each; `make soak` and `make soak-workers` 3,000 times (SOAK_KILLS), or for SOAK_MINUTES, from
SOAK_SEED on. In a database a daemon and three workers (SOAK_WORKERS) are killed, each again and again.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.postgres import Server
from tests.proofs.soak import Plan, Result, a_soak

pytestmark = pytest.mark.proof

_IN_THE_SUITE = 40


def _run(plan: Plan, folder: Path) -> Result:
    with a_soak(plan, folder) as soak:
        return soak.run()


def _judge(plan: Plan, results: Sequence[Result]) -> None:
    ended = sum((result.ended for result in results), Counter[str]())
    kills, lives, items = (sum(getattr(one, name) for one in results) for name in ("kills", "lives", "items"))
    print(f"{kills} kills in {lives} lives, {items} items, deliveries: {dict(ended.most_common())}")
    assert [each for result in results for each in result.doubled] == []
    assert [each for result in results for each in result.lost] == []
    assert kills >= plan.kills - len(results) or plan.minutes
    assert ended["published"] > sum(ended.values()) * 0.5


@pytest.mark.timeout(7200)
def test_random_kills_of_rounds_double_and_lose_nothing(tmp_path: Path) -> None:
    plan = Plan.of_environment(kills=_IN_THE_SUITE)
    # Side by side, each with platforms and a ledger of its own: one process at a time leaves a core idle.
    count = 2 if "SOAK_KILLS" in os.environ else 1
    plans = [replace(plan, kills=plan.kills // count, seed=plan.seed + number) for number in range(count)]
    with ThreadPoolExecutor(count) as pool:
        _judge(plan, list(pool.map(_run, plans, [tmp_path / str(number) for number in range(count)])))


@pytest.mark.timeout(7200)
def test_random_kills_of_workers_and_their_daemon_double_and_lose_nothing(
    tmp_path: Path, postgres_server: Server
) -> None:
    with postgres_server.database() as address:
        plan = replace(Plan.of_environment(kills=_IN_THE_SUITE), ledger=address.url)
        _judge(plan, [_run(plan, tmp_path / "soak")])
