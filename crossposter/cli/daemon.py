"""`run`: the daemon; and `run --reload`, which tells it to read the YAML again. Loads nothing that prints tables."""

from __future__ import annotations

import os
import signal

import typer

from crossposter.alerts.ping import Pinger
from crossposter.cli.context import Context, print_problems
from crossposter.cli.running import running
from crossposter.config import Wanted
from crossposter.config import load as load_configuration
from crossposter.daemon import Daemon
from crossposter.errors import LedgerError
from crossposter.ledger import Role, holders
from crossposter.messages import Translator
from crossposter.references import DatabaseAddress
from crossposter.service import Service
from crossposter.signals import Commands
from crossposter.wording import say


def run(context: Context, commands: Commands) -> None:
    """Run until told to stop."""
    with running(context, Role.DAEMON) as there:
        office, pinger = there.office, Pinger()
        pinger.change(office.pings(there.config))

        def load() -> Service:
            service = there.load()
            pinger.change(office.pings(there.config))
            return service

        daemon = Daemon(
            office.service(there.config),
            commands=commands,
            load=load,
            heartbeat=office.heartbeat,
            engine=office.engine(there.config),
            in_turn=isinstance(there.config.ledger, DatabaseAddress),
            clock=office.clock,
            report=there.report,
            check_up=there.check_up,
            is_clock_doubtful=office.opening.is_clock_doubtful,
            forget=lambda: office.forget(there.config, lambda: True),
        )
        daemon.run()
        pinger.stop()


def reload(context: Context) -> None:
    """Tell the running daemon, or every one on this host, to read the YAML again; in a folder, what is right of it.

    Exit code 2 where some files have mistakes, which are told; the daemon keeps those cities as they are.

    Raises:
        ConfigError: The YAML has mistakes, or every file of a folder; the daemon is not disturbed.
        LedgerError: No daemon runs, or none here.
    """
    wanted = Wanted(environ=context.environ, secrets_needed=False)
    config, problems = load_configuration(context.config_path, wanted, tolerant=True)
    context.language = config.language
    found = holders(config.ledger)
    if not found:
        raise LedgerError(say("no daemon holds the ledger {path!r}: start it with 'run'", path=str(config.ledger)))
    daemons = [one for one in found if one.role in (Role.DAEMON, Role.WORKER)]
    if not daemons:
        raise LedgerError(say("{holder} is no daemon: it reads the configuration once only", holder=found[0]))
    here = [one for one in daemons if one.is_here]
    if not here:
        raise LedgerError(say("{holder} cannot be told from here: give the command on that host", holder=daemons[0]))
    for one in here:
        os.kill(one.process, signal.SIGHUP)
        told = say("process {process} reads the configuration again", process=one.process)
        typer.echo(Translator(config.language)(told))
    if problems:
        print_problems(problems, config.language)
        kept = say("the daemon keeps the cities of these files as they are: mend them, and give the command again")
        typer.echo(Translator(config.language)(kept), err=True)
        raise typer.Exit(2)
