"""`queue`, and what people do about it, `approve` and the others: they act on the record, and the daemon sends."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from crossposter.cli.context import ConfigOption, Context, JsonOption, print_json
from crossposter.cli.ledger import delivery_data, open_ledger
from crossposter.clock import SystemClock
from crossposter.core.cities import city_of
from crossposter.core.kinds import read_name
from crossposter.errors import CrossposterError, LedgerError, UsageError
from crossposter.wording import Message, say

if TYPE_CHECKING:
    # Loaded where it is used: `--help` is quicker by a sixth.
    from crossposter.config import Configuration
    from crossposter.core.acts import Person
    from crossposter.core.model import Receipt
    from crossposter.ledger.acts import Acted, ActRecord
    from crossposter.ledger.records import DeliveryRecord
    from crossposter.messages import Translator

#: What to do about what may be public or not.
SETTLE = say(
    "look at the account, and end what may be public or not: crossposter settle ID --published ADDRESS, or --absent"
)
USER_VARIABLE = "CROSSPOSTER_USER"

_Names = Annotated[list[str], typer.Argument(metavar="ID...", help="Stories (412) or single deliveries (412/izmir-x).")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help=f"Who you are; {USER_VARIABLE} without it.")]
_Why = Annotated[str | None, typer.Option("--reason", help="Why; kept in the record.")]


def approve(
    ctx: typer.Context,
    names: _Names,
    config: ConfigOption = None,
    by: By = None,
    reason: _Why = None,
    shown: Annotated[
        str | None,
        typer.Option("--hash", metavar="HASH", help="Only if this is still its text; 'queue' shows the hash."),
    ] = None,
) -> None:
    """Let held posts go out."""
    if shown is not None and (len(names) != 1 or "/" not in names[0]):
        raise UsageError(say("a hash is that of one delivery: name that one (412/izmir-x)"))
    _act(ctx.obj.at(config), "approve", names, by=by, why=reason, shown=shown)


def reject(ctx: typer.Context, names: _Names, config: ConfigOption = None, by: By = None, reason: _Why = None) -> None:
    """Decide against posts that have not gone out."""
    _act(ctx.obj.at(config), "reject", names, by=by, why=reason)


def retry(ctx: typer.Context, names: _Names, config: ConfigOption = None, by: By = None, reason: _Why = None) -> None:
    """Try failed posts again."""
    _act(ctx.obj.at(config), "retry", names, by=by, why=reason)


def settle(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="A delivery that may be public or not (412/izmir-x).")],
    published: Annotated[
        str | None, typer.Option("--published", metavar="ADDRESS", help="It is on the account, at this address.")
    ] = None,
    absent: Annotated[bool, typer.Option("--absent", help="It is not on the account: send it again.")] = False,
    config: ConfigOption = None,
    by: By = None,
    reason: _Why = None,
) -> None:
    """Say whether a post that may be public or not is: look at the account first."""
    from crossposter.core.acts import Verb

    context = ctx.obj.at(config)
    if (published is None) is not absent:
        raise UsageError(say("say what you have seen on the account: --published ADDRESS, or --absent"))
    if "/" not in name:
        raise UsageError(say("name one delivery, as 'crossposter queue' does: {name}/ACCOUNT", name=name))
    found = _receipt(context, name, published) if published else None
    _act(context, Verb.PUBLISHED if found else Verb.ABSENT, [name], by=by, why=reason, found=found)


def _receipt(context: Context, name: str, url: str) -> Receipt:
    """Make what a person has found of its address."""
    from crossposter.adapters import adapter_class
    from crossposter.bootstrap import accounts_of
    from crossposter.core.model import Receipt

    found = read_name(name)
    account_id = found.account_id if found else ""
    accounts = accounts_of(context.load(secrets_needed=False, tolerant=True))
    if account_id not in accounts:
        sentence = say(
            "there is no account {name!r}: the accounts are {known}", name=account_id, known=", ".join(accounts)
        )
        raise CrossposterError(sentence)
    account = accounts[account_id]
    adapter = adapter_class(account.platform)
    remote_id = adapter.remote_id_of(url, account.pinned)
    if remote_id is None:
        sentence = say(
            "{url!r} is no address of a post of {account} on {platform}: open the post, and copy its address",
            url=url,
            account=account.pinned.handle or account.pinned.id,
            platform=adapter.name,
        )
        raise UsageError(sentence)
    return Receipt(remote_id=remote_id, url=url)


def retract(
    ctx: typer.Context,
    names: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Stories (412), or a story on one account (412/izmir-x).")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the record.")],
    config: ConfigOption = None,
    by: By = None,
) -> None:
    """Take a story down: what stands is deleted, what waits is dropped."""
    from crossposter.bootstrap import accounts_of
    from crossposter.core.model import Reason
    from crossposter.ledger.withdrawing import retract as withdraw

    context = ctx.obj.at(config)
    person = person_of(context, by, reason)
    loaded = context.load(secrets_needed=False, tolerant=True)
    accounts = accounts_of(loaded)
    with open_ledger(context, loaded) as (ledger, translate):
        acted: list[Acted] = []
        for name in names:
            done = withdraw(ledger, name, person, accounts, now=SystemClock().now())
            if not done:
                raise LedgerError(say("the ledger has no {name!r}: 'ledger list' shows what it has", name=name))
            acted += done
        print_acted(acted, translate, loaded)
        for one in acted:
            if one.reason is Reason.BY_HAND:
                sentence = say(
                    "{delivery}: delete the post in the app or on the platform's site, then say so: crossposter settle"
                    " {delivery} --absent",
                    delivery=one.delivery_id,
                )
                typer.echo(translate(sentence))
    if not all(one.done for one in acted):
        raise typer.Exit(1)


def correct(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="A story (412), or its post on one account (412/izmir-x).")],
    config: ConfigOption = None,
    by: By = None,
    reason: _Why = None,
    how: Annotated[
        str | None,
        typer.Option("--how", metavar="WAY", help="edit, reply, repost or nothing; the account's own way without it."),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be done, and its price; do nothing.")] = False,
) -> None:
    """Correct posts of news that was edited after they had gone out."""
    from crossposter.cli.correct import correct as command

    command(ctx.obj.at(config), name, by=by, why=reason, how=how, plan=plan)


def backfill(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="The feed's id in the YAML.")],
    last: Annotated[int, typer.Option("--last", min=1, help="So many of its newest entries.")],
    config: ConfigOption = None,
    by: By = None,
    reason: _Why = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Publish what stood in a feed when it was first seen; shows it and asks first."""
    from crossposter.core.acts import Verb
    from crossposter.ledger import history
    from crossposter.ledger.acts import Desk

    context = ctx.obj.at(config)
    person = person_of(context, by, reason)
    loaded = context.load(secrets_needed=False, tolerant=True)
    if feed not in (known := [one.id for city in loaded.cities for one in city.feeds]):
        raise CrossposterError(
            say("there is no feed {name!r}: the feeds are {known}", name=feed, known=", ".join(known))
        )
    with open_ledger(context, loaded) as (ledger, translate):
        desk = Desk(ledger)
        now = SystemClock().now()
        names = desk.baseline(feed, last=last)
        if not names:
            raise LedgerError(say("nothing of feed {feed} was skipped as old news", feed=feed))
        wanted = set(names)
        for record in history.deliveries(ledger, now=now):
            if record.id in wanted:
                typer.echo(f"{record.id}  {record.title}")
        if not yes and not typer.confirm(translate(say("Publish these {count} posts?", count=len(names)))):
            raise typer.Exit(1)
        print_acted(
            [one for name in names for one in desk.act(Verb.BACKFILL, name, person, now=now)], translate, loaded
        )


