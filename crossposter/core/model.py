"""The values that travel through crossposter. The words are those of docs/architecture.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from crossposter.core.budget import Budget
from crossposter.core.chrome import Chrome
from crossposter.core.cutting import Weigh, by_length
from crossposter.core.kinds import DeliveryName, Kind
from crossposter.core.schedule import Times
from crossposter.wording import Message, say

if TYPE_CHECKING:
    from crossposter.core.approval import ApprovalRule
    from crossposter.core.counting import Link
    from crossposter.core.draft import Approval, Draft


class Status(StrEnum):
    """Where a delivery stands."""

    #: Waits for its turn, not before `not_before`.
    QUEUED = "queued"
    #: The public call is being made right now, under a lease.
    PUBLISHING = "publishing"
    #: Confirmed by the platform.
    PUBLISHED = "published"
    #: The answer was lost: the post may be public. Never sent again blindly.
    UNCERTAIN = "uncertain"
    #: Waits for a person.
    HELD = "held"
    #: The platform will never accept this post.
    FAILED = "failed"
    #: Decided not to publish.
    SKIPPED = "skipped"


class AccountState(StrEnum):
    """How an account stands."""

    OK = "ok"
    #: The platform asked to wait; it goes on by itself.
    COOLING = "cooling"
    #: A person must act.
    STOPPED = "stopped"
    #: The month's money is spent, or what was paid for at the platform.
    SPENT = "spent"


class Reason(StrEnum):
    """Why a delivery is skipped, held, failed, uncertain, or queued again."""

    BASELINE = "baseline"
    KNOWN = "known"
    FLOOD = "flood"
    STALE = "stale"
    KEY_CONFLICT = "key_conflict"
    SAME_WORDS = "same_words"
    NO_IDENTITY = "no_identity"
    UNROUTED = "unrouted"
    DROPPED = "dropped"
    GATE = "gate"
    BUDGET = "budget"
    NO_PICTURE = "no_picture"
    ALT = "alt"
    TOO_LONG = "too_long"
    REJECTED = "rejected"
    ACCOUNT = "account"
    CREDIT = "credit"
    TRANSIENT = "transient"
    PICTURE = "picture"
    ARTICLE = "article"
    DEFECT = "defect"
    UNREACHABLE = "unreachable"
    ALREADY_POSTED = "already_posted"
    UNKNOWN = "unknown"
    ABSENT = "absent"
    RESTORED = "restored"
    LOST_ANSWER = "lost_answer"
    INTERRUPTED = "interrupted"
    ORPHAN = "orphan"
    #: Of an account alone.
    USED_UP = "used_up"
    PACE = "pace"
    #: Of corrections and withdrawals.
    BY_HAND = "by_hand"
    STILL_STANDS = "still_stands"
    REPOSTED = "reposted"
    WITHDRAWN = "withdrawn"
    CORRECTION = "correction"
    SUPERSEDED = "superseded"
    APPROVAL = "approval"
    BY_PERSON = "by_person"
    REVISED = "revised"
    DELAY = "delay"
    QUIET = "quiet"
    SILENCE = "silence"
    ELECTION = "election"
    PAUSED = "paused"
    BACKLOG = "backlog"
    BEHIND_URGENT = "behind_urgent"
    BEHIND_OLDER = "behind_older"
    FORGOTTEN = "forgotten"

    @property
    def message(self) -> Message:
        """Say the reason in a sentence."""
        return _SENTENCES[self]


#: Why an account rests until a person acts; all else ends by itself.
NEEDS_PERSON = frozenset({Reason.ACCOUNT, Reason.CREDIT})

_SENTENCES = {
    Reason.BASELINE: say("stood in the feed when it was first seen; old news is not published"),
    Reason.KNOWN: say("was seen before"),
    Reason.FLOOD: say("too many news are new at once; perhaps the site changed, and these are old"),
    Reason.STALE: say("is older than holds.older_than; late news is not posted unasked"),
    Reason.KEY_CONFLICT: say("its id belongs to another item; the site may have used it twice"),
    Reason.SAME_WORDS: say("says word for word what an item before it said; perhaps it only moved"),
    Reason.NO_IDENTITY: say("the feed gives this item neither an id nor a link; it could be posted twice"),
    Reason.UNROUTED: say("the YAML no longer sends news of its feed to this account"),
    Reason.DROPPED: say("a person decided against it"),
    Reason.FORGOTTEN: say("nobody had decided about it when its words were removed, as the YAML's retention says"),
    Reason.BUDGET: say("the account's money for this month is spent"),
    Reason.GATE: say("not as the city would sign it; a person must look"),
    Reason.ALT: say("the picture has no description of its own, and this account asks for one (alt: required)"),
    Reason.NO_PICTURE: say("this platform needs a picture and the news has none that can be used"),
    Reason.TOO_LONG: say("does not fit into this platform's limit"),
    Reason.REJECTED: say("the platform refused this post"),
    Reason.ACCOUNT: say("the account cannot be used until a person acts"),
    Reason.CREDIT: say("what was paid for at the platform is used up"),
    Reason.TRANSIENT: say("surely not published; will be tried again"),
    Reason.PICTURE: say("the picture cannot be had at the moment; will be tried again"),
    Reason.ARTICLE: say("the article's page cannot be had at the moment; will be tried again"),
    Reason.DEFECT: say("crossposter failed over it (see the log); will be tried again"),
    Reason.RESTORED: say("the ledger was put back from a copy: this may be on the account already, look there"),
    Reason.UNREACHABLE: say("was tried too often without success; a person must look"),
    Reason.ALREADY_POSTED: say("somebody has posted this news on the account already"),
    Reason.UNKNOWN: say("may be public or not, and the account's own list does not tell; a person must look"),
    Reason.ABSENT: say("is not on the account, as two looks have shown; is sent once more"),
    Reason.LOST_ANSWER: say("the answer was lost; the post may be public, crossposter looks at the account"),
    Reason.INTERRUPTED: say(
        "the program stopped while publishing; the post may be public, crossposter looks at the account"
    ),
    Reason.ORPHAN: say("stands on the account twice: an answer came so late that it was sent again"),
    Reason.USED_UP: say("the platform takes nothing more for now, as it said itself"),
    Reason.PACE: say("has posted as fast as its pace in the YAML allows"),
    Reason.BY_HAND: say(
        "this way to the platform cannot do it: a person does, in the app or on the platform's site, and then says so"
        " (crossposter settle ID --absent)"
    ),
    Reason.STILL_STANDS: say("is on the account as it was; will be tried again"),
    Reason.CORRECTION: say("the news was edited after it had gone out; a person decides about a correction"),
    Reason.SUPERSEDED: say("the news was edited once more, or its post taken away, before this correction was made"),
    Reason.REPOSTED: say("the old post is deleted; the new one goes out at once"),
    Reason.APPROVAL: say("a person must let this text out: this account asks for it (approval in the YAML)"),
    Reason.WITHDRAWN: say("this story was taken down elsewhere; a person decides whether it goes out here"),
    Reason.BY_PERSON: say("a person has held it"),
    Reason.REVISED: say("the news was changed after a person wrote this text: look at both"),
    Reason.DELAY: say("may still be corrected on the site (delay in the YAML)"),
    Reason.QUIET: say("waits for the end of the quiet hours"),
    Reason.SILENCE: say("waits for the end of a silence"),
    Reason.ELECTION: say("an election period: only what the YAML allows goes out by itself; a person decides"),
    Reason.PAUSED: say("a person has paused it"),
    Reason.BACKLOG: say("came due while nothing was sent; a person decides whether it is still news"),
    Reason.BEHIND_OLDER: say("waits until what is older is settled (order: strict)"),
    Reason.BEHIND_URGENT: say("waits behind urgent news"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRef:
    """A picture as the feed names it."""

    url: str
    #: The feed's own description; None where it gives none.
    alt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What the page behind a news item says."""

    #: Its main text, as plain text; empty where none was found.
    text: str
    #: The picture that the page names as its own; None where it names none that can be used.
    picture: PictureRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A prepared picture: exactly the bytes that are sent."""

    #: Where it came from; empty for a drawn card.
    url: str
    content: bytes
    sha256: str
    width: int
    height: int
    alt: str
    #: Whether the description is made of the headline, for want of one that describes the picture.
    alt_is_derived: bool = False
    media_type: str = "image/jpeg"

    @property
    def is_card(self) -> bool:
        """Tell whether it was drawn for want of a real one."""
        return not self.url


class Fit(StrEnum):
    """How a picture of another shape comes into the ratio that a platform wants."""

    #: Whole, on a ground: nothing of a text or a face is lost.
    PAD = "pad"
    #: Its middle.
    CROP = "crop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """How the city looks: on drawn cards, and around padded pictures."""

    name: str
    #: `#rrggbb`.
    colour: str
    #: The path of a picture file (PNG, JPEG, WebP); None for none.
    logo: str | None = None
    #: Black and white, for days of mourning.
    mourning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One news item of a feed, as plain text."""

    #: Strong identity keys, unique within the feed's site: `guid:...`, `link:...`, `id:...`; see core/identity.py.
    keys: tuple[str, ...]
    title: str
    #: Absolute http(s) address of the article; None where the feed gives none.
    link: str | None
    summary: str
    #: Paragraphs separated by one empty line; may be empty.
    text: str
    #: BCP 47.
    language: str
    #: Aware UTC; None where the feed's date cannot be trusted.
    published: datetime | None
    pictures: tuple[PictureRef, ...] = ()
    categories: tuple[str, ...] = ()
    #: A short form of the bytes that it was read from (core/window.py); None where they do not say it all.
    mark: str | None = None

    @property
    def id(self) -> str:
        """Give the first key without its kind: what the feed itself calls the entry."""
        return self.keys[0].partition(":")[2] if self.keys else self.title


