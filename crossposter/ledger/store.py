"""The ledger over SQLAlchemy Core: each change is one transaction, each contested one a conditional UPDATE."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from crossposter.core.correcting import Correction, Edited
from crossposter.core.draft import Draft
from crossposter.core.fence import Opening, after_recovery, clock_is_doubtful, older_than_the_truth, unread_since
from crossposter.core.kinds import name_of
from crossposter.core.model import (
    Account,
    Delivery,
    Feed,
    Known,
    Outcome,
    Reason,
    Status,
    Validators,
)
from crossposter.core.planning import Plan
from crossposter.core.timeline import Standing
from crossposter.core.window import Shown
from crossposter.errors import LedgerError
from crossposter.ledger import (
    attempts,
    claiming,
    deliveries,
    drafts,
    due,
    editions,
    entries,
    events,
    fence,
    leases,
    offers,
    reading_back,
    shared,
    steps,
)
from crossposter.ledger.connection import close_all, is_current, migrate, no_ledger, open_engine, require_current
from crossposter.ledger.faults import explained
from crossposter.ledger.fence import Sidecar
from crossposter.ledger.lock import Role
from crossposter.ledger.pausing import Pausing
from crossposter.ledger.polls import Polls
from crossposter.ports import Due, KnownPosts, Lease, Sender, Settlement, Staged
from crossposter.redaction import redactor
from crossposter.references import DatabaseAddress
from crossposter.wording import say


class _Work(threading.local):
    """What a thread does while it is alone on a site."""

    #: Its transaction; None while it is not.
    connection: sa.Connection | None = None
    #: What is to be remembered when that is committed.
    afterwards: list[Callable[[], None]]


class SqlLedger(Pausing):
    """A ledger in one SQLite file, or in a PostgreSQL database. Safe to use from several threads."""

    def __init__(self, place: Path | DatabaseAddress, *, role: Role | None = None) -> None:
        self.place = place
        self._engine = open_engine(place, role=role)
        self._writer = self._engine.execution_options(writes=True)
        self._reader = self._engine
        if isinstance(place, DatabaseAddress):
            # What several statements find fits together, as it does in SQLite.
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._polls = Polls()
        #: Of the process that sends; None for whoever looks or acts.
        self._sidecar: Sidecar | None = None
        #: Accounts that are surely written, each with its platform.
        self._accounts: set[tuple[str, str]] = set()
        self._sites: dict[str, threading.Lock] = {}
        self._work = _Work()

    @classmethod
    def open(cls, place: Path | DatabaseAddress, *, role: Role | None = None) -> SqlLedger:
        """Open for writing: made where there is none, migrated where it is old.

        Args:
            place: A file, or a database that is there.
            role: What this process was started as, for those who ask a database who works on it.

        Raises:
            LedgerError: It cannot be opened.
        """
        if isinstance(place, Path):
            _make_folder(place.parent)
        ledger = cls(place, role=role)
        try:
            with ledger._translated():
                migrate(ledger._engine, place)
        except LedgerError:
            ledger.close()
            raise
        return ledger

    @classmethod
    def look(cls, place: Path | DatabaseAddress) -> SqlLedger:
        """Open one that is there, to look at it or to act on it; its tables stay as they are.

        Raises:
            LedgerError: It cannot be opened, or is not of this version.
        """
        if found := cls.find(place):
            return found
        raise no_ledger(place)

    @classmethod
    def find(cls, place: Path | DatabaseAddress) -> SqlLedger | None:
        """Do as `look` does; None for a database, or an empty file, in which there is none yet.

        Raises:
            LedgerError: It cannot be opened, or is not of this version.
        """
        ledger = cls(place)
        is_there = False
        try:
            with ledger._translated():
                is_there = is_current(ledger._engine, place)
        finally:
            if not is_there:
                ledger.close()
        return ledger if is_there else None

    def close(self) -> None:
        """Give the file, or the connections, back."""
        close_all(self._engine)

    def ahead(self, *, now: datetime) -> timedelta:
        """Give how far the clock that this ledger goes by is ahead of the one that says `now`: nothing for a file."""
        with self.reading() as connection:
            return shared.moment(connection, now=now) - now

    def stand_guard(self, *, now: datetime, data: Path | None = None) -> Opening:
        """Find out whether the ledger knows all that was sent, before anything is.

        Where it was put back from a copy, all that it may know too little of is held, and every account is to be read
        back; the latter also after a long silence. From here on each public call is counted beside the ledger as well.

        Args:
            now: When.
            data: Where the file that counts is kept, for a ledger that is no file; None for nowhere.

        Raises:
            LedgerError: The file beside it cannot be read or written, or the ledger cannot.
        """
        is_shared = not isinstance(self.place, Path)
        beside_it = self.place if isinstance(self.place, Path) else data and data / "ledger"
        sidecar = Sidecar(beside_it) if beside_it else None
        beside = None
        if sidecar:
            _make_folder(sidecar.path.parent)
            with self._counting(sidecar):
                beside = sidecar.read()
        with self.reading() as connection:
            counted = fence.read(connection)
            last_sign, newest = fence.last_sign(connection), fence.newest_moment(connection)
        restored = older_than_the_truth(counted, beside, is_shared=is_shared)
        since = unread_since(last_sign or newest, is_restored=restored is not None, now=now)
        if restored or since:
            with self.writing() as connection:
                shared.one_at_a_time(connection, "recovery")
                counted = fence.read(connection)  # another process may have recognised it a moment ago
                restored = older_than_the_truth(counted, beside, is_shared=is_shared)
                if since:
                    fence.mark_unread(connection, since)
                if restored:
                    counted = after_recovery(counted, beside)
                    fence.begin_recovery(connection, counted, restored, now=now)
        if sidecar:
            with self._counting(sidecar):
                sidecar.write(counted)
        self._sidecar = sidecar
        return Opening(restored=restored, is_clock_doubtful=clock_is_doubtful(newest, now=now))

    # -- feeds ---------------------------------------------------------------------------------------------------

    def validators(self, feed: Feed) -> Validators | None:
        """Give what the feed's server wants to hear; None for a feed never seen on its site."""
        if found := self._polls.validators(feed):
            return found
        with self.reading() as connection:
            found = entries.validators(connection, feed)
        if found:
            self._polls.remember(feed, found)
        return found

    def window(self, feed: Feed) -> Sequence[Shown]:
        """Give what need not be read again of what the feed shows; empty for a feed never seen on its site."""
        with self.reading() as connection:
            return entries.window(connection, feed)

    @contextmanager
    def alone_on(self, site: str) -> Iterator[None]:
        """Let nobody else decide about the site's news meanwhile.

        In a file that is nobody else of this process, which is the only writer. In a database the block is one
        transaction that holds a lock of the site: whoever is taken for dead meanwhile records nothing.
        """
        with self._sites.setdefault(site, threading.Lock()):
            if isinstance(self.place, Path):
                yield
                return
            work = self._work
            with self.writing() as connection:
                shared.one_at_a_time(connection, f"site {site}")
                work.connection, work.afterwards = connection, []
                try:
                    yield
                finally:
                    work.connection = None
            for remember in work.afterwards:
                remember()

    def _once_committed(self, remember: Callable[[], None]) -> None:
        """Remember what is written, as soon as it is."""
        if self._work.connection is None:
            remember()
        else:
            self._work.afterwards.append(remember)

    def known(self, feed: Feed, keys: Sequence[str]) -> Mapping[str, Known]:
        """Give those of the keys that were seen on the feed's site, with what is known of their entry."""
        if not keys:
            return {}
        with self.reading() as connection:
            return entries.known(connection, feed, keys)

    def record(
        self, feed: Feed, plan: Plan, validators: Validators, *, accounts: Sequence[Account], now: datetime
    ) -> Plan:
        """Write a plan in one transaction: entries, keys and deliveries; and that the feed was seen.

        Returns:
            The plan with the ledger's number of every entry.
        """
        with self.writing() as connection:
            entries.see_feed(connection, feed, validators, now=now)
            entries.add_accounts(connection, [one for one in accounts if (one.id, one.platform) not in self._accounts])
            if restored := {one.account_id for one in plan.decisions if one.reason is Reason.RESTORED}:
                # Read once more: what stands there may be what is held here. Before deliveries are written: see shared.
                fence.mark_unread(connection, now, accounts=sorted(restored))
            # All of them at once, and by number: two that take them in another order would wait in a circle.
            revised = [one.entry_id for one in plan.sightings if one.revised]
            shared.hold_stories(connection, [*revised, *(one.entry_id for one in plan.decisions if one.entry_id)])
            for sighting in plan.sightings:
                entries.see_entry(connection, feed, sighting.entry_id, sighting.keys)
                if sighting.revised:
                    entries.revise(connection, sighting.entry_id, sighting.revised, now=now)
                    for account in (one for one in accounts if one.times.urgent.is_used):
                        is_urgent = account.id in sighting.urgent_on
                        deliveries.weigh_anew(connection, sighting.entry_id, account.id, is_urgent=is_urgent)
            new = {decision.keys: decision.entry for decision in plan.decisions if decision.entry_id is None}
            numbers = entries.add(connection, feed, new, now=now)
            deliveries.decide(connection, plan.decisions, numbers, now=now)
            entries.see_window(connection, feed, _numbered(plan, numbers))
        self._once_committed(lambda: self._polls.remember(feed, validators))
        self._once_committed(lambda: self._accounts.update((account.id, account.platform) for account in accounts))
        decided = [replace(one, entry_id=one.entry_id or numbers[one.keys]) for one in plan.decisions]
        return replace(plan, decisions=tuple(decided))

    def require_unreplaced(self, connection: sa.Connection, *, follow: bool = False) -> None:
        """Make sure that the ledger is still the one that this process has counted in.

        Args:
            connection: To the ledger.
            follow: Whether to count what other machines have sent here as well: this one may be the first to start
                after a copy was put back.

        Raises:
            LedgerError: It was put back from a copy, or its tables were changed, while the program runs.
        """
        require_current(connection)
        if self._sidecar:
            written = self._sidecar.written
            counted = fence.read(connection)
            self._sidecar.require(counted, written)
            if follow and shared.is_shared(connection):
                with self._counting(self._sidecar):
                    self._sidecar.write(counted)

    def is_restored(self, feed: Feed) -> bool:
        """Tell whether a feed was not read since the ledger was put back from a copy."""
        with self.reading() as connection:
            return fence.is_restored(connection, feed.id)

    def live(self, entry_ids: Collection[int]) -> Sequence[int]:
        """Give those of the entries of which a post stands somewhere, in order."""
        with self.reading() as connection:
            return deliveries.live(connection, entry_ids)

    def newest(self, feed_id: str) -> datetime | None:
        """Give when a feed last had something new; None for one that never had."""
        with self.reading() as connection:
            return entries.newest(connection, feed_id)

    def touch(self, feed: Feed, validators: Validators, *, now: datetime) -> None:
        """Remember that the feed was polled and had nothing to say, until `write_polls` writes it."""
        self._polls.remember(feed, validators, unwritten_at=now)

    def write_polls(self) -> None:
        """Write the polls that had nothing to say, all at once; where there were none, nothing."""
        if self._polls.unwritten():
            with self.writing_polls():
                pass

    @contextmanager
    def writing_polls(self) -> Iterator[sa.Connection]:
        """Give a connection in one transaction, which writes the polls that had nothing to say as well."""
        polls = self._polls.unwritten()
        with self.writing() as connection:
            entries.see_polls(connection, polls)
            yield connection
        self._polls.written(polls)

    # -- deliveries ----------------------------------------------------------------------------------------------

    def recover(self, *, now: datetime) -> Sequence[str]:
        """End what processes that are gone have left: whoever holds the ledger alone knows that all others are.

        Where several work on it, only a lease that has run out is a sign of that.

        A row that was being published is uncertain by itself once its lease has run out; here that is written down, so
        that it can be told once, however long ago it was.

        Returns:
            The deliveries that were being published.
        """
        with self.writing() as connection:
            return deliveries.recover(connection, now=shared.moment(connection, now=now))

    def settled_by_people(self, *, since: datetime) -> Sequence[str]:
        """Give the deliveries that were uncertain until a person settled them, and are not uncertain again."""
        with self.reading() as connection:
            return deliveries.settled_by_people(connection, since=since)

    def wake_accounts(self) -> None:
        """End the rest of accounts that waited for a person: whoever calls has perhaps mended them."""
        with self.writing() as connection:
            leases.wake_accounts(connection)

    def due(self, *, now: datetime, strict: Sequence[str] = (), account_id: str | None = None) -> Sequence[Due]:
        """List deliveries whose time has come, to be sent or to be looked for on their account, oldest first.

        Of the accounts in `strict`, nothing comes before all that is older is settled. `account_id` leaves one only.
        """
        with self.reading() as connection:
            there = shared.moment(connection, now=now)
            return due.due(connection, now=there, strict=strict, account_id=account_id)

    def take_turn(self, name: str, every: timedelta, *, now: datetime) -> bool:
        """Take the turn at what is done once an interval, whoever does it; False when it was done within it."""
        with self.writing() as connection:
            return offers.take_turn(connection, name, every, now=shared.moment(connection, now=now))

    def is_turn(self, name: str, every: timedelta, *, now: datetime) -> bool:
        """Tell whether what is done once an interval is due."""
        with self.reading() as connection:
            return offers.is_turn(connection, name, every, now=shared.moment(connection, now=now))

    def offer(self, account_ids: Sequence[str], *, now: datetime) -> Sequence[str]:
        """Offer accounts to whoever works on them; gives those that nobody has, and that are not offered yet.

        An offer ends when somebody takes the account, or after a while: then it was lost.
        """
        with self.writing() as connection:
            return offers.offer(connection, account_ids, now=shared.moment(connection, now=now))

    def end_offer(self, account_id: str) -> None:
        """Take back what was offered and is not needed."""
        with self.writing() as connection:
            offers.end(connection, account_id)

    @contextmanager
    def alone_with_tables(self) -> Iterator[None]:
        """Let nobody else make or change tables in the ledger's database for the length of the block."""
        with self.writing() as connection:
            shared.one_at_a_time(connection, "migrations")
            yield

    def lease(self, lease: Lease, *, now: datetime) -> bool:
        """Take the account, unless somebody has it or it is at rest."""
        with self.writing() as connection:
            there, then = shared.by_its_clock(connection, lease, now=now)
            return leases.lease(connection, there, now=then)

    def release(self, lease: Lease) -> None:
        """Give the account back, if it is still ours."""
        with self.writing() as connection:
            leases.release(connection, lease)

    def load(self, delivery_id: str, *, now: datetime) -> Delivery | None:
        """Give a delivery that is due; None when it has moved on."""
        with self.reading() as connection:
            return deliveries.load(connection, delivery_id, now=shared.moment(connection, now=now))

    def spent(self, account_id: str, *, since: datetime) -> float:
        """Give what an account's posts have cost since a time, in US dollars; those that may be public count."""
        with self.reading() as connection:
            return attempts.spent(connection, account_id, since=since)

    def claim(
        self,
        delivery: Delivery,
        staged: Staged,
        lease: Lease,
        *,
        now: datetime,
        price_usd: float | None = None,
        sender: Sender | None = None,
    ) -> int | None:
        """Commit the intent with its exact payload, durably, and renew the lease; None when something has moved on.

        It is counted in the ledger with it, and beside the ledger after it.
        """
        with self.writing() as connection:
            there, _ = shared.by_its_clock(connection, lease, now=now)
            attempt = claiming.claim(connection, delivery, staged, there, now=now, price_usd=price_usd, sender=sender)
            if attempt is None:
                return None
            self.require_unreplaced(connection)
            counted = fence.advance(connection)
        if self._sidecar:
            try:
                with self._counting(self._sidecar):
                    self._sidecar.write(counted)
            except LedgerError as error:
                # Nothing has left this machine: not uncertain, but queued as before.
                given_up = Outcome(status=Status.QUEUED, reason=Reason.TRANSIENT, message=error.message)
                self.settle(delivery.id, attempt, given_up, now=now)
                raise
        return attempt

    def settle(self, delivery_id: str, attempt: int, outcome: Outcome, *, now: datetime) -> Settlement:
        """Write what the platform answered."""
        with self.writing() as connection:
            return attempts.settle(connection, delivery_id, attempt, outcome, now=now)

    def sent_since(self, account_id: str, *, since: datetime, now: datetime) -> Sequence[datetime]:
        """Give when posts were sent on an account between two times, those that may be public included."""
        with self.reading() as connection:
            return attempts.sent_since(connection, account_id, since=since, now=now)

    def postpone(self, delivery_id: str, outcome: Outcome, *, now: datetime) -> None:
        """Write why a queued delivery was not attempted: later, or held."""
        with self.writing() as connection:
            deliveries.postpone(connection, delivery_id, outcome, now=now)

    def calm(self, delivery_id: str) -> None:
        """Write that a delivery is urgent no more."""
        name = name_of(delivery_id)
        with self.writing() as connection:
            deliveries.weigh_anew(connection, name.entry_id, name.account_id, is_urgent=False)

    def hold_draft(self, delivery: Delivery, draft: Draft, outcome: Outcome, *, now: datetime) -> bool:
        """Let a delivery wait for a person with exactly what would be sent; False when it has moved on."""
        with self.writing() as connection:
            return drafts.hold(connection, delivery, draft, outcome, now=now)

    def awaiting_approval(self) -> Sequence[str]:
        """Name the deliveries that wait until a person lets their text out, oldest first."""
        with self.reading() as connection:
            return drafts.waiting(connection)

    def newest_drafts(self) -> Mapping[str, datetime]:
        """Give when the newest draft of each city was made, whatever became of it."""
        with self.reading() as connection:
            return drafts.newest(connection)

    # -- what stands on the accounts -------------------------------------------------------------------------------

    def settle_read(self, delivery: Delivery, outcome: Outcome, *, now: datetime) -> bool:
        """Write what reading the account back means for an uncertain delivery; False when it has moved on."""
        with self.writing() as connection:
            return reading_back.settle(connection, delivery, outcome, now=shared.moment(connection, now=now))

    def known_posts(self, account_id: str) -> KnownPosts:
        """Give what is known to stand on an account."""
        with self.reading() as connection:
            return reading_back.known_posts(connection, account_id)

    def see(self, account_id: str, posts: Sequence[Standing], *, now: datetime) -> None:
        """Remember posts that were seen on an account and are no delivery's."""
        with self.writing() as connection:
            reading_back.see(connection, account_id, posts, now=now)

    def unread(self, *, now: datetime) -> Sequence[str]:
        """Name the accounts that must be read back before anything is sent, and are not at rest."""
        with self.reading() as connection:
            return reading_back.unread(connection, now=now)

    def mark_read(self, account_id: str) -> None:
        """Write that an account was read back."""
        with self.writing() as connection:
            reading_back.read(connection, account_id)

    def restored(self, account_id: str, *, now: datetime) -> Sequence[Delivery]:
        """Give the deliveries of an account of which a ledger that was put back does not know what became."""
        with self.reading() as connection:
            return deliveries.held(connection, account_id, Reason.RESTORED, now=now)

    def take_over(self, delivery: Delivery, standing: Standing, *, now: datetime) -> bool:
        """Write that a post is that of a delivery which waits for a person; False when it has moved on."""
        with self.writing() as connection:
            return reading_back.take_over(connection, delivery, standing, now=now)

    def rest(self, account_id: str, outcome: Outcome) -> None:
        """Let an account rest, where an outcome says so."""
        with self.writing() as connection:
            leases.let_rest(connection, account_id, outcome)

    def edited(self) -> Sequence[Edited]:
        """List the news that was edited since it was last decided about."""
        with self.reading() as connection:
            return editions.edited(connection)

    def propose(self, edited: Edited, corrections: Sequence[Correction], *, now: datetime) -> Sequence[Correction]:
        """Write that it was decided about edited news, and what; gives what was written."""
        with self.writing() as connection:
            return editions.propose(connection, edited, corrections, now=now)

    def steps(self, delivery: Delivery, *, now: datetime) -> Mapping[str, str]:
        """Give what was done for a delivery and need not be repeated: the platform's ids, by what was done."""
        with self.reading() as connection:
            return steps.load(connection, delivery, now=now)

    def save_step(self, delivery: Delivery, name: str, value: str, *, now: datetime) -> None:
        """Remember one more."""
        with self.writing() as connection:
            steps.save(connection, delivery, name, value, now=now)

    def forget_steps(self, delivery: Delivery) -> None:
        """Let all be done anew."""
        with self.writing() as connection:
            steps.forget(connection, delivery)

    # -- transactions --------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection in one transaction that only reads."""
        with self._transaction(self._reader) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection in one transaction that may write; committed at the end of the block."""
        with self._transaction(self._writer) as connection:
            yield connection

    @contextmanager
    def _transaction(self, engine: sa.Engine) -> Iterator[sa.Connection]:
        """Give a transaction of this engine, or that of the thread which is alone on a site."""
        with self._translated():
            if self._work.connection is not None:
                yield self._work.connection
                return
            with engine.begin() as connection:
                events.begin(connection)
                yield connection
                events.write(connection)

    @contextmanager
    def _counting(self, sidecar: Sidecar) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LedgerError(
                say(
                    "the file {path!r}, which tells an old ledger from the newest, cannot be used: {cause}; look at the"
                    " disk's space and the file's owner",
                    path=str(sidecar.path),
                    cause=error,
                )
            ) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            if isinstance(self.place, Path):
                # A connection that was opened while the disk was read-only would stay so after it is mended.
                close_all(self._engine)
            raise _unusable(self.place, cause) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(say("cannot make the folder {path!r}: {cause}", path=str(folder), cause=error)) from error


def _unusable(place: Path | DatabaseAddress, cause: BaseException | None) -> LedgerError:
    if isinstance(place, Path):
        return LedgerError(explained(cause, place))
    words = redactor(secret.reveal() for secret in place.secrets())(" ".join(str(cause).split()))
    return LedgerError(
        say(
            "the ledger {path!r} cannot be used: {cause}; look whether the database server runs, knows this user and"
            " its password, and has room",
            path=str(place),
            cause=words,
        )
    )


def _numbered(plan: Plan, numbers: Mapping[tuple[str, ...], int]) -> list[Shown]:
    """Give the window with the numbers of all its entries."""
    keys = {decision.entry.mark: decision.keys for decision in plan.decisions}
    return [
        shown if shown.entry_id is not None else replace(shown, entry_id=numbers[keys[shown.mark]])
        for shown in plan.window
    ]
