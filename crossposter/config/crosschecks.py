"""Mistakes between the parts of the file: names that lead nowhere, or to two places.

Works on the plain data, so that these are reported together with everything else that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crossposter.config.document import Document, dotted
from crossposter.wording import say


def check_references(document: Document) -> None:
    """Add a problem for each id used twice, each unknown account and each account pinned twice."""
    _check_unique(document, "feeds")
    _check_unique(document, "accounts")
    _check_accounts_of_feeds(document)
    _check_pins(document)


def _blocks(document: Document, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give the well-formed blocks of a list, with their place."""
    blocks = (document.data or {}).get(name)
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        if isinstance(block, dict):
            yield index, block


def _check_unique(document: Document, name: str) -> None:
    first: dict[str, int] = {}
    for index, block in _blocks(document, name):
        taken = first.setdefault(str(block.get("id")), index)
        if taken != index and block.get("id"):
            other = dotted((name, taken, "id"))
            sentence = say("the id {name!r} is taken by {other}: each needs its own", name=block["id"], other=other)
            document.report((name, index, "id"), sentence)


def _check_accounts_of_feeds(document: Document) -> None:
    known = sorted(str(account.get("id")) for _, account in _blocks(document, "accounts"))
    for index, feed in _blocks(document, "feeds"):
        written = feed.get("accounts")
        names = written if isinstance(written, list) else []
        for place, name in enumerate(names):
            path = ("feeds", index, "accounts", place)
            if name not in known:
                possible = ", ".join(known)
                document.report(path, say("there is no account {name!r}: use {possible}", name=name, possible=possible))
            elif name in names[:place]:
                document.report(path, say("account {name!r} stands here twice", name=name))


def _check_pins(document: Document) -> None:
    """Refuse two accounts for one account of a platform: each item would stand there twice."""
    pinned: dict[tuple[str, str], str] = {}
    for index, account in _blocks(document, "accounts"):
        expect = account.get("expect")
        remote_id = expect.get("id") if isinstance(expect, dict) else None
        if remote_id is None:
            continue
        first = pinned.setdefault((str(account.get("platform")), str(remote_id)), str(account.get("id")))
        if first != str(account.get("id")):
            sentence = say("account {name!r} is pinned to this id already: both would post everything", name=first)
            document.report(("accounts", index, "expect", "id"), sentence)
