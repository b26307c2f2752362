"""`worker`: does what daemons schedule, in a process of its own."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from crossposter import logs
from crossposter.cli.context import Context
from crossposter.cli.running import running
from crossposter.ledger import Role
from crossposter.signals import Commands
from crossposter.worker import Worker

log = logs.get_logger()


def work(context: Context, commands: Commands, *, concurrency: int) -> None:
    """Work until told to stop."""
    with running(context, Role.WORKER) as there:
        office = there.office

        def beat() -> None:
            office.ledger.write_polls()
            office.ledger.take_turn("worker", timedelta(), now=office.clock.now())

        worker = Worker(
            office.service(there.config),
            commands=commands,
            load=there.load,
            carrier=partial(office.carrier, there.config, concurrency=concurrency),
            beat=beat,
            clock=office.clock,
            report=there.report,
            check_up=there.check_up,
            is_clock_doubtful=office.opening.is_clock_doubtful,
        )
        worker.run()
