"""When posts go out, by the whole service: the office's times, a correction in time, urgent news, pauses, a backlog."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from crossposter.core.acts import Person, Verb
from crossposter.core.events import Backlog, Paused, Resumed
from crossposter.core.model import Pace, Reason, Status
from crossposter.core.pausing import Release, Scope, Sign
from crossposter.core.schedule import Dated, Election, Quiet, Times, Yearly
from crossposter.core.urgency import Urgent
from crossposter.errors import LedgerError
from crossposter.ledger import history
from crossposter.ledger.acts import Desk
from crossposter.ledger.pause_desk import PauseDesk, Resumption
from crossposter.service import Service
from crossposter.testing import an_account, an_entry, unreachable
from tests.test_service import Office


def local(text: str) -> datetime:
    """Give what a clock on the wall shows."""
    return datetime.fromisoformat(text)


AYSE = Person(name="Ayşe", system_user="ayse", why="milli yas")
NIGHT = Times(timezone="Europe/Istanbul", quiet=(Quiet(begin=time(23), end=time(7)),))
URGENT = replace(NIGHT, urgent=Urgent(categories=("Acil",), holds_others=timedelta(minutes=30)))


@dataclass
class FakeSign:
    """A file that is there or not."""

    sign: Sign | None = None
    place: str = "here:/data/PAUSE"

    def put(self, words: str = "") -> None:
        self.sign = Sign(place=self.place, owner="muhtar", words=words)

    def is_up(self) -> bool:
        return self.sign is not None

    def read(self) -> Sign | None:
        return self.sign


class City(Office):
    """An office whose clock shows three in the afternoon, and whose service goes on."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, [an_account()])
        self.sign = FakeSign()
        self.run()
        self.at_work = self.service()

    def has(self, **changes: object) -> None:
        """Change the account, and start the program anew."""
        self.accounts["izmir-x"] = replace(self.accounts["izmir-x"], **changes)  # type: ignore[arg-type]
        self.at_work = self.service()

    def delays(self, delay: timedelta) -> None:
        self.feeds = [replace(self.feeds[0], delay=delay)]
        self.at_work = self.service()

    def service(self) -> Service:
        return Service(
            feeds=self.feeds,
            accounts=self.accounts,
            source=self.source,
            pictures=lambda _: self.pictures,
            articles=self.articles,
            store=self.store,
            adapters=self.adapters.__getitem__,
            ledger=self.ledger,
            clock=self.clock,
            stop_sign=getattr(self, "sign", None),
        )

    def at(self, hour: int, minute: int = 0, *, day: int = 25, month: int = 11) -> None:
        """Set the clock to a time of Istanbul."""
        self.clock.time = datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=3)

    def poll(self) -> None:
        assert self.at_work.try_poll(self.feeds[0]).error is None

    def works(self) -> list[str]:
        """Do what the daemon's timer does every second; give what stands on the account."""
        self.at_work.keep_pauses()
        self.at_work.deliver_due()
        return self.texts()

    def pause(self, scope: Scope = Scope.ALL, name: str = "", until: datetime | None = None) -> None:
        PauseDesk(self.ledger).pause(scope, name, AYSE, until=until, now=self.clock.now())

    def resume(self, release: Release | None = None, scope: Scope = Scope.ALL, name: str = "") -> Resumption:
        file = self.sign.place if self.sign.sign else None
        return PauseDesk(self.ledger).resume(scope, name, AYSE, release=release, file=file, now=self.clock.now())

    def stands(self) -> list[tuple[str, Status, Reason | None]]:
        return [(one.title, one.status, one.reason) for one in self.deliveries()]

    def backlog(self) -> list[str]:
        return [one.title for one in self.deliveries() if one.reason is Reason.BACKLOG]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    found = City(tmp_path / "ledger.db")
    yield found
    found.ledger.close()


# -- quiet hours and silences ----------------------------------------------------------------------------------------


def test_what_comes_in_quiet_hours_goes_out_when_they_end_and_has_failed_nothing(city: City) -> None:
    city.has(times=NIGHT)
    city.at(23, 30)
    city.news(an_entry(1))
    city.poll()
    assert city.works() == []
    waiting = city.only()
    assert (waiting.status, waiting.reason) == (Status.QUEUED, Reason.QUIET)
    assert waiting.not_before == datetime(2026, 11, 26, 4, tzinfo=UTC)
    assert str(waiting.message) == "quiet hours until 26.11.2026 07:00"
    city.at(6, 59, day=26)
    assert city.works() == []
    city.at(7, day=26)
    assert city.works() == ["Haber 1"]


