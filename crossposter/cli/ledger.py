"""`ledger list`, `show`, `verify`, `head`, `export`: look at the record; `ledger backup`: copy it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossposter.cli.context import ConfigOption, Context, JsonOption, print_json
from crossposter.clock import SystemClock
from crossposter.errors import LedgerError, UnseenError, UsageError
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.config import Configuration
    from crossposter.core.timeline import Standing
    from crossposter.ledger import SqlLedger
    from crossposter.ledger.acts import ActRecord
    from crossposter.ledger.records import AttemptRecord, DeliveryRecord, RevisionRecord
    from crossposter.messages import Translator

#: As many digits as SQLite's numbers surely hold; `isdecimal` would take those of other scripts too.
_NUMBER = re.compile("[0-9]{1,18}")

#: Around an attempt, or a hold, what stands on the account may be of interest: platforms' clocks are not ours.
_SKEW, _AROUND = timedelta(minutes=2), timedelta(days=7)

ledger_app = typer.Typer(help="Look at the record, or copy it.", no_args_is_help=True, rich_markup_mode=None)


@ledger_app.command("list")
def list_deliveries(ctx: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List every delivery."""
    from crossposter.cli.pausing import zone_of
    from crossposter.cli.tables import new_console, print_deliveries
    from crossposter.ledger import history

    context = ctx.obj.at(config)
    loaded = context.load(secrets_needed=False, tolerant=True)
    with open_ledger(context, loaded) as (ledger, translate):
        records = history.deliveries(ledger, now=SystemClock().now())
    if json:
        print_json({"deliveries": [delivery_data(record, translate) for record in records]})
    else:
        print_deliveries(new_console(), records, translate, partial(zone_of, loaded))


@ledger_app.command("show")
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A story (412) or one delivery (412/izmir-x).")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell one story, or that of one delivery, from the feed to its permalinks: what was sent, when, by whose will."""
    from crossposter.cli.story import lines, step_data, steps
    from crossposter.cli.tables import clock, headline
    from crossposter.ledger import history
    from crossposter.ledger.acts import Desk

    number = name.partition("/")[0]
    context = ctx.obj.at(config)
    loaded = context.load(secrets_needed=False, tolerant=True)
    with open_ledger(context, loaded) as (ledger, translate):
        story = history.story(ledger, int(number), now=SystemClock().now()) if _NUMBER.fullmatch(number) else []
        records = [record for record in story if name in (number, record.id, f"{number}/{record.account_id}")]
        attempts = {record.id: history.attempts(ledger, record) for record in records}
        acts = {record.id: Desk(ledger).acts(record.id) for record in records}
        revisions = history.revisions(ledger, int(number)) if records else []
        standing = {record.id: _standing(ledger, record, attempts[record.id]) for record in records}
        events = history.events_of(ledger, int(number)) if records else []
    if not records:
        raise LedgerError(say("the ledger has no {name!r}: 'ledger list' shows what it has", name=name))
    zone = zone_of(loaded, records[0].account_id)
    told = steps(events, account_id=name.partition("/")[2], zone=zone)
    if json:
        shown = [
            {
                **delivery_data(record, translate),
                "history": [_attempt_data(attempt, translate) for attempt in attempts[record.id]],
                "acts": [_act_data(act) for act in acts[record.id]],
                "standing": [_standing_data(one) for one in standing[record.id]],
            }
            for record in records
        ]
        revised = [_revision_data(revision) for revision in revisions]
        story_data = [step_data(step, translate, zone=zone) for step in told]
        print_json({"deliveries": shown, "revisions": revised, "story": story_data})
        return
    _echo(f"{headline(records[0], translate, zone=zone)}\n{records[0].link or ''}")
    for line in lines(told, translate, zone=zone):
        _echo(line)
    for revision in revisions:
        when = clock(revision.replaced_at, zone)
        said = revision.title or say("erased")
        _echo(translate(say("until {time} it said: {title}", time=when, title=said)))
    for record in records:
        _print_delivery(record, attempts[record.id], acts[record.id], translate, zone=zone)
        _print_standing(standing[record.id], translate, zone=zone)


