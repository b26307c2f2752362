"""What is left unread changes nothing: every decision is the same as when each poll reads the whole feed."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from crossposter.core.chrome import Chrome
from crossposter.core.model import Entry, Feed, Validators
from crossposter.core.planning import Plan
from crossposter.core.window import Shown, stand_apart
from crossposter.errors import CrossposterError
from crossposter.feeds.document import Document
from crossposter.feeds.manners import Manners
from crossposter.feeds.parsing import read_document
from crossposter.feeds.reading import FeedReader, Reading, reading_of, task_of
from crossposter.feeds.source import WebFeedSource
from crossposter.feeds.window import window_of
from crossposter.ledger import SqlLedger
from crossposter.ports import Fetched
from crossposter.service import Service
from crossposter.testing import FrozenClock, a_feed, an_account, an_entry
from crossposter.web import Response, WebClient

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAMESPACES = ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:x="urn:x" xmlns:content="urn:content"'
#: What an item may hold beside its title, by name; some of it makes a document one that is not cut.
EXTRAS = {
    "nothing": "",
    "an item in CDATA": "<description><![CDATA[Metin </item><item>, <p>yeterince uzun</p> bir metin.]]></description>",
    "an item in a comment": "<!-- </item><item> --><description>Yorumlu bir haberin uzunca metni.</description>",
    "an item of another namespace": "<x:item><title>Başka</title></x:item>",
    "an item in an item": '<item xmlns="urn:x"><title>İçerideki</title></item>',
    "a namespace of its own": '<y:note xmlns:y="urn:y">not</y:note>',
    "a page's namespace": '<description><div xmlns="http://www.w3.org/1999/xhtml">Sayfa</div></description>',
    "a prefix that is not declared": '<nobody:knows url="https://izmir.bel.tr/a.jpg"/>',
    "an entity of HTML": "<description>Su&nbsp;kesintisi olan mahallelerin listesi burada yer alıyor.</description>",
    "a bare ampersand": "<description>Park & Bahçeler ekiplerinin çalışmaları sürüyor.</description>",
    "a picture": '<media:content url="/a.jpg" medium="image"><media:title>Konak</media:title></media:content>',
    "letters that are lost": "<description>Türkiye?nin her yerinden gelen konuklar.</description>",
    "words of others": "<description>Aynı sözler, bir başka haberin altında da bir kez daha duruyor.</description>",
    "numbers for letters": "<description>Kültür&#8217;ün &amp; sanatın kenti &#150; İzmir, yeniden.</description>",
}
IDENTITIES = ("own", "guid of nobody", "link alone", "nothing", "guid of the next", "link of the next")
ENCODINGS = ("utf-8", "utf-8-sig", "cp1254")
KINDS = ("rss", "rdf", "atom")


@dataclass(frozen=True)
class News:
    """An item as its site has it."""

    number: int
    edition: int = 0
    extra: str = "nothing"
    identity: str = "own"
    dated: bool = True
    has_title: bool = True

    def written(self, kind: str) -> str:
        """Write it into a feed of a kind."""
        name = "entry" if kind == "atom" else "item"
        title = f"<title>Haber {self.number}{' (güncel)' * self.edition}</title>" if self.has_title else ""
        return f"<{name}>{title}{self._guid(kind)}{self._link(kind)}{self._date(kind)}{EXTRAS[self.extra]}</{name}>"

    def _guid(self, kind: str) -> str:
        guid = {"own": f"{self.number}", "guid of nobody": "N/A", "guid of the next": f"{self.number + 1}"}
        tag = "id" if kind == "atom" else "guid"
        found = guid.get(self.identity, f"{self.number}" if self.identity == "link of the next" else None)
        return f"<{tag}>{found}</{tag}>" if found else ""

    def _link(self, kind: str) -> str:
        if self.identity == "nothing":
            return ""
        number = self.number + 1 if self.identity == "link of the next" else self.number
        address = f"https://www.izmir.bel.tr/tr/Haberler/{number}"
        return f'<link href="{address}"/>' if kind == "atom" else f"<link>{address}</link>"

    def _date(self, kind: str) -> str:
        at = NOON - timedelta(minutes=10 * self.number % 70 + self.edition)
        if kind == "atom":
            return f"<updated>{at.isoformat()}</updated>" if self.dated else ""
        return f"<pubDate>{at.strftime('%a, %d %b %Y %H:%M:%S')} +0000</pubDate>" if self.dated else ""


def document(
    news: Sequence[News], *, kind: str = "rss", encoding: str = "utf-8", built: int = 0, base: str = ""
) -> bytes:
    """Write a feed."""
    items = "\n".join(one.written(kind) for one in news)
    based = f' xml:base="{base}"' if base else ""
    head = f"<title>İzmir – haberler {built}</title><language>tr</language>"
    text = {
        "rss": f'<rss version="2.0"{NAMESPACES}{based}><channel>{head}{items}<ttl>{built}</ttl></channel></rss>',
        "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        f"{NAMESPACES}{based}><channel>{head}</channel>{items}</rdf:RDF>",
        "atom": f'<feed xmlns="http://www.w3.org/2005/Atom"{NAMESPACES}{based}>{head}{items}</feed>',
    }[kind]
    label = {"utf-8-sig": "utf-8", "cp1254": "iso-8859-9"}.get(encoding, encoding)
    return f'<?xml version="1.0" encoding="{label}"?>\n{text}'.encode(encoding, "xmlcharrefreplace")


class Reader(FeedReader):
    """Reads in this process, and counts what it reads."""

    def __init__(self) -> None:
        self.documents: list[Document] = []

    def read(
        self,
        content: bytes,
        feed: Feed,
        *,
        address: str,
        headers: Mapping[str, str],
        reading: str = "",
        known: Sequence[str] = (),
        explains: bool = False,
    ) -> Reading:
        """Read a feed as a child does."""
        task = task_of(feed, address=address, headers=headers, reading=reading, known=known)
        self.documents.append(read_document(content, task))
        return reading_of(self.documents[-1], feed)


class Site(WebClient):
    """Answers with a document; without validators."""

    def __init__(self) -> None:
        self.content = b""

    def get(self, url: str, *, max_bytes: int, headers: Mapping[str, str] | None = None) -> Response:
        """Give the document."""
        return Response(url=url, status=200, headers={"content-type": "text/xml"}, body=self.content)


class WholeSource(WebFeedSource):
    """Reads the whole feed each time."""

    def fetch(self, feed: Feed, validators: Validators, window: Callable[[], Sequence[Shown]] = tuple) -> Fetched:
        """Leave the window alone."""
        return super().fetch(feed, validators)


@cache
def empty_ledger() -> Path:
    """Make a ledger once: its migrations take longer than the rest."""
    path = Path(tempfile.mkdtemp()) / "empty.db"
    SqlLedger.open(path).close()
    return path


class Office:
    """Polls a site into a ledger of its own."""

    def __init__(self, path: Path, source: type[WebFeedSource]) -> None:
        shutil.copy(empty_ledger(), path)
        self.path = path
        self.site, self.reader = Site(), Reader()
        self.ledger = SqlLedger.open(path)
        self._clock = FrozenClock(NOON)
        self._source = source(self.site, self.reader, Manners(monotonic=iter(range(10**6, 10**9, 10**5)).__next__))

    def poll(self, feed: Feed, content: bytes) -> Plan | str | None:
        """Poll the feed as it is now."""
        self.site.content = content
        self._clock.forward(minutes=5)
        account = an_account()
        service = Service(
            feeds=[feed],
            accounts={account.id: account},
            source=self._source,
            pictures=None,  # type: ignore[arg-type]  # nothing is delivered
            store=None,  # type: ignore[arg-type]  # polling asks it nothing
            adapters=None,  # type: ignore[arg-type]  # polling asks them nothing
            ledger=self.ledger,
            clock=self._clock,
        )
        poll = service.try_poll(feed)
        assert poll.error is None or isinstance(poll.error, CrossposterError)
        return str(poll.error) if poll.error else poll.plan

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Give all that the ledger holds, but for what need not be read again and when a poll was written."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            tables = ("entry", "entry_key", "sighting", "revision", "delivery")
            found = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
        connection.close()
        return found


def comparable(plan: Plan | str | None) -> object:
    """Give a plan without what tells how it was come by."""
    if not isinstance(plan, Plan):
        return plan
    decisions = [replace(decision, entry=unmarked(decision.entry)) for decision in plan.decisions]
    sightings = [replace(found, revised=found.revised and unmarked(found.revised)) for found in plan.sightings]
    return plan.first_poll, decisions, sightings, plan.alarms, plan.recognised, plan.new


def unmarked(entry: Entry) -> Entry:
    return replace(entry, mark=None)


NEWS = st.builds(
    News,
    number=st.integers(0, 9),
    edition=st.integers(0, 1),
    extra=st.sampled_from([*["nothing", "an item in CDATA", "a picture"] * 6, *EXTRAS]),
    identity=st.sampled_from([*["own"] * 8, *IDENTITIES]),
    dated=st.sampled_from([True, True, True, False]),
    has_title=st.sampled_from([*[True] * 9, False]),
)


@st.composite
def sequences(draw: st.DrawFn) -> list[tuple[list[News], dict[str, object]]]:
    """Give what a site shows at one poll after the other: new, edited, moved, vanished and returned items."""
    known = draw(st.lists(NEWS, min_size=4, max_size=10))
    polls = []
    shown = list(known[:6])
    for _ in range(draw(st.integers(2, 6))):
        step = draw(st.sampled_from(("new", "new", "edited", "moved", "gone", "back", "twice", "dated", "same")))
        place = draw(st.integers(0, max(len(shown) - 1, 0)))
        if step == "new" or not shown:
            shown = [*draw(st.lists(NEWS, min_size=1, max_size=4)), *shown]
        elif step == "edited":
            shown[place] = replace(shown[place], edition=shown[place].edition + 1)
        elif step == "moved":
            shown = draw(st.permutations(shown))
        elif step == "gone":
            shown = [*shown[:place], *shown[place + 2 :]]
        elif step == "back":
            shown = [*shown, draw(st.sampled_from(known))]
        elif step == "twice":
            shown = [*shown, shown[place]]
        elif step == "dated":
            shown[place] = replace(shown[place], dated=not shown[place].dated)
        known += shown
        form = {
            "encoding": draw(st.sampled_from(["utf-8"] * 6 + list(ENCODINGS))),
            "built": draw(st.integers(0, 3)),
            "base": draw(st.sampled_from([""] * 5 + ["https://other.example/"])),
        }
        polls.append((list(shown), form))
    return polls


@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(polls=sequences(), kind=st.sampled_from(("rss", "rss", *KINDS)))
def test_every_decision_is_the_same_as_when_the_whole_feed_is_read(
    polls: list[tuple[list[News], dict[str, object]]], kind: str
) -> None:
    feed = a_feed()
    with tempfile.TemporaryDirectory() as folder:
        offices = [Office(Path(folder, f"{source.__name__}.db"), source) for source in (WebFeedSource, WholeSource)]
        try:
            for number, (news, form) in enumerate(polls):
                content = document(news, kind=kind, **form)  # type: ignore[arg-type]  # a row of options
                found, expected = [comparable(office.poll(feed, content)) for office in offices]
                assert found == expected, number
                assert offices[0].rows() == offices[1].rows(), number
        finally:
            for office in offices:
                office.ledger.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    found = Office(tmp_path / "ledger.db", WebFeedSource)
    yield found
    found.ledger.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_only_what_is_new_or_edited_is_read(office: Office, kind: str, encoding: str) -> None:
    news = [News(number, extra="a picture") for number in range(8, 0, -1)]
    office.poll(a_feed(), document(news, kind=kind, encoding=encoding))
    news = [News(9), *news[:3], replace(news[3], edition=1), *news[4:]]
    found = office.poll(a_feed(), document(news, built=1, kind=kind, encoding=encoding))
    assert [item.title for item in office.reader.documents[-1].items] == ["Haber 9", "Haber 5 (güncel)"]
    assert isinstance(found, Plan)
    assert (found.new, found.recognised) == (1, 8)
    office.poll(a_feed(), document(news, built=2, kind=kind, encoding=encoding))
    assert office.reader.documents[-1].items == ()


#: Beside these, an item may be read otherwise than alone.
NOT_PLAIN = {
    "an item of another namespace",
    "an item in an item",
    "a namespace of its own",
    "a prefix that is not declared",
    "an entity of HTML",
    "a bare ampersand",
}


@pytest.mark.parametrize("extra", EXTRAS)
def test_only_plain_documents_are_cut(extra: str) -> None:
    window = window_of(document([News(1), News(2, extra=extra)]).decode(), reading="x")
    assert (window is None) is (extra in NOT_PLAIN)


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE rss><rss><channel><item></item></channel></rss>",
        "<html><body><item></item></body></html>",
        "<rss><channel><item/></channel></rss>",
        f"<rss><channel><item>{'<a/>' * 100_000}</item></channel></rss>",
        f"<rss><channel>{'<item></item>' * 5_001}</channel></rss>",
        "<rss><channel><item></item></channel>",
    ],
)
def test_an_unusual_document_is_read_whole(text: str) -> None:
    assert window_of(text, reading="x") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"language": "en"},
        {"timezone": "UTC"},
        {"id_pattern": r"/(\d+)$"},
        {"encoding_fallback": "cp1254"},
        {"chrome": Chrome(strip=("Haber",))},
        {"url": "https://www.izmir.bel.tr/other.xml"},
    ],
)
def test_another_way_of_reading_reads_all_again(office: Office, changes: dict[str, object]) -> None:
    news = [News(number) for number in range(8)]
    office.poll(a_feed(), document(news))
    office.poll(replace(a_feed(), **changes), document(news, built=1))  # type: ignore[arg-type]  # a row of options
    assert len(office.reader.documents[-1].items) == 8


def test_what_stands_around_the_items_belongs_to_them(office: Office) -> None:
    news = [News(number) for number in range(8)]
    office.poll(a_feed(), document(news))
    office.poll(a_feed(), document(news, base="https://other.example/"))
    assert len(office.reader.documents[-1].items) == 8


def test_a_poll_that_finds_nothing_new_writes_nothing(office: Office) -> None:
    news = [News(number) for number in range(8)]
    office.poll(a_feed(), document(news))
    before = office.path.read_bytes()
    for built in range(1, 4):
        office.poll(a_feed(), document(news, built=built))
    assert office.path.read_bytes() == before
    office.ledger.write_polls()
    assert office.path.read_bytes() != before


def test_an_item_with_a_key_of_another_is_read_with_it(office: Office) -> None:
    office.poll(a_feed(), document([News(number) for number in range(8)]))
    office.poll(a_feed(), document([News(20, identity="own"), *[News(number) for number in range(8)]]))
    assert len(office.reader.documents[-1].items) == 1
    thief = News(7, edition=3, extra="words of others")
    office.poll(a_feed(), document([thief, *[News(number) for number in range(8)]]))
    assert len(office.reader.documents[-1].items) == 9


def test_items_that_share_a_key_do_not_stand_apart() -> None:
    one, other = (Shown(mark=mark, keys=(f"guid:{mark}", "link:a"), is_dated=True, entry_id=1) for mark in ("1", "2"))
    assert not stand_apart([one, other], [])
    assert stand_apart([one], [an_entry(9)])
    assert not stand_apart([one], [an_entry(9, keys=("link:a",))])