def test_what_was_made_ready_when_the_quiet_hours_begin_does_not_go_out(city: City) -> None:
    city.has(times=NIGHT)
    city.at(22, 59)
    city.news(an_entry(1))
    city.poll()
    city.adapters["izmir-x"].answers["stage"] = [lambda: city.clock.forward(minutes=2)]
    assert city.works() == []
    assert city.only().reason is Reason.QUIET


def test_a_silence_of_a_certain_day_keeps_urgent_news_as_well_unless_the_yaml_says_so(city: City) -> None:
    mourning = Dated(begin=local("2026-11-25"), end=local("2026-12-02"), why="milli yas")
    city.has(times=replace(URGENT, silences=(mourning,)))
    city.news(an_entry(1, categories=("Acil",)))
    city.poll()
    assert city.works() == []
    waiting = city.only()
    assert waiting.reason is Reason.SILENCE
    # Longer than any other wait: it is looked at again within a day.
    assert waiting.not_before == city.clock.now() + timedelta(hours=24)
    assert str(waiting.message) == "a silence until 02.12.2026 00:00: milli yas"
    city.has(times=replace(city.accounts["izmir-x"].times, urgent=replace(URGENT.urgent, in_silences=True)))
    city.clock.forward(hours=24, minutes=1)
    assert city.works() == []  # it is old by now
    assert city.only().reason is Reason.STALE
    city.news(an_entry(2, categories=("Acil",)), an_entry(1))
    city.poll()
    assert city.works() == ["Haber 2"]


def test_the_silence_of_10_november_is_kept_to_the_minute(city: City) -> None:
    city.has(
        times=Times(timezone="Europe/Istanbul", silences=(Yearly(month=11, day=10, begin=time(9, 4), end=time(9, 10)),))
    )
    city.at(9, 3, month=11, day=10)
    city.news(an_entry(1))
    city.poll()
    assert city.works() == ["Haber 1"]
    city.clock.forward(minutes=1)
    city.news(an_entry(2), an_entry(1))
    city.poll()
    assert city.works() == ["Haber 1"]
    city.clock.forward(minutes=6)
    assert city.works() == ["Haber 1", "Haber 2"]


def test_in_an_election_period_a_person_decides_about_all_that_is_not_allowed(city: City) -> None:
    period = Election(begin=local("2026-11-20"), end=local("2026-12-01"), allow=("Duyuru",), why="seçim yasağı")
    city.has(times=Times(timezone="Europe/Istanbul", elections=(period,)))
    city.news(an_entry(2, categories=("Açılış",)), an_entry(1, categories=("duyuru",)))
    city.poll()
    assert city.works() == ["Haber 1"]
    held = city.deliveries()[-1]
    assert (held.status, held.reason) == (Status.HELD, Reason.ELECTION)
    assert str(held.message) == "an election period, until 01.12.2026 00:00: seçim yasağı; a person decides"
    Desk(city.ledger).act(Verb.APPROVE, held.id, AYSE, now=city.clock.now())
    assert city.works() == ["Haber 1", "Haber 2"]


def test_in_an_election_period_a_person_decides_about_urgent_news_as_well(city: City) -> None:
    period = Election(begin=local("2026-11-20"), end=local("2026-12-01"))
    city.has(times=replace(URGENT, elections=(period,)))
    city.news(an_entry(1, categories=("Acil",)))
    city.poll()
    assert city.works() == []
    assert city.only().reason is Reason.ELECTION


def test_what_was_queued_when_an_election_period_begins_is_held(city: City) -> None:
    city.news(an_entry(1))
    city.poll()
    city.has(times=Times(elections=(Election(begin=local("2026-11-20"), end=local("2026-12-01")),)))
    assert city.works() == []
    assert city.only().reason is Reason.ELECTION
    assert str(city.only().message) == "an election period, until 01.12.2026 00:00: a person decides"


# -- time to correct ---------------------------------------------------------------------------------------------------


def test_what_is_corrected_within_the_delay_goes_out_corrected(city: City) -> None:
    city.delays(timedelta(minutes=10))
    city.news(an_entry(1, title="Haber brir"))
    city.poll()
    assert city.works() == []
    waiting = city.only()
    assert (waiting.reason, waiting.not_before) == (Reason.DELAY, city.clock.now() + timedelta(minutes=10))
    city.clock.forward(minutes=9)
    city.news(an_entry(1, title="Haber bir"))
    city.poll()
    assert city.works() == []
    city.clock.forward(minutes=1)
    assert city.works() == ["Haber bir"]


