"""What the city would not sign: found before anything is queued, and again before it is sent.

Hard findings hold a post until a person has looked; soft ones are told and let it pass.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from itertools import chain
from urllib.parse import urlsplit

from crossposter.core.chrome import trace_of_chrome
from crossposter.core.counting import find_links
from crossposter.core.links import harmless
from crossposter.core.model import Entry
from crossposter.core.mojibake import misread_word
from crossposter.wording import Message, say


class Flaw(StrEnum):
    """What is wrong with a text."""

    MOJIBAKE = "mojibake"
    MARKUP = "markup"
    CHROME = "chrome"
    LINK = "link"
    EMPTY = "empty"
    CAPITALS = "capitals"
    SIGNS = "signs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One flaw, in words."""

    flaw: Flaw
    message: Message
    is_hard: bool = True


#: May end with the sentence's own punctuation.
_ADDRESS = re.compile(r"(?:https?://|\bwww\.)[^\s<>\"'’”)\]]+", re.IGNORECASE)

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}/?>|<!--|-->|\]\]>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,11});")
_SHORTCODE = re.compile(
    r"\[/?(?:vc_|et_pb_|gallery|caption|embed|audio|video|contact-form)[^\]]{0,300}\]|\{\{.{0,100}\}\}"
)

_SIGN = re.compile(r"(?<![A-Za-z0-9_.+-])[@＠][A-Za-z0-9_]{2,}|(?<!&)[#＃]\w{2,}")
#: Findings that are told at once; the others when these have passed.
_SHOWN = 5
_NAME_OF_PIECE = re.compile(r"[<\[/]*(&?\w+)")
#: Fewer letters may be a name: "ESHOT", "İZSU VE İZBAN".
_FEW_LETTERS = 16


def examine(entry: Entry, *, allowed_hosts: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Give all that is wrong with an entry, hard findings first.

    Args:
        entry: As it came from the feed.
        allowed_hosts: Where its links may lead, with their subdomains; empty for anywhere.
    """
    texts = (entry.title, entry.summary, entry.text)
    findings = [*_of_title(entry), *_of_link(entry, allowed_hosts)]
    for text in texts:
        findings += _of_text(text, entry.language, allowed_hosts)
    unique: dict[str, Finding] = {}
    for finding in findings:
        unique.setdefault(_in_short(finding.message), finding)
    return tuple(sorted(unique.values(), key=lambda finding: not finding.is_hard))


def hard(findings: Sequence[Finding], *, passed: Collection[str] = ()) -> Message | None:
    """Give all reasons to hold as one; None when there is none.

    Args:
        findings: What `examine` has found.
        passed: Findings that a person has let pass, as `words_of` gives them.
    """
    left = [one.message for one in findings if one.is_hard and _in_short(one.message) not in passed]
    if not left:
        return None
    shown = left[:_SHOWN]
    return reduce(lambda others, finding: say("{finding}; also: {others}", finding=finding, others=others), shown[::-1])


def words_of(reasons: Message) -> Iterator[str]:
    """Give the findings of what `hard` gave, each in short."""
    while isinstance(others := reasons.values.get("others"), Message):
        finding = reasons.values["finding"]
        assert isinstance(finding, Message)  # noqa: S101 - made by `hard`
        yield _in_short(finding)
        reasons = others
    yield _in_short(reasons)


def _in_short(finding: Message) -> str:
    """Give what a person lets pass, in English: a link's host, a tag's name. The rest may be new at each reading."""
    values = dict(finding.values)
    if "link" in values:
        values["link"] = _host_of(str(values["link"]))
    if named := _NAME_OF_PIECE.match(str(values.get("piece", ""))):
        values["piece"] = named[1]
    return str(Message(finding.template, values))


def is_allowed(link: str, allowed_hosts: Sequence[str]) -> bool:
    """Tell whether an address is http(s) and leads to one of the hosts or a subdomain of one."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
    except ValueError:
        return False
    host = _host_of(link)
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return False
    return not allowed_hosts or any(host == allowed or host.endswith(f".{allowed}") for allowed in allowed_hosts)


def _host_of(link: str) -> str:
    try:
        return (urlsplit(link if "://" in link else f"https://{link}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _of_title(entry: Entry) -> Iterator[Finding]:
    letters = [character for character in entry.title if character.isalpha()]
    if not letters:
        yield Finding(flaw=Flaw.EMPTY, message=say("the headline holds no word: {title!r}", title=entry.title))
    elif len(letters) >= _FEW_LETTERS and all(not letter.islower() for letter in letters):
        sentence = say("the headline is written in capitals alone: hard to read, and screen readers spell it")
        yield Finding(flaw=Flaw.CAPITALS, message=sentence, is_hard=False)


def _of_link(entry: Entry, allowed_hosts: Sequence[str]) -> Iterator[Finding]:
    if entry.link and not is_allowed(entry.link, allowed_hosts):
        sentence = say("the link {link!r} leads to a host that is not among the feed's allowed_hosts", link=entry.link)
        yield Finding(flaw=Flaw.LINK, message=sentence)


def _of_text(text: str, language: str, allowed_hosts: Sequence[str]) -> Iterator[Finding]:
    if word := misread_word(text, language=language):
        sentence = say("letters are broken: {word!r}; see encoding_fallback of the feed, or ask the site", word=word)
        yield Finding(flaw=Flaw.MOJIBAKE, message=sentence)
    for piece in chain(_TAG.finditer(text), _ENTITY.finditer(text), _SHORTCODE.finditer(text)):
        sentence = say("pieces of the page's code stand in the text: {piece!r}", piece=piece[0][:60])
        yield Finding(flaw=Flaw.MARKUP, message=sentence)
    if phrase := trace_of_chrome(text):
        sentence = say("parts of the page stand in the text: {phrase!r}; name them in strip of the feed", phrase=phrase)
        yield Finding(flaw=Flaw.CHROME, message=sentence)
    for address in _addresses(text, with_bare_ones=bool(allowed_hosts)):
        if not is_allowed(address, allowed_hosts):
            sentence = say("the text names {link!r}, which is not among the feed's allowed_hosts", link=address[:100])
            yield Finding(flaw=Flaw.LINK, message=sentence)
    if found := _SIGN.search(text):
        sentence = say(
            "{sign!r} of the news is shown without its effect: nobody is mentioned, no tag is set", sign=found[0]
        )
        yield Finding(flaw=Flaw.SIGNS, message=sentence, is_hard=False)


def _addresses(text: str, *, with_bare_ones: bool) -> Iterator[str]:
    """Give the addresses that a reader could follow: Facebook makes a link of "bit.ly/3xYz" as well."""
    for found in _ADDRESS.findall(text):
        yield found.rstrip(".,;:!?…*")
    if with_bare_ones:
        for link in find_links(harmless(text, breaks_links=False)):
            if "/" in link.text:
                yield link.text
