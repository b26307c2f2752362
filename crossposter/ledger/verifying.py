"""Does the record hold? The chain is walked from its first event; each entry's events are compared with its rows.

Both go in portions, each in a transaction of its own: memory does not grow with the ledger, and whoever writes
meanwhile waits for no more than one portion. A row and its events are read in one moment, so what is written meanwhile
is no fault.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.chain import NOTHING, Event, Head, Kind, hash_of, holds_content, is_written_so
from crossposter.core.kinds import DeliveryName
from crossposter.core.kinds import Kind as Kinds
from crossposter.core.replay import Difference, Name, Replay, Row
from crossposter.ledger import events, schema, verifying_pauses
from crossposter.ledger.opening import counts_upto, digest_of_posts
from crossposter.ledger.store import SqlLedger
from crossposter.wording import Message, say

#: Events, and entries with all that belongs to them, that are held in memory at a time.
_EVENTS, _ENTRIES = 1000, 200
#: Findings that are named; of more, their number.
MAX_NAMED = 100
#: Loose events among which one looks for the place of another: each with each.
_FEW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that does not hold.

    Attributes:
        what: `changed`, `missing`, `moved`, `truncated`, `row` or `head`: what tells findings apart for programs.
        where: `event 12`, or a row: `attempt 412/izmir-x/1`.
        message: The same in a sentence.
    """

    what: str
    where: str
    message: Message


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was looked at, and what does not hold."""

    events: int = 0
    #: Of the last event that there is.
    head: Head = field(default_factory=lambda: Head(0, NOTHING))
    head_at: datetime | None = None
    since: datetime | None = None
    entries: int = 0
    deliveries: int = 0
    #: Deliveries from before the record began, of which it tells nothing.
    uncovered: int = 0
    #: Events whose words retention has erased.
    erased: int = 0
    findings: list[Finding] = field(default_factory=list)
    #: How many there are, named or not.
    found: int = 0

    def find(self, what: str, where: str, message: Message) -> None:
        """Add a finding."""
        self.found += 1
        if len(self.findings) < MAX_NAMED:
            self.findings.append(Finding(what=what, where=where, message=message))


def verify(ledger: SqlLedger, *, held: Head | None = None) -> Verdict:
    """Look whether all holds.

    Args:
        ledger: The ledger.
        held: A head that somebody has kept; None where nobody has.
    """
    verdict = Verdict()
    before = _walk(ledger, verdict)
    if held:
        _find_head(ledger, held, verdict)
    _compare(ledger, before, verdict)
    _compare_pauses(ledger, verdict)
    return verdict


# -- the chain -------------------------------------------------------------------------------------------------------


def _walk(ledger: SqlLedger, verdict: Verdict) -> Mapping[str, Any]:
    """Walk the chain; give what was there before it, as its first event says."""
    walk, before = _Walk(verdict), dict[str, Any]()
    while True:
        with ledger.reading() as connection:
            portion = _portion(connection, after=verdict.head.position)
            end = events.head(connection)
            first = portion.get(1)
            if first and (before := _before(first)):
                _look_at_old_rows(connection, before, verdict)
        for position, event in portion.items():
            walk.step(position, event)
        if len(portion) < _EVENTS:
            break
    walk.end(end)
    return before


def _before(first: Event) -> dict[str, Any]:
    """Give what the first event says of what was there before; nothing where it was changed."""
    is_as_it_was = first.kind == Kind.OPENED and first.hash == hash_of(first, NOTHING)
    return dict(json.loads(first.facts)) if is_as_it_was else {}


def _portion(connection: sa.Connection, *, after: int) -> Mapping[int, Event | None]:
    """Give the next events by position, in order; None for one that cannot be read."""
    with suppress(ValueError, TypeError):
        read = events.read(connection, after=after, count=_EVENTS)
        return {event.position: event if is_written_so(event) else None for event in read}
    found: dict[int, Event | None] = {}
    for position in events.positions(connection, after=after, count=_EVENTS):
        found[position] = None
        with suppress(ValueError, TypeError):
            event = events.at(connection, position)
            found[position] = event if event and is_written_so(event) else None
    return found


def _look_at_old_rows(connection: sa.Connection, opened: Mapping[str, Any], verdict: Verdict) -> None:
    if digest_of_posts(connection, upto=opened["before"]["post"]) != opened["posts"]:
        sentence = say("what was published before the record began is not what it was then: where, or when")
        verdict.find("row", "post", sentence)
    for table, count in counts_upto(connection, opened["before"]).items():
        if count != opened["counts"][table]:
            sentence = say(
                "of the rows of {table} that were there when the record began, there are {count} now, and were {then}",
                table=table,
                count=count,
                then=opened["counts"][table],
            )
            verdict.find("row", table, sentence)


class _Walk:
    """Goes from event to event."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict
        #: What the next event may be bound to; empty behind a gap.
        self._before = {NOTHING}
        #: Events that are not bound to those before them, with what those may be.
        self._loose: list[Event] = []
        self._loose_count = 0

    def step(self, position: int, event: Event | None) -> None:
        """Look at the next event that there is; None where it cannot be read."""
        verdict, expected = self._verdict, self._verdict.head.position + 1
        verdict.events += 1
        if position != expected:
            _find_missing(verdict, expected, position - 1)
            self._before = set()
        if event is None:
            verdict.find("changed", f"event {position}", say("event {number} was changed", number=position))
            verdict.head, self._before = Head(position, ""), set()
            return
        bound = {before: hash_of(event, before) for before in self._before}
        # Retention erases what was noted of entries; of the ledger as a whole there is nothing to forget.
        is_emptied = event.is_erased and event.entry_id is None
        if is_emptied or not holds_content(event) or (bound and event.hash not in bound.values()):
            self._loose_count += 1
            if len(self._loose) < MAX_NAMED:
                self._loose.append(event)
        # Whatever was changed, its hash or what is hashed, the next one shows whether that is all.
        self._before = {event.hash, *bound.values()}
        verdict.erased += event.is_erased
        verdict.head, verdict.head_at = Head(event.position, event.hash), event.at
        verdict.since = verdict.since or event.at

    def end(self, end: Head) -> None:
        """Tell what is loose, and whether the chain ends where it says."""
        verdict = self._verdict
        for event in self._loose:
            self._tell(event)
        verdict.found += self._loose_count - len(self._loose)
        if isinstance(end.position, int) and end.position > verdict.head.position:
            sentence = say(
                "the record ends at event {last}, and {count} were written: the last ones were removed",
                last=verdict.head.position,
                count=end.position,
            )
            verdict.find("truncated", f"event {verdict.head.position + 1}", sentence)
        elif end != verdict.head:
            sentence = say(
                "the record ends at event {last}, but the ledger says another end", last=verdict.head.position
            )
            verdict.find("changed", "chain", sentence)

    def _tell(self, event: Event) -> None:
        if number := self._own_place(event):
            sentence = say("event {number} stands in the place of event {place}", number=number, place=event.position)
            self._verdict.find("moved", f"event {event.position}", sentence)
        else:
            self._verdict.find(
                "changed", f"event {event.position}", say("event {number} was changed", number=event.position)
            )

    def _own_place(self, event: Event) -> int | None:
        """Give which number an event had that was moved; None for one that was changed."""
        few = self._loose if self._loose_count <= _FEW else []
        for other in (one for one in few if one is not event):
            moved = replace(event, position=other.position)
            if any(hash_of(moved, before.hash) == event.hash for before in few):
                return other.position
        return None


