"""What `ledger verify` prints."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from crossposter.cli.tables import printable
from crossposter.wording import Message, say

if TYPE_CHECKING:
    from crossposter.core.chain import Head
    from crossposter.ledger.verifying import Verdict
    from crossposter.messages import Translator


def there(moment: datetime, zone: str) -> str:
    """Write a moment to the second as the office's clock shows it, with its offset: programs read it as well."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def verdict_data(verdict: Verdict, translate: Translator, *, zone: str) -> dict[str, Any]:
    """Give it for programs."""
    return {
        "holds": not verdict.found,
        "events": verdict.events,
        "head": str(verdict.head),
        "head_at": there(verdict.head_at, zone) if verdict.head_at else None,
        "since": there(verdict.since, zone) if verdict.since else None,
        "entries": verdict.entries,
        "deliveries": verdict.deliveries,
        "not_covered": verdict.uncovered,
        "erased": verdict.erased,
        "found": verdict.found,
        "findings": [
            {"what": one.what, "where": one.where, "message": translate(one.message)} for one in verdict.findings
        ],
    }


def print_verdict(verdict: Verdict, translate: Translator, *, held: Head | None, zone: str) -> None:
    """Print it for people: what does not hold first; times in the office's zone."""
    for line in _lines(verdict, held=held, zone=zone):
        typer.echo(printable(translate(line)))


def _lines(verdict: Verdict, *, held: Head | None, zone: str) -> list[Message]:
    lines = [finding.message for finding in verdict.findings]
    if more := verdict.found - len(verdict.findings):
        lines.append(say("and {count} more", count=more))
    since = there(verdict.since, zone) if verdict.since else "-"
    lines.append(say("{count} events since {time}", count=verdict.events, time=since))
    lines.append(say("{count} posts of {entries} news compared", count=verdict.deliveries, entries=verdict.entries))
    if verdict.uncovered:
        lines.append(say("{count} posts are from before the record, and not covered", count=verdict.uncovered))
    if verdict.erased:
        lines.append(say("of {count} events the words were erased, as retention says", count=verdict.erased))
    lines.append(say("head: {head}", head=verdict.head))
    if held and not any(finding.what == "head" for finding in verdict.findings):
        lines.append(say("the head that was kept is in the record: nothing before it was changed since"))
    lines.append(_NOT_WHOLE if verdict.found else _WHOLE)
    return lines


_WHOLE = say("the record is whole, and the ledger says what it says")
_NOT_WHOLE = say(
    "the record does not hold: somebody has changed the ledger past crossposter, or the disk has; keep this file as it"
    " is, and compare it with a copy ('ledger backup') and with the accounts"
)
