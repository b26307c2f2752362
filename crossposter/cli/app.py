"""All commands, and the one place where an error becomes a sentence and an exit code.

Exit codes: 0 done, 1 something failed to publish or a check failed, 2 usage or configuration, 3 unexpected,
4 the record could not be looked at (`ledger verify`), 75 another process holds the ledger.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from crossposter import __version__
from crossposter.cli import acts, pausing
from crossposter.cli.alerts import alerts_app
from crossposter.cli.context import ConfigOption, Context, JsonOption, print_problems
from crossposter.cli.ledger import ledger_app
from crossposter.errors import ConfigError, CrossposterError, LedgerHeldError, UnseenError, UsageError
from crossposter.wording import say

app = typer.Typer(
    name="crossposter",
    help="Puts a city's news on its official X, Facebook and Instagram accounts: once, and right.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(ledger_app, name="ledger")
app.add_typer(alerts_app, name="alerts")
for _act in (
    acts.queue,
    acts.approve,
    acts.reject,
    acts.retry,
    acts.settle,
    acts.backfill,
    acts.hold,
    acts.edit,
    pausing.pause,
    pausing.resume,
    acts.retract,
    acts.correct,
):
    app.command()(_act)


#: A disk or a quota has no room, the device fails, or nobody reads any more: no defect of ours.
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crossposter {__version__}")
        raise typer.Exit


@app.callback()
def _every_command(
    ctx: typer.Context,
    config: ConfigOption = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    ctx.obj = (ctx.obj or Context(os.environ)).at(config)


@app.command()
def check(
    ctx: typer.Context,
    config: ConfigOption = None,
    health: Annotated[
        bool, typer.Option("--health", help="Is the daemon working? Reads its sign of life in the ledger.")
    ] = False,
    online: Annotated[
        bool,
        typer.Option("--online", help="Also ask the platforms, feeds and this machine; 1 when something is red."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Check the configuration, all mistakes at once; needs no network unless asked to."""
    if health and online:
        raise typer.BadParameter("--health and --online exclude each other")
    if online:
        from crossposter.cli.checkup import check_online

        check_online(ctx.obj.at(config), as_json=json)
        return
    from crossposter.cli import check as commands

    if health:
        commands.check_health(ctx.obj.at(config), as_json=json)
    else:
        commands.check(ctx.obj.at(config), as_json=json)


@app.command("dry-run")
def dry_run(
    ctx: typer.Context,
    config: ConfigOption = None,
    last: Annotated[
        int | None,
        typer.Option(
            "--last", min=0, help="Treat the newest N entries of each feed as new; 3 where there is no ledger yet."
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Also write an HTML page that shows every post as it will look."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show what would be posted; sends nothing, needs no credentials."""
    from crossposter.cli.dry_run import dry_run as command

    command(ctx.obj.at(config), last=last, as_json=json, html=html)


@app.command()
def run(
    ctx: typer.Context,
    config: ConfigOption = None,
    once: Annotated[
        bool, typer.Option("--once", help="One round: poll every feed, deliver what is due, then end (cron).")
    ] = False,
    reload: Annotated[
        bool, typer.Option("--reload", help="Tell the running daemon to read the YAML again, then end.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Poll the feeds and publish what is new, until told to stop."""
    if once and reload:
        raise typer.BadParameter("--once and --reload exclude each other")
    context = ctx.obj.at(config)
    if once:
        from crossposter.cli.run import run_once

        run_once(context, as_json=json)
        return
    if reload:
        from crossposter.cli.daemon import reload as command

        command(context)
        return
    from crossposter.signals import listen

    commands = listen()  # first: what is loaded below takes a while, and a signal would end the process
    from crossposter.cli import daemon

    daemon.run(context, commands)


@app.command()
def worker(
    ctx: typer.Context,
    config: ConfigOption = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=256, help="Feeds and accounts at work at the same time.")
    ] = 16,
) -> None:
    """Do what 'run' schedules, beside any number of others (engine: procrastinate), until told to stop."""
    from crossposter.signals import listen

    commands = listen()
    from crossposter.cli.worker import work

    work(ctx.obj.at(config), commands, concurrency=concurrency)


@app.command()
def accounts(ctx: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show how each account stands: at work, cooling down, stopped; and what it has cost this month."""
    from crossposter.cli.accounts import accounts as command

    command(ctx.obj.at(config), as_json=json)


@app.command()
def inspect(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help="A feed's address, a file, or the id of a feed in the YAML.")],
    config: ConfigOption = None,
    language: Annotated[str, typer.Option("--language", help="The language of its news.")] = "tr",
    zone: Annotated[str, typer.Option("--timezone", help="For dates that name no zone.")] = "Europe/Istanbul",
    id_pattern: Annotated[
        str | None, typer.Option("--id-pattern", help="Finds an article's number in its link, as in the YAML.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show how a feed is read: entries, keys, pictures, problems."""
    from crossposter.cli.inspect import inspect as command

    command(ctx.obj.at(config), source, language=language, zone=zone, id_pattern=id_pattern, as_json=json)


@app.command()
def init(ctx: typer.Context, config: ConfigOption = None) -> None:
    """Write a first configuration after a few questions."""
    from crossposter.cli.init import init as command

    command(ctx.obj.at(config))


@app.command()
def login(
    ctx: typer.Context,
    account: Annotated[str, typer.Argument(help="The account's id in the YAML.")],
    config: ConfigOption = None,
) -> None:
    """Log in to an account, once; asks for what is needed, and shows nothing that is secret."""
    from crossposter.cli.login import login as command

    command(ctx.obj.at(config), account)


@app.command()
def demo(
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep the daemon, the city and the page with the timelines running.")
    ] = False,
) -> None:
    """Show everything on this machine: a city's news, three platforms, the real client libraries, no account."""
    if serve:
        from crossposter.cli.serve import serve as command
    else:
        from crossposter.cli.demo import demo as command
    command(os.environ)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 0,
    json: JsonOption = False,
) -> None:
    """Run the platforms of the demo alone, on this machine, until interrupted."""
    from crossposter.cli.sandbox import sandbox as command

    command(port=port, as_json=json)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code."""
    context = Context(os.environ)
    try:
        code = _run(arguments, context)
        sys.stdout.flush()
    except CrossposterError as error:
        return _explain(error, context.language)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            # What could not be written must not be tried again when the interpreter ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if error.errno == errno.EPIPE:
                return 1  # `| head` has read enough
            sentence = say("this cannot be written: {cause}", cause=error.strerror)
            return _explain(CrossposterError(sentence), context.language)
        # Here, not above: --help is quicker by a sixth without it.
        import logging

        log = logging.getLogger(__name__)
        log.exception("this should not have happened; please report it with the lines above")
        return 3
    return code


def _run(arguments: Sequence[str] | None, context: Context) -> int:
    try:
        app(args=arguments, obj=context)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def _explain(error: CrossposterError, language: str | None) -> int:
    from crossposter.messages import Translator, language_of

    if isinstance(error, ConfigError):
        print_problems(error.problems, error.language or language_of(os.environ))
        return 2
    translate = Translator(language or language_of(os.environ))
    print(translate(error.message), file=sys.stderr)  # noqa: T201 - the command line's voice
    if isinstance(error, UsageError):
        return 2
    if isinstance(error, UnseenError):
        return 4
    return 75 if isinstance(error, LedgerHeldError) else 1
