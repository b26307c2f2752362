"""News that was edited after it went out: which posts say something wrong, how each is put right, and what changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from crossposter.core.approval import needs_approval
from crossposter.core.kinds import Kind
from crossposter.core.model import Account, Entry, MediaRule, Outcome, Post, Reason, Status
from crossposter.wording import Message, say

#: The ways of a correction, the one that changes least first.
CORRECTIONS = (Kind.EDIT, Kind.REPLY, Kind.REPOST)
#: What a reply with a correction begins with, by the news' language.
_LABELS = {"tr": "DÜZELTME:", "en": "CORRECTION:"}
#: More news than this at once is corrected by nobody unasked.
MOST_UNASKED = 5
#: Characters of the changes that stand in a line.
_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A post that stands, of news that says something else by now.

    Attributes:
        delivery_id: The delivery that made the post.
        account_id: Where it stands.
        said: What the news said when its words were sent last.
        is_restored: Whether the ledger was put back from a copy since: the post may say something else by now.
        was_held: Whether it was held for any reason before it went out, and a person has let that pass.
    """

    delivery_id: str
    account_id: str
    said: Entry
    is_restored: bool = False
    was_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """News that was edited, with its posts that stand; `revision` counts what it said so far, from 1."""

    entry_id: int
    revision: int
    feed_id: str
    says: Entry
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """How one post is put right: proposed (held), or done at once (queued)."""

    wrong: Wrong
    kind: Kind
    outcome: Outcome


def usual(can: frozenset[Kind]) -> Kind | None:
    """Give how posts are corrected where the YAML does not say; None where no program can do it without a new post."""
    return next((kind for kind in (Kind.EDIT, Kind.REPLY) if kind in can), None)


def corrections(edited: Edited, accounts: Mapping[str, Account], changed: Collection[str]) -> list[Correction]:
    """Decide which posts are to be corrected, and how; `changed` names the accounts on which one would be another."""
    found = []
    for wrong in edited.wrong:
        account = accounts.get(wrong.account_id)
        how = account.on_edit.how if account else None
        if account is None or how is None or wrong.account_id not in changed:
            continue
        message = _proposal(wrong.said, edited.says, how, account)
        outcome = Outcome(status=Status.HELD, reason=Reason.CORRECTION, message=message)
        asks = account.approval and needs_approval(account.approval, edited.says.categories, was_held=wrong.was_held)
        if wrong.is_restored:
            outcome = Outcome(status=Status.HELD, reason=Reason.RESTORED)
        elif account.on_edit.unasked and not asks:
            outcome = Outcome(status=Status.QUEUED, message=message)
        found.append(Correction(wrong=wrong, kind=how, outcome=outcome))
    return found


def held_when_many(
    decided: Sequence[tuple[Edited, Sequence[Correction]]],
) -> list[tuple[Edited, Sequence[Correction]]]:
    """Let a person decide where much news is to be corrected at once: perhaps the site was changed."""
    if sum(1 for _, found in decided if found) <= MOST_UNASKED:
        return list(decided)
    return [(edited, [_held(one) for one in found]) for edited, found in decided]


def _held(correction: Correction) -> Correction:
    outcome = replace(correction.outcome, status=Status.HELD, reason=Reason.CORRECTION)
    return replace(correction, outcome=outcome)


def is_changed(before: Post | None, after: Post | None, wrong: Wrong, says: Entry, account: Account) -> bool:
    """Tell whether a post would say, link to or show something else, once it is put right in its account's way.

    Neither an edit nor a reply shows other pictures.
    """
    shows_others = account.on_edit.how is Kind.REPOST and _is_other_picture(wrong.said, says, account)
    return before != after or shows_others


def _is_other_picture(before: Entry, after: Entry, account: Account) -> bool:
    return account.rules.media is not MediaRule.NEVER and _pictures(before) != _pictures(after)


def _pictures(entry: Entry) -> list[str]:
    """Give what tells pictures apart: hosts and queries of one and the same change, as servers and their tokens do."""
    return [urlsplit(picture.url).path for picture in entry.pictures]


def _proposal(before: Entry, after: Entry, how: Kind, account: Account) -> Message:
    words = {"changes": changes_in_short(before, after)}
    if how is not Kind.REPOST and _is_other_picture(before, after, account):
        return say(
            "the news was edited: {changes}; the post keeps its pictures, which only a new one would change (--how"
            " repost)",
            **words,
        )
    return say("the news was edited: {changes}", **words)


def worded(kind: Kind, account: Account, language: str) -> Account:
    """Give the account with the template of a correction: a reply says first what it is, and has no picture."""
    if kind is not Kind.REPLY:
        return account
    label = _LABELS.get(language.partition("-")[0], _LABELS["en"])
    template = account.rules.template or account.limits.template
    plain = replace(account.rules, media=MediaRule.NEVER, card=False, alt_required=False)
    return replace(account, rules=replace(plain, template=f"{label} {template}"))


def changes_in_short(before: Entry, after: Entry) -> str:
    """Write what changed in a line: “10:00” → “11:00”; …"""
    parts = [f"“{removed}” → “{added}”" for removed, added in _changes(_said(before), _said(after))]
    if _pictures(before) != _pictures(after):
        parts.append("🖼")
    shown = "; ".join(parts) or "…"
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def marked(before: str, after: str) -> str:
    """Write a text with its changes in place, [-removed-] and {+added+}, as `git diff --word-diff` does."""
    return " ".join(_marked(before.split(), after.split()))


def _marked(before: list[str], after: list[str]) -> Iterator[str]:
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from before[i:j]
            continue
        if i < j:
            yield f"[-{' '.join(before[i:j])}-]"
        if k < m:
            yield f"{{+{' '.join(after[k:m])}+}}"


def _changes(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield " ".join(before[i:j]), " ".join(after[k:m])


def _said(entry: Entry) -> list[str]:
    return " ".join([entry.title, entry.summary, entry.text, entry.link or ""]).split()
