"""What retention removes, in each database: words, and nothing that the record needs to hold."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crossposter import forgetting
from crossposter.core.acts import Verb
from crossposter.core.chain import Kind
from crossposter.core.draft import digest
from crossposter.core.identity import content_of, words_key
from crossposter.core.model import Outcome, Post, Reason, Status, Validators
from crossposter.core.planning import keys_to_look_up, plan
from crossposter.core.retention import Age, Retention
from crossposter.core.window import Shown
from crossposter.errors import LedgerError
from crossposter.forgetting import Forgotten, forget
from crossposter.ledger import SqlLedger, entries, events, exporting, history, retention, schema
from crossposter.ledger.acts import Desk
from crossposter.ledger.correcting import correct, issue
from crossposter.ledger.verifying import verify
from crossposter.ledger.withdrawing import retract
from crossposter.media.store import FilePictureStore
from crossposter.ports import Lease, Staged
from crossposter.testing import a_feed, an_account, an_entry
from crossposter.wording import say
from tests.ledger.conftest import File, Place
from tests.ledger.test_record import ACCOUNTS, AYSE, NOON, PICTURE, count_of, fill, let_out, wheres

LATER = NOON + timedelta(days=800)
TWO_YEARS = {"": Retention(texts=Age(years=2))}


def erase(
    ledger: SqlLedger, retentions: Mapping[str, Retention] = TWO_YEARS, *, now: datetime = LATER, most: int = 1000
) -> int:
    return retention.erase_texts(ledger, retentions, feed_ids={"izmir-tr"}, now=now, most=most)


def out_of_the_window(ledger: SqlLedger) -> None:
    with ledger.writing() as connection:
        entries.see_window(connection, a_feed(accounts=list(ACCOUNTS)), [])


@pytest.fixture
def old(ledger: SqlLedger) -> SqlLedger:
    """A ledger whose stories are out of the feed: of most all is settled."""
    fill(ledger, entries=12)
    out_of_the_window(ledger)
    return ledger


WORDS = [
    "SELECT count(*) FROM entry WHERE title != '' OR summary != '' OR text != '' OR content IS NOT NULL",
    "SELECT count(*) FROM attempt WHERE text != '' OR message IS NOT NULL OR answer IS NOT NULL",
    "SELECT count(*) FROM act WHERE why IS NOT NULL",
    "SELECT count(*) FROM delivery WHERE message IS NOT NULL",
    "SELECT count(*) FROM event WHERE (content IS NOT NULL OR salt IS NOT NULL) AND entry_id IS NOT NULL",
]
KEPT = [
    "SELECT id, feed_id, link, language, seen_at, revision FROM entry ORDER BY id",
    "SELECT * FROM entry_key WHERE key NOT LIKE 'words:%' ORDER BY entry_id, position",
    "SELECT id, status, reason, updated_at FROM delivery ORDER BY id",
    "SELECT delivery_id, number, link, started_at, platform_id, let_out_by FROM attempt ORDER BY delivery_id",
    "SELECT * FROM post ORDER BY id",
    "SELECT id, person, system_user, verb, at FROM act ORDER BY id",
    "SELECT id, kind, at, person, facts, digest, hash FROM event WHERE kind != 'erased' ORDER BY id",
]


def test_words_go_and_all_that_tells_one_from_another_stays(old: SqlLedger, where: Place) -> None:
    before = [where.execute(query) for query in KEPT]
    assert erase(old) == 12
    assert [where.execute(query)[0][0] for query in WORDS] == [0] * len(WORDS)
    assert where.execute("SELECT DISTINCT CAST(pictures AS TEXT) FROM attempt") == [("[]",)]
    assert [where.execute(query) for query in KEPT] == before
    verdict = verify(old)
    assert (verdict.findings, verdict.entries) == ([], 12)
    assert verdict.erased > 12


def test_what_was_erased_is_not_erased_again(old: SqlLedger, where: Place) -> None:
    erase(old)
    before = count_of(where)
    assert erase(old, now=LATER + timedelta(days=1)) == 0
    assert count_of(where) == before


def test_nothing_is_erased_before_its_time_or_where_nothing_is_said(old: SqlLedger) -> None:
    assert erase(old, now=NOON + timedelta(days=700)) == 0
    assert erase(old, {"": Retention(pictures=Age(days=1))}) == 0
    assert erase(old, {}) == 0


def test_age_counts_from_the_last_thing_that_happened(old: SqlLedger) -> None:
    with old.writing() as connection:
        entries.revise(connection, 1, an_entry(1, title="Yeni"), now=LATER - timedelta(days=700))
        entries.revise(connection, 2, an_entry(2, title="Yeni"), now=NOON + timedelta(days=1))
    assert erase(old) == 11
    titles = {record.entry_id: record.title for record in history.deliveries(old, now=LATER)}
    assert {number for number, title in titles.items() if title} == {1}
    assert [one.title for one in history.revisions(old, 2)] == [""]


def see_one(ledger: SqlLedger) -> None:
    """Let a feed show story 13, and show it no more."""
    feed, accounts = a_feed(accounts=list(ACCOUNTS)), [an_account(name) for name in ACCOUNTS]
    found = plan(feed, [an_entry(20)], accounts=accounts, known={}, first_poll=False, now=NOON)
    ledger.record(feed, found, Validators(), accounts=accounts, now=NOON)
    out_of_the_window(ledger)


def test_what_goes_out_by_itself_is_kept_whole(old: SqlLedger) -> None:
    see_one(old)
    assert erase(old) == 12
    (kept,) = {record.title for record in history.story(old, 13, now=LATER)}
    assert kept == an_entry(20).title


def test_what_is_held_and_nobody_has_wanted_ends_with_its_words(old: SqlLedger) -> None:
    see_one(old)
    old.postpone("13/izmir-x", Outcome(status=Status.HELD, reason=Reason.NO_PICTURE, message=say("none")), now=NOON)
    Desk(old).act(Verb.REJECT, "13/izmir-facebook", AYSE, now=NOON)
    assert erase(old, now=NOON + timedelta(days=700)) == 0
    assert erase(old) == 13
    found = {record.id: (record.title, record.status, record.reason) for record in history.story(old, 13, now=LATER)}
    assert found == {
        "13/izmir-x": ("", Status.SKIPPED, Reason.FORGOTTEN),
        "13/izmir-facebook": ("", Status.SKIPPED, Reason.DROPPED),
    }
    assert history.waiting(old, now=LATER) == []
    assert Desk(old).act(Verb.APPROVE, "13/izmir-x", AYSE, now=LATER)[0].done is False
    assert erase(old) == 0


def test_what_was_begun_and_nobody_has_settled_keeps_its_words(old: SqlLedger, where: Place) -> None:
    see_one(old)
    delivery, lease = old.load("13/izmir-x", now=NOON), Lease(account_id="izmir-x", holder="me", until=NOON)
    assert delivery is not None
    assert old.lease(lease, now=NOON)
    attempt = old.claim(delivery, Staged(post=Post(text="Haber", link=None)), lease, now=NOON)
    assert attempt == 1
    old.settle("13/izmir-x", 1, Outcome(status=Status.UNCERTAIN, reason=Reason.LOST_ANSWER), now=NOON)
    Desk(old).act(Verb.REJECT, "13/izmir-facebook", AYSE, now=NOON)
    assert erase(old) == 12
    uncertain = old.load("13/izmir-x", now=NOON)
    assert uncertain is not None
    old.settle_read(uncertain, Outcome(status=Status.HELD, reason=Reason.UNKNOWN), now=NOON)
    assert erase(old) == 0
    assert where.execute("SELECT text FROM attempt ORDER BY delivery_id DESC")[0] == ("Haber",)


def test_a_deletion_that_waits_for_a_person_waits_on_when_the_words_are_gone(old: SqlLedger) -> None:
    cannot = {name: replace(an_account(name), can=frozenset()) for name in ACCOUNTS}
    retract(old, "1", AYSE, cannot, now=NOON)
    assert erase(old) == 12
    waiting = [one for one in history.story(old, 1, now=LATER) if one.status is Status.HELD]
    assert [(one.id, one.reason) for one in waiting] == [
        ("1/izmir-x/delete", Reason.BY_HAND),
        ("1/izmir-facebook/delete", Reason.BY_HAND),
    ]


def test_a_story_without_words_is_corrected_no_more(old: SqlLedger) -> None:
    with old.writing() as connection:
        entries.revise(connection, 2, an_entry(2, title="Yeni"), now=NOON)
    assert erase(old) == 12
    assert old.edited() == []
    for ask in (lambda: correct(old, "2", AYSE, {}, now=LATER), lambda: issue(old, "2/izmir-x")):
        with pytest.raises(LedgerError, match="nothing tells any more what its posts should say"):
            ask()


def test_what_a_feed_shows_still_is_kept(ledger: SqlLedger) -> None:
    fill(ledger, entries=12)
    with ledger.writing() as connection:
        shown = [Shown(mark=f"m{number}", entry_id=number, is_dated=True, keys=("k",)) for number in (11, 12)]
        entries.see_window(connection, a_feed(accounts=list(ACCOUNTS)), shown)
    assert erase(ledger) == 10
    # A feed that the YAML has no more shows nothing.
    assert retention.erase_texts(ledger, TWO_YEARS, feed_ids=(), now=LATER, most=1000) == 2


def test_a_run_ends_at_so_many_and_the_next_one_goes_on(old: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_PORTION", 3)
    assert [erase(old, most=5) for _ in range(4)] == [5, 5, 2, 0]


def test_a_city_forgets_what_is_its_own(ledger: SqlLedger) -> None:
    for city in ("izmir", "ankara"):
        feed, account = a_feed(f"{city}.tr", site=city, accounts=[f"{city}.x"]), an_account(f"{city}.x")
        found = plan(feed, [an_entry(1)], accounts=[account], known={}, first_poll=True, now=NOON)
        ledger.record(feed, found, Validators(), accounts=[account], now=NOON)
    two_years = Retention(texts=Age(years=2))
    assert retention.erase_texts(ledger, {"izmir": two_years}, feed_ids=(), now=LATER, most=9) == 1
    left = {record.feed_id for record in history.deliveries(ledger, now=LATER) if record.title}
    assert left == {"ankara.tr"}


def test_a_story_that_moved_on_meanwhile_is_left_alone(old: SqlLedger) -> None:
    before = TWO_YEARS[""].texts.before(LATER) if TWO_YEARS[""].texts else LATER
    with old.writing() as connection:
        entries.revise(connection, 1, an_entry(1, title="Yeni"), now=LATER)
    found = retention._erase(old, "izmir", [1, 2], before=before, shown=(), facts={"what": "texts"}, now=LATER)
    assert found == 1


def test_lists_and_exports_say_when_it_was_removed(old: SqlLedger) -> None:
    erase(old, most=1)
    records = history.deliveries(old, now=LATER)
    assert {record.erased_at for record in records if record.entry_id == 1} == {LATER}
    assert {record.erased_at for record in records if record.entry_id != 1} == {None}
    sent = list(exporting.sent(old, since=NOON, until=LATER))
    assert [(one.text, one.erased_at) for one in sent[:3]] == [("", LATER), ("", LATER), ("Haber 2", None)]
    with old.reading() as connection:
        (told,) = [one for one in events.of_entries(connection, 1, 1) if one.kind == Kind.ERASED]
    assert told.facts == '{"older_than":"2y","what":"texts"}'


def test_its_news_is_known_still_and_another_one_of_its_guid_is_held(old: SqlLedger) -> None:
    erase(old)
    feed, accounts = a_feed(accounts=list(ACCOUNTS)), [an_account(name) for name in ACCOUNTS]
    entry = an_entry(1)
    known = old.known(feed, entry.keys)
    again = plan(feed, [entry], accounts=accounts, known=known, first_poll=False, now=LATER)
    assert again.decisions == ()
    old.record(feed, again, Validators(), accounts=accounts, now=LATER)
    assert {record.title for record in history.story(old, 1, now=LATER)} == {""}


def test_nothing_is_left_by_which_a_guess_could_be_confirmed(ledger: SqlLedger, where: Place) -> None:
    """Whoever has the ledger and guesses the words finds no digest of them, nor one of the feed's bytes."""
    feed, account = a_feed(accounts=["izmir-x"]), an_account("izmir-x")
    entry = an_entry(1, text="Körfezde su kalitesi üç yılda ilk kez bu kadar iyi ölçüldü.", mark="beef" * 8)
    found = plan(feed, [entry], accounts=[account], known={}, first_poll=False, now=NOON)
    ledger.record(feed, found, Validators(), accounts=[account], now=NOON)
    delivery = ledger.load("1/izmir-x", now=NOON)
    assert delivery is not None
    let_out(ledger, delivery, 1, now=NOON)
    ledger.save_step(delivery, "upload of that text", "77", now=NOON)
    with ledger.writing() as connection:
        entries.revise(connection, 1, replace(entry, title="Yeni", mark="cafe" * 8), now=NOON)
    Desk(ledger).act(Verb.REJECT, "1/izmir-x", AYSE, now=NOON)
    before = [where.execute(query) for query in KEPT]
    post = Post(text="Haber no 1", link="https://izmir.bel.tr", pictures=(PICTURE,))
    guessed = {words_key(entry), content_of(entry), entry.mark, "cafe" * 8, digest(post, revision=1), "Haber no 1"}
    guessed |= {PICTURE.sha256, "upload of that text", "izmir.example"}
    assert all(guess and guess in everything(where) for guess in guessed)
    assert retention.erase_texts(ledger, TWO_YEARS, feed_ids=(), now=LATER, most=9) == 1
    assert [guess for guess in guessed if guess and guess in everything(where)] == []
    assert [where.execute(query) for query in KEPT] == before
    assert retention.erase_texts(ledger, TWO_YEARS, feed_ids=(), now=LATER, most=9) == 0
    known = ledger.known(feed, keys_to_look_up([entry]))
    again = plan(feed, [entry], accounts=[account], known=known, first_poll=False, now=LATER)
    assert (again.decisions, again.sightings) == ((), ())


