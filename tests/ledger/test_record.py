"""The record: each change has its event, and whatever is changed past the program is found and named."""

from __future__ import annotations

import os
import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crossposter.core.acts import Person, Verb
from crossposter.core.chain import Head, Kind, head_of
from crossposter.core.draft import Draft, digest
from crossposter.core.model import Delivery, Outcome, Picture, Post, Reason, Receipt, Status, Validators
from crossposter.core.pausing import Scope
from crossposter.core.planning import plan
from crossposter.ledger import SqlLedger, entries, events, exporting, schema, verifying
from crossposter.ledger.acts import Desk
from crossposter.ledger.opening import open_chain
from crossposter.ledger.pause_desk import PauseDesk
from crossposter.ledger.verifying import Verdict, verify
from crossposter.ports import Lease, Sender, Staged
from crossposter.testing import a_feed, an_account, an_entry
from crossposter.wording import say
from tests.ledger.conftest import File, Place

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
AYSE = Person(name="Ayşe", system_user="ayse", why="telefonla soruldu")
ACCOUNTS = ("izmir-x", "izmir-facebook")
PICTURE = Picture(
    url="https://izmir.bel.tr/a.jpg", content=b"", sha256="ab" * 32, width=4, height=3, alt="Körfezde bir vapur"
)


def fill(ledger: SqlLedger, *, entries: int, start: datetime = NOON) -> None:
    """Let an office work: news come, some are edited, held and let out, most are published, some answers are lost."""
    feed, accounts = a_feed(accounts=list(ACCOUNTS)), [an_account(name) for name in ACCOUNTS]
    for first in range(1, entries + 1, 5):
        now = start + timedelta(minutes=first)
        news = [an_entry(number) for number in range(first, min(first + 5, entries + 1))]
        found = plan(feed, news, accounts=accounts, known={}, first_poll=False, now=now)
        ledger.record(feed, found, Validators(), accounts=accounts, now=now)
        for number in range(first, first + len(news)):
            for name in ACCOUNTS:
                _deliver(ledger, f"{number}/{name}", number, now=now)


def _deliver(ledger: SqlLedger, name: str, number: int, *, now: datetime) -> None:
    account_id = name.partition("/")[2]
    if number % 7 == 3:
        ledger.postpone(name, Outcome(status=Status.HELD, reason=Reason.NO_PICTURE, message=say("none")), now=now)
        Desk(ledger).act(Verb.APPROVE if number % 2 else Verb.REJECT, name, AYSE, now=now)
    if number % 5 == 4 and (queued := ledger.load(name, now=now)):
        let_out(ledger, queued, number, now=now)
    lease = Lease(account_id=account_id, holder="me", until=now + timedelta(minutes=10))
    delivery = ledger.load(name, now=now)
    if delivery is None or not ledger.lease(lease, now=now):
        return
    staged = Staged(post=Post(text=f"Haber {number}", link="https://izmir.bel.tr", pictures=(PICTURE,)))
    sender = Sender(platform_id="1000", configuration="c0ffee")
    attempt = ledger.claim(delivery, staged, lease, now=now, price_usd=0.015, sender=sender)
    assert attempt is not None
    receipt = Receipt(remote_id=f"r{number}", url=f"https://x.example/{account_id}/{number}")
    if number % 11 == 5:
        lost = Outcome(status=Status.UNCERTAIN, reason=Reason.LOST_ANSWER, message=say("silence"), answer="<html>")
        ledger.settle(name, attempt, lost, now=now)
        uncertain = ledger.load(name, now=now)
        assert uncertain is not None
        ledger.settle_read(uncertain, Outcome(status=Status.PUBLISHED, receipt=receipt), now=now)
    else:
        ledger.settle(name, attempt, Outcome(status=Status.PUBLISHED, receipt=receipt), now=now)
    ledger.release(lease)


