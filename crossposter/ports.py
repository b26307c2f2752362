"""What the service needs from the world; implemented in feeds/, media/, ledger/, adapters/ and clock.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from crossposter.core.examination import Examination
from crossposter.core.model import (
    Account,
    Article,
    Delivery,
    Entry,
    Feed,
    Fit,
    Identity,
    Known,
    Limits,
    Outcome,
    Picture,
    PictureLimits,
    PictureRef,
    Post,
    Receipt,
    Validators,
)

if TYPE_CHECKING:
    from crossposter.core.alerting import Change, Fate, Matter, Outbox, Pending
    from crossposter.core.correcting import Correction, Edited
    from crossposter.core.digest import Summary
    from crossposter.core.draft import Draft
    from crossposter.core.pausing import Changes, Pause, Sign
    from crossposter.core.planning import Plan
    from crossposter.core.timeline import Standing, Timeline
    from crossposter.core.waiting import Urgency
    from crossposter.core.window import Shown


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the time as aware UTC."""

    def elapsed(self) -> float:
        """Give the seconds since some moment: never set back, and going on while the machine sleeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A feed's answer.

    Attributes:
        entries: Those that were read, newest first as a rule; None when the feed was not modified.
        validators: What its server wants to hear next time.
        unread: What else the feed shows, as its last window did; nothing of it has a key of these entries.
    """

    entries: tuple[Entry, ...] | None
    validators: Validators
    unread: tuple[Shown, ...] = ()


def no_window() -> Sequence[Shown]:
    """Give the window of a feed that is to be read whole."""
    return ()


class FeedSource(Protocol):
    """Reads feeds."""

    def fetch(self, feed: Feed, validators: Validators, window: Callable[[], Sequence[Shown]] = no_window) -> Fetched:
        """Fetch and read, except for what stands there as it stood in the last window.

        The window is asked for only when something changed.

        Raises:
            FeedError: The feed could not be fetched, is no feed, or is empty.
        """


class PictureSource(Protocol):
    """Fetches and prepares pictures."""

    def prepare(self, ref: PictureRef, *, limits: Limits, alt: str, fit: Fit = Fit.PAD) -> Picture:
        """Give the picture as the platform accepts it.

        Raises:
            PictureError: It cannot be had, or is no picture.
        """

    def card(self, headline: str, *, date: str, limits: Limits) -> Picture:
        """Draw a picture for news that has none; `date` as the reader reads it, or empty.

        Raises:
            PictureError: It cannot be drawn: the city's logo cannot be read.
        """


class ArticleSource(Protocol):
    """Reads the pages behind news items."""

    def read(self, entry: Entry, feed: Feed, *, wants_text: bool) -> Article | None:
        """Give what the article's page says; None where there is no such page (any more).

        Args:
            entry: Whose page.
            feed: Whose language, encoding and hosts hold.
            wants_text: Whether its main text is looked for, or its picture alone.

        Raises:
            ArticleError: The page cannot be had at the moment.
        """


class PictureStore(Protocol):
    """Keeps prepared pictures by their content: what was sent once is what is sent again."""

    def put(self, content: bytes) -> str:
        """Keep some bytes, durably; gives their SHA-256 in hexadecimal.

        Raises:
            LedgerError: They cannot be written.
        """

    def get(self, sha256: str) -> bytes | None:
        """Give the bytes; None where they are not there, or are not those any more."""


class PublicPictures(Protocol):
    """Addresses of pictures for platforms that fetch them themselves; each is looked at before it is given."""

    def offer(self, picture: Picture) -> str:
        """Make a picture public for a while, and give its address.

        Raises:
            AccountError: What should make it public does not, and a person must mend that.
            TransientError: It does not at the moment.
        """

    def of_feed(self, picture: Picture, *, limits: PictureLimits) -> str:
        """Give the address at which the feed has it, if what stands there fits the limits without preparation.

        Raises:
            RejectedError: It does not, or the picture is drawn.
            TransientError: It cannot be had at the moment.
        """

    def withdraw(self, url: str) -> None:
        """End what `offer` began; an address of somebody else stays as it is."""

    def probe(self) -> None:
        """Offer a picture of nothing, look at it, and withdraw it.

        Raises:
            AccountError: A person must mend what should make it public.
            TransientError: It cannot be looked at at the moment.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A post whose repeatable steps are done: only the one public call is left."""

    post: Post
    #: The platform's ids of the uploaded pictures, in the post's order; or its one id of the post that is ready.
    media_ids: tuple[str, ...] = ()