def test_news_waits_beyond_its_delay_until_the_feed_was_read_again(city: City) -> None:
    city.delays(timedelta(minutes=5))
    city.news(an_entry(1, title="Haber brir"))
    city.poll()
    city.clock.forward(minutes=5)
    assert city.works() == []
    assert "until feed izmir-tr has been read once more" in str(city.only().message)
    city.source.entries["izmir-tr"] = None  # nothing new: that is a reading as well
    city.poll()
    city.clock.forward(minutes=1)
    assert city.works() == ["Haber brir"]


def test_a_feed_that_cannot_be_read_keeps_its_news_for_three_of_its_polls_no_longer(city: City) -> None:
    city.delays(timedelta(minutes=5))
    city.news(an_entry(1))
    city.poll()
    city.source.entries["izmir-tr"] = unreachable()
    for _ in range(19):
        city.clock.forward(minutes=1)
        city.at_work.try_poll(city.feeds[0])
        assert city.works() == []
    city.clock.forward(minutes=1)
    assert city.works() == ["Haber 1"]


def test_news_that_was_seen_while_the_clock_was_days_ahead_does_not_wait_for_days(city: City) -> None:
    city.delays(timedelta(minutes=5))
    right = city.clock.now()
    city.clock.forward(minutes=4 * 24 * 60)
    city.news(an_entry(1))
    city.poll()
    city.clock.time = right
    assert city.works() == []
    assert "until feed izmir-tr has been read once more" in str(city.only().message)
    city.clock.forward(minutes=1)
    city.poll()
    assert city.works() == ["Haber 1"]


def test_what_a_person_has_let_out_waits_for_no_correction(city: City) -> None:
    city.delays(timedelta(minutes=30))
    city.news(*(an_entry(number) for number in range(7, 0, -1)))
    city.poll()
    first = city.deliveries()[0]
    assert first.reason is Reason.FLOOD
    Desk(city.ledger).act(Verb.APPROVE, first.id, AYSE, now=city.clock.now())
    assert city.works() == ["Haber 1"]


def test_news_whose_delay_ends_in_quiet_hours_waits_for_their_end_at_once(city: City) -> None:
    city.delays(timedelta(minutes=10))
    city.has(times=NIGHT)
    city.at(22, 55)
    city.news(an_entry(1))
    city.poll()
    assert (city.only().reason, city.only().not_before) == (Reason.QUIET, datetime(2026, 11, 26, 4, tzinfo=UTC))


# -- urgent ------------------------------------------------------------------------------------------------------------


def test_urgent_news_overtakes_delay_pace_quiet_hours_and_the_queue(city: City) -> None:
    city.delays(timedelta(minutes=10))
    pace = Pace(min_gap=timedelta(minutes=30), per_hour=1, per_day=1)
    city.has(times=URGENT, pace=pace, strict_order=True)
    city.at(22, 0)
    city.news(an_entry(1))
    city.poll()
    city.at(22, 10)
    city.poll()
    assert city.works() == ["Haber 1"]
    city.at(23, 30)
    city.news(an_entry(3, categories=("ACİL",)), an_entry(2), an_entry(1))
    city.poll()
    assert city.works() == ["Haber 1", "Haber 3"]


def test_ordinary_news_waits_behind_urgent_ones(city: City) -> None:
    city.has(times=URGENT)
    city.news(an_entry(2, categories=("Acil",)), an_entry(1))
    city.poll()
    assert city.works() == ["Haber 2"]
    waiting = city.deliveries()[0]
    assert waiting.reason is Reason.BEHIND_URGENT
    assert waiting.not_before == city.clock.now() + timedelta(minutes=30)
    city.clock.forward(minutes=29)
    assert city.works() == ["Haber 2"]
    city.clock.forward(minutes=1)
    assert city.works() == ["Haber 2", "Haber 1"]


def test_urgent_news_that_comes_while_others_are_sent_is_next(city: City) -> None:
    city.has(times=URGENT)
    city.news(an_entry(2), an_entry(1))
    city.poll()

    def an_emergency() -> None:
        city.news(an_entry(3, categories=("Acil",)), an_entry(2), an_entry(1))
        city.poll()

    city.adapters["izmir-x"].answers["publish"] = [an_emergency]
    assert city.works() == ["Haber 1"]
    assert city.works() == ["Haber 1", "Haber 3"]


