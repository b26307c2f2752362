"""What a poll would change, as a value: printing a plan is the dry run, recording it is the real run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crossposter.core.model import Account, Entry, Reason, Status

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one entry on one account; `status` is queued, held or skipped."""

    entry: Entry
    account_id: str
    status: Status
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a poll would change.

    Attributes:
        feed_id: The feed that was polled.
        first_poll: True when the ledger knew nothing of the feed: a baseline.
        decisions: For the entries that are new, oldest entry first, accounts in the order of the YAML.
        known: Entries that were seen before, in the feed's order.
        learned: Keys seen for the first time on an entry that is known by another key: (key, ledger's entry id).
    """

    feed_id: str
    first_poll: bool
    decisions: tuple[Decision, ...]
    known: tuple[Entry, ...]
    learned: tuple[tuple[str, int], ...]


def plan(
    feed_id: str,
    entries: Sequence[Entry],
    *,
    accounts: Sequence[Account],
    known: Mapping[str, int],
    first_poll: bool,
    as_new: int = 0,
) -> Plan:
    """Decide what is new and what becomes of it.

    Args:
        feed_id: The feed that the entries come from.
        entries: In the feed's order, newest first.
        accounts: Where the feed's entries go.
        known: Keys that the ledger has seen, with the ledger's id of their entry.
        first_poll: Whether the ledger has never seen this feed; then nothing is published.
        as_new: Treat the newest so many entries as new, whatever the ledger says (for the dry run).
    """
    fresh: list[Entry] = []
    seen: list[Entry] = []
    learned: list[tuple[str, int]] = []
    claimed: set[str] = set()
    for entry in _newest_first(entries):
        if claimed.intersection(entry.keys):
            continue  # the same item twice in one response
        claimed.update(entry.keys)
        entry_id = next((known[key] for key in entry.keys if key in known), None)
        is_shown_as_new = len(fresh) + len(seen) < as_new
        if entry_id is None or is_shown_as_new:
            fresh.append(entry)
        else:
            seen.append(entry)
            learned += [(key, entry_id) for key in entry.keys if key not in known]
    decisions = tuple(
        _decide(entry, account, baseline=first_poll and position >= as_new)
        for position, entry in reversed(list(enumerate(fresh)))
        for account in accounts
    )
    return Plan(
        feed_id=feed_id,
        first_poll=first_poll,
        decisions=decisions,
        known=tuple(seen),
        learned=tuple(learned),
    )


def _newest_first(entries: Sequence[Entry]) -> list[Entry]:
    """Sort by date where all have one; else trust the feed's order."""
    if any(entry.published is None for entry in entries):
        return list(entries)
    return sorted(entries, key=lambda entry: entry.published or _BEGINNING, reverse=True)


def _decide(entry: Entry, account: Account, *, baseline: bool) -> Decision:
    if baseline:
        return Decision(entry=entry, account_id=account.id, status=Status.SKIPPED, reason=Reason.BASELINE)
    if account.limits.needs_picture and not entry.pictures:
        return Decision(entry=entry, account_id=account.id, status=Status.HELD, reason=Reason.NO_PICTURE)
    return Decision(entry=entry, account_id=account.id, status=Status.QUEUED)
