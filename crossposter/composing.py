"""An entry becomes a post with its pictures: the same for a dry run and for the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crossposter.core.gate import Finding, examine, hard
from crossposter.core.model import Account, Entry, Feed, Limits, MediaRule, Picture, PictureRef, Post, Reason
from crossposter.core.rendering import Held, alt_text, render
from crossposter.core.templates import Moment
from crossposter.errors import PictureError
from crossposter.ports import PictureSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A post, or why there is none; the pictures that could not be had, and what a person should know of it."""

    post: Post | Held
    missing: tuple[PictureError, ...] = ()
    findings: tuple[Finding, ...] = ()


def compose(
    entry: Entry,
    account: Account,
    pictures: PictureSource,
    *,
    feed: Feed | None,
    waived: frozenset[Reason] = frozenset(),
) -> Composition:
    """Look at the news once more, prepare the pictures that the platform takes, and write the post around those.

    Args:
        entry: The news.
        account: Where it goes.
        pictures: Where its pictures come from.
        feed: Whose rules hold for it; None where the YAML no longer has it.
        waived: Reasons to hold it that a person has let pass.
    """
    findings = examine(entry, allowed_hosts=feed.allowed_hosts if feed else ())
    if (reason := hard(findings)) and Reason.GATE not in waived:
        return Composition(post=Held(reason=Reason.GATE, message=reason), findings=findings)
    timezone = feed.timezone if feed else "UTC"
    missing: list[PictureError] = []
    ready = _prepared(entry, account, pictures, missing, feed=feed, timezone=timezone)
    post = _post(entry, account, ready, waived=waived, timezone=timezone)
    return Composition(post=post, missing=tuple(missing), findings=findings)


def _post(
    entry: Entry, account: Account, ready: Sequence[Picture], *, waived: frozenset[Reason], timezone: str
) -> Post | Held:
    rules = account.rules
    if rules.media is MediaRule.REQUIRED and not ready and Reason.NO_PICTURE not in waived:
        return Held(reason=Reason.NO_PICTURE)
    if rules.alt_required and any(picture.alt_is_derived for picture in ready) and Reason.ALT not in waived:
        return Held(reason=Reason.ALT)
    return render(entry, account.limits, ready, rules=rules, timezone=timezone)


def _prepared(
    entry: Entry,
    account: Account,
    pictures: PictureSource,
    missing: list[PictureError],
    *,
    feed: Feed | None,
    timezone: str,
) -> list[Picture]:
    """Prepare as many pictures as the platform takes; a drawn card where there is none and the account wants one.

    What cannot be had is added to `missing`.
    """
    limits, rules = account.limits, account.rules
    ready: list[Picture] = []
    if rules.media is MediaRule.NEVER and not limits.needs_picture:
        return ready
    for ref in entry.pictures or (_of_article(entry, pictures, missing) if feed and feed.article else ()):
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


def _of_article(entry: Entry, pictures: PictureSource, missing: list[PictureError]) -> Sequence[PictureRef]:
    """Give the picture that the article's page names."""
    if not entry.link:
        return ()
    try:
        found = pictures.of_article(entry.link)
    except PictureError as error:
        missing.append(error)
        found = None
    return [found] if found else []


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