def let_out(ledger: SqlLedger, delivery: Delivery, number: int, *, now: datetime) -> None:
    """Show a person what would be sent; they write another text, and let that out."""
    post = Post(text=f"Haber {number}", link="https://izmir.bel.tr", pictures=(PICTURE,))
    draft = Draft(post=post, hash=digest(post, revision=1), revision=1, made_at=now)
    ledger.hold_draft(delivery, draft, Outcome(status=Status.HELD, reason=Reason.APPROVAL), now=now)
    Desk(ledger).edit(delivery.id, AYSE, f"Haber no {number}", passed=["izmir.example"], now=now)
    Desk(ledger).act(Verb.APPROVE, delivery.id, AYSE, now=now)


def whats(verdict: Verdict) -> set[str]:
    return {finding.what for finding in verdict.findings}


def wheres(verdict: Verdict) -> list[str]:
    return [finding.where for finding in verdict.findings]


def count_of(where: Place) -> int:
    return int(where.execute("SELECT count(*) FROM event")[0][0])


def test_an_office_that_works_leaves_a_record_that_holds(ledger: SqlLedger, where: Place) -> None:
    fill(ledger, entries=12)
    verdict = verify(ledger)
    assert verdict.findings == []
    assert (verdict.deliveries, verdict.entries, verdict.uncovered, verdict.erased) == (24, 12, 0, 0)
    assert verdict.events == count_of(where) == verdict.head.position


def test_a_new_ledger_begins_its_record_with_nothing(ledger: SqlLedger) -> None:
    with ledger.reading() as opened:
        (event,) = events.read(opened, after=0, count=10)
    assert (event.kind, event.position) == (Kind.OPENED, 1)
    assert '"counts":{"act":0,"delivery":0,"entry":0,"post":0}' in event.facts


def test_a_poll_that_has_nothing_to_say_leaves_no_event(ledger: SqlLedger, where: Place) -> None:
    fill(ledger, entries=1)
    before = count_of(where)
    feed = a_feed()
    ledger.touch(feed, Validators(etag='"a"'), now=NOON)
    ledger.write_polls()
    known = ledger.known(feed, an_entry(1).keys)
    found = plan(feed, [an_entry(1)], accounts=[an_account()], known=known, first_poll=False, now=NOON)
    ledger.record(feed, found, Validators(), accounts=[an_account()], now=NOON)
    assert count_of(where) == before


def test_what_is_rolled_back_leaves_no_event(ledger: SqlLedger, where: Place) -> None:
    before = count_of(where)
    with suppress(ZeroDivisionError), ledger.writing() as opened:
        events.note(opened, Kind.STARTED, at=NOON)
        raise ZeroDivisionError
    with ledger.writing() as opened:
        events.note(opened, Kind.STOPPED, at=NOON)
    assert count_of(where) == before + 1


def test_an_attempt_keeps_as_whom_it_was_sent_and_who_let_it_out(ledger: SqlLedger, where: Place) -> None:
    fill(ledger, entries=3)
    kept = "SELECT platform_id, configuration, let_out_by FROM attempt ORDER BY delivery_id"
    assert where.execute(kept)[0] == ("1000", "c0ffee", None)
    assert where.execute(kept)[-1] == ("1000", "c0ffee", "Ayşe")