def test_urgent_news_passes_neither_the_gate_nor_the_flood_guard_nor_a_pause(city: City) -> None:
    city.has(times=URGENT)
    city.news(*(an_entry(number, categories=("Acil",)) for number in range(7, 0, -1)))
    city.poll()
    assert {one.reason for one in city.deliveries()} == {Reason.FLOOD}
    shown = city.source.entries["izmir-tr"]
    assert isinstance(shown, tuple)
    city.source.entries["izmir-tr"] = (
        an_entry(9, categories=("Acil",)),
        an_entry(8, categories=("Acil",), title="KÃ¶y"),
        *shown,
    )
    city.poll()
    city.pause()
    assert city.works() == []
    assert {one.reason for one in city.deliveries()} == {Reason.FLOOD, Reason.GATE, Reason.PAUSED}


def test_what_is_urgent_no_more_after_a_correction_keeps_quiet_hours(city: City) -> None:
    city.has(times=replace(NIGHT, urgent=Urgent(keywords=("deprem",))))
    city.at(23, 30)
    city.news(an_entry(1, title="Deprem"))
    city.poll()
    city.news(an_entry(1, title="Tatbikat"))
    city.poll()
    assert city.works() == []
    assert city.only().reason is Reason.QUIET
    assert not city.only().is_urgent


def test_what_is_edited_and_urgent_then_waits_no_more(city: City) -> None:
    city.has(times=replace(NIGHT, urgent=Urgent(categories=("Acil",))))
    city.at(23, 30)
    city.news(an_entry(1))
    city.poll()
    assert city.works() == []
    city.news(an_entry(1, categories=("Acil",), title="Haber 1: acil"))
    city.poll()
    assert city.works() == ["Haber 1: acil"]


def test_what_the_yaml_calls_urgent_no_more_is_ordinary_and_keeps_nothing_waiting(city: City) -> None:
    city.has(times=URGENT, pace=Pace(min_gap=timedelta(minutes=10)))
    city.news(an_entry(3, categories=("Acil",)), an_entry(2, categories=("Spor",)), an_entry(1, categories=("Spor",)))
    spor = replace(URGENT, urgent=replace(URGENT.urgent, categories=("Acil", "Spor")))
    city.has(times=spor)
    city.poll()
    city.has(times=URGENT)
    assert city.works() == ["Haber 3"]
    assert [one.is_urgent for one in city.deliveries()] == [False, False, True]
    for _ in range(6):
        city.clock.forward(minutes=10)
        city.works()
    assert city.texts() == ["Haber 3", "Haber 1", "Haber 2"]


def test_what_the_yaml_calls_urgent_only_since_is_not(city: City) -> None:
    city.has(times=NIGHT)
    city.at(23, 30)
    city.news(an_entry(1, categories=("Acil",)))
    city.poll()
    city.has(times=replace(NIGHT, urgent=Urgent(categories=("Acil",))))
    assert city.works() == []
    assert city.only().reason is Reason.QUIET


# -- pauses ------------------------------------------------------------------------------------------------------------


def test_a_pause_stops_the_next_post_also_while_posts_are_sent(city: City) -> None:
    city.news(an_entry(3), an_entry(2), an_entry(1))
    city.poll()
    city.adapters["izmir-x"].answers["publish"] = [city.pause]
    assert city.works() == ["Haber 1"]
    assert [one[1:] for one in city.stands()][1:] == [(Status.QUEUED, Reason.PAUSED)] * 2
    assert str(city.deliveries()[1].message) == "paused by Ayşe: milli yas"


def test_a_pause_that_is_written_while_a_post_is_made_ready_stops_it(city: City) -> None:
    city.news(an_entry(1))
    city.poll()
    city.adapters["izmir-x"].answers["stage"] = [city.pause]
    assert city.works() == []
    assert city.only().attempts == 0


def test_a_pause_survives_a_restart_and_its_end_fires_no_backlog(city: City) -> None:
    city.pause()
    city.news(an_entry(2), an_entry(1))
    city.poll()
    for _ in range(3):
        city.at_work = city.service()
        city.at_work.run_once()
    assert city.texts() == []
    done = city.resume()
    assert (done.left, done.acted, len(done.ended)) == (2, (), 1)
    assert city.works() == []
    assert city.backlog() == ["Haber 1", "Haber 2"]


