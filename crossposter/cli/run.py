"""`run --once`: one round of polls and deliveries."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import structlog
import typer

from crossposter import logs
from crossposter.alerts.ping import ping
from crossposter.audience import secrets_of
from crossposter.bootstrap import open_office
from crossposter.checkup import Rota
from crossposter.cli.context import Context, print_json
from crossposter.cli.tables import new_console, print_round, printable
from crossposter.core.checkup import confirms_clock, has_confirmed_clock
from crossposter.core.events import Delivered, Poll, Recovering
from crossposter.core.model import Status
from crossposter.errors import LedgerError
from crossposter.events import telling
from crossposter.ledger import Role
from crossposter.messages import Translator
from crossposter.references import SecretMemory
from crossposter.service import Round
from crossposter.wording import Message, say

log = structlog.get_logger("crossposter")

_CLOCK = say(
    "this machine's clock is behind the time at which the ledger was last written, and no platform says that it is"
    " right: nothing was done; set it by the network: timedatectl set-ntp true"
)

#: Seconds that alerts get before the round ends; what is not sent by then is sent in the next one.
ALERTS_S = 10.0


def run_once(context: Context, *, as_json: bool) -> None:
    """Do one round; exit code 1 when something needs a look."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a terminal that is closed ends no round half-way
    config = context.load(secrets_needed=True)
    translate = Translator(config.language)
    logs.configure(secrets=secrets_of(config, SecretMemory(context.environ)))
    with open_office(config, context.environ, role=Role.ROUND) as office:
        alarm = office.alarm(config)
        alarm.start()
        report = telling(alarm.hear)
        if office.opening.restored:
            report(Recovering(office.opening.restored))
        service = office.service(config)
        if office.opening.is_clock_doubtful and not confirms_clock(office.checkup(config, service, Rota())):
            raise LedgerError(_CLOCK)
        found = service.run_once(report=report)
        office.forget(config, lambda: has_confirmed_clock(office.checkup(config, service, Rota())))
        alarm.finish(ALERTS_S)
        for task in () if found.has_failures else office.pings(config):
            if why_not := ping(task.web, task.address):
                log.warning("ping not taken", why=str(why_not))
    if as_json:
        print_json(_as_data(found, translate))
    else:
        print_round(new_console(), found, translate)
        for warning in _warnings(found):
            typer.echo(printable(translate(warning)))
    if found.has_failures:
        raise typer.Exit(1)


def _warnings(found: Round) -> Iterator[Message]:
    for delivery_id in found.interrupted:
        yield say("{delivery}: the last run ended while publishing it: look at the account", delivery=delivery_id)
    if found.stranded:
        waiting = ", ".join(found.stranded)
        yield say("waiting for accounts that the YAML no longer has: {deliveries}", deliveries=waiting)


def _as_data(found: Round, translate: Translator) -> dict[str, Any]:
    return {
        "polls": [_poll(poll, translate) for poll in found.polls],
        "deliveries": [_delivery(done, translate) for done in found.delivered],
        "interrupted": list(found.interrupted),
        "stranded": list(found.stranded),
    }


def _poll(poll: Poll, translate: Translator) -> dict[str, Any]:
    plan = poll.plan
    return {
        "feed": poll.feed_id,
        "first_poll": bool(plan and plan.first_poll),
        "new": plan.new if plan else 0,
        "known": plan.recognised if plan else 0,
        "held": sum(1 for decision in plan.decisions if decision.status is Status.HELD) if plan else 0,
        "error": translate(poll.error.message) if poll.error else None,
    }


def _delivery(done: Delivered, translate: Translator) -> dict[str, Any]:
    outcome = done.outcome
    why = outcome and (outcome.message or (outcome.reason.message if outcome.reason else None))
    return {
        "id": done.delivery_id,
        "account": done.account_id,
        "title": done.title,
        "status": outcome.status if outcome else None,
        "reason": outcome.reason if outcome else None,
        "message": translate(why) if why else None,
        "url": outcome.receipt.url if outcome and outcome.receipt else None,
    }
