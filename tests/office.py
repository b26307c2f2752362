"""A press office for the diary of its week: its site, three platforms, its command line, and a clock that a test moves.

The program is the real one, started anew for each round and each command as cron and people do, with the real client
libraries; the clock is the same for the program, the libraries and the platforms, and stands still between two lines.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crossposter.cli import main
from crossposter.cli.sandbox import environment_of
from crossposter.clock import SystemClock
from crossposter.sandbox import Sandbox
from crossposter.sandbox.site import SAMPLE, Response
from tests.city import DEMO_CONFIG

ISTANBUL = ZoneInfo("Europe/Istanbul")
_HOST = "https://www.izmir.bel.tr"
_PICTURE = next(iter(sorted((SAMPLE / "pictures").glob("*.jpg")))).read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One news item of the site."""

    number: int
    title: str
    summary: str
    category: str
    published: datetime


@dataclass(slots=True)
class Site:
    """The city's web site, with a feed in Turkish and one in English; newest first."""

    feeds: dict[str, list[News]] = field(default_factory=lambda: {"tr": [], "en": []})
    base_url: str = ""

    def rebuild(self, language: str) -> None:
        """Give all news of a language other numbers, as a new content management system does."""
        self.feeds[language] = [replace(news, number=news.number + 9000) for news in self.feeds[language]]

    def respond(self, method: str, path: str, headers: Mapping[str, str]) -> Response:
        """Answer a request: status, headers, body."""
        if path.endswith(".jpg"):
            return 200, {"Content-Type": "image/jpeg"}, _PICTURE
        body = self._feed("en" if "en.xml" in path else "tr")
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if {name.lower(): value for name, value in headers.items()}.get("if-none-match") == etag:
            return 304, {"ETag": etag}, b""
        return 200, {"Content-Type": "application/rss+xml; charset=utf-8", "ETag": etag}, body

    def _feed(self, language: str) -> bytes:
        items = "".join(self._item(language, news) for news in self.feeds[language])
        channel = f"<title>İzmir</title><link>{_HOST}</link><description>Haberler</description>{items}"
        return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{channel}</channel></rss>'.encode()

    def _item(self, language: str, news: News) -> str:
        category = f"<category>{escape(news.category)}</category>" if news.category else ""
        return (
            f"<item><title>{escape(news.title)}</title><description>{escape(news.summary)}</description>{category}"
            f"<link>{_HOST}/{language}/Haberler/haber/{news.number}/156</link>"
            f'<guid isPermaLink="false">{language}-{news.number}</guid>'
            f"<pubDate>{format_datetime(news.published)}</pubDate>"
            f'<enclosure url="{self.base_url}/pictures/a.jpg" type="image/jpeg" length="{len(_PICTURE)}"/></item>'
        )