def queue(ctx: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List what waits for a person, and why."""
    from crossposter.cli.drafts import lines_of
    from crossposter.cli.pausing import pause_data, standing_pauses, zone_of
    from crossposter.cli.tables import new_console, print_deliveries, printable
    from crossposter.core.acts import is_in_doubt
    from crossposter.ledger import history

    context = ctx.obj.at(config)
    loaded = context.load(secrets_needed=False, tolerant=True)
    with open_ledger(context, loaded) as (ledger, translate):
        records = history.waiting(ledger, now=SystemClock().now())
        pauses, told = ledger.pauses(), standing_pauses(ledger, loaded)
    if json:
        data = [delivery_data(record, translate) for record in records]
        print_json({"deliveries": data, "pauses": pause_data(pauses, translate, loaded)})
        return
    for line in told:
        typer.echo(printable(translate(line)))
    if records:
        print_deliveries(new_console(), records, translate, partial(zone_of, loaded))
        for record in records:
            if record.draft:
                typer.echo(printable("\n".join(["", record.id, *lines_of(record, translate)])))
        if any(is_in_doubt(record.status, record.reason) for record in records):
            typer.echo(translate(SETTLE))
        for line in _ends(records, loaded):
            typer.echo(translate(line))
    else:
        typer.echo(translate(say("nothing waits for a person")))


def _ends(records: Sequence[DeliveryRecord], config: Configuration) -> list[Message]:
    """Say after how long what is held ends by itself, in each city where it does."""
    from crossposter.core.retention import is_dropped

    ages = {city.city: city.retention.texts for city in config.cities}
    ending = [one for one in records if is_dropped(one.status, one.kind, is_begun=one.attempts > 0)]
    found = sorted({str(age) for one in ending if (age := ages.get(city_of(one.account_id)))})
    return [
        say("what is held and nobody lets out is dropped, and its words are removed, after {age} (retention)", age=age)
        for age in found
    ]


def hold(ctx: typer.Context, names: _Names, config: ConfigOption = None, by: By = None, reason: _Why = None) -> None:
    """Keep back posts that would go out by themselves, until somebody approves them."""
    _act(ctx.obj.at(config), "hold", names, by=by, why=reason)


def edit(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="A delivery that has not gone out (412/izmir-x).")],
    text: Annotated[str | None, typer.Option("--text", help="The text, as it goes out.")] = None,
    file: Annotated[Path | None, typer.Option("--text-file", metavar="FILE", help="A file that holds it.")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Let pass what the gate finds in it.")] = False,
    config: ConfigOption = None,
    by: By = None,
    reason: _Why = None,
) -> None:
    """Write the text of one post before it goes out; what does not fit is told, and changes nothing."""
    from crossposter.cli import drafts
    from crossposter.messages import Translator

    context = ctx.obj.at(config)
    person = person_of(context, by, reason)
    acted, loaded = drafts.edit(context, name, person, drafts.text_of(text, file), accepts=accept)
    print_acted([acted], Translator(loaded.language), loaded)
    if not acted.done:
        raise typer.Exit(1)


def _act(
    context: Context,
    verb: str,
    names: Sequence[str],
    *,
    by: str | None,
    why: str | None,
    found: Receipt | None = None,
    shown: str | None = None,
) -> None:
    """Act on each name; exit code 1 where one of them could not be acted on."""
    from crossposter.core.acts import Verb
    from crossposter.ledger.acts import Desk

    person = person_of(context, by, why)
    config = context.load(secrets_needed=False, tolerant=True)
    with open_ledger(context, config) as (ledger, translate):
        desk = Desk(ledger)
        acted: list[Acted] = []
        for name in names:
            done = desk.act(Verb(verb), name, person, now=SystemClock().now(), found=found, shown=shown)
            if not done:
                raise LedgerError(say("the ledger has no {name!r}: 'ledger list' shows what it has", name=name))
            # Of a whole story only those are meant to which it can be done, if there are some.
            acted += done if "/" in name or not any(one.done for one in done) else [one for one in done if one.done]
        print_acted(acted, translate, config)
    if not all(one.done for one in acted):
        raise typer.Exit(1)


def person_of(context: Context, by: str | None, why: str | None) -> Person:
    """Give who acts.

    Raises:
        CrossposterError: Nobody has said.
    """
    from crossposter.core.acts import Person

    name = (by or context.environ.get(USER_VARIABLE) or "").strip()
    if not name:
        sentence = say("say who you are: --by NAME, or the environment variable {variable}", variable=USER_VARIABLE)
        raise CrossposterError(sentence)
    return Person(name=name, system_user=_system_user(), why=why)


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return str(os.getuid())


def print_acted(acted: Sequence[Acted], translate: Translator, config: Configuration) -> None:
    """Print what came of an act on each delivery."""
    from crossposter.cli.tables import STATUS_WORDS, printable
    from crossposter.core.acts import is_in_doubt

    is_to_settle = False
    for one in acted:
        words = {"delivery": one.delivery_id, "status": translate(STATUS_WORDS[one.status]), "title": one.title}
        sentence = say("{delivery} is now: {status} ({title})", **words)
        if not one.done:
            sentence = say("{delivery} was left alone, it is: {status} ({title})", **words)
            more = one.why or (_said(one.last, one.delivery_id, config) if one.last else None)
            sentence = say("{sentence}; {more}", sentence=sentence, more=more) if more else sentence
            is_to_settle = is_to_settle or is_in_doubt(one.status, one.reason)
        typer.echo(printable(translate(sentence)))
    if is_to_settle:
        typer.echo(translate(SETTLE))


#: By verb; what people did last, for who comes second.
_DONE = {
    "approve": say("{person} has approved it at {time}"),
    "reject": say("{person} has rejected it at {time}"),
    "retry": say("{person} has let it be tried again at {time}"),
    "published": say("{person} has found it on the account at {time}"),
    "absent": say("{person} has not found it on the account at {time}"),
    "backfill": say("{person} has let it out as old news at {time}"),
    "hold": say("{person} has held it at {time}"),
    "edit": say("{person} has changed its text at {time}"),
    "retract": say("{person} has had it taken down at {time}"),
    "correct": say("{person} has let it be corrected at {time}"),
}


def _said(act: ActRecord, name: str, config: Configuration) -> Message:
    """Say what somebody did, and when by the office's clock: of today the hour alone."""
    zone = ZoneInfo(next(city.timezone for city in config.cities if city.city in ("", city_of(name))))
    at, today = act.at.astimezone(zone), SystemClock().now().astimezone(zone).date()
    time = f"{at:%H:%M}" if at.date() == today else f"{at:%d.%m.%Y %H:%M}"
    return replace(_DONE[act.verb], values={"person": act.person, "time": time})
