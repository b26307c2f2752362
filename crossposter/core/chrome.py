"""What belongs to a page and not to the news: menus, share buttons, "Next News". Cut off before anything is decided."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from crossposter.core.text import match_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Chrome:
    """How a feed's text is freed of its page; every rule is a phrase as it stands there."""

    #: Removed wherever it begins or ends a paragraph, or is one.
    strip: tuple[str, ...] = ()
    #: What stands before, and the phrase itself, is removed.
    start_after: tuple[str, ...] = ()
    #: What stands behind, and the phrase itself, is removed.
    stop_before: tuple[str, ...] = ()


#: Seen on municipal pages (izmir.bel.tr, Turkish and English, 2019 to 2026, and the usual CMS templates).
SHIPPED = Chrome(
    strip=(
        "Sağ Menü", "Sayfa İçeriği", "Tüm Haberler", "PAYLAŞ", "hava durumu ikonu", "Haberi Paylaş",
        "Yazı Boyutu", "Fotoğraf Galerisi", "Haberin devamı için tıklayınız", "Devamını Oku", "Devamı için tıklayın",
        "Right Menu", "Page Content", "All News", "SHARE", "weather icon", "Print this page", "Share this",
        "Read more", "Continue reading", "Click here to read more",
    ),
    start_after=("Tüm Haberler PAYLAŞ", "All News SHARE"),
    stop_before=("Önceki Haber", "Sonraki Haber", "Previous News", "Next News", "İlgili Haberler", "Related News"),
)  # fmt: skip

#: What is left of a page when the rules did not fit it. Looked for as it is written, capitals and all.
_TRACES = (
    "Sağ Menü", "Sayfa İçeriği", "hava durumu ikonu", "Önceki Haber", "Sonraki Haber", "Tüm Haberler PAYLAŞ",
    "resmi facebook hesabı", "resmi twitter hesabı", "resmi instagram hesabı", "Resmi Logo", "Ana içeriğe atla",
    "Right Menu", "Page Content", "weather icon", "Previous News", "Next News", "All News SHARE",
    "Skip to main content", "Skip to content", "Çerez Politikası", "Accept all cookies", "Tüm hakları saklıdır",
    "All rights reserved", "JavaScript is disabled", "appeared first on", "ilk önce şurada göründü",
)  # fmt: skip
_TRACE = re.compile("|".join(map(re.escape, _TRACES)))
#: Around the words of a button: "Devamını oku »".
_MARKS = " .…:»>→›|–—-"
#: The last sentence of a paragraph, no longer than a button.
_LONGEST_BUTTON = 80
_LAST_SENTENCE = re.compile(rf"(?<=[.!?…\]”\"»]) ([^.!?…]{{2,60}}?)[{_MARKS}]*$")
#: Where WordPress has cut an excerpt.
_CUT_EXCERPT = ("[…]", "[...]")
#: What WordPress puts under every item of a feed, in English and Turkish.
_FOOTER = re.compile(
    r"The post .{1,300} (?:appeared first on|first appeared on) .{1,200}"
    r"|.{1,300} (?:yazısı|gönderisi) ilk (?:önce|olarak) .{1,200} (?:üzerinde ortaya çıktı|göründü)\.?"
)


def without_chrome(text: str, title: str, rules: Chrome) -> str:
    """Give the news alone: the feed's own rules and the shipped ones hold; the repeated headline goes as well.

    A rule that would leave nothing is not followed: what is left then is found by `trace_of_chrome`.
    """
    for phrase in (*rules.start_after, *SHIPPED.start_after):
        text = _or_whole(text.partition(phrase)[2], text)
    for phrase in (*rules.stop_before, *SHIPPED.stop_before):
        text = _or_whole(text.partition(phrase)[0], text)
    phrases = _phrases(rules.strip)
    kept = [
        stripped
        for paragraph in text.split("\n\n")
        if not phrases.are(paragraph)
        and not _FOOTER.fullmatch(paragraph)
        and (stripped := _stripped(_without_button(paragraph, phrases.keys), phrases))
    ]
    # No spelling of a headline is so much longer than another.
    if len(kept) > 1 and len(kept[0].strip(_MARKS)) <= 4 * len(title) and _key(kept[0]) == _key(title):
        kept = kept[1:]
    return "\n\n".join(kept)


def trace_of_chrome(text: str) -> str | None:
    """Give a phrase of a page that still stands in the text; None for none."""
    # The pattern takes ten times as long as looking for each phrase, and few texts need it.
    found = _TRACE.search(text) if any(phrase in text for phrase in _TRACES) else None
    return found[0] if found else None


def _or_whole(part: str, whole: str) -> str:
    return part if part.strip() else whole


def _key(phrase: str) -> str:
    return match_key(phrase.strip(_MARKS))


class _Phrases(NamedTuple):
    """What is taken off the ends of paragraphs."""

    phrases: tuple[str, ...]
    #: As `_key` has them.
    keys: frozenset[str]
    #: In front of a paragraph, and at its end.
    before: tuple[str, ...]
    behind: tuple[str, ...]
    #: Characters: whatever its spelling, no phrase is longer.
    longest: int

    def are(self, paragraph: str) -> bool:
        """Tell whether a paragraph is one of them."""
        bare = paragraph.strip(_MARKS)
        return len(bare) <= self.longest and match_key(bare) in self.keys


@lru_cache
def _phrases(own: tuple[str, ...]) -> _Phrases:
    phrases = (*own, *SHIPPED.strip)
    return _Phrases(
        phrases=phrases,
        keys=frozenset(map(_key, phrases)),
        before=tuple(f"{phrase} " for phrase in phrases),
        behind=tuple(f" {phrase}" for phrase in phrases),
        longest=4 * max(map(len, phrases)),
    )


def _without_button(paragraph: str, keys: Set[str]) -> str:
    """Take a phrase off that is the last sentence of a paragraph; there, its capitals and marks do not count."""
    last = _LAST_SENTENCE.search(paragraph, max(len(paragraph) - _LONGEST_BUTTON, 0))
    return paragraph[: last.start()] if last and _key(last[1]) in keys else paragraph


def _stripped(paragraph: str, phrases: _Phrases) -> str:
    """Take phrases off the ends of a paragraph, as long as there are some; capitals count: "we share" is news.

    A cut excerpt then ends as a cut text does.
    """
    rest = paragraph.strip()
    while rest.startswith(phrases.before) or rest.endswith(phrases.behind):
        for phrase in phrases.phrases:
            rest = rest.removesuffix(" " + phrase).removeprefix(phrase + " ").strip()
    return rest.rstrip(" […].,;:") + "…" if rest.endswith(_CUT_EXCERPT) else rest
