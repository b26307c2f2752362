"""What happened and is worth telling at once: the service and the daemon say it, the log and the alerts hear it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crossposter.core.checkup import Finding
from crossposter.core.kinds import name_of
from crossposter.core.model import Outcome
from crossposter.core.pausing import Pause
from crossposter.core.planning import Plan
from crossposter.errors import CrossposterError
from crossposter.wording import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one poll of a feed gave: a plan as the ledger has it, nothing new (None), or an error."""

    feed_id: str
    plan: Plan | None = None
    error: CrossposterError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one try of a delivery gave; no outcome when a defect of ours ended it (the log has it)."""

    delivery_id: str
    account_id: str
    outcome: Outcome | None
    feed_id: str = ""
    title: str = ""

    @property
    def entry_id(self) -> int:
        """Give the number of the story."""
        return name_of(self.delivery_id).entry_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An account that could not be read back, and gets nothing until it was."""

    account_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A delivery that the end of another process left uncertain."""

    delivery_id: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A delivery that was uncertain until a person looked; said by whoever finds it in the record, also again."""

    delivery_id: str


@dataclass(frozen=True, slots=True)
class Stranded:
    """Deliveries that are due on accounts which the YAML no longer has."""

    delivery_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A feed that has had nothing new for longer than it may."""

    feed_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class Restarted:
    """A daemon that starts where the one before it did not end by itself: killed, or out of power."""

    #: The last sign of life of the one before.
    last_beat: datetime


@dataclass(frozen=True, slots=True)
class LedgerTrouble:
    """Why the ledger cannot be used, so that nothing is sent; None when it can again, for a while already."""

    message: Message | None


@dataclass(frozen=True, slots=True)
class ClockJumped:
    """The clock was set, or the machine slept: the time went on by so much more than has passed."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class ClockDoubted:
    """Whether nothing is sent because no platform confirms the clock; said by whoever has asked them."""

    is_over: bool


@dataclass(frozen=True, slots=True)
class Recovering:
    """The ledger was found to be older than the truth: what is known of the accounts is to be found out anew."""

    reason: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Whether an account has spent its budget of a month: said by whoever has looked, also when there is money left."""

    account_id: str
    #: As people write it: 2026-11.
    month: str
    limit_usd: float
    is_spent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingApproval:
    """What of a city waits until a person lets its text out: said by whoever has looked, also when nothing does."""

    city: str
    delivery_ids: tuple[str, ...]
    #: When the newest text was shown, whatever became of it; None where none ever was.
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class CheckedUp:
    """Accounts and this machine were looked at; what is green is told as well, so that a trouble can end."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Paused:
    """Something is paused; said by whoever finds it so, also again."""

    pause: Pause
    #: Of the clock by which people are told since when.
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Resumed:
    """Something is no longer paused; said by whoever finds it in the record, also again."""

    pause: Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How many posts of a city came due while nothing was sent, and wait for a person; also none."""

    city: str
    count: int


Event = (
    Poll
    | Delivered
    | Interrupted
    | Unread
    | Settled
    | Stranded
    | Silent
    | Restarted
    | LedgerTrouble
    | ClockJumped
    | ClockDoubted
    | Recovering
    | Spending
    | AwaitingApproval
    | CheckedUp
    | Paused
    | Resumed
    | Backlog
)
