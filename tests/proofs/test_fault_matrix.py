"""Crash point x network fault x platform, with real processes, the real client libraries, sockets and SQLite.

`make proofs` takes a tenth of the cells; CROSSPOSTER_FAULT_MATRIX=all (`make fault-matrix`) takes all 630.
"""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.proofs.cells import FAULTS, Cell, Verdict, every_cell, run, shares, some_cells
from tests.proofs.ground import a_ground
from tests.proofs.life import Point
from tests.proofs.lives import ACCOUNTS

pytestmark = pytest.mark.proof

#: Grounds side by side.
_WORKERS = 2
_STEP = 13


def test_every_point_fault_and_platform_is_among_the_cells_of_the_suite() -> None:
    cells = some_cells(_STEP)
    assert len(every_cell()) == 630
    assert {cell.point for cell in cells} == set(Point)
    assert {cell.fault for cell in cells} == set(FAULTS)
    assert {cell.platform for cell in cells} == set(ACCOUNTS)


def _run_share(cells: list[Cell], folder: Path) -> list[tuple[Cell, Verdict]]:
    with a_ground(folder) as ground:
        return [(cell, run(cell, ground)) for cell in cells]


@pytest.mark.timeout(1800)
def test_no_fault_at_any_point_doubles_loses_or_misplaces_a_post(tmp_path: Path) -> None:
    cells = every_cell() if os.environ.get("CROSSPOSTER_FAULT_MATRIX") == "all" else some_cells(_STEP)
    folders = [tmp_path / str(number) for number in range(_WORKERS)]
    with ThreadPoolExecutor(_WORKERS) as pool:
        found = [each for share in pool.map(_run_share, shares(cells, _WORKERS), folders) for each in share]
    words: dict[str, Counter[str]] = {platform: Counter() for platform in ACCOUNTS}
    for cell, verdict in found:
        words[cell.platform][verdict.word + ("" if verdict.told else " (in the digest alone)")] += 1
    for platform, counted in words.items():
        print(f"{platform}: {dict(counted.most_common())}")
    print(f"{len(found)} cells, {sum(verdict.lives for _, verdict in found)} lives")
    red = partial(filter, lambda each: each[1].is_red)
    assert [f"{cell}: {verdict.word}" for cell, verdict in red(found)] == []
