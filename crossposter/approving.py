"""Shows people what would be sent, and gives what they let out: exactly that, from the picture store.

The platform is asked nothing before a person has decided. Which posts wait, and when an approval is void, is
`core/approval.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from crossposter.core.approval import has_words, is_let_out, is_overtaken, needs_approval, why_void
from crossposter.core.draft import Draft, digest
from crossposter.core.model import Account, Delivery, Outcome, Picture, Post, Reason, Status
from crossposter.ports import Clock, Ledger, PictureStore
from crossposter.wording import Message, say

_NOT_KEPT = say(
    "the pictures that were approved are not kept any more, or not on the machine that was to send them: look at the"
    " new ones"
)


class Approver:
    """Makes drafts and keeps to them. Safe to use from several threads."""

    def __init__(
        self,
        *,
        post_of: Callable[[Delivery, Account], Post | Outcome],
        store: PictureStore,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        """Take what makes a post of a delivery, which asks `kept` first."""
        self._post_of = post_of
        self._store = store
        self._ledger = ledger
        self._clock = clock

    def must_wait(self, delivery: Delivery, account: Account) -> bool:
        """Tell whether a person has still to let a delivery out."""
        rule = account.approval
        if (
            rule is None
            or not has_words(delivery)
            or not needs_approval(rule, delivery.entry.categories, was_held=bool(delivery.waived))
        ):
            return False
        return not self._is_let_out(delivery, account)

    def wait(self, delivery: Delivery, account: Account) -> Outcome | None:
        """Let a delivery wait for a person with exactly what would be sent; None when it has moved on.

        Where nothing can be made of it, or not now, that is what becomes of it.
        """
        post = self._post_of(delivery, account)
        now = self._clock.now()
        if isinstance(post, Outcome):
            self._ledger.postpone(delivery.id, post, now=now)
            return post
        for picture in post.pictures:
            self._store.put(picture.content)
        draft = Draft(
            post=post,
            hash=digest(post, revision=delivery.revision),
            revision=delivery.revision,
            made_at=now,
            edited_by=delivery.draft.edited_by if delivery.draft else None,
        )
        outcome = Outcome(status=Status.HELD, reason=Reason.APPROVAL, message=self._why(delivery, account))
        return outcome if self._ledger.hold_draft(delivery, draft, outcome, now=now) else None

    def words(self, delivery: Delivery) -> str | None:
        """Give the text that a person wrote for a delivery; None where it is made of the news."""
        return delivery.draft.post.text if delivery.draft and delivery.draft.edited_by else None

    def kept(self, delivery: Delivery, account: Account) -> Post | Outcome | None:
        """Give what a person has let out, to the byte; None where nothing is, or where it is made anew.

        A text that a person wrote before the news was changed waits until a person has looked at both.
        """
        draft = delivery.draft
        if draft is None or delivery.sent:
            return None
        if is_overtaken(delivery):
            return Outcome(status=Status.HELD, reason=Reason.REVISED)
        if not draft.is_complete or not self._is_let_out(delivery, account):
            return None
        pictures = self._pictures(draft)
        return None if pictures is None else replace(draft.post, pictures=pictures)

    def _is_let_out(self, delivery: Delivery, account: Account) -> bool:
        """Tell whether exactly this was let out, and can still be sent so."""
        rule, now = account.approval, self._clock.now()
        if rule is None or not is_let_out(delivery, rule, now=now):
            return False
        return delivery.sent is not None or (delivery.draft is not None and self._pictures(delivery.draft) is not None)

    def _why(self, delivery: Delivery, account: Account) -> Message | None:
        """Say why a person is asked again; None where it is the first time."""
        rule, draft = account.approval, delivery.draft
        if rule is None or draft is None:
            return None
        if delivery.approval:
            return why_void(delivery, rule, now=self._clock.now()) or _NOT_KEPT
        if draft.revision != delivery.revision:
            return say("the news was changed since this was last shown: this is its new text")
        return None

    def _pictures(self, draft: Draft) -> tuple[Picture, ...] | None:
        """Give the draft's pictures with their bytes; None where one is not kept any more."""
        stored = [(picture, self._store.get(picture.sha256)) for picture in draft.post.pictures]
        if not all(content for _, content in stored):
            return None
        return tuple(replace(picture, content=content) for picture, content in stored if content)
