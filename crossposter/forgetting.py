"""What is forgotten, as the YAML's retention says: words in the ledger, and files of pictures that nothing kept names.

Nothing that is removed comes back, so this is left to whoever knows that the clock is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from crossposter.core.model import Feed
from crossposter.core.retention import Retention
from crossposter.ledger import SqlLedger, retention
from crossposter.media.store import FilePictureStore

#: Stories whose words go in one run; what is left is for the next day.
MOST = 10_000
#: Pictures that are removed between two looks at the record.
_PORTION = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What a run has removed."""

    stories: int
    pictures: int


def forget(
    ledger: SqlLedger,
    store: FilePictureStore,
    retentions: Mapping[str, Retention],
    feeds: list[Feed],
    *,
    now: datetime,
) -> Forgotten:
    """Remove what is older than each city says; by the city's name, which is empty where there is one file only.

    Raises:
        LedgerError: The ledger cannot be written, or the pictures' folder cannot.
    """
    feed_ids = {feed.id for feed in feeds}
    stories = retention.erase_texts(ledger, retentions, feed_ids=feed_ids, now=now, most=MOST)
    ages = [age for one in retentions.values() for age in (one.texts, one.pictures) if age]
    if not ages:
        return Forgotten(stories=stories, pictures=0)
    # A file that is younger than anything that is forgotten may be for what is not written down yet.
    before = max(age.before(now) for age in ages)
    gone = store.older_than(before)
    if gone:
        gone -= retention.pictures_in_use(ledger, retentions, feed_ids=feed_ids, now=now)
    removed = 0
    for portion in _portions(sorted(gone)):
        # Counted once it is done: a death leaves so many uncounted at most, and none counted twice.
        if count := store.remove(portion, before=before):
            retention.note_pictures(ledger, count, now=now)
            removed += count
    return Forgotten(stories=stories, pictures=removed)


def _portions(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _PORTION):
        yield names[start : start + _PORTION]
