"""Mistakes between the parts of the file: names that lead nowhere, or to two places.

Works on the plain data, so that these are reported together with everything else that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from crossposter.adapters.options import Options
from crossposter.config.document import Document
from crossposter.wording import Message, say


def check_references(document: Document, environ: Mapping[str, str]) -> None:
    """Add a problem for each id used twice, each unknown account, and what is pinned or told twice."""
    _check_unique(document, "feeds")
    _check_unique(document, "accounts")
    _check_accounts_of_feeds(document)
    _check_sites(document)
    _check_pins(document, environ)
    _check_handles(document, environ)
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


def _check_pins(document: Document, environ: Mapping[str, str]) -> None:
    """Refuse two accounts for one account of a platform: each item would stand there twice."""
    pinned: dict[tuple[str, str], int] = {}
    for index, account in blocks(document, "accounts"):
        expect = account.get("expect")
        remote_id = expect.get("id") if isinstance(expect, dict) else None
        if not isinstance(remote_id, str) or not remote_id.strip():
            continue
        remote_id = _followed(remote_id, environ)
        first = pinned.setdefault((str(account.get("platform")), remote_id), index)
        if first != index:
            line = document.lines[("accounts", first, "expect", "id")]
            sentence = say("line {line} names this id already: every news item would stand there twice", line=line)
            document.report(("accounts", index, "expect", "id"), sentence)


def _check_handles(document: Document, environ: Mapping[str, str]) -> None:
    """Refuse one name by two backends: each numbers the account in its own way, so that its ids do not show it."""
    first: dict[tuple[str, str], tuple[int, object]] = {}
    for index, account in blocks(document, "accounts"):
        expect = account.get("expect")
        handle = expect.get("handle") if isinstance(expect, dict) else None
        if not isinstance(handle, str) or not handle.strip():
            continue
        name = _followed(handle, environ).lstrip("@").casefold()
        backend = account.get("backend")
        place, other = first.setdefault((str(account.get("platform")), name), (index, backend))
        if backend != other:
            line = document.lines[("accounts", place, "expect", "handle")]
            sentence = say(
                "line {line} names this account already, for another backend: every news item would stand there twice",
                line=line,
            )
            document.report(("accounts", index, "expect", "handle"), sentence)


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
