"""`correct`: posts of news that was edited after it went out are put right, or left as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from crossposter.cli.acts import person_of, print_acted
from crossposter.cli.context import Context
from crossposter.cli.ledger import open_ledger
from crossposter.cli.tables import printable
from crossposter.clock import SystemClock
from crossposter.composing import words_of
from crossposter.core.approval import needs_approval
from crossposter.core.correcting import Edited, Wrong, marked, usual, worded
from crossposter.core.kinds import Kind, name_of, read_name
from crossposter.core.model import Status
from crossposter.errors import LedgerError, UsageError
from crossposter.ledger.correcting import correct as decide
from crossposter.ledger.correcting import issue
from crossposter.proposing import changed
from crossposter.wording import Message, say

if TYPE_CHECKING:
    from crossposter.core.model import Account
    from crossposter.ledger import SqlLedger
    from crossposter.messages import Translator

NOTHING = "nothing"
WAYS = (Kind.EDIT, Kind.REPLY, Kind.REPOST)
_DOES = {
    Kind.EDIT: say("edit the post where it stands; its pictures and its link stay"),
    Kind.REPLY: say("answer the post with a correction"),
    Kind.REPOST: say("delete the post, and publish a new one"),
}


def correct(context: Context, name: str, *, by: str | None, why: str | None, how: str | None, plan: bool) -> None:
    """Show the plan, or let it be done; exit code 1 where it cannot be done everywhere."""
    from crossposter.bootstrap import accounts_of

    if how not in (None, NOTHING, *WAYS):
        raise UsageError(say("{how!r} is no way of a correction: {known}", how=how, known=", ".join([*WAYS, NOTHING])))
    loaded = context.load(secrets_needed=False, tolerant=True)
    accounts = accounts_of(loaded)
    way = Kind(how) if how in WAYS else None
    with open_ledger(context, loaded) as (ledger, translate):
        if plan:
            found = issue(ledger, name)
            if found is None:
                raise LedgerError(say("the ledger has no {name!r}: 'ledger list' shows what it has", name=name))
            _print_plan(found, name, accounts, way, translate)
            return
        person, now = person_of(context, by, why), SystemClock().now()
        acted = decide(
            ledger,
            name,
            person,
            accounts,
            how=way,
            leaves=how == NOTHING,
            changed=lambda found: changed(found, _in_the_way(accounts, way)),
            now=now,
        )
        print_acted([one for one in acted if one.done], translate, loaded)
        for one in acted:
            if one.done and one.status is Status.QUEUED and _is_shown_first(ledger, one.delivery_id, accounts):
                sentence = say(
                    "{delivery}: its exact words wait to be let out before anything is sent: crossposter queue shows"
                    " them as soon as they are made",
                    delivery=one.delivery_id,
                )
                typer.echo(translate(sentence))
            if not one.done:
                sentence = say(
                    "{delivery} cannot be corrected so from here, or is being corrected already: crossposter correct"
                    " {delivery} --plan shows how it can",
                    delivery=one.delivery_id,
                )
                typer.echo(translate(sentence))
    if not all(one.done for one in acted):
        raise typer.Exit(1)


def _in_the_way(accounts: Mapping[str, Account], way: Kind | None) -> dict[str, Account]:
    """Give the accounts as if they corrected in the way that a person has chosen."""
    if way is None:
        return dict(accounts)
    return {name: replace(one, on_edit=replace(one.on_edit, how=way)) for name, one in accounts.items()}


def _is_shown_first(ledger: SqlLedger, name: str, accounts: Mapping[str, Account]) -> bool:
    """Tell whether the account asks for an approval of what is sent: `correct` shows words, and not all of a post."""
    rule, found = accounts[name_of(name).account_id].approval, issue(ledger, name)
    return rule is not None and found is not None and needs_approval(rule, found.says.categories, was_held=True)


def _print_plan(
    found: Edited, name: str, accounts: Mapping[str, Account], way: Kind | None, translate: Translator
) -> None:
    """Print what changed in each post, how it would be put right, and what that costs."""
    one = read_name(name)
    _echo(f"{found.says.title}\n{found.says.link or ''}")
    for wrong in found.wrong:
        account = accounts.get(wrong.account_id)
        if account and (one is None or one.account_id == wrong.account_id):
            _print_one(found, wrong, account, way, translate)
    if not found.wrong:
        _echo(translate(say("every post that stands says what the news says")))


def _print_one(found: Edited, wrong: Wrong, account: Account, way: Kind | None, translate: Translator) -> None:
    kind = way or account.on_edit.how or usual(account.can)
    before = words_of(wrong.said, account, timezone=account.timezone)
    new = worded(kind, account, found.says.language) if kind else account
    after = words_of(found.says, new, timezone=account.timezone)
    does: Message = say("nothing: this account cannot, a person must in the app or on the platform's site")
    price = 0.0
    if kind and kind in account.can:
        does = _DOES[kind]
        price += (account.price(after) or 0) if after and kind is not Kind.EDIT else 0
        price += (account.price_of_deleting or 0) if kind is Kind.REPOST else 0
    costs = translate(say(" (costs {price:.3f} US dollars)", price=price)) if price else ""
    _echo(f"\n{wrong.delivery_id}: {translate(does)}{costs}")
    if kind is Kind.REPLY and after:
        _echo("\n".join(f"  + {line}" for line in after.text.splitlines()))
    text = marked(before.text if before else "", after.text if after and kind is not Kind.REPLY else found.says.title)
    if kind is not Kind.REPLY:
        _echo("\n".join(f"  | {line}" for line in text.splitlines()))


def _echo(text: str) -> None:
    typer.echo(printable(text))
