from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from crossposter.core.identity import content_of
from crossposter.core.model import Delivery, Known, Outcome, PictureRef, Post, Reason, Receipt, Status, Validators
from crossposter.core.planning import plan
from crossposter.errors import LedgerError
from crossposter.ledger import LedgerHeartbeat, SqlLedger, history
from crossposter.ledger.verifying import verify
from crossposter.ports import Lease, Settlement, Staged
from crossposter.references import DatabaseAddress
from crossposter.testing import FakePictureSource, a_feed, an_account, an_entry
from crossposter.wording import say
from tests.ledger.conftest import Place

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
STAGED = Staged(post=Post(text="İzmir'den haber", link=None))


def record(ledger: SqlLedger, *numbers: int, account: str = "izmir-x") -> None:
    """Record entries as new ones of a feed that is known."""
    feed = a_feed(accounts=[account])
    entries = [an_entry(number) for number in reversed(numbers)]
    keys = [key for entry in entries for key in entry.keys]
    found = plan(
        feed, entries, accounts=[an_account(account)], known=ledger.known(feed, keys), first_poll=False, now=NOON
    )
    ledger.record(feed, found, Validators(), accounts=[an_account(account)], now=NOON)


def a_lease(holder: str = "me", *, account: str = "izmir-x", minutes: float = 10) -> Lease:
    return Lease(account_id=account, holder=holder, until=NOON + timedelta(minutes=minutes))


def loaded(ledger: SqlLedger, name: str) -> Delivery:
    delivery = ledger.load(name, now=NOON)
    assert delivery is not None
    return delivery


def claimed(ledger: SqlLedger) -> int:
    assert ledger.lease(a_lease(), now=NOON)
    attempt = ledger.claim(loaded(ledger, "1/izmir-x"), STAGED, a_lease(), now=NOON)
    assert attempt is not None
    return attempt


def status(ledger: SqlLedger, *, now: datetime = NOON) -> list[tuple[str, Status, Reason | None]]:
    return [(record.id, record.status, record.reason) for record in history.deliveries(ledger, now=now)]


def test_a_feed_is_unknown_until_it_was_recorded(ledger: SqlLedger) -> None:
    feed = a_feed()
    assert ledger.validators(feed) is None
    found = plan(feed, [], accounts=[], known={}, first_poll=True, now=NOON)
    ledger.record(feed, found, Validators(etag='"a"', last_modified="Wed"), accounts=[], now=NOON)
    assert ledger.validators(feed) == Validators(etag='"a"', last_modified="Wed")
    assert ledger.validators(a_feed(site="another")) is None


def test_an_entry_comes_back_as_it_was_recorded(ledger: SqlLedger) -> None:
    entry = an_entry(
        text="Bir.\n\nİki.",
        published=NOON,
        pictures=(PictureRef(url="https://izmir.bel.tr/a.jpg", alt="Körfez"), PictureRef(url="https://x/b.jpg")),
        categories=("Ulaşım", "Çevre"),
    )
    feed, accounts = a_feed(), [an_account()]
    found = plan(feed, [entry], accounts=accounts, known={}, first_poll=False, now=NOON)
    ledger.record(feed, found, Validators(), accounts=accounts, now=NOON)
    delivery = ledger.load("1/izmir-x", now=NOON)
    assert delivery is not None
    assert delivery.entry == entry


def test_an_entry_of_two_feeds_of_one_site_is_recorded_once(ledger: SqlLedger) -> None:
    record(ledger, 1)
    record(ledger, 1)
    assert status(ledger) == [("1/izmir-x", Status.QUEUED, None)]


def test_the_database_refuses_a_second_delivery_of_one_entry_to_one_account(ledger: SqlLedger) -> None:
    record(ledger, 1)
    feed, accounts = a_feed(), [an_account()]
    twice = plan(feed, [an_entry(2)], accounts=[*accounts, *accounts], known={}, first_poll=False, now=NOON)
    with pytest.raises(LedgerError, match=r"(?i)unique"):
        ledger.record(feed, twice, Validators(), accounts=accounts, now=NOON)
    assert len(history.deliveries(ledger, now=NOON)) == 1


