from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crossposter.core.alerting import (
    TAKEN_FOR,
    Alert,
    Change,
    Fate,
    Level,
    Matter,
    Notice,
    Outbox,
    Pending,
    Target,
    change_by,
    is_time,
)
from crossposter.core.model import Outcome, Post, Reason, Receipt, Status, Validators
from crossposter.core.planning import plan
from crossposter.ledger import LedgerAlerts, SqlLedger
from crossposter.ports import Lease, Staged
from crossposter.testing import a_feed, an_account, an_entry
from crossposter.wording import say
from tests.ledger.conftest import Place

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def matter(key: str = "account:izmir-x", state: str = "401") -> Matter:
    return Matter(key=key, state=state, level=Level.CRITICAL, count=2, is_told=True, since=NOON)


def pending(target: str = "env:ALERT_URL") -> Pending:
    inner = say("there is no such file")
    lines = (say("the file cannot be read: {cause}", cause=inner), say("look"))
    alert = Alert(level=Level.WARNING, subject=say("account {account} is stopped", account="izmir-x"), lines=lines)
    return Pending(target=target, alert=alert, made_at=NOON)


def noted(
    book: LedgerAlerts, matters: Mapping[str, Matter | None], alerts: Sequence[Pending] = ()
) -> Sequence[Pending]:
    """Write what was decided, whatever stands there."""
    return book.change(list(matters), lambda *_: Change(matters=matters, alerts=alerts), now=NOON)


def everything(found: Outbox) -> Sequence[Pending]:
    return found.pending


def test_matters_and_alerts_come_back_as_they_were(ledger: SqlLedger) -> None:
    book = LedgerAlerts(ledger)
    (written,) = noted(book, {"account:izmir-x": matter()}, [pending()])
    assert written.id > 0
    assert book.matters() == {"account:izmir-x": matter()}
    assert book.matters(["account:izmir-fb"]) == book.matters([]) == {}
    assert book.outbox(now=NOON) == Outbox(now=NOON, pending=[written], sent={})


def test_a_matter_changes_and_ends(ledger: SqlLedger) -> None:
    book = LedgerAlerts(ledger)
    noted(book, {"account:izmir-x": matter(), "failing:a": matter("failing:a")})
    noted(book, {"account:izmir-x": matter(state="403"), "failing:a": None, "failing:b": None})
    assert book.matters() == {"account:izmir-x": matter(state="403")}


def test_it_is_decided_about_matters_as_they_stand(ledger: SqlLedger) -> None:
    book = LedgerAlerts(ledger)
    noted(book, {"account:izmir-x": matter(), "failing:a": matter("failing:a")})
    seen = []

    def decide(found: Mapping[str, Matter], now: datetime) -> Change:
        seen.append((found, now))
        return Change()

    assert book.change(["account:izmir-x", "failing:b"], decide, now=NOON) == []
    assert seen == [({"account:izmir-x": matter()}, NOON)]


def test_what_is_taken_is_nobody_else_s_until_sending_it_must_have_ended(ledger: SqlLedger) -> None:
    book = LedgerAlerts(ledger)
    first, other = noted(book, {}, [pending(), pending("env:OTHER")])
    (taken,) = book.take(first.target, everything, now=NOON)
    assert (taken.id, taken.tries, taken.not_before) == (first.id, 1, NOON + TAKEN_FOR)
    found = book.outbox(now=NOON)
    assert found.pending == [taken, other]
    assert not is_time(found.moments(gather=timedelta())[first.target], now=NOON)
    assert is_time(found.moments(gather=timedelta())[first.target], now=NOON + TAKEN_FOR)
    assert book.take(first.target, lambda _: [], now=NOON) == []


def test_who_comes_back_late_spoils_nothing(ledger: SqlLedger) -> None:
    book = LedgerAlerts(ledger)
    (alert,) = noted(book, {}, [pending()])
    frozen = book.take(alert.target, everything, now=NOON)
    later = NOON + TAKEN_FOR
    (second,) = book.take(alert.target, everything, now=later)
    book.postpone([replace(one, not_before=NOON) for one in frozen], now=later)
    assert book.outbox(now=later).pending == [second]
    book.end([second], Fate.SENT, now=later)
    book.end(frozen, Fate.GIVEN_UP, now=later + timedelta(minutes=1))
    book.postpone([second], now=later)
    noted(book, {}, [pending()])
    assert book.outbox(now=later).sent == {alert.target: [later]}


