"""`inspect SOURCE`: how a feed is read: entries, keys, pictures, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from crossposter.cli.context import Context, print_json
from crossposter.cli.tables import literal, new_console, new_table, printable
from crossposter.clock import SystemClock
from crossposter.config import ConfigModel, Configuration
from crossposter.core.model import Entry, Feed
from crossposter.errors import ConfigError, FeedError
from crossposter.feeds.inspecting import InspectedEntry, Inspection, inspect_bytes, inspect_url
from crossposter.feeds.reading import FeedReader
from crossposter.feeds.source import MAX_BYTES
from crossposter.messages import Translator, language_of
from crossposter.web import Network, WebClient
from crossposter.wording import say

#: A feed that is looked at once has no interval.
_ANY = timedelta(minutes=5)
_THIS_MACHINE = ("127.0.0.1", "localhost")


def inspect(context: Context, source: str, *, language: str, zone: str, id_pattern: str | None, as_json: bool) -> None:
    """Read a feed's address, a file, or the name of a feed in the configuration; exit code 1 when it is no feed."""
    config = _configuration(context)
    configured, city = _configured(config, source)
    feed = configured or Feed(
        id="inspected",
        url=source,
        language=language,
        site="inspected",
        accounts=(),
        id_pattern=id_pattern,
        timezone=zone,
        every=_ANY,
    )
    translate = Translator(context.language or language_of(context.environ))
    found = _inspected(feed, _network(city, feed.url))
    if as_json:
        print_json(_as_data(found, translate))
    else:
        _print(new_console(), found, translate)


def _configuration(context: Context) -> Configuration | None:
    """Give the configuration where there is one without mistakes: those are not what was asked about."""
    if not context.config_path.exists():
        return None
    try:
        return context.load(secrets_needed=False, tolerant=True)
    except ConfigError:
        return None


def _configured(config: Configuration | None, source: str) -> tuple[Feed | None, ConfigModel | None]:
    """Find the feed in the configuration: its pattern, zone and encoding hold then, and its city's way to the world.

    What it has no feed for is reached as its only city does, or as the public internet is.
    """
    from crossposter.bootstrap import feeds_of

    cities = config.cities if config else ()
    named = ((feed, city) for city in cities for feed in feeds_of(city) if source in (feed.id, feed.url))
    return next(named, (None, cities[0] if len(cities) == 1 else None))


def _network(city: ConfigModel | None, url: str) -> Network:
    """Give the city's way to the world; this machine, plainly named on the command line, is meant."""
    network = city.network.network() if city else Network()
    named = [host for host in _THIS_MACHINE if url.startswith((f"http://{host}:", f"http://{host}/"))]
    return replace(network, allowed=(*network.allowed, *named))


def _inspected(feed: Feed, network: Network) -> Inspection:
    with closing(FeedReader()) as reader:
        if feed.url.startswith(("http://", "https://")):
            with closing(WebClient(network)) as web:
                return inspect_url(feed, web, reader, now=SystemClock().now())
        return inspect_bytes(_content_of(feed.url), feed, reader, now=SystemClock().now())


def _content_of(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        sentence = say("{path!r} is no web address, and no file: {cause}", path=path, cause=error.strerror)
        raise FeedError(sentence) from error


def _print(console: Console, found: Inspection, translate: Translator) -> None:
    typer.echo(printable(f"{found.title or '-'}  ({found.language or '-'}, {found.encoding or '-'})"))
    for one in found.entries:
        table = new_table(translate, say("what"), say("how it is read"), say("from"), title=None)
        for name, value, origin in _rows(one.entry, one.origins, translate):
            table.add_row(name, value, literal(origin))
        console.print(table)
        for finding in one.findings:
            typer.echo(printable(f"  {'!' if finding.is_hard else '-'} {translate(finding.message)}"))
    typer.echo(translate(say("{count} news, {size} bytes", count=len(found.entries), size=found.bytes)))
    if found.has_validators:
        typer.echo(translate(say('the server answers "not modified" when nothing changed')))
    for problem in found.problems:
        typer.echo(printable(f"! {translate(problem)}"))
    if found.guards:
        typer.echo(translate(say("if all of this were new now:")))
    for guard in found.guards:
        typer.echo(printable(f"  - {translate(guard)}"))


def _rows(entry: Entry, origins: Mapping[str, str], translate: Translator) -> list[tuple[str, Text, str]]:
    published = entry.published.isoformat() if entry.published else "-"
    pictures = "\n".join(f"{picture.url}  [{picture.alt or '-'}]" for picture in entry.pictures) or "-"
    shown = [
        (say("title"), entry.title, ""),
        (say("link"), entry.link or "-", "link"),
        (say("keys"), "\n".join(entry.keys) or "-", ""),
        (say("published"), published, "published"),
        (say("text"), entry.text or entry.summary or "-", "text"),
        (say("pictures"), pictures, "pictures"),
        (say("categories"), ", ".join(entry.categories) or "-", ""),
    ]
    return [(translate(name), literal(value), origins.get(field, "")) for name, value, field in shown]


def _as_data(found: Inspection, translate: Translator) -> dict[str, Any]:
    return {
        "feed": {
            "url": found.url,
            "title": found.title,
            "language": found.language,
            "encoding": found.encoding,
            "bytes": found.bytes,
            "not_modified": found.has_validators,
        },
        "entries": [_entry_data(one, translate) for one in found.entries],
        "problems": [translate(problem) for problem in found.problems],
        "guards": [translate(guard) for guard in found.guards],
    }


def _entry_data(one: InspectedEntry, translate: Translator) -> dict[str, Any]:
    entry = one.entry
    return {
        "id": entry.id,
        "keys": list(entry.keys),
        "title": entry.title,
        "link": entry.link,
        "published": entry.published.isoformat() if entry.published else None,
        "language": entry.language,
        "text": entry.text or entry.summary,
        "summary": entry.summary,
        "images": [{"url": picture.url, "alt": picture.alt} for picture in entry.pictures],
        "categories": list(entry.categories),
        "read_from": dict(one.origins),
        "findings": [
            {"flaw": finding.flaw, "holds": finding.is_hard, "message": translate(finding.message)}
            for finding in one.findings
        ],
    }
