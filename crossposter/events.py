"""What became of polls and deliveries, in the log: one event for each outcome, with its names as fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from crossposter.core.checkup import Colour, Finding
from crossposter.core.events import (
    AwaitingApproval,
    Backlog,
    CheckedUp,
    ClockDoubted,
    ClockJumped,
    Delivered,
    Event,
    Interrupted,
    LedgerTrouble,
    Paused,
    Poll,
    Recovering,
    Restarted,
    Resumed,
    Settled,
    Silent,
    Spending,
    Stranded,
    Unread,
)
from crossposter.core.model import NEEDS_PERSON, Reason, Status
from crossposter.core.planning import Decision
from crossposter.logs import get_logger
from crossposter.wording import Message

if TYPE_CHECKING:
    import structlog

log = get_logger()


def telling(*others: Callable[[Event], None]) -> Callable[[Event], None]:
    """Make what logs an event, and then tells the others."""

    def tell(event: Event) -> None:
        report(event)
        for other in others:
            other(event)

    return tell


def report(event: Event) -> None:
    """Log what happened."""
    match event:
        case Poll():
            _report_poll(event)
        case Delivered():
            _report_delivery(event)
        case Unread():
            log.warning("account not read back", account=event.account_id, why=str(event.outcome.message))
        case Interrupted():
            log.warning("the last run ended while publishing: look at the account", delivery=event.delivery_id)
        case Settled():
            log.debug("settled by a person", delivery=event.delivery_id)
        case Stranded():
            log.warning("posts wait for accounts that the YAML no longer has", deliveries=event.delivery_ids)
        case Silent():
            log.warning("feed silent", feed=event.feed_id, why=str(event.message))
        case Restarted():
            log.warning("the daemon before this one did not end by itself", last_beat=event.last_beat.isoformat())
        case LedgerTrouble(message=None):
            log.info("the ledger can be written again")
        case LedgerTrouble():
            log.error("the ledger cannot be used: nothing is begun", why=str(event.message))
        case ClockJumped():
            log.warning("the clock has jumped", seconds=round(event.by.total_seconds()))
        case ClockDoubted(is_over=True):
            log.debug("the clock is believed")
        case ClockDoubted():
            log.warning("the clock is not believed: nothing is sent; no platform confirms it")
        case Recovering():
            log.warning("the ledger is older than what was published: the rest is held", why=str(event.reason))
        case Spending(is_spent=True):
            log.warning("budget spent", account=event.account_id, month=event.month, limit_usd=event.limit_usd)
        case Spending():
            log.debug("budget looked at", account=event.account_id, month=event.month)
        case AwaitingApproval():
            log.debug("posts wait for approval", city=event.city or None, count=len(event.delivery_ids))
        case CheckedUp():
            _report_checkup(event.findings)
        case Paused(pause=pause):
            log.warning("paused", what=str(pause.what), by=pause.person, why=pause.why, file=pause.file)
        case Resumed(pause=pause):
            log.debug("no longer paused", what=str(pause.what), by=pause.ended_by)
        case Backlog():
            log.log(30 if event.count else 10, "came due while nothing was sent", city=event.city, held=event.count)


def _report_checkup(findings: Sequence[Finding]) -> None:
    for found in findings:
        if found.colour is not Colour.GREEN:
            act = str(found.action) if found.action else None
            names = {"subject": found.subject, "check": found.check, "colour": found.colour}
            log.warning("checkup found something", **names, why=str(found.message), act=act)
    counts = Counter(found.colour for found in findings)
    log.info("checkup done", **{colour.value: counts[colour] for colour in Colour})


def _report_poll(poll: Poll) -> None:
    if poll.error:
        log.warning("feed not read", feed=poll.feed_id, error=str(poll.error))
        return
    if poll.plan is None:
        log.debug("feed unchanged", feed=poll.feed_id)
        return
    for alarm in (*poll.plan.alarms, *filter(None, [poll.plan.lumped])):
        log.warning("look at the feed", feed=poll.feed_id, why=str(alarm))
    held = [decision for decision in poll.plan.decisions if decision.status is Status.HELD]
    log.info(
        "feed read",
        feed=poll.feed_id,
        first_poll=poll.plan.first_poll,
        new=poll.plan.new,
        known=poll.plan.recognised,
        held=len(held),
    )
    for decision in held:
        _report_held(poll.feed_id, decision)


def _report_held(feed_id: str, decision: Decision) -> None:
    bound = log.bind(
        feed=feed_id,
        entry=decision.entry_id,
        account=decision.account_id,
        delivery=f"{decision.entry_id}/{decision.account_id}",
        status=decision.status,
    )
    _not_published(bound, decision.reason, decision.message, None)


def _report_delivery(done: Delivered) -> None:
    outcome = done.outcome
    if outcome is None:
        return  # the service has logged its traceback
    bound = log.bind(
        feed=done.feed_id,
        entry=done.entry_id,
        account=done.account_id,
        delivery=done.delivery_id,
        status=outcome.status,
    )
    if outcome.receipt:
        bound.info("post published", url=outcome.receipt.url, remote_id=outcome.receipt.remote_id)
        return
    if outcome.status is Status.PUBLISHED:
        bound.info("done")
        return
    is_waiting = outcome.status is Status.QUEUED and outcome.reason not in NEEDS_PERSON
    _not_published(bound, outcome.reason, outcome.message, outcome.not_before, is_waiting=is_waiting)


def _not_published(
    bound: structlog.stdlib.BoundLogger,
    reason: Reason | None,
    message: Message | None,
    not_before: datetime | None,
    *,
    is_waiting: bool = False,
) -> None:
    why = message or (reason.message if reason else None)
    bound.log(
        20 if is_waiting else 30,
        "post not published",
        reason=reason,
        why=str(why),
        not_before=not_before.isoformat() if not_before else None,
    )
