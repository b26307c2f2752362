"""What a poll would change, as a value: printing a plan is the dry run, recording it is the real run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from crossposter.core.gate import examine, hard
from crossposter.core.identity import all_keys, conflict_key, content_of, told_apart, words_key
from crossposter.core.model import Account, Delivery, Entry, Feed, Known, Origin, Reason, Status
from crossposter.core.text import match_key
from crossposter.core.urgency import is_urgent
from crossposter.core.waiting import at_first
from crossposter.core.window import Shown, vanished
from crossposter.wording import Message, say

#: A window of fewer items says little when most of it is new: a quiet feed shows three.
_SMALL_WINDOW = 6
#: So many different items at one address may be one item, before and after it was edited.
_VERSIONS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one entry on one account; `status` is queued, held or skipped.

    Attributes:
        keys: Under which the ledger keeps the entry: its own, and those that say nothing about who it is.
        message: The cause in words, where the reason does not say it all.
        entry_id: The ledger's number of an entry that another feed has shown before; None for a new one.
        not_before: When it goes out, as far as that is known; None for as soon as it can.
        is_urgent: Whether it goes before others.
    """

    entry: Entry
    keys: tuple[str, ...]
    account_id: str
    status: Status
    reason: Reason | None = None
    message: Message | None = None
    entry_id: int | None = None
    not_before: datetime | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What is new about an entry that the ledger knows: the feed that shows it, a key, or what it says."""

    entry_id: int
    #: New ones.
    keys: tuple[str, ...]
    #: What it says now, where that is another thing than before; None where nothing changed.
    revised: Entry | None = None
    #: On which of the feed's accounts it is urgent, as it is revised.
    urgent_on: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a poll would change.

    Attributes:
        feed_id: The feed that was polled.
        first_poll: True when the ledger knew nothing of the feed: a baseline.
        decisions: For the entries that are new in this feed, oldest entry first, accounts in the order of the YAML.
        known: Entries about which there was nothing to decide, in the feed's order.
        sightings: What is to be written about entries that the ledger knows.
        alarms: What a person should be told at once: one sentence each, however many entries it is about.
        lumped: Which different items were taken for one, since they have one address; None where none were.
        unread: How many more entries the feed shows, known from its last window and not read again.
        vanished: Entries that it showed at the last poll, and that were taken from among the others since.
        window: What need not be read at the next poll.
    """

    feed_id: str
    first_poll: bool
    decisions: tuple[Decision, ...]
    known: tuple[Entry, ...]
    sightings: tuple[Sighting, ...]
    alarms: tuple[Message, ...] = ()
    lumped: Message | None = None
    unread: int = 0
    vanished: tuple[int, ...] = ()
    window: tuple[Shown, ...] = ()

    def changes(self, window: Collection[Shown]) -> bool:
        """Tell whether there is anything to write, when this is the window that was written last."""
        is_news = self.first_poll or self.decisions or self.sightings
        return bool(is_news) or {shown.mark for shown in self.window} != {shown.mark for shown in window}

    @property
    def new(self) -> int:
        """Count the entries that something was decided about."""
        return len({decision.keys for decision in self.decisions})

    @property
    def recognised(self) -> int:
        """Count the entries about which there was nothing to decide, read or not."""
        return len(self.known) + self.unread


def keys_to_look_up(entries: Sequence[Entry]) -> list[str]:
    """Give every key that `plan` needs to know about."""
    return list(dict.fromkeys(key for entry in _sifted(entries) for key in all_keys(entry)))


