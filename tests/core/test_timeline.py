from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.model import Attempt, Post
from crossposter.core.timeline import Sight, Standing, Timeline, look_for, made_by_hand, sight
from crossposter.ports import KnownPosts
from crossposter.testing import an_entry

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SENT = Post(text="Haber", link=None)


def standing(remote_id: str, text: str = "", at: datetime | None = NOON, media: tuple[str, ...] = ()) -> Standing:
    url = f"https://x.com/i/status/{remote_id}"
    return Standing(remote_id=remote_id, url=url, text=text, media_ids=media, published=at)


def found(*posts: Standing, started_at: datetime = NOON, media: tuple[str, ...] = ()) -> str | None:
    attempt = Attempt(number=1, started_at=started_at, ended_at=started_at, media_ids=media)
    one = look_for(Timeline(posts=posts), SENT, attempt, theirs={"taken"})
    return one.remote_id if one else None


def test_our_pictures_tell_before_the_words_do() -> None:
    assert found(standing("1", "Haber"), standing("2", "başka", media=("m",)), media=("m",)) == "2"


def test_the_same_words_are_ours_unless_they_are_old_or_anothers() -> None:
    assert found(standing("1", "Haber")) == "1"
    assert found(standing("1", " Haber\n")) == "1"
    assert found(standing("1", "Haber", NOON - timedelta(hours=1))) is None
    assert found(standing("taken", "Haber")) is None


def test_our_post_is_ours_by_a_clock_that_a_checkup_still_confirms() -> None:
    assert found(standing("1", "Haber"), started_at=NOON + timedelta(minutes=4)) == "1"


@pytest.mark.parametrize(
    ("shown", "seen"), [(["1"], Sight.UNCLEAR), (["2", "1"], Sight.ABSENT), ([], Sight.UNCLEAR), (["7"], Sight.UNCLEAR)]
)
def test_a_list_without_our_newest_post_of_before_lags_and_proves_nothing(shown: list[str], seen: Sight) -> None:
    known = KnownPosts(ours={"1": NOON - timedelta(days=1), "2": NOON - timedelta(hours=1), "3": NOON}, others={})
    timeline = Timeline(posts=tuple(map(standing, shown)))
    assert sight(timeline, None, control=known.control(NOON)) is seen


def test_where_nothing_is_ours_a_post_of_others_will_do() -> None:
    known = KnownPosts(ours={}, others={standing("9"): NOON - timedelta(hours=1)})
    assert sight(Timeline(posts=(standing("9"),)), None, control=known.control(NOON)) is Sight.ABSENT


@pytest.mark.parametrize(("is_out", "seen"), [(True, Sight.UNSEEN), (False, Sight.ABSENT)])
def test_a_platforms_own_record_needs_no_list(is_out: bool, seen: Sight) -> None:
    assert sight(Timeline(posts=(), is_out=is_out), None, control=()) is seen


def test_a_headline_of_every_week_that_was_posted_by_hand_last_year_holds_nothing() -> None:
    old = standing("1", "Su kesintisi duyurusu: Konak, 3 Kasım 2025", NOON - timedelta(days=387))
    new = standing("2", "Su kesintisi duyurusu: Buca", NOON)
    entry = an_entry(1, title="Su kesintisi duyurusu", summary="Buca, 26 Kasım 2026", published=NOON)
    since = NOON - timedelta(days=1)
    assert made_by_hand([old], entry, SENT, ours=(), since=since) is None
    assert made_by_hand([old, new], entry, SENT, ours=(), since=since) is new


def test_what_is_ours_was_made_by_nobodys_hand() -> None:
    entry = an_entry(1, title="Kültürpark yeniden açıldı", published=NOON)
    ours, anothers = standing("1", "Kültürpark yeniden açıldı"), standing("2", "Günaydın İzmir")
    assert made_by_hand([ours, anothers], entry, SENT, ours={"1"}, since=NOON) is None


def test_the_very_words_that_would_be_sent_stand_there_by_hand() -> None:
    by_hand = standing("3", "Haber ")
    assert made_by_hand([by_hand], an_entry(1, title="Kısa"), SENT, ours=(), since=NOON) is by_hand