def everything(where: Place) -> str:
    """Give all that stands in the tables."""
    return " ".join(str(where.execute(f"SELECT * FROM {name}")) for name in schema.metadata.tables)


def test_what_has_no_words_cannot_go_out_any_more(ledger: SqlLedger) -> None:
    feed, account = a_feed(accounts=["izmir-x"]), an_account("izmir-x")
    found = plan(feed, [an_entry(1)], accounts=[account], known={}, first_poll=True, now=NOON)
    ledger.record(feed, found, Validators(), accounts=[account], now=NOON)
    assert Desk(ledger).baseline(feed.id, last=3) == ["1/izmir-x"]
    out_of_the_window(ledger)
    erase(ledger)
    assert Desk(ledger).baseline(feed.id, last=3) == []
    with pytest.raises(LedgerError, match="it cannot go out any more"):
        Desk(ledger).act(Verb.BACKFILL, "1/izmir-x", AYSE, now=LATER)


def test_what_a_person_says_afterwards_goes_in_its_time(ledger: SqlLedger) -> None:
    fill(ledger, entries=1)
    out_of_the_window(ledger)
    erase(ledger)
    with ledger.writing() as connection:
        events.note(connection, Kind.TWICE, at=LATER, entry_id=1, content={"why": "sonra"})
    assert erase(ledger) == 1
    assert verify(ledger).findings == []