def plan(
    feed: Feed,
    entries: Sequence[Entry],
    *,
    accounts: Sequence[Account],
    known: Mapping[str, Known],
    first_poll: bool,
    now: datetime,
    unread: Sequence[Shown] = (),
    before: Sequence[Shown] = (),
    as_new: int = 0,
    is_restored: bool = False,
) -> Plan:
    """Decide what is new and what becomes of it.

    Args:
        feed: The feed that the entries come from.
        entries: In the feed's order, newest first.
        accounts: Where the feed's entries go.
        known: Keys that the ledger has seen, with what it knows of their entry: see `keys_to_look_up`.
        first_poll: Whether the ledger has never seen this feed; then nothing is published.
        now: For how old news is.
        unread: What else the feed shows: items that stood in its last window just so, and have no key of these entries.
        before: The feed's last window.
        as_new: Treat the newest so many entries as new, whatever the ledger says (for the dry run).
        is_restored: Whether the ledger was put back from a copy since the feed was last read: its news may be public.
    """
    all_dated = all(shown.is_dated for shown in unread)
    seen = [_seen(entry, known) for entry in _newest_first(_sifted(entries), all_dated=all_dated)]
    size = len(seen) + len(unread)
    shown_new = frozenset(range(as_new))
    wanted = [
        accounts if position in shown_new else _undecided(one, accounts, first_poll=first_poll)
        for position, one in enumerate(seen)
    ]
    fresh = 0 if first_poll else sum(1 for position, one in enumerate(wanted) if one and position not in shown_new)
    flood = None if is_restored else would_be_a_flood(feed, fresh, window=size)
    decisions: list[Decision] = []
    for position, (one, to) in reversed(list(enumerate(zip(seen, wanted, strict=True)))):
        if not to:
            continue
        if position in shown_new:
            fate = _gated(one.entry, feed)
        elif first_poll or is_restored:
            fate = _BASELINE if first_poll else _RESTORED
        else:
            fate = _guarded(one, feed, known, flood, now=now)
        entry_id = one.found.entry_id if one.found and position not in shown_new else None
        decisions += [
            Decision(
                entry=one.entry,
                keys=one.keys,
                account_id=account.id,
                entry_id=entry_id,
                **_timed(fate, one.entry, feed, account, now=now),
            )
            for account in to
        ]
    sightings = [found for one in reversed(seen) if (found := _sighting(one, known, accounts))]
    return Plan(
        feed_id=feed.id,
        first_poll=first_poll,
        decisions=tuple(decisions),
        known=tuple(one.entry for one, to in zip(seen, wanted, strict=True) if not to),
        sightings=tuple(sightings),
        alarms=tuple(_alarms(feed, flood, sightings, window=size)),
        lumped=lumped(entries),
        unread=len(unread),
        vanished=vanished(before, _numbers(seen, unread)),
        window=tuple(_window(list(zip(seen, wanted, strict=True)), unread)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """An entry of the feed, and what the ledger has under its keys."""

    entry: Entry
    found: Known | None
    #: Whether its keys belong to others.
    has_conflict: bool = False
    #: Whether its own keys say who it is, to the ledger from now on as well.
    is_settled: bool = False
    #: The weak key.
    words: str | None

    @property
    def keys(self) -> tuple[str, ...]:
        """Give the keys under which it is kept."""
        needs_another = self.has_conflict or not self.entry.keys
        another = [_makeshift(self.entry)] if needs_another else []
        return (*self.entry.keys, *another, *([self.words] if self.words else []))


def _makeshift(entry: Entry) -> str:
    """Give a key for an entry whose own are others', or that has none: by all of them, by the headline."""
    return conflict_key(entry.keys or (entry.title,))


def _seen(entry: Entry, known: Mapping[str, Known]) -> _Seen:
    by_entry = {known[key].entry_id: known[key] for key in reversed(entry.keys) if key in known}
    found = next((known[key] for key in entry.keys if key in known), None)
    is_settled = len(by_entry) <= 1 and not (found and _is_reused(entry, found, known))
    if found and is_settled:
        return _Seen(entry=entry, found=found, is_settled=True, words=words_key(entry))
    # Perhaps it was held when it was first seen.
    before = known.get(_makeshift(entry))
    has_conflict = before is None and bool(by_entry)
    is_new = before is None and not by_entry and bool(entry.keys)
    words = words_key(entry)
    return _Seen(entry=entry, found=before, has_conflict=has_conflict, is_settled=is_new, words=words)


def _is_reused(entry: Entry, found: Known, known: Mapping[str, Known]) -> bool:
    """Tell whether only the guid is known, and another article has it now."""
    others = [key for key in entry.keys if not key.startswith("guid:")]
    if not others or any(key in known for key in others):
        return False
    if found.title:
        return match_key(found.title) != match_key(entry.title)
    # Of one whose words retention has erased nothing tells whether this is it: a person looks.
    return found.is_erased


def _sifted(entries: Sequence[Entry]) -> list[Entry]:
    """Make one entry of the same item twice in one answer, with the keys of both: either may come back alone.

    It has a mark only if both are the same to the byte.
    """
    kept: list[Entry] = []
    place: dict[str, int] = {}
    for entry in told_apart(entries):
        names = entry.keys or (_makeshift(entry),)
        first = next((place[name] for name in names if name in place), None)
        if first is None:
            first = len(kept)
            kept.append(entry)
        else:
            keys = tuple(dict.fromkeys((*kept[first].keys, *entry.keys)))
            mark = entry.mark if entry.mark == kept[first].mark else None
            kept[first] = replace(kept[first], keys=keys, mark=mark)
        place.update(dict.fromkeys(names, first))
    return kept


def lumped(entries: Sequence[Entry]) -> Message | None:
    """Say which different items count as one since they have one address; None where none do.

    Two may be versions of one item. Of more, with headlines and ids of their own, all but one would be lost in silence.
    """
    headlines: defaultdict[str, set[str]] = defaultdict(set)
    for entry in told_apart(entries):
        link = next((key for key in entry.keys if key.startswith("link:")), None)
        if link and entry.link and len(entry.keys) > 1:
            headlines[entry.link].add(match_key(entry.title))
    link, most = max(headlines.items(), key=lambda pair: len(pair[1]), default=("", set()))
    if len(most) <= _VERSIONS:
        return None
    return say("{count} different news have one address, {link}: they count as one", count=len(most), link=link)


def _newest_first(entries: Sequence[Entry], *, all_dated: bool) -> list[Entry]:
    """Sort by date where all have one, those too that are not at hand; else trust the feed's order."""
    dated = [(entry.published, entry) for entry in entries if entry.published]
    if len(dated) < len(entries) or not all_dated:
        return list(entries)
    return [entry for _, entry in sorted(dated, key=lambda pair: pair[0], reverse=True)]


def _undecided(one: _Seen, accounts: Sequence[Account], *, first_poll: bool) -> Sequence[Account]:
    """Give the accounts for which the entry is to be decided: none when this feed has shown it before.

    What another feed of the site showed first is news to this one's accounts, if nothing was decided for them; its
    baseline is none, since a feed that is read for the first time says nothing about how old its entries are. One whose
    words were erased has nothing left that could go out.
    """
    if one.found is None:
        return accounts
    if one.found.in_feed or one.found.is_erased or first_poll:
        return ()
    return [account for account in accounts if account.id not in one.found.decided]


class _Fate(NamedTuple):
    """What becomes of an entry, whichever account it is for."""

    status: Status
    reason: Reason | None = None
    message: Message | None = None


_BASELINE = _Fate(Status.SKIPPED, Reason.BASELINE)
_RESTORED = _Fate(Status.HELD, Reason.RESTORED)


def _guarded(one: _Seen, feed: Feed, known: Mapping[str, Known], flood: Message | None, *, now: datetime) -> _Fate:
    """Decide about news: anything odd about it waits for a person."""
    entry = one.entry
    if flood:
        return _Fate(Status.HELD, Reason.FLOOD, flood)
    if one.has_conflict:
        return _Fate(Status.HELD, Reason.KEY_CONFLICT)
    if not entry.keys:
        return _Fate(Status.HELD, Reason.NO_IDENTITY)
    if one.found is None and one.words in known:
        return _Fate(Status.HELD, Reason.SAME_WORDS)
    if one.found and one.found.is_withdrawn:
        return _Fate(Status.HELD, Reason.WITHDRAWN)
    if is_stale(entry, feed, now=now):
        return _Fate(Status.HELD, Reason.STALE)
    return _gated(entry, feed)


def _timed(fate: _Fate, entry: Entry, feed: Feed, account: Account, *, now: datetime) -> dict[str, Any]:
    """Give what becomes of an entry on one account, and when it goes out there."""
    urgent = is_urgent(entry, account.times.urgent)
    waits = at_first(entry, feed, account, now=now) if fate.status is Status.QUEUED else None
    if waits is None:
        return {**fate._asdict(), "is_urgent": urgent}
    return {
        "status": waits.status,
        "reason": waits.reason,
        "message": waits.message,
        "not_before": waits.not_before,
        "is_urgent": urgent,
    }


def is_stale(entry: Entry, feed: Feed, *, now: datetime) -> bool:
    """Tell whether news is too late to be posted unasked."""
    return entry.published is not None and _is_too_old(entry.published, feed, now=now)


def has_gone_stale(delivery: Delivery, feed: Feed, *, now: datetime) -> bool:
    """Tell whether news has waited until it was too late; a person who let it out has made it fresh once more."""
    since = min(delivery.entry.published or delivery.origin.seen_at, delivery.origin.seen_at)
    return _is_too_old(max(since, delivery.released_at or since), feed, now=now)


def feed_for(feeds: Sequence[Feed], origin: Origin, account_id: str) -> Feed | None:
    """Give the feed whose rules hold: one of its site that goes to the account, best the one that showed it first.

    None where the YAML, which may have been corrected since, sends such news there no more.
    """
    going = [feed for feed in feeds if feed.site == origin.site and account_id in feed.accounts]
    return next((feed for feed in going if feed.id == origin.feed_id), going[0] if going else None)


def _is_too_old(since: datetime, feed: Feed, *, now: datetime) -> bool:
    return feed.holds.older_than is not None and now - since > feed.holds.older_than


def _gated(entry: Entry, feed: Feed) -> _Fate:
    if cause := hard(examine(entry, allowed_hosts=feed.allowed_hosts)):
        return _Fate(Status.HELD, Reason.GATE, cause)
    return _Fate(Status.QUEUED)


def would_be_a_flood(feed: Feed, fresh: int, *, window: int) -> Message | None:
    """Say why so much news at once cannot be right; None when it can."""
    limit = feed.holds.new_entries_over
    if limit is None:
        return None
    if fresh > limit:
        return say("feed {feed}: {fresh} news at once, more than {limit}", feed=feed.id, fresh=fresh, limit=limit)
    if window >= _SMALL_WINDOW and fresh > window / 2:
        return say("feed {feed}: {fresh} of {window} news are new at once", feed=feed.id, fresh=fresh, window=window)
    return None


def _sighting(one: _Seen, known: Mapping[str, Known], accounts: Sequence[Account]) -> Sighting | None:
    """Say what is to be written about a known entry; None when nothing is: then it costs no write."""
    if one.found is None:
        return None
    # Nothing is learned that is made of words which were erased.
    learned = one.entry.keys if one.found.is_erased else one.keys
    new_keys = tuple(key for key in learned if key not in known)
    is_edited = one.found.is_first and one.found.content not in ("", content_of(one.entry))
    if one.found.in_feed and not new_keys and not is_edited:
        return None
    if not is_edited:
        return Sighting(entry_id=one.found.entry_id, keys=new_keys)
    urgent_on = frozenset(account.id for account in accounts if is_urgent(one.entry, account.times.urgent))
    return Sighting(entry_id=one.found.entry_id, keys=new_keys, revised=one.entry, urgent_on=urgent_on)


def _numbers(seen: Sequence[_Seen], unread: Sequence[Shown]) -> set[int]:
    """Give the ledger's numbers of the entries that are shown, as far as they have one."""
    numbers = {one.found.entry_id for one in seen if one.found}
    return numbers | {one.entry_id for one in unread if one.entry_id is not None}


def _window(seen: Sequence[tuple[_Seen, Sequence[Account]]], unread: Sequence[Shown]) -> Iterator[Shown]:
    """Give the items that say nothing new as long as they stay as they are: each is an entry of its own, and settled.

    One that shares its entry with another is read again: which of them says what the entry says now?
    """
    shown = Counter([one.found.entry_id for one, _ in seen if one.found] + [one.entry_id for one in unread])
    yield from (one for one in unread if shown[one.entry_id] == 1)
    for one, to in seen:
        is_alone = shown[one.found.entry_id] == 1 if one.found else bool(to)
        if one.entry.mark and one.is_settled and is_alone:
            yield Shown(
                mark=one.entry.mark,
                keys=one.entry.keys,
                is_dated=one.entry.published is not None,
                entry_id=one.found.entry_id if one.found else None,
            )


def _alarms(feed: Feed, flood: Message | None, sightings: Sequence[Sighting], *, window: int) -> list[Message]:
    alarms = [flood] if flood else []
    revised = sum(1 for sighting in sightings if sighting.revised)
    if window >= _SMALL_WINDOW and revised > window / 2:
        counts = {"feed": feed.id, "revised": revised, "window": window}
        alarms.append(say("feed {feed}: {revised} of {window} news say something else now; look at the site", **counts))
    return alarms
