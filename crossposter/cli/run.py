"""`run --once`: one round of polls and deliveries."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console

from crossposter.bootstrap import open_service
from crossposter.cli.context import Context, print_json
from crossposter.cli.tables import print_round
from crossposter.core.model import Status
from crossposter.messages import Translator
from crossposter.service import Delivered, Poll, Round
from crossposter.wording import say


def run_once(context: Context, *, as_json: bool) -> None:
    """Do one round; exit code 1 when something needs a look."""
    config = context.load(secrets_needed=True)
    translate = Translator(config.language)
    with (
        Console(stderr=True).status(translate(say("polling and publishing"))),
        open_service(config, context.environ) as service,
    ):
        found = service.run_once()
    if as_json:
        print_json(_as_data(found, translate))
    else:
        print_round(Console(), found, translate)
    if found.has_failures:
        raise typer.Exit(1)


def _as_data(found: Round, translate: Translator) -> dict[str, Any]:
    return {
        "polls": [_poll(poll, translate) for poll in found.polls],
        "deliveries": [_delivery(done, translate) for done in found.delivered],
    }


def _poll(poll: Poll, translate: Translator) -> dict[str, Any]:
    plan = poll.plan
    return {
        "feed": poll.feed_id,
        "first_poll": bool(plan and plan.first_poll),
        "new": len({decision.entry.keys for decision in plan.decisions}) if plan else 0,
        "known": len(plan.known) if plan else 0,
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