class LinkPlace(StrEnum):
    """Where a platform shows the link to the article."""

    #: On a line of its own at the end of the text.
    TEXT = "text"
    #: In a field of its own (a card) when there is no picture; in the text otherwise.
    CARD = "card"
    #: Nowhere: links are not clickable there.
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimits:
    """What a platform accepts as a picture."""

    max_bytes: int
    #: Pixels.
    max_width: int
    min_width: int = 1
    #: Width divided by height; None where any ratio is accepted.
    ratio: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a platform accepts; usable without credentials and without its client library."""

    max_length: int
    #: Counts a text by the platform's own rule.
    measure: Callable[[str], int]
    link: LinkPlace
    #: How a post looks unless the YAML says otherwise; see core/templates.py.
    template: str
    max_pictures: int
    needs_picture: bool
    #: Characters.
    max_alt_length: int
    picture: PictureLimits
    #: Weighs every beginning of a text without links, by the same rule.
    weigh: Weigh = by_length
    #: Whether it makes links of whatever looks like one, and what it would link.
    find_links: Callable[[str], Sequence[Link]] | None = None
    #: None where there is no such limit.
    max_hashtags: int | None = None
    #: So long a post that was accepted may not be seen in the account's own list; a guess on the long side until it was
    #: measured on the platform.
    seen_within: timedelta = timedelta(minutes=2)
    #: Whether that list leaves nothing out.
    lists_all: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An entry rendered for one account: exactly what is sent."""

    text: str
    #: Sent in a field of its own; None where the link stands in the text or nowhere.
    link: str | None
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """When news waits for a person although nothing is wrong with its words."""

    #: More news than this at once are held; None for never.
    new_entries_over: int | None = 5
    #: News older than this is held; None for never.
    older_than: timedelta | None = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source that is polled."""

    id: str
    url: str
    language: str
    #: Feeds of one city share a site, so that an item in two of them is one entry.
    site: str
    #: Identifiers of the accounts that its entries go to.
    accounts: tuple[str, ...]
    #: A regular expression whose groups, joined, identify an article in its link; None for none.
    id_pattern: str | None
    #: IANA zone for dates without one.
    timezone: str
    #: Between two polls.
    every: timedelta
    #: After so long without anything new, on working days, somebody is told; None for never.
    silent_after: timedelta | None = None
    #: The encoding of documents that are neither UTF-8 nor say what else they are; None for the usual guess.
    encoding_fallback: str | None = None
    #: Whether the article's page is read for what the feed lacks: the text behind a teaser, a picture.
    article: bool = False
    #: Where its links may lead, with their subdomains; empty for anywhere.
    allowed_hosts: tuple[str, ...] = ()
    #: What of its text belongs to the page.
    chrome: Chrome = field(default_factory=Chrome)
    holds: Holds = field(default_factory=Holds)
    #: So long its news may be corrected before it goes out; None for not at all.
    delay: timedelta | None = None


class MediaRule(StrEnum):
    """Whether an account's posts carry pictures."""

    #: Where there are some.
    PREFERRED = "preferred"
    #: A post without one is held.
    REQUIRED = "required"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRules:
    """How an account's posts are made."""

    #: None for the platform's own.
    template: str | None = None
    hashtags: tuple[str, ...] = ()
    #: Whether the news' categories become hashtags as well.
    category_hashtags: bool = False
    #: The categories whose posts carry the link; None for all posts, empty for none.
    link_categories: tuple[str, ...] | None = None
    media: MediaRule = MediaRule.PREFERRED
    fit: Fit = Fit.PAD
    #: Whether a picture must have a description of its own.
    alt_required: bool = False
    #: Whether news without a picture gets a drawn one.
    card: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who an account is: as a platform says, or as the YAML pins it."""

    id: str
    #: None where the YAML pins the id only.
    handle: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast an account may post; None where nothing limits it."""

    min_gap: timedelta | None = None
    per_hour: int | None = None
    per_day: int | None = None

    @property
    def is_limited(self) -> bool:
        """Tell whether anything limits it."""
        return any(limit is not None for limit in (self.min_gap, self.per_hour, self.per_day))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnEdit:
    """What happens to a post when its news is edited."""

    #: How it is corrected; None for not at all.
    how: Kind | None = None
    #: Whether nobody is asked.
    unasked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A destination on a platform."""

    id: str
    platform: str
    limits: Limits
    #: Who the platform must say it is.
    pinned: Identity
    rules: PostRules = field(default_factory=PostRules)
    #: What sending a post costs, in US dollars; None where it costs nothing.
    price: Callable[[Post], float | None] = lambda _: None
    #: None for as much as it takes.
    budget: Budget | None = None
    #: Where the account's months begin.
    timezone: str = "UTC"
    #: What the YAML says in place of `limits.seen_within`; None for that.
    settle_after: timedelta | None = None
    #: Whether the account is read before a first post: somebody may have posted the news by hand.
    look_first: bool = True
    pace: Pace = field(default_factory=Pace)
    #: Whether what is held or fails keeps later news of the account waiting.
    strict_order: bool = False
    #: What can be done there to posts that stand.
    can: frozenset[Kind] = frozenset()
    on_edit: OnEdit = OnEdit()
    #: What taking a post away costs, in US dollars; None where it costs nothing.
    price_of_deleting: float | None = None
    #: Which of its posts a person must let out; None for none.
    approval: ApprovalRule | None = None
    #: When its city's posts go out.
    times: Times = field(default_factory=Times)
    #: A short form of the YAML that it was made of; empty where nobody has made one.
    configuration: str = ""

    @property
    def seen_within(self) -> timedelta:
        """Give how long a post that was accepted may not be seen."""
        return self.limits.seen_within if self.settle_after is None else self.settle_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A platform's confirmation of a post."""

    remote_id: str
    url: str
    #: Until when the platform takes nothing more of the account, as its answers have told; None for right away.
    rests_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger knows of an entry, seen from one feed."""

    entry_id: int
    #: Whether this very feed has shown it before; another feed of the site may have been first.
    in_feed: bool
    #: Accounts for which it was decided; a baseline (of another feed) is no decision.
    decided: frozenset[str] = frozenset()
    #: Whether this feed was the first to show it: then the entry says what this feed says.
    is_first: bool = True
    #: Whether a person has taken it down somewhere.
    is_withdrawn: bool = False
    #: What it says, as `identity.content_of` has it; empty where that is not known.
    content: str = ""
    title: str = ""
    #: Whether retention has erased its words.
    is_erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a delivery, and why."""

    status: Status
    reason: Reason | None = None
    #: The cause in words: the platform's own where there are some.
    message: Message | None = None
    #: With `queued`: not before this time.
    not_before: datetime | None = None
    receipt: Receipt | None = None
    #: How often delivering it has failed by now without anybody's fault; None to leave the count alone.
    tries: int | None = None
    #: How often it has waited for its picture or its article by now; None to leave the count alone.
    picture_tries: int | None = None
    #: The whole account is left alone until then: the next post would fare no better.
    account_rests_until: datetime | None = None
    #: What the platform answered, where crossposter does not know what it means.
    answer: str | None = None
    #: How often by now the account, read back, did not show the post; None to leave the count alone.
    absences: int | None = None
    #: How often by now it was sent again by itself; None to leave the count alone.
    resends: int | None = None
    #: Whether the post that it acts on does not stand any more.
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server wants to hear again to answer "not modified"."""

    #: The server's; where it sends none, a digest of what it sent (`body:...`), which is for us alone.
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an entry came from: which feed showed it first, of which site, and when."""

    feed_id: str
    site: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The newest time that a delivery was sent."""

    number: int
    started_at: datetime
    #: When its answer was had or given up; where that is not known, when it was noticed.
    ended_at: datetime
    #: The platform's ids of what was uploaded for it.
    media_ids: tuple[str, ...] = ()
    #: When the first one began, which may be found instead; None where this is the first.
    first_at: datetime | None = None
    #: How often the account, read back, did not show it.
    absences: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The post that a correction or a withdrawal acts on."""

    remote_id: str
    url: str
    #: Whether it stands, as far as is known.
    stands: bool = True
    #: Whether somebody wants it taken away.
    is_withdrawn: bool = False
    #: The platform's id of the account on which it was posted; None where that is not known.
    platform_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The intent and fate of one entry on one account, as the ledger has it."""

    entry_id: int
    origin: Origin
    account_id: str
    entry: Entry
    #: How often delivering it has failed so far without anybody's fault.
    tries: int
    #: How often it has waited for its picture or its article so far.
    picture_tries: int
    #: When a person last let it out; None for never.
    released_at: datetime | None = None
    #: Reasons to hold it that a person has let pass; of the gate and of age it counts what exactly, and when.
    waived: frozenset[Reason] = frozenset()
    #: The gate's findings that a person has let pass, in English.
    passed: frozenset[str] = frozenset()
    #: What the last attempt sent, its pictures without their bytes (those are in the picture store); None before the
    #: first one. From then on nothing about the post changes.
    sent: Post | None = None
    #: None before the first one.
    attempt: Attempt | None = None
    #: How often it was sent again by itself, since it was not on the account.
    resends: int = 0
    #: Queued; uncertain; or publishing, by a process that has fallen silent, which is the same.
    status: Status = Status.QUEUED
    reason: Reason | None = None
    #: Which of the entry's revisions this is.
    revision: int = 1
    kind: Kind = Kind.PUBLISH
    #: See `DeliveryName`.
    issue: int = 0
    #: None for a first post.
    target: Target | None = None
    #: What people were shown, or wrote; None where nothing waited for them.
    draft: Draft | None = None
    #: Who let that out; None where nobody did.
    approval: Approval | None = None
    #: Counts what people were shown and wrote: a post that was made before the last of it is not sent.
    edition: int = 0
    #: Whether its news was urgent when it was first seen.
    is_urgent: bool = False

    @property
    def id(self) -> str:
        """Give the name people use on the command line: `412/izmir-x`."""
        return str(DeliveryName(self.entry_id, self.account_id, self.kind, self.issue))

    @property
    def step(self) -> Kind:
        """Give what its next request does, or the one whose answer is waited for."""
        if self.kind is not Kind.REPOST:
            return self.kind
        return Kind.DELETE if self.target and self.target.stands else Kind.PUBLISH
