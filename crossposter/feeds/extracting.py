"""The main text of an article's page, without the page: menus, share buttons, cookie banners, related news.

The only owner of trafilatura and lxml, which are an extra (`article`); runs in the child alone. trafilatura says which
words look like an article, and is often right; it also loses headings and lists, and takes layout tables for data. So
its word counts as a vote: the text is taken from the page itself, from the part that holds most of what has votes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossposter.core.text import clean_line, match_key
from crossposter.feeds.html import BLOCKS

#: Characters of a page that are parsed, without scripts and styles.
MAX_HTML = 1_500_000
#: Elements; a page with more is no article. With more than the smaller number, trafilatura is not asked.
_MAX_ELEMENTS, _MAX_VOTED = 20_000, 10_000

_NO_HTML = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|svg|template|noscript)\b[^>]*(?:>.*?(?:</\1\s*>|\Z)|\Z)",
    re.DOTALL | re.IGNORECASE,
)
#: `src="data:..."` of megabytes.
_INLINE_FILE = re.compile(r"""(["'])data:[^"'<>\s]{200,}\1""")

#: Elements that never hold an article.
_NEVER = frozenset((
    "script", "style", "noscript", "template", "iframe", "button", "input", "select",
    "textarea", "label", "option", "svg", "canvas", "video", "audio", "object", "embed", "dialog", "figcaption",
    "menu", "map", "head",
))  # fmt: skip
#: Elements that hold one only by mistake.
_AROUND_TAGS = frozenset(("nav", "aside", "footer"))
_ROLES = frozenset((
    "navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog", "alert", "menu",
    "menubar", "toolbar", "tablist",
))  # fmt: skip
#: Words of a class or an id, by which templates name what is around an article. Not `widget` and `print`: page builders
#: and print buttons name the article itself so.
_AROUND = re.compile(
    r"""(?<![^\W\d_])(?:
        (?:sag|sol|ust|alt|ana|mega|mobile?|main|top|side)?-?(?:menu|nav)(?:bar|igation|igasyon)?s?
      | (?:bread)?-?crumbs? | side-?(?:bar|nav) | shar(?:e|er|ing) | sharedaddy | paylas(?:im|ma)? | socials? | sosyal
      | addtoany | addthis | jp-relatedposts | related(?:posts)? | ilgili | benzer | other-?news | diger-?haber(?:ler)?
      | comments? | respond | yorum(?:lar)? | newsletter | e-?bulten | paywall | subscri(?:be|ption) | abone(?:lik)?
      | popup | modal | tags? | etiket(?:ler)? | cat-links | pag(?:er|ination) | prev-?next | post-navigation | gezinme
      | onceki-?sonraki | footer | altbilgi | top-?bar | weather | hava-?durumu | reklam | advert(?:isement)? | ads?
      | feedback | skip | login | yazdir | yazi-?boyutu? | galeri | gallery | metadata | byline | search | arama
      | cok-?okunan(?:lar)? | toolbar
    )(?![^\W\d_])""",
    re.VERBOSE,
)
#: Names that say something of an article, not of what is around it: WordPress writes its tags and categories so.
_OF_CONTENT = re.compile(
    r"(?:has|no|non|not|with|without|is|enable|enabled|tag|category|cat|format|type|post|skip|js)-(?!tags\b)"
    r"|.*-(?:label-hidden|enabled|main|content|article|body|text|wrapper|container)$"
)
_ASCII = str.maketrans("ğışöçü", "gisocu")
_CONSENT = re.compile(r"(?<![^\W\d_])(?:cookies?|cerez\w*|kvkk|consent|gdpr|sliding-popup)(?![^\W\d_])")
_UNSEEN = re.compile(
    r"(?<![^\W\d_])(?:sr-only|visually-hidden|screen-reader-text|screen-reader|ms-accessible|gizli|hidden)(?![^\W\d_])"
)
_NO_DISPLAY = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
#: lxml takes no text with them.
_NO_CHARACTERS = re.compile("[\ufffe\uffff\ud800-\udfff]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

#: Where a text is no longer than this, and says so little, it is a heading, a label or a list's item.
_SHORT = 40
#: Shares: of links in a run that is a menu's; of the weight that leads downwards; of the page that is never cut away.
_MENU, _DOWN, _TOO_MUCH = 0.5, 0.75, 0.5
#: The share of what has votes that is left at least, or else the votes are the text.
_ENOUGH = 0.4
#: Characters: of a text that can have votes, and of all votes.
_LEAST_VOTED, _MAX_VOTES = 15, 100_000
#: What a run without a vote, and a short one, count.
_UNVOTED, _LITTLE = 0.3, 0.3
_MAX_CELL = 120
_SENTENCE_END = re.compile(r"[.!?…:][\"”’»)\]]*$")
#: Around a headline.
_MARKS = " .:»«"
#: Elements into which the way down does not lead: they are the text itself.
_LEAVES = frozenset(["p", "li", "blockquote", "pre", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl"])


@dataclass(slots=True)
class _Run:
    """Text that stands together on the page: a paragraph, a heading, an item of a list.

    `owner` is the innermost element around it that begins a line of its own.
    """

    owner: Any
    text: str
    #: Characters of it that are links.
    linked: int

    @property
    def is_menu(self) -> bool:
        return self.linked > _MENU * len(self.text)


def main_lines(html: str, *, title: str) -> list[str]:
    """Give the paragraphs of the article; nothing where the page has none.

    Args:
        html: The page.
        title: The news' headline: the text stands behind it.
    """
    document = _INLINE_FILE.sub('""', _NO_HTML.sub(" ", html))[:MAX_HTML]
    root = _parsed(document)
    if root is None:
        return []
    _drop([element for element in root.iter() if element.tag in _NEVER or _is_consent(element)])
    voted = _voted(root) if sum(1 for _ in root.iter()) <= _MAX_VOTED else []
    votes = _bare("".join(voted))[:_MAX_VOTES]
    _prune(root, votes)
    _join_cells(root)
    lines = _chosen([run for run in _runs(root) if run.text], root, votes, title=title)
    # Where so much less is left, a template has given the article itself one of those names.
    return lines if len(_bare("".join(lines))) >= _ENOUGH * len(votes) else voted


def _chosen(runs: Sequence[_Run], root: Any, votes: str, *, title: str) -> list[str]:
    """Give the texts of the part of the page that holds the article."""
    chosen = set(_container(root, _weights(runs, votes)).iter())
    inside = [place for place, run in enumerate(runs) if run.owner in chosen]
    if not inside:
        return []
    begin = _begin(runs, range(inside[0], inside[-1] + 1), title=title)
    kept = [run for run in runs[begin : inside[-1] + 1] if not run.is_menu]
    while kept and _is_at_edge(kept[0], votes):
        kept.pop(0)
    while kept and _is_at_edge(kept[-1], votes):
        kept.pop()
    return [run.text for run in kept]


def _is_at_edge(run: _Run, votes: str) -> bool:
    """Tell whether words before or behind an article say little and have no vote: "Zoom", "Was this helpful?"."""
    is_little = len(run.text) < _SHORT and (run.owner.tag != "li" and not _SENTENCE_END.search(run.text))
    return bool(votes) and is_little and _bare(run.text) not in votes


def _parsed(document: str) -> Any | None:
    """Parse a page; None where nothing of it is left, or it is beyond all measure."""
    from lxml import etree
    from lxml import html as parser

    try:
        root = parser.document_fromstring(document.encode("utf-8", "replace"), parser=_reader(parser))
    except (etree.LxmlError, ValueError):
        return None
    count = sum(1 for _ in root.iter())
    return root if count <= _MAX_ELEMENTS else None


def _reader(parser: Any) -> Any:
    """Make a parser that asks nobody, and stops at depths that no page has."""
    return parser.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)


def _prune(root: Any, votes: str) -> None:
    """Take away what is around an article, by what its elements are and are called; never what holds most of it."""
    sizes = _sizes(root, votes)
    whole = sizes.get(root, 0)
    around = (element for element in root.iter() if element.tag not in ("html", "body") and _is_around(element))
    _drop([element for element in around if sizes.get(element, 0) <= _TOO_MUCH * whole])


def _drop(elements: Sequence[Any]) -> None:
    for element in elements:
        element.clear(keep_tail=True)  # not drop_tree: it sticks texts together, which control characters forbid


def _sizes(root: Any, votes: str) -> dict[Any, int]:
    """Count the characters in each element that have a vote; all of them where there are no votes."""

    def size(text: str | None) -> int:
        bare = _bare(text) if text and not text.isspace() else ""
        return len(bare) if bare and (not votes or (len(bare) >= _LEAST_VOTED and bare in votes)) else 0

    sizes: dict[Any, int] = {}
    for element in reversed([*root.iter()]):
        sizes[element] = sizes.get(element, 0) + size(element.text)
        parent = element.getparent()
        if parent is not None:
            sizes[parent] = sizes.get(parent, 0) + sizes[element] + size(element.tail)
    return sizes


def _names(element: Any) -> str:
    """Give an element's class and id as words with hyphens between them, without those that speak of its content."""
    written = f"{element.get('class') or ''} {element.get('id') or ''}"[:1000]
    folded = _CAMEL.sub("-", written).lower().replace("_", "-").replace("--", "-")
    plain = folded.translate(_ASCII)
    return " ".join(name for name in plain.split() if not _OF_CONTENT.match(name))


def _is_consent(element: Any) -> bool:
    return element.tag not in ("html", "body", "article", "main") and bool(_CONSENT.search(_names(element)))


def _is_around(element: Any) -> bool:
    if element.tag in _AROUND_TAGS or element.get("role", "").lower() in _ROLES or element.get("hidden") is not None:
        return True
    if element.get("aria-hidden") == "true" or _NO_DISPLAY.search(element.get("style") or ""):
        return True
    if element.tag == "header" and not any(one.tag in ("article", "main") for one in element.iterancestors()):
        return True
    if element.tag in ("article", "main"):
        return False
    names = _names(element)
    return bool(_AROUND.search(names) or _UNSEEN.search(names))


def _join_cells(root: Any) -> None:
    """Write the rows of tables that hold data as lines: "High Street, Saturday, Sunday". Layout tables stay."""
    for row in [*root.iter("tr")]:
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        texts = [clean_line(cell.text_content()) for cell in cells]
        holds_blocks = any(inner.tag in BLOCKS or inner.tag in ("br", "img") for cell in cells for inner in cell.iter())
        if len(cells) < 2 or holds_blocks or max(map(len, texts), default=0) > _MAX_CELL:
            continue
        linked = any(True for _ in row.iter("a"))
        if not linked:
            for cell in [*row]:
                row.remove(cell)
            row.text = _NO_CHARACTERS.sub("", ", ".join(filter(None, texts)))


def _runs(root: Any) -> Iterator[_Run]:
    """Give the page's texts in order, each with what it stands in."""
    from lxml import etree

    owners = [root]
    parts: list[str] = []
    linked = links = 0

    def add(text: str | None) -> None:
        nonlocal linked
        if text:
            parts.append(text)
            linked += len(text.strip()) if links else 0

    def ended() -> Iterator[_Run]:
        nonlocal linked
        if parts:
            yield _Run(owners[-1], clean_line("".join(parts)), linked)
            parts.clear()
            linked = 0

    for event, element in etree.iterwalk(root, events=("start", "end")):
        is_block = element.tag in BLOCKS or element.tag in ("td", "th", "body")
        if event == "start":
            if is_block:
                yield from ended()
                owners.append(element)
            links += element.tag == "a"
            add(element.text)
            continue
        links -= element.tag == "a"
        if is_block:
            yield from ended()
            owners.pop()
        if element.tag == "br":
            if _ends_line("".join(parts[-3:]), element.tail or ""):
                yield from ended()
            else:
                parts.append(" ")
        add(element.tail)
    yield from ended()


def _ends_line(before: str, behind: str) -> bool:
    """Tell whether a `<br>` ends a paragraph, as many editors write them, and does not merely wrap it."""
    return not (before.rstrip().endswith(",") or behind.lstrip()[:1].islower())


def _voted(root: Any) -> list[str]:
    """Give what trafilatura takes for the article, line by line; nothing where it fails over the page."""
    from copy import deepcopy

    from trafilatura import extract

    try:
        found = extract(deepcopy(root), include_comments=False, include_tables=True, favor_recall=True, fast=True)
    except Exception:  # noqa: BLE001 - its vote is not needed; whatever it stumbles over costs no more than that
        return []
    lines = (clean_line(line.removeprefix("- ").replace("|", " ")) for line in (found or "").split("\n"))
    return [line for line in lines if line.strip(" -")]


def _bare(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _weights(runs: Sequence[_Run], votes: str) -> Mapping[Any, float]:
    """Weigh each element by the prose in it."""
    weights: dict[Any, float] = {}
    for run in runs:
        if run.is_menu:
            continue
        weight = len(run.text) * (1.0 if len(run.text) >= _SHORT else _LITTLE)
        if votes and _bare(run.text) not in votes:
            weight *= _UNVOTED
        element = run.owner
        while element is not None:
            weights[element] = weights.get(element, 0.0) + weight
            element = element.getparent()
    return weights


def _container(root: Any, weights: Mapping[Any, float]) -> Any:
    """Go down to where the prose stands side by side."""
    chosen = root
    while True:
        inner = max(chosen, key=lambda element: weights.get(element, 0.0), default=None)
        if inner is None or inner.tag in _LEAVES or (inner.tag == "tr" and not len(inner)):
            return chosen
        if not weights.get(inner) or weights[inner] < _DOWN * weights[chosen]:
            return chosen
        chosen = inner


def _begin(runs: Sequence[_Run], inside: range, *, title: str) -> int:
    """Give where the article begins: behind the headline, with the lead that may stand before the part of the text."""
    key = match_key(title.strip(_MARKS))
    middle = inside.start + len(inside) // 2
    found = [place for place in range(middle) if key and match_key(runs[place].text.strip(_MARKS)) == key]
    if not found:
        return inside.start
    if found[-1] >= inside.start:
        return found[-1] + 1
    leads = (place for place in range(found[-1] + 1, inside.start) if _is_lead(runs[place]))
    return next(leads, inside.start)


def _is_lead(run: _Run) -> bool:
    return len(run.text) >= _SHORT and not run.is_menu and bool(_SENTENCE_END.search(run.text))
