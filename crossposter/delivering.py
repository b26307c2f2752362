"""One account's posts on their way out, in the order of the news.

    lease ─▶ load ─▶ compose ─▶ look first ─▶ stage        up to three at a time, while another one is sent
          ─▶ claim (the intent, durable) ─▶ publish ─▶ settle      one at a time
    lease ─▶ load ─▶ compose ─▶ held                        of one that a person must let out: the platform is not asked
    lease ─▶ load ─▶ look after ─▶ settle                   of one whose answer was lost

Corrections and withdrawals go the same way, before the news; what is theirs alone is in amending.py. Of a repost, which
has two public requests, each has a claim and an answer of its own, and the new post is staged before the old one goes.

Between `claim` and `settle` there is one request. Whatever happens before it is safe to repeat; whatever happens in it
is settled by its answer, or by reading the account back.
"""

from __future__ import annotations

import logging
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

from crossposter.amending import Amender
from crossposter.approving import Approver
from crossposter.core import settling
from crossposter.core.amending import cannot, goes_on, sooner
from crossposter.core.events import Delivered, Unread
from crossposter.core.kinds import Kind
from crossposter.core.model import Account, Delivery, Outcome, Post, Reason, Status
from crossposter.core.pace import WINDOW, keeps_to_pace, next_slot
from crossposter.core.retrying import after, after_defect, late, looked_into
from crossposter.core.waiting import is_urgent_now
from crossposter.errors import AccountError, LedgerError, PublishError
from crossposter.identities import Identities
from crossposter.ports import Adapter, Clock, Due, Lease, Ledger, PictureStore, Sender, Settlement, Staged
from crossposter.reading_back import Reader

_Made = TypeVar("_Made")
Report = Callable[[Delivered | Unread], None]

log = logging.getLogger(__name__)

