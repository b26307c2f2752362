"""`dry-run`: what would be posted, and what would not, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from rich.console import Console, Group
from rich.panel import Panel
from rich.rule import Rule

from crossposter.bootstrap import open_previewer
from crossposter.cli.context import Context, print_json
from crossposter.cli.tables import literal, new_console, new_table
from crossposter.core.model import Reason
from crossposter.messages import Translator
from crossposter.preview import NotPosted, Preview, PreviewedPost
from crossposter.wording import say

#: Where there is no ledger every entry would be a baseline, and the dry run would show nothing.
AS_NEW_WITHOUT_LEDGER = 3


def dry_run(context: Context, *, last: int | None, as_json: bool) -> None:
    """Show the plan; exit code 1 when a feed could not be read."""
    config = context.load(secrets_needed=False)
    translate = Translator(config.language)
    as_new = last if last is not None else 0 if config.ledger.exists() else AS_NEW_WITHOUT_LEDGER
    with (
        new_console(stderr=True).status(translate(say("reading feeds and pictures"))),
        open_previewer(config) as previewer,
    ):
        found = previewer.preview(as_new=as_new)
    if as_json:
        print_json(_as_data(found, translate))
    else:
        _print(new_console(), found, translate)
    if found.errors:
        raise typer.Exit(1)


def _print(console: Console, found: Preview, translate: Translator) -> None:
    for shown in found.posts:
        title = literal(f"{shown.account.id} ({shown.account.platform})")
        facts = literal("\n".join(_facts(shown, translate)), style="dim")
        console.print(Panel(Group(literal(shown.post.text), Rule(style="dim"), facts), title=title, title_align="left"))
    if found.held:
        table = new_table(translate, say("held"), say("account"), say("why"))
        for held in found.held:
            table.add_row(literal(held.entry.title), literal(_account(held)), literal(_why(held, translate)))
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


def _facts(shown: PreviewedPost, translate: Translator) -> Iterator[str]:
    yield translate(say("{length} of {limit} characters", length=shown.length, limit=shown.account.limits.max_length))
    for picture in shown.post.pictures:
        size = {"width": picture.width, "height": picture.height}
        yield translate(say("picture {width}x{height}, described as: {alt}", **size, alt=picture.alt))
    if shown.post.link:
        yield translate(say("link card: {link}", link=shown.post.link))
    if shown.price_usd is not None:
        yield translate(say("costs {price:.3f} US dollars", price=shown.price_usd))
    for warning in shown.warnings:
        yield f"! {translate(warning)}"


def _account(shown: NotPosted) -> str:
    return shown.account.id if shown.account else ""


def _why(shown: NotPosted, translate: Translator) -> str:
    return "; ".join(translate(message) for message in (shown.reason.message, *shown.warnings))


def _as_data(found: Preview, translate: Translator) -> dict[str, Any]:
    return {
        "posts": [_post(shown, translate) for shown in found.posts],
        "held": [_not_posted(shown, translate) for shown in found.held],
        "skipped": [_not_posted(shown, translate) for shown in found.skipped],
        "errors": [translate(error.message) for error in found.errors],
    }


def _post(shown: PreviewedPost, translate: Translator) -> dict[str, Any]:
    return {
        "feed": shown.feed_id,
        "entry": shown.entry.id,
        "title": shown.entry.title,
        "account": shown.account.id,
        "platform": shown.account.platform,
        "text": shown.post.text,
        "link": shown.entry.link,
        "images": [
            {"url": picture.url, "width": picture.width, "height": picture.height, "alt": picture.alt}
            for picture in shown.post.pictures
        ],
        "length": shown.length,
        "limit": shown.account.limits.max_length,
        "not_before": None,
        "price_usd": shown.price_usd,
        "warnings": [translate(warning) for warning in shown.warnings],
    }


def _not_posted(shown: NotPosted, translate: Translator) -> dict[str, Any]:
    return {
        "feed": shown.feed_id,
        "entry": shown.entry.id,
        "title": shown.entry.title,
        "link": shown.entry.link,
        "account": shown.account.id if shown.account else None,
        "platform": shown.account.platform if shown.account else None,
        "reason": shown.reason,
        "message": _why(shown, translate),
    }
