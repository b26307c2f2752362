"""One story from the feed's bytes to its permalinks: the record's events of an entry as lines of a time line."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crossposter.cli.tables import DELETED, DONE, STATUS_WORDS, VERB_WORDS, printable
from crossposter.core.acts import Verb
from crossposter.core.chain import Event, Kind
from crossposter.core.kinds import Kind as Does
from crossposter.core.kinds import read_name
from crossposter.core.model import Reason, Status
from crossposter.ledger.records import unpacked
from crossposter.messages import Translator
from crossposter.wording import Message, say

#: Columns of a terminal; what is longer goes on below.
_WIDTH = 80
#: So much of a digest tells two apart.
_SHORT = 12
#: Among what an event told, where its words were removed: when, and why.
_REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line: what happened, on which account (None for the news itself), by whom (None for nobody)."""

    position: int
    at: datetime
    kind: str
    account: str | None
    person: str | None
    what: Message
    facts: dict[str, Any]


def steps(events: Sequence[Event], *, account_id: str = "", zone: str) -> list[Step]:
    """Give the steps of a story, oldest first; of one account where one is named, and days in the office's zone."""
    found: list[Step] = []
    removed: Message | None = None
    for event in reversed(events):  # what removed the words of an event stands behind it
        if event.kind == Kind.ERASED:
            day = f"{event.at.astimezone(ZoneInfo(zone)):%d.%m.%Y}"
            removed = say("removed on {date}, as the YAML's retention says", date=day)
        if not account_id or _is_about(event, account_id):
            found.append(_step(event, removed))
    return found[::-1]


def _is_about(event: Event, which: str) -> bool:
    """Tell whether an event is about a delivery, or about what acts on its post, or about the story as a whole."""
    return event.account_id is None or which in (event.account_id, event.account_id.partition("/")[0])


def _step(event: Event, removed: Message | None) -> Step:
    facts: dict[str, Any] = json.loads(event.facts)
    content: dict[str, Any] = json.loads(event.content) if event.content else {}
    if event.is_erased and removed:
        content = {_REMOVED: removed}
    tell = _TOLD.get(event.kind, _told)
    name = read_name(f"1/{event.account_id}") if event.account_id else None
    return Step(
        position=event.position,
        at=event.at,
        kind=event.kind,
        account=event.account_id,
        person=event.person,
        what=tell(facts, content, name.kind if name else Does.PUBLISH),
        facts=facts,
    )


def _told(facts: dict[str, Any], content: dict[str, Any], does: Does) -> Message:
    """Tell how a delivery stands, and why, or where."""
    state = facts.get("delivery", {})
    status = STATUS_WORDS[Status(state["status"])] if state else say("noted")
    if does in (Does.EDIT, Does.DELETE) and state.get("status") == Status.PUBLISHED:
        status = DONE
    post = facts.get("post", {})
    if "deleted_at" in post:
        return DELETED
    if post:
        return say("{status}: {what}", status=status, what=post["url"])
    why = unpacked(content.get("delivery", {}).get("message"))
    if why is None and state.get("reason"):
        why = Reason(state["reason"]).message
    return say("{status}: {what}", status=status, what=why) if why else say("{status}", status=status)


def _seen(facts: dict[str, Any], content: dict[str, Any], _does: Does) -> Message:
    title, feed = _title(content), facts["entry"]["feed_id"]
    if mark := content.get("mark"):
        return say("seen in feed {feed} as “{title}” (bytes {mark})", feed=feed, title=title, mark=mark[:_SHORT])
    return say("seen in feed {feed} as “{title}”", feed=feed, title=title)


def _revised(facts: dict[str, Any], content: dict[str, Any], _does: Does) -> Message:
    number = facts["entry"]["revision"]
    return say("edited by the city, version {number}: “{title}”", number=number, title=_title(content))


def _title(content: dict[str, Any]) -> object:
    return content.get(_REMOVED) or content.get("entry", {}).get("title") or say("erased")


