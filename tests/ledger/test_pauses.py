"""Pauses and backlogs in the ledger: a claim under a pause is none, whoever is at work."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from crossposter.core.acts import Person, Verb
from crossposter.core.model import Feed, Outcome, Reason, Receipt, Status, Validators
from crossposter.core.pausing import Changes, Pause, Release, Scope, Sign
from crossposter.core.planning import plan
from crossposter.core.schedule import Times
from crossposter.core.urgency import Urgent
from crossposter.core.waiting import Urgency
from crossposter.errors import LedgerError
from crossposter.ledger import LedgerHeartbeat, SqlLedger, history
from crossposter.ledger.acts import Desk
from crossposter.ledger.pause_desk import PauseDesk
from crossposter.ledger.verifying import verify
from crossposter.testing import a_feed, an_account, an_entry
from tests.ledger.conftest import Database
from tests.ledger.test_store import NOON, STAGED, a_lease, loaded, record, status

AYSE = Person(name="Ayşe", system_user="ayse", why="milli yas")
HOUR = timedelta(hours=1)
URGENT = Times(urgent=Urgent(categories=("Acil",)))


def see(ledger: SqlLedger, feed: Feed, number: int, *categories: str) -> None:
    """Let a feed show an entry."""
    entry = an_entry(number, categories=categories)
    accounts = [replace(an_account(name), times=URGENT) for name in feed.accounts]
    found = plan(feed, [entry], accounts=accounts, known=ledger.known(feed, entry.keys), first_poll=False, now=NOON)
    ledger.record(feed, found, Validators(), accounts=accounts, now=NOON)


def pause(ledger: SqlLedger, scope: Scope = Scope.ALL, name: str = "", *, until: datetime | None = None) -> None:
    PauseDesk(ledger).pause(scope, name, AYSE, until=until, now=NOON)


def due(ledger: SqlLedger) -> list[str | None]:
    return [one.delivery_id for one in ledger.due(now=NOON)]


def test_what_is_claimed_after_a_pause_is_not_claimed(ledger: SqlLedger) -> None:
    record(ledger, 1)
    delivery = loaded(ledger, "1/izmir-x")
    assert ledger.lease(a_lease(), now=NOON)
    pause(ledger)
    assert ledger.claim(delivery, STAGED, a_lease(), now=NOON) is None
    assert status(ledger) == [("1/izmir-x", Status.QUEUED, Reason.PAUSED)]
    assert (due(ledger), ledger.load("1/izmir-x", now=NOON)) == ([], None)


@pytest.mark.parametrize(
    ("scope", "name", "left"),
    [
        (Scope.ALL, "", []),
        (Scope.ACCOUNT, "izmir-x", ["1/izmir-facebook", "2/izmir-facebook"]),
        (Scope.FEED, "press", ["1/izmir-x", "1/izmir-facebook"]),
        (Scope.FEED, "izmir-tr", []),
        (Scope.FEED, "nobody-s", ["1/izmir-x", "1/izmir-facebook", "2/izmir-x", "2/izmir-facebook"]),
    ],
)
def test_a_pause_of_a_feed_keeps_all_that_it_has_shown(
    ledger: SqlLedger, scope: Scope, name: str, left: list[str]
) -> None:
    accounts = ("izmir-x", "izmir-facebook")
    for number in (1, 2):
        see(ledger, a_feed(accounts=accounts), number)
    see(ledger, a_feed("press", accounts=accounts), 2)
    pause(ledger, scope, name)
    assert due(ledger) == left
    queued = {one.id for one in history.deliveries(ledger, now=NOON) if one.reason is None}
    assert queued == set(left)


def test_what_may_be_public_is_looked_for_under_a_pause_as_well(ledger: SqlLedger) -> None:
    record(ledger, 1)
    assert ledger.lease(a_lease(), now=NOON)
    attempt = ledger.claim(loaded(ledger, "1/izmir-x"), STAGED, a_lease(), now=NOON)
    assert attempt
    ledger.settle("1/izmir-x", attempt, Outcome(status=Status.UNCERTAIN, reason=Reason.LOST_ANSWER), now=NOON)
    pause(ledger)
    assert due(ledger) == ["1/izmir-x"]
    assert ledger.load("1/izmir-x", now=NOON)


def test_what_is_urgent_comes_first_passes_the_account_s_pace_and_waits_for_no_older_one(ledger: SqlLedger) -> None:
    feed = a_feed()
    see(ledger, feed, 1)
    see(ledger, feed, 2, "ACİL")
    assert due(ledger) == ["2/izmir-x", "1/izmir-x"]
    assert [one.is_urgent for one in history.deliveries(ledger, now=NOON)] == [False, True]
    rest = Outcome(status=Status.QUEUED, reason=Reason.PACE, account_rests_until=NOON + HOUR)
    ledger.rest("izmir-x", rest)
    assert due(ledger) == ["2/izmir-x"]
    assert [one.delivery_id for one in ledger.due(now=NOON, strict=["izmir-x"])] == ["2/izmir-x"]
    assert status(ledger) == [("1/izmir-x", Status.QUEUED, Reason.PACE), ("2/izmir-x", Status.QUEUED, None)]
    ledger.rest("izmir-x", replace(rest, reason=Reason.ACCOUNT))
    assert due(ledger) == []


def test_the_ledger_tells_what_is_urgent_on_an_account(ledger: SqlLedger) -> None:
    feed = a_feed(accounts=["izmir-x", "izmir-facebook"])
    see(ledger, feed, 1, "Acil")

    def told(account: str = "izmir-x", *, since: datetime = NOON - HOUR) -> Urgency:
        return ledger.urgency(account, since=since, now=NOON)

    assert told() == Urgency(is_due=True)
    later = Outcome(status=Status.QUEUED, reason=Reason.SILENCE, not_before=NOON + HOUR)
    ledger.postpone("1/izmir-facebook", later, now=NOON)
    assert told("izmir-facebook") == Urgency()
    assert ledger.lease(a_lease(), now=NOON)
    attempt = ledger.claim(loaded(ledger, "1/izmir-x"), STAGED, a_lease(), now=NOON)
    assert attempt
    receipt = Receipt(remote_id="1", url="https://x.example/1")
    ledger.settle("1/izmir-x", attempt, Outcome(status=Status.PUBLISHED, receipt=receipt), now=NOON)
    assert told() == Urgency(last_sent=NOON)
    assert told(since=NOON) == Urgency()


def test_the_end_of_a_pause_holds_what_came_due_under_it_and_nothing_else(ledger: SqlLedger) -> None:
    record(ledger, 1, 2, 3)
    record(ledger, 4, account="izmir-facebook")
    later = Outcome(status=Status.QUEUED, reason=Reason.QUIET, not_before=NOON + HOUR)
    ledger.postpone("2/izmir-x", later, now=NOON)
    ledger.postpone("3/izmir-x", Outcome(status=Status.HELD, reason=Reason.NO_PICTURE), now=NOON)
    pause(ledger, Scope.ACCOUNT, "izmir-x")
    done = PauseDesk(ledger).resume(Scope.ACCOUNT, "izmir-x", AYSE, release=None, file=None, now=NOON)
    assert (len(done.ended), done.left, done.others) == (1, 1, ())
    assert status(ledger) == [
        ("1/izmir-x", Status.HELD, Reason.BACKLOG),
        ("2/izmir-x", Status.QUEUED, Reason.QUIET),
        ("3/izmir-x", Status.HELD, Reason.NO_PICTURE),
        ("4/izmir-facebook", Status.QUEUED, None),
    ]
    assert ledger.backlog() == {"izmir-x": 1}
    (ended,) = ledger.ended_pauses(since=NOON)
    assert (ended.ended_by, ended.ended_at) == ("Ayşe", NOON)
    assert ledger.ended_pauses(since=NOON + HOUR) == []


def test_of_a_backlog_the_newest_news_go_out_on_every_account_and_what_else_pauses_is_told(ledger: SqlLedger) -> None:
    for number in (1, 2, 3):
        see(ledger, a_feed(accounts=["izmir-x", "izmir-facebook"]), number)
    pause(ledger)
    pause(ledger, Scope.ACCOUNT, "izmir-x")
    done = PauseDesk(ledger).resume(Scope.ALL, "", AYSE, release=Release(newest=1), file=None, now=NOON)
    assert [one.delivery_id for one in done.acted] == ["3/izmir-x", "3/izmir-facebook"]
    assert (done.left, [one.name for one in done.others]) == (4, ["izmir-x"])
    assert due(ledger) == ["3/izmir-facebook"]
    (act,) = Desk(ledger).acts("3/izmir-x")
    assert (act.verb, act.reason_before, act.why) == (Verb.APPROVE, Reason.BACKLOG, "milli yas")
    assert verify(ledger).findings == []


def test_a_pause_of_a_feed_is_resumed_with_what_it_has_shown(ledger: SqlLedger) -> None:
    see(ledger, a_feed(), 1)
    see(ledger, a_feed("press"), 2)
    pause(ledger, Scope.FEED, "press")
    done = PauseDesk(ledger).resume(Scope.FEED, "press", AYSE, release=Release(newest=0), file=None, now=NOON)
    assert [one.delivery_id for one in done.acted] == ["2/izmir-x"]
    assert status(ledger)[1] == ("2/izmir-x", Status.SKIPPED, Reason.DROPPED)
    with pytest.raises(LedgerError, match="nothing is paused there"):
        PauseDesk(ledger).resume(Scope.FEED, "press", AYSE, release=None, file=None, now=NOON)


def test_the_pause_of_a_file_begins_and_ends_with_it_whoever_asks_twice(ledger: SqlLedger) -> None:
    record(ledger, 1)
    sign = Sign(place="here:/data/PAUSE", owner="muhtar", words="dur")
    for _ in range(2):
        ledger.keep_pauses(Changes(begun=sign), now=NOON)
    (found,) = ledger.pauses()
    assert found == Pause(
        id=found.id, scope=Scope.ALL, name="", why="dur", person="muhtar", system_user="muhtar", begun_at=NOON,
        until=None, file="here:/data/PAUSE",
    )  # fmt: skip
    with pytest.raises(LedgerError, match="remove it"):
        PauseDesk(ledger).resume(Scope.ALL, "", AYSE, release=None, file=found.file, now=NOON)
    for _ in range(2):
        ledger.keep_pauses(Changes(ended=(found,)), now=NOON)
    assert ledger.pauses() == []
    assert status(ledger) == [("1/izmir-x", Status.HELD, Reason.BACKLOG)]
    assert len(ledger.ended_pauses(since=NOON)) == 1


def test_what_is_paused_is_no_sign_of_trouble(ledger: SqlLedger) -> None:
    record(ledger, 1)
    heartbeat = LedgerHeartbeat(ledger)
    assert heartbeat.signs(now=NOON).oldest_due == "1/izmir-x"
    pause(ledger)
    assert heartbeat.signs(now=NOON).oldest_due is None


def test_the_ledger_knows_when_a_feed_was_read_as_soon_as_it_was(ledger: SqlLedger) -> None:
    feed = a_feed()
    assert ledger.polled_at(feed) is None
    see(ledger, feed, 1)
    assert ledger.polled_at(feed) == NOON
    ledger.touch(feed, Validators(), now=NOON + HOUR)
    assert ledger.polled_at(feed) == NOON + HOUR


def test_what_was_due_while_nobody_was_at_work_is_held_but_for_what_a_person_let_out_since(ledger: SqlLedger) -> None:
    assert ledger.last_sign() is None
    record(ledger, 1, 2)
    record(ledger, 3, account="izmir-facebook")
    ledger.postpone("2/izmir-x", Outcome(status=Status.HELD, reason=Reason.NO_PICTURE), now=NOON)
    Desk(ledger).act(Verb.APPROVE, "2", AYSE, now=NOON + HOUR)
    assert ledger.last_sign() == NOON  # what people do is no sign that anybody sends
    assert ledger.hold_backlog(["izmir-x"], since=NOON, now=NOON + HOUR) == 1
    assert [one[2] for one in status(ledger)] == [Reason.BACKLOG, None, None]


@pytest.mark.parametrize("scope", [Scope.ALL, Scope.ACCOUNT])
def test_a_pause_waits_for_the_claim_that_was_first_and_stops_every_later_one(
    database: Database, clock_of_the_test: None, scope: Scope
) -> None:
    with closing(SqlLedger.open(database.place)) as ledger, closing(SqlLedger.open(database.place)) as other:
        record(ledger, 1, 2)
        assert ledger.lease(a_lease(), now=NOON)
        deliveries = [loaded(ledger, name) for name in ("1/izmir-x", "2/izmir-x")]
        is_paused = threading.Event()

        def a_person() -> None:
            pause(other, scope, "izmir-x" if scope is Scope.ACCOUNT else "")
            is_paused.set()

        person = threading.Thread(target=a_person)
        with ledger.writing() as connection:
            # As the claim does, before it looks for a pause.
            connection.exec_driver_sql("UPDATE account SET holder = holder")
            person.start()
            assert not is_paused.wait(0.5)
        person.join(10)
        assert is_paused.is_set()
        assert ledger.claim(deliveries[0], STAGED, a_lease(), now=NOON) is None


def test_what_waits_behind_an_older_one_says_behind_which(ledger: SqlLedger) -> None:
    for number, categories in ((1, ()), (2, ()), (3, ("Acil",))):
        see(ledger, a_feed(), number, *categories)
    ledger.postpone("1/izmir-x", Outcome(status=Status.HELD, reason=Reason.GATE), now=NOON)
    told = [(one.reason, str(one.message or "")) for one in history.deliveries(ledger, now=NOON, strict=["izmir-x"])]
    assert told[1:] == [(Reason.BEHIND_OLDER, "waits behind 1/izmir-x (order: strict)"), (None, "")]
    assert history.story(ledger, 2, now=NOON, strict=["izmir-x"])[0].reason is Reason.BEHIND_OLDER
    assert history.keeping_others(ledger, ["izmir-x"]) == {"1/izmir-x": 1}
    assert history.deliveries(ledger, now=NOON)[1].reason is None
    assert history.keeping_others(ledger, []) == {}


def test_what_is_urgent_no_more_is_written_down_as_ordinary(ledger: SqlLedger) -> None:
    see(ledger, a_feed(), 1, "Acil")
    ledger.calm("1/izmir-x")
    assert not history.deliveries(ledger, now=NOON)[0].is_urgent
