"""What rows must say, going by the events: an entry's events replayed, and compared with its rows.

An event names what it wrote by table and column (`{"delivery": {"status": ...}, "attempt": {"number": 1, ...}}`),
openly in its facts and, where retention may remove it, in its content. So replaying is merging; nothing here knows what
an event means, but for three things: a status has the event's time as the row's `updated_at`, an entry that says
something else leaves a revision and lets nothing pass any more, and what was erased leaves nothing in its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from crossposter.core.chain import Event, Kind, canonical

Row = Mapping[str, Any]
#: Which row: its table, and what tells it from the entry's others.
Name = tuple[str, str]

#: What tells apart the rows of one delivery, or those of one entry.
_NUMBERED = {"attempt": "number", "act": "id", "revision": "number"}
#: Tables with a row for each delivery; the others have one for the entry.
_OF_ACCOUNT = frozenset({"delivery", "attempt", "post", "act", "draft"})
_TABLES = _OF_ACCOUNT | {"entry"}
#: An attempt as it begins.
_UNANSWERED: Row = {"ended_at": None, "outcome": None, "message": None, "answer": None, "absences": 0}
#: A delivery that nobody has let out or let pass anything of. An event that says what was waived when it was decided
#: tells all of these from then on; those from before there were any said nothing of them.
_UNTOUCHED: Row = {"passed": [], "released_at": None, "approved_hash": None, "approved_at": None, "approved_by": None}
#: What an entry's revision keeps of it.
_REVISED = ("title", "link", "summary", "text", "published_at", "pictures")
#: What an event of erasing says was erased: words, and descriptions and digests of pictures; or the pictures' files.
TEXTS, PICTURES = "texts", "pictures"
#: What retention removes with the words, by table, and what stands there then.
WORDS: Mapping[str, Row] = {
    "entry": {"title": "", "summary": "", "text": "", "pictures": [], "categories": [], "content": None},
    "revision": {"title": "", "summary": "", "text": "", "pictures": []},
    "delivery": {"message": None, "passed": [], "approved_hash": None},
    "attempt": {"text": "", "pictures": [], "message": None, "answer": None},
    "act": {"why": None},
    "draft": {"text": "", "pictures": [], "hash": ""},
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that says something else than its events; `column` is empty for a row that is missing, or is too many."""

    name: Name
    column: str = ""
    is_missing: bool = False


@dataclass(slots=True)
class Replay:
    """What the events of one entry say that its rows say."""

    rows: dict[Name, dict[str, Any]] = field(default_factory=dict)
    #: Position of the last event that told of erasing; contents up to there may be gone.
    erased_upto: int = 0
    #: Events whose content is gone.
    gone: list[int] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        """Take one more event, in the chain's order."""
        facts: dict[str, Any] = json.loads(event.facts)
        content: dict[str, Any] = json.loads(event.content) if event.content else {}
        if event.is_erased:
            self.gone.append(event.position)
        if event.kind == Kind.ERASED:
            self._erase(event, facts)
        if event.kind == Kind.REVISED:
            self._keep_revision(event)
        for table in _TABLES & _told(facts, content):
            columns = {**facts.get(table, {}), **content.get(table, {})}
            self._merge(event, table, columns)
            if event.is_erased:
                self._forget(self.rows[_name(event, table, columns)], table)
            elif table == "delivery":
                self.rows[_name(event, table, columns)].setdefault("message", None)

    def _merge(self, event: Event, table: str, columns: Row) -> None:
        row = self.rows.setdefault(_name(event, table, columns), {})
        if table == "delivery":
            row.pop("message", None)  # that of before
            row["updated_at"] = event.at
            if event.kind == Kind.DECIDED:
                row.setdefault("attempt", 0)
                row.setdefault("of_id", None)
            if "waived" in columns and (event.kind == Kind.DECIDED or "of_id" in columns):
                row |= {name: value for name, value in _UNTOUCHED.items() if name not in row}
        row.update(columns)
        if table == "attempt":
            if "started_at" in columns:
                row |= {name: value for name, value in _UNANSWERED.items() if name not in row}
            delivery = self.rows.setdefault(_name(event, "delivery", {}), {})
            delivery["attempt"] = max(columns["number"], delivery.get("attempt") or 0)
        if table == "act":
            row["person"] = event.person
            row.setdefault("why", None)

    def _keep_revision(self, event: Event) -> None:
        entry = self.rows.get(("entry", ""))
        if entry and "revision" in entry:
            kept = {name: entry[name] for name in _REVISED if name in entry}
            name = ("revision", str(entry["revision"]))
            self.rows[name] = {**kept, "number": entry["revision"], "replaced_at": event.at}
        for (table, _), row in self.rows.items():
            if table == "delivery" and "passed" in row:
                row["passed"] = []  # whoever let its flaws pass has not seen this

    def _erase(self, event: Event, facts: Row) -> None:
        if facts["what"] != TEXTS:
            return
        self.erased_upto = event.position
        for (table, _), row in self.rows.items():
            # Not only gone: nobody has written anything in their place.
            blanks = WORDS.get(table, {}).items()
            row.update({name: blank for name, blank in blanks if name not in _UNTOUCHED or "waived" in row})

    def _forget(self, row: dict[str, Any], table: str) -> None:
        for column in WORDS.get(table, ()):
            row.pop(column, None)

    def differences(self, rows: Mapping[Name, Row], *, is_covered: Iterable[Name]) -> Iterator[Difference]:
        """Compare with the rows as they are.

        Args:
            rows: All of the entry's, by name.
            is_covered: Those of them that must have their events: what was there before the record began has none.
        """
        for name, expected in self.rows.items():
            found = rows.get(name)
            if found is None:
                yield Difference(name, is_missing=True)
                continue
            for column, value in expected.items():
                if canonical(found[column]) != canonical(value):
                    yield Difference(name, column)
        for name in is_covered:
            if name not in self.rows and self._is_told(name):
                yield Difference(name)

    def _is_told(self, name: Name) -> bool:
        """Tell whether the events of a row's time told of its kind: those of drafts did not always."""
        table, which = name
        return table != "draft" or "waived" in self.rows.get(("delivery", which), {})

    def unfounded(self) -> Iterator[int]:
        """Give the events whose content is gone though nothing tells of erasing."""
        return (position for position in self.gone if position > self.erased_upto)


def _told(facts: Row, content: Row) -> set[str]:
    """Give what an event tells of; a draft only where it tells all of it."""
    return {*facts, *content} - ({"draft"} - facts.keys())


def _name(event: Event, table: str, columns: Row) -> Name:
    parts = [event.account_id or ""] if table in _OF_ACCOUNT else []
    if table in _NUMBERED:
        parts.append(str(columns[_NUMBERED[table]]))
    return (table, "/".join(parts))