@pytest.mark.parametrize(
    "contradiction",
    [
        "UPDATE delivery SET status = 'sent'",
        "UPDATE delivery SET status = 'held'",
        "UPDATE delivery SET status = 'publishing'",
        "UPDATE delivery SET status = 'published'",
        "UPDATE delivery SET lease_until = '2026-11-25'",
    ],
)
def test_the_database_refuses_rows_that_contradict_themselves(
    ledger: SqlLedger, where: Place, contradiction: str
) -> None:
    record(ledger, 1)
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        where.execute(contradiction)


def test_more_keys_than_one_statement_takes_are_looked_up(ledger: SqlLedger) -> None:
    record(ledger, 1)
    keys = [f"guid:{number}" for number in range(1, 2000)]
    known = Known(
        entry_id=1, in_feed=True, decided=frozenset({"izmir-x"}), content=content_of(an_entry(1)), title="Haber 1"
    )
    assert ledger.known(a_feed(), keys) == {"guid:1": known}
    assert ledger.known(a_feed("other"), ["guid:1"])["guid:1"].in_feed is False
    assert ledger.known(a_feed(site="ankara"), keys) == {}


def test_an_id_that_moves_to_another_platform_is_refused(ledger: SqlLedger) -> None:
    record(ledger, 1)
    feed, moved = a_feed(), replace(an_account(), platform="facebook")
    found = plan(feed, [an_entry(2)], accounts=[moved], known={}, first_poll=False, now=NOON)
    with pytest.raises(LedgerError, match="another id"):
        ledger.record(feed, found, Validators(), accounts=[moved], now=NOON)


def test_a_baseline_gives_way_to_a_decision_and_nothing_else_does(ledger: SqlLedger) -> None:
    one, other, accounts = a_feed("one"), a_feed("other"), [an_account()]
    baseline = plan(one, [an_entry(1)], accounts=accounts, known={}, first_poll=True, now=NOON)
    ledger.record(one, baseline, Validators(), accounts=accounts, now=NOON)
    for _ in range(2):
        known = ledger.known(other, an_entry(1).keys)
        found = plan(other, [an_entry(1)], accounts=accounts, known=known, first_poll=False, now=NOON)
        ledger.record(other, found, Validators(), accounts=accounts, now=NOON)
        assert status(ledger) == [("1/izmir-x", Status.QUEUED, None)]


def test_what_was_decided_meanwhile_stands_and_is_not_told_again(ledger: SqlLedger) -> None:
    one, other, accounts = a_feed("one"), a_feed("other"), [an_account()]
    baseline = plan(one, [an_entry(1)], accounts=accounts, known={}, first_poll=True, now=NOON)
    ledger.record(one, baseline, Validators(), accounts=accounts, now=NOON)
    known = ledger.known(other, an_entry(1).keys)
    found = plan(other, [an_entry(1)], accounts=accounts, known=known, first_poll=False, now=NOON)
    ledger.record(other, found, Validators(), accounts=accounts, now=NOON)
    ledger.postpone("1/izmir-x", Outcome(status=Status.HELD, reason=Reason.NO_PICTURE), now=NOON)
    ledger.record(other, found, Validators(), accounts=accounts, now=NOON)
    assert status(ledger) == [("1/izmir-x", Status.HELD, Reason.NO_PICTURE)]
    assert verify(ledger).findings == []


def test_what_has_moved_on_is_not_postponed(ledger: SqlLedger) -> None:
    record(ledger, 1)
    ledger.postpone("1/izmir-x", Outcome(status=Status.HELD, reason=Reason.NO_PICTURE), now=NOON)
    later = Outcome(status=Status.QUEUED, reason=Reason.TRANSIENT, not_before=NOON + timedelta(minutes=5), tries=1)
    ledger.postpone("1/izmir-x", later, now=NOON)
    assert status(ledger) == [("1/izmir-x", Status.HELD, Reason.NO_PICTURE)]
    assert verify(ledger).findings == []


