"""The durable record: what was seen, decided, sent and answered. All SQL lives in this package."""

from crossposter.ledger.lock import sole_writer
from crossposter.ledger.store import SqlLedger

__all__ = ["SqlLedger", "sole_writer"]
