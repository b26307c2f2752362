"""What belongs to a page and not to the news: menus, share buttons, "Next News". Cut off before anything is decided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
    phrases = (*rules.strip, *SHIPPED.strip)
    keys = {match_key(phrase) for phrase in phrases}
    kept = [
        stripped
        for paragraph in text.split("\n\n")
        if match_key(paragraph) not in keys
        and not _FOOTER.fullmatch(paragraph)
        and (stripped := _stripped(paragraph, phrases))
    ]
    if len(kept) > 1 and match_key(kept[0]) == match_key(title):
        kept = kept[1:]
    return "\n\n".join(kept)


def trace_of_chrome(text: str) -> str | None:
    """Give a phrase of a page that still stands in the text; None for none."""
    found = _TRACE.search(text)
    return found[0] if found else None


def _or_whole(part: str, whole: str) -> str:
    return part if part.strip() else whole


def _stripped(paragraph: str, phrases: Sequence[str]) -> str:
    """Take phrases off the ends of a paragraph, as long as there are some; capitals count: "we share" is news."""
    rest, before = paragraph.strip(), ""
    while rest != before:
        before = rest
        for phrase in phrases:
            rest = rest.removesuffix(" " + phrase).removeprefix(phrase + " ").strip()
    return rest
