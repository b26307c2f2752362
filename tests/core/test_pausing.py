from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.acts import Verb
from crossposter.core.model import Holds
from crossposter.core.pausing import Kept, Pause, Release, Scope, Sign, as_release, covering, lapsed, stayed_away
from crossposter.testing import a_feed

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HERE = "here:/data/PAUSE"
SIGN = Sign(place=HERE, owner="muhtar", words="dur")


def a_pause(scope: Scope = Scope.ALL, name: str = "", until: datetime | None = None, file: str | None = None) -> Pause:
    return Pause(
        id=1, scope=scope, name=name, why="milli yas", person="Ayşe", system_user="a", begun_at=NOON, until=until,
        file=file,
    )  # fmt: skip


def test_a_pause_says_what_it_is_about_since_when_by_whom_and_why() -> None:
    told = {
        a_pause(): ("everything", "paused by Ayşe since 25.11.2026 15:00: milli yas"),
        a_pause(Scope.ACCOUNT, "x", until=NOON + HOUR): (
            "account x",
            "paused by Ayşe from 25.11.2026 15:00 until 25.11.2026 16:00: milli yas",
        ),
        a_pause(Scope.FEED, "tr"): ("feed tr", "paused by Ayşe since 25.11.2026 15:00: milli yas"),
        a_pause(file=HERE): ("everything", f"paused since 25.11.2026 15:00 by the file {HERE}: milli yas"),
        replace(a_pause(file=HERE), why=""): ("everything", f"paused since 25.11.2026 15:00 by the file {HERE}"),
    }
    for pause, (what, words) in told.items():
        assert (str(pause.what), str(pause.told("Europe/Istanbul"))) == (what, words)


def test_a_pause_ends_by_itself_when_its_time_has_come_or_its_file_is_gone() -> None:
    timed, file, other = a_pause(until=NOON + HOUR), a_pause(file=HERE), a_pause(file="elsewhere:/data/PAUSE")
    endless = a_pause()
    every = [timed, file, other, endless]
    assert not lapsed(every, HERE, SIGN, now=NOON)
    assert lapsed(every, HERE, SIGN, now=NOON + HOUR).ended == (timed,)
    assert lapsed(every, HERE, None, now=NOON).ended == (file,)
    assert lapsed([endless, other], HERE, SIGN, now=NOON).begun == SIGN
    assert not lapsed([endless, other], HERE, None, now=NOON)


def test_what_keeps_a_post_is_the_pause_that_ends_last() -> None:
    short, long = a_pause(until=NOON + HOUR), a_pause(Scope.ACCOUNT, "x", until=NOON + 2 * HOUR)
    feed, endless = a_pause(Scope.FEED, "tr"), a_pause(Scope.ACCOUNT, "y")
    assert covering([short, long, endless], account="x", feeds=["tr"]) == long
    assert covering([short, long, endless], account="y", feeds=["tr"]) == endless
    assert covering([feed, short], account="x", feeds=["tr"]) == feed
    assert covering([feed, endless], account="x", feeds=["en"]) is None


@pytest.mark.parametrize(
    ("away", "older_than", "late"),
    [
        (timedelta(hours=24), timedelta(hours=24), False),
        (timedelta(hours=25), timedelta(hours=24), True),
        (timedelta(days=100), None, False),
    ],
)
def test_who_was_away_for_longer_than_news_stays_news_has_a_backlog(
    away: timedelta, older_than: timedelta | None, late: bool
) -> None:
    feed = a_feed(accounts=["x", "facebook"], holds=Holds(older_than=older_than))
    assert stayed_away([feed], NOON, now=NOON + away) == ({"x", "facebook"} if late else set())
    assert stayed_away([feed], None, now=NOON) == set()


def test_what_a_person_says_of_a_backlog_is_all_none_or_the_newest() -> None:
    backlog = [Kept(1, "x", NOON), Kept(2, "x", NOON + HOUR), Kept(2, "y", NOON + HOUR), Kept(3, "y", NOON - HOUR)]
    assert as_release("all", None) == Release(newest=None)
    assert as_release("none", None) == Release(newest=0)
    assert as_release("newest", 1) == Release(newest=1)
    for word, count in (("newest", None), ("newest", 0), ("all", 3), ("some", None)):
        assert as_release(word, count) is None
    assert Release(newest=None).chosen(backlog) == Release(newest=0).chosen(backlog) == backlog
    assert [one.id for one in Release(newest=1).chosen(backlog)] == ["2/x", "2/y"]
    assert [one.id for one in Release(newest=2).chosen(backlog)] == ["1/x", "2/x", "2/y"]
    assert [Release(newest=count).verb for count in (None, 0, 3)] == [Verb.APPROVE, Verb.REJECT, Verb.APPROVE]