class Office:
    """What its days consist of."""

    def __init__(
        self, folder: Path, sandbox: Sandbox, site: Site, clock: list[datetime], output: pytest.CaptureFixture[str]
    ) -> None:
        self.folder, self.sandbox, self.site = folder, sandbox, site
        self._clock, self._output, self._numbers = clock, output, count(1)

    def opens(
        self,
        wall: str,
        *,
        rules: str = "",
        feed: str = "",
        account: str = "post: {link: never}",
        approval: str = "none",
    ) -> None:
        """Begin with a YAML whose feeds and accounts say this as well; what stands in the feeds is old news."""
        self.at(wall)
        for language, title in (("tr", "Eski haber"), ("en", "Old news")):
            for number in range(6, 0, -1):
                self._clock[0] -= timedelta(hours=number)
                self.publishes(f"{title} {number}", language=language)
                self._clock[0] += timedelta(hours=number)
        yaml = DEMO_CONFIG.read_text("utf-8").replace("language: en\nledger", "language: tr\nledger")
        yaml = re.sub("every: 2s .*", f"every: 5m\n    {feed}", yaml)
        yaml = re.sub(r"    pace: .*\n", "", yaml)
        yaml = re.sub("approval: none.*", f"approval: {approval}\n    {account}", yaml)
        (self.folder / "crossposter.yaml").write_text(f"{yaml}\n{rules}", "utf-8")
        self.works()

    # -- the clock -----------------------------------------------------------------------------------------------------

    def at(self, wall: str) -> None:
        """Let the clock on the wall show a time: `2026-11-10 09:04`, or `09:04` of the same day."""
        self._clock[0] = self._moment(wall)

    def _moment(self, wall: str) -> datetime:
        day, _, hour = wall.rpartition(" ")
        day = day or f"{self._clock[0].astimezone(ISTANBUL):%Y-%m-%d}"
        return datetime.fromisoformat(f"{day} {hour}").replace(tzinfo=ISTANBUL).astimezone(UTC)

    def works(self) -> None:
        """Do a round, as cron does."""
        self.types("run", "--once")

    # -- what people do ------------------------------------------------------------------------------------------------

    def publishes(self, title: str, *, category: str = "", summary: str = "", language: str = "tr") -> None:
        """Put news on the site."""
        news = News(
            number=next(self._numbers), title=title, summary=summary, category=category, published=self._clock[0]
        )
        self.site.feeds[language].insert(0, news)

    def rewrites(self, title: str, *, to: str) -> None:
        """Change the title of news on the site."""
        feed = self.site.feeds["tr"]
        feed[:] = [replace(news, title=to) if news.title == title else news for news in feed]

    def types(self, *arguments: str, code: int = 0) -> str:
        """Type a command; give what it prints."""
        self._output.readouterr()
        given = main([*arguments, "--config", str(self.folder / "crossposter.yaml")])
        said = self._output.readouterr()
        assert given == code, said.out + said.err
        return said.out

    # -- what the public sees, and what the record says ----------------------------------------------------------------

    @property
    def x(self) -> list[str]:
        """Give what stands on X, oldest first, each with the time at which it went out: `09:04 text`."""
        return self.stands("twitter")

    @property
    def facebook(self) -> list[str]:
        """Give what stands on Facebook, likewise."""
        return self.stands("facebook")

    @property
    def instagram(self) -> list[str]:
        """Give what stands on Instagram, likewise."""
        return self.stands("instagram")

    def stands(self, platform: str, handle: str = "izmirbld") -> list[str]:
        """Give what stands on an account."""
        return [
            f"{datetime.fromisoformat(post['created_at']).astimezone(ISTANBUL):%H:%M} {post['text']}"
            for post in self.sandbox.posts()
            if (post["platform"], post["handle"], post["deleted"]) == (platform, handle, False)
        ]

    def record(self) -> list[str]:
        """Give how the news stand by the record, and who did what: `Title: held, flood on x; Ayşe: hold`.

        What stood in the feeds at the beginning is left out.
        Accounts of one story that stand alike are in one line.
        """
        lines: dict[tuple[str, str, str], list[str]] = {}
        stories = {one["entry"]: None for one in self._listed() if one["reason"] != "baseline"}
        for story in stories:
            for one in json.loads(self.types("ledger", "show", str(story), "--json"))["deliveries"]:
                stands = ", ".join(filter(None, (one["status"], one["reason"], one["deleted_at"] and "deleted")))
                acts = "".join(
                    f"; {act['by']}: " + ", ".join(filter(None, (act["act"], act["reason"]))) for act in one["acts"]
                )
                lines.setdefault((one["title"], stands, acts), []).append(one["id"].partition("/izmir-")[2])
        return [f"{title}: {stands} on {', '.join(names)}{acts}" for (title, stands, acts), names in lines.items()]

    def story(self, title: str) -> str:
        """Give the number of the newest story with a title, as people type it."""
        return [str(one["entry"]) for one in self._listed() if one["title"] == title][-1]

    def _listed(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(self.types("ledger", "list", "--json"))["deliveries"]
        return listed

    def verifies(self) -> None:
        """Have the record looked through: it is whole, and the ledger says what it says."""
        self.types("ledger", "verify")


@contextmanager
def an_office(folder: Path, output: pytest.CaptureFixture[str]) -> Iterator[Office]:
    """Run it for the length of the block, with a clock that stands still until it is set."""
    clock = [datetime(2026, 11, 2, 6, tzinfo=UTC)]

    def seconds() -> float:
        return clock[0].timestamp()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemClock, "now", lambda _: clock[0])
        patch.setattr(time, "time", seconds)  # the client libraries sign with it
        site = Site()
        with Sandbox(site=site, clock=seconds) as sandbox:
            site.base_url = f"{sandbox.url}/site"
            environ = {
                **environment_of(sandbox),
                "DEMO_LEDGER": f"sqlite:///{folder / 'ledger.db'}",
                "DEMO_FEED_TR": f"{site.base_url}/rss/tr.xml",
                "DEMO_FEED_EN": f"{site.base_url}/rss/en.xml",
            }
            for name, value in environ.items():
                patch.setenv(name, value)
            yield Office(folder, sandbox, site, clock, output)
