"""The article behind a teaser: its page is fetched once for all accounts, and read in the child."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from importlib.util import find_spec

from crossposter.core.gate import is_allowed
from crossposter.core.model import Article, Entry, Feed, PictureRef
from crossposter.errors import ArticleError, FeedError
from crossposter.feeds.children import Children
from crossposter.feeds.document import Page, PageTask
from crossposter.recent import Recent
from crossposter.web import Response, WebClient, WebError, shown
from crossposter.wording import say

#: What the text needs; lxml_html_clean is a part of lxml that trafilatura loads.
_PACKAGES = ("trafilatura", "lxml", "lxml_html_clean")
#: Said where the text is wanted and these are not there.
LACKING = say(
    "article: true gives the picture of an article only; its text takes trafilatura: "
    "pip install 'crossposter-city[article]'"
)
#: Bytes, unpacked; beyond it there is no article.
MAX_BYTES = 5 * 1024 * 1024
_ACCEPT = "text/html, application/xhtml+xml, */*;q=0.5"
#: Articles that are kept, and the seconds: the accounts of one news item want it one after the other.
_KEPT, _KEPT_S = 32, 600.0
#: Seconds for which a failure is kept: the other accounts need not wait for the same silence.
_FAILED_S = 20.0

_log = logging.getLogger(__name__)


#: An article, that there is none, or why it cannot be had.
Read = Article | ArticleError | None


def recently_read() -> Recent[Read]:
    """Make the memory of what was just read."""
    return Recent(kept=_KEPT, seconds=_KEPT_S)


def lacks_extra() -> bool:
    """Tell whether articles can give their pictures only; loads nothing."""
    return any(find_spec(package) is None for package in _PACKAGES)


class WebArticleSource:
    """Reads articles over http(s). Safe to use from several threads."""

    def __init__(self, web: WebClient, children: Children, *, read: Recent[Read] | None = None) -> None:
        """Take a city's way to the web; cities may share what was just read, and so its memory."""
        self._web = web
        self._children = children
        self._read = read or recently_read()
        self._lock = threading.Lock()
        self._has_told = False

    def read(self, entry: Entry, feed: Feed, *, wants_text: bool) -> Article | None:
        """Read the page behind an entry; None where there is none, it is gone, or it leads to another's site.

        Raises:
            ArticleError: It cannot be had at the moment.
        """
        if entry.link is None:
            return None
        wants_text = wants_text and self._has_extra()
        key = (
            self._web,
            entry.link,
            entry.title,
            feed.language,
            feed.encoding_fallback,
            feed.allowed_hosts,
            wants_text,
        )
        waits_until = time.monotonic() - _FAILED_S

        def read() -> Read:
            try:
                return self._fetched(entry, feed, wants_text=wants_text)
            except ArticleError as error:
                return error

        found = self._read.give(key, read, lambda kept, at: not isinstance(kept, ArticleError) or at > waits_until)
        if isinstance(found, ArticleError):
            raise found
        return found

    def _has_extra(self) -> bool:
        if not lacks_extra():
            return True
        with self._lock:
            has_told, self._has_told = self._has_told, True
        if not has_told:
            _log.warning("%s", LACKING)
        return False

    def _fetched(self, entry: Entry, feed: Feed, *, wants_text: bool) -> Article | None:
        assert entry.link  # noqa: S101 - looked at by the caller
        try:
            response = self._web.get(entry.link, max_bytes=MAX_BYTES, headers={"Accept": _ACCEPT})
        except WebError as error:
            if error.is_permanent:
                return None
            raise ArticleError(error.message) from error
        if not is_allowed(response.url, feed.allowed_hosts):
            _log.warning("article %r leads to %r, which is not among allowed_hosts", entry.link, shown(response.url))
            return None
        page = self._page(response, entry, feed, wants_text=wants_text)
        if page is None:
            return None
        picture = PictureRef(url=page.picture[0], alt=page.picture[1]) if page.picture else None
        return Article(text=page.text, picture=picture)

    def _page(self, response: Response, entry: Entry, feed: Feed, *, wants_text: bool) -> Page | None:
        """Read it in the child; where its text is too much for that, it may still name its picture."""
        task = PageTask(
            name=shown(response.url),
            address=response.url,
            content_type=response.headers.get("content-type", ""),
            language=feed.language,
            title=entry.title,
            wants_text=wants_text,
            encoding_fallback=feed.encoding_fallback,
        )
        for attempt in (task, replace(task, wants_text=False)) if wants_text else (task,):
            try:
                return self._children.read_page(response.body, attempt)
            except FeedError as error:
                _log.warning("article: %s", error)
        return None