def _claimed(facts: dict[str, Any], content: dict[str, Any], does: Does) -> Message:
    attempt, said = facts["attempt"], content.get("attempt", {})
    if does is Does.DELETE:
        return say("the platform is asked to delete it, attempt {number}", number=attempt["number"])
    by = attempt.get("let_out_by")
    if removed := content.get(_REMOVED):
        words = {"number": attempt["number"], "removed": removed}
        if by:
            return say("is sent, attempt {number}; let out by {person}; the words: {removed}", **words, person=by)
        return say("is sent, attempt {number}; the words: {removed}", **words)
    words = {
        "number": attempt["number"],
        "length": len(said.get("text", "")),
        "pictures": len(said.get("pictures", ())),
    }
    if by:
        return say(
            "is sent, attempt {number}: {length} characters, {pictures} pictures; let out by {person}",
            **words,
            person=by,
        )
    return say("is sent, attempt {number}: {length} characters, {pictures} pictures", **words)


def _answered(facts: dict[str, Any], content: dict[str, Any], does: Does) -> Message:
    return say("the platform has answered: {what}", what=_told(facts, content, does))


def _read_back(facts: dict[str, Any], content: dict[str, Any], does: Does) -> Message:
    return say("the account was read: {what}", what=_told(facts, content, does))


def _taken_over(facts: dict[str, Any], content: dict[str, Any], does: Does) -> Message:
    return say("found on the account: {what}", what=_told(facts, content, does))


def _twice(facts: dict[str, Any], _content: dict[str, Any], _does: Does) -> Message:
    return say("a late answer: it stands at {url} as well", url=facts["url"])


def _acted(facts: dict[str, Any], content: dict[str, Any], does: Does) -> Message:
    verb, now = facts["act"]["verb"], _told(facts, content, does)
    words = {"verb": VERB_WORDS[Verb(verb)], "user": facts["act"]["system_user"], "what": now}
    if why := content.get("act", {}).get("why"):
        return say("{verb} (as {user}; {why}): {what}", **words, why=why)
    return say("{verb} (as {user}): {what}", **words)


def _erased(facts: dict[str, Any], _content: dict[str, Any], _does: Does) -> Message:
    return say("the words are removed, as the YAML's retention says: older than {age}", age=facts["older_than"])


_TOLD: dict[str, Callable[[dict[str, Any], dict[str, Any], Does], Message]] = {
    Kind.SEEN: _seen,
    Kind.REVISED: _revised,
    Kind.CLAIMED: _claimed,
    Kind.ANSWERED: _answered,
    Kind.READ_BACK: _read_back,
    Kind.TAKEN_OVER: _taken_over,
    Kind.TWICE: _twice,
    Kind.ACTED: _acted,
    Kind.ERASED: _erased,
}


def step_data(step: Step, translate: Translator, *, zone: str) -> dict[str, Any]:
    """Give a step for programs; its time in the office's zone."""
    return {
        "position": step.position,
        "at": step.at.astimezone(ZoneInfo(zone)).isoformat(),
        "kind": step.kind,
        "account": step.account,
        "by": step.person,
        "what": translate(step.what),
        "facts": step.facts,
    }


def lines(told: Sequence[Step], translate: Translator, *, zone: str) -> Iterator[str]:
    """Give the lines of a time line, in times of the office's zone, a heading for each day."""
    day = None
    for step in told:
        at = step.at.astimezone(ZoneInfo(zone))
        if at.date() != day:
            day = at.date()
            yield f"{day:%d.%m.%Y} ({zone})"
        who = " ".join(filter(None, (step.account, step.person)))
        text = printable(f"{who}: {translate(step.what)}" if who else translate(step.what))
        yield textwrap.fill(
            " ".join(text.split()),
            _WIDTH,
            initial_indent=f"  {at:%H:%M:%S}  ",
            subsequent_indent=" " * 12,
            break_long_words=False,
            break_on_hyphens=False,
        )