def test_what_was_sent_in_a_time_is_given_in_portions(ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(ledger, entries=6)
    every = list(exporting.sent(ledger, since=NOON, until=NOON + timedelta(days=1)))
    assert len(every) == 12
    assert [one.delivery_id for one in every][:2] == ["1/izmir-x", "1/izmir-facebook"]
    assert {one.outcome for one in every} == {Status.PUBLISHED}
    monkeypatch.setattr(exporting, "_PORTION", 5)
    assert list(exporting.sent(ledger, since=NOON, until=NOON + timedelta(days=1))) == every
    assert list(exporting.sent(ledger, since=NOON + timedelta(days=1), until=NOON + timedelta(days=2))) == []


# -- tampering -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "what", "named"),
    [
        ("UPDATE event SET facts = '{}' WHERE id = 5", "changed", "event 5"),
        ("UPDATE event SET hash = 'x' WHERE id = 5", "changed", "event 5"),
        ("DELETE FROM event WHERE id = 5", "missing", "event 5"),
        ("DELETE FROM event WHERE id IN (5, 6, 7)", "missing", "event 5"),
        ("UPDATE event SET facts = '{}'", "changed", "event 5"),
        ("DELETE FROM event WHERE id > 5", "truncated", "event 6"),
        ("DELETE FROM event", "truncated", "event 1"),
        ("UPDATE event SET content = NULL, salt = NULL WHERE id = 2", "changed", "event 2"),
        ("UPDATE chain SET hash = 'x'", "changed", "chain"),
        ("UPDATE chain SET position = position - 1", "changed", "chain"),
        ("DELETE FROM act", "row", "act 3/izmir-x/1"),
        ("INSERT INTO act VALUES (9, 1, 'approve', 'Veli', 'veli', NULL, 'held', 'gate', '2026-11-25')", "row",
         "act 1/izmir-x/9"),
        ("UPDATE post SET url = 'https://x.example/else' WHERE id = 1", "row", "post 1/izmir-x"),
        ("UPDATE delivery SET status = 'skipped', reason = 'dropped' WHERE id = 1", "row", "delivery 1/izmir-x"),
        ("UPDATE delivery SET waived = '[\"gate\"]' WHERE id = 1", "row", "delivery 1/izmir-x"),
        ("UPDATE delivery SET passed = '[\"x.example\"]' WHERE id = 1", "row", "delivery 1/izmir-x"),
        ("UPDATE delivery SET released_at = updated_at WHERE id = 1", "row", "delivery 1/izmir-x"),
        ("UPDATE delivery SET approved_hash = 'x' WHERE id = 1", "row", "delivery 1/izmir-x"),
        ("UPDATE draft SET text = 'x'", "row", "draft 4/izmir-x"),
        ("UPDATE draft SET delivery_id = 1 WHERE delivery_id = 7", "row", "draft 1/izmir-x"),
        ("DELETE FROM draft", "row", "draft 4/izmir-x"),
        ("INSERT INTO draft VALUES (1, 'x', NULL, '[]', '', 1, '2026-11-25', NULL)", "row", "draft 1/izmir-x"),
    ],
)  # fmt: skip
def test_what_was_changed_is_named(
    where: Place, clock_of_the_test: None, statement: str, what: str, named: str
) -> None:
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=4)
        where.execute(statement)
        verdict = verify(opened)
    assert what in whats(verdict)
    assert named in wheres(verdict)


def test_events_that_changed_places_are_named(where: Place, clock_of_the_test: None) -> None:
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=4)
        for old, new in ((5, 1005), (6, 5), (1005, 6)):
            where.execute(f"UPDATE event SET id = {new} WHERE id = {old}")
        verdict = verify(opened)
    assert wheres(verdict)[:2] == ["event 5", "event 6"]
    assert "moved" in whats(verdict)


def test_an_end_that_was_cut_off_with_its_rows_is_found_by_whoever_kept_the_head(
    where: Place, clock_of_the_test: None
) -> None:
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=2)
        kept = verify(opened).head
        assert verify(opened, held=kept).findings == []
        where.execute(
            f"DELETE FROM event WHERE id = {kept.position}",
            f"UPDATE chain SET position = position - 1, hash = (SELECT hash FROM event WHERE id = {kept.position - 1})",
        )
        assert "head" in whats(verify(opened, held=kept))


def test_a_head_is_read_as_it_is_printed() -> None:
    head = Head(7, "ab" * 32)
    assert head_of(f" {head} ") == head
    assert head_of("ab@7") is None


def test_only_so_many_findings_are_named(
    where: Place, clock_of_the_test: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "MAX_NAMED", 3)
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=3)
        where.execute("UPDATE attempt SET text = 'x'")
        verdict = verify(opened)
    assert verdict.found > len(verdict.findings) == 3