def zone_of(config: Configuration, name: str) -> str:
    """Give the zone of the office whose account or feed has this name; of the first one where it is nobody's."""
    from crossposter.core.cities import city_of

    zones = {city.city: city.timezone for city in config.cities}
    return zones.get(city_of(name)) or next(iter(zones.values()))


def _standing(ledger: SqlLedger, record: DeliveryRecord, attempts: Sequence[AttemptRecord]) -> list[Standing]:
    """Give what stands on the account and is no post of ours, for whoever is to say whether one of it is this one."""
    from crossposter.core.acts import is_in_doubt
    from crossposter.core.model import Reason
    from crossposter.ledger import history

    if record.reason is not Reason.ALREADY_POSTED and not is_in_doubt(record.status, record.reason):
        return []
    since = attempts[-1].started_at if attempts else record.updated_at - _AROUND
    return history.others(ledger, record.account_id, since=since - _SKEW)


def _print_standing(standing: Sequence[Standing], translate: Translator, *, zone: str) -> None:
    from crossposter.cli.tables import clock

    if standing:
        _echo("  " + translate(say("what stands on the account, and no post of ours has become:")))
    for one in standing:
        when = clock(one.published, zone) if one.published else "-"
        _echo(f"    {when}  {one.url}\n      " + one.text.replace("\n", "\n      "))


def _standing_data(standing: Standing) -> dict[str, Any]:
    published = standing.published.isoformat() if standing.published else None
    return {"remote_id": standing.remote_id, "url": standing.url, "text": standing.text, "published": published}