def test_a_learned_key_belongs_to_its_entry(ledger: SqlLedger) -> None:
    record(ledger, 1)
    feed = a_feed()
    moved = an_entry(1, keys=("guid:moved", *an_entry(1).keys))
    known = ledger.known(feed, moved.keys)
    found = plan(feed, [moved], accounts=[an_account()], known=known, first_poll=False, now=NOON)
    ledger.record(feed, found, Validators(), accounts=[], now=NOON)
    assert ledger.known(feed, ["guid:moved"])["guid:moved"].entry_id == 1


def test_due_is_what_is_queued_and_whose_time_has_come_oldest_first(ledger: SqlLedger) -> None:
    record(ledger, 1, 2, 3)
    later = Outcome(status=Status.QUEUED, reason=Reason.TRANSIENT, not_before=NOON + timedelta(minutes=5), tries=1)
    ledger.postpone("1/izmir-x", later, now=NOON)
    assert [due.delivery_id for due in ledger.due(now=NOON)] == ["2/izmir-x", "3/izmir-x"]
    assert len(ledger.due(now=NOON + timedelta(minutes=5))) == 3


def test_what_is_due_on_one_account_is_listed_alone(ledger: SqlLedger) -> None:
    record(ledger, 1)
    record(ledger, 2, account="izmir-facebook")
    assert [due.delivery_id for due in ledger.due(now=NOON, account_id="izmir-facebook")] == ["2/izmir-facebook"]


def test_an_account_has_one_holder_at_a_time(ledger: SqlLedger) -> None:
    record(ledger, 1)
    assert ledger.lease(a_lease("me"), now=NOON)
    assert not ledger.lease(a_lease("you"), now=NOON)
    ledger.release(a_lease("you"))
    assert not ledger.lease(a_lease("you"), now=NOON)
    ledger.release(a_lease("me"))
    assert ledger.lease(a_lease("you"), now=NOON)


def test_a_lease_that_ran_out_is_anybodys(ledger: SqlLedger) -> None:
    record(ledger, 1)
    assert ledger.lease(a_lease("me", minutes=1), now=NOON)
    assert ledger.lease(a_lease("you"), now=NOON + timedelta(minutes=1))


def test_a_claim_stores_exactly_what_will_be_sent(ledger: SqlLedger) -> None:
    record(ledger, 1)
    picture = FakePictureSource().prepare(
        PictureRef(url="https://izmir.bel.tr/a.jpg"), limits=an_account().limits, alt="Körfez"
    )
    staged = Staged(post=Post(text="Haber", link="https://x.tr", pictures=(picture,)), media_ids=("m1",))
    assert ledger.lease(a_lease(), now=NOON)
    assert ledger.claim(loaded(ledger, "1/izmir-x"), staged, a_lease(), now=NOON) == 1
    (attempt,) = history.attempts(ledger, history.deliveries(ledger, now=NOON)[0])
    assert (attempt.text, attempt.link, attempt.outcome) == ("Haber", "https://x.tr", None)
    assert attempt.pictures[0]["sha256"] == picture.sha256


def test_only_one_claim_wins(ledger: SqlLedger) -> None:
    record(ledger, 1)
    before = loaded(ledger, "1/izmir-x")
    claimed(ledger)
    assert ledger.claim(before, STAGED, a_lease(), now=NOON) is None
    assert ledger.load("1/izmir-x", now=NOON) is None


def test_nobody_claims_without_the_lease(ledger: SqlLedger) -> None:
    record(ledger, 1)
    assert ledger.claim(loaded(ledger, "1/izmir-x"), STAGED, a_lease(), now=NOON) is None
    assert ledger.lease(a_lease(minutes=1), now=NOON)
    late = NOON + timedelta(minutes=1)
    assert ledger.lease(a_lease("you"), now=late)
    assert ledger.claim(loaded(ledger, "1/izmir-x"), STAGED, a_lease(), now=late) is None
    assert status(ledger) == [("1/izmir-x", Status.QUEUED, None)]


def test_slow_uploads_do_not_cost_the_account_that_nobody_else_took(ledger: SqlLedger) -> None:
    record(ledger, 1)
    assert ledger.lease(a_lease(minutes=1), now=NOON)
    late = NOON + timedelta(minutes=5)
    assert ledger.claim(loaded(ledger, "1/izmir-x"), STAGED, a_lease(minutes=10), now=late) == 1