class Steps(Protocol):
    """What was done for a post in an earlier try and need not be repeated; each is kept as soon as it is done."""

    def once(self, name: str, do: Callable[[], str]) -> str:
        """Give the platform's id of what was done under this name; where it was not, do it."""


class Adapter(Protocol):
    """One account on its platform.

    Raises nothing but the four kinds of PublishError, and UncertainError only where something may have become public,
    or other than it was: from `publish`, `reply`, `edit` and `retract`. What an account `can` is said beforehand
    (`Options.can`). (From `stage` where what an earlier try has left behind turns out to be public.)
    """

    def verify(self) -> Identity:
        """Ask the platform whose account this is; sends one request and changes nothing."""

    def examine(self) -> Examination:
        """Ask for all that the platform tells of the account and its keys; a few requests, and changes nothing.

        What is refused or lost stands in the answer, beside what was learned nevertheless.
        """

    def stage(self, post: Post, steps: Steps) -> Staged:
        """Upload the pictures: safe to repeat, nothing becomes public; what an earlier try has done is used again."""

    def publish(self, staged: Staged) -> Receipt:
        """Make the post public: exactly one request, never repeated by anything below.

        Raises:
            UncertainError: The request may have been carried out.
        """

    def timeline(self, *, limit: int, of: Sequence[str] = (), replies: bool = False) -> Timeline:
        """Read the account's newest posts; `of` are the ids of a staged post whose fate is asked for.

        Args:
            limit: How many, at most; a platform may give fewer. One request.
            of: Where the platform keeps a record of it, it is asked for that as well.
            replies: Whether the account's answers are listed as well, where there are some.
        """

    def edit(self, remote_id: str, post: Post) -> None:
        """Give a post the words of another one; exactly one request, which may be made again.

        Raises:
            UncertainError: The request may have been carried out.
        """

    def reply(self, staged: Staged, remote_id: str) -> Receipt:
        """Answer a post of the account; otherwise as `publish`."""

    def retract(self, remote_id: str) -> None:
        """Delete a post; exactly one request, which may be made again.

        Raises:
            UncertainError: The request may have been carried out.
        """

    def look_up(self, remote_id: str) -> Standing | None:
        """Read one post; None where the platform says that there is none. One request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A delivery whose time has come; or an account that must be read back before anything else (no delivery)."""

    account_id: str
    delivery_id: str | None
    #: Whether a further post comes of it; else its account is to be looked at, or something on it mended or taken away.
    is_to_send: bool = True
    #: Whether it goes before others, whatever the account's pace.
    is_urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on an account until a time; `holder` is unique to the process."""

    account_id: str
    holder: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """As whom a post is sent: kept with the attempt."""

    #: The account's own at the platform, as the YAML pins it.
    platform_id: str
    #: A short form of the YAML.
    configuration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPosts:
    """What is known to stand on an account.

    Attributes:
        ours: When each post of a delivery was published, by the platform's id.
        others: When each other post was first seen.
        unlisted: Those of ours that no list of the account shows: deleted ones, and replies.
    """

    ours: Mapping[str, datetime]
    others: Mapping[Standing, datetime]
    unlisted: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """Give the platform's ids of all of them."""
        return frozenset({*self.ours, *(one.remote_id for one in self.others)})

    def control(self, moment: datetime) -> frozenset[str]:
        """Give the ids of posts of which a list must show one to say anything of a later one than this moment.

        That is the newest of ours from before: a list without it lags, or a person has deleted it. Where there is none
        of ours, any other that was seen before.
        """
        ours = {name: at for name, at in self.ours.items() if at < moment and name not in self.unlisted}
        if ours:
            newest = max(ours.values())
            return frozenset(remote_id for remote_id, at in ours.items() if at == newest)
        return frozenset(one.remote_id for one, at in self.others.items() if at < moment)


