"""Everything crossposter raises on purpose.

    CrossposterError
    ├ ConfigError(problems)            every mistake of the YAML at once, each with its place
    ├ FeedError                        not fetched or not parsed; the next poll tries again
    ├ PictureError(is_permanent)       a picture could not be had or prepared
    ├ ArticleError                     an article's page could not be had at the moment
    ├ UsageError                       asked for in a way that cannot be done
    ├ LoginError                       nobody was logged in; nothing was written
    ├ LedgerError
    │ ├ UnseenError                    the record could not be looked at; nothing is said about it
    │ └ LedgerHeldError(holder)        another process writes this ledger
    └ PublishError
      ├ RejectedError                  this post will never be accepted     -> failed
      │ └ MissingError                 what it names is not there           -> failed; a deletion is done then
      ├ AccountError                   a person must act (token, checkpoint) -> queued again; account stopped
      │ └ CreditError                  what was paid for is used up         -> queued again; account without money
      ├ TransientError(retry_at)       surely not published                  -> queued again
      └ UncertainError                 the answer was lost; may be public    -> uncertain, never sent again blindly

The four kinds of PublishError are the whole contract between an adapter and the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crossposter.wording import Message, say


class CrossposterError(Exception):
    """Base of all; carries a sentence that can be translated."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a configuration.

    Attributes:
        file: The file as the user named it.
        line: 1-based; 0 when the whole file is meant.
        path: Where in the document: `accounts[0].expect.id`; empty at the top.
        message: What is wrong and what to do.
    """

    file: str
    line: int
    path: str
    message: Message

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"

    @property
    def place(self) -> str:
        """Give `file:line: path`, as editors and compilers do."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.path}" if self.path else where


class ConfigError(CrossposterError):
    """The configuration cannot be used; `problems` lists every mistake found.

    `language` is the one that the file asks for, where that much of it can be read.
    """

    def __init__(self, problems: list[Problem], *, language: str | None = None) -> None:
        super().__init__(say("{count} problem(s) in the configuration", count=len(problems)))
        self.language = language
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.path)))

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class FeedError(CrossposterError):
    """A feed could not be fetched or read; nothing was decided about its entries."""


class PictureError(CrossposterError):
    """A picture could not be fetched or prepared; `is_permanent` when trying again will not help."""

    def __init__(self, message: Message, *, is_permanent: bool) -> None:
        super().__init__(message)
        self.is_permanent = is_permanent


class ArticleError(CrossposterError):
    """The page of an article could not be had at the moment; trying again may help."""


class UsageError(CrossposterError):
    """The command was given in a way, or in a place, in which it cannot work."""


class LoginError(CrossposterError):
    """A login did not come about; what was there before is as it was."""


class LedgerError(CrossposterError):
    """The ledger cannot be opened, read or written."""


class UnseenError(LedgerError):
    """The record could not be looked at, so nothing is known of whether it holds."""


class LedgerHeldError(LedgerError):
    """Another process writes this ledger."""


class PublishError(CrossposterError):
    """A platform did not confirm; the subclass says what that means for the delivery.

    `answer` holds what it said, where crossposter does not know what that means: word for word, cut, without secrets.
    `starts_over` tells that what was uploaded cannot be used again.
    """

    answer: str | None = None
    starts_over: bool = False


class RejectedError(PublishError):
    """This post will never be accepted: the delivery has failed, the account is fine."""


class MissingError(RejectedError):
    """What the request names is not on the platform: a post that was deleted, a picture that was forgotten."""


class AccountError(PublishError):
    """The account cannot be used until a person acts; nothing was published.

    `retry_at` (aware UTC) where asking again sooner would make it worse; `is_doubtful` where platforms are known to say
    so now and then by mistake: asking once more decides.
    """

    def __init__(self, message: Message, *, retry_at: datetime | None = None, is_doubtful: bool = False) -> None:
        super().__init__(message)
        self.retry_at = retry_at
        self.is_doubtful = is_doubtful


class CreditError(AccountError):
    """The platform takes no more until somebody pays, or raises what may be spent."""


class TransientError(PublishError):
    """Surely not published; may be tried again, not before `retry_at` (aware UTC) where the platform said so."""

    def __init__(self, message: Message, *, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class UncertainError(PublishError):
    """The request may have been carried out: the post may be public."""
