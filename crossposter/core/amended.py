"""What people are told about deletions and edits: posts that stand already, and are no news."""

from __future__ import annotations

from collections.abc import Iterator

from crossposter.core.alerting import Alert, Level, Notice
from crossposter.core.events import Delivered
from crossposter.core.kinds import DeliveryName, Kind, name_of
from crossposter.core.model import Outcome, Reason, Status
from crossposter.wording import Message, say


def is_amendment(done: Delivered) -> bool:
    """Tell whether a delivery only changes, or takes away, what stands; a decided reply or repost is a post."""
    reason = done.outcome.reason if done.outcome else None
    if reason is Reason.APPROVAL:  # it is shown and let out as every post is
        return False
    is_proposed = reason in (Reason.CORRECTION, Reason.BY_HAND)
    return is_proposed or name_of(done.delivery_id).kind in (Kind.EDIT, Kind.DELETE)


def of_amendment(done: Delivered, outcome: Outcome, *why: Message | None) -> Iterator[Notice]:
    """Say what became of one; nothing while it is still tried, since asking twice does no harm."""
    name = {"id": done.delivery_id}
    if outcome.reason is Reason.CORRECTION:
        yield _proposed(done, *why)
        return
    if outcome.status in (Status.QUEUED, Status.UNCERTAIN):
        return
    if outcome.status is Status.PUBLISHED:
        is_deletion = name_of(done.delivery_id).kind is Kind.DELETE
        subject = say("{id}: the post is deleted", **name) if is_deletion else say("{id}: the post is edited", **name)
        yield _notice(done, subject, Level.INFO, is_good=True)
        return
    if outcome.reason is Reason.BY_HAND:
        act = by_hand(name_of(done.delivery_id))
    elif outcome.reason in (Reason.UNREACHABLE, Reason.UNKNOWN) or outcome.status is Status.FAILED:
        act = say(
            "look at the account, and do it there by hand; or try it again: crossposter retry {id} --by NAME; or drop"
            " it: crossposter reject {id} --by NAME",
            **name,
        )
    else:
        act = say("let it out: crossposter approve {id} --by NAME; drop it: crossposter reject {id} --by NAME", **name)
    yield _notice(done, say("{id} waits for a person", **name), Level.CRITICAL, *why, act)


def by_hand(name: DeliveryName) -> Message:
    """Say what to do about what only a person can do on the platform."""
    words = {"id": str(name), "story": name.entry_id}
    match name.kind:
        case Kind.DELETE:
            return say(
                "{id}: delete the post in the app or on the platform's site, then say so: crossposter settle {id}"
                " --absent --by NAME",
                **words,
            )
        case Kind.EDIT:
            return say(
                "{id}: change the post's words in the app or on the platform's site ('crossposter ledger show {story}'"
                " has its address), then end this: crossposter reject {id} --by NAME",
                **words,
            )
        case Kind.REPLY:
            return say(
                "{id}: answer the post in the app or on the platform's site ('crossposter ledger show {story}' has its"
                " address), then end this: crossposter reject {id} --by NAME",
                **words,
            )
    return say(
        "{id}: delete the post and make a new one in the app or on the platform's site ('crossposter ledger show"
        " {story}' has its address), then end this: crossposter reject {id} --by NAME",
        **words,
    )


def _proposed(done: Delivered, *why: Message | None) -> Notice:
    story = name_of(done.delivery_id).entry_id
    lines = (
        say("what would be done, and what it costs: crossposter correct {story} --plan", story=story),
        say(
            "do it: crossposter correct {id} --by NAME; leave the post as it is: crossposter reject {id} --by NAME",
            id=done.delivery_id,
        ),
    )
    return _notice(done, say("{id}: is the post to be corrected?", id=done.delivery_id), Level.WARNING, *why, *lines)


def _notice(done: Delivered, subject: Message, level: Level, *lines: Message | None, is_good: bool = False) -> Notice:
    told = (say("“{title}”", title=done.title), *filter(None, lines))
    return Notice(key=None, alert=Alert(level=level, subject=subject, lines=told, is_good=is_good))
