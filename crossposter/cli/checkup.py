"""`check --online`: what the checkup found, as one table or as JSON; exit code 1 when something is red."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import typer

from crossposter import logs
from crossposter.audience import secrets_of
from crossposter.bootstrap import open_checkup
from crossposter.cli.check import loaded
from crossposter.cli.context import Context, print_json
from crossposter.cli.tables import literal, new_console, new_table
from crossposter.core.checkup import Check, Colour, Finding, worst
from crossposter.messages import Translator
from crossposter.references import SecretMemory
from crossposter.wording import say

#: The sign and the word say what the colour says.
_SIGNS = {Colour.GREEN: "✓", Colour.YELLOW: "!", Colour.RED: "✗"}
_WORDS = {Colour.GREEN: say("good"), Colour.YELLOW: say("look at it"), Colour.RED: say("act now")}
_CHECKS = {
    Check.REACH: say("reachable"),
    Check.IDENTITY: say("whose account"),
    Check.ACCESS: say("rights"),
    Check.TOKEN: say("token"),
    Check.DATA_ACCESS: say("access to data"),
    Check.QUOTA: say("quota"),
    Check.CLOCK: say("clock"),
    Check.VERSION: say("version"),
    Check.FEED: say("feed"),
    Check.PICTURES: say("address of pictures"),
    Check.LEDGER: say("ledger"),
    Check.DISK: say("disk"),
}


def check_online(context: Context, *, as_json: bool) -> None:
    """Look at accounts, feeds and this machine."""
    config = loaded(context, as_json=as_json)
    logs.configure(secrets=secrets_of(config, SecretMemory(context.environ)))
    translate = Translator(config.language)
    with open_checkup(config, context.environ) as checkup:
        findings = checkup.findings()
    if as_json:
        print_json(_data(findings, translate))
    else:
        _print(findings, translate)
    if worst(findings) is Colour.RED:
        raise typer.Exit(1)


def _data(findings: Sequence[Finding], translate: Translator) -> dict[str, Any]:
    checks = [
        {
            "subject": found.subject,
            "check": found.check.value,
            "colour": found.colour.value,
            "message": translate(found.message),
            "action": translate(found.action) if found.action else None,
            "until": found.until.isoformat() if found.until else None,
        }
        for found in findings
    ]
    return {"colour": worst(findings).value, "checks": checks}


def _print(findings: Sequence[Finding], translate: Translator) -> None:
    table = new_table(translate, say("looked at"), say("state"), say("check"), say("found, and what to do"))
    for subject, group in groupby(findings, key=lambda found: found.subject):
        table.add_section()
        for found in group:
            sign = literal(f"{_SIGNS[found.colour]} {translate(_WORDS[found.colour])}", style=found.colour.value)
            lines = [found.message, *([say("→ {action}", action=found.action)] if found.action else [])]
            words = "\n".join(map(translate, lines))
            table.add_row(literal(subject), sign, literal(translate(_CHECKS[found.check])), literal(words))
            subject = ""
    new_console().print(table)
    counts = {colour.value: sum(found.colour is colour for found in findings) for colour in Colour}
    typer.echo(translate(say("{green} good, {yellow} to look at, {red} to act on now", **counts)))
