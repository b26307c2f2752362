"""`edit`, and what people are shown before it is sent: the exact text, the pictures, and the hash of both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossposter.cli.context import Context
from crossposter.cli.ledger import open_ledger
from crossposter.clock import SystemClock
from crossposter.errors import CrossposterError, LedgerError, UsageError
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.config import Configuration
    from crossposter.core.acts import Person
    from crossposter.core.draft import Draft
    from crossposter.core.model import Account
    from crossposter.ledger.acts import Acted
    from crossposter.ledger.records import DeliveryRecord
    from crossposter.messages import Translator

#: Far above any post; a larger file is a mistake of the path.
_MAX_BYTES = 256 * 1024


def lines_of(record: DeliveryRecord, translate: Translator) -> list[str]:
    """Give the draft of a delivery as people read it; nothing where it has none."""
    from crossposter.cli.tables import printable

    draft, approval = record.draft, record.approval
    if draft is None:
        return []
    heading = say("what would be sent ({hash}):", hash=_shown(draft)) if draft.is_complete else say("its text:")
    lines = [translate(heading)]
    if draft.edited_by:
        lines.append(translate(say("written by {person}", person=draft.edited_by)))
    if approval and approval.hash == draft.hash:
        lines.append(translate(say("let out by {person}", person=approval.by)))
    lines += [f"| {line}" for line in printable(draft.post.text).splitlines()]
    if draft.post.link:
        lines.append(f"| {draft.post.link}")
    for picture in draft.post.pictures:
        name = picture.url.rpartition("/")[2] or translate(say("drawn card"))
        lines.append(f"| [{picture.width}x{picture.height} {picture.sha256[:12]} {name}] {picture.alt}")
    return lines


def data_of(record: DeliveryRecord) -> dict[str, Any] | None:
    """Give the draft of a delivery for programs; None where it has none."""
    from crossposter.ledger.records import picture_row

    draft, approval = record.draft, record.approval
    if draft is None:
        return None
    is_let_out = approval is not None and approval.hash == draft.hash
    return {
        "text": draft.post.text,
        "link": draft.post.link,
        "pictures": [picture_row(picture) for picture in draft.post.pictures],
        "hash": draft.hash or None,
        "made_at": draft.made_at.isoformat(),
        "edited_by": draft.edited_by,
        "approved_by": approval.by if approval and is_let_out else None,
        "approved_at": approval.at.isoformat() if approval and is_let_out else None,
    }


def _shown(draft: Draft) -> str:
    from crossposter.core.draft import SHOWN

    return draft.hash[:SHOWN]


def text_of(text: str | None, file: Path | None) -> str:
    """Give the text that a person wrote, on the command line or in a file.

    Raises:
        UsageError: Both were given, or none.
        CrossposterError: The file cannot be read, or is no text.
    """
    from crossposter.core.editing import tidied

    if (text is None) is (file is None):
        raise UsageError(say("write the text behind --text, or name a file with --text-file"))
    if file is None:
        return tidied(text or "")
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_BYTES)
        return tidied(content.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else say("it is not written in UTF-8")
        raise CrossposterError(say("{path!r} cannot be read: {cause}", path=str(file), cause=cause)) from error


def edit(context: Context, name: str, person: Person, text: str, *, accepts: bool) -> tuple[Acted, Configuration]:
    """Write the text of one post before it goes out.

    Args:
        context: Of the command.
        name: Of the delivery.
        person: Who writes.
        text: What they write.
        accepts: Whether what the gate finds in it is let pass.

    Raises:
        CrossposterError: It does not fit, or the gate finds something; nothing is changed.
    """
    from crossposter.bootstrap import accounts_of, feeds_of
    from crossposter.core.editing import examine_text, misfit
    from crossposter.core.gate import hard, words_of
    from crossposter.core.kinds import Kind, read_name
    from crossposter.core.planning import feed_for
    from crossposter.ledger.acts import Desk

    if "/" not in name:
        raise UsageError(say("name one delivery, as 'crossposter queue' does: {name}/ACCOUNT", name=name))
    if (called := read_name(name)) and called.kind is not Kind.PUBLISH:
        sentence = say(
            "{id} is no first post, and has no text of its own: it says what the news says; change that on the site, do"
            " it in another way ('crossposter correct {story}/{account} --how edit', reply or repost), or drop it with"
            " 'crossposter reject {id}'",
            id=name,
            story=called.entry_id,
            account=called.account_id,
        )
        raise UsageError(sentence)
    config = context.load(secrets_needed=False, tolerant=True)
    accounts = accounts_of(config)
    with open_ledger(context, config) as (ledger, _):
        desk = Desk(ledger)
        found = desk.entry_of(name)
        if found is None:
            raise LedgerError(say("the ledger has no {name!r}: 'ledger list' shows what it has", name=name))
        origin, entry = found
        account = _account(name, accounts)
        if cause := misfit(text, account.limits):
            raise CrossposterError(say("nothing is changed: {cause}", cause=cause))
        feed = feed_for(feeds_of(config), origin, account.id)
        hosts = feed.allowed_hosts if feed else ()
        findings = examine_text(text, entry, account.limits, allowed_hosts=hosts)
        if (cause := hard(findings)) and not accepts:
            sentence = say("nothing is changed: {cause}; if it is meant so, add --accept", cause=cause)
            raise CrossposterError(sentence)
        passed = {words for one in findings if (reason := hard([one])) for words in words_of(reason)}
        acted = desk.edit(name, person, text, passed=passed, now=SystemClock().now())
    if acted is None:
        raise LedgerError(say("the ledger has no {name!r}: 'ledger list' shows what it has", name=name))
    return acted, config


def _account(name: str, accounts: dict[str, Account]) -> Account:
    account_id = name.partition("/")[2]
    if account_id not in accounts:
        known = ", ".join(accounts)
        raise CrossposterError(
            say("there is no account {name!r}: the accounts are {known}", name=account_id, known=known)
        )
    return accounts[account_id]