def _find_missing(verdict: Verdict, first: int, last: int) -> None:
    sentence = say("event {number} is missing", number=first)
    if last > first:
        sentence = say("events {first} to {last} are missing", first=first, last=last)
    verdict.find("missing", f"event {first}", sentence)


def _find_head(ledger: SqlLedger, held: Head, verdict: Verdict) -> None:
    with ledger.reading() as connection:
        event = events.at(connection, held.position)
    if event is None or event.hash != held.hash:
        sentence = say(
            "the record does not hold {hash} as event {number}: it was changed after that was written down, or the"
            " ledger was put back from an older copy",
            hash=held.hash,
            number=held.position,
        )
        verdict.find("head", f"event {held.position}", sentence)


# -- the rows --------------------------------------------------------------------------------------------------------


def _compare(ledger: SqlLedger, before: Mapping[str, Any], verdict: Verdict) -> None:
    after: int | None = None
    while ids := _entries_after(ledger, after):
        try:
            _compare_entries(ledger, ids[0], ids[-1], before, verdict)
        except (ValueError, TypeError):  # something stands there that no column of its kind holds
            for entry_id in ids:
                _compare_alone(ledger, entry_id, before, verdict)
        after = ids[-1]


def _entries_after(ledger: SqlLedger, after: int | None) -> list[int]:
    """Give the next numbers that entries or events have, whatever they are; what is no number, the chain tells."""
    found: set[int] = set()
    with ledger.reading() as connection:
        for column in (schema.entry.c.id, schema.event.c.entry_id):
            later = column.is_not(None) if after is None else column > after
            numbers = connection.scalars(sa.select(column).where(later).distinct().order_by(column).limit(_ENTRIES))
            found |= {number for number in numbers if isinstance(number, int)}
    return sorted(found)[:_ENTRIES]


def _compare_alone(ledger: SqlLedger, entry_id: int, before: Mapping[str, Any], verdict: Verdict) -> None:
    try:
        _compare_entries(ledger, entry_id, entry_id, before, verdict)
    except (ValueError, TypeError) as error:
        sentence = say("a row of story {entry} cannot be read: {cause}", entry=entry_id, cause=error)
        verdict.find("row", f"entry {entry_id}", sentence)


def _compare_entries(ledger: SqlLedger, first: int, last: int, before: Mapping[str, Any], verdict: Verdict) -> None:
    """Compare entries, from one number to another.

    Raises:
        ValueError: Something of one of them cannot be read; nothing is compared then.
    """
    with ledger.reading() as connection:
        replays = _replayed(events.of_entries(connection, first, last), verdict)
        stories = _stories(connection, first, last, before.get("before", {}))
    for entry_id in sorted({*replays, *stories}):
        _compare_entry(entry_id, replays[entry_id], stories[entry_id], verdict)


