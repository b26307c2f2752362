"""Mistakes between the parts of the file: names that lead nowhere, or to two places.

Works on the plain data, so that these are reported together with everything else that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from crossposter.adapters.options import Options
from crossposter.config.document import Document, dotted
from crossposter.errors import Problem
from crossposter.wording import Message, say

#: In place of the id that an account without `expect` is given; no platform numbers its accounts so.
UNPINNED = "?"


def check_references(document: Document, environ: Mapping[str, str]) -> None:
    """Add a problem for each id used twice, each unknown account, and what is pinned or told twice."""
    _check_unique(document, "feeds")
    _check_unique(document, "accounts")
    _check_accounts_of_feeds(document)
    _check_sites(document)
    for problem in clashes(pins(document, environ)):
        document.report_problem(problem)
    _check_alerts(document)


def check_media(document: Document, accounts: Sequence[Options], *, has_media: bool) -> None:
    """Add a problem for each account whose pictures need a public folder where `media` names none."""
    for index, account in enumerate(accounts):
        if account.needs_public_folder and not has_media:
            sentence = say(
                "this platform fetches pictures itself: write `media:` with public_dir and public_base_url, "
                "or another picture_by here"
            )
            document.report(("accounts", index), sentence)


def blocks(document: Document, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give the well-formed blocks of a list, with their place."""
    found = (document.data or {}).get(name)
    for index, block in enumerate(found if isinstance(found, list) else []):
        if isinstance(block, dict):
            yield index, block


def _ids(document: Document, name: str) -> Iterator[tuple[int, str]]:
    """Give the ids of a list's blocks, with their place."""
    for index, block in blocks(document, name):
        if isinstance(block.get("id"), str) and block["id"]:
            yield index, block["id"]


def _check_unique(document: Document, name: str) -> None:
    first: dict[str, int] = {}
    for index, written in _ids(document, name):
        taken = first.setdefault(written, index)
        if taken != index:
            line = document.lines[(name, taken, "id")]
            sentence = say("the id {name!r} stands in line {line} already: each needs its own", name=written, line=line)
            document.report((name, index, "id"), sentence)


def _check_accounts_of_feeds(document: Document) -> None:
    known = sorted({written for _, written in _ids(document, "accounts")})
    for index, feed in blocks(document, "feeds"):
        written = feed.get("accounts")
        names = written if isinstance(written, list) else []
        for place, name in enumerate(names):
            path = ("feeds", index, "accounts", place)
            if not isinstance(name, str) or not known:
                continue  # told already: no text, or no account at all
            if name not in known:
                document.report(path, _unknown_account(name, known))
            elif name in names[:place]:
                document.report(path, say("account {name!r} stands here twice: keep one", name=name))


def _unknown_account(name: str, known: list[str]) -> Message:
    if close := get_close_matches(name.lower(), known, n=1):
        return say("there is no account {name!r}: did you mean {close!r}?", name=name, close=close[0])
    return say("there is no account {name!r}: the accounts are {known}", name=name, known=", ".join(known))


def _check_sites(document: Document) -> None:
    """Insist on `site` where two feeds meet on an account: an item in both would stand there twice."""
    feed_of: dict[str, str] = {}
    for index, feed in blocks(document, "feeds"):
        written = feed.get("accounts")
        names = [name for name in written if isinstance(name, str)] if isinstance(written, list) else []
        name = str(feed.get("id"))
        met = next((feed_of[account] for account in names if account in feed_of), None)
        sites = {block.get("id"): block.get("site") for _, block in blocks(document, "feeds")}
        if met and not (feed.get("site") and sites.get(met)):
            sentence = say(
                "this feed and {other!r} go to one account: give both a site, the same name if an item can be in both",
                other=met,
            )
            document.report(("feeds", index), sentence)
        feed_of.update(dict.fromkeys(names, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Which account of its platform a block is for, and where that stands.

    `key` is what is pinned: (platform, "id", number), or (platform, "handle", name). Each backend numbers an account in
    its own way, so that only its name shows that it is the same one.
    """

    key: tuple[str, str, str]
    backend: object
    file: str
    line: int
    index: int

    def is_of_the_same_account(self, other: Pin) -> bool:
        """Tell whether another pin of the same key is that of the same account by another block."""
        return self.key[1] == "id" or self.backend != other.backend


def pins(document: Document, environ: Mapping[str, str]) -> Iterator[Pin]:
    """Give what the accounts of a file are for."""
    for index, account in blocks(document, "accounts"):
        expect = account.get("expect")
        for kind in ("id", "handle"):
            written = expect.get(kind) if isinstance(expect, dict) else None
            if not isinstance(written, str) or not written.strip() or written.startswith(UNPINNED):
                continue
            name = _followed(written, environ)
            yield Pin(
                key=(str(account.get("platform")), kind, name if kind == "id" else name.lstrip("@").casefold()),
                backend=account.get("backend"),
                file=document.file,
                line=document.lines.get(("accounts", index, "expect", kind), 0),
                index=index,
            )


def clashes(found: Iterable[Pin]) -> Iterator[Problem]:
    """Give a problem for each account that two blocks, of a file or of two, are for: news would stand there twice."""
    first: dict[tuple[str, str, str], Pin] = {}
    for pin in found:
        other = first.setdefault(pin.key, pin)
        if other is not pin and pin.is_of_the_same_account(other):
            path = dotted(("accounts", pin.index, "expect", pin.key[1]))
            yield Problem(file=pin.file, line=pin.line, path=path, message=_twice(pin, other))


def _twice(pin: Pin, other: Pin) -> Message:
    by_backend = pin.key[1] == "handle"
    if pin.file != other.file:
        place = f"{other.file}:{other.line}"
        if by_backend:
            return say(
                "{place} names this account already, for another backend: every news item would stand there twice",
                place=place,
            )
        return say("{place} names this id already: every news item would stand there twice", place=place)
    if by_backend:
        return say(
            "line {line} names this account already, for another backend: every news item would stand there twice",
            line=other.line,
        )
    return say("line {line} names this id already: every news item would stand there twice", line=other.line)


def _followed(written: str, environ: Mapping[str, str]) -> str:
    written = written.strip()
    return environ.get(written.removeprefix("env:"), written).strip() if written.startswith("env:") else written


def _check_alerts(document: Document) -> None:
    """Refuse an address twice, under whose name the ledger remembers who was told what; and a second ping."""
    first: dict[str, int] = {}
    for index, alert in blocks(document, "alerts"):
        for key in ("url", "ping"):
            if not isinstance(written := alert.get(key), str):
                continue
            taken = first.setdefault(written.strip() if key == "url" else key, index)
            if taken != index:
                line = document.lines[("alerts", taken, key)]
                sentence = say("line {line} says this already: keep one of both", line=line)
                document.report(("alerts", index, key), sentence)