#: What of a row says what was sent, where and when, and by whose will.
COLUMNS = {
    "entry": ["feed_id", "title", "link", "summary", "text", "language", "published_at", "pictures", "categories",
              "seen_at", "content", "revision"],
    "delivery": ["entry_id", "account_id", "status", "reason", "message", "attempt", "updated_at", "kind",
                 "issue", "of_id", "waived", "passed", "released_at", "approved_hash", "approved_at", "approved_by"],
    "draft": ["text", "link", "pictures", "hash", "revision", "made_at", "edited_by"],
    "attempt": ["delivery_id", "number", "kind", "revision", "text", "link", "pictures", "media_ids", "price_usd",
                "started_at", "ended_at", "outcome", "message", "answer", "absences", "platform_id", "configuration",
                "let_out_by"],
    "post": ["account_id", "remote_id", "url", "delivery_id", "published_at", "deleted_at"],
    "act": ["delivery_id", "verb", "person", "system_user", "why", "status_before", "reason_before", "at"],
    "event": ["id", "kind", "at", "entry_id", "account_id", "person", "facts", "content", "salt", "digest", "hash"],
}  # fmt: skip
#: Entries, of two deliveries each; and rows that are changed in each column.
SIZE, ROWS = (5000, 20) if os.environ.get("CROSSPOSTER_TAMPER") == "all" else (100, 1)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlLedger]:
    """A ledger of a file that was filled by an office at work."""
    path = tmp_path_factory.mktemp("record") / "ledger.db"
    with closing(SqlLedger.open(path)) as opened:
        # A disk's time for thousands of commits is not what is looked at here.
        sa.event.listen(opened._engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
        opened._engine.dispose()
        fill(opened, entries=SIZE)
        assert verify(opened).findings == []
        yield opened


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("UPDATE event SET entry_id = 9000000000000000000 WHERE id = 5", "event 5"),
        ("UPDATE event SET entry_id = 'x' WHERE id = 5", "event 5"),
        ("UPDATE event SET facts = x'00' WHERE id = 5", "event 5"),
        ("UPDATE chain SET position = 'x'", "chain"),
        ("INSERT INTO entry SELECT 0, feed_id, title, link, summary, text, language, published_at, pictures,"
         " categories, seen_at, content, revision, considered FROM entry WHERE id = 1", "entry 0"),
    ],
)  # fmt: skip
def test_what_stands_in_no_column_of_its_kind_is_named_and_stops_nothing(
    filled: SqlLedger, change: str, where: str
) -> None:
    """SQLite keeps whatever somebody writes; no number of an entry is so large or so small that it is not looked at."""
    assert isinstance(filled.place, Path)
    kept = filled.place.read_bytes()
    with closing(sqlite3.connect(filled.place)) as opened, opened:
        opened.execute(change)
    try:
        named = {finding.where for finding in verify(filled).findings}
    finally:
        filled._engine.dispose()
        filled.place.write_bytes(kept)
    assert where in named


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("table", COLUMNS)
def test_any_field_that_is_changed_is_found(filled: SqlLedger, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """Each change is in an entry of its own, or far from the next event: whatever is named is named for it alone."""
    assert isinstance(filled.place, Path)
    monkeypatch.setattr(verifying, "MAX_NAMED", 1_000_000)
    chance = random.Random(table)
    with closing(sqlite3.connect(filled.place, isolation_level=None)) as opened:
        opened.execute("PRAGMA ignore_check_constraints = ON")
        changes = [
            (column, *where)
            for column, where in zip(
                [column for column in COLUMNS[table] for _ in range(ROWS)],
                _apart(opened, table, ROWS * len(COLUMNS[table]), chance),
                strict=True,
            )
        ]
        undone = []
        for column, row, _ in changes:
            (before,) = opened.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,)).fetchone()
            other = _other(before, chance)
            opened.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (other, row))
            undone.append((column, before, other if (table, column) == ("event", "id") else row))
        try:
            named = [re.split("[ /]", finding.where) for finding in verify(filled).findings]
        finally:
            for column, before, there in undone:
                opened.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (before, there))
    found = {where[1] for where in named if len(where) > 1 and (where[0] == "event") == (table == "event")}
    missed = [(column, name) for column, _, name in changes if name not in found]
    assert missed == []


