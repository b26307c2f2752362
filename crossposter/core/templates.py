"""Templates of posts, from the YAML: Jinja2 in its sandbox, with the words of one entry.

    {{ title }}  {{ summary }}  {{ text }}     of the news; a summary or a text that is missing is the other one
    {{ link }}                                 empty where the platform shows none, or shows it as a card
    {{ hashtags }}                             "#İzmir #Ulaşım"
    {{ categories }}                           a list of the feed's categories
    {{ published }}                            "24 Eylül 2026"; {{ published | date("d MMMM") }}, {{ published | time }}
    {{ language }}                             "tr"

Empty lines that a missing part would leave are closed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from crossposter.wording import Message, say

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

NAMES = ("title", "summary", "text", "link", "hashtags", "categories", "published", "language")

_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_LINE_ENDS = re.compile(r"[ \t]+(?=\n|$)")


class TemplateProblem(ValueError):
    """A template cannot be used; the message says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a reader of the post reads it; shows itself as a long date."""

    at: datetime
    #: IANA name.
    zone: str
    #: BCP 47.
    language: str

    def date(self, form: str = "long") -> str:
        """Write the date: short, medium, long, full, or a pattern of Unicode's (CLDR) like `d MMMM`."""
        from babel.dates import format_date

        return format_date(self.at.astimezone(ZoneInfo(self.zone)), form, locale=_locale(self.language))

    def time(self, form: str = "short") -> str:
        """Write the time of day: short, medium, or a pattern like `HH.mm`."""
        from babel.dates import format_time

        return format_time(self.at, form, tzinfo=ZoneInfo(self.zone), locale=_locale(self.language))

    def __str__(self) -> str:
        return self.date()


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Fill a template in.

    Raises:
        TemplateProblem: It fails over these values.
    """
    from jinja2 import TemplateError

    try:
        filled = _compiled(template).render(values)
    except (TemplateError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        raise TemplateProblem(say("the template fails: {cause}", cause=str(error))) from error
    return _EMPTY_LINES.sub("\n\n", _LINE_ENDS.sub("", filled)).strip()


@lru_cache(maxsize=256)
def names_in(template: str) -> frozenset[str]:
    """Give the names that a template uses.

    Raises:
        TemplateProblem: It is no template.
    """
    from jinja2 import TemplateSyntaxError, meta

    try:
        return frozenset(meta.find_undeclared_variables(_environment().parse(template)))
    except TemplateSyntaxError as error:
        sentence = say("the template is not complete in its line {line}: {cause}", line=error.lineno, cause=str(error))
        raise TemplateProblem(sentence) from None


def check(template: str) -> None:
    """Try a template with and without everything in it.

    Raises:
        TemplateProblem: It cannot be used.
    """
    if unknown := sorted(names_in(template) - set(NAMES)):
        known = ", ".join(NAMES)
        raise TemplateProblem(say("the template knows no {name!r}; it knows {known}", name=unknown[0], known=known))
    moment = Moment(datetime.fromisoformat("2026-09-24T06:14:00+00:00"), "Europe/Istanbul", "tr")
    words = dict.fromkeys(NAMES, "a")
    for values in (
        {**words, "categories": ["a"], "published": moment},
        {**dict.fromkeys(NAMES, ""), "categories": [], "published": ""},
    ):
        fill(template, values)
    if not fill(template, {**words, "categories": ["a"], "published": moment}):
        raise TemplateProblem(say("the template writes nothing"))


def _date(moment: Moment | str, form: str = "long") -> str:
    return moment.date(form) if isinstance(moment, Moment) else ""


def _time(moment: Moment | str, form: str = "short") -> str:
    return moment.time(form) if isinstance(moment, Moment) else ""


@lru_cache(maxsize=1)
def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    # Plain text, not HTML: nothing is to be escaped.
    environment = SandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
    environment.filters["date"] = _date
    environment.filters["time"] = _time
    return environment


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    return _environment().from_string(template)


@lru_cache(maxsize=64)
def _locale(language: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(language, sep="-"))
    except (UnknownLocaleError, ValueError):
        return "en"
