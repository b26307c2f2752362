"""The shell: it asks the world in the right order and decides nothing; `core/` decides.

poll      fetch -> plan -> record
deliver   what is due, account by account: see delivering.py
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from zoneinfo import ZoneInfo

from crossposter.approving import Approver
from crossposter.composing import compose
from crossposter.core.amending import is_overtaken
from crossposter.core.budget import WhenSpent, dollars, is_beyond, is_spent, month_of
from crossposter.core.cities import city_of
from crossposter.core.correcting import worded
from crossposter.core.editing import examine_text
from crossposter.core.events import (
    AwaitingApproval,
    Backlog,
    Delivered,
    Event,
    Interrupted,
    Paused,
    Poll,
    Resumed,
    Settled,
    Silent,
    Spending,
    Stranded,
    Unread,
)
from crossposter.core.examination import Examination
from crossposter.core.gate import examine, hard
from crossposter.core.health import silence
from crossposter.core.kinds import Kind
from crossposter.core.model import (
    NEEDS_PERSON,
    Account,
    Delivery,
    Entry,
    Feed,
    Outcome,
    Post,
    Reason,
    Status,
    Validators,
)
from crossposter.core.pausing import lapsed, stayed_away
from crossposter.core.planning import Plan, feed_for, has_gone_stale, keys_to_look_up, plan
from crossposter.core.rendering import Held
from crossposter.core.retrying import without_article, without_picture
from crossposter.core.window import Shown
from crossposter.delivering import LEASE, Deliverer, Report
from crossposter.errors import CrossposterError, FeedError
from crossposter.identities import Identities
from crossposter.ports import (
    Adapter,
    ArticleSource,
    Clock,
    Due,
    FeedSource,
    Fetched,
    Ledger,
    PictureSource,
    PictureStore,
    StopSign,
)
from crossposter.proposing import Proposer
from crossposter.waiting import Waiting
from crossposter.wording import Message, say

log = logging.getLogger(__name__)

#: Accounts that are worked on at the same time, a thread each, made when it is needed; more of them wait.
MAX_LANES = 64
#: So long after a person has settled an uncertain post it is said that it is: the daemon may have been away.
REMEMBERED = timedelta(days=30)


_NOT_KEPT = say("the pictures with which it was sent before are not kept any more: it would be another post")


def _tell_nobody(_event: Event) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round did."""

    polls: tuple[Poll, ...]
    delivered: tuple[Delivered, ...]
    #: Deliveries that the end of another process left uncertain.
    interrupted: tuple[str, ...] = ()
    #: Deliveries that are due on accounts which the YAML no longer has.
    stranded: tuple[str, ...] = ()

    @property
    def has_failures(self) -> bool:
        """Tell whether something failed: a feed, an account, a post, or crossposter itself. A hold is no failure."""
        return (
            bool(self.interrupted)
            or any(poll.error for poll in self.polls)
            or any(
                done.outcome is None
                or done.outcome.status in (Status.FAILED, Status.UNCERTAIN)
                or done.outcome.reason in (*NEEDS_PERSON, Reason.UNREACHABLE)
                for done in self.delivered
            )
        )


