"""What an adapter measures of its account: values without an opinion. `checkup.py` has the opinion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crossposter.core.model import Identity
from crossposter.errors import PublishError
from crossposter.wording import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Something that the account's keys may not do.

    Attributes:
        what: What is missing.
        mend: What a person does about it.
        stops: Whether nothing can be posted without it.
        takes_new_token: Whether the keys that there are stay as they are, and new ones are needed afterwards.
    """

    what: Message
    mend: Message
    stops: bool
    takes_new_token: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLife:
    """Until when a token is good (aware UTC); None for without an end."""

    ends: datetime | None
    #: From then on the platform gives the app no data, though the token itself may hold.
    data_access_ends: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Posts of the last day, and how many there may be."""

    used: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiVersion:
    """Which version of the interface was asked for, and which one answered.

    Attributes:
        answered: Empty where the platform does not say.
        ends: When the asked one is retired; None where that is not known yet.
        newest: The newest one that this program knows.
    """

    asked: str
    answered: str
    ends: datetime | None
    newest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What a platform said of an account, by its keys; None and empty where it does not say.

    Attributes:
        identity: Whose account it is; None where that was refused, or nobody answered.
        error: What it was refused with.
        lacks: What the keys may not do; None where the platform does not tell.
        token: Until when the token holds; None for one that cannot end by itself, and where it is not known.
        untold: Why it is not known, and what would make it known.
        quota: None where there is none.
        skew: How far the platform's clock is ahead of ours (behind: negative).
        version: None where the interface has none.
    """

    identity: Identity | None = None
    error: PublishError | None = None
    lacks: tuple[Lack, ...] | None = None
    token: TokenLife | None = None
    untold: Message | None = None
    quota: Quota | None = None
    skew: timedelta | None = None
    version: ApiVersion | None = None