class Settlement(Enum):
    """What became of the answer to an attempt."""

    WRITTEN = auto()
    #: The delivery was sent again meanwhile: it stands twice.
    ORPHAN = auto()
    #: The delivery has moved on; the answer says nothing that matters.
    REPLACED = auto()


class Ledger(Protocol):
    """The durable record. Every method that changes something is one transaction, except `touch`."""

    def validators(self, feed: Feed) -> Validators | None:
        """Give what the feed's server wants to hear; None for a feed never seen on its site."""

    def window(self, feed: Feed) -> Sequence[Shown]:
        """Give what need not be read again of what the feed shows; empty for a feed never seen on its site."""

    def alone_on(self, site: str) -> AbstractContextManager[None]:
        """Let nobody else decide about the site's news for the length of the block: from `known` to `record`."""

    def known(self, feed: Feed, keys: Sequence[str]) -> Mapping[str, Known]:
        """Give those of the keys that were seen on the feed's site, with what is known of their entry."""

    def record(
        self, feed: Feed, plan: Plan, validators: Validators, *, accounts: Sequence[Account], now: datetime
    ) -> Plan:
        """Write a plan: entries, keys and deliveries to the feed's accounts; and that the feed was seen.

        Returns:
            The plan with the ledger's number of every entry.
        """

    def is_restored(self, feed: Feed) -> bool:
        """Tell whether a feed was not read since the ledger was put back from a copy."""

    def live(self, entry_ids: Collection[int]) -> Sequence[int]:
        """Give those of the entries of which a post stands somewhere, in order."""

    def newest(self, feed_id: str) -> datetime | None:
        """Give when a feed last had something new; None for one that never had."""

    def touch(self, feed: Feed, validators: Validators, *, now: datetime) -> None:
        """Remember that the feed was polled and had nothing to say, until `write_polls` writes it."""

    def write_polls(self) -> None:
        """Write the polls that had nothing to say."""

    def recover(self, *, now: datetime) -> Sequence[str]:
        """End what processes that are gone have left; the caller holds the ledger alone.

        Returns:
            The deliveries that were being published; they are uncertain.
        """

    def settled_by_people(self, *, since: datetime) -> Sequence[str]:
        """Give the deliveries that were uncertain until a person settled them, and are not uncertain again."""

    def wake_accounts(self) -> None:
        """End the rest of accounts that waited for a person: whoever calls has perhaps mended them."""

    def due(self, *, now: datetime, strict: Sequence[str] = (), account_id: str | None = None) -> Sequence[Due]:
        """List deliveries whose time has come, to be sent or to be looked for: urgent ones first, then by age.

        Of the accounts in `strict`, nothing comes before all that is older is settled; what is urgent does.
        `account_id` leaves one only.
        """

    def lease(self, lease: Lease, *, now: datetime) -> bool:
        """Take the account, unless somebody has it or it is at rest; one that keeps to its pace may be looked at."""

    def release(self, lease: Lease) -> None:
        """Give the account back, if it is still ours."""

    def load(self, delivery_id: str, *, now: datetime) -> Delivery | None:
        """Give a delivery that is due; None when it has moved on, or is paused."""

    def spent(self, account_id: str, *, since: datetime) -> float:
        """Give what an account's posts have cost since a time, in US dollars; those that may be public count."""

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
        """Commit the intent with its exact payload, durably, and renew the lease until `lease.until`.

        None when the row, its news or the lease has moved on, or a pause was written before.

        Returns:
            The attempt's number: the fence of `settle`.
        """

    def settle(self, delivery_id: str, attempt: int, outcome: Outcome, *, now: datetime) -> Settlement:
        """Write what the platform answered."""

    def settle_read(self, delivery: Delivery, outcome: Outcome, *, now: datetime) -> bool:
        """Write what reading the account back means for an uncertain delivery; False when it has moved on."""

    def known_posts(self, account_id: str) -> KnownPosts:
        """Give what is known to stand on an account."""

    def see(self, account_id: str, posts: Sequence[Standing], *, now: datetime) -> None:
        """Remember posts that were seen on an account and are no delivery's."""

    def unread(self, *, now: datetime) -> Sequence[str]:
        """Name the accounts that must be read back before anything is sent, and are not at rest."""

    def mark_read(self, account_id: str) -> None:
        """Write that an account was read back."""

    def restored(self, account_id: str, *, now: datetime) -> Sequence[Delivery]:
        """Give the deliveries of an account of which a ledger that was put back does not know what became."""

    def take_over(self, delivery: Delivery, standing: Standing, *, now: datetime) -> bool:
        """Write that a post is that of a delivery which waits for a person; False when it has moved on."""

    def rest(self, account_id: str, outcome: Outcome) -> None:
        """Let an account rest, where an outcome says so."""

    def sent_since(self, account_id: str, *, since: datetime, now: datetime) -> Sequence[datetime]:
        """Give when posts were sent on an account between two times, those that may be public included."""

    def edited(self) -> Sequence[Edited]:
        """List the news that was edited since it was last decided about, with its posts that stand."""

    def propose(self, edited: Edited, corrections: Sequence[Correction], *, now: datetime) -> Sequence[Correction]:
        """Write that it was decided about edited news, and what; gives what was written.

        Nothing is where that was done meanwhile, or where a person has decided about it.
        """

    def steps(self, delivery: Delivery, *, now: datetime) -> Mapping[str, str]:
        """Give what was done for a delivery and need not be repeated: the platform's ids, by what was done."""

    def save_step(self, delivery: Delivery, name: str, value: str, *, now: datetime) -> None:
        """Remember one more."""

    def forget_steps(self, delivery: Delivery) -> None:
        """Let all be done anew."""

    def postpone(self, delivery_id: str, outcome: Outcome, *, now: datetime) -> None:
        """Write why a queued delivery was not attempted: later, or held."""

    def calm(self, delivery_id: str) -> None:
        """Write that what waits of a delivery's news on its account is urgent no more."""

    def hold_draft(self, delivery: Delivery, draft: Draft, outcome: Outcome, *, now: datetime) -> bool:
        """Let a delivery wait for a person with exactly what would be sent; False when it has moved on."""

    def awaiting_approval(self) -> Sequence[str]:
        """Name the deliveries that wait until a person lets their text out, oldest first."""

    def newest_drafts(self) -> Mapping[str, datetime]:
        """Give when the newest draft of each city was made, whatever became of it."""

    def polled_at(self, feed: Feed) -> datetime | None:
        """Give when the feed was last read with success; None where it never was."""

    def urgency(self, account_id: str, *, since: datetime, now: datetime) -> Urgency:
        """Tell what is urgent on an account, and when the last urgent post was sent there since a time."""

    def pauses(self) -> Sequence[Pause]:
        """List the pauses that hold, oldest first."""

    def ended_pauses(self, *, since: datetime) -> Sequence[Pause]:
        """List the pauses that have ended since a time, oldest first."""

    def keep_pauses(self, changes: Changes, *, now: datetime) -> None:
        """Write which pauses have ended, holding what came due under them; and that of a file which has begun."""

    def last_sign(self) -> datetime | None:
        """Give when the program was surely at work last, not counting what people did; None where nothing is known."""

    def hold_backlog(self, accounts: Collection[str], *, since: datetime, now: datetime) -> int:
        """Hold what is due on accounts for which nobody was at work since a time; give of how many posts."""

    def backlog(self) -> Mapping[str, int]:
        """Count what is held as a backlog, by account."""

    def take_turn(self, name: str, every: timedelta, *, now: datetime) -> bool:
        """Take the turn at what is done once an interval, whoever does it; False when it was done within it."""

    def offer(self, account_ids: Sequence[str], *, now: datetime) -> Sequence[str]:
        """Offer accounts to whoever works on them; gives those that nobody has, and that are not offered yet.

        An offer ends when somebody takes the account, or after a while: then it was lost.
        """

    def end_offer(self, account_id: str) -> None:
        """Take back what was offered and is not needed."""


