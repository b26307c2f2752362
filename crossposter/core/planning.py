"""What a poll would change, as a value: printing a plan is the dry run, recording it is the real run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crossposter.core.gate import examine, hard
from crossposter.core.model import Account, Entry, Feed, Known, Reason, Status
from crossposter.wording import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one entry on one account; `status` is queued, held or skipped.

    `entry_id` is the ledger's number of an entry that another feed has shown before; None for a new one.
    """

    entry: Entry
    account_id: str
    status: Status
    reason: Reason | None = None
    #: The cause in words, where the reason does not say it all.
    message: Message | None = None
    entry_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a poll would change.

    Attributes:
        feed_id: The feed that was polled.
        first_poll: True when the ledger knew nothing of the feed: a baseline.
        decisions: For the entries that are new in this feed, oldest entry first, accounts in the order of the YAML.
        known: Entries about which there was nothing to decide, in the feed's order.
        sightings: For every entry that the ledger knows: its number and its keys, some of them perhaps new.
    """

    feed_id: str
    first_poll: bool
    decisions: tuple[Decision, ...]
    known: tuple[Entry, ...]
    sightings: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def new(self) -> int:
        """Count the entries that something was decided about."""
        return len({decision.entry.keys for decision in self.decisions})


def plan(
    feed: Feed,
    entries: Sequence[Entry],
    *,
    accounts: Sequence[Account],
    known: Mapping[str, Known],
    first_poll: bool,
    as_new: int = 0,
) -> Plan:
    """Decide what is new and what becomes of it.

    Args:
        feed: The feed that the entries come from.
        entries: In the feed's order, newest first.
        accounts: Where the feed's entries go.
        known: Keys that the ledger has seen, with what it knows of their entry.
        first_poll: Whether the ledger has never seen this feed; then nothing is published.
        as_new: Treat the newest so many entries as new, whatever the ledger says (for the dry run).
    """
    decisions: list[Decision] = []
    settled: list[Entry] = []
    sightings: list[tuple[int, tuple[str, ...]]] = []
    newest_first = _newest_first(_merged(entries))
    for position, entry in reversed(list(enumerate(newest_first))):
        found = next((known[key] for key in entry.keys if key in known), None)
        if found:
            sightings.append((found.entry_id, entry.keys))
        if position < as_new:
            made = [_decide(entry, account, feed, baseline=False) for account in accounts]
        else:
            made = _decisions(entry, accounts, feed, found, first_poll=first_poll)
        decisions += made
        if not made:
            settled.insert(0, entry)
    return Plan(
        feed_id=feed.id,
        first_poll=first_poll,
        decisions=tuple(decisions),
        known=tuple(settled),
        sightings=tuple(sightings),
    )


def _merged(entries: Sequence[Entry]) -> list[Entry]:
    """Make one entry of the same item twice in one answer, with the keys of both: either may come back alone."""
    kept: list[Entry] = []
    place: dict[str, int] = {}
    for entry in entries:
        first = next((place[key] for key in entry.keys if key in place), None)
        if first is None:
            first = len(kept)
            kept.append(entry)
        else:
            kept[first] = replace(kept[first], keys=tuple(dict.fromkeys((*kept[first].keys, *entry.keys))))
        place.update(dict.fromkeys(entry.keys, first))
    return kept


def _newest_first(entries: Sequence[Entry]) -> list[Entry]:
    """Sort by date where all have one; else trust the feed's order."""
    dated = [(entry.published, entry) for entry in entries if entry.published]
    if len(dated) < len(entries):
        return list(entries)
    return [entry for _, entry in sorted(dated, key=lambda pair: pair[0], reverse=True)]


def _decisions(
    entry: Entry, accounts: Sequence[Account], feed: Feed, found: Known | None, *, first_poll: bool
) -> list[Decision]:
    """Decide for each account, unless this feed has shown the entry before.

    What another feed of the site showed first is news to this one's accounts, if nothing was decided for them; its
    baseline is none, since a feed that is read for the first time says nothing about how old its entries are.
    """
    if found is None:
        return [_decide(entry, account, feed, baseline=first_poll) for account in accounts]
    if found.in_feed or first_poll:
        return []
    return [
        replace(_decide(entry, account, feed, baseline=False), entry_id=found.entry_id)
        for account in accounts
        if account.id not in found.decided
    ]


def _decide(entry: Entry, account: Account, feed: Feed, *, baseline: bool) -> Decision:
    if baseline:
        return Decision(entry=entry, account_id=account.id, status=Status.SKIPPED, reason=Reason.BASELINE)
    if cause := hard(examine(entry, allowed_hosts=feed.allowed_hosts)):
        return Decision(entry=entry, account_id=account.id, status=Status.HELD, reason=Reason.GATE, message=cause)
    return Decision(entry=entry, account_id=account.id, status=Status.QUEUED)