# -- past the program ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE event SET content = NULL, salt = NULL WHERE kind = 'seen'", "event 3"),
        ("UPDATE event SET content = NULL, salt = NULL WHERE entry_id IS NULL", "event 2"),
        ("UPDATE entry SET title = '', summary = '', text = '', content = NULL", "entry 1"),
    ],
)
def test_words_that_somebody_else_has_removed_are_missed(
    where: Place, clock_of_the_test: None, statement: str, named: str
) -> None:
    with closing(SqlLedger.open(where.place)) as opened:
        with opened.writing() as connection:
            events.note(connection, Kind.RECOVERED, at=NOON, content={"why": "eski"})
        fill(opened, entries=2)
        where.execute(statement)
        assert named in wheres(verify(opened))


def test_nobody_writes_anything_into_what_was_erased(where: Place, clock_of_the_test: None) -> None:
    with closing(SqlLedger.open(where.place)) as opened:
        fill(opened, entries=2)
        out_of_the_window(opened)
        assert erase(opened) == 2
        where.execute("UPDATE attempt SET text = 'Körfez kirli' WHERE delivery_id = 1")
        assert wheres(verify(opened)) == ["attempt 1/izmir-x/1"]


def test_nothing_of_the_words_is_left_in_the_file(file: File) -> None:
    with closing(SqlLedger.open(file.place)) as opened:
        fill(opened, entries=3)
        out_of_the_window(opened)
        assert erase(opened) == 3
    assert isinstance(file.place, Path)
    left = b"".join(path.read_bytes() for path in file.place.parent.iterdir())
    assert b"Haber 2" not in left
    assert "Körfezde".encode() not in left