class StopSign(Protocol):
    """A file that stops all sending, whoever puts it there."""

    @property
    def place(self) -> str:
        """Give the file's path, with its machine."""

    def is_up(self) -> bool:
        """Tell whether it is there, or may be."""

    def read(self) -> Sign | None:
        """Give what it says; None where it is not there."""


class Engine(Protocol):
    """Carries work to whoever does it. It may lose, repeat or delay any of it: what is due stands in the ledger."""

    def start(self) -> None:
        """Make ready.

        Raises:
            LedgerError: What it works with is not there.
        """

    def poll(self, feed: Feed, here: Callable[[], None]) -> None:
        """Have a feed polled; `here` does it in this process, on the calling thread."""

    def deliver(
        self, lanes: Sequence[Sequence[Due]], here: Callable[[Sequence[Due], Callable[[], bool]], None]
    ) -> None:
        """Have each account's deliveries tried, and return at once; what finds no place is brought again.

        `here` does it in this process, until what it is given says that it is to stop.
        """

    def clean(self) -> None:
        """Remove what the dead have left; called now and then.

        Raises:
            LedgerError: It cannot be done at the moment.
        """

    def busy(self) -> list[str]:
        """Name the accounts that this process works on."""

    def stop(self, timeout_s: float) -> bool:
        """Take no more work and let what is in hand here end; False when the time ran out first."""


