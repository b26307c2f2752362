"""What a daemon and a worker share: an office that stays open, and a configuration that is read anew when told."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from crossposter import logs
from crossposter.audience import audience_of, secrets_of
from crossposter.bootstrap import Office, open_office
from crossposter.checkup import Rota
from crossposter.cli.context import Context
from crossposter.core.events import Recovering
from crossposter.events import telling
from crossposter.ledger import Role
from crossposter.references import Secret, SecretMemory
from crossposter.service import Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossposter.config import Configuration
    from crossposter.core.checkup import Finding

log = logs.get_logger()

#: Objects made, net, between two looks for garbage: as Python has it up to 3.12 (2,000 from 3.13 on).
_GARBAGE_EVERY = 700
#: mallopt's numbers (malloc.h).
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
#: Seconds that alerts get at the end; what is not sent by then is sent after the next start.
_ALERTS_S = 2.0


class Hidden:
    """The secrets of all configurations so far, which no line of the log may show: deliveries in hand use old ones."""

    def __init__(self, context: Context) -> None:
        self._memory = SecretMemory(context.environ)
        self._by_value: dict[str, Secret] = {}

    def add(self, config: Configuration) -> None:
        """Hide those of one more."""
        self._by_value.update({secret.reveal(): secret for secret in secrets_of(config, self._memory)})
        logs.configure(secrets=self._by_value.values())


class Running:
    """A program that goes on, and what the YAML says at this moment."""

    def __init__(self, context: Context, config: Configuration, office: Office, hidden: Hidden) -> None:
        self.config = config
        self.office = office
        self._context = context
        self._hidden = hidden
        self._rota = Rota()
        self.alarm = office.alarm(config)
        self.report = telling(self.alarm.hear)

    def load(self) -> Service:
        """Read the YAML again; of a folder, a city whose file has mistakes is as it was before.

        Raises:
            ConfigError: It has mistakes, or each of its files: all is as it was.
        """
        changed, problems = self._context.reload(self.config)
        if problems:
            told = [str(problem) for problem in problems]
            log.warning("these cities are as they were before, or left out: their files have mistakes", problems=told)
        service = self.office.service(changed)
        self._hidden.add(changed)
        self.config = changed
        self.alarm.change(audience_of(changed, self.office.secrets))
        return service

    def check_up(self, service: Service) -> Sequence[Finding]:
        """Look at the accounts whose turn it is."""
        return self.office.checkup(self.config, service, self._rota)


@contextmanager
def running(context: Context, role: Role) -> Iterator[Running]:
    """Open the office for as long as the program works; the process ends with the block, whoever still waits in it."""
    _give_memory_back()
    config, hidden = context.load(secrets_needed=True), Hidden(context)
    hidden.add(config)
    with open_office(config, context.environ, role=role) as office:
        found = Running(context, config, office, hidden)
        found.alarm.start()
        if office.opening.restored:
            found.report(Recovering(office.opening.restored))
        yield found
        found.alarm.finish(_ALERTS_S)
    _end_at_once()


def _end_at_once() -> None:
    """End the process: a thread may still wait for a feed or a platform, and the interpreter would wait for it too."""
    if threading.active_count() > 1:
        logging.shutdown()
        os._exit(0)


def _give_memory_back() -> None:
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