def _replayed(told: Iterable[Event], verdict: Verdict) -> defaultdict[int, Replay]:
    replays: defaultdict[int, Replay] = defaultdict(Replay)
    for event in told:
        assert event.entry_id is not None  # noqa: S101 - those were asked for
        try:
            replays[event.entry_id].apply(event)
        except (ValueError, KeyError, TypeError, AttributeError):
            sentence = say("event {number} says nothing that could be compared", number=event.position)
            verdict.find("changed", f"event {event.position}", sentence)
    return replays


@dataclass(slots=True)
class _Story:
    """The rows of an entry, and which of them must have their events."""

    rows: dict[Name, Row] = field(default_factory=dict)
    covered: set[Name] = field(default_factory=set)
    old: int = 0

    def add(self, table: str, parts: Iterable[object], row: Row, *, is_covered: bool) -> None:
        name = (table, "/".join(map(str, parts)))
        self.rows[name] = row
        if is_covered:
            self.covered.add(name)


def _stories(connection: sa.Connection, first: int, last: int, before: Mapping[str, int]) -> defaultdict[int, _Story]:
    stories: defaultdict[int, _Story] = defaultdict(_Story)
    entry, delivery, joined = schema.entry, schema.delivery, schema.delivery.c.entry_id

    def rows(query: sa.Select[Any], of: sa.ColumnElement[int]) -> Iterator[Row]:
        found = connection.execute(query.add_columns(of.label("of_entry")).where(of.between(first, last)))
        return (dict(row._mapping) for row in found)

    for row in rows(sa.select(entry), entry.c.id):
        stories[row["of_entry"]].add("entry", (), row, is_covered=_is_since(row["id"], before.get("entry")))
    for row in rows(sa.select(schema.revision), schema.revision.c.entry_id):
        is_new = _is_since(row["of_entry"], before.get("entry"))
        stories[row["of_entry"]].add("revision", [row["number"]], row, is_covered=is_new)
    for row in rows(sa.select(delivery), joined):
        is_new = _is_since(row["id"], before.get("delivery"))
        stories[row["of_entry"]].add("delivery", [_which(row)], row, is_covered=is_new)
        stories[row["of_entry"]].old += not is_new
    of_deliveries = ((schema.attempt, "number"), (schema.act, "id"), (schema.post, None), (schema.draft, None))
    for table, number in of_deliveries:
        query = sa.select(table).join(delivery, delivery.c.id == table.c.delivery_id)
        of = (delivery.c[name].label(f"of_{name}") for name in ("account_id", "kind", "issue"))
        for row in rows(query.add_columns(*of), joined):
            is_numbered = "id" in row
            upto = before.get(table.name if is_numbered else "delivery")
            key = row["id" if is_numbered else "delivery_id"]
            parts = [_which(row, "of_"), *([row[number]] if number else [])]
            stories[row["of_entry"]].add(table.name, parts, row, is_covered=_is_since(key, upto))
    return stories


def _is_since(number: int, upto: int | None) -> bool:
    """Tell whether a row is from after the record began: its number is none of those that there were."""
    return not 1 <= number <= (upto or 0)


def _which(row: Row, prefix: str = "") -> str:
    """Give which of its entry's deliveries a row belongs to, as events name it."""
    account_id, kind, issue = (row[f"{prefix}{name}"] for name in ("account_id", "kind", "issue"))
    if Kinds(kind) is Kinds.PUBLISH and issue:
        raise ValueError(f"a first post has no issue {issue}")
    return str(DeliveryName(0, account_id, Kinds(kind), issue)).partition("/")[2]


def _compare_entry(entry_id: int, replay: Replay, story: _Story, verdict: Verdict) -> None:
    verdict.entries += 1
    verdict.deliveries += sum(table == "delivery" for table, _ in story.rows)
    verdict.uncovered += story.old
    for difference in replay.differences(story.rows, is_covered=story.covered):
        _tell(entry_id, difference, verdict)
    for position in replay.unfounded():
        sentence = say("the words of event {number} are gone, and nothing tells that they were erased", number=position)
        verdict.find("changed", f"event {position}", sentence)


def _compare_pauses(ledger: SqlLedger, verdict: Verdict) -> None:
    try:
        for difference in verifying_pauses.compare(ledger):
            _tell(None, difference, verdict)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        sentence = say("the pauses cannot be compared with the record: {cause}", cause=error)
        verdict.find("row", "pause", sentence)


def _tell(entry_id: int | None, difference: Difference, verdict: Verdict) -> None:
    table, name = difference.name
    where = f"{table} {'/'.join(str(part) for part in (entry_id, name) if part not in (None, ''))}"
    if difference.is_missing:
        verdict.find("row", where, say("{row} is missing, and the record tells of it", row=where))
    elif difference.column:
        sentence = say("{row} says another {column} than the record", row=where, column=difference.column)
        verdict.find("row", where, sentence)
    else:
        verdict.find("row", where, say("the record does not tell of {row}", row=where))