# -- pictures --------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> FilePictureStore:
    return FilePictureStore(tmp_path / "pictures")


def put(store: FilePictureStore, folder: Path, name: str, *, at: datetime) -> None:
    """Put a picture there as if it had been at a time; under the name that the ledger has it by."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"x")
    os.utime(folder / name, times=(at.timestamp(), at.timestamp()))


def test_a_picture_goes_when_nothing_that_is_kept_names_it(
    old: SqlLedger, store: FilePictureStore, tmp_path: Path, where: Place
) -> None:
    folder, feeds = tmp_path / "pictures", [a_feed(accounts=list(ACCOUNTS))]
    for name, at in ((PICTURE.sha256, NOON), ("c" * 64, NOON), ("d" * 64, LATER)):
        put(store, folder, name, at=at)
    a_year = {"": Retention(pictures=Age(years=1))}
    early = NOON + timedelta(days=300)
    assert forget(old, store, a_year, feeds, now=early) == Forgotten(stories=0, pictures=0)
    ten_years_and_one = {"": Retention(texts=Age(years=1), pictures=Age(years=10))}
    kept = forget(old, store, {"": Retention(texts=Age(years=10), pictures=Age(years=5))}, feeds, now=LATER)
    assert kept == Forgotten(stories=0, pictures=0)
    assert forget(old, store, a_year, feeds, now=LATER) == Forgotten(stories=0, pictures=2)
    assert [path.name for path in folder.iterdir()] == ["d" * 64]
    assert where.execute("SELECT facts FROM event WHERE kind = 'erased'") == [('{"count":2,"what":"pictures"}',)]
    assert forget(old, store, a_year, feeds, now=LATER) == Forgotten(stories=0, pictures=0)
    put(store, folder, PICTURE.sha256, at=NOON)
    assert forget(old, store, ten_years_and_one, feeds, now=LATER) == Forgotten(stories=12, pictures=1)
    assert forget(old, store, {"": Retention()}, feeds, now=LATER) == Forgotten(stories=0, pictures=0)
    assert verify(old).findings == []


def test_pictures_are_counted_as_they_go_and_none_twice(
    old: SqlLedger, store: FilePictureStore, tmp_path: Path, where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk lets some go, and then none: the next day counts the others."""
    monkeypatch.setattr(forgetting, "_PORTION", 2)
    for letter in "abcde":
        put(store, tmp_path / "pictures", letter * 64, at=NOON)
    a_year, feeds = {"": Retention(pictures=Age(years=1))}, [a_feed(accounts=list(ACCOUNTS))]
    remove = store.remove

    def fails(names: Collection[str], *, before: datetime) -> int:
        if "a" * 64 not in names:
            raise LedgerError(say("full"))
        return remove(names, before=before)

    with monkeypatch.context() as patch:
        patch.setattr(store, "remove", fails)
        with pytest.raises(LedgerError):
            forget(old, store, a_year, feeds, now=LATER)
    assert forget(old, store, a_year, feeds, now=LATER) == Forgotten(stories=0, pictures=3)
    told = where.execute("SELECT facts FROM event WHERE kind = 'erased' ORDER BY id")
    assert [json.loads(facts)["count"] for (facts,) in told] == [2, 2, 1]


def test_a_picture_that_one_story_needs_is_kept_for_it(old: SqlLedger, store: FilePictureStore, tmp_path: Path) -> None:
    put(store, tmp_path / "pictures", PICTURE.sha256, at=NOON)
    with old.writing() as connection:
        entries.revise(connection, 4, an_entry(4, title="Yeni"), now=LATER)
    a_year = {"": Retention(pictures=Age(years=1))}
    assert forget(old, store, a_year, [a_feed()], now=LATER) == Forgotten(stories=0, pictures=0)