@pytest.mark.parametrize(
    ("release", "sent", "left"),
    [
        (Release(newest=None), ["Haber 1", "Haber 2", "Haber 3"], []),
        (Release(newest=2), ["Haber 2", "Haber 3"], ["Haber 1"]),
        (Release(newest=0), [], []),
    ],
)
def test_a_person_says_what_becomes_of_the_backlog(
    city: City, release: Release, sent: list[str], left: list[str]
) -> None:
    city.pause()
    city.news(an_entry(3), an_entry(2), an_entry(1))
    city.poll()
    city.resume()
    done = city.resume(release)
    assert city.works() == sent
    assert city.backlog() == left
    assert done.left == len(left)
    acts = [act for one in done.acted for act in Desk(city.ledger).acts(one.delivery_id)]
    assert {(act.verb, act.person, act.why) for act in acts} == {(release.verb, "Ayşe", "milli yas")}


def test_a_pause_of_a_feed_or_an_account_keeps_nothing_else(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [an_account("x"), an_account("facebook")])
    office.run()
    desk = PauseDesk(office.ledger)
    desk.pause(Scope.ACCOUNT, "x", AYSE, until=None, now=office.clock.now())
    office.news(an_entry(1))
    office.run()
    assert (office.texts("x"), office.texts("facebook")) == ([], ["Haber 1"])
    desk.pause(Scope.FEED, "izmir-tr", AYSE, until=None, now=office.clock.now())
    office.news(an_entry(2), an_entry(1))
    office.run()
    assert office.texts("facebook") == ["Haber 1"]
    everything = Release(newest=None)
    desk.resume(Scope.ACCOUNT, "x", AYSE, release=everything, file=None, now=office.clock.now())
    office.run()
    assert office.texts("x") == []  # the feed is paused still
    desk.resume(Scope.FEED, "izmir-tr", AYSE, release=everything, file=None, now=office.clock.now())
    office.run()
    assert (office.texts("x"), office.texts("facebook")) == (["Haber 1", "Haber 2"], ["Haber 1", "Haber 2"])
    office.ledger.close()


def test_a_pause_with_an_end_ends_by_itself_and_holds_what_came_due(city: City) -> None:
    city.pause(until=city.clock.now() + timedelta(hours=1))
    city.news(an_entry(1))
    city.poll()
    assert city.only().not_before == city.clock.now() + timedelta(hours=1)
    city.clock.forward(minutes=59)
    assert city.works() == []
    city.clock.forward(minutes=1)
    assert city.works() == []
    assert city.backlog() == ["Haber 1"]
    city.news(an_entry(2), an_entry(1))
    city.poll()
    assert city.works() == ["Haber 2"]


def test_what_is_not_due_yet_when_a_pause_ends_goes_out_in_its_time(city: City) -> None:
    city.has(times=NIGHT)
    city.at(23, 30)
    city.pause()
    city.news(an_entry(1))
    city.poll()
    city.at(6, day=26)
    assert city.resume().left == 0
    city.at(7, day=26)
    assert city.works() == ["Haber 1"]


def test_nobody_resumes_what_nobody_has_paused(city: City) -> None:
    city.pause(Scope.ACCOUNT, "izmir-x")
    with pytest.raises(LedgerError, match="nothing is paused there"):
        city.resume()
    assert len(city.resume(scope=Scope.ACCOUNT, name="izmir-x").ended) == 1


def test_a_file_stops_all_sending_at_once_and_its_removal_fires_no_backlog(city: City) -> None:
    city.news(an_entry(3), an_entry(2), an_entry(1))
    city.poll()
    city.adapters["izmir-x"].answers["publish"] = [lambda: city.sign.put("Sayın Başkan rica etti")]
    assert city.works() == ["Haber 1"]
    assert city.works() == ["Haber 1"]
    (pause,) = city.ledger.pauses()
    assert (pause.file, pause.person, pause.why) == ("here:/data/PAUSE", "muhtar", "Sayın Başkan rica etti")
    with pytest.raises(LedgerError, match="remove it"):
        city.resume()
    city.sign.sign = None
    assert city.works() == ["Haber 1"]
    assert city.ledger.pauses() == []
    assert city.backlog() == ["Haber 2", "Haber 3"]


def test_what_a_round_finds_new_after_the_end_of_a_pause_is_no_backlog(city: City) -> None:
    city.sign.put()
    city.news(an_entry(1))
    city.run()
    city.sign.sign = None
    city.news(an_entry(2), an_entry(1))
    city.run()
    assert (city.texts(), city.backlog()) == (["Haber 2"], ["Haber 1"])


