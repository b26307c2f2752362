"""Never twice, never lost: what becomes of a post whose answer was lost, and of news that stands there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crossposter.core.acts import Person, Verb
from crossposter.core.model import Account, AccountState, Pace, PictureRef, Post, Reason, Receipt, Status
from crossposter.errors import AccountError, RejectedError, TransientError, UncertainError
from crossposter.ledger import SqlLedger, fence, history
from crossposter.ledger.accounts import standing
from crossposter.ledger.acts import Desk
from crossposter.ledger.records import DeliveryRecord
from crossposter.service import Service
from crossposter.testing import (
    FakeAdapter,
    FakeFeedSource,
    FakePictureSource,
    FrozenClock,
    MemoryPictureStore,
    a_feed,
    an_account,
    an_entry,
)
from crossposter.wording import say

LOST = UncertainError(say("the connection broke"))
AYSE = Person(name="Ayşe", system_user="a")


class Office:
    """A service over a real ledger and one account, on which a post of before stands."""

    def __init__(self, path: Path, account: Account) -> None:
        self.clock = FrozenClock(datetime(2026, 11, 25, 12, tzinfo=UTC))
        self.account = account
        self.adapter = FakeAdapter(account)
        self.source = FakeFeedSource({"izmir-tr": (an_entry(0),)})
        self.store = MemoryPictureStore()
        self.ledger = SqlLedger.open(path)
        self.run()
        self.news(an_entry(1))
        self.run()
        self.clock.forward(minutes=30)
        self.adapter.calls.clear()

    def service(self) -> Service:
        """Start the program anew."""
        return Service(
            feeds=[a_feed(accounts=[self.account.id])],
            accounts={self.account.id: self.account},
            source=self.source,
            pictures=lambda _: FakePictureSource(),
            store=self.store,
            adapters=lambda _: self.adapter,
            ledger=self.ledger,
            clock=self.clock,
        )

    def news(self, *entries: object) -> None:
        """Let the feed hold these above what was always there."""
        self.source.entries["izmir-tr"] = (*entries, an_entry(1), an_entry(0))  # type: ignore[arg-type]

    def run(self, **later: float) -> None:
        """Start the program anew for one round, some time later."""
        self.clock.forward(**later)
        self.service().run_once()

    def loses(self, *, stands: bool) -> None:
        """Let the next answer be lost; behind it the post stands, or does not."""
        if stands:
            self.adapter.answers["publish"] = [self._stand_and_lose]
        else:
            self.adapter.answers["publish"] = [LOST]

    def _stand_and_lose(self) -> None:
        self.adapter.stand(Post(text=text(2), link=None))
        raise LOST

    def texts(self) -> list[str]:
        return [post.text.partition("\n")[0] for post in self.adapter.posts.values()]

    def newest(self) -> DeliveryRecord:
        return history.deliveries(self.ledger, now=self.clock.now())[-1]

    def state(self) -> tuple[Status, Reason | None]:
        return self.newest().status, self.newest().reason

    def act(self, verb: Verb, found: Receipt | None = None) -> bool:
        (acted,) = Desk(self.ledger).act(verb, self.newest().id, AYSE, now=self.clock.now(), found=found)
        return acted.done


def text(number: int) -> str:
    """Give what is posted about an entry."""
    return f"Haber {number}\n\nÖzet {number}.\n\nhttps://www.izmir.bel.tr/tr/Haberler/{number}"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    made: list[Office] = []

    def one(account: Account | None = None) -> Office:
        made.append(Office(tmp_path / f"ledger{len(made)}.db", account or an_account()))
        return made[-1]

    yield one
    for office in made:
        office.ledger.close()


@pytest.fixture
def office(make: Callable[..., Office]) -> Office:
    found = make()
    found.news(an_entry(2))
    return found


# -- after a lost answer ---------------------------------------------------------------------------------------------


def test_what_stands_is_found_and_not_sent_again(office: Office) -> None:
    office.loses(stands=True)
    office.run()
    assert office.state() == (Status.UNCERTAIN, Reason.LOST_ANSWER)
    office.run(minutes=2)
    assert office.state() == (Status.PUBLISHED, None)
    assert office.newest().url == "https://fake.example/izmir-x/2"
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_nobody_looks_before_it_would_be_seen(office: Office) -> None:
    office.loses(stands=False)
    office.run()
    office.adapter.calls.clear()
    office.run(seconds=119)
    assert office.adapter.calls == []
    office.run(seconds=1)
    assert office.adapter.calls == ["verify", "timeline"]


def test_a_clock_that_was_set_back_makes_nobody_look_too_early(office: Office) -> None:
    office.clock.forward(days=3)
    office.loses(stands=True)
    office.adapter.unseen = {"2"}
    office.run()
    office.clock.forward(days=-3)
    for _ in range(2):
        office.run(seconds=55)
    office.adapter.unseen = set()
    for _ in range(4):
        office.run(minutes=1)
    assert office.texts() == ["Haber 1", "Haber 2"]
    assert office.state() == (Status.PUBLISHED, None)


def test_the_yaml_may_say_how_long_it_may_not_be_seen(make: Callable[..., Office]) -> None:
    office = make(replace(an_account(), settle_after=timedelta(minutes=20)))
    office.news(an_entry(2))
    office.loses(stands=True)
    office.run()
    office.run(minutes=19)
    assert office.state()[0] is Status.UNCERTAIN
    office.run(minutes=1)
    assert office.state()[0] is Status.PUBLISHED


def test_what_was_absent_twice_a_minute_apart_is_sent_once_more(office: Office) -> None:
    office.loses(stands=False)
    office.run()
    office.run(minutes=2)
    office.run(seconds=59)
    assert office.texts() == ["Haber 1"]
    office.run(seconds=1)  # the second look
    assert office.state() == (Status.QUEUED, Reason.ABSENT) or office.texts() == ["Haber 1", "Haber 2"]
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2"]
    assert (office.newest().status, office.newest().attempts) == (Status.PUBLISHED, 2)


def test_what_appears_between_two_looks_is_found(office: Office) -> None:
    office.loses(stands=True)
    office.adapter.unseen = {"2"}
    office.run()
    office.run(minutes=2)
    office.adapter.unseen = set()
    office.run(minutes=1)
    office.run(minutes=5)
    assert office.texts() == ["Haber 1", "Haber 2"]
    assert office.newest().remote_id == "2"


@pytest.mark.parametrize("control", ["an empty list", "an old list", "a refusal", "an account that must be mended"])
def test_a_reading_that_proves_nothing_sends_nothing_however_often(office: Office, control: str) -> None:
    office.loses(stands=True)
    office.run()
    if control == "an empty list":
        office.adapter.unseen = {"1", "2"}
    elif control == "an old list":
        office.adapter.posts = {"7": Post(text="of another", link=None), **office.adapter.posts}
        office.adapter.unseen = {"1", "2"}
    else:
        refusal = TransientError(say("busy")) if control == "a refusal" else AccountError(say("no"))
        office.adapter.answers["timeline"] = [refusal] * 100
    for _ in range(30):
        office.run(hours=1)
    assert office.adapter.calls.count("publish") == 1
    stopped = control == "an account that must be mended"
    assert office.state()[0] is (Status.UNCERTAIN if stopped else Status.HELD)


def test_a_person_sees_what_stands_beside_what_was_sent(office: Office) -> None:
    office.loses(stands=False)
    office.adapter.unseen = {"1"}
    office.run()
    office.adapter.stand(Post(text="Haber 2 (elle)", link=None))
    for _ in range(15):
        office.run(hours=1)
    assert office.state() == (Status.HELD, Reason.UNKNOWN)
    seen = history.others(office.ledger, office.account.id, since=office.clock.now() - timedelta(days=1))
    assert [one.text for one in seen] == ["Haber 2 (elle)"]
    (attempt,) = history.attempts(office.ledger, office.newest())
    assert attempt.text == text(2)


def test_what_was_absent_twice_and_appears_at_the_last_moment_is_not_sent_again(office: Office) -> None:
    office.loses(stands=True)
    office.run()
    office.adapter.unseen = {"2"}
    office.run(minutes=2)
    service = office.service()
    office.clock.forward(minutes=1)
    office.news(an_entry(3), an_entry(2))
    service.run_once()  # the second look; and what was read for the next news is remembered for a minute
    office.adapter.unseen = set()
    service.deliver_due()
    assert office.texts() == ["Haber 1", "Haber 2", "Haber 3"]
    held = next(one for one in history.deliveries(office.ledger, now=office.clock.now()) if one.title == "Haber 2")
    assert (held.status, held.reason) == (Status.HELD, Reason.ALREADY_POSTED)
    found = Receipt(remote_id="2", url="https://fake.example/izmir-x/2")
    (acted,) = Desk(office.ledger).act(Verb.PUBLISHED, held.id, AYSE, now=office.clock.now(), found=found)
    assert acted.done


def test_the_first_send_that_is_seen_after_the_second_was_lost_is_found(make: Callable[..., Office]) -> None:
    office = make()
    office.news(an_entry(2))
    office.loses(stands=True)
    office.run()
    office.adapter.unseen = {"2"}
    office.run(minutes=2)
    office.adapter.answers["publish"] = [UncertainError(say("X says that this text was posted already"))]
    for _ in range(3):
        office.run(minutes=10)
    assert office.adapter.calls.count("publish") == 2
    shown = {"2": datetime(2026, 11, 25, 12, 30, tzinfo=UTC)}
    office.adapter.published, office.adapter.unseen = shown, set()
    office.run(minutes=10)
    assert (office.newest().status, office.newest().remote_id) == (Status.PUBLISHED, "2")


def test_only_one_second_send_is_made_by_itself(office: Office) -> None:
    office.adapter.answers["publish"] = [LOST] * 5
    for _ in range(20):
        office.run(minutes=3)
    assert office.adapter.calls.count("publish") == 2
    assert office.state() == (Status.HELD, Reason.UNKNOWN)


def test_where_the_list_may_leave_posts_out_a_person_is_asked(make: Callable[..., Office]) -> None:
    office = make(an_account(lists_all=False))
    office.news(an_entry(2))
    office.loses(stands=False)
    for _ in range(5):
        office.run(minutes=3)
    assert office.adapter.calls.count("publish") == 1
    assert office.state() == (Status.HELD, Reason.UNKNOWN)


def test_what_nobody_can_tell_is_not_let_out_but_settled(make: Callable[..., Office]) -> None:
    office = make(an_account(lists_all=False))
    office.news(an_entry(2))
    office.loses(stands=False)
    for _ in range(5):
        office.run(minutes=3)
    assert not office.act(Verb.APPROVE)
    assert office.act(Verb.ABSENT)
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_the_same_words_of_another_delivery_are_not_taken_for_it(office: Office) -> None:
    twin = an_entry(3, title="Haber 2", summary="Özet 2.", link=None, keys=("guid:3",))
    office.news(an_entry(2, link=None, keys=("guid:2",)))
    office.run()
    office.news(twin, an_entry(2, link=None, keys=("guid:2",)))
    office.account = replace(office.account, look_first=False)
    office.adapter.answers["publish"] = [LOST]
    office.run(minutes=30)
    office.run(minutes=3)
    office.run(minutes=3)
    office.run(minutes=3)
    assert office.texts() == ["Haber 1", "Haber 2", "Haber 2"]


def test_a_process_that_died_while_it_published_is_looked_after(office: Office) -> None:
    def dies() -> None:
        office.adapter.stand(Post(text=text(2), link=None))
        raise KeyboardInterrupt

    office.adapter.answers["publish"] = [dies]
    with pytest.raises(KeyboardInterrupt):
        office.run()
    office.run()
    assert office.state() == (Status.UNCERTAIN, Reason.INTERRUPTED)
    office.run(minutes=2)
    assert office.state() == (Status.PUBLISHED, None)
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_a_defect_over_a_look_sends_nothing_and_is_looked_at_again(office: Office) -> None:
    def defect() -> None:
        raise ZeroDivisionError

    office.loses(stands=True)
    office.run()
    office.adapter.answers["timeline"] = [defect]
    office.run(minutes=2)
    assert office.state()[0] is Status.UNCERTAIN
    office.run(minutes=1)
    assert office.state() == (Status.PUBLISHED, None)


def test_an_account_that_refuses_to_be_read_rests(office: Office) -> None:
    office.loses(stands=True)
    office.run()
    office.adapter.answers["timeline"] = [AccountError(say("the token has ended"))]
    office.run(minutes=2)
    office.adapter.calls.clear()
    office.run(minutes=1)
    assert office.adapter.calls == []
    office.run(minutes=15)
    assert office.state()[0] is Status.PUBLISHED


# -- two processes ---------------------------------------------------------------------------------------------------


def test_the_answer_of_a_replaced_process_is_told_as_a_second_post(office: Office) -> None:
    frozen = office.service()
    told: list[object] = []

    def freezes() -> None:
        """Stand still for longer than the lease, in which others look, find nothing, and send it again."""
        office.adapter.answers["publish"] = []
        office.clock.forward(minutes=11)
        for _ in range(4):
            other = office.service()
            other.deliver_due()
            office.clock.forward(minutes=3)

    office.adapter.answers["publish"] = [freezes]
    frozen.run_once(report=told.append)
    assert office.texts() == ["Haber 1", "Haber 2", "Haber 2"]
    assert [done.outcome.reason for done in told if hasattr(done, "outcome") and done.outcome] == [Reason.ORPHAN]
    first, second = history.attempts(office.ledger, office.newest())
    assert (str(first.message), first.outcome) == ("stands at https://fake.example/izmir-x/3 as well", Status.PUBLISHED)
    assert (second.outcome, office.newest().remote_id) == (Status.PUBLISHED, "2")


def test_the_answer_of_a_replaced_process_that_was_found_meanwhile_spoils_nothing(office: Office) -> None:
    def freezes() -> None:
        office.clock.forward(minutes=11)
        office.adapter.stand(Post(text=text(2), link=None))
        for _ in range(2):
            office.service().deliver_due()
            office.clock.forward(minutes=3)
        del office.adapter.posts["2"]  # what `publish` is about to give is this one

    office.adapter.answers["publish"] = [freezes]
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2"]
    assert office.state() == (Status.PUBLISHED, None)


def test_one_process_at_a_time_works_on_an_account(office: Office) -> None:
    office.news(an_entry(3), an_entry(2))

    def another() -> None:
        office.adapter.answers["publish"] = []
        office.service().deliver_due()

    office.adapter.answers["publish"] = [another]
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2", "Haber 3"]


def test_what_another_process_has_begun_is_not_begun_again(office: Office) -> None:
    def slow() -> None:
        """Be so slow over the pictures that the lease ends, and another process does it all."""
        office.adapter.answers["stage"] = []
        office.clock.forward(minutes=11)
        office.service().deliver_due()

    office.adapter.answers["stage"] = [slow]
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_a_machine_that_stood_still_after_the_intent_sends_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = office.ledger.claim

    def slow(*arguments: object, **options: object) -> int | None:
        number = claim(*arguments, **options)  # type: ignore[arg-type]
        office.clock.forward(minutes=9)
        return number

    with monkeypatch.context() as patched:
        patched.setattr(office.ledger, "claim", slow)
        office.run()
    assert office.texts() == ["Haber 1"]
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_what_was_edited_while_it_was_made_ready_does_not_go_out_as_it_was(office: Office) -> None:
    def edited() -> None:
        office.news(an_entry(2, title="Haber 2 düzeltildi"))
        office.service().try_poll(a_feed(accounts=[office.account.id]))

    office.adapter.answers["stage"] = [edited]
    office.run()
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2 düzeltildi"]


# -- before a first post ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "by_hand",
    [
        Post(text="Bugün: https://izmir.bel.tr/tr/Haberler/2/?utm_source=x", link=None),
        Post(text="Bugün açıldı", link="http://www.izmir.bel.tr/tr/Haberler/2"),
        Post(text=text(2), link=None),
    ],
)
def test_news_that_somebody_has_posted_by_hand_is_held(office: Office, by_hand: Post) -> None:
    office.adapter.stand(by_hand)
    office.run()
    assert office.state() == (Status.HELD, Reason.ALREADY_POSTED)
    assert "https://fake.example/izmir-x/2" in str(office.newest().message)
    assert office.act(Verb.APPROVE)
    office.run()
    assert office.texts()[-1] == "Haber 2"


def test_what_was_posted_by_hand_can_be_counted_as_it(office: Office) -> None:
    receipt = office.adapter.stand(Post(text=text(2), link=None))
    office.run()
    assert office.act(Verb.PUBLISHED, receipt)
    office.run()
    assert (office.newest().status, office.newest().remote_id) == (Status.PUBLISHED, "2")
    assert len(office.texts()) == 2


def test_a_headline_counts_where_a_platform_makes_no_links(office: Office) -> None:
    office.news(an_entry(2, title="Kültürpark yeniden açıldı"))
    office.adapter.stand(Post(text="📣 KÜLTÜRPARK YENİDEN AÇILDI!", link=None))
    office.run()
    assert office.state() == (Status.HELD, Reason.ALREADY_POSTED)


def test_other_news_by_hand_hold_nothing(office: Office) -> None:
    office.adapter.stand(Post(text="Bugün: https://izmir.bel.tr/tr/Haberler/22", link=None))
    office.run()
    assert office.texts()[-1] == "Haber 2"


def test_an_account_that_cannot_be_read_gets_nothing(office: Office) -> None:
    office.adapter.answers["timeline"] = [TransientError(say("busy"))]
    office.run()
    assert office.texts() == ["Haber 1"]
    office.run(minutes=1)
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_a_refused_reading_costs_no_news(office: Office) -> None:
    office.adapter.answers["timeline"] = [RejectedError(say("no"))]
    office.run()
    assert office.state() == (Status.QUEUED, Reason.TRANSIENT)
    office.run(minutes=1)
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_one_reading_serves_the_posts_of_a_minute(office: Office) -> None:
    office.news(an_entry(4), an_entry(3), an_entry(2))
    office.run()
    assert office.adapter.calls.count("timeline") == 1


def test_who_wants_no_reading_gets_none(make: Callable[..., Office]) -> None:
    office = make(replace(an_account(), look_first=False))
    office.news(an_entry(2))
    office.run()
    assert "timeline" not in office.adapter.calls


# -- steps that need not be repeated ---------------------------------------------------------------------------------


def illustrated(office: Office, name: str = "1.jpg") -> None:
    office.news(an_entry(2, pictures=(PictureRef(url=f"https://izmir.bel.tr/{name}"),)))


@pytest.mark.parametrize(
    "failure", [TransientError(say("busy")), AccountError(say("locked")), UncertainError(say("lost"))]
)
def test_what_was_uploaded_is_not_uploaded_again(office: Office, failure: Exception) -> None:
    illustrated(office)
    office.adapter.answers["publish"] = [failure]  # type: ignore[list-item]
    for _ in range(8):
        office.run(minutes=4)
    assert office.texts() == ["Haber 1", "Haber 2"]
    assert office.adapter.calls.count("upload") == 1


def test_what_the_platform_has_forgotten_is_uploaded_anew(office: Office) -> None:
    illustrated(office)
    forgotten = TransientError(say("unknown media"))
    forgotten.starts_over = True
    office.adapter.answers["publish"] = [forgotten]
    office.run()
    office.run(minutes=1)
    assert (office.texts()[-1], office.adapter.calls.count("upload")) == ("Haber 2", 2)


@pytest.mark.parametrize("is_the_same", [True, False])
def test_what_is_sent_again_is_what_was_sent_or_takes_a_persons_word(office: Office, is_the_same: bool) -> None:
    illustrated(office)
    office.adapter.answers["publish"] = [TransientError(say("busy"))]
    office.run()
    office.store.contents.clear()
    if not is_the_same:
        illustrated(office, "2.jpg")
    office.run()
    office.run(minutes=1)
    assert office.state() == ((Status.PUBLISHED, None) if is_the_same else (Status.HELD, Reason.NO_PICTURE))
    if not is_the_same:
        assert office.act(Verb.APPROVE)
        office.run()
        assert office.texts()[-1] == "Haber 2"


def test_what_turns_out_to_be_public_before_it_is_sent_once_more_is_looked_for(office: Office) -> None:
    office.loses(stands=False)
    office.run()
    office.run(minutes=2)

    def stands_by_now() -> None:
        office.adapter.stand(Post(text=text(2), link=None))
        raise LOST

    office.adapter.answers["stage"] = [stands_by_now]
    office.run(minutes=1)
    office.run(minutes=1)
    assert office.state()[0] is Status.UNCERTAIN
    office.run(minutes=2)
    assert office.state() == (Status.PUBLISHED, None)
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_uploads_do_not_hold_for_ever(office: Office) -> None:
    illustrated(office)
    office.adapter.answers["publish"] = [TransientError(say("busy"), retry_at=office.clock.now() + timedelta(hours=21))]
    office.run()
    office.run(hours=21)
    assert (office.texts()[-1], office.adapter.calls.count("upload")) == ("Haber 2", 2)


# -- pace and order --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pace", "after", "posts"),
    [
        (Pace(min_gap=timedelta(minutes=2)), timedelta(), 1),
        (Pace(min_gap=timedelta(minutes=2)), timedelta(seconds=119), 1),
        (Pace(min_gap=timedelta(minutes=2)), timedelta(minutes=2), 2),
        (Pace(per_hour=2), timedelta(minutes=29), 1),  # one of half an hour ago counts
        (Pace(per_hour=2), timedelta(minutes=31), 2),
        (Pace(per_day=3), timedelta(hours=23), 2),
        (Pace(per_day=3), timedelta(hours=24), 3),
    ],
)
def test_an_account_keeps_its_pace_over_restarts(
    make: Callable[..., Office], pace: Pace, after: timedelta, posts: int
) -> None:
    office = make(replace(an_account(), pace=pace))
    office.news(an_entry(4), an_entry(3), an_entry(2))
    office.run()
    for _ in range(3):
        office.run()
    office.clock.forward(seconds=after.total_seconds())
    office.run()
    assert office.texts() == [f"Haber {number}" for number in range(1, posts + 2)]


def test_a_wait_for_the_pace_costs_no_request(make: Callable[..., Office]) -> None:
    office = make(replace(an_account(), pace=Pace(min_gap=timedelta(hours=1))))
    office.news(an_entry(2))
    office.run()
    assert office.adapter.calls == []


def test_a_lost_answer_is_looked_after_whatever_the_pace(make: Callable[..., Office]) -> None:
    office = make(replace(an_account(), pace=Pace(min_gap=timedelta(hours=1))))
    office.clock.forward(minutes=30)
    office.news(an_entry(3), an_entry(2))
    office.loses(stands=True)
    office.run()
    office.run()  # the account rests by now
    assert standing(office.ledger, [office.account], now=office.clock.now())[0].state is AccountState.COOLING
    office.run(minutes=2)
    states = {one.title: one.status for one in history.deliveries(office.ledger, now=office.clock.now())}
    assert (states["Haber 2"], states["Haber 3"]) == (Status.PUBLISHED, Status.QUEUED)


@pytest.mark.parametrize("strict", [False, True])
def test_a_failing_post_keeps_later_ones_waiting_only_where_the_order_is_strict(
    make: Callable[..., Office], strict: bool
) -> None:
    office = make(replace(an_account(), strict_order=strict))
    office.news(an_entry(3), an_entry(2, title="Ä°zmir BÃ¼yÃ¼kÅŸehir"))
    office.run()
    assert (office.texts()[-1] == "Haber 3") is not strict
    held = next(one for one in history.deliveries(office.ledger, now=office.clock.now()) if one.status is Status.HELD)
    Desk(office.ledger).act(Verb.REJECT, held.id, AYSE, now=office.clock.now())
    office.run()
    assert office.texts()[-1] == "Haber 3"


def test_what_is_refused_keeps_nobody_waiting(make: Callable[..., Office]) -> None:
    office = make(replace(an_account(), strict_order=True))
    office.news(an_entry(3), an_entry(2))
    office.adapter.answers["publish"] = [RejectedError(say("no"))]
    office.run()
    office.run()
    assert office.texts() == ["Haber 1", "Haber 3"]


def test_a_round_after_a_long_silence_reads_the_account_back_and_sends(office: Office) -> None:
    with office.ledger.writing() as connection:
        fence.mark_unread(connection, office.clock.now())
    office.run()
    assert office.state() == (Status.PUBLISHED, None)
    assert office.adapter.calls.index("timeline") < office.adapter.calls.index("publish")
