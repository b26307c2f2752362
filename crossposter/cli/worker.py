"""`worker`: does what daemons schedule, in a process of its own."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from crossposter import logs
from crossposter.audience import audience_of, secrets_of
from crossposter.bootstrap import open_office
from crossposter.checkup import Rota
from crossposter.cli.context import Context
from crossposter.cli.daemon import ALERTS_S, by_value, end_at_once, give_memory_back
from crossposter.core.events import Recovering
from crossposter.events import telling
from crossposter.ledger import Role
from crossposter.references import SecretMemory
from crossposter.service import Service
from crossposter.signals import Commands
from crossposter.worker import Worker

log = logs.get_logger()


def work(context: Context, commands: Commands, *, concurrency: int) -> None:
    """Work until told to stop."""
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
        hidden.update(by_value(secrets_of(changed, secrets)))
        logs.configure(secrets=hidden.values())
        current = changed
        alarm.change(audience_of(changed, office.secrets))
        return service

    with open_office(config, context.environ, role=Role.WORKER) as office:
        alarm, rota = office.alarm(config), Rota()
        alarm.start()
        report = telling(alarm.hear)
        if office.opening.restored:
            report(Recovering(office.opening.restored))

        def beat() -> None:
            office.ledger.write_polls()
            office.ledger.take_turn("worker", timedelta(), now=office.clock.now())

        worker = Worker(
            office.service(config),
            commands=commands,
            load=load,
            carrier=partial(office.carrier, config, concurrency=concurrency),
            beat=beat,
            clock=office.clock,
            report=report,
            check_up=lambda service: office.checkup(current, service, rota),
            is_clock_doubtful=office.opening.is_clock_doubtful,
        )
        worker.run()
        alarm.finish(ALERTS_S)
    end_at_once()