class Service:
    """Polls feeds into the ledger, and delivers what the ledger says is due."""

    def __init__(
        self,
        *,
        feeds: Sequence[Feed],
        accounts: Mapping[str, Account],
        source: FeedSource,
        pictures: Callable[[str], PictureSource],
        articles: ArticleSource | None = None,
        store: PictureStore,
        adapters: Callable[[str], Adapter],
        ledger: Ledger,
        clock: Clock,
        stop_sign: StopSign | None = None,
        lease: timedelta = LEASE,
    ) -> None:
        self.feeds = tuple(feeds)
        self._accounts = accounts
        self._source = source
        self._pictures = pictures
        self._articles = articles
        self._store = store
        self._identities = Identities(adapters, clock)
        self._ledger = ledger
        self._clock = clock
        self._is_retired = False
        self._stop_sign = stop_sign
        #: The numbers of those that held at the last look; None before the first one.
        self._pauses: frozenset[int] | None = None
        self._strict = [account.id for account in accounts.values() if account.strict_order]
        self._proposer = Proposer(accounts, ledger, clock)
        self._approver = Approver(post_of=self._post, store=store, ledger=ledger, clock=clock)
        self._deliverer = Deliverer(
            accounts=accounts,
            post_of=self._post,
            approver=self._approver,
            store=store,
            identities=self._identities,
            ledger=ledger,
            clock=clock,
            is_retired=lambda: self._is_retired,
            waits=Waiting(self._feed_for, ledger, clock).outcome,
            is_stopped=lambda: stop_sign is not None and stop_sign.is_up(),
            lease=lease,
        )

    def run_once(self, *, report: Callable[[Event], None] = _tell_nobody) -> Round:
        """Do one round: every feed, then everything that is due. The caller holds the ledger alone."""
        interrupted = self.recover()
        for delivery_id in interrupted:
            report(Interrupted(delivery_id))
        # Before the polls: what they find new did not come due under a pause that is over by now.
        for told in self.keep_pauses():
            report(told)
        polls = []
        for feed in self.feeds:
            polls.append(self.try_poll(feed))
            report(polls[-1])
        self._ledger.write_polls()
        for seen in (*self.keep_pauses(), *self.look_around()):
            report(seen)
        is_read_back = bool(self._ledger.unread(now=self._clock.now()))
        delivered = self.deliver_due(report=report)
        if is_read_back:  # what is due there could only be seen now, and rounds may be hours apart
            delivered += self.deliver_due(report=report)
        if stranded := self.stranded():
            report(Stranded(stranded))
        return Round(polls=tuple(polls), delivered=delivered, interrupted=interrupted, stranded=stranded)

    def recover(self) -> tuple[str, ...]:
        """Begin anew after a stop or a crash; the caller holds the ledger alone. Gives what that left uncertain.

        What came due while nobody was at work for longer than news stays news waits for a person.
        """
        now, last_sign = self._clock.now(), self._ledger.last_sign()
        if last_sign and (accounts := stayed_away(self.feeds, last_sign, now=now)):
            self._ledger.hold_backlog(accounts, since=last_sign, now=now)
        return tuple(self._ledger.recover(now=now))

    def keep_pauses(self) -> list[Paused | Resumed | Backlog]:
        """Begin the pause of a file that somebody has put there, and end what has ended by itself.

        Returns:
            What is to be told, when other pauses hold than at the last look.
        """
        now, sign = self._clock.now(), self._stop_sign
        place, read = (sign.place, sign.read()) if sign else ("", None)
        pauses = self._ledger.pauses()
        if changes := lapsed(pauses, place, read, now=now):
            self._ledger.keep_pauses(changes, now=now)
            pauses = self._ledger.pauses()
        before, self._pauses = self._pauses, frozenset(pause.id for pause in pauses)
        return [] if before == self._pauses else self.look_at_pauses()

    def retire(self) -> None:
        """Begin nothing more: another service knows better where news go. What is being sent at this moment ends."""
        self._is_retired = True

    def wake_accounts(self) -> None:
        """Look again at accounts that waited for a person."""
        self._ledger.wake_accounts()

    def stranded(self) -> tuple[str, ...]:
        """Give what is due on accounts that the YAML no longer has: nobody will deliver it."""
        due = self._ledger.due(now=self._clock.now())
        return tuple(one.delivery_id for one in due if one.delivery_id and one.account_id not in self._accounts)

    def try_poll(self, feed: Feed) -> Poll:
        """Poll a feed; its failure, and a defect of ours over it, is a result: the other feeds go on."""
        try:
            return Poll(feed_id=feed.id, plan=self.poll(feed))
        except CrossposterError as error:
            return Poll(feed_id=feed.id, error=error)
        except Exception:
            log.exception("poll of %s ended unexpectedly", feed.id)
            return Poll(feed_id=feed.id, error=FeedError(Reason.DEFECT.message))

    def poll(self, feed: Feed) -> Plan | None:
        """Fetch a feed and record what it changes; None when its server says that nothing did.

        A poll that changes nothing writes nothing: it is remembered, and written with others.

        Raises:
            FeedError: Nothing was recorded; the next poll tries again.
        """
        validators = self._ledger.validators(feed)
        window = cache(lambda: self._ledger.window(feed))
        fetched = self._source.fetch(feed, validators or Validators(), window)
        if fetched.entries is None:
            self._ledger.touch(feed, fetched.validators, now=self._clock.now())
            return None
        with self._ledger.alone_on(feed.site):
            if self._is_retired:
                return None  # nothing is written, so that the other finds all of it new
            return self._decided(feed, fetched, fetched.entries, window())

    def _decided(self, feed: Feed, fetched: Fetched, entries: Sequence[Entry], window: Sequence[Shown]) -> Plan:
        """Decide about what a feed shows, and record it.

        Two feeds of a site, or two polls of one feed around a reload, would each take an item for new: nobody else is
        between the question and the record.
        """
        now = self._clock.now()
        accounts = [self._accounts[account_id] for account_id in feed.accounts]
        planned = plan(
            feed,
            entries,
            accounts=accounts,
            known=self._ledger.known(feed, keys_to_look_up(entries)),
            first_poll=self._ledger.validators(feed) is None,
            now=now,
            unread=fetched.unread,
            before=window,
            is_restored=self._ledger.is_restored(feed),
        )
        if planned.vanished:
            planned = replace(planned, vanished=tuple(self._ledger.live(planned.vanished)))
        if not planned.changes(window):
            self._ledger.touch(feed, fetched.validators, now=now)
            return planned
        return self._ledger.record(feed, planned, fetched.validators, accounts=accounts, now=now)

    def deliver_due(self, *, report: Callable[[Event], None] = _tell_nobody) -> tuple[Delivered, ...]:
        """Deliver what is due: accounts side by side, each in the order of the news."""
        lanes = self.due_lanes()
        delivered: list[Delivered] = []

        def tell(done: Delivered | Unread) -> None:
            if isinstance(done, Delivered):
                delivered.append(done)
            report(done)

        if lanes:
            with ThreadPoolExecutor(min(len(lanes), MAX_LANES), thread_name_prefix="lane") as pool:
                # list(): an exception in a lane is raised here.
                list(pool.map(lambda lane: self.deliver_lane(lane, report=tell), lanes))
        return tuple(delivered)

    def examine(self, account: Account) -> Examination:
        """Ask a platform about an account; one that is not right is asked again before anything is sent there."""
        return self._identities.examine(account)

    def look_around(self) -> list[Silent | Spending | Settled | Delivered | AwaitingApproval]:
        """Say what nobody does: which feeds are silent for too long, which accounts have spent their money.

        And what people did beside the daemon about posts that were uncertain. News that was edited after it went out is
        looked for, and corrections are proposed.
        """
        proposed = [] if self._is_retired else self._proposer.propose()
        settled = map(Settled, self._settled())
        return [*self._silences(), *self._spendings(), *settled, *self._awaiting_approval(), *proposed]

    def _awaiting_approval(self) -> list[AwaitingApproval]:
        cities = sorted({city_of(account.id) for account in self._accounts.values() if account.approval})
        if not cities:
            return []
        waiting, newest = self._ledger.awaiting_approval(), self._ledger.newest_drafts()
        return [
            AwaitingApproval(
                city=city,
                delivery_ids=tuple(name for name in waiting if city_of(name) == city),
                newest=newest.get(city),
            )
            for city in cities
        ]

    def look_at_pauses(self) -> list[Paused | Resumed | Backlog]:
        """Say what is paused, what was until lately, and what came due meanwhile and waits for a person."""
        timezone = self.feeds[0].timezone if len({feed.timezone for feed in self.feeds}) == 1 else "UTC"
        since = self._clock.now() - REMEMBERED
        ended = (Resumed(pause) for pause in self._ledger.ended_pauses(since=since))
        open_now = (Paused(pause, timezone) for pause in self._ledger.pauses())
        counts = self._ledger.backlog()
        cities = sorted({city_of(name) for name in self._accounts})
        waiting = (
            Backlog(city=city, count=sum(count for name, count in counts.items() if city_of(name) == city))
            for city in cities
        )
        return [*ended, *open_now, *waiting]

    def _settled(self) -> Sequence[str]:
        return self._ledger.settled_by_people(since=self._clock.now() - REMEMBERED)

    def _silences(self) -> list[Silent]:
        now = self._clock.now()
        asked = [feed for feed in self.feeds if feed.silent_after]
        told = ((feed.id, silence(feed, self._ledger.newest(feed.id), now=now)) for feed in asked)
        return [Silent(feed_id=feed_id, message=message) for feed_id, message in told if message]

    def _spendings(self) -> list[Spending]:
        found = []
        for account in self._accounts.values():
            if budget := account.budget:
                begin, spent = self._spent(account)
                found.append(
                    Spending(
                        account_id=account.id,
                        month=f"{begin:%Y-%m}",
                        limit_usd=budget.usd_per_month,
                        is_spent=is_spent(budget, spent=spent),
                    )
                )
        return found

    def _spent(self, account: Account) -> tuple[datetime, float]:
        """Give when the account's month began, and what its posts have cost since."""
        begin, _ = month_of(self._clock.now(), ZoneInfo(account.timezone))
        return begin, self._ledger.spent(account.id, since=begin)

    def due_lanes(self, account_id: str | None = None) -> list[list[Due]]:
        """Give what is due, account by account; of accounts that the YAML has, and that need not wait.

        Of one account where it is named.
        """
        now = self._clock.now()
        names = [name for name in self._ledger.unread(now=now) if account_id in (None, name)]
        unread = [Due(account_id=name, delivery_id=None) for name in names]
        due = [*unread, *self._ledger.due(now=now, strict=self._strict, account_id=account_id)]
        mine = sorted((one for one in due if one.account_id in self._accounts), key=lambda one: one.account_id)
        return [list(lane) for _, lane in groupby(mine, key=lambda one: one.account_id)]

    def take_turn(self, feed: Feed, *, share: float) -> bool:
        """Take the turn at polling a feed, where several do it; False when one did within a share of its interval."""
        return self._ledger.take_turn(f"poll {feed.id}", feed.every * share, now=self._clock.now())

    def deliver_account(self, account_id: str, *, report: Report, stopping: Callable[[], bool]) -> None:
        """Deliver what is due on an account at this moment; it was offered to us."""
        lanes = self.due_lanes(account_id)
        if not lanes:
            self._ledger.end_offer(account_id)
        for lane in lanes:
            self.deliver_lane(lane, report=report, stopping=stopping)

    def deliver_lane(
        self, lane: Sequence[Due], *, report: Report, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        """Deliver one account's posts; stop at the first sign that the account must rest, or when told."""
        self._deliverer.deliver_lane(lane, report=report, stopping=stopping)

    def deliver(self, due: Due) -> tuple[Delivered, ...]:
        """Try one delivery; safe to call twice, late and concurrently."""
        told: list[Delivered | Unread] = []
        self.deliver_lane([due], report=told.append)
        return tuple(one for one in told if isinstance(one, Delivered))

    def _post(self, delivery: Delivery, account: Account) -> Post | Outcome:
        """Give what is sent: what was sent before or let out, to the byte; else the news as it is now.

        What waited for its account until it was no news any more waits for a person, and goes out in no burst.
        """
        if delivery.kind is Kind.DELETE:
            return Post(text="", link=None)
        feed = self._feed_for(delivery)
        if delivery.kind is not Kind.PUBLISH:  # it stands there already, however old it is
            return self._correction(delivery, account)
        if feed is None and Reason.UNROUTED not in delivery.waived:
            return Outcome(status=Status.HELD, reason=Reason.UNROUTED)
        if feed and has_gone_stale(delivery, feed, now=self._clock.now()):
            return Outcome(status=Status.HELD, reason=Reason.STALE)
        kept = self._let_out(delivery, account)
        post = kept or self._sent_before(delivery, account) or self._composed(delivery, account)
        return self._affordable(delivery, account, post, is_fixed=bool(kept or delivery.sent))

    def _let_out(self, delivery: Delivery, account: Account) -> Post | Outcome | None:
        """Give what a person has let out, if the gate has nothing against it by now; None where nobody has."""
        kept = self._approver.kept(delivery, account)
        if isinstance(kept, Post) and (cause := self._flaw(delivery, kept, account, self._feed_for(delivery))):
            return Outcome(status=Status.HELD, reason=Reason.GATE, message=cause)
        return kept

    def _flaw(self, delivery: Delivery, kept: Post, account: Account, feed: Feed | None) -> Message | None:
        """Say what the gate has against a post that was let out: the YAML may have been changed since."""
        hosts = feed.allowed_hosts if feed else ()
        written = self._approver.words(delivery) is not None
        found = (
            examine_text(kept.text, delivery.entry, account.limits, allowed_hosts=hosts)
            if written
            else examine(delivery.entry, allowed_hosts=hosts)
        )
        return hard(found, passed=delivery.passed)

    def _correction(self, delivery: Delivery, account: Account) -> Post | Outcome:
        """Give what corrects a post: what was begun, to the byte; else the news as it was when that was decided."""
        if is_overtaken(delivery):
            return Outcome(status=Status.SKIPPED, reason=Reason.SUPERSEDED)
        account = worded(delivery.kind, account, delivery.entry.language)
        kept = self._let_out(delivery, account)
        post = kept or self._sent_before(delivery, account) or self._composed(delivery, account)
        if delivery.step is Kind.EDIT:
            # The words alone: what else a post has stays as it is.
            return post if isinstance(post, Outcome) else replace(post, link=None, pictures=())
        if delivery.step is Kind.PUBLISH:
            return post  # the old one is gone already: no money holds the new one back
        return self._affordable(delivery, account, post, is_fixed=bool(kept or delivery.sent))

    def _feed_for(self, delivery: Delivery) -> Feed | None:
        return feed_for(self.feeds, delivery.origin, delivery.account_id)

    def _affordable(
        self, delivery: Delivery, account: Account, post: Post | Outcome, *, is_fixed: bool
    ) -> Post | Outcome:
        """Keep to the account's money for the month; of a post that is fixed the link is a part."""
        budget = account.budget
        if budget is None or isinstance(post, Outcome) or Reason.BUDGET in delivery.waived:
            return post
        _, spent = self._spent(account)
        if not is_beyond(budget, spent=spent, price=account.price(post)) or budget.when_spent is WhenSpent.CONTINUE:
            return post
        if budget.when_spent is WhenSpent.NO_LINKS and not is_fixed:
            return self._composed(delivery, replace(account, rules=replace(account.rules, link_categories=())))
        limit = dollars(budget.usd_per_month)
        cause = say("{spent} of {limit} US dollars are spent", spent=dollars(spent), limit=limit)
        return Outcome(status=Status.HELD, reason=Reason.BUDGET, message=cause)

    def _sent_before(self, delivery: Delivery, account: Account) -> Post | Outcome | None:
        """Give what was sent before, to the byte; None where nothing was.

        A picture that is not kept any more is prepared anew; another post than before takes a person's word.
        """
        if delivery.sent is None:
            return None
        stored = [(picture, self._store.get(picture.sha256)) for picture in delivery.sent.pictures]
        pictures = tuple(replace(picture, content=content) for picture, content in stored if content)
        if len(pictures) == len(stored):
            return replace(delivery.sent, pictures=pictures)
        anew = self._composed(delivery, account)
        if isinstance(anew, Outcome) or Reason.NO_PICTURE in delivery.waived:
            return anew
        if [one.sha256 for one in anew.pictures] == [one.sha256 for one in delivery.sent.pictures]:
            return replace(delivery.sent, pictures=anew.pictures)
        return Outcome(status=Status.HELD, reason=Reason.NO_PICTURE, message=_NOT_KEPT)

    def _composed(self, delivery: Delivery, account: Account) -> Post | Outcome:
        composition = compose(
            delivery.entry,
            account,
            self._pictures(account.id),
            feed=self._feed_for(delivery),
            articles=self._articles,
            waived=delivery.waived,
            passed=delivery.passed,
            words=self._approver.words(delivery),
        )
        now = self._clock.now()
        if composition.late and (waits := without_article(composition.late, tries=delivery.picture_tries, now=now)):
            return waits
        has_enough = isinstance(composition.post, Post) and any(not p.is_card for p in composition.post.pictures)
        for error in () if has_enough else composition.missing:
            if waits := without_picture(error, tries=delivery.picture_tries, now=now):
                return waits
        if isinstance(composition.post, Held):
            causes = (*composition.missing, *((composition.late,) if composition.late else ()))
            cause = causes[0].message if causes else None
            return Outcome(
                status=Status.HELD, reason=composition.post.reason, message=composition.post.message or cause
            )
        return composition.post
