"""What a person may write in place of the news' own words: through the same gate, within the platform's limits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from crossposter.core.gate import Finding, Flaw, examine, is_allowed
from crossposter.core.model import Entry, Limits
from crossposter.wording import Message, say

_TAG = re.compile(r"(?<![\w&])[#＃]\w+")


def tidied(text: str) -> str:
    """Give a text as it is kept: composed letters, lines that end in one way, nothing around it."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def misfit(text: str, limits: Limits) -> Message | None:
    """Say why the platform would not take a text, whoever wants it; None where it would."""
    if not text:
        return say("the text is empty")
    if (length := limits.measure(text)) > limits.max_length:
        return say("the text is too long: {length} of {limit} characters", length=length, limit=limits.max_length)
    tags = len(_TAG.findall(text))
    if limits.max_hashtags is not None and tags > limits.max_hashtags:
        return say("the text has too many hashtags: {count} of {limit}", count=tags, limit=limits.max_hashtags)
    return None


def examine_text(text: str, entry: Entry, limits: Limits, *, allowed_hosts: Sequence[str]) -> tuple[Finding, ...]:
    """Give what the gate finds wrong with a text that a person wrote for an entry; hard findings only.

    Mentions and hashtags are the person's own, and meant.
    """
    title = text.partition("\n")[0]
    written = replace(entry, title=title, summary="", text=text)
    found = [finding for finding in examine(written, allowed_hosts=allowed_hosts) if finding.is_hard]
    return (*found, *_stray(text, limits, allowed_hosts))


def _stray(text: str, limits: Limits, allowed_hosts: Sequence[str]) -> Iterator[Finding]:
    """Give what the platform would make a link of, though it may be none: "geldi.Bugün"."""
    for link in limits.find_links(text) if limits.find_links else ():
        if "://" not in link.text and not (allowed_hosts and is_allowed(link.text, allowed_hosts)):
            sentence = say("{link!r} would become a link that leads nowhere", link=link.text)
            yield Finding(flaw=Flaw.LINK, message=sentence)
