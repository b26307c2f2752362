"""The durable record: what was seen, decided, sent and answered. All SQL lives in this package."""

from crossposter.ledger.alerts import LedgerAlerts
from crossposter.ledger.heartbeat import LedgerHeartbeat, holders
from crossposter.ledger.lock import Holder, Role, holder, sole_writer
from crossposter.ledger.store import SqlLedger

__all__ = ["Holder", "LedgerAlerts", "LedgerHeartbeat", "Role", "SqlLedger", "holder", "holders", "sole_writer"]
