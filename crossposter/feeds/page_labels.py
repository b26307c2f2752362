"""Lines around an article's text that are neither chrome nor news: when it was published, how often it was read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crossposter.core.text import match_key

#: All words of such a line are among these, or numbers.
_WORDS = frozenset(map(match_key, (
    "ocak", "şubat", "mart", "nisan", "mayıs", "haziran", "temmuz", "ağustos", "eylül", "ekim", "kasım", "aralık",
    "oca", "şub", "mar", "nis", "may", "haz", "tem", "ağu", "eyl", "eki", "kas", "ara",
    "january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december",
    "jan", "feb", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
    "pazartesi", "salı", "çarşamba", "perşembe", "cuma", "cumartesi", "pazar",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "posted", "published", "updated", "created", "last", "date", "time", "on", "at", "am", "pm", "a.m", "p.m", "by",
    "tarih", "tarihi", "saat", "yayın", "yayınlanma", "yayımlanma", "eklenme", "oluşturma", "oluşturulma", "son",
    "güncelleme", "güncellenme", "kez", "defa", "okundu", "okunma", "görüntülenme", "görüntüleme", "izlenme", "views",
    "view", "yorum", "comments", "comment", "read", "min", "minutes", "dk", "dakika", "yazdır", "print", "a",
    "paylaş", "share", "tüm", "haberler", "all", "news", "haber", "duyuru", "th", "st", "nd", "rd", "sayısı",
    "ziyaret", "ziyaretçi", "kategori", "category", "reklam", "advertisement",
)))  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*")
_LONGEST = 100
#: Labels of what ends an article's part of the page, and is no news itself.
_TAIL = re.compile(
    r"(?:etiketler|etiket|anahtar kelimeler|kategori(?:ler)?|tags?|keywords|filed under)\s*:", re.IGNORECASE
)


def without_labels_around(lines: Sequence[str]) -> list[str]:
    """Drop such lines before the first one that is news, and behind the last one; a programme's dates are news."""
    kept = list(lines)
    while kept and is_label(kept[0]):
        kept.pop(0)
    while kept and (is_label(kept[-1]) or _TAIL.match(kept[-1])):
        kept.pop()
    return kept


def is_label(line: str) -> bool:
    """Tell whether a line says only when, how often or by a button's word."""
    if len(line) > _LONGEST:
        return False
    return all(match_key(word) in _WORDS for word in _WORD.findall(line))