def test_what_is_postponed_waits_and_what_has_ended_is_over(ledger: SqlLedger) -> None:
    book = LedgerAlerts(ledger)
    first, second, third, fourth = noted(book, {}, [pending(), pending(), pending("env:OTHER"), pending()])
    book.postpone([replace(third, not_before=NOON)], now=NOON)
    book.end([first, second], Fate.SENT, now=NOON)
    found = book.outbox(now=NOON + timedelta(minutes=59))
    assert [(one.id, one.not_before) for one in found.pending] == [(third.id, NOON), (fourth.id, None)]
    assert found.sent == {"env:ALERT_URL": [NOON]}  # one message
    book.end([third], Fate.GIVEN_UP, now=NOON)
    found = book.outbox(now=NOON + timedelta(minutes=61))
    assert (found.pending, found.sent) == ([fourth], {})


def test_what_is_long_over_is_forgotten(where: Place, ledger: SqlLedger) -> None:
    book = LedgerAlerts(ledger)
    first, second, _ = noted(book, {}, [pending(), pending(), pending()])
    book.end([first], Fate.SENT, now=NOON)
    book.end([second], Fate.SENT, now=NOON + timedelta(days=1))
    book.forget(now=NOON + timedelta(days=91))
    assert where.execute("SELECT count(*) FROM alert") == [(2,)]


def test_of_many_that_find_the_same_at_once_one_tells_it(where: Place, clock_of_the_test: None) -> None:
    ledgers = [SqlLedger.open(where.place) for _ in range(4)]
    together = threading.Barrier(len(ledgers))

    def found(ledger: SqlLedger) -> int:
        book = LedgerAlerts(ledger)
        notice = Notice(key="account:izmir-x", state="401", alert=pending().alert)
        target = Target(name="env:ALERT_URL", level=Level.INFO, language="en")
        together.wait(30)
        made = book.change(
            ["account:izmir-x"],
            lambda matters, now: change_by([notice], matters, lambda *_: [target], now=now),
            now=NOON,
        )
        together.wait(30)

        def if_due(waiting: Outbox) -> Sequence[Pending]:
            moments = waiting.moments(gather=timedelta()).values()
            return waiting.pending if all(is_time(moment, now=NOON) for moment in moments) else []

        return 10 * len(made) + len(book.take(target.name, if_due, now=NOON))

    with ThreadPoolExecutor(len(ledgers)) as pool:
        counts = list(pool.map(found, ledgers))
    for ledger in ledgers:
        ledger.close()
    assert sum(counts) == 11


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


def test_the_digest_of_a_city_is_of_its_own_accounts(ledger: SqlLedger) -> None:
    for city in ("izmir", "izmir-en", "izmirx"):
        feed, account = a_feed(f"{city}.news", accounts=[f"{city}.x"]), an_account(f"{city}.x")
        found = plan(feed, [an_entry(1)], accounts=[account], known={}, first_poll=False, now=NOON)
        ledger.record(replace(feed, site=feed.id), found, Validators(), accounts=[account], now=NOON)
    for number, city in enumerate(("izmir", "izmir-en"), start=1):
        held = Outcome(status=Status.HELD, reason=Reason.NO_PICTURE)
        ledger.postpone(f"{number}/{city}.x", held, now=NOON)
    lease = Lease(account_id="izmirx.x", holder="h", until=NOON + timedelta(minutes=10))
    ledger.lease(lease, now=NOON)
    loaded = ledger.load("3/izmirx.x", now=NOON)
    assert loaded
    attempt = ledger.claim(loaded, Staged(post=Post(text="t", link=None)), lease, now=NOON)
    assert attempt
    receipt = Receipt(remote_id="1", url="https://x.example/1")
    ledger.settle("3/izmirx.x", attempt, Outcome(status=Status.PUBLISHED, receipt=receipt), now=NOON)
    book, day = LedgerAlerts(ledger), timedelta(days=1)
    summaries = {
        city: book.summary(since=NOON - day, now=NOON, city=city) for city in ("izmir", "izmir-en", "izmirx", "")
    }
    assert {city: [one.delivery_id for one in found.waiting] for city, found in summaries.items()} == {
        "izmir": ["1/izmir.x"],
        "izmir-en": ["2/izmir-en.x"],
        "izmirx": [],
        "": ["1/izmir.x", "2/izmir-en.x"],
    }
    assert [len(found.published) for found in summaries.values()] == [0, 0, 1, 1]
