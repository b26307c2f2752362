from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crossposter.core.alerting import Alert, Fate, Level, Matter, Pending
from crossposter.core.model import Outcome, Post, Reason, Receipt, Status, Validators
from crossposter.core.planning import plan
from crossposter.ledger import LedgerAlerts, SqlLedger
from crossposter.ports import Lease, Staged
from crossposter.testing import a_feed, an_account, an_entry
from crossposter.wording import say

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def matter(key: str = "account:izmir-x", state: str = "401") -> Matter:
    return Matter(key=key, state=state, level=Level.CRITICAL, count=2, is_told=True, since=NOON)


def pending(target: str = "env:ALERT_URL") -> Pending:
    inner = say("there is no such file")
    lines = (say("the file cannot be read: {cause}", cause=inner), say("look"))
    alert = Alert(level=Level.WARNING, subject=say("account {account} is stopped", account="izmir-x"), lines=lines)
    return Pending(target=target, alert=alert, made_at=NOON)


def test_matters_and_alerts_come_back_as_they_were(ledger: SqlLedger) -> None:
    book = LedgerAlerts(ledger)
    (written,) = book.note({"account:izmir-x": matter()}, [pending()])
    assert written.id > 0
    found = LedgerAlerts(ledger).remembered(now=NOON)
    assert found.matters == {"account:izmir-x": matter()}
    assert found.pending == [written]
    assert found.sent == {}


def test_a_matter_changes_and_ends(ledger: SqlLedger) -> None:
    book = LedgerAlerts(ledger)
    book.note({"account:izmir-x": matter(), "failing:a": matter("failing:a")}, [])
    book.note({"account:izmir-x": matter(state="403"), "failing:a": None, "failing:b": None}, [])
    assert book.remembered(now=NOON).matters == {"account:izmir-x": matter(state="403")}


def test_what_is_postponed_waits_and_what_has_ended_is_over(ledger: SqlLedger) -> None:
    book = LedgerAlerts(ledger)
    first, second, third = book.note({}, [pending(), pending(), pending("env:OTHER")])
    later = [Pending(id=third.id, target="", alert=third.alert, made_at=NOON, tries=3, not_before=NOON)]
    book.postpone(later)
    book.end([first, second], Fate.SENT, now=NOON)
    found = book.remembered(now=NOON + timedelta(minutes=59))
    assert [(one.id, one.tries, one.not_before) for one in found.pending] == [(third.id, 3, NOON)]
    assert found.sent == {"env:ALERT_URL": [NOON]}  # one message
    book.end([third], Fate.GIVEN_UP, now=NOON)
    found = book.remembered(now=NOON + timedelta(minutes=61))
    assert (found.pending, found.sent) == ([], {})


def test_the_digest_counts_what_was_published_and_lists_what_waits(ledger: SqlLedger) -> None:
    feed, accounts = a_feed(accounts=["izmir-x", "izmir-fb"]), [an_account("izmir-x"), an_account("izmir-fb")]
    found = plan(feed, [an_entry(1)], accounts=accounts, known={}, first_poll=False, now=NOON)
    ledger.record(feed, found, Validators(), accounts=accounts, now=NOON)
    lease = Lease(account_id="izmir-x", holder="h", until=NOON + timedelta(minutes=10))
    ledger.lease(lease, now=NOON)
    loaded = ledger.load("1/izmir-x", now=NOON)
    assert loaded
    attempt = ledger.claim(loaded, Staged(post=Post(text="t", link=None)), lease, now=NOON)
    assert attempt
    receipt = Receipt(remote_id="1", url="https://x.example/1")
    ledger.settle("1/izmir-x", attempt, Outcome(status=Status.PUBLISHED, receipt=receipt), now=NOON)
    ledger.postpone("1/izmir-fb", Outcome(status=Status.HELD, reason=Reason.NO_PICTURE), now=NOON)
    book = LedgerAlerts(ledger)
    summary = book.summary(since=NOON - timedelta(days=1), now=NOON)
    assert summary.published == {"izmir-x": 1}
    assert [(one.delivery_id, one.title, one.reason) for one in summary.waiting] == [
        ("1/izmir-fb", "Haber 1", Reason.NO_PICTURE)
    ]
    assert book.summary(since=NOON, now=NOON + timedelta(days=1)).published == {}
