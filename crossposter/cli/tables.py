"""Tables for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from crossposter.core.model import Status
from crossposter.ledger.records import DeliveryRecord
from crossposter.messages import Translator
from crossposter.service import Round
from crossposter.wording import Message, say

STATUS_WORDS = {
    Status.QUEUED: say("queued"),
    Status.PUBLISHING: say("publishing"),
    Status.PUBLISHED: say("published"),
    Status.UNCERTAIN: say("uncertain"),
    Status.HELD: say("held"),
    Status.FAILED: say("failed"),
    Status.SKIPPED: say("skipped"),
}
_COLOURS = {
    Status.QUEUED: "cyan",
    Status.PUBLISHING: "cyan",
    Status.PUBLISHED: "green",
    Status.UNCERTAIN: "magenta",
    Status.HELD: "yellow",
    Status.FAILED: "red",
    Status.SKIPPED: "dim",
}


def coloured(status: Status, translate: Translator) -> str:
    """Give the status in words and colour; the colour never says more than the word."""
    return f"[{_COLOURS[status]}]{translate(STATUS_WORDS[status])}[/]"


def new_table(translate: Translator, *headings: Message, title: Message | None = None) -> Table:
    """Make an empty table; the last column wraps."""
    table = Table(title=translate(title) if title else None, title_justify="left", header_style="bold")
    for heading in headings:
        table.add_column(translate(heading), overflow="fold")
    return table


def print_round(console: Console, found: Round, translate: Translator) -> None:
    """Print what a round did: each feed a line, each delivery a line."""
    feeds = new_table(translate, say("feed"), say("what it gave"))
    for poll in found.polls:
        if poll.error:
            words = f"[red]{translate(poll.error.message)}[/]"
        elif poll.plan is None:
            words = translate(say("unchanged since the last poll"))
        elif poll.plan.first_poll:
            count = len({decision.entry.keys for decision in poll.plan.decisions})
            words = translate(say("first seen: {count} news recorded, none published", count=count))
        else:
            count = len({decision.entry.keys for decision in poll.plan.decisions})
            words = translate(say("{new} new, {known} known", new=count, known=len(poll.plan.known)))
        feeds.add_row(poll.feed_id, words)
    console.print(feeds)
    if not found.delivered:
        console.print(translate(say("nothing was due")))
        return
    table = new_table(translate, say("post"), say("news"), say("status"), say("where, or why"))
    for done in found.delivered:
        outcome = done.outcome
        if outcome is None:
            table.add_row(done.delivery_id, done.title, "[red]?[/]", translate(say("a defect: see the log")))
            continue
        why = outcome.message or (outcome.reason.message if outcome.reason else None)
        where = outcome.receipt.url if outcome.receipt else translate(why) if why else ""
        table.add_row(done.delivery_id, done.title, coloured(outcome.status, translate), where)
    console.print(table)


def print_deliveries(console: Console, records: list[DeliveryRecord], translate: Translator) -> None:
    """Print the ledger, a line a delivery."""
    table = new_table(translate, say("post"), say("news"), say("status"), say("where, or why"))
    for record in records:
        why = record.message or (record.reason.message if record.reason else None)
        where = record.url or (translate(why) if why else "")
        table.add_row(record.id, record.title, coloured(record.status, translate), where)
    console.print(table)
