"""The dry run: the plan and its posts, with nothing written, no credentials and no client library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crossposter.composing import compose
from crossposter.core.approval import needs_approval
from crossposter.core.model import Account, Entry, Feed, Known, Post, Reason, Status, Validators
from crossposter.core.pace import WINDOW, Turn, turns
from crossposter.core.pausing import covering
from crossposter.core.planning import Decision, keys_to_look_up, plan
from crossposter.core.rendering import Held
from crossposter.errors import FeedError
from crossposter.ports import ArticleSource, Clock, FeedSource, Ledger, PictureSource
from crossposter.wording import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedPost:
    """What would be sent."""

    feed_id: str
    entry: Entry
    account: Account
    post: Post
    warnings: tuple[Message, ...]
    #: When it would go out, as far as that is known, and why not now; None for right away.
    not_before: datetime | None = None
    waits: Message | None = None
    is_urgent: bool = False

    @property
    def length(self) -> int:
        """Count the text by the platform's rule."""
        return self.account.limits.measure(self.post.text)

    @property
    def price_usd(self) -> float | None:
        """Give what the platform asks for sending it."""
        price = self.account.price(self.post)
        return None if price is None else round(price, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPosted:
    """What would be held or skipped, and why; `account` is None where it is so for all of the feed's accounts."""

    feed_id: str
    entry: Entry
    account: Account | None
    reason: Reason
    warnings: tuple[Message, ...] = ()

    @property
    def why(self) -> tuple[Message, ...]:
        """Give the reason, and what led to it."""
        return (self.reason.message, *self.warnings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """All that polling would add."""

    posts: tuple[PreviewedPost, ...]
    held: tuple[NotPosted, ...]
    skipped: tuple[NotPosted, ...]
    errors: tuple[FeedError, ...]


class Previewer:
    """Plans as the service does, and composes at once what the service would compose later."""

    def __init__(
        self,
        *,
        feeds: Sequence[Feed],
        accounts: Mapping[str, Account],
        source: FeedSource,
        pictures: Callable[[str], PictureSource],
        articles: ArticleSource | None = None,
        ledger: Ledger | None,
        clock: Clock,
    ) -> None:
        self._feeds = feeds
        self._accounts = accounts
        self._source = source
        self._pictures = pictures
        self._articles = articles
        #: None where there is none yet.
        self._ledger = ledger
        self._clock = clock
        self._pauses = ledger.pauses() if ledger else ()

    @property
    def knows_nothing(self) -> bool:
        """Tell whether there is no ledger yet: every entry would be a baseline."""
        return self._ledger is None

    def preview(self, *, as_new: int) -> Preview:
        """Preview every feed, treating the newest `as_new` entries of each as new."""
        posts: list[PreviewedPost] = []
        held: list[NotPosted] = []
        skipped: list[NotPosted] = []
        errors: list[FeedError] = []
        #: What the feeds before would add, by site: an item in two of them is one entry.
        planned: dict[str, dict[str, Known]] = {}
        for feed in self._feeds:
            try:
                decisions, known = self._plan(feed, planned, as_new=as_new)
            except FeedError as error:
                errors.append(error)
                continue
            skipped += [NotPosted(feed_id=feed.id, entry=entry, account=None, reason=Reason.KNOWN) for entry in known]
            for decision in decisions:
                found = self._decided(feed, decision)
                if isinstance(found, PreviewedPost):
                    posts.append(found)
                else:
                    (skipped if decision.status is Status.SKIPPED else held).append(found)
        return Preview(
            posts=tuple(self._in_turn(posts)), held=tuple(held), skipped=tuple(skipped), errors=tuple(errors)
        )

    def _in_turn(self, posts: Sequence[PreviewedPost]) -> list[PreviewedPost]:
        """Say of posts that go out by themselves when their turn is, as far as they keep each other waiting."""
        now, found = self._clock.now(), list(posts)
        for account in self._accounts.values():
            # What waits without an end, as under a pause, comes after all others.
            mine = [
                number
                for number, post in enumerate(posts)
                if post.account.id == account.id and (post.not_before or not post.waits)
            ]
            wait, urgent_at = account.times.urgent.holds_others, None
            if wait and self._ledger:
                urgent_at = self._ledger.urgency(account.id, since=now - wait, now=now).last_sent
            made = turns(
                [Turn(at=posts[number].not_before or now) for number in mine],
                account.pace,
                sent=self._ledger.sent_since(account.id, since=now - WINDOW, now=now) if self._ledger else (),
                urgent={place for place, number in enumerate(mine) if posts[number].is_urgent},
                urgent_at=urgent_at,
                holds_others=wait,
            )
            for number, turn in zip(mine, made, strict=True):
                if turn.reason and turn.at > now:
                    found[number] = replace(posts[number], not_before=turn.at, waits=turn.reason.message)
        return found

    def _plan(
        self, feed: Feed, planned: dict[str, dict[str, Known]], *, as_new: int
    ) -> tuple[Sequence[Decision], Sequence[Entry]]:
        entries = self._source.fetch(feed, Validators()).entries or ()
        keys = keys_to_look_up(entries)
        found = plan(
            feed,
            entries,
            accounts=[self._accounts[account_id] for account_id in feed.accounts],
            known={**(self._ledger.known(feed, keys) if self._ledger else {}), **planned.get(feed.site, {})},
            first_poll=self._ledger is None or self._ledger.validators(feed) is None,
            now=self._clock.now(),
            as_new=as_new,
        )
        _remember(planned.setdefault(feed.site, {}), found.decisions)
        return found.decisions, found.known

    def _decided(self, feed: Feed, decision: Decision) -> PreviewedPost | NotPosted:
        account = self._accounts[decision.account_id]
        if decision.status is not Status.QUEUED and decision.reason:
            return NotPosted(
                feed_id=feed.id,
                entry=decision.entry,
                account=account,
                reason=decision.reason,
                warnings=(decision.message,) if decision.message else (),
            )
        composition = compose(decision.entry, account, self._pictures(account.id), feed=feed, articles=self._articles)
        warnings = (
            *((Reason.APPROVAL.message,) if _waits(decision, account) else ()),
            *((composition.late.message,) if composition.late else ()),
            *(error.message for error in composition.missing),
            *(finding.message for finding in composition.findings if not finding.is_hard),
        )
        if isinstance(composition.post, Held):
            why = (composition.post.message,) if composition.post.message else ()
            return NotPosted(
                feed_id=feed.id,
                entry=decision.entry,
                account=account,
                reason=composition.post.reason,
                warnings=(*why, *warnings),
            )
        not_before, waits = self._wait(feed, decision)
        return PreviewedPost(
            feed_id=feed.id,
            entry=decision.entry,
            account=account,
            post=composition.post,
            warnings=warnings,
            not_before=not_before,
            waits=waits,
            is_urgent=decision.is_urgent,
        )

    def _wait(self, feed: Feed, decision: Decision) -> tuple[datetime | None, Message | None]:
        """Give when a post would go out, and why not now: a pause, or what the plan says."""
        pause = covering(self._pauses, account=decision.account_id, feeds=[feed.id])
        if pause:
            return pause.until, pause.in_short
        return decision.not_before, decision.message or (decision.reason.message if decision.reason else None)


def _waits(decision: Decision, account: Account) -> bool:
    """Tell whether a person must let this out before it goes out."""
    rule = account.approval
    return rule is not None and needs_approval(rule, decision.entry.categories, was_held=False)


def _remember(planned: dict[str, Known], decisions: Sequence[Decision]) -> None:
    """Take a feed's decisions for granted, as the ledger will when the next feed is polled."""
    for decision in decisions:
        before = next((planned[key] for key in decision.keys if key in planned), None)
        decided = before.decided if before else frozenset()
        if decision.reason is not Reason.BASELINE:
            decided |= {decision.account_id}
        entry = Known(entry_id=0, in_feed=False, decided=decided)
        planned.update(dict.fromkeys(decision.keys, entry))
