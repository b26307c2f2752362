"""The dry run for people: each post as it would be sent, and a table of what would not be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import Console, Group
from rich.panel import Panel
from rich.rule import Rule

from crossposter.cli.tables import literal, new_console, new_table
from crossposter.core.model import Picture, Reason
from crossposter.core.schedule import shown as clock_time
from crossposter.messages import Translator
from crossposter.preview import NotPosted, Preview, PreviewedPost
from crossposter.wording import Message, say


def print_preview(make: Callable[[], Preview], translate: Translator) -> Preview:
    """Show that something is going on while the preview is made; then print it and give it."""
    with new_console(stderr=True).status(translate(say("reading feeds and pictures"))):
        found = make()
    _print(new_console(), found, translate)
    return found


def _print(console: Console, found: Preview, translate: Translator) -> None:
    for shown in found.posts:
        title = literal(f"{shown.account.id} ({shown.account.platform})")
        facts = literal("\n".join(_facts(shown, translate)), style="dim")
        console.print(Panel(Group(literal(shown.post.text), Rule(style="dim"), facts), title=title, title_align="left"))
    if found.held:
        table = new_table(translate, say("held"), say("account"), say("why"))
        for held in found.held:
            table.add_row(
                literal(held.entry.title),
                literal(_account(held)),
                literal("; ".join(translate(message) for message in held.why)),
            )
        console.print(table)
    for error in found.errors:
        console.print(literal(translate(error.message), style="red"))
    old = len({skipped.entry.keys for skipped in found.skipped if skipped.reason is Reason.BASELINE})
    known = sum(1 for skipped in found.skipped if skipped.reason is Reason.KNOWN)
    counts = {"posts": len(found.posts), "held": len(found.held), "known": known, "old": old}
    summary = say(
        "{posts} post(s) would go out, {held} held; {known} news known, {old} too old to begin with", **counts
    )
    console.print(translate(summary))
    if price := sum(shown.price_usd or 0 for shown in found.posts):
        console.print(translate(say("all together: {price:.3f} US dollars", price=price)))


def _facts(shown: PreviewedPost, translate: Translator) -> Iterator[str]:
    yield translate(say("{length} of {limit} characters", length=shown.length, limit=shown.account.limits.max_length))
    if shown.is_urgent:
        yield translate(say("urgent: goes before others"))
    if when := goes_out(shown):
        yield translate(when)
    for picture in shown.post.pictures:
        yield translate(_about(picture))
    if shown.post.link:
        yield translate(say("link card: {link}", link=shown.post.link))
    if shown.price_usd is not None:
        yield translate(say("costs {price:.3f} US dollars", price=shown.price_usd))
    for warning in shown.warnings:
        yield f"! {translate(warning)}"


def goes_out(shown: PreviewedPost) -> Message | None:
    """Say when a post would go out, and why not now; None for right away."""
    if shown.not_before is None:
        return say("waits: {why}", why=shown.waits) if shown.waits else None
    time = clock_time(shown.not_before, shown.account.timezone)
    return say("goes out on {time}: {why}", time=time, why=shown.waits or "-")


def _about(picture: Picture) -> Message:
    words = {"width": picture.width, "height": picture.height, "alt": picture.alt}
    if picture.is_card:
        return say("drawn card {width}x{height}, described as: {alt}", **words)
    if picture.alt_is_derived:
        return say("picture {width}x{height}, described by the headline: {alt}", **words)
    return say("picture {width}x{height}, described as: {alt}", **words)


def _account(shown: NotPosted) -> str:
    return shown.account.id if shown.account else ""