def _apart(opened: sqlite3.Connection, table: str, count: int, chance: random.Random) -> list[tuple[int, str]]:
    """Choose rows: of one entry each, or two events apart; with the number of the entry, or of the event."""
    entry_id = {"entry": "id", "delivery": "entry_id", "event": "id"}.get(
        table, f"(SELECT entry_id FROM delivery WHERE delivery.id = {table}.delivery_id)"
    )
    query = f"SELECT rowid, {entry_id} FROM {table} ORDER BY rowid"
    rows = list({number: (rowid, str(number)) for rowid, number in opened.execute(query)}.values())
    return chance.sample(rows[::2] if table == "event" else rows, count)


def _other(value: Any, chance: random.Random) -> Any:
    """Give another value of the same kind."""
    if value is None or value == "":
        return "x"
    if isinstance(value, int):
        return value + 100_000
    if isinstance(value, float):
        return value + 0.001
    try:
        moved = datetime.fromisoformat(value) + timedelta(microseconds=1)
        return moved.strftime("%Y-%m-%d %H:%M:%S.%f")
    except ValueError:
        pass
    if value[:1] in "[{":
        return "[1]" if value[0] == "[" else '{"x":1}'
    place = chance.randrange(len(value)) if value else 0
    return value[:place] + ("x" if value[place : place + 1] != "x" else "y") + value[place + 1 :]


def test_what_was_there_before_the_record_is_counted_and_where_it_stands_is_held(
    where: Place, clock_of_the_test: None
) -> None:
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=4)
        where.execute("DELETE FROM event", "DELETE FROM chain")
        with opened.writing() as writing:
            open_chain(writing, "a ledger")
        verdict = verify(opened)
        assert (verdict.findings, verdict.uncovered, verdict.events) == ([], 8, 1)
        where.execute("UPDATE post SET url = 'https://x.example/else' WHERE id = 1")
        assert wheres(verify(opened)) == ["post"]


def test_rows_from_before_the_record_that_are_gone_are_missed(where: Place, clock_of_the_test: None) -> None:
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=4)
        where.execute("DELETE FROM event", "DELETE FROM chain")
        with opened.writing() as writing:
            open_chain(writing, "a ledger")
        fill(opened, entries=8)
        assert verify(opened).findings == []
        where.execute("DELETE FROM act WHERE id = 1")
        assert wheres(verify(opened)) == ["act"]
        where.execute(*(f"DELETE FROM {table} WHERE delivery_id = 1" for table in ("post", "attempt")))
        where.execute("DELETE FROM delivery WHERE id = 1")
        assert wheres(verify(opened)) == ["post", "delivery", "act", "post"]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE event SET at = 'dün' WHERE id = 5", "event 5"),
        ("UPDATE event SET facts = 'x' WHERE id = 5", "event 5"),
        ("UPDATE event SET facts = '[]', kind = 'seen' WHERE id = 1", "event 1"),
        ("UPDATE event SET facts = 'x' WHERE id = 1", "event 1"),
        ("UPDATE attempt SET started_at = 'dün' WHERE delivery_id = 3", "entry 2"),
        ("UPDATE entry SET pictures = 'x' WHERE id = 2", "entry 2"),
    ],
)
def test_what_cannot_be_read_any_more_is_named(file: File, statement: str, named: str) -> None:
    with closing(SqlLedger.open(file.place)) as opened:
        fill(opened, entries=4)
        file.execute(statement)
        assert named in wheres(verify(opened))


def test_of_many_changed_events_only_the_first_are_looked_into(
    where: Place, clock_of_the_test: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "MAX_NAMED", 3)
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=3)
        where.execute("UPDATE event SET person = 'Veli'")
        verdict = verify(opened)
    assert wheres(verdict) == ["event 1", "event 2", "event 3"]
    assert verdict.found >= verdict.events