class Storage(Protocol):
    """Where the ledger is kept."""

    def free_bytes(self) -> int | None:
        """Give the room on its disk; None where the system does not say."""

    def try_writing(self) -> None:
        """Make sure that the ledger can be written, without writing.

        Raises:
            LedgerError: It cannot.
        """


class Heartbeat(Protocol):
    """The daemon's sign of life."""

    def start(self, *, now: datetime) -> datetime | None:
        """Write that this process is the daemon from now on.

        Returns:
            The last sign of life of the one before, where that did not end by itself.
        """

    def beat(self, *, now: datetime) -> None:
        """Write that it lives, and the polls that had nothing to say."""

    def end(self, *, now: datetime) -> None:
        """Write that it ends by itself."""


class AlertBook(Protocol):
    """Remembers alerts: what people were told of, and what they have not got yet; of all processes on the ledger.

    Every method is one transaction, and those that write do so one after the other.

    Raises:
        LedgerError: It cannot be read or written.
    """

    def forget(self, *, now: datetime) -> None:
        """Forget what is long over."""

    def matters(self, keys: Collection[str] | None = None) -> Mapping[str, Matter]:
        """Give the matters that have not ended, by their keys; all of them, or those of the keys."""

    def change(
        self, keys: Collection[str], decide: Callable[[Mapping[str, Matter], datetime], Change], *, now: datetime
    ) -> Sequence[Pending]:
        """Write what is decided about the matters as they stand, while nobody else decides.

        Args:
            keys: Of the matters that it is decided about.
            decide: Is given those of them that have not ended, and the time by the clock that alerts go by.
            now: The time by this machine's clock.

        Returns:
            The alerts that were decided, with their numbers.
        """

    def outbox(self, *, now: datetime) -> Outbox:
        """Give what waits."""

    def take(self, target: str, choose: Callable[[Outbox], Sequence[Pending]], *, now: datetime) -> Sequence[Pending]:
        """Leave to the caller, for as long as sending takes, what it chooses of that which waits for a target.

        Returns:
            The chosen, as they are when taken.
        """

    def postpone(self, again: Sequence[Pending], *, now: datetime) -> None:
        """Write until when alerts wait that were taken and not sent, unless another process has taken them since."""

    def end(self, pending: Sequence[Pending], fate: Fate, *, now: datetime) -> None:
        """Write that nothing is to be sent of them any more, where that is not written yet."""

    def summary(self, *, since: datetime, now: datetime, city: str = "") -> Summary:
        """Count what was published, and list what waits for a person; of one city's accounts where one is named."""