@ledger_app.command("backup")
def backup(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="The copy, or a folder for it; backups/ beside the ledger, named by the date."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Copy the ledger, also while the daemon writes it, and read the copy again."""
    from crossposter.ledger.backup import back_up, default_path

    with open_ledger(ctx.obj.at(config)) as (ledger, translate):
        place = ledger.place
        if not isinstance(place, Path):
            raise LedgerError(say("a ledger in a database is backed up by the database's own means, as by pg_dump"))
        default = default_path(place, now=SystemClock().now())
        target = file / default.name if file and file.is_dir() else file or default
        made = back_up(place, target.absolute())
    if json:
        print_json({"file": str(made.path), "deliveries": made.deliveries, "bytes": made.bytes})
        return
    _echo(translate(say("{path} holds {count} deliveries, and was read again", path=made.path, count=made.deliveries)))
    _echo(
        translate(
            say(
                "to put it back: stop crossposter, move {ledger} away, copy the backup in its place, and start; leave"
                " the file {fence} where it is: by it crossposter sees what the copy does not know, and posts nothing"
                " twice (docs/reliability.md)",
                ledger=place,
                fence=place.name + ".fence",
            )
        )
    )


@ledger_app.command("verify")
def verify(
    ctx: typer.Context,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="HASH@POSITION", help="A head that was kept: is it still in the record?"),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Look whether the record is whole, and says what the ledger says.

    Exit code 1 where it does not; 4 where it could not be looked at: busy, unreadable, or not there.
    """
    from crossposter.cli.record import print_verdict, verdict_data
    from crossposter.core.chain import head_of
    from crossposter.ledger import verifying

    held = head_of(head) if head is not None else None
    if head is not None and held is None:
        raise UsageError(
            say("{head!r} is no head of a record: give HASH@POSITION, as 'ledger head' prints it", head=head)
        )
    context = ctx.obj.at(config)
    loaded = context.load(secrets_needed=False, tolerant=True)
    try:
        with open_ledger(context, loaded) as (ledger, translate):
            verdict = verifying.verify(ledger, held=held)
    except LedgerError as error:
        sentence = say("the record could not be looked at, so this says nothing about it: {cause}", cause=error.message)
        raise UnseenError(sentence) from error
    zone = zone_of(loaded, "")
    if json:
        print_json(verdict_data(verdict, translate, zone=zone))
    else:
        print_verdict(verdict, translate, held=held, zone=zone)
    if verdict.found:
        raise typer.Exit(1)


@ledger_app.command("head")
def head(ctx: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print where the record ends: kept elsewhere, it shows later whether anything before it was changed."""
    from crossposter.cli.record import there
    from crossposter.ledger import events

    context = ctx.obj.at(config)
    loaded = context.load(secrets_needed=False, tolerant=True)
    with open_ledger(context, loaded) as (ledger, _), ledger.reading() as connection:
        end = events.head(connection)
        last = events.at(connection, end.position)
    at = there(last.at, zone_of(loaded, "")) if last else None
    if json:
        print_json({"head": str(end), "position": end.position, "hash": end.hash, "at": at})
    else:
        _echo(f"{end}  {at or '-'}")


@ledger_app.command("export")
def export(
    ctx: typer.Context,
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, in the office's zone.")
    ],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day; whole days count.")],
    out: Annotated[Path, typer.Option("--out", help="A new file; for html a folder, for the page and its pictures.")],
    form: Annotated[str, typer.Option("--format", help="csv (for a spreadsheet), jsonl, or html.")] = "csv",
    language: Annotated[str | None, typer.Option("--language", help="tr or en; the YAML's without it.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write what was sent on some days: a table, data, or a page for whoever has asked for information."""
    from crossposter.cli.export import Format, PageMaker, days, write
    from crossposter.ledger.exporting import sent
    from crossposter.media.store import FilePictureStore
    from crossposter.messages import LANGUAGES, Translator

    if form not in list(Format):
        raise UsageError(
            say("there is no format {name!r}: the formats are {known}", name=form, known=", ".join(Format))
        )
    if language not in (None, *LANGUAGES):
        known = ", ".join(LANGUAGES)
        raise UsageError(say("there is no language {name!r}: the languages are {known}", name=language, known=known))
    if last < first:
        raise UsageError(say("the last day is before the first one"))
    context = ctx.obj.at(config)
    loaded = context.load(secrets_needed=False, tolerant=True)
    zone, language = zone_of(loaded, ""), language or loaded.language
    since, until = days(first.date(), last.date(), zone=zone)
    words = {"first": f"{first:%d.%m.%Y}", "last": f"{last:%d.%m.%Y}"}
    with open_ledger(context, loaded) as (ledger, translate):
        shown = Translator(language)
        page = PageMaker(
            picture=FilePictureStore(loaded.data / "pictures").get,
            translate=shown,
            language=language,
            zone=zone,
            title=say("What was posted from {first} to {last}", **words),
        )
        records = sent(ledger, since=since, until=until)
        path, count = write(out, Format(form), records, translate=shown, zone=zone, page=page)
    _echo(translate(say("{path} holds {count} records", path=path, count=count)))


@contextmanager
def open_ledger(context: Context, config: Configuration | None = None) -> Iterator[tuple[SqlLedger, Translator]]:
    """Open the ledger that is there, to look at it or to act on it; `config` where that is read already.

    Raises:
        LedgerError: There is none yet, or it cannot be opened.
    """
    from crossposter.bootstrap import find_ledger
    from crossposter.messages import Translator

    config = config or context.load(secrets_needed=False, tolerant=True)
    ledger = find_ledger(config.ledger)
    if ledger is None:
        raise LedgerError(say("there is no ledger yet at {path!r}: the first run makes it", path=str(config.ledger)))
    try:
        yield ledger, Translator(config.language)
    finally:
        ledger.close()


def delivery_data(record: DeliveryRecord, translate: Translator) -> dict[str, Any]:
    """Give a delivery for programs."""
    from crossposter.cli.drafts import data_of

    why = record.message or (record.reason.message if record.reason else None)
    return {
        "id": record.id,
        "feed": record.feed_id,
        "entry": record.entry_id,
        "title": record.title,
        "link": record.link,
        "account": record.account_id,
        "platform": record.platform,
        "status": record.status,
        "reason": record.reason,
        "message": translate(why) if why else None,
        "not_before": record.not_before.isoformat() if record.not_before else None,
        "urgent": record.is_urgent,
        "remote_id": record.remote_id,
        "url": record.url,
        "attempts": record.attempts,
        "updated_at": record.updated_at.isoformat(),
        "outdated": record.is_outdated,
        "erased_at": record.erased_at.isoformat() if record.erased_at else None,
        "kind": record.kind,
        "deleted_at": record.deleted_at.isoformat() if record.deleted_at else None,
        "draft": data_of(record),
    }


def _attempt_data(attempt: AttemptRecord, translate: Translator) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "kind": attempt.kind,
        "text": attempt.text,
        "link": attempt.link,
        "images": attempt.pictures,
        "started_at": attempt.started_at.isoformat(),
        "ended_at": attempt.ended_at.isoformat() if attempt.ended_at else None,
        "outcome": attempt.outcome,
        "message": translate(attempt.message) if attempt.message else None,
        "answer": attempt.answer,
    }


def _act_data(act: ActRecord) -> dict[str, Any]:
    return {
        "act": act.verb,
        "by": act.person,
        "system_user": act.system_user,
        "reason": act.why,
        "status_before": act.status_before,
        "reason_before": act.reason_before,
        "at": act.at.isoformat(),
    }


def _revision_data(revision: RevisionRecord) -> dict[str, Any]:
    return {
        "number": revision.number,
        "title": revision.title,
        "link": revision.link,
        "summary": revision.summary,
        "text": revision.text,
        "images": revision.pictures,
        "replaced_at": revision.replaced_at.isoformat(),
    }


def _print_delivery(
    record: DeliveryRecord, attempts: list[AttemptRecord], acts: list[ActRecord], translate: Translator, *, zone: str
) -> None:
    from crossposter.cli.drafts import lines_of
    from crossposter.cli.tables import DELETED, DONE, STATUS_WORDS, VERB_WORDS, clock, headline, printable, word_of
    from crossposter.core.acts import Verb
    from crossposter.core.kinds import Kind
    from crossposter.core.model import Status

    why = record.message or (record.reason.message if record.reason else None)
    _echo(f"\n{record.id}  {translate(word_of(record))}  {record.url or ''}")
    if why:
        _echo(f"  {translate(why)}")
    if record.is_outdated:
        outdated = translate(say("the news says something else by now"))
        _echo(f"  ! {outdated}")
    for act in acts:
        did = f"{act.person} ({act.system_user}): {translate(VERB_WORDS[Verb(act.verb)])}"
        _echo(f"  {clock(act.at, zone)}  {did}{f', {act.why}' if act.why else ''}")
    for line in lines_of(record, translate):
        _echo(f"  {line}")
    for attempt in attempts:
        ended = clock(attempt.ended_at, zone) if attempt.ended_at else "?"
        word = STATUS_WORDS[attempt.outcome] if attempt.outcome else None
        if attempt.outcome is Status.PUBLISHED:
            word = {Kind.DELETE: DELETED, Kind.EDIT: DONE}.get(attempt.kind, word)
        outcome = translate(word) if word else "?"
        _echo(f"  {clock(attempt.started_at, zone)} - {ended}  {outcome}")
        if attempt.message:
            _echo(f"  {translate(attempt.message)}")
        said = attempt.text if record.erased_at is None else headline(record, translate, zone=zone)
        for line in printable(said).splitlines():
            _echo(f"  | {line}")
        for picture in attempt.pictures:
            _echo(f"  | [{picture['width']}x{picture['height']} {picture['sha256'][:12]}] {picture['alt']}")
        if attempt.answer:
            heading = translate(say("what the platform answered, word for word:"))
            _echo(f"  {heading}")
            _echo("\n".join(f"  > {line}" for line in printable(attempt.answer).splitlines()))


def _echo(text: str) -> None:
    from crossposter.cli.tables import printable

    typer.echo(printable(text))
