"""What every golden item becomes on each platform; the items and what they must say stand in `golden/`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from crossposter.adapters import adapter_class
from crossposter.core.chrome import Chrome, without_chrome
from crossposter.core.gate import examine, hard
from crossposter.core.model import Entry, Picture, PostRules, Reason
from crossposter.core.rendering import Held, render
from crossposter.core.text import clean, clean_line
from crossposter.wording import Message

FOLDER = Path(__file__).with_name("golden")
#: A platform that is added later has no golden posts until somebody writes them.
PLATFORMS = ("twitter", "facebook", "instagram")
ITEMS = sorted(FOLDER.glob("*.entry.json"))
ZONE = "Europe/Istanbul"

_PICTURE = Picture(url="https://www.izmir.bel.tr/a.jpg", content=b"", sha256="", width=1, height=1, alt="")


def expected_file(item: Path, platform: str) -> Path:
    """Give where it stands what the item must say on the platform."""
    return item.with_name(item.name.replace(".entry.json", f".{platform}.txt"))


def said(item: Path, platform: str) -> str:
    """Give the post, the link that it carries as a card on a last line `CARD ...`; or `HELD reason: message`."""
    words = json.loads(item.read_text("utf-8"))
    feed = words.get("feed", {})
    entry = _entry(words, feed)
    if cause := hard(examine(entry, allowed_hosts=feed.get("allowed_hosts", ()))):
        return _held(Reason.GATE, cause)
    pictures = [_PICTURE] if words["pictures"] else []
    post = render(entry, adapter_class(platform).limits, pictures, rules=_rules(words.get("rules", {})), timezone=ZONE)
    if isinstance(post, Held):
        return _held(post.reason, post.message or post.reason.message)
    return f"{post.text}\n\nCARD {post.link}" if post.link else post.text


def _entry(words: dict[str, Any], feed: dict[str, Any]) -> Entry:
    """Clean the words as `feeds/parsing.py` does."""
    chrome = Chrome(**{rule: tuple(feed.get(rule, ())) for rule in ("strip", "start_after", "stop_before")})
    title = clean_line(words["title"])
    return Entry(
        keys=("guid:1",),
        title=title,
        link=words["link"],
        summary=without_chrome(clean(words["summary"]), title, chrome),
        text=without_chrome(clean(words["text"]), title, chrome),
        language=words["language"],
        published=datetime.fromisoformat(words["published"]) if words["published"] else None,
        categories=tuple(words["categories"]),
    )


def _rules(rules: dict[str, Any]) -> PostRules:
    return PostRules(
        template=rules.get("template"),
        hashtags=tuple(rules.get("hashtags", ())),
        category_hashtags=rules.get("category_hashtags", False),
        link_categories=tuple(rules["link"]) if "link" in rules else None,
    )


def _held(reason: Reason, message: Message) -> str:
    return f"HELD {reason}: {message}"
