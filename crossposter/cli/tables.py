"""Tables for people, and the one place where text from outside is made fit for a terminal.

Titles, addresses and errors are strangers' words: they are printed as `Text`, in which Rich reads no markup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crossposter.core.acts import Verb
from crossposter.core.events import Delivered, Poll
from crossposter.core.kinds import Kind
from crossposter.core.model import Status
from crossposter.core.schedule import shown
from crossposter.messages import Translator
from crossposter.service import Round
from crossposter.wording import Message, say

if TYPE_CHECKING:
    from crossposter.ledger.exporting import SentRecord
    from crossposter.ledger.records import DeliveryRecord

#: What is published in the sense of the record, and no post.
DONE = say("done")
DELETED = say("deleted")
STATUS_WORDS = {
    Status.QUEUED: say("queued"),
    Status.PUBLISHING: say("publishing"),
    Status.PUBLISHED: say("published"),
    Status.UNCERTAIN: say("uncertain"),
    Status.HELD: say("held"),
    Status.FAILED: say("failed"),
    Status.SKIPPED: say("skipped"),
}
#: What people did, after their name.
VERB_WORDS = {
    Verb.APPROVE: say("has let it out"),
    Verb.REJECT: say("has decided against it"),
    Verb.RETRY: say("has had it tried again"),
    Verb.PUBLISHED: say("has found it on the account"),
    Verb.ABSENT: say("has not found it on the account"),
    Verb.BACKFILL: say("has let it out as old news"),
    Verb.RETRACT: say("has had it taken down"),
    Verb.CORRECT: say("has let it be corrected"),
    Verb.HOLD: say("has held it"),
    Verb.EDIT: say("has changed its text"),
}
#: The colour never says more than the word.
_COLOURS = {
    Status.QUEUED: "cyan",
    Status.PUBLISHING: "cyan",
    Status.PUBLISHED: "green",
    Status.UNCERTAIN: "magenta",
    Status.HELD: "yellow",
    Status.FAILED: "red",
    Status.SKIPPED: "dim",
}
_LINK = "underline bright_blue"


_ACCOUNT_WIDTH, _STATUS_WIDTH = 20, 12

#: What a terminal obeys or an encoding refuses: controls but the line's end, marks that turn the text around, halves of
#: a pair.
_UNPRINTABLE = str.maketrans(
    dict.fromkeys([*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0)], " ")
    | dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "")
    | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
)


class Line(NamedTuple):
    """One delivery, to be shown."""

    name: str
    title: str
    status: Status | None
    url: str | None
    why: Message | None
    #: In place of the status.
    word: Message | None = None


def printable(text: str) -> str:
    """Clean a text for people of everything that is more than text."""
    return text.translate(_UNPRINTABLE)


def literal(text: str, style: str = "") -> Text:
    """Take a text from outside into a table or a line: cleaned, and never read as markup."""
    return Text(printable(text), style=style)


def clock(moment: datetime, zone: str) -> str:
    """Write a moment to the second, as the office's clock shows it."""
    return f"{moment.astimezone(ZoneInfo(zone)):%d.%m.%Y %H:%M:%S}"


def new_console(*, stderr: bool = False) -> Console:
    """Make the console for people; `:car:` in a text is no picture of a car."""
    return Console(stderr=stderr, emoji=False)


def new_table(translate: Translator, *headings: Message, title: Message | None = None) -> Table:
    """Make an empty table; the last column wraps."""
    table = Table(title=translate(title) if title else None, title_justify="left", header_style="bold")
    for heading in headings:
        table.add_column(translate(heading), overflow="fold")
    return table


def print_round(console: Console, found: Round, translate: Translator) -> None:
    """Print what a round did: each feed a line, each delivery a line under its news."""
    feeds = new_table(translate, say("feed"), say("what it gave"))
    for poll in found.polls:
        feeds.add_row(literal(poll.feed_id), literal(_gave(poll, translate), style="red" if poll.error else ""))
    console.print(feeds)
    if not found.delivered:
        console.print(translate(say("nothing was due")))
    _print_stories(console, [_line_of_done(done) for done in found.delivered], translate)


