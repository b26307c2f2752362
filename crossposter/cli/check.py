"""`check`: is the configuration right? `check --health`: is the daemon working?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from crossposter.cli.context import Context, print_json
from crossposter.config import Cities
from crossposter.errors import ConfigError
from crossposter.messages import Translator, language_of
from crossposter.wording import Message, say

if TYPE_CHECKING:
    from crossposter.config import Configuration


def check(context: Context, *, as_json: bool) -> None:
    """Check the configuration; exit code 2 when something is wrong."""
    config = loaded(context, as_json=as_json)
    translate = Translator(config.language)
    notes = [translate(note) for note in _notes(config)]
    if as_json:
        print_json({"problems": [], **({"notes": notes} if notes else {})})
        return
    typer.echo(translate(_right(config, str(context.config_path))))
    for line in (*notes, *map(translate, _money(config))):
        typer.echo(line)


def _right(config: Configuration, path: str) -> Message:
    counts = {
        "path": path,
        "feeds": sum(len(city.feeds) for city in config.cities),
        "accounts": sum(len(city.accounts) for city in config.cities),
    }
    if isinstance(config, Cities):
        words = {**counts, "cities": len(config.cities)}
        return say("{path} is right: {cities} file(s), {feeds} feed(s), {accounts} account(s)", **words)
    return say("{path} is right: {feeds} feed(s), {accounts} account(s)", **counts)


def loaded(context: Context, *, as_json: bool) -> Configuration:
    """Load the configuration with its secrets; its mistakes are data as well."""
    try:
        return context.load(secrets_needed=True)
    except ConfigError as error:
        if not as_json:
            raise
        translate = Translator(error.language or language_of(context.environ))
        problems = [
            {"file": found.file, "line": found.line, "path": found.path, "message": translate(found.message)}
            for found in error.problems
        ]
        print_json({"problems": problems})
        raise typer.Exit(2) from None


def _money(config: Configuration) -> Iterator[Message]:
    """Say what accounts with a budget have spent this month, and will have if it goes on like this."""
    if not any(account.budget for city in config.cities for account in city.accounts):
        return
    from crossposter.bootstrap import accounts_of, find_ledger
    from crossposter.clock import SystemClock
    from crossposter.core.budget import dollars, forecast

    ledger = find_ledger(config.ledger)
    if ledger is None:
        return
    from crossposter.ledger.accounts import standing

    accounts = [account for account in accounts_of(config).values() if account.budget]
    now = SystemClock().now()
    with closing(ledger):
        records = standing(ledger, accounts, now=now)
    for account, record in zip(accounts, records, strict=True):
        assert account.budget  # noqa: S101 - chosen so
        yield say(
            "{account}: {spent} of {limit} US dollars spent this month; {forecast} at its end, if it goes on like this",
            account=account.id,
            spent=dollars(record.spent_usd),
            limit=dollars(account.budget.usd_per_month),
            forecast=dollars(forecast(record.spent_usd, now=now, zone=ZoneInfo(account.timezone))),
        )


def _notes(config: Configuration) -> Iterator[Message]:
    """Say what is no mistake, but should be known."""
    if any(feed.article for city in config.cities for feed in city.feeds):
        from crossposter.feeds.article import LACKING, lacks_extra

        if lacks_extra():
            yield LACKING


def check_health(context: Context, *, as_json: bool) -> None:
    """Tell what keeps the daemon from working; exit code 1 when something does."""
    from crossposter.bootstrap import feeds_of, find_ledger, has_workers
    from crossposter.clock import SystemClock
    from crossposter.core.health import NEVER_RUN, troubles
    from crossposter.ledger import LedgerHeartbeat

    config = context.load(secrets_needed=False, tolerant=True)
    translate = Translator(config.language)
    now = SystemClock().now()
    found = [NEVER_RUN]
    if ledger := find_ledger(config.ledger):
        with closing(ledger):
            signs = LedgerHeartbeat(ledger).signs(now=now)
            found = troubles(signs, feeds_of(config), now=now, needs_worker=has_workers(config))
    if as_json:
        print_json({"healthy": not found, "problems": [translate(trouble) for trouble in found]})
    else:
        for trouble in found or [say("the daemon is working")]:
            typer.echo(translate(trouble))
    if found:
        raise typer.Exit(1)
