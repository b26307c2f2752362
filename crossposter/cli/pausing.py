"""`pause` and `resume`: a person stops what goes out, and says what becomes of what came due meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from crossposter.cli.acts import By, person_of, print_acted
from crossposter.cli.context import ConfigOption
from crossposter.cli.ledger import open_ledger
from crossposter.clock import SystemClock
from crossposter.errors import CrossposterError, UsageError
from crossposter.wording import Message, say

if TYPE_CHECKING:
    # Loaded where it is used: `--help` is quicker by a sixth.
    from crossposter.config import Configuration
    from crossposter.core.pausing import Pause, Scope
    from crossposter.ledger import SqlLedger
    from crossposter.messages import Translator

_Feed = Annotated[str | None, typer.Option("--feed", metavar="FEED", help="All that this feed has shown.")]
_Account = Annotated[str | None, typer.Option("--account", metavar="ACCOUNT", help="All that goes to this account.")]
_All = Annotated[bool, typer.Option("--all", help="Everything.")]


def pause(
    ctx: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why; everybody is told, and it is kept.")],
    feed: _Feed = None,
    account: _Account = None,
    everything: _All = False,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="2h, 18:00 or '2027-02-07 09:00'; without it until resume."),
    ] = None,
    config: ConfigOption = None,
    by: By = None,
) -> None:
    """Let nothing out from this moment on, also where a round is at work."""
    from crossposter.core.schedule import shown
    from crossposter.ledger.pause_desk import PauseDesk

    context = ctx.obj.at(config)
    person = person_of(context, by, reason)
    if not reason.strip():
        raise UsageError(say("say why: --reason"))
    loaded = context.load(secrets_needed=False, tolerant=True)
    scope, name = _scope(loaded, feed, account, everything=everything)
    now, zone = SystemClock().now(), zone_of(loaded, name)
    end = _until(until, zone, now=now) if until else None
    with open_ledger(context, loaded) as (ledger, translate):
        PauseDesk(ledger).pause(scope, name, person, until=end, now=now)
        (made,) = [one for one in ledger.pauses() if (one.scope, one.name) == (scope, name)][-1:]
        _echo(translate(say("paused: {what}", what=made.what)))
        if end:
            _echo(translate(say("it ends by itself on {time}", time=shown(end, zone))))
        _echo(translate(say("what comes due meanwhile is held, and not posted in a burst at the end")))


def resume(
    ctx: typer.Context,
    count: Annotated[int | None, typer.Argument(metavar="[N]", help="Of --release newest: how many news.")] = None,
    feed: _Feed = None,
    account: _Account = None,
    everything: _All = False,
    release: Annotated[
        str | None,
        typer.Option(
            "--release",
            metavar="all|newest N|none",
            help="What came due meanwhile: all goes out at its pace; the newest N news do and the rest stays held; "
            "none does, and all is dropped. Without it all stays held.",
        ),
    ] = None,
    config: ConfigOption = None,
    by: By = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; kept in the record.")] = None,
) -> None:
    """End a pause; what came due meanwhile waits until you say what becomes of it."""
    from crossposter.core.pausing import as_release
    from crossposter.ledger.pause_desk import PauseDesk
    from crossposter.stop_file import StopFile

    context = ctx.obj.at(config)
    person = person_of(context, by, reason)
    wanted = as_release(release, count) if release else None
    if (release and wanted is None) or (count is not None and not release):
        raise UsageError(say("--release is followed by all, none, or newest and a number: --release newest 3"))
    loaded = context.load(secrets_needed=False, tolerant=True)
    scope, name = _scope(loaded, feed, account, everything=everything)
    stop = StopFile(loaded.data, ledger=loaded.ledger)
    with open_ledger(context, loaded) as (ledger, translate):
        done = PauseDesk(ledger).resume(
            scope, name, person, release=wanted, file=stop.place if stop.is_up() else None, now=SystemClock().now()
        )
        for one in done.ended:
            _echo(translate(say("no longer paused: {what}", what=one.what)))
        print_acted(done.acted, translate, loaded)
        if done.left:
            _echo(translate(_left(done.left)))
        for told in told_pauses(done.others, loaded):
            _echo(translate(told))


def _left(count: int) -> Message:
    return say(
        "{count} post(s) that came due meanwhile are held: 'crossposter queue' lists them, 'crossposter resume' with"
        " --release all, newest N or none says what becomes of them",
        count=count,
    )


def told_pauses(pauses: Iterable[Pause], config: Configuration) -> list[Message]:
    """Say what is paused, each in the time of its city."""
    return [say("{what}: {told}", what=one.what, told=one.told(zone_of(config, one.name))) for one in pauses]


def standing_pauses(ledger: SqlLedger, config: Configuration) -> list[Message]:
    """Say what is paused, a file that no daemon has seen yet included."""
    from crossposter.stop_file import StopFile

    found, stop = ledger.pauses(), StopFile(config.data, ledger=config.ledger)
    told = told_pauses(found, config)
    if stop.is_up() and not any(one.file == stop.place for one in found):
        told.append(say("everything: the file {file} pauses it", file=stop.place))
    return told


def pause_data(pauses: Iterable[Pause], translate: Translator, config: Configuration) -> list[Mapping[str, Any]]:
    """Give pauses for programs."""
    return [
        {
            "scope": one.scope,
            "name": one.name or None,
            "by": one.person,
            "system_user": one.system_user,
            "reason": one.why,
            "since": one.begun_at.isoformat(),
            "until": one.until.isoformat() if one.until else None,
            "file": one.file,
            "message": translate(one.told(zone_of(config, one.name))),
        }
        for one in pauses
    ]


def zone_of(config: Configuration, name: str) -> str:
    """Give the time zone of the city of an account, a feed or a delivery; of all where they have one; else UTC."""
    from crossposter.core.cities import city_of

    zones = {city.city: city.timezone for city in config.cities}
    common = set(zones.values())
    return zones.get(city_of(name)) or (common.pop() if len(common) == 1 else "UTC")


def _scope(config: Configuration, feed: str | None, account: str | None, *, everything: bool) -> tuple[Scope, str]:
    from crossposter.core.pausing import Scope

    if sum((feed is not None, account is not None, everything)) != 1:
        raise UsageError(say("say what is meant, once: --feed FEED, --account ACCOUNT or --all"))
    if account is not None:
        known = [one.id for city in config.cities for one in city.accounts]
        if account not in known:
            names = ", ".join(known)
            raise CrossposterError(
                say("there is no account {name!r}: the accounts are {known}", name=account, known=names)
            )
        return Scope.ACCOUNT, account
    if feed is not None:
        known = [one.id for city in config.cities for one in city.feeds]
        if feed not in known:
            raise CrossposterError(
                say("there is no feed {name!r}: the feeds are {known}", name=feed, known=", ".join(known))
            )
        return Scope.FEED, feed
    return Scope.ALL, ""


def _until(written: str, zone: str, *, now: datetime) -> datetime:
    """Read when a pause ends: a span from now, the next such time of day, or a day with its time.

    Raises:
        UsageError: It is none, or over already.
    """
    from crossposter.config.spans import duration_of, moment_of, time_of_day
    from crossposter.core.schedule import first_moment

    def next_time(value: str) -> datetime:
        today = datetime.combine(now.astimezone(ZoneInfo(zone)).date(), time_of_day(value))
        found = first_moment(today, ZoneInfo(zone))
        return found if found > now else first_moment(today + timedelta(days=1), ZoneInfo(zone))

    for read in (
        lambda value: now + duration_of(value),
        next_time,
        lambda value: first_moment(moment_of(value), ZoneInfo(zone)),
    ):
        try:
            end = read(written)
        except ValueError:
            continue
        if end > now:
            return end
    raise UsageError(say("{value!r} is no time to come: write it like 2h, 18:00 or '2027-02-07 09:00'", value=written))


def _echo(text: str) -> None:
    from crossposter.cli.tables import printable

    typer.echo(printable(text))
