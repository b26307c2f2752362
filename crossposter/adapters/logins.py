"""What a login is: an adapter asks a person, verifies with the platform, and gives what is to be kept.

It writes nothing: whoever calls compares the account with the pinned one first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from crossposter.core.model import Identity
from crossposter.errors import LoginError
from crossposter.references import Secret
from crossposter.wording import Message

_T = TypeVar("_T")

#: How often something may be typed.
TRIES = 3


class Person(Protocol):
    """Who logs in: is told and asked, in their language."""

    def tell(self, message: Message) -> None:
        """Say something."""

    def ask(self, question: Message, wrong: Callable[[str], Message | None], *, default: str = "") -> str:
        """Ask for a text; `wrong` says what is wrong with one.

        Raises:
            LoginError: No answer could be used.
        """

    def ask_hidden(self, question: Message, wrong: Callable[[str], Message | None]) -> Secret:
        """Ask for a text that is not shown while it is typed; as `ask` does."""

    def choose(self, question: Message, options: Sequence[Message], *, default: int | None) -> int:
        """Ask for one of several; gives its place."""

    def agrees(self, question: Message) -> bool:
        """Ask for yes or no; no, where nothing is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login that the platform has confirmed."""

    identity: Identity
    #: What the account's file is to hold; None where it is right as it is.
    content: Mapping[str, Any] | None = field(repr=False)


class RefusedAnswer(LoginError):
    """What was typed was refused, and may be typed anew."""


class UnfinishedLogin(LoginError):
    """The platform wants something that cannot be done here; the next try is to come from the same device."""

    def __init__(self, message: Message, *, content: Mapping[str, Any]) -> None:
        super().__init__(message)
        #: For the account's file, where there is none yet: it holds no login.
        self.content = content


def up_to_three_times(person: Person, attempt: Callable[[], _T]) -> _T:
    """Let a person try again after a refused answer.

    Raises:
        RefusedAnswer: The last one was refused as well.
    """
    for left in range(TRIES - 1, -1, -1):
        try:
            return attempt()
        except RefusedAnswer as error:
            if not left:
                raise
            person.tell(error.message)
    raise AssertionError  # the loop above ends in one of two ways