def test_news_of_a_round_that_finds_a_pause_s_end_passed_is_no_backlog(city: City) -> None:
    city.pause(until=city.clock.now() + timedelta(hours=1))
    city.news(an_entry(1))
    city.run()
    city.clock.forward(hours=1, minutes=2)
    city.news(an_entry(2), an_entry(1))
    city.run()
    assert (city.texts(), city.backlog()) == (["Haber 2"], ["Haber 1"])


def test_a_file_that_is_put_there_while_a_post_is_made_ready_stops_it(city: City) -> None:
    city.news(an_entry(1))
    city.poll()
    city.adapters["izmir-x"].answers["stage"] = [city.sign.put]
    assert city.works() == []
    assert city.only().attempts == 0


def test_a_file_keeps_all_accounts_from_being_asked_anything(city: City) -> None:
    city.news(an_entry(1))
    city.poll()
    city.sign.put()
    before = list(city.adapters["izmir-x"].calls)
    assert city.works() == city.works() == []
    assert city.adapters["izmir-x"].calls == before


def test_the_pause_of_a_file_on_a_machine_that_is_gone_is_ended_by_a_person(city: City) -> None:
    city.sign.put()
    city.works()
    city.sign.sign, city.sign.place = None, "elsewhere:/data/PAUSE"
    city.works()
    assert len(city.ledger.pauses()) == 1
    city.resume()
    assert city.ledger.pauses() == []


def test_what_is_paused_and_what_waits_is_told_when_that_changes(city: City) -> None:
    assert city.at_work.keep_pauses() == [Backlog(city="", count=0)]
    assert city.at_work.keep_pauses() == []
    city.pause()
    city.news(an_entry(1))
    city.poll()
    paused, nothing = city.at_work.keep_pauses()
    assert isinstance(paused, Paused)
    assert (paused.pause.why, paused.timezone, nothing) == ("milli yas", "Europe/Istanbul", Backlog(city="", count=0))
    assert city.at_work.keep_pauses() == []
    city.resume()
    resumed, waiting = city.at_work.keep_pauses()
    assert isinstance(resumed, Resumed)
    assert (resumed.pause.ended_by, waiting) == ("Ayşe", Backlog(city="", count=1))


# -- a long time away --------------------------------------------------------------------------------------------------


def test_after_a_long_time_away_what_was_due_waits_for_a_person_and_what_is_new_does_not(city: City) -> None:
    city.news(an_entry(2), an_entry(1))
    city.poll()
    city.clock.forward(hours=25)
    city.news(an_entry(3), an_entry(2), an_entry(1))
    city.at_work = city.service()
    city.at_work.run_once()
    assert city.texts() == ["Haber 3"]
    assert city.backlog() == ["Haber 1", "Haber 2"]


def test_after_a_short_time_away_what_was_due_goes_out(city: City) -> None:
    city.news(an_entry(1))
    city.poll()
    city.clock.forward(hours=23)
    city.service().run_once()
    assert city.texts() == ["Haber 1"]


def test_what_a_person_has_let_out_before_the_start_is_no_backlog(city: City) -> None:
    city.news(*(an_entry(number) for number in range(7, 0, -1)))
    city.poll()
    city.clock.forward(hours=30)
    first = city.deliveries()[0]
    assert first.reason is Reason.FLOOD
    Desk(city.ledger).act(Verb.APPROVE, first.id, AYSE, now=city.clock.now())
    city.clock.forward(minutes=1)
    city.service().run_once()
    assert city.texts() == ["Haber 1"]


def test_a_paused_post_says_until_when_and_one_at_its_pace_says_that(city: City) -> None:
    city.has(pace=Pace(min_gap=timedelta(minutes=10)))
    city.news(an_entry(2), an_entry(1))
    city.poll()
    city.works()
    waiting = history.deliveries(city.ledger, now=city.clock.now())[-1]
    assert (waiting.reason, waiting.not_before) == (Reason.PACE, city.clock.now() + timedelta(minutes=10))


def test_what_people_do_meanwhile_does_not_hide_that_nobody_was_at_work(city: City) -> None:
    city.news(an_entry(3), an_entry(2), an_entry(1))
    city.poll()
    city.ledger.write_polls()
    city.clock.forward(hours=30)
    desk = Desk(city.ledger)
    desk.act(Verb.HOLD, "2/izmir-x", AYSE, now=city.clock.now())
    desk.act(Verb.REJECT, "4/izmir-x", AYSE, now=city.clock.now())
    city.clock.forward(minutes=1)
    city.at_work = city.service()
    city.at_work.recover()
    assert city.works() == []
    assert city.backlog() == ["Haber 2"]
