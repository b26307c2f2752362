"""`accounts`: how each account stands, and what it has cost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import typer

from crossposter.bootstrap import accounts_of
from crossposter.cli.context import Context, print_json
from crossposter.cli.ledger import open_ledger, zone_of
from crossposter.cli.pausing import pause_data, standing_pauses
from crossposter.cli.tables import clock, printable
from crossposter.clock import SystemClock
from crossposter.core.model import AccountState
from crossposter.ledger.accounts import standing
from crossposter.ledger.records import AccountRecord
from crossposter.messages import Translator
from crossposter.wording import Message, say

_WORDS = {
    AccountState.OK: say("at work"),
    AccountState.COOLING: say("cooling down: the platform asked to wait"),
    AccountState.STOPPED: say("stopped: a person must act"),
    AccountState.SPENT: say("spent: its money for this month, or what was paid for at the platform"),
}


def accounts(context: Context, *, as_json: bool) -> None:
    """Print it; exit code 1 where a person must act."""
    config = context.load(secrets_needed=False, tolerant=True)
    with open_ledger(context, config) as (ledger, translate):
        found = standing(ledger, accounts_of(config).values(), now=SystemClock().now())
        pauses, told = ledger.pauses(), standing_pauses(ledger, config)
    if as_json:
        accounts = [_data(record, translate) for record in found]
        print_json({"accounts": accounts, "pauses": pause_data(pauses, translate, config)})
    else:
        _print(found, translate, partial(zone_of, config))
        for line in told:
            typer.echo(printable(translate(line)))
    # Its own budget is a person's will; what the platform no longer gives is not.
    is_unpaid = any(record.state is AccountState.SPENT and record.until for record in found)
    if is_unpaid or any(record.state is AccountState.STOPPED for record in found):
        raise typer.Exit(1)


def _data(record: AccountRecord, translate: Translator) -> dict[str, Any]:
    return {
        "id": record.id,
        "platform": record.platform,
        "state": record.state,
        "until": record.until.isoformat() if record.until else None,
        "message": translate(record.why) if record.why else None,
        "waiting": record.waiting,
        "held": record.held,
        "spent_usd": round(record.spent_usd, 3),
        "slowest_answer_s": record.slowest_answer_s,
    }


def _print(found: list[AccountRecord], translate: Translator, zone: Callable[[str], str]) -> None:
    from crossposter.cli.tables import literal, new_console, new_table

    table = new_table(translate, say("account"), say("state"), say("waiting"), say("held"), say("spent this month"))
    for record in found:
        table.add_row(
            literal(f"{record.id} ({record.platform})"),
            literal("\n".join(translate(line) for line in _state(record, zone(record.id)))),
            literal(str(record.waiting)),
            literal(str(record.held)),
            literal(f"{record.spent_usd:.2f} USD" if record.spent_usd else "-"),
        )
    new_console().print(table)


def _state(record: AccountRecord, zone: str) -> list[Message]:
    lines = [_WORDS[record.state]]
    if record.why:
        lines.append(record.why)
    if record.until:
        lines.append(say("tried again at {time}", time=clock(record.until, zone)))
    return lines