#: So long another process leaves the account alone; begun anew for each public call. One that is slower than this keeps
#: the account as long as nobody takes it.
LEASE = timedelta(minutes=10)
#: In the last part of the lease nothing is begun any more: two minutes, longer than a request may take
#: (`Connection.timeout_s`).
_CALL = 1 / 5
#: So many posts are made ready, with their pictures uploaded, while another one is sent.
AHEAD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A post that only has to be made public."""

    delivery: Delivery
    adapter: Adapter
    staged: Staged


#: What there is of a delivery before its turn: ready; uncertain; ended already; or nothing, when it is not ours to do.
_Prepared = _Ready | Delivery | Delivered | None


class Deliverer:
    """Sends what the ledger says is due, and looks for what is uncertain."""

    def __init__(
        self,
        *,
        accounts: Mapping[str, Account],
        post_of: Callable[[Delivery, Account], Post | Outcome],
        approver: Approver,
        store: PictureStore,
        identities: Identities,
        ledger: Ledger,
        clock: Clock,
        is_retired: Callable[[], bool],
        waits: Callable[[Delivery, Account], Outcome | None],
        is_stopped: Callable[[], bool],
        lease: timedelta = LEASE,
    ) -> None:
        """Take the accounts, what makes a post of a delivery, and what tells that another one has taken over.

        And what tells that a post has to wait, and that somebody has stopped all sending.
        """
        self._accounts = accounts
        self._post_of = post_of
        self._approver = approver
        self._store = store
        self._identities = identities
        self._ledger = ledger
        self._clock = clock
        self._is_retired = is_retired
        self._waits = waits
        self._is_stopped = is_stopped
        self._lease = lease
        self._reader = Reader(identities, ledger, clock)
        self._amender = Amender(identities, clock)
        self._holder = uuid.uuid4().hex
        #: Leases whose end could not be written.
        self._kept: dict[str, Lease] = {}

    def deliver_lane(
        self, lane: Sequence[Due], *, report: Report, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        """Deliver one account's posts; stop at the first sign that the account must rest, or when told.

        Safe to call twice, late and concurrently: nothing is done while another process has the account.
        """
        account = self._accounts[lane[0].account_id]
        if stopping() or self._must_end():
            return
        with self._leased(account) as lease:
            if lease is None or not self._has_read_back(account, lane, report):
                return
            for done in self._worked_off(lane, account, lease, lambda: stopping() or self._must_end()):
                report(done)
                if done.outcome and done.outcome.account_rests_until:
                    break

    def _must_end(self) -> bool:
        return self._is_retired() or self._is_stopped()

    @contextmanager
    def _leased(self, account: Account) -> Iterator[Lease | None]:
        """Hold the account for the length of the block; None when another process has it."""
        now = self._clock.now()
        if kept := self._kept.pop(account.id, None):
            self._give_back(kept)
        lease = Lease(account_id=account.id, holder=self._holder, until=now + self._lease)
        if not self._ledger.lease(lease, now=now):
            yield None
            return
        try:
            yield lease
        finally:
            self._give_back(lease)

    def _give_back(self, lease: Lease) -> None:
        """End a lease; where that cannot be written, what was done is told all the same, and it ends later."""
        try:
            self._ledger.release(lease)
        except LedgerError as error:
            self._kept[lease.account_id] = lease
            log.warning("account %s is not given back yet: %s", lease.account_id, error)

    def _has_read_back(self, account: Account, lane: Sequence[Due], report: Report) -> bool:
        """Read the account back where a part of it is not known; False when that cannot be done now."""
        if all(due.delivery_id for due in lane):
            return True
        try:
            for delivery, outcome in self._reader.read_back(account):
                report(_told(delivery, outcome))
        except PublishError as error:
            outcome = settling.unread_account(error, now=self._clock.now())
            self._ledger.rest(account.id, outcome)
            report(Unread(account_id=account.id, outcome=outcome))
            return False
        return True

    def _worked_off(
        self, lane: Sequence[Due], account: Account, lease: Lease, stopping: Callable[[], bool]
    ) -> Iterator[Delivered]:
        """Send what is made ready, one after the other, as fast as the account's pace allows."""
        kept_to_pace = [due for due in lane if due.is_to_send and not due.is_urgent]
        may_post = not kept_to_pace or self._may_post(account)
        ids = [due.delivery_id for due in lane if due.delivery_id and (may_post or due not in kept_to_pace)]
        with self._made_ready(ids, account) as prepared:
            for ready in prepared:
                if stopping():
                    return
                if isinstance(ready, _Ready) and keeps_to_pace(ready.delivery) and not self._may_post(account):
                    return
                if done := self._finished(ready, account, lease):
                    yield done
                    if goes_on(done.outcome) and (
                        last := self._finished(self._prepared(done.delivery_id, account), account, lease)
                    ):
                        yield last

    def _finished(self, ready: _Prepared, account: Account, lease: Lease) -> Delivered | None:
        """Do what is done one at a time: send, or look at the account, on which nothing appears meanwhile."""
        match ready:
            case _Ready():
                return self._guarded(ready.delivery, partial(self._send, ready, account, lease))
            case Delivery():
                return self._guarded(ready, partial(self._looked_after, ready, account))
        return ready

    def _may_post(self, account: Account) -> bool:
        """Tell whether the account's pace lets a post go out at this moment; where not, the account rests."""
        now = self._clock.now()
        if not account.pace.is_limited:
            return True
        slot = next_slot(account.pace, self._ledger.sent_since(account.id, since=now - WINDOW, now=now))
        if slot is None or slot <= now:
            return True
        self._ledger.rest(account.id, Outcome(status=Status.QUEUED, reason=Reason.PACE, account_rests_until=slot))
        return False

    @contextmanager
    def _made_ready(self, ids: Sequence[str], account: Account) -> Iterator[Iterator[_Prepared]]:
        """Give each delivery once it is ready, in order.

        None is made ready ahead where a gap follows each post, or where each takes from the same money.
        """
        if len(ids) < 2 or not AHEAD or account.pace.min_gap or account.budget:
            yield (self._prepared(name, account) for name in ids)
            return
        pool = ThreadPoolExecutor(AHEAD, thread_name_prefix=f"ahead {account.id}")
        try:
            yield self._in_order(pool, ids, account)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _in_order(self, pool: ThreadPoolExecutor, ids: Sequence[str], account: Account) -> Iterator[_Prepared]:
        left, waiting = deque(ids), deque[Future[_Prepared]]()
        is_taking = False
        while left or waiting:
            ready = waiting.popleft().result() if waiting else self._prepared(left.popleft(), account)
            # Nothing ahead of the first: it shows whose account this is, and whether it takes anything.
            is_taking = is_taking or isinstance(ready, _Ready)
            while is_taking and left and len(waiting) < AHEAD:
                waiting.append(pool.submit(self._prepared, left.popleft(), account))
            yield ready

    def _prepared(self, name: str, account: Account) -> _Prepared:
        """Do all that may be repeated; of one that is uncertain there is nothing."""
        delivery = self._ledger.load(name, now=self._clock.now())
        if delivery is None or delivery.status is not Status.QUEUED:
            return delivery
        if delivery.is_urgent and not is_urgent_now(delivery, account):
            # By the YAML as it is now; what else is urgent would wait behind it, and it behind itself.
            self._ledger.calm(delivery.id)
            delivery = replace(delivery, is_urgent=False)
        return self._guarded(delivery, partial(self._make_ready, delivery, account))

    def _guarded(self, delivery: Delivery, do: Callable[[], Outcome | _Made]) -> Delivered | _Made:
        """Work on a delivery; a defect of ours costs this one a while, and no other anything."""
        try:
            made = do()
        except LedgerError:
            raise  # no fault of this delivery: nothing can be written about any
        except Exception:
            log.exception("delivery %s ended unexpectedly", delivery.id)
            now = self._clock.now()
            if delivery.status is Status.QUEUED:
                self._ledger.postpone(delivery.id, after_defect(tries=delivery.tries, now=now), now=now)
            else:
                self._ledger.settle_read(delivery, settling.after_defect(delivery, now=now), now=now)
            return _told(delivery, None)
        return _told(delivery, made) if isinstance(made, Outcome) else made

    # -- before anything is public -------------------------------------------------------------------------------

    def _make_ready(self, delivery: Delivery, account: Account) -> _Ready | Outcome | None:
        if outcome := self._waits(delivery, account) or cannot(delivery, account):
            return self._postponed(delivery, outcome)
        if self._approver.must_wait(delivery, account):
            return self._approver.wait(delivery, account)
        try:
            adapter = self._identities.adapter(account)
            if done := self._amender.look_first(delivery, adapter):
                return self._postponed(delivery, done)
            post = self._post_of(delivery, account)
            is_new = delivery.kind is Kind.PUBLISH or (delivery.resends and delivery.step is Kind.PUBLISH)
            if isinstance(post, Post) and is_new:
                post = self._reader.look_first(delivery, post, account, adapter) or post
            if isinstance(post, Outcome):
                return self._postponed(delivery, post)
            for picture in post.pictures:
                self._store.put(picture.content)
            is_post = delivery.kind not in (Kind.DELETE, Kind.EDIT)
            staged = adapter.stage(post, self._steps(delivery)) if is_post else Staged(post=post)
            return _Ready(delivery=delivery, adapter=adapter, staged=staged)
        except PublishError as error:
            if error.answer:  # no attempt was made yet with which it could be kept
                log.warning("the answer to %s before it was published: %s", delivery.id, error.answer)
            return self._postponed(delivery, self._after(error, delivery, account))

    def _steps(self, delivery: Delivery) -> _SavedSteps:
        saved = self._ledger.steps(delivery, now=self._clock.now())
        return _SavedSteps(saved, lambda name, value: self._save_step(delivery, name, value))

    def _save_step(self, delivery: Delivery, name: str, value: str) -> None:
        self._ledger.save_step(delivery, name, value, now=self._clock.now())

    def _postponed(self, delivery: Delivery, outcome: Outcome) -> Outcome:
        self._ledger.postpone(delivery.id, outcome, now=self._clock.now())
        return outcome

    # -- the public call -----------------------------------------------------------------------------------------

    def _send(self, ready: _Ready, account: Account, lease: Lease) -> Outcome | None:
        delivery, staged = ready.delivery, ready.staged
        # What was made ready ahead may have to wait by now.
        if outcome := self._waits(delivery, account):
            return self._postponed(delivery, outcome)
        if self._approver.must_wait(delivery, account):
            return self._approver.wait(delivery, account)
        if self._is_stopped():
            return None
        begun_at, now = self._clock.elapsed(), self._clock.now()
        renewed = replace(lease, until=now + self._lease)
        sender = Sender(platform_id=account.pinned.id, configuration=account.configuration)
        price = _price(delivery, staged.post, account)
        attempt = self._ledger.claim(delivery, staged, renewed, now=now, price_usd=price, sender=sender)
        if attempt is None:
            return None
        try:
            # A machine that stood still meanwhile does not know whether another one has taken over.
            if self._clock.elapsed() - begun_at > (1 - _CALL) * self._lease.total_seconds():
                outcome = late(now=self._clock.now())
            else:
                outcome = self._answer(ready, account)
            return self._settle(delivery, attempt, outcome)
        except Exception:
            # The row says so by itself when its lease has run out, but to nobody.
            log.exception("delivery %s: nobody knows what became of it", delivery.id)
            return Outcome(status=Status.UNCERTAIN, reason=Reason.INTERRUPTED)

    def _answer(self, ready: _Ready, account: Account) -> Outcome:
        """Make the public call, and decide what its answer means."""
        try:
            return self._amender.answer(ready.delivery, ready.staged, ready.adapter, account)
        except PublishError as error:
            outcome = self._after(error, ready.delivery, account)
            is_read_by_number = ready.delivery.step in (Kind.DELETE, Kind.EDIT)
            return sooner(outcome, now=self._clock.now()) if is_read_by_number else outcome

    def _after(self, error: PublishError, delivery: Delivery, account: Account) -> Outcome:
        """Decide what a failure means; one that would stop the account is looked into first."""
        if isinstance(error, AccountError) and error.is_doubtful:
            error = looked_into(error, self._identities.asked_again(account))
        if isinstance(error, AccountError):
            self._identities.forget(account)  # whoever mends it may do so by new credentials
        if error.starts_over:
            self._ledger.forget_steps(delivery)
        return after(error, tries=delivery.tries, seen_within=account.seen_within, now=self._clock.now())

    def _settle(self, delivery: Delivery, attempt: int, outcome: Outcome) -> Outcome | None:
        """Write the answer; None where another process has taken over, which tells what became of it.

        Raises:
            LedgerError: It is not written; the log at least has it, and the row becomes uncertain.
        """
        settlement = None
        try:
            settlement = self._ledger.settle(delivery.id, attempt, outcome, now=self._clock.now())
        finally:
            if settlement is not Settlement.WRITTEN:
                log.error(
                    "not written to the ledger as the delivery's: %s attempt %s: %s", delivery.id, attempt, outcome
                )
        if settlement is Settlement.ORPHAN:
            return replace(outcome, reason=Reason.ORPHAN)
        if settlement is Settlement.REPLACED:
            return None
        return outcome

    # -- after a lost answer -------------------------------------------------------------------------------------

    def _looked_after(self, delivery: Delivery, account: Account) -> Outcome | None:
        """Settle one whose answer was lost, as far as the account tells."""
        reader = self._amender if delivery.step in (Kind.DELETE, Kind.EDIT) else self._reader
        outcome = reader.look_after(delivery, account)
        is_written = self._ledger.settle_read(delivery, outcome, now=self._clock.now())
        return outcome if is_written else None


def _price(delivery: Delivery, post: Post, account: Account) -> float | None:
    """Give what the next request of a delivery costs, in US dollars."""
    match delivery.step:
        case Kind.DELETE:
            return account.price_of_deleting
        case Kind.EDIT:
            return None
    return account.price(post)


def _told(delivery: Delivery, outcome: Outcome | None) -> Delivered:
    return Delivered(
        delivery_id=delivery.id,
        account_id=delivery.account_id,
        outcome=outcome,
        feed_id=delivery.origin.feed_id,
        title=delivery.entry.title,
    )


@dataclass(slots=True)
class _SavedSteps:
    """What was done, each kept as soon as it is."""

    _saved: Mapping[str, str]
    _save: Callable[[str, str], None]

    def once(self, name: str, do: Callable[[], str]) -> str:
        """Give the platform's id of what was done under this name; where it was not, do it."""
        if name in self._saved:
            return self._saved[name]
        value = do()
        self._save(name, value)
        return value
