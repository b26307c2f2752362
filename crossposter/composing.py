"""An entry becomes a post with its text and its pictures: the same for a dry run and for the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crossposter.core.editing import examine_text
from crossposter.core.gate import Finding, examine, hard
from crossposter.core.model import Account, Entry, Feed, Limits, MediaRule, Picture, PictureRef, Post, Reason
from crossposter.core.rendering import Held, alt_text, render, shows_text, with_words
from crossposter.core.teaser import is_teaser, with_article
from crossposter.core.templates import Moment
from crossposter.errors import ArticleError, PictureError
from crossposter.ports import ArticleSource, PictureSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A post, or why there is none; what could not be had, and what a person should know of it."""

    post: Post | Held
    missing: tuple[PictureError, ...] = ()
    #: Why the article's page could not be had at the moment, where something of it is wanted.
    late: ArticleError | None = None
    findings: tuple[Finding, ...] = ()


def compose(
    entry: Entry,
    account: Account,
    pictures: PictureSource,
    *,
    feed: Feed | None,
    articles: ArticleSource | None = None,
    waived: frozenset[Reason] = frozenset(),
    passed: frozenset[str] = frozenset(),
    words: str | None = None,
) -> Composition:
    """Look at the news once more, prepare the pictures that the platform takes, and write the post around those.

    Where the feed has a teaser only, or no picture, and says `article`, the article's page gives what is missing.

    Args:
        entry: The news.
        account: Where it goes.
        pictures: Where its pictures come from.
        feed: Whose rules hold for it; None where the YAML no longer has it.
        articles: Where the pages behind news are read; None for nowhere.
        waived: Reasons to hold it that a person has let pass.
        passed: What the gate has found and a person has let pass; what else it finds, in a text that was changed or in
            the article, nobody has seen.
        words: The text that a person wrote in place of the news' own; it alone is looked at then.
    """
    allowed_hosts = feed.allowed_hosts if feed else ()
    if words is None:
        findings = examine(entry, allowed_hosts=allowed_hosts)
    else:
        findings = examine_text(words, entry, account.limits, allowed_hosts=allowed_hosts)
    if reason := hard(findings, passed=passed):
        return Composition(post=Held(reason=Reason.GATE, message=reason), findings=findings)
    late: ArticleError | None = None
    if feed and feed.article and articles:
        try:
            entry = _completed(entry, account, articles, feed)
        except ArticleError as error:
            late = error
        if words is None:
            findings = examine(entry, allowed_hosts=allowed_hosts)
        if reason := hard(findings, passed=passed):
            return Composition(post=Held(reason=Reason.GATE, message=reason), findings=findings, late=late)
    timezone = feed.timezone if feed else "UTC"
    missing: list[PictureError] = []
    ready = _prepared(entry, account, pictures, missing, timezone=timezone)
    post = _post(entry, account, ready, waived=waived, timezone=timezone, words=words)
    return Composition(post=post, missing=tuple(missing), late=late, findings=findings)


def words_of(entry: Entry, account: Account, *, timezone: str) -> Post | None:
    """Give the words of the post that would be made of an entry, without its pictures; None where there is none.

    By these it is told whether one stands on the account: with a picture, the link may stand in another place.
    """
    limits = replace(account.limits, needs_picture=False)
    made = render(entry, limits, rules=account.rules, timezone=timezone)
    return made if isinstance(made, Post) else None


def _completed(entry: Entry, account: Account, articles: ArticleSource, feed: Feed) -> Entry:
    """Give the entry with what its article's page has and the feed has not, as far as this account shows it.

    Raises:
        ArticleError: The page cannot be had at the moment.
    """
    wants_text = is_teaser(entry)
    shows_it = wants_text and shows_text(entry, account.limits, account.rules)
    wants_picture = not entry.pictures and _takes_pictures(account)
    if not (shows_it or wants_picture):
        return entry
    article = articles.read(entry, feed, wants_text=wants_text)
    if article is None:
        return entry
    if shows_it:
        entry = with_article(entry, article.text, feed.chrome)
    return replace(entry, pictures=(article.picture,)) if wants_picture and article.picture else entry


def _takes_pictures(account: Account) -> bool:
    return account.rules.media is not MediaRule.NEVER or account.limits.needs_picture


def _post(
    entry: Entry,
    account: Account,
    ready: Sequence[Picture],
    *,
    waived: frozenset[Reason],
    timezone: str,
    words: str | None,
) -> Post | Held:
    rules = account.rules
    if rules.media is MediaRule.REQUIRED and not ready and Reason.NO_PICTURE not in waived:
        return Held(reason=Reason.NO_PICTURE)
    if rules.alt_required and any(picture.alt_is_derived for picture in ready) and Reason.ALT not in waived:
        return Held(reason=Reason.ALT)
    if words is not None:
        return with_words(words, entry, account.limits, ready, rules=rules)
    return render(entry, account.limits, ready, rules=rules, timezone=timezone)


def _prepared(
    entry: Entry,
    account: Account,
    pictures: PictureSource,
    missing: list[PictureError],
    *,
    timezone: str,
) -> list[Picture]:
    """Prepare as many pictures as the platform takes; a drawn card where there is none and the account wants one.

    What cannot be had is added to `missing`.
    """
    limits, rules = account.limits, account.rules
    ready: list[Picture] = []
    if not _takes_pictures(account):
        return ready
    for ref in entry.pictures:
        if len(ready) == limits.max_pictures:
            break
        try:
            ready.append(_picture(entry, ref, account, pictures, like=ready[0] if ready else None))
        except PictureError as error:
            missing.append(error)
    if not ready and rules.card:
        date = Moment(entry.published, timezone, entry.language).date() if entry.published else ""
        try:
            ready.append(pictures.card(entry.title, date=date, limits=limits))
        except PictureError as error:
            missing.append(error)
    return ready


def _picture(
    entry: Entry, ref: PictureRef, account: Account, pictures: PictureSource, *, like: Picture | None
) -> Picture:
    limits = _like(account.limits, like) if like else account.limits
    alt = alt_text(entry, ref.alt, max_length=limits.max_alt_length)
    prepared = pictures.prepare(ref, limits=limits, alt=alt, fit=account.rules.fit)
    return replace(prepared, alt_is_derived=not ref.alt)


def _like(limits: Limits, first: Picture) -> Limits:
    """Give the further pictures the first one's shape, where a platform would cut them to it (Instagram, 2026-06)."""
    if limits.picture.ratio is None:
        return limits
    ratio = first.width / first.height
    return replace(limits, picture=replace(limits.picture, ratio=(ratio, ratio)))
