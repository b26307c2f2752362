"""What stands around a news text and is no news: menus, buttons, labels of the CMS. Turkish and English sites.

Line by line, and only whole lines, or what stands at the very end: a sentence that merely mentions "share" stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Characters; a longer line is no menu.
_LONGEST = 600


def _lower(line: str) -> str:
    """Give lower case in which `I`, `ı`, `İ` and `i` are one; by `replace`, which is faster than `translate`."""
    return line.replace("İ", "i").replace("I", "i").replace("ı", "i").replace("’", "'").lower()


#: Each is the whole of a line, alone or beside others of them. Longest first, so that one pass finds them all.
_PHRASES = sorted(
    (
        _lower(phrase.strip())
        for phrase in """
        sağ menü | sol menü | üst menü | alt menü | ana menü | menü | içeriğe geç | sayfa içeriği | ana sayfa | anasayfa
        tüm haberler | haberler | önceki haber | sonraki haber | önceki | sonraki | geri dön | geri | yazdır | paylaş
        facebook'ta paylaş | twitter'da paylaş | x'te paylaş | whatsapp'ta paylaş | hava durumu ikonu | hava durumu
        devamını oku | haberin devamı | devamı | devamı için tıklayın | devamı için tıklayınız | yukarı çık
        arama | rss | right menu | left menu | top menu | main menu | menu | skip to content | page content | home
        home page | all news | news | previous news | next news | previous | next | go back | back | print | share
        share on facebook | share on twitter | share on x | share on whatsapp | weather icon | weather | read more
        continue reading | back to top | search
        """.replace("\n", "|").split("|")
        if phrase.strip()
    ),
    key=len,
    reverse=True,
)
_PHRASE = re.compile(rf"(?:{'|'.join(map(re.escape, _PHRASES))})(?!\w)")
_BETWEEN = re.compile(r"[\s|»«›‹/•·\-–—→←…:]*")
#: The text of the page begins behind the first of these, and ends before one of the second.
_BEGINS_BEHIND = frozenset({"sayfa içeriği", "page content"})
_ENDS_BEFORE = frozenset(
    {"önceki haber", "sonraki haber", "previous news", "next news", "diğer haberler", "ilgili haberler", "related news"}
)
_SOCIAL = re.compile(
    r"\b(?:resmi|official)\s+(?:logo|(?:facebook|twitter|x|instagram|youtube|linkedin|tiktok|whatsapp)\s+"
    r"(?:hesabi|sayfasi|kanali|account|page|channel))"
)
#: What WordPress appends to every item.
_APPENDED = re.compile(
    r"the post .{1,500} (?:appeared first on|first appeared on) .{1,200}"
    r"|.{1,500} (?:yazisi|haberi) ilk önce .{1,200} (?:üzerinde )?(?:ortaya çikti|yayinlandi).?"
)
#: What may be cut from the end of a line that is news before it.
_MORE = re.compile(
    r"[\s|»›•·\-–—→…\[(]*(?:devamını oku|devamı için tıklayın(?:ız)?|haberin devamı|read more|continue reading)"
    r"[\s.»›→…\])]*$",
    re.IGNORECASE,
)
#: Without one of these it finds nothing.
_PARTS_OF_MORE = ("devam", "read")
#: Characters of a line in which it is looked for.
_END = 200
#: A SharePoint list's item: `<div><b>Body:</b> ...</div><div><b>Published:</b> ...</div>`.
_LABEL = re.compile(r"<div[^<>]{0,200}>\s{0,20}<b[^<>]{0,200}>([^<>:]{1,60}):\s{0,20}</b>", re.IGNORECASE)
_TEXT_LABELS = (
    "body",
    "page content",
    "content",
    "text",
    "description",
    "gövde",
    "sayfa içeriği",
    "içerik",
    "metin",
    "açıklama",
    "haber metni",
)


def without_labels(html: str) -> str:
    """Give the field of a list's item that holds the text; every other document unchanged."""
    labels = list(_LABEL.finditer(html, 0, 200_000))
    if not labels or html[: labels[0].start()].strip():
        return html
    ends = [label.start() for label in labels[1:]] + [len(html)]
    fields = [(_folded(label[1]), html[label.end() : end]) for label, end in zip(labels, ends, strict=True)]
    texts = [value for name, value in fields if name in _FOLDED_LABELS]
    return "\n\n".join(texts) or max((value for _, value in fields), key=len)


def without_chrome(lines: Sequence[str], *, title: str) -> list[str]:
    """Give the lines that are news; an empty one ends a paragraph."""
    found = [line.strip() for line in lines]
    folded = [_folded(line) for line in found]
    begin = next((place + 1 for place in reversed(range(len(folded))) if folded[place] in _FOLDED_BEGINS), 0)
    if not any(found[begin:]):
        begin = 0
    folded_title = _folded(title)
    kept: list[str] = []
    for line, fold in zip(found[begin:], folded[begin:], strict=True):
        if fold in _FOLDED_ENDS and any(len(one) > 40 for one in kept):
            break
        if not line or len(line) > _LONGEST or not (_is_chrome(fold) or (fold == folded_title and not any(kept))):
            kept.append(line)
    return _trimmed(kept)


def _folded(line: str) -> str:
    """Give a line as it is compared; of one that is too long to be anything but news, nothing."""
    return _lower(line).strip(" \t.:|»«›‹/•·-–—→←…") if len(line) <= _LONGEST else ""


_FOLDED_LABELS = frozenset(map(_folded, _TEXT_LABELS))
_FOLDED_BEGINS = frozenset(map(_folded, _BEGINS_BEHIND))
_FOLDED_ENDS = frozenset(map(_folded, _ENDS_BEFORE))


def _is_chrome(fold: str) -> bool:
    if ("resmi" in fold or "official" in fold) and _SOCIAL.search(fold) and not re.search(r"[.!?]\s", fold):
        return True
    is_phrase = _phrases_end(fold, 0) == len(fold)
    return is_phrase or (("appeared" in fold or "ilk önce" in fold) and bool(_APPENDED.fullmatch(fold)))


def _phrases_end(fold: str, place: int) -> int:
    """Give where a run of phrases ends that begins at a place."""
    place = _between_end(fold, place)
    while found := _PHRASE.match(fold, place):
        place = _between_end(fold, found.end())
    return place


def _between_end(fold: str, place: int) -> int:
    found = _BETWEEN.match(fold, place)
    return found.end() if found else place


def _trimmed(lines: list[str]) -> list[str]:
    """Cut what stands behind the last sentence of the text, on its line: several phrases, or "read more"."""
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return lines
    last = lines[-1]
    if any(part in last[-_END:].lower() for part in _PARTS_OF_MORE):
        last = last[:-_END] + _MORE.sub("", last[-_END:])
    ends = [found.end() for found in re.finditer(r"[.!?”\"](?=\s)", last)][-3:]
    for end in ends:
        fold = _lower(last[end : end + _LONGEST])
        if _phrases_end(fold, 0) == len(fold) and len(_PHRASE.findall(fold)) > 1:
            last = last[:end]
            break
    return [*lines[:-1], last]
