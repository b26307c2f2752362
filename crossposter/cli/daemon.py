"""`run`: the daemon; and `run --reload`, which tells it to read the YAML again. Loads nothing that prints tables."""

from __future__ import annotations

import logging
import os
import signal
import threading

import typer

from crossposter import logs
from crossposter.bootstrap import open_office, secrets_of
from crossposter.cli.context import Context
from crossposter.daemon import Daemon
from crossposter.errors import LedgerError
from crossposter.ledger import holder
from crossposter.messages import Translator
from crossposter.service import Service
from crossposter.wording import say


def run(context: Context) -> None:
    """Run until told to stop."""

    def load() -> Service:
        changed = context.load(secrets_needed=True)
        logs.configure(secrets=secrets_of(changed, context.environ))
        return office.reloaded(changed, instead_of=config)

    config = context.load(secrets_needed=True)
    logs.configure(secrets=secrets_of(config, context.environ))
    with open_office(config, context.environ) as office:
        daemon = Daemon(office.service(config), load=load, heartbeat=office.heartbeat, clock=office.clock)
        daemon.run()
    # A thread may still wait for a feed or a platform that has not answered; the interpreter would wait for it too.
    if threading.active_count() > 1:
        logging.shutdown()
        os._exit(0)


def reload(context: Context) -> None:
    """Tell the running daemon to read the YAML again.

    Raises:
        ConfigError: The YAML has mistakes; the daemon is not disturbed.
        LedgerError: No daemon runs.
    """
    config = context.load(secrets_needed=False)
    process = holder(config.ledger)
    if process is None:
        raise LedgerError(say("no daemon holds the ledger {path!r}: start it with 'run'", path=str(config.ledger)))
    os.kill(process, signal.SIGHUP)
    typer.echo(Translator(config.language)(say("process {process} reads the configuration again", process=process)))
