"""`dry-run`: what would be posted, and what would not, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from crossposter.bootstrap import open_previewer
from crossposter.cli.context import Context, print_json
from crossposter.core.model import Picture
from crossposter.messages import Translator
from crossposter.preview import NotPosted, Preview, PreviewedPost
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.config import Configuration

#: Where there is no ledger every entry would be a baseline, and the dry run would show nothing.
AS_NEW_WITHOUT_LEDGER = 3


def dry_run(context: Context, *, last: int | None, as_json: bool, html: Path | None = None) -> None:
    """Show the plan, and write it as a page where one is asked for; exit code 1 when a feed could not be read."""
    config = context.load(secrets_needed=False)
    translate = Translator(config.language)
    with open_previewer(config) as previewer:
        as_new = last if last is not None else AS_NEW_WITHOUT_LEDGER if previewer.knows_nothing else 0
        if as_json:
            found = previewer.preview(as_new=as_new)
            print_json(_as_data(found, translate))
        else:
            # Loaded here: what draws for people is a tenth of what a program waits for.
            from crossposter.cli.preview_panels import print_preview

            found = print_preview(lambda: previewer.preview(as_new=as_new), translate)
    if html:
        _write_page(html, found, config, translate)
        # Standard output is one JSON document, where that was asked for.
        typer.echo(translate(say("the page is written to {path}", path=html)), err=as_json)
    if found.errors:
        raise typer.Exit(1)


def _write_page(path: Path, found: Preview, config: Configuration, translate: Translator) -> None:
    # Loaded here: who asks for no page does not wait for it.
    from crossposter.cli.preview_page import page_of, write_page
    from crossposter.clock import SystemClock

    names = {city.brand.name if city.brand else None for city in config.cities}
    zones = {city.timezone for city in config.cities}
    # Of several cities that differ, none is the page's.
    name, zone = (names.pop() if len(names) == 1 else None), (zones.pop() if len(zones) == 1 else "UTC")
    write_page(path, page_of(found, translate=translate, now=SystemClock().now(), timezone=zone, name=name))


def _as_data(found: Preview, translate: Translator) -> dict[str, Any]:
    return {
        "posts": [_post(shown, translate) for shown in found.posts],
        "held": [_not_posted(shown, translate) for shown in found.held],
        "skipped": [_not_posted(shown, translate) for shown in found.skipped],
        "errors": [translate(error.message) for error in found.errors],
    }


def _item(shown: PreviewedPost | NotPosted, translate: Translator) -> dict[str, Any]:
    """Give what a post and one that is none have both; what only a post has is empty."""
    account = shown.account
    return {
        "feed": shown.feed_id,
        "entry": shown.entry.id,
        "title": shown.entry.title,
        "account": account.id if account else None,
        "platform": account.platform if account else None,
        "text": None,
        "link": shown.entry.link,
        "images": [],
        "length": None,
        "limit": account.limits.max_length if account else None,
        "not_before": None,
        "waits": None,
        "urgent": False,
        "price_usd": None,
        "warnings": [translate(warning) for warning in shown.warnings],
    }


def _post(shown: PreviewedPost, translate: Translator) -> dict[str, Any]:
    return {
        **_item(shown, translate),
        "text": shown.post.text,
        "images": [_image(picture) for picture in shown.post.pictures],
        "length": shown.length,
        "not_before": shown.not_before.isoformat() if shown.not_before else None,
        "waits": translate(shown.waits) if shown.waits else None,
        "urgent": shown.is_urgent,
        "price_usd": shown.price_usd,
    }


def _image(picture: Picture) -> dict[str, Any]:
    return {
        # A drawn card comes from nowhere.
        "url": picture.url or None,
        "card": picture.is_card,
        "width": picture.width,
        "height": picture.height,
        "alt": picture.alt,
        "alt_is_derived": picture.alt_is_derived,
    }


def _not_posted(shown: NotPosted, translate: Translator) -> dict[str, Any]:
    return {
        **_item(shown, translate),
        "reason": shown.reason,
        "message": "; ".join(translate(message) for message in shown.why),
    }