def headline(record: DeliveryRecord | SentRecord, translate: Translator, *, zone: str) -> str:
    """Give the headline of the news, or when it was removed: the day in the office's zone."""
    if record.erased_at is None:
        return record.title
    date = f"{record.erased_at.astimezone(ZoneInfo(zone)):%d.%m.%Y}"
    return translate(say("removed on {date}, as the YAML's retention says", date=date))


def print_deliveries(
    console: Console,
    records: Sequence[DeliveryRecord],
    translate: Translator,
    zone_of: Callable[[str], str] = lambda _: "UTC",
) -> None:
    """Print the ledger: each delivery a line under its news; `zone_of` gives the time zone of an account."""
    lines = [
        Line(
            name=record.id,
            title=headline(record, translate, zone=zone_of(record.account_id)),
            status=record.status,
            # Of what waits it matters why; the post that it is about is that of another line.
            url=record.url if record.kind is Kind.PUBLISH or record.status is Status.PUBLISHED else None,
            why=_why(record, zone_of(record.account_id)),
            word=word_of(record),
        )
        for record in records
    ]
    _print_stories(console, lines, translate)


def _why(record: DeliveryRecord, zone: str) -> Message | None:
    """Say why a delivery stands as it does; of one that waits, when it goes out."""
    why = record.message or (record.reason.message if record.reason else None)
    if record.status is not Status.QUEUED or record.not_before is None:
        return why
    time = shown(record.not_before, zone)
    return say("goes out on {time}: {why}", time=time, why=why) if why else say("goes out on {time}", time=time)


def word_of(record: DeliveryRecord) -> Message:
    """Say in a word how a delivery stands."""
    if record.status is not Status.PUBLISHED:
        return STATUS_WORDS[record.status]
    if record.deleted_at:
        return DELETED
    return DONE if record.kind in (Kind.EDIT, Kind.DELETE) else STATUS_WORDS[record.status]


def _gave(poll: Poll, translate: Translator) -> str:
    if poll.error:
        return translate(poll.error.message)
    if poll.plan is None:
        return translate(say("unchanged since the last poll"))
    new = poll.plan.new
    if poll.plan.first_poll:
        return translate(say("first seen: {count} news recorded, none published", count=new))
    held = sum(1 for decision in poll.plan.decisions if decision.status is Status.HELD)
    counts = {"new": new, "known": poll.plan.recognised, "held": held}
    return translate(say("{new} new, {known} known, {held} post(s) held", **counts))


def _line_of_done(done: Delivered) -> Line:
    outcome = done.outcome
    if outcome is None:
        return Line(done.delivery_id, done.title, None, None, say("a defect of crossposter: see the log"))
    return Line(
        name=done.delivery_id,
        title=done.title,
        status=outcome.status,
        url=outcome.receipt.url if outcome.receipt else None,
        why=outcome.message or (outcome.reason.message if outcome.reason else None),
    )


def _print_stories(console: Console, lines: Sequence[Line], translate: Translator) -> None:
    """Print the news as headings, so that addresses have room and can be clicked."""
    stories: dict[int, list[Line]] = {}
    for line in lines:
        stories.setdefault(int(line.name.partition("/")[0]), []).append(line)
    for number, story in sorted(stories.items()):
        console.print(Text.assemble((str(number), "bold"), "  ", literal(story[0].title)))
        width = max(_ACCOUNT_WIDTH, *(len(line.name.partition("/")[2]) for line in story))
        for line in story:
            where = literal(line.url, style=_LINK) if line.url else literal(translate(line.why) if line.why else "")
            account = literal(f"{line.name.partition('/')[2]:<{width}}")
            # Not a table: an address must stay in one piece, or nobody can click it.
            shown = Text.assemble("   ", account, " ", _padded(line, translate), " ", where)
            console.print(shown, soft_wrap=True)


def _padded(line: Line, translate: Translator) -> Text:
    told = line.word or (STATUS_WORDS[line.status] if line.status else None)
    word = translate(told) if told else "?"
    return Text(f"{word:<{_STATUS_WIDTH}}", style=_COLOURS[line.status] if line.status else "red")