def test_a_long_record_is_walked_in_portions(
    where: Place, clock_of_the_test: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "_EVENTS", 7)
    monkeypatch.setattr(verifying, "_ENTRIES", 2)
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=5)
        verdict = verify(opened)
    assert (verdict.findings, verdict.entries) == ([], 5)
    assert verdict.events > 7


def test_what_news_said_before_they_were_edited_is_held(where: Place, clock_of_the_test: None) -> None:
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=2)
        with opened.writing() as writing:
            entries.revise(writing, 1, an_entry(1, title="Yeni"), now=NOON)
        assert verify(opened).findings == []
        where.execute("UPDATE revision SET title = 'Eski'")
        assert wheres(verify(opened)) == ["revision 1/1"]


def _paused(ledger: SqlLedger) -> None:
    """Let two pauses begin, and one of them end."""
    desk = PauseDesk(ledger)
    desk.pause(Scope.ACCOUNT, "izmir-x", AYSE, until=NOON + timedelta(days=1), now=NOON)
    desk.pause(Scope.ALL, "", AYSE, until=None, now=NOON)
    desk.resume(Scope.ACCOUNT, "izmir-x", AYSE, release=None, file=None, now=NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE pause SET ended_at = begun_at WHERE id = 2", "pause 2"),
        ("UPDATE pause SET ended_at = NULL WHERE id = 1", "pause 1"),
        ("UPDATE pause SET until = begun_at WHERE id = 1", "pause 1"),
        ("UPDATE pause SET scope = 'account', name = 'izmir-facebook' WHERE id = 2", "pause 2"),
        ("UPDATE pause SET why = 'x' WHERE id = 2", "pause 2"),
        ("UPDATE pause SET person = 'Veli' WHERE id = 2", "pause 2"),
        ("UPDATE pause SET system_user = 'veli' WHERE id = 2", "pause 2"),
        ("UPDATE pause SET ended_by = 'Veli' WHERE id = 1", "pause 1"),
        ("UPDATE pause SET ended_system_user = 'veli' WHERE id = 1", "pause 1"),
        ("UPDATE pause SET file = '/PAUSE' WHERE id = 2", "pause 2"),
        ("DELETE FROM pause WHERE id = 2", "pause 2"),
        ("INSERT INTO pause (id, scope, name, why, person, system_user, begun_at) VALUES"
         " (9, 'all', '', 'x', 'Veli', 'veli', '2026-11-25')", "pause 9"),
    ],
)  # fmt: skip
def test_nobody_ends_or_begins_a_pause_past_the_record(
    where: Place, clock_of_the_test: None, statement: str, named: str
) -> None:
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=1)
        _paused(opened)
        assert verify(opened).findings == []
        where.execute(statement)
        assert set(wheres(verify(opened))) == {named}


def test_pauses_that_cannot_be_read_are_named(file: File) -> None:
    with closing(SqlLedger.open(file.place)) as opened:
        _paused(opened)
        file.execute("UPDATE pause SET begun_at = 'dün' WHERE id = 2")
        assert wheres(verify(opened)) == ["pause"]


def test_a_pause_that_began_before_events_named_its_row_is_left_alone(ledger: SqlLedger, where: Place) -> None:
    begun = {"scope": Scope.ALL, "name": "", "why": "yas", "person": "Ayşe", "system_user": "ayse", "begun_at": NOON}
    with ledger.writing() as writing:
        writing.execute(schema.pause.insert().values(**begun))
        told = {"pause": {"scope": Scope.ALL, "name": "", "until": None, "file": None}}
        events.note(writing, Kind.PAUSED, at=NOON, person="Ayşe", facts=told, content={"why": "yas"})
    PauseDesk(ledger).resume(Scope.ALL, "", AYSE, release=None, file=None, now=NOON + timedelta(hours=1))
    assert verify(ledger).findings == []
