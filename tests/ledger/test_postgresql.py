"""What several processes may do to one ledger at the same time, and a server that fails."""

from __future__ import annotations

import random
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

import psycopg
import pytest
import sqlalchemy as sa

from crossposter.clock import SystemClock
from crossposter.core.acts import Person, Verb
from crossposter.core.model import Outcome, Post, Reason, Receipt, Status, Validators
from crossposter.core.planning import Plan, plan
from crossposter.delivering import LEASE
from crossposter.errors import LedgerError
from crossposter.ledger import LedgerHeartbeat, Role, SqlLedger, history, holders, postgresql
from crossposter.ledger.acts import Desk
from crossposter.ledger.place import DatabasePlace, place_of
from crossposter.ledger.verifying import verify
from crossposter.ports import Lease, Settlement, Staged
from crossposter.references import DatabaseAddress
from crossposter.testing import a_feed, an_account, an_entry
from tests.ledger.conftest import Database
from tests.postgres import PASSWORD

STAGED = Staged(post=Post(text="Haber", link=None))
#: Far longer than anything takes, and far shorter than the time after which a test is ended.
LIMIT_S = 20
#: The same for all that three processes do at once, on a machine that has other work as well.
BUSY_S = 120


@pytest.fixture
def three(database: Database) -> Iterator[list[SqlLedger]]:
    """A ledger as three processes have it open."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(SqlLedger.open(database.place))) for _ in range(3)]


def now() -> datetime:
    return SystemClock().now()


def planned(ledger: SqlLedger, *numbers: int, accounts: tuple[str, ...] = ("izmir-x",)) -> Plan:
    """Decide about entries as the service does."""
    feed, entries = a_feed(accounts=accounts), [an_entry(number) for number in numbers]
    known = ledger.known(feed, [key for entry in entries for key in entry.keys])
    to = [an_account(account) for account in accounts]
    return plan(feed, entries, accounts=to, known=known, first_poll=False, now=now())


def record(ledger: SqlLedger, *numbers: int, accounts: tuple[str, ...] = ("izmir-x",)) -> None:
    feed, to = a_feed(accounts=accounts), [an_account(account) for account in accounts]
    ledger.record(feed, planned(ledger, *numbers, accounts=accounts), Validators(), accounts=to, now=now())


def a_lease(holder: str, *, account: str = "izmir-x", at: datetime | None = None, lasts: timedelta = LEASE) -> Lease:
    return Lease(account_id=account, holder=holder, until=(at or now()) + lasts)


def claim(ledger: SqlLedger, name: str, lease: Lease, *, at: datetime | None = None) -> int | None:
    """Load and claim a delivery."""
    delivery = ledger.load(name, now=now())
    return ledger.claim(delivery, STAGED, lease, now=at or now()) if delivery else None


def together(*works: Callable[[], object]) -> list[object]:
    """Do works at the same moment, a thread each; what one raises is raised."""
    barrier = threading.Barrier(len(works))

    def work(one: Callable[[], object]) -> object:
        barrier.wait(LIMIT_S)
        return one()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(work, works))


def test_of_those_who_claim_a_delivery_at_the_same_time_exactly_one_has_it(three: list[SqlLedger]) -> None:
    for number in range(1, 21):
        record(three[0], number)

        def leased(ledger: SqlLedger, holder: str, delivery: str = f"{number}/izmir-x") -> int | None:
            lease = a_lease(holder)
            return claim(ledger, delivery, lease) if ledger.lease(lease, now=now()) else None

        won = together(*(lambda one=one: leased(one, f"holder {id(one)}") for one in three))
        assert sorted(map(repr, won)) == ["1", "None", "None"]
        assert three[0].settle(f"{number}/izmir-x", 1, Outcome(status=Status.FAILED, reason=Reason.REJECTED), now=now())
        for ledger in three:
            ledger.release(a_lease(f"holder {id(ledger)}"))


def test_whoever_claims_with_the_same_lease_twice_at_once_wins_once(three: list[SqlLedger]) -> None:
    record(three[0], 1)
    lease = a_lease("me")
    assert three[0].lease(lease, now=now())
    won = together(*(lambda one=one: claim(one, "1/izmir-x", lease) for one in three))
    assert sorted(map(repr, won)) == ["1", "None", "None"]


@pytest.mark.timeout(180)
def test_processes_that_do_everything_at_once_never_wait_in_a_circle(three: list[SqlLedger]) -> None:
    accounts = tuple(f"account-{number}" for number in range(10))
    stories = range(1, 31)  # 300 deliveries
    for number in stories:
        record(three[0], number, accounts=accounts)

    def work(ledger: SqlLedger, seed: int) -> int:
        chance, published, end = random.Random(seed), 0, monotonic() + BUSY_S
        while (due := [one for one in ledger.due(now=now()) if one.is_to_send]) and monotonic() < end:
            one = chance.choice(due[:30])
            lease = a_lease(f"{seed}", account=one.account_id)
            if ledger.lease(lease, now=now()):
                published += deliver(ledger, one.delivery_id or "", lease, chance)
                ledger.release(lease)
            if chance.random() < 0.1:
                disturb(ledger, chance)
        return published

    def deliver(ledger: SqlLedger, name: str, lease: Lease, chance: random.Random) -> int:
        if chance.random() < 0.1:
            rest = Outcome(status=Status.QUEUED, reason=Reason.ACCOUNT, account_rests_until=now())
            ledger.postpone(name, rest, now=now())
        if (attempt := claim(ledger, name, lease)) is None:
            return 0
        receipt = Receipt(remote_id=name, url=f"https://x.example/{name}")
        used_up = now() if chance.random() < 0.3 else None
        answer = Outcome(status=Status.PUBLISHED, receipt=receipt, account_rests_until=used_up)
        return int(ledger.settle(name, attempt, answer, now=now()) is Settlement.WRITTEN)

    def disturb(ledger: SqlLedger, chance: random.Random) -> None:
        story = chance.choice(stories)
        Desk(ledger).act(Verb.APPROVE, str(story), Person(name="Ayşe", system_user="ayse", why=None), now=now())
        edited = an_entry(story, text=f"Metin {chance.random()}")
        feed = a_feed(accounts=accounts)
        with ledger.alone_on(feed.site):
            known = ledger.known(feed, edited.keys)
            to = [an_account(account) for account in accounts]
            found = plan(feed, [edited], accounts=to, known=known, first_poll=False, now=now())
            ledger.record(feed, found, Validators(), accounts=to, now=now())
        ledger.wake_accounts()
        ledger.recover(now=now())
        ledger.touch(feed, Validators(), now=now())
        LedgerHeartbeat(ledger).beat(now=now())

    # The server would end one of those who wait in a circle with an error.
    published = together(*(lambda one=one, seed=seed: work(one, seed) for seed, one in enumerate(three)))
    assert sum(map(int, map(str, published))) == 300
    assert {found.status for found in history.deliveries(three[0], now=now())} == {Status.PUBLISHED}


def while_waiting(database: Database, ledger: SqlLedger, begin: str, then: str, work: Callable[[], object]) -> object:
    """Carry out a statement, begin a work, and, when that waits for it, carry out another and commit."""
    with ThreadPoolExecutor(1) as pool, ledger.writing() as connection:
        connection.execute(sa.text(begin))
        begun = pool.submit(work)
        end = monotonic() + LIMIT_S
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while database.execute(waiting) == [(0,)]:
            assert not begun.done()
            assert monotonic() < end
        connection.execute(sa.text(then))
        connection.commit()
        return begun.result(LIMIT_S)


def test_an_account_is_held_before_its_delivery(three: list[SqlLedger], database: Database) -> None:
    record(three[0], 1, 2)
    rest = Outcome(status=Status.QUEUED, reason=Reason.ACCOUNT, account_rests_until=now() + LEASE)
    receipt = Receipt(remote_id="42", url="https://x.com/i/status/42")
    assert three[0].lease(a_lease("me"), now=now())
    assert claim(three[0], "2/izmir-x", a_lease("me")) == 1
    used_up = Outcome(status=Status.PUBLISHED, receipt=receipt, account_rests_until=now() + LEASE)
    works: list[Callable[[], object]] = [
        lambda: three[1].postpone("1/izmir-x", rest, now=now()),
        lambda: three[1].settle("2/izmir-x", 1, used_up, now=now()),
    ]
    for work in works:
        # As somebody else claims: the account, then the delivery.
        while_waiting(
            database,
            three[0],
            "UPDATE account SET lease_until = lease_until",
            "UPDATE delivery SET updated_at = updated_at",
            work,
        )
    assert [found.status for found in history.deliveries(three[0], now=now())] == [Status.QUEUED, Status.PUBLISHED]


def test_the_deliveries_of_a_story_are_held_in_one_order(three: list[SqlLedger], database: Database) -> None:
    accounts = ("z", "a")
    record(three[0], 1, accounts=accounts)
    # The first one stands behind the second in the table now, as it does by its account's name.
    database.execute("UPDATE delivery SET updated_at = updated_at WHERE id = 1")
    edited, feed = an_entry(1, text="Başka bir metin"), a_feed(accounts=accounts)

    def revise() -> None:
        to = [an_account(account) for account in accounts]
        known = three[1].known(feed, edited.keys)
        found = plan(feed, [edited], accounts=to, known=known, first_poll=False, now=now())
        assert any(sighting.revised for sighting in found.sightings)
        three[1].record(feed, found, Validators(), accounts=to, now=now())

    first, second = (f"SELECT id FROM delivery WHERE id = {number} FOR UPDATE" for number in (1, 2))
    while_waiting(database, three[0], first, second, revise)


def test_whoever_acts_sees_what_another_has_just_done(three: list[SqlLedger], database: Database) -> None:
    record(three[0], 1)
    three[0].postpone("1/izmir-x", Outcome(status=Status.HELD, reason=Reason.NO_PICTURE), now=now())
    person = Person(name="Ayşe", system_user="ayse", why=None)
    acted = while_waiting(
        database,
        three[0],
        "UPDATE delivery SET status = 'skipped', reason = 'rejected'",
        "SELECT 1",
        lambda: Desk(three[1]).act(Verb.APPROVE, "1", person, now=now()),
    )
    assert [(one.status, one.done) for one in acted] == [(Status.SKIPPED, False)]  # type: ignore[attr-defined]  # Acted


def test_ledgers_that_are_opened_at_the_same_time_are_made_once(database: Database) -> None:
    opened = together(*[lambda: SqlLedger.open(database.place)] * 4)
    for ledger in opened:
        assert isinstance(ledger, SqlLedger)
        ledger.close()
    assert database.execute("SELECT count(*) FROM alembic_version") == [(1,)]


def test_a_ledger_from_before_is_migrated_once_by_those_who_start_at_the_same_time(database: Database) -> None:
    with closing(SqlLedger.open(database.place)) as ledger:
        record(ledger, 1)
        ledger.postpone("1/izmir-x", Outcome(status=Status.HELD, reason=Reason.NO_PICTURE), now=now())
        Desk(ledger).act(Verb.APPROVE, "1", Person(name="Ayşe", system_user="ayse", why=None), now=now())
        released = database.execute("SELECT released_at FROM delivery")
    database.execute(
        "ALTER TABLE delivery DROP COLUMN passed, DROP COLUMN released_at",
        "ALTER TABLE delivery DROP COLUMN resends, DROP COLUMN approved_hash, DROP COLUMN approved_at",
        "ALTER TABLE delivery DROP COLUMN approved_by, DROP COLUMN edition, DROP COLUMN is_urgent",
        "ALTER TABLE delivery DROP COLUMN kind, DROP COLUMN issue, DROP COLUMN of_id",
        "ALTER TABLE delivery ADD CONSTRAINT one_delivery_per_entry_and_account UNIQUE (entry_id, account_id)",
        "ALTER TABLE attempt DROP COLUMN kind",
        "ALTER TABLE post DROP COLUMN deleted_at",
        "ALTER TABLE entry DROP COLUMN considered",
        "DROP INDEX delivery_open, attempt_begun, post_newest",
        "CREATE INDEX delivery_queued ON delivery (account_id, id) WHERE status = 'queued'",
        "ALTER TABLE attempt DROP COLUMN answer, DROP COLUMN absences",
        "ALTER TABLE attempt DROP COLUMN platform_id, DROP COLUMN configuration, DROP COLUMN let_out_by",
        "ALTER TABLE account DROP COLUMN resting_message, DROP COLUMN unread_since, DROP COLUMN slowest_answer_s,"
        " DROP COLUMN offered_until",
        "ALTER TABLE feed DROP COLUMN is_restored",
        "DROP TABLE standing, step, fence, draft, tick, event, chain, pause",
        "UPDATE alembic_version SET version_num = '0005'",
    )
    for opened in together(*[lambda: SqlLedger.open(database.place)] * 3):
        assert isinstance(opened, SqlLedger)
        with closing(opened):
            assert opened.load("1/izmir-x", now=now()) is not None
            assert verify(opened).findings == []
    assert database.execute("SELECT released_at FROM delivery") == released


def test_a_daemon_of_before_sends_nothing_once_a_newer_one_has_changed_the_tables(database: Database) -> None:
    with closing(SqlLedger.open(database.place)) as old:
        record(old, 1)
        delivery, lease = (
            old.load("1/izmir-x", now=now()),
            Lease(account_id="izmir-x", holder="me", until=now() + LEASE),
        )
        assert delivery is not None
        assert old.lease(lease, now=now())
        heart = LedgerHeartbeat(old)
        heart.start(now=now())
        heart.beat(now=now())
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(LedgerError, match="sends nothing more"):
            old.claim(delivery, STAGED, lease, now=now())
        with pytest.raises(LedgerError, match="sends nothing more"):
            heart.beat(now=now())  # by which the daemon sees that it is to begin nothing, and tells people
    assert database.execute("SELECT status, attempt FROM delivery") == [("queued", 0)]
    with pytest.raises(LedgerError, match="was written by a newer crossposter"):
        SqlLedger.open(database.place)


@pytest.mark.parametrize("apart", [timedelta(hours=1), timedelta(hours=-1)], ids=["ahead", "behind"])
def test_machines_whose_clocks_are_apart_agree_whose_the_account_is(three: list[SqlLedger], apart: timedelta) -> None:
    record(three[0], 1)
    theirs = now() + apart
    assert three[0].lease(a_lease("right"), now=now())
    assert not three[1].lease(a_lease("wrong", at=theirs), now=theirs)
    three[0].release(a_lease("right"))
    assert three[1].lease(a_lease("wrong", at=theirs), now=theirs)
    assert not three[0].lease(a_lease("right"), now=now())


@pytest.mark.parametrize("apart", [timedelta(hours=1), timedelta(hours=-1)], ids=["ahead", "behind"])
def test_a_lease_lasts_as_long_as_it_was_to_last_whatever_the_clock(three: list[SqlLedger], apart: timedelta) -> None:
    record(three[0], 1)
    theirs, short = now() + apart, timedelta(seconds=1)
    assert three[0].lease(a_lease("me", at=theirs), now=theirs)
    assert claim(three[0], "1/izmir-x", a_lease("me", at=theirs, lasts=short), at=theirs) == 1
    (found,) = history.deliveries(three[1], now=now())
    assert found.status is Status.PUBLISHING
    assert three[1].recover(now=now() + timedelta(days=1)) == []
    SystemClock().sleep(1.1)
    (found,) = history.deliveries(three[1], now=now() - timedelta(days=1))
    assert found.status is Status.UNCERTAIN
    assert three[1].lease(a_lease("you"), now=now() - timedelta(days=1))
    assert three[2].recover(now=now() - timedelta(days=1)) == ["1/izmir-x"]


def test_two_who_decide_about_a_site_do_so_one_after_the_other(three: list[SqlLedger]) -> None:
    def poll(ledger: SqlLedger) -> int:
        with ledger.alone_on("izmir-tr"):
            found = planned(ledger, 1, 2)
            ledger.record(a_feed(), found, Validators(), accounts=[an_account()], now=now())
            return found.new

    assert sorted(map(str, together(*(lambda one=one: poll(one) for one in three)))) == ["0", "0", "2"]
    assert len(history.deliveries(three[0], now=now())) == 2


def test_whoever_was_taken_for_dead_while_it_decided_records_and_remembers_nothing(database: Database) -> None:
    feed, account = a_feed(), an_account()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgresql, "PATIENCE", timedelta(seconds=2))
        slow = SqlLedger.open(database.place)
    with closing(slow) as frozen, closing(SqlLedger.open(database.place)) as other:

        def freeze() -> None:
            with frozen.alone_on(feed.site):
                found = planned(frozen, 1)
                with other.alone_on(feed.site):  # as soon as the server has ended the other one's transaction
                    record(other, 1)
                frozen.record(feed, found, Validators(etag='"1"'), accounts=[account], now=now())

        with pytest.raises(LedgerError, match="idle-in-transaction"):
            freeze()
        assert frozen.validators(feed) == Validators()
        assert len(history.deliveries(frozen, now=now())) == 1
        with frozen.alone_on(feed.site):
            assert planned(frozen, 1).new == 0


def test_what_is_recorded_is_remembered_when_it_is_committed(three: list[SqlLedger]) -> None:
    feed, account, entity = a_feed(), an_account(), Validators(etag='"1"')

    def fail() -> None:
        with three[0].alone_on(feed.site):
            three[0].record(feed, planned(three[0], 1), entity, accounts=[account], now=now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert three[0].validators(feed) is None
    with three[0].alone_on(feed.site):
        three[0].record(feed, planned(three[0], 1), entity, accounts=[account], now=now())
        assert three[1].validators(feed) is None
    assert three[0].validators(feed) == three[1].validators(feed) == entity


def test_two_that_meet_an_account_for_the_first_time_write_it_once(three: list[SqlLedger]) -> None:
    names = tuple(f"account-{number}" for number in range(20))

    def meet(ledger: SqlLedger, site: str, accounts: tuple[str, ...]) -> None:
        feed, to = a_feed(site, site=site, accounts=accounts), [an_account(name) for name in accounts]
        found = plan(feed, [an_entry(1)], accounts=to, known={}, first_poll=False, now=now())
        ledger.record(feed, found, Validators(), accounts=to, now=now())

    together(
        lambda: meet(three[0], "one", names),
        lambda: meet(three[1], "two", names[::-1]),
        lambda: meet(three[2], "three", names[10:] + names[:10]),
    )
    assert len(history.deliveries(three[0], now=now())) == 60


# -- who is at it --------------------------------------------------------------------------------------------------


def test_a_daemon_beside_others_neither_begins_nor_ends_their_life(database: Database) -> None:
    place, begin = database.place, now()
    with closing(SqlLedger.open(place, role=Role.DAEMON)) as ledger, ExitStack() as others:
        first = LedgerHeartbeat(ledger)
        assert first.start(now=begin) is None
        with closing(SqlLedger.open(place, role=Role.ROUND)):
            others.enter_context(closing(SqlLedger.open(place, role=Role.WORKER)))
            assert {found.role for found in holders(place)} == set(Role)
            assert all(found.is_this_process for found in holders(place))
        # This process is both; another number makes another one of it.
        others.enter_context(pytest.MonkeyPatch.context()).setattr("os.getpid", lambda: 4711)
        second = LedgerHeartbeat(others.enter_context(closing(SqlLedger.open(place, role=Role.DAEMON))))
        assert second.start(now=begin) is None  # nobody died
        second.end(now=begin)
        signs = first.signs(now=begin)
        assert (signs.is_running, signs.beat_at) == (True, begin)
        assert database.execute("SELECT ended_at FROM heartbeat") == [(None,)]
    with closing(SqlLedger.open(place, role=Role.DAEMON)) as ledger:
        # All of them are gone, and none had said that it was the last.
        assert LedgerHeartbeat(ledger).start(now=begin + timedelta(hours=1)) == begin


def test_the_last_daemon_that_ends_by_itself_is_none_that_died(database: Database) -> None:
    begin = now()
    with closing(SqlLedger.open(database.place, role=Role.DAEMON)) as ledger:
        LedgerHeartbeat(ledger).start(now=begin)
        LedgerHeartbeat(ledger).end(now=begin)
    with closing(SqlLedger.open(database.place, role=Role.DAEMON)) as ledger:
        assert LedgerHeartbeat(ledger).start(now=begin) is None
    with closing(SqlLedger.look(database.place)) as ledger:
        assert not LedgerHeartbeat(ledger).signs(now=begin).is_running


def test_a_host_with_a_long_name_is_known_as_this_one(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "a-very-long-name-for-a-host.of-the-municipality.izmir.bel.tr")
    with closing(SqlLedger.open(database.place, role=Role.DAEMON)):
        (found,) = holders(database.place)
        assert found.is_this_process
        monkeypatch.setattr("socket.gethostname", lambda: "another")
        (found,) = holders(database.place)
        assert not found.is_here


# -- a server that fails -------------------------------------------------------------------------------------------


def test_a_password_is_never_shown(database: Database) -> None:
    secret = "hunter2"
    refused = database.server.address(database.name, password=secret)
    unreachable = DatabaseAddress(f"postgresql://city:{secret}@127.0.0.1:1/ledger")
    unknown = DatabaseAddress(f"{refused.url}?no_such_option={secret}")
    for address in (refused, unreachable, unknown):
        with pytest.raises(LedgerError, match=r"the ledger 'postgresql://city@127\.0\.0\.1:") as caught:
            SqlLedger.open(address)
        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(address)
        assert secret not in told.replace(f"no_such_option={secret}", "")
        assert "\n" not in str(caught.value)
    right = SqlLedger.open(database.place)
    assert PASSWORD not in repr(right._engine) + repr(right._engine.url) + str(database.place)
    right.close()


def test_what_a_server_repeats_of_the_password_is_struck_out(database: Database) -> None:
    named = DatabaseAddress(database.place.url.replace(f"/{database.name}", f"/{PASSWORD}"))
    with pytest.raises(LedgerError, match=r"\*\*\*\*\*") as caught:
        SqlLedger.open(named)
    assert f'database "{PASSWORD}"' not in str(caught.value)


def test_a_server_that_was_started_again_costs_nobody_anything(database: Database, three: list[SqlLedger]) -> None:
    record(three[0], 1)
    database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crossposter'")
    assert len(three[0].due(now=now())) == 1
    assert three[0].lease(a_lease("me"), now=now())


def test_a_thread_that_gets_no_connection_says_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossposter.ledger.connection.BUSY_TIMEOUT_S", 0)
    with closing(SqlLedger.open(database.place)) as ledger, ExitStack() as all_of_them:
        for _ in range(postgresql._KEPT + postgresql._MORE):
            all_of_them.enter_context(ledger.reading())
        with pytest.raises(LedgerError, match="QueuePool limit"):
            all_of_them.enter_context(ledger.reading())


def test_without_psycopg_it_is_said_what_to_install(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LedgerError, match="pip install 'crossposter-city"):
        SqlLedger.look(database.place)


def test_nobody_who_froze_keeps_an_account_for_longer_than_its_lease(database: Database) -> None:
    assert postgresql.PATIENCE * 2 <= LEASE
    with closing(SqlLedger.open(database.place)) as ledger, ledger.reading() as opened:
        for name in ("idle_in_transaction_session_timeout", "lock_timeout"):
            assert opened.scalar(sa.text(f"SHOW {name}")) == "5min"
        assert opened.scalar(sa.text("SHOW TimeZone")) == "UTC"


def test_options_of_the_address_hold_beside_ours(database: Database) -> None:
    database.execute("CREATE SCHEMA izmir")
    options = "?options=-csearch_path%3Dizmir&connect_timeout=3"
    city = DatabaseAddress(database.place.url + options)
    for place in (city, database.place):
        with closing(SqlLedger.open(place)) as ledger:
            record(ledger, 1)
    assert database.execute("SELECT count(*) FROM izmir.delivery") == [(1,)]
    assert database.execute("SELECT count(*) FROM public.delivery") == [(1,)]


def test_the_place_of_a_database_can_be_written_before_and_after_there_is_a_ledger(database: Database) -> None:
    place = place_of(database.place)
    place.try_writing()
    SqlLedger.open(database.place).close()
    before = database.contents()
    place.try_writing()
    assert database.contents() == before
    assert place.free_bytes() is None


def test_a_place_that_cannot_be_written_is_named(database: Database) -> None:
    database.execute(
        "CREATE ROLE guest LOGIN PASSWORD 'guest'",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    )
    try:
        guest = DatabasePlace(
            DatabaseAddress(f"postgresql://guest:guest@127.0.0.1:{database.server.port}/{database.name}")
        )
        with pytest.raises(LedgerError, match="this user may make no tables"):
            guest.try_writing()
        SqlLedger.open(database.place).close()
        with pytest.raises(LedgerError, match="permission denied"):
            guest.try_writing()
        database.execute(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
        with pytest.raises(LedgerError, match="read-only transaction"):
            DatabasePlace(database.place).try_writing()
    finally:
        with psycopg.connect(
            f"host=127.0.0.1 port={database.server.port} user=city password={PASSWORD} dbname=postgres"
        ) as opened:
            opened.execute("DROP ROLE guest")


def test_a_second_post_of_one_delivery_is_refused_whoever_writes(three: list[SqlLedger]) -> None:
    record(three[0], 1, 2)
    receipt = Receipt(remote_id="42", url="https://x.com/i/status/42")
    for number, ledger in enumerate(three[:2], start=1):
        assert ledger.lease(replace(a_lease("me")), now=now())
        attempt = claim(ledger, f"{number}/izmir-x", a_lease("me"))
        assert attempt == 1
        if number == 1:
            assert ledger.settle("1/izmir-x", 1, Outcome(status=Status.PUBLISHED, receipt=receipt), now=now())
        else:
            with pytest.raises(LedgerError, match="one_row_per_remote_post"):
                ledger.settle("2/izmir-x", 1, Outcome(status=Status.PUBLISHED, receipt=receipt), now=now())
        ledger.release(a_lease("me"))


def test_a_machine_whose_clock_is_wrong_goes_by_that_of_the_database(three: list[SqlLedger]) -> None:
    wrong = now() - timedelta(minutes=7)
    assert abs(three[0].ahead(now=wrong) - timedelta(minutes=7)) < timedelta(seconds=30)
