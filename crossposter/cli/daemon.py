"""`run`: the daemon; and `run --reload`, which tells it to read the YAML again. Loads nothing that prints tables."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import threading
from collections.abc import Iterable
from contextlib import suppress

import typer

from crossposter import logs
from crossposter.alerts.ping import Pinger
from crossposter.audience import audience_of, secrets_of
from crossposter.bootstrap import open_office
from crossposter.checkup import Rota
from crossposter.cli.context import Context, print_problems
from crossposter.config import Wanted
from crossposter.config import load as load_configuration
from crossposter.core.events import Recovering
from crossposter.daemon import Daemon
from crossposter.errors import LedgerError
from crossposter.events import telling
from crossposter.ledger import Role, holders
from crossposter.messages import Translator
from crossposter.references import DatabaseAddress, Secret, SecretMemory
from crossposter.service import Service
from crossposter.signals import Commands
from crossposter.wording import say

log = logs.get_logger()

#: Objects made, net, between two looks for garbage: as Python has it up to 3.12 (2,000 from 3.13 on).
_GARBAGE_EVERY = 700
#: mallopt's numbers (malloc.h).
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
#: Seconds that alerts get at the end; what is not sent by then is sent after the next start.
ALERTS_S = 2.0


def run(context: Context, commands: Commands) -> None:
    """Run until told to stop."""
    give_memory_back()
    config = current = context.load(secrets_needed=True)
    secrets = SecretMemory(context.environ)
    hidden = by_value(secrets_of(config, secrets))
    logs.configure(secrets=hidden.values())

    def load() -> Service:
        nonlocal current
        changed, problems = context.reload(current)
        if problems:
            told = [str(problem) for problem in problems]
            log.warning("these cities are as they were before, or left out: their files have mistakes", problems=told)
        service = office.service(changed)
        # Those of before stay: deliveries in hand still use them.
        hidden.update(by_value(secrets_of(changed, secrets)))
        logs.configure(secrets=hidden.values())
        current = changed
        alarm.change(audience_of(changed, office.secrets))
        pinger.change(office.pings(changed))
        return service

    with open_office(config, context.environ, role=Role.DAEMON) as office:
        service, heartbeat = office.service(config), office.heartbeat
        alarm, pinger, rota = office.alarm(config), Pinger(), Rota()
        alarm.start()
        report = telling(alarm.hear)
        if office.opening.restored:
            report(Recovering(office.opening.restored))
        pinger.change(office.pings(config))
        daemon = Daemon(
            service,
            commands=commands,
            load=load,
            heartbeat=heartbeat,
            engine=office.engine(config),
            in_turn=isinstance(config.ledger, DatabaseAddress),
            clock=office.clock,
            report=report,
            check_up=lambda service: office.checkup(current, service, rota),
            is_clock_doubtful=office.opening.is_clock_doubtful,
            forget=lambda: office.forget(current, lambda: True),
        )
        daemon.run()
        pinger.stop()
        alarm.finish(ALERTS_S)
    end_at_once()


def end_at_once() -> None:
    """End the process: a thread may still wait for a feed or a platform, and the interpreter would wait for it too."""
    if threading.active_count() > 1:
        logging.shutdown()
        os._exit(0)


def by_value(secrets: Iterable[Secret]) -> dict[str, Secret]:
    return {secret.reveal(): secret for secret in secrets}


def give_memory_back() -> None:
    """Look for garbage as often as Python does, and let the C library give memory back at once.

    Else a fifth of it is what pictures needed for a moment.

    glibc raises the bound with which it begins, 128 KiB, to whatever was freed, and keeps a heap for each thread where
    one is enough (mallopt(3), read 2026-11). Other C libraries have nothing to set.
    """
    gc.set_threshold(_GARBAGE_EVERY)
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 128 * 1024)
        libc.mallopt(_M_ARENA_MAX, 1)


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