def test_a_claim_renews_the_lease_for_the_public_call(ledger: SqlLedger) -> None:
    record(ledger, 1)
    assert ledger.lease(a_lease(minutes=1), now=NOON)
    assert ledger.claim(loaded(ledger, "1/izmir-x"), STAGED, a_lease(minutes=10), now=NOON) == 1
    five_past = NOON + timedelta(minutes=5)
    assert not ledger.lease(a_lease("you"), now=five_past)
    assert status(ledger, now=five_past)[0][1] is Status.PUBLISHING


def test_a_confirmation_is_settled_once(ledger: SqlLedger) -> None:
    record(ledger, 1)
    attempt = claimed(ledger)
    published = Outcome(status=Status.PUBLISHED, receipt=Receipt(remote_id="42", url="https://x.com/i/status/42"))
    assert ledger.settle("1/izmir-x", attempt, published, now=NOON) is Settlement.WRITTEN
    assert ledger.settle("1/izmir-x", attempt, published, now=NOON) is Settlement.WRITTEN
    (found,) = history.deliveries(ledger, now=NOON)
    assert (found.status, found.remote_id, found.url) == (Status.PUBLISHED, "42", "https://x.com/i/status/42")
    assert ledger.load("1/izmir-x", now=NOON) is None


def test_an_attempt_of_the_past_settles_nothing(ledger: SqlLedger) -> None:
    record(ledger, 1)
    attempt = claimed(ledger)
    late = Outcome(status=Status.FAILED, reason=Reason.REJECTED)
    assert ledger.settle("1/izmir-x", attempt + 1, late, now=NOON) is Settlement.REPLACED
    assert status(ledger)[0][1] is Status.PUBLISHING


def test_one_post_of_a_platform_belongs_to_one_delivery(ledger: SqlLedger) -> None:
    record(ledger, 1, 2)
    published = Outcome(status=Status.PUBLISHED, receipt=Receipt(remote_id="42", url="https://x.com/i/status/42"))
    ledger.settle("1/izmir-x", claimed(ledger), published, now=NOON)
    second = ledger.claim(loaded(ledger, "2/izmir-x"), STAGED, a_lease(), now=NOON)
    assert second is not None
    with pytest.raises(LedgerError, match="remote_id"):
        ledger.settle("2/izmir-x", second, published, now=NOON)
    assert status(ledger)[1][1] is Status.PUBLISHING


def test_a_row_whose_lease_ran_out_while_publishing_is_uncertain(ledger: SqlLedger) -> None:
    record(ledger, 1)
    claimed(ledger)
    assert status(ledger)[0][1] is Status.PUBLISHING
    later = NOON + timedelta(minutes=10)
    assert status(ledger, now=later) == [("1/izmir-x", Status.UNCERTAIN, Reason.INTERRUPTED)]
    assert [(due.delivery_id, due.is_to_send) for due in ledger.due(now=later)] == [("1/izmir-x", False)]


@pytest.mark.parametrize("minutes", [0, 9, 600], ids=["at once", "within the lease", "hours later"])
def test_recovery_tells_what_was_interrupted_once_and_sends_nothing_again(ledger: SqlLedger, minutes: int) -> None:
    record(ledger, 1, 2)
    claimed(ledger)
    now = NOON + timedelta(minutes=minutes)
    if minutes < 10 and isinstance(ledger.place, DatabaseAddress):
        # Somebody else may be at it: it is known to be dead only when its lease is over.
        assert ledger.recover(now=now) == []
        assert not ledger.lease(a_lease("you"), now=now)
        now = NOON + timedelta(minutes=10)
    assert ledger.recover(now=now) == ["1/izmir-x"]
    assert ledger.recover(now=now) == []
    assert ledger.lease(a_lease("you"), now=now)
    assert status(ledger, now=now) == [
        ("1/izmir-x", Status.UNCERTAIN, Reason.INTERRUPTED),
        ("2/izmir-x", Status.QUEUED, None),
    ]
    assert [(due.delivery_id, due.is_to_send) for due in ledger.due(now=now)] == [
        ("1/izmir-x", False),
        ("2/izmir-x", True),
    ]


