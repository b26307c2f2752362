"""An entry becomes a post with its pictures: the same for a dry run and for the real one."""

from __future__ import annotations

from dataclasses import dataclass

from crossposter.core.model import Account, Entry, Picture, Post, Reason
from crossposter.core.rendering import alt_text, render
from crossposter.errors import PictureError
from crossposter.ports import PictureSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A post, or why there is none; and the pictures that could not be had."""

    post: Post | Reason
    missing: tuple[PictureError, ...]


def compose(entry: Entry, account: Account, pictures: PictureSource) -> Composition:
    """Prepare the pictures that the platform takes, and write the post around those that could be had."""
    limits = account.limits
    ready: list[Picture] = []
    missing: list[PictureError] = []
    for ref in entry.pictures:
        if len(ready) == limits.max_pictures:
            break
        alt = alt_text(entry, ref.alt, max_length=limits.max_alt_length)
        try:
            ready.append(pictures.prepare(ref, limits=limits, alt=alt))
        except PictureError as error:
            missing.append(error)
    return Composition(post=render(entry, limits, ready), missing=tuple(missing))
