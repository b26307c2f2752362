from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crossposter.ledger import SqlLedger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    opened = SqlLedger.open(tmp_path / "data" / "ledger.db")
    yield opened
    opened.close()