@pytest.mark.parametrize(("reason", "wakes"), [(Reason.ACCOUNT, True), (Reason.TRANSIENT, False)])
def test_an_account_at_rest_has_nothing_due(ledger: SqlLedger, reason: Reason, wakes: bool) -> None:
    record(ledger, 1, 2)
    rest = Outcome(status=Status.QUEUED, reason=reason, account_rests_until=NOON + timedelta(hours=1))
    ledger.postpone("1/izmir-x", rest, now=NOON)
    assert ledger.due(now=NOON) == []
    assert len(ledger.due(now=NOON + timedelta(hours=1))) == 2
    ledger.recover(now=NOON)
    assert ledger.due(now=NOON) == []
    ledger.wake_accounts()
    assert bool(ledger.due(now=NOON)) is wakes


@pytest.mark.parametrize(
    ("reason", "is_had"), [(Reason.TRANSIENT, False), (Reason.ACCOUNT, False), (Reason.PACE, True)]
)
def test_an_account_that_another_process_has_let_rest_meanwhile_is_not_had(
    ledger: SqlLedger, reason: Reason, is_had: bool
) -> None:
    """What keeps to its pace may still be looked at."""
    record(ledger, 1)
    assert len(ledger.due(now=NOON)) == 1
    until = NOON + timedelta(minutes=15)
    ledger.rest("izmir-x", Outcome(status=Status.QUEUED, reason=reason, account_rests_until=until))
    assert ledger.lease(a_lease("me"), now=NOON) is is_had
    assert ledger.lease(a_lease("me"), now=until) or is_had


def test_what_was_to_wait_for_years_by_a_wrong_clock_does_not(ledger: SqlLedger) -> None:
    record(ledger, 1, 2)
    wrong = NOON + timedelta(days=4000)
    rest = Outcome(status=Status.QUEUED, reason=Reason.TRANSIENT, not_before=wrong, account_rests_until=wrong)
    ledger.postpone("1/izmir-x", rest, now=wrong)
    assert [due.delivery_id for due in ledger.due(now=NOON)] == ["1/izmir-x", "2/izmir-x"]


def test_a_late_answer_still_settles_its_own_attempt(ledger: SqlLedger) -> None:
    record(ledger, 1)
    attempt = claimed(ledger)
    late = NOON + timedelta(hours=1)
    published = Outcome(status=Status.PUBLISHED, receipt=Receipt(remote_id="42", url="https://x.com/i/status/42"))
    assert ledger.settle("1/izmir-x", attempt, published, now=late) is Settlement.WRITTEN
    assert status(ledger, now=late)[0][1] is Status.PUBLISHED


def test_a_sentence_with_a_sentence_inside_is_kept(ledger: SqlLedger) -> None:
    record(ledger, 1)
    why = say("{meaning}: {words}", meaning=say("X asks to wait"), words="Too Many Requests")
    ledger.postpone("1/izmir-x", Outcome(status=Status.QUEUED, reason=Reason.TRANSIENT, message=why), now=NOON)
    assert str(history.deliveries(ledger, now=NOON)[0].message) == "X asks to wait: Too Many Requests"
    assert history.deliveries(ledger, now=NOON)[0].message == why


def test_a_story_is_one_entrys_deliveries(ledger: SqlLedger) -> None:
    record(ledger, 1, 2)
    assert [found.id for found in history.story(ledger, 2, now=NOON)] == ["2/izmir-x"]
    assert history.story(ledger, 99, now=NOON) == []


def test_times_are_aware_on_the_way_in_and_out(ledger: SqlLedger) -> None:
    record(ledger, 1)
    assert history.deliveries(ledger, now=NOON)[0].updated_at == NOON
    with pytest.raises(Exception, match="naive"):
        LedgerHeartbeat(ledger).beat(now=NOON.replace(tzinfo=None))


def test_an_unusable_ledger_says_which_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("this is no database, and long enough to be noticed as none" * 20)
    with pytest.raises(LedgerError, match=r"ledger\.db"):
        SqlLedger.open(path)
