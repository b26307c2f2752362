from __future__ import annotations

import hashlib
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crossposter.core.acts import Person, Verb
from crossposter.core.budget import Budget, WhenSpent
from crossposter.core.events import Delivered, Event, Settled, Silent, Spending
from crossposter.core.model import (
    Account,
    AccountState,
    Article,
    Entry,
    Feed,
    Identity,
    Known,
    Outcome,
    PictureRef,
    PostRules,
    Reason,
    Status,
)
from crossposter.errors import (
    AccountError,
    ArticleError,
    FeedError,
    LedgerError,
    PictureError,
    PublishError,
    RejectedError,
    TransientError,
    UncertainError,
)
from crossposter.ledger import SqlLedger, history
from crossposter.ledger.accounts import standing
from crossposter.ledger.acts import Desk
from crossposter.ledger.records import DeliveryRecord
from crossposter.ports import Settlement
from crossposter.service import Round, Service
from crossposter.testing import (
    FakeAdapter,
    FakeArticleSource,
    FakeFeedSource,
    FakePictureSource,
    FrozenClock,
    MemoryPictureStore,
    a_feed,
    an_account,
    an_entry,
    unreachable,
)
from crossposter.wording import say

WORDS = say("said so")


class Office:
    """A service over a real ledger, with a feed and accounts that can be played with."""

    def __init__(self, path: Path, accounts: Sequence[Account]) -> None:
        self.clock = FrozenClock(datetime(2026, 11, 25, 12, tzinfo=UTC))
        self.source = FakeFeedSource({"izmir-tr": (an_entry(0),)})
        self.pictures = FakePictureSource()
        self.articles = FakeArticleSource()
        self.store = MemoryPictureStore()
        self.accounts = {account.id: account for account in accounts}
        self.adapters = {account.id: FakeAdapter(account) for account in accounts}
        self.path = path
        self.ledger = SqlLedger.open(path)
        self.feeds = [a_feed(accounts=list(self.accounts))]

    def news(self, *entries: Entry) -> None:
        """Let the feed hold these, newest first, above the one that was always there."""
        self.source.entries["izmir-tr"] = (*entries, an_entry(0))

    def service(self) -> Service:
        """Start the program anew."""
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
        )

    def run(self) -> Round:
        """Start the program anew for one round."""
        return self.service().run_once()

    def texts(self, account: str = "izmir-x") -> list[str]:
        """Give the headlines that stand on an account."""
        return [post.text.split("\n")[0] for post in self.adapters[account].posts.values()]

    def deliveries(self) -> list[DeliveryRecord]:
        """Give the deliveries that are no baseline."""
        found = history.deliveries(self.ledger, now=self.clock.now())
        return [one for one in found if one.status is not Status.SKIPPED]

    def only(self) -> DeliveryRecord:
        """Give the one delivery."""
        (found,) = self.deliveries()
        return found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    found = Office(tmp_path / "ledger.db", [an_account()])
    found.run()  # the first sight of the feed
    yield found
    found.ledger.close()


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Office]:
    found = Office(tmp_path / "ledger.db", [an_account(name) for name in ("x", "facebook", "instagram")])
    found.run()
    yield found
    found.ledger.close()


def test_the_first_sight_of_a_feed_publishes_nothing(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [an_account()])
    office.news(an_entry(2), an_entry(1))
    found = office.run()
    assert found.polls[0].plan is not None
    assert found.polls[0].plan.first_poll
    assert found.delivered == ()
    assert office.texts() == []
    office.ledger.close()


def test_an_entry_is_published_once_over_any_number_of_polls_and_restarts(office: Office) -> None:
    for count in range(1, 6):
        office.news(*[an_entry(number) for number in range(count, 0, -1)])
        office.run()
        office.run()
    assert office.texts() == [f"Haber {number}" for number in range(1, 6)]
    assert {found.status for found in office.deliveries()} == {Status.PUBLISHED}


def test_an_entry_that_vanishes_and_returns_is_not_repeated(office: Office) -> None:
    office.news(an_entry(1))
    office.run()
    office.news()
    office.run()
    office.news(an_entry(1))
    office.run()
    assert office.texts() == ["Haber 1"]


def test_an_edited_entry_is_not_repeated(office: Office) -> None:
    office.news(an_entry(1))
    office.run()
    office.news(an_entry(1, title="Haber 1 (güncellendi)", summary="Yeni özet"))
    office.run()
    assert office.texts() == ["Haber 1"]


def test_a_moved_entry_with_a_new_guid_and_then_a_new_link_is_not_repeated(office: Office) -> None:
    office.news(an_entry(1, keys=("guid:1", "link:a")))
    office.run()
    office.news(an_entry(1, keys=("guid:2", "link:a")))
    office.run()
    office.news(an_entry(1, keys=("guid:2", "link:b")))
    office.run()
    assert office.texts() == ["Haber 1"]


def test_an_account_added_later_starts_from_now(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [an_account("x"), an_account("facebook")])
    office.feeds = [a_feed(accounts=["x"])]
    office.run()
    office.news(an_entry(1))
    office.run()
    office.feeds = [a_feed(accounts=["x", "facebook"])]
    office.news(an_entry(2), an_entry(1))
    office.run()
    assert office.texts("x") == ["Haber 1", "Haber 2"]
    assert office.texts("facebook") == ["Haber 2"]
    office.ledger.close()


def test_what_stands_in_a_feed_as_before_is_not_read_again_and_a_poll_of_that_writes_nothing(office: Office) -> None:
    office.news(an_entry(1, mark="a"))
    office.run()
    before = office.path.read_bytes()
    poll = office.service().try_poll(office.feeds[0])
    assert poll.plan is not None
    assert (poll.plan.new, poll.plan.unread, poll.plan.recognised) == (0, 1, 2)
    assert office.path.read_bytes() == before
    office.news(an_entry(2, mark="b"), an_entry(1, mark="a"))
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_a_feed_that_was_not_modified_changes_nothing(office: Office) -> None:
    office.source.entries["izmir-tr"] = None
    found = office.run()
    assert (found.polls[0].plan, found.polls[0].error, found.delivered) == (None, None, ())


def test_a_feed_that_fails_does_not_stop_the_others(office: Office) -> None:
    office.feeds = [a_feed("broken", accounts=["izmir-x"]), *office.feeds]
    office.source.entries["broken"] = unreachable()
    office.news(an_entry(1))
    found = office.run()
    assert isinstance(found.polls[0].error, FeedError)
    assert office.texts() == ["Haber 1"]
    assert found.has_failures


def test_a_feed_that_fails_at_first_sight_is_still_unseen(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [an_account()])
    office.source.entries["izmir-tr"] = unreachable()
    office.run()
    office.news(an_entry(1))
    office.run()
    assert office.texts() == []
    office.ledger.close()


FAILURES = [
    (RejectedError(WORDS), Status.FAILED, Reason.REJECTED),
    (AccountError(WORDS), Status.QUEUED, Reason.ACCOUNT),
    (TransientError(WORDS), Status.QUEUED, Reason.TRANSIENT),
]


@pytest.mark.parametrize(
    ("verb", "error", "status", "reason"),
    [
        *[(verb, *failure) for verb in ("verify", "stage", "publish") for failure in FAILURES],
        ("publish", UncertainError(WORDS), Status.UNCERTAIN, Reason.LOST_ANSWER),
    ],
)
def test_each_failure_ends_in_a_named_state(
    office: Office, verb: str, error: PublishError, status: Status, reason: Reason
) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers[verb] = [error]
    found = office.run()
    delivery = office.only()
    assert (delivery.status, delivery.reason, str(delivery.message)) == (status, reason, "said so")
    assert found.delivered[0].outcome is not None
    assert found.delivered[0].outcome.status is status


def test_a_lost_answer_is_never_sent_again(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [UncertainError(WORDS)]
    office.run()
    for _ in range(5):
        office.clock.forward(days=1)
        office.run()
    assert office.adapters["izmir-x"].calls.count("publish") == 1
    assert office.only().status is Status.UNCERTAIN


def test_a_transient_failure_is_tried_again_in_its_time(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [TransientError(WORDS)]
    office.run()
    office.run()
    assert office.adapters["izmir-x"].calls.count("publish") == 1
    office.clock.forward(minutes=1)
    office.run()
    assert office.texts() == ["Haber 1"]
    assert len(history.attempts(office.ledger, office.only())) == 2


def test_what_never_succeeds_is_held_for_a_person(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["stage"] = [TransientError(WORDS)] * 50
    for _ in range(50):
        office.run()
        office.clock.forward(hours=2)
    assert (office.only().status, office.only().reason) == (Status.HELD, Reason.UNREACHABLE)
    assert office.adapters["izmir-x"].calls.count("stage") == 12


def test_an_account_that_must_rest_is_left_alone_for_the_round(office: Office) -> None:
    office.news(an_entry(3), an_entry(2), an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [TransientError(WORDS)]
    office.run()
    assert office.adapters["izmir-x"].calls.count("publish") == 1
    office.clock.forward(minutes=1)
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2", "Haber 3"]


def test_a_rejected_post_does_not_block_the_next(office: Office) -> None:
    office.news(an_entry(2), an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [RejectedError(WORDS)]
    office.run()
    assert office.texts() == ["Haber 2"]


def test_one_accounts_trouble_is_not_anothers(three: Office) -> None:
    three.news(an_entry(1))
    three.adapters["x"].answers["verify"] = [AccountError(WORDS)]
    three.adapters["facebook"].answers["publish"] = [UncertainError(WORDS)]
    three.run()
    assert [found.status for found in three.deliveries()] == [Status.QUEUED, Status.UNCERTAIN, Status.PUBLISHED]


def test_accounts_do_not_wait_for_each_other(three: Office) -> None:
    three.news(an_entry(1))
    together = threading.Barrier(3, timeout=10)
    for adapter in three.adapters.values():
        adapter.answers["publish"] = [lambda: print(together.wait())]
    three.run()
    assert {found.status for found in three.deliveries()} == {Status.PUBLISHED}


def test_the_posts_of_an_account_that_left_the_configuration_wait(three: Office) -> None:
    three.news(an_entry(1))
    three.adapters["x"].answers["verify"] = [AccountError(WORDS)]
    three.run()
    left = three.accounts.pop("x")
    three.feeds = [a_feed(accounts=["facebook", "instagram"])]
    three.clock.forward(minutes=15)
    found = three.run()
    assert found.stranded == ("2/x",)
    assert not found.has_failures
    three.accounts["x"] = left
    three.feeds = [a_feed(accounts=["x", "facebook", "instagram"])]
    three.run()
    assert three.texts("x") == ["Haber 1"]


def test_the_identity_is_verified_before_the_first_publish_of_a_run(office: Office) -> None:
    office.news(an_entry(2), an_entry(1))
    office.run()
    calls = office.adapters["izmir-x"].calls
    assert calls[:3] == ["verify", "timeline", "stage"]
    assert sorted(calls[3:]) == ["publish", "publish", "stage"]  # the second is made ready while the first is sent


@pytest.mark.parametrize("identity", [Identity(id="another", handle="izmirbld"), Identity(id="", handle="")])
def test_another_account_gets_nothing(office: Office, identity: Identity) -> None:
    office.news(an_entry(2), an_entry(1))
    office.adapters["izmir-x"].identity = identity
    found = office.run()
    assert office.adapters["izmir-x"].calls == ["verify"]
    assert found.has_failures
    assert {delivery.status for delivery in office.deliveries()} == {Status.QUEUED}
    office.adapters["izmir-x"].identity = None
    office.run()
    assert office.adapters["izmir-x"].calls == ["verify"]  # the account rests
    office.clock.forward(minutes=15)
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_an_account_that_an_examination_finds_to_be_another_gets_nothing_more(office: Office) -> None:
    service, adapter = office.service(), office.adapters["izmir-x"]
    office.news(an_entry(1))
    service.run_once()
    adapter.identity = Identity(id="another", handle="baska")
    assert service.examine(office.accounts["izmir-x"]).identity == adapter.identity
    office.news(an_entry(2), an_entry(1))
    service.run_once()
    assert office.texts() == ["Haber 1"]
    adapter.identity = None
    assert service.examine(office.accounts["izmir-x"]).error is None
    office.clock.forward(minutes=15)
    service.run_once()
    assert office.texts() == ["Haber 1", "Haber 2"]
    assert adapter.calls.count("publish") == 2


def test_whose_account_it_is_is_asked_again_after_a_day(office: Office) -> None:
    service, adapter = office.service(), office.adapters["izmir-x"]
    for number, days in ((1, 0), (2, 0.9), (3, 0.9)):
        office.clock.forward(days=days)
        office.news(*(an_entry(each) for each in range(number, 0, -1)))
        service.run_once()
    asked = [call for call in adapter.calls if call in ("verify", "publish")]
    assert asked == ["verify", "publish", "publish", "verify", "publish"]


@pytest.fixture
def teasing(tmp_path: Path) -> Iterator[Office]:
    """Give an office whose feed asks for articles, and whose account shows them."""
    found = Office(tmp_path / "ledger.db", [an_account(template="{{ title }}\n\n{{ text }}")])
    found.feeds = [replace(feed, article=True) for feed in found.feeds]
    found.run()
    found.news(an_entry(1, summary="Gemi körfezde…"))
    yield found
    found.ledger.close()


ARTICLE = Article(text="Haber 1: Gemi körfezde ilk seferini yaptı. Yolcular mutluydu.")


def test_an_article_that_is_late_is_waited_for(teasing: Office) -> None:
    teasing.articles.articles[an_entry(1).link or ""] = ArticleError(WORDS)
    teasing.run()
    assert (teasing.only().status, teasing.only().reason) == (Status.QUEUED, Reason.ARTICLE)
    teasing.articles.articles[an_entry(1).link or ""] = ARTICLE
    teasing.clock.forward(minutes=2)
    teasing.run()
    assert [post.text for post in teasing.adapters["izmir-x"].posts.values()] == [f"Haber 1\n\n{ARTICLE.text}"]


def test_an_article_that_stays_away_does_not_keep_the_news_back(teasing: Office) -> None:
    teasing.articles.articles[an_entry(1).link or ""] = ArticleError(WORDS)
    for _ in range(4):
        teasing.run()
        teasing.clock.forward(minutes=10)
    assert [post.text for post in teasing.adapters["izmir-x"].posts.values()] == ["Haber 1\n\nGemi körfezde…"]


def test_the_page_that_stays_away_is_told_where_its_picture_is_needed(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [an_account(needs_picture=True)])
    office.feeds = [replace(feed, article=True) for feed in office.feeds]
    office.run()
    office.news(an_entry(1))
    office.articles.articles[an_entry(1).link or ""] = ArticleError(WORDS)
    for _ in range(4):
        done = office.run().delivered
        office.clock.forward(minutes=10)
    assert done[0].outcome
    assert (done[0].outcome.reason, done[0].outcome.message) == (Reason.NO_PICTURE, WORDS)
    office.ledger.close()


def test_a_picture_that_is_gone_does_not_keep_the_news_back(office: Office) -> None:
    office.news(an_entry(1, pictures=(PictureRef(url="https://izmir.bel.tr/a.jpg"),)))
    office.pictures.errors["https://izmir.bel.tr/a.jpg"] = PictureError(WORDS, is_permanent=True)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_a_picture_that_is_late_is_waited_for(office: Office) -> None:
    office.news(an_entry(1, pictures=(PictureRef(url="https://izmir.bel.tr/a.jpg"),)))
    office.pictures.errors["https://izmir.bel.tr/a.jpg"] = PictureError(WORDS, is_permanent=False)
    office.run()
    assert (office.only().status, office.only().reason) == (Status.QUEUED, Reason.PICTURE)
    office.pictures.errors.clear()
    office.clock.forward(minutes=1)
    office.run()
    (post,) = office.adapters["izmir-x"].posts.values()
    assert [picture.url for picture in post.pictures] == ["https://izmir.bel.tr/a.jpg"]


def test_what_was_sent_once_is_sent_again_to_the_byte(office: Office) -> None:
    office.news(an_entry(1, pictures=(PictureRef(url="https://izmir.bel.tr/a.jpg", alt="Gemi"),)))
    office.adapters["izmir-x"].answers["publish"] = [TransientError(WORDS)]
    office.run()
    (first,) = history.attempts(office.ledger, office.only())
    # Meanwhile the site has another picture, and the account another template.
    office.pictures.errors["https://izmir.bel.tr/a.jpg"] = PictureError(WORDS, is_permanent=True)
    office.accounts["izmir-x"] = replace(office.accounts["izmir-x"], rules=PostRules(template="{{ title }}"))
    office.clock.forward(hours=1)
    office.run()
    (post,) = office.adapters["izmir-x"].posts.values()
    assert post.text == first.text
    assert [(p.sha256, p.alt, p.alt_is_derived) for p in post.pictures] == [
        (first.pictures[0]["sha256"], "Gemi", False)
    ]
    assert [hashlib.sha256(p.content).hexdigest() for p in post.pictures] == [p.sha256 for p in post.pictures]


def test_a_stored_picture_that_is_gone_is_prepared_anew(office: Office) -> None:
    office.news(an_entry(1, pictures=(PictureRef(url="https://izmir.bel.tr/a.jpg"),)))
    office.adapters["izmir-x"].answers["publish"] = [TransientError(WORDS)]
    office.run()
    office.store.contents.clear()
    office.clock.forward(hours=1)
    office.run()
    (post,) = office.adapters["izmir-x"].posts.values()
    assert [picture.url for picture in post.pictures] == ["https://izmir.bel.tr/a.jpg"]


def test_news_that_the_city_would_not_sign_waits_for_a_person(office: Office) -> None:
    office.news(an_entry(1, title="Ýzmir haberi"))
    office.run()
    held = office.only()
    assert (held.status, held.reason) == (Status.HELD, Reason.GATE)
    assert "Ýzmir" in str(held.message)
    assert office.adapters["izmir-x"].calls == []


def test_the_gate_looks_again_before_anything_is_sent(office: Office) -> None:
    office.news(an_entry(1, link="https://elsewhere.example/1"))
    office.adapters["izmir-x"].answers["verify"] = [TransientError(WORDS)]
    office.run()
    office.feeds = [replace(feed, allowed_hosts=("izmir.bel.tr",)) for feed in office.feeds]
    office.clock.forward(hours=1)
    office.run()
    assert (office.only().status, office.only().reason) == (Status.HELD, Reason.GATE)


def test_another_picture_stands_in_for_one_that_is_gone(office: Office) -> None:
    urls = [f"https://izmir.bel.tr/{name}.jpg" for name in "abcdef"]
    office.news(an_entry(1, pictures=tuple(PictureRef(url=url) for url in urls)))
    office.pictures.errors[urls[0]] = PictureError(WORDS, is_permanent=True)
    office.run()
    (post,) = office.adapters["izmir-x"].posts.values()
    assert [picture.url for picture in post.pictures] == urls[1:5]


def test_a_platforms_failures_do_not_use_up_the_patience_for_pictures(office: Office) -> None:
    office.news(an_entry(1, pictures=(PictureRef(url="https://izmir.bel.tr/a.jpg"),)))
    office.adapters["izmir-x"].answers["stage"] = [TransientError(WORDS)] * 4
    for _ in range(4):
        office.run()
        office.clock.forward(hours=1)
    office.pictures.errors["https://izmir.bel.tr/a.jpg"] = PictureError(WORDS, is_permanent=False)
    office.run()
    assert office.only().reason is Reason.PICTURE


@pytest.mark.parametrize("is_permanent", [True, False])
def test_a_platform_that_needs_a_picture_gets_no_post_without_one(tmp_path: Path, is_permanent: bool) -> None:
    office = Office(tmp_path / "ledger.db", [an_account(needs_picture=True)])
    office.run()
    office.news(an_entry(2), an_entry(1, pictures=(PictureRef(url="https://izmir.bel.tr/a.jpg"),)))
    office.pictures.errors["https://izmir.bel.tr/a.jpg"] = PictureError(WORDS, is_permanent=is_permanent)
    for _ in range(5):
        office.run()
        office.clock.forward(hours=1)
    assert office.adapters["izmir-x"].posts == {}
    assert {(found.status, found.reason) for found in office.deliveries()} == {(Status.HELD, Reason.NO_PICTURE)}
    office.ledger.close()


def test_a_defect_of_ours_in_one_account_does_not_silence_the_others(
    three: Office, caplog: pytest.LogCaptureFixture
) -> None:
    def defect() -> None:
        raise ZeroDivisionError

    three.news(an_entry(2), an_entry(1))
    three.adapters["x"].answers["publish"] = [defect]
    found = three.run()
    assert three.texts("facebook") == ["Haber 1", "Haber 2"]
    assert found.has_failures
    assert "2/x: nobody knows what became of it" in caplog.text
    three.clock.forward(minutes=10)
    assert [(found.id, found.status) for found in three.deliveries() if found.account_id == "x"] == [
        ("2/x", Status.UNCERTAIN),
        ("3/x", Status.PUBLISHED),
    ]


@pytest.mark.parametrize("verb", ["verify", "stage"])
def test_a_defect_over_one_entry_delays_it_and_ends_with_a_person(office: Office, verb: str) -> None:
    def defect() -> None:
        raise ZeroDivisionError

    office.news(an_entry(2), an_entry(1))
    office.adapters["izmir-x"].answers[verb] = [defect]
    office.run()
    assert office.texts() == ["Haber 2"]
    office.adapters["izmir-x"].answers["stage"] = [defect] * 50
    for _ in range(20):
        office.clock.forward(hours=2)
        office.run()
    assert [(found.status, found.reason) for found in office.deliveries()] == [
        (Status.HELD, Reason.UNREACHABLE),
        (Status.PUBLISHED, None),
    ]


def test_a_defect_over_one_feed_does_not_stop_the_others(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.feeds = [a_feed("odd", accounts=["izmir-x"]), *office.feeds]
    office.source.entries["odd"] = 5  # type: ignore[assignment]  # nothing that a source should give
    office.news(an_entry(1))
    assert office.run().has_failures
    assert office.texts() == ["Haber 1"]
    assert "poll of odd ended unexpectedly" in caplog.text


def test_an_answer_that_cannot_be_written_is_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> bool:
        raise LedgerError(WORDS)

    office.news(an_entry(1))
    monkeypatch.setattr(office.ledger, "settle", full)
    office.run()
    assert "https://fake.example/izmir-x/1" in caplog.text
    office.clock.forward(minutes=11)
    assert office.only().status is Status.UNCERTAIN


def _dying(*_: object, **__: object) -> Settlement:
    raise LedgerError(WORDS)


def test_who_was_taken_over_leaves_it_to_the_other_to_tell(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.news(an_entry(1))
    office.ledger.settle = lambda *_, **__: Settlement.REPLACED  # type: ignore[method-assign]  # it was frozen
    assert office.run().delivered == ()
    assert "not written to the ledger as the delivery's" in caplog.text


def test_an_interrupted_run_is_told_once(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [lambda: office.clock.forward(seconds=1)]
    settle, office.ledger.settle = office.ledger.settle, _dying  # type: ignore[method-assign]  # the process died here
    assert office.run().has_failures
    office.ledger.settle = settle  # type: ignore[method-assign]
    office.clock.forward(days=1)
    assert office.run().interrupted == ("2/izmir-x",)
    assert office.run().interrupted == ()


def test_an_empty_feed_is_no_first_sight(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [an_account()])
    office.source.entries["izmir-tr"] = ()
    assert office.run().has_failures
    office.news(an_entry(1))
    office.run()
    assert office.texts() == []
    office.ledger.close()


def test_a_feed_that_moves_to_another_site_begins_anew(office: Office) -> None:
    office.news(an_entry(2), an_entry(1))
    office.run()
    office.feeds = [a_feed(accounts=["izmir-x"], site="another")]
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_an_item_in_two_feeds_reaches_the_accounts_of_both_once(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [an_account("x"), an_account("facebook")])
    office.feeds = [a_feed("all", accounts=["x"]), a_feed("press", accounts=["x", "facebook"])]
    office.source.entries = {"all": (an_entry(0),), "press": (an_entry(0),)}
    office.run()
    office.source.entries = {"all": (an_entry(1), an_entry(0)), "press": (an_entry(1), an_entry(0))}
    office.run()
    office.run()
    assert (office.texts("x"), office.texts("facebook")) == (["Haber 1"], ["Haber 1"])
    office.ledger.close()


def test_the_first_sight_of_a_new_feed_swallows_no_news_of_another(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [an_account("x")])
    office.feeds = [a_feed("old", accounts=["x"])]
    office.source.entries = {"old": (an_entry(0),), "new": (an_entry(1), an_entry(0))}
    office.run()
    office.feeds = [a_feed("new", accounts=["x"]), a_feed("old", accounts=["x"])]
    office.source.entries["old"] = (an_entry(1), an_entry(0))
    office.run()
    office.run()
    assert office.texts("x") == ["Haber 1"]
    office.ledger.close()


def test_a_delivery_is_done_once_however_often_it_is_asked_for(office: Office) -> None:
    office.news(an_entry(1))
    service = office.service()
    service.poll(office.feeds[0])
    due = office.ledger.due(now=office.clock.now())
    threads = [threading.Thread(target=service.deliver, args=(due[0],)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    service.deliver(due[0])
    assert office.texts() == ["Haber 1"]


def test_an_account_that_another_process_works_on_is_left_alone(office: Office) -> None:
    office.news(an_entry(1))

    def someone_else_comes() -> None:
        assert office.ledger.due(now=office.clock.now())
        again = office.service()
        assert again.deliver_due() == ()

    office.adapters["izmir-x"].answers["stage"] = [someone_else_comes]
    office.run()
    assert office.texts() == ["Haber 1"]


def test_a_lane_that_is_told_to_stop_begins_nothing_more(office: Office) -> None:
    office.news(an_entry(2), an_entry(1))
    service = office.service()
    service.poll(office.feeds[0])
    (lane,) = service.due_lanes()
    done: list[Event] = []
    service.deliver_lane(lane, report=done.append, stopping=lambda: bool(done))
    assert [(one.entry_id, one.feed_id) for one in done if isinstance(one, Delivered)] == [(2, "izmir-tr")]
    assert office.texts() == ["Haber 1"]


def test_whoever_starts_the_daemon_wakes_the_accounts_that_waited_for_a_person(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["verify"] = [AccountError(WORDS)]
    office.run()
    office.service().wake_accounts()
    office.run()
    assert office.texts() == ["Haber 1"]


def test_a_delivery_that_moved_on_while_it_was_staged_is_not_sent(office: Office) -> None:
    held = Outcome(status=Status.HELD, reason=Reason.REJECTED)
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["stage"] = [
        lambda: office.ledger.postpone("2/izmir-x", held, now=office.clock.now())
    ]
    assert office.run().delivered == ()
    assert office.texts() == []
    assert office.only().status is Status.HELD


def test_a_feed_that_falls_silent_is_told(office: Office) -> None:
    office.feeds = [replace(feed, silent_after=timedelta(hours=24)) for feed in office.feeds]
    assert office.service().look_around() == []
    office.clock.forward(days=7)
    (told,) = office.service().look_around()
    assert isinstance(told, Silent)
    assert told.feed_id == "izmir-tr"
    assert "izmir-tr has had nothing new since" in str(told.message)
    heard: list[Event] = []
    office.service().run_once(report=heard.append)
    assert told in heard
    office.news(an_entry(1))
    office.run()
    assert office.service().look_around() == []


def test_what_people_settled_is_told_unless_it_is_uncertain_again(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [UncertainError(say("the answer was lost"))] * 2
    office.run()
    name, person = office.only().id, Person(name="Ayşe", system_user="ayse")
    assert office.service().look_around() == []
    with pytest.raises(LedgerError, match="may not be seen on the account for 5 minutes"):
        Desk(office.ledger).act(Verb.ABSENT, name, person, now=office.clock.now())
    assert office.only().status is Status.UNCERTAIN
    office.clock.forward(minutes=5)
    Desk(office.ledger).act(Verb.ABSENT, name, person, now=office.clock.now())
    assert office.service().look_around() == [Settled(name)]
    office.run()
    assert office.only().status is Status.UNCERTAIN
    assert office.service().look_around() == []


def killed() -> None:
    raise RuntimeError("killed")


def test_what_was_being_published_when_its_process_died_can_be_settled(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [killed]
    office.run()
    desk, person = Desk(office.ledger), Person(name="Ayşe", system_user="ayse")
    (acted,) = desk.act(Verb.ABSENT, office.only().id, person, now=office.clock.now())
    assert not acted.done  # its process may still be at it
    office.clock.forward(minutes=11)
    (acted,) = desk.act(Verb.ABSENT, office.only().id, person, now=office.clock.now())
    assert acted.done
    office.run()
    assert office.texts() == ["Haber 1"]


def test_an_answer_that_comes_after_a_person_has_given_it_up_makes_no_second_post(office: Office) -> None:
    def slow() -> None:
        office.clock.forward(minutes=11)  # longer than the lease
        Desk(office.ledger).act(Verb.ABSENT, office.only().id, person, now=office.clock.now())
        assert office.only().status is Status.QUEUED

    person = Person(name="Ayşe", system_user="ayse")
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [slow]
    office.run()
    assert office.only().status is Status.PUBLISHED
    office.clock.forward(hours=1)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_an_answer_that_cannot_be_written_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> bool:
        raise LedgerError(say("the disk is full"))

    office.news(an_entry(1))
    monkeypatch.setattr(office.ledger, "settle", full)
    (done,) = office.run().delivered
    assert done.outcome
    assert (done.outcome.status, done.outcome.reason) == (Status.UNCERTAIN, Reason.INTERRUPTED)
    monkeypatch.undo()
    office.clock.forward(hours=1)
    office.run()
    assert office.texts() == ["Haber 1"]
    assert office.only().status is Status.UNCERTAIN


def test_a_stopped_account_is_tried_with_its_credentials_as_they_are_then(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["stage"] = [AccountError(say("the token is void"))]
    service = office.service()
    service.run_once()
    office.clock.forward(minutes=15)
    service.deliver_due()
    assert office.adapters["izmir-x"].calls.count("verify") == 2
    assert office.texts() == ["Haber 1"]


# -- polls at the same moment --------------------------------------------------------------------------------------


def polled_at_once(office: Office, *services: Service) -> None:
    """Poll all feeds of all services: as far as they are let, all ask the ledger before one writes."""
    polls = [(service, feed) for service in services for feed in service.feeds]
    both_have_asked = threading.Barrier(len(polls))
    known = office.ledger.known

    def asked(feed: Feed, keys: Sequence[str]) -> Mapping[str, Known]:
        found = known(feed, keys)
        with suppress(threading.BrokenBarrierError):
            both_have_asked.wait(0.3)
        return found

    office.ledger.known = asked  # type: ignore[method-assign]  # watched
    with ThreadPoolExecutor(len(polls)) as threads:
        assert all(poll.error is None for poll in threads.map(lambda one: one[0].try_poll(one[1]), polls))


def test_an_item_of_two_feeds_of_a_site_polled_at_once_is_one_entry(office: Office) -> None:
    office.feeds.append(replace(office.feeds[0], id="izmir-press", url="https://www.izmir.example/press.xml"))
    office.source.entries["izmir-press"] = (an_entry(0),)
    office.run()
    office.news(an_entry(1))
    office.source.entries["izmir-press"] = (an_entry(1), an_entry(0))
    service = office.service()
    polled_at_once(office, service)
    service.deliver_due()
    assert office.texts() == ["Haber 1"]
    assert len(office.deliveries()) == 1


def test_a_feed_polled_by_the_service_of_before_a_reload_and_by_the_new_one_gives_one_entry(office: Office) -> None:
    office.news(an_entry(1))
    service = office.service()
    polled_at_once(office, office.service(), service)
    service.deliver_due()
    assert office.texts() == ["Haber 1"]
    assert len(office.deliveries()) == 1


def test_a_feed_first_seen_twice_at_once_publishes_nothing(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [an_account()])
    office.news(an_entry(1))
    polled_at_once(office, office.service(), office.service())
    office.run()
    assert (office.texts(), office.deliveries()) == ([], [])
    office.ledger.close()


# -- a service of before a reload ------------------------------------------------------------------------------------


def test_a_retired_service_sends_nothing_more(office: Office) -> None:
    office.news(*[an_entry(number) for number in (3, 2, 1)])
    office.service().try_poll(office.feeds[0])
    service = office.service()
    (lane,) = service.due_lanes()
    office.adapters["izmir-x"].answers["publish"] = [service.retire]
    done: list[Event] = []
    service.deliver_lane(lane, report=done.append)
    assert office.texts() == ["Haber 1"]  # it was being sent
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2", "Haber 3"]


def test_a_service_that_retires_during_an_upload_sends_nothing(office: Office) -> None:
    office.news(an_entry(1))
    office.service().try_poll(office.feeds[0])
    service = office.service()
    office.adapters["izmir-x"].answers["stage"] = [service.retire]
    assert service.deliver_due() == ()
    assert office.texts() == []
    assert office.only().status is Status.QUEUED
    office.run()
    assert office.texts() == ["Haber 1"]


def test_what_a_retired_service_has_read_is_left_to_the_other(office: Office) -> None:
    office.news(an_entry(1))
    service = office.service()
    service.retire()
    assert service.poll(office.feeds[0]) is None
    assert office.deliveries() == []
    office.run()
    assert office.texts() == ["Haber 1"]


# -- money -----------------------------------------------------------------------------------------------------------


def priced(office: Office, when_spent: WhenSpent) -> None:
    """Let a post cost a dollar with its link and a tenth without, and the month have a dollar and a half."""
    office.accounts["izmir-x"] = replace(
        office.accounts["izmir-x"],
        price=lambda post: 1.0 if "https://" in post.text else 0.1,
        budget=Budget(usd_per_month=1.5, when_spent=when_spent),
    )


def test_when_the_months_money_is_spent_a_post_waits_for_a_person(office: Office) -> None:
    priced(office, WhenSpent.HOLD)
    office.news(an_entry(2), an_entry(1))
    office.run()
    first, second = office.deliveries()
    assert first.status is Status.PUBLISHED
    assert (second.status, second.reason, str(second.message)) == (
        Status.HELD,
        Reason.BUDGET,
        "1.00 of 1.50 US dollars are spent",
    )
    Desk(office.ledger).act(Verb.APPROVE, second.id, Person(name="Ayşe", system_user="a"), now=office.clock.now())
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_or_goes_out_without_its_link(office: Office) -> None:
    priced(office, WhenSpent.NO_LINKS)
    office.news(an_entry(2), an_entry(1))
    office.run()
    assert ["https://" in post.text for post in office.adapters["izmir-x"].posts.values()] == [True, False]


def test_or_goes_out_all_the_same(office: Office) -> None:
    priced(office, WhenSpent.CONTINUE)
    office.news(an_entry(2), an_entry(1))
    office.run()
    assert ["https://" in post.text for post in office.adapters["izmir-x"].posts.values()] == [True, True]


def test_spent_money_is_told_and_so_is_new_money(office: Office) -> None:
    priced(office, WhenSpent.CONTINUE)
    office.news(an_entry(2), an_entry(1))
    office.run()
    told = Spending(account_id="izmir-x", month="2026-11", limit_usd=1.5, is_spent=True)
    assert office.service().look_around() == [told]
    office.clock.forward(days=10)  # December
    assert office.service().look_around() == [replace(told, month="2026-12", is_spent=False)]


def test_a_new_month_has_new_money(office: Office) -> None:
    priced(office, WhenSpent.HOLD)
    office.news(an_entry(1))
    office.run()
    office.clock.forward(days=10)  # December
    office.news(an_entry(2), an_entry(1))
    office.run()
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_what_was_surely_not_published_costs_nothing(office: Office) -> None:
    priced(office, WhenSpent.HOLD)
    office.adapters["izmir-x"].answers["publish"] = [TransientError(WORDS)]
    office.news(an_entry(1))
    office.run()
    assert office.ledger.spent("izmir-x", since=office.clock.now() - timedelta(days=1)) == 0
    office.clock.forward(hours=1)
    office.run()
    assert office.ledger.spent("izmir-x", since=office.clock.now() - timedelta(days=1)) == 1.0


def test_an_uncertain_post_may_have_cost_its_price(office: Office) -> None:
    priced(office, WhenSpent.HOLD)
    office.adapters["izmir-x"].answers["publish"] = [UncertainError(WORDS)]
    office.news(an_entry(1))
    office.run()
    assert office.ledger.spent("izmir-x", since=office.clock.now() - timedelta(days=1)) == 1.0


# -- a refusal that may be a hiccup ----------------------------------------------------------------------------------


def test_a_single_doubtful_refusal_stops_no_account(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["stage"] = [AccountError(WORDS, is_doubtful=True)]
    office.run()
    assert (office.only().status, office.only().reason) == (Status.QUEUED, Reason.TRANSIENT)
    office.clock.forward(minutes=1)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_one_that_is_said_again_does(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["verify"] = [AccountError(WORDS, is_doubtful=True)] * 2
    office.run()
    assert (office.only().status, office.only().reason) == (Status.QUEUED, Reason.ACCOUNT)
    assert office.adapters["izmir-x"].calls == ["verify", "verify"]


def test_a_doubtful_refusal_of_a_publish_sends_nothing_twice(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [AccountError(WORDS, is_doubtful=True)]
    office.run()
    assert office.adapters["izmir-x"].calls.count("publish") == 1
    office.clock.forward(minutes=1)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_one_that_cannot_be_asked_again_stops_no_account(office: Office) -> None:
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["verify"] = [AccountError(WORDS, is_doubtful=True), TransientError(WORDS)]
    office.run()
    assert (office.only().status, office.only().reason) == (Status.QUEUED, Reason.TRANSIENT)


# -- what platforms tell ---------------------------------------------------------------------------------------------


def test_what_nobody_knows_is_kept_with_the_attempt(office: Office) -> None:
    office.news(an_entry(1))
    lost = UncertainError(WORDS)
    lost.answer = "HTTP 418 (text/plain)\nteapot"
    office.adapters["izmir-x"].answers["publish"] = [lost]
    office.run()
    (attempt,) = history.attempts(office.ledger, office.only())
    assert (attempt.outcome, attempt.answer) == (Status.UNCERTAIN, lost.answer)


def test_what_nobody_knows_before_an_attempt_is_in_the_log(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.news(an_entry(1))
    odd = TransientError(WORDS)
    odd.answer = "HTTP 418 (text/plain)\nteapot"
    office.adapters["izmir-x"].answers["stage"] = [odd]
    office.run()
    (told,) = [record for record in caplog.records if "teapot" in record.getMessage()]
    assert (told.levelname, "2/izmir-x" in told.getMessage()) == ("WARNING", True)
    assert history.attempts(office.ledger, office.only()) == []


def test_a_limit_that_a_success_used_up_lets_the_account_rest_over_a_restart(
    three: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = three.clock.now() + timedelta(hours=2)
    stand = three.adapters["x"].stand
    monkeypatch.setattr(three.adapters["x"], "stand", lambda post: replace(stand(post), rests_until=until))
    three.news(an_entry(2), an_entry(1))
    three.run()
    assert (three.texts("x"), three.texts("facebook")) == (["Haber 1"], ["Haber 1", "Haber 2"])
    three.clock.forward(minutes=119)
    three.service().wake_accounts()  # for a person alone
    three.run()
    assert three.texts("x") == ["Haber 1"]
    (found,) = [one for one in standing(three.ledger, three.accounts.values(), now=three.clock.now()) if one.id == "x"]
    assert (found.state, found.until, found.why) == (AccountState.COOLING, until, Reason.USED_UP.message)
    three.clock.forward(minutes=1)
    three.run()
    assert three.texts("x") == ["Haber 1", "Haber 2"]


# -- what a person has let pass --------------------------------------------------------------------------------------


def approve(office: Office) -> None:
    Desk(office.ledger).act(Verb.APPROVE, office.only().id, Person(name="A", system_user="a"), now=office.clock.now())


def test_all_that_is_wrong_with_a_text_is_told_and_let_pass_at_once(office: Office) -> None:
    office.news(an_entry(1, title="<b>Haber 1</b>", text="Ã¼Ã§ kişi&nbsp;geldi"))
    office.run()
    message = str(office.only().message)
    assert [word in message for word in ("<b>", "&nbsp;", "Ã¼Ã§")] == [True] * 3
    approve(office)
    office.run()
    assert office.only().status is Status.PUBLISHED


def test_who_let_one_flaw_pass_has_not_seen_the_next_version(office: Office) -> None:
    office.news(an_entry(1, summary="Üç kişi&nbsp;geldi"))
    office.run()
    approve(office)
    office.adapters["izmir-x"].answers["verify"] = [AccountError(WORDS)]
    office.run()
    office.news(an_entry(1, summary="Üç kişi&nbsp;geldi <script>"))
    office.run()
    office.clock.forward(minutes=30)
    office.run()
    assert (office.only().status, office.only().reason) == (Status.HELD, Reason.GATE)
    assert "<script>" in str(office.only().message)
    approve(office)
    office.run()
    assert office.only().status is Status.PUBLISHED


def test_who_let_a_teaser_pass_has_not_seen_the_article(office: Office) -> None:
    office.feeds = [replace(office.feeds[0], article=True)]
    office.accounts["izmir-x"] = an_account(max_length=5000, template="{{ title }}\n\n{{ text }}")
    entry = an_entry(1, summary="Gemi &nbsp; körfezde…", text="")
    office.news(entry)
    office.articles.articles[entry.link or ""] = Article(text="Haber 1: Gemi körfezde ilk seferini yaptı. [vc_row]")
    office.run()
    approve(office)
    office.run()
    assert (office.texts(), office.only().status, office.only().reason) == ([], Status.HELD, Reason.GATE)
    assert "[vc_row]" in str(office.only().message)
    approve(office)
    office.run()
    assert office.texts() == ["Haber 1"]


def without_kinds(opened: sqlite3.Connection) -> None:
    """Make the table of deliveries as it was before they had kinds."""
    ((sql,),) = opened.execute("SELECT sql FROM sqlite_master WHERE name = 'delivery'")
    columns = [name for _, name, *_ in opened.execute("PRAGMA table_info(delivery)")]
    kept = ", ".join(name for name in columns if name not in ("kind", "issue", "of_id"))
    lines = [line for line in sql.splitlines() if not re.search(r"\b(kind|issue|of_id)\b", line)]
    unique = "CONSTRAINT one_delivery_per_entry_and_account UNIQUE (entry_id, account_id)"
    body = re.sub(r",\s*\)$", ")", "\n".join([*lines[1:-1], f"{unique}\n)"]).strip())
    opened.execute(f"CREATE TABLE before ({body}")
    opened.execute(f"INSERT INTO before SELECT {kept} FROM delivery")
    opened.execute("DROP TABLE delivery")
    opened.execute("ALTER TABLE before RENAME TO delivery")


def test_a_ledger_from_before_knows_when_a_post_was_let_out(office: Office) -> None:
    office.news(an_entry(1, published=office.clock.now() - timedelta(days=3)))
    office.run()
    approve(office)
    path = office.path
    office.ledger.close()
    with closing(sqlite3.connect(path)) as opened:
        for column in ("passed", "released_at", "approved_hash", "approved_at", "approved_by", "edition"):
            opened.execute(f"ALTER TABLE delivery DROP COLUMN {column}")
        opened.execute("ALTER TABLE attempt DROP COLUMN answer")
        opened.execute("ALTER TABLE account DROP COLUMN resting_message")
        opened.execute("ALTER TABLE account DROP COLUMN unread_since")
        opened.execute("ALTER TABLE account DROP COLUMN slowest_answer_s")
        opened.execute("ALTER TABLE account DROP COLUMN offered_until")
        for column in ("absences", "platform_id", "configuration", "let_out_by"):
            opened.execute(f"ALTER TABLE attempt DROP COLUMN {column}")
        opened.execute("DROP TABLE event")
        opened.execute("DROP TABLE chain")
        opened.execute("ALTER TABLE delivery DROP COLUMN resends")
        opened.execute("ALTER TABLE delivery DROP COLUMN is_urgent")
        opened.execute("DROP TABLE pause")
        opened.execute("DROP TABLE standing")
        opened.execute("DROP TABLE step")
        opened.execute("DROP TABLE draft")
        opened.execute("DROP INDEX delivery_open")
        opened.execute("DROP INDEX attempt_begun")
        opened.execute("DROP INDEX post_newest")
        opened.execute("DROP INDEX entry_edited")
        opened.execute("ALTER TABLE entry DROP COLUMN considered")
        opened.execute("ALTER TABLE attempt DROP COLUMN kind")
        opened.execute("ALTER TABLE post DROP COLUMN deleted_at")
        without_kinds(opened)
        opened.execute("CREATE INDEX delivery_queued ON delivery (account_id, id) WHERE status = 'queued'")
        opened.execute("ALTER TABLE feed DROP COLUMN is_restored")
        opened.execute("DROP TABLE fence")
        opened.execute("DROP TABLE tick")
        opened.execute("UPDATE alembic_version SET version_num = '0005'")
        opened.commit()
    office.ledger = SqlLedger.open(path)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_a_page_that_is_a_little_different_each_time_passes_once_it_was_let(office: Office) -> None:
    office.feeds = [replace(office.feeds[0], article=True, allowed_hosts=("izmir.bel.tr",))]
    office.accounts["izmir-x"] = an_account(max_length=5000, template="{{ title }}\n\n{{ text }}")
    entry = an_entry(1, summary="Gemi körfezde…", text="")
    office.news(entry)
    for number in (1, 2):
        text = f"Gemi körfezde ilk seferini yaptı: https://kardes.example/?sid={number}"
        office.articles.articles[entry.link or ""] = Article(text=text)
        office.run()
        if number == 1:
            assert (office.only().status, office.only().reason) == (Status.HELD, Reason.GATE)
            approve(office)
    assert office.texts() == ["Haber 1"]


def test_what_a_feed_showed_first_that_is_gone_goes_where_another_of_its_site_sends_it(three: Office) -> None:
    three.feeds = [replace(three.feeds[0], accounts=("facebook",))]
    three.news(an_entry(1))
    three.run()
    three.feeds = [replace(three.feeds[0], id="press", accounts=("x",))]
    three.source.entries["press"] = (an_entry(0),)
    three.run()
    three.source.entries["press"] = (an_entry(1), an_entry(0))
    three.run()
    assert three.texts("x") == three.texts("facebook") == ["Haber 1"]


def test_what_a_feed_showed_that_the_yaml_no_longer_has_waits_for_a_person(office: Office) -> None:
    office.news(an_entry(1))
    office.service().try_poll(office.feeds[0])
    office.feeds = []
    office.run()
    assert (office.only().status, office.only().reason) == (Status.HELD, Reason.UNROUTED)
    approve(office)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_what_was_decided_for_an_account_that_its_feed_goes_to_no_more_waits_for_a_person(three: Office) -> None:
    three.news(an_entry(1))
    three.service().try_poll(three.feeds[0])
    three.feeds = [replace(three.feeds[0], accounts=("x", "facebook"))]
    three.run()
    assert [(one.id, one.status, one.reason) for one in three.deliveries()] == [
        ("2/x", Status.PUBLISHED, None),
        ("2/facebook", Status.PUBLISHED, None),
        ("2/instagram", Status.HELD, Reason.UNROUTED),
    ]


# -- what waited too long --------------------------------------------------------------------------------------------


def test_what_waited_for_its_account_until_it_was_old_goes_out_in_no_burst(office: Office) -> None:
    published = office.clock.now()
    office.news(*(an_entry(number, published=published) for number in (3, 2, 1)))
    office.adapters["izmir-x"].answers["verify"] = [AccountError(WORDS)]
    office.run()
    office.clock.forward(days=3)
    office.run()
    assert office.texts() == []
    assert {(one.status, one.reason) for one in office.deliveries()} == {(Status.HELD, Reason.BACKLOG)}
    first, *_ = office.deliveries()
    Desk(office.ledger).act(Verb.APPROVE, first.id, Person(name="Ayşe", system_user="a"), now=office.clock.now())
    office.run()
    assert office.texts() == ["Haber 1"]


def test_whoever_lets_news_out_has_seen_how_old_it_is(office: Office) -> None:
    office.news(*(an_entry(number, published=office.clock.now()) for number in range(6, 0, -1)))
    office.run()
    flooded = office.deliveries()[0]
    assert flooded.reason is Reason.FLOOD
    office.clock.forward(days=2)
    Desk(office.ledger).act(Verb.APPROVE, flooded.id, Person(name="Ayşe", system_user="a"), now=office.clock.now())
    office.run()
    assert office.texts() == ["Haber 1"]


def test_news_without_a_date_grows_old_from_when_it_was_seen(office: Office) -> None:
    office.news(an_entry(1, published=None))
    office.adapters["izmir-x"].answers["verify"] = [AccountError(WORDS)]
    service = office.service()
    service.run_once()
    office.clock.forward(days=3)
    service.deliver_due()
    assert (office.texts(), office.only().reason) == ([], Reason.STALE)


def test_what_a_person_let_out_grows_old_again(office: Office) -> None:
    office.news(an_entry(1, published=office.clock.now() - timedelta(days=3)))
    office.run()
    approve(office)
    office.adapters["izmir-x"].answers["verify"] = [AccountError(WORDS)]
    service = office.service()
    service.run_once()
    office.clock.forward(days=21)
    service.deliver_due()
    assert (office.texts(), office.only().reason) == ([], Reason.STALE)


def test_what_was_done_is_told_even_if_the_account_cannot_be_given_back_which_then_is_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.news(an_entry(2), an_entry(1))
    service = office.service()
    service.try_poll(office.feeds[0])
    first, second = service.due_lanes()[0]

    def full(_lease: object) -> None:
        raise LedgerError(say("the disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(office.ledger, "release", full)
        (done,) = service.deliver(first)
    assert done.outcome is not None
    assert done.outcome.status is Status.PUBLISHED
    assert office.service().deliver(second) == ()  # another process would wait for the lease
    assert service.deliver(second) != ()
    assert len(office.texts()) == 2


def test_what_is_due_on_an_account_that_was_offered_goes_out_and_an_offer_without_a_post_ends(three: Office) -> None:
    three.news(an_entry(1))
    service, now = three.service(), three.clock.now()
    service.try_poll(three.feeds[0])
    assert list(three.ledger.offer(["x"], now=now)) == ["x"]
    service.deliver_account("x", report=lambda _: None, stopping=lambda: False)
    assert (three.texts("x"), three.texts("facebook")) == (["Haber 1"], [])
    assert list(three.ledger.offer(["x"], now=now)) == ["x"]
    service.deliver_account("x", report=lambda _: None, stopping=lambda: False)
    assert list(three.ledger.offer(["x"], now=now)) == ["x"]  # not only after the offer has run out


def test_a_feed_is_polled_by_one_of_several_within_a_share_of_its_interval(office: Office) -> None:
    service, (feed,) = office.service(), office.feeds
    assert [service.take_turn(feed, share=0.5) for _ in range(2)] == [True, False]
    office.clock.forward(seconds=feed.every.total_seconds() / 2)
    assert office.service().take_turn(feed, share=0.5)


def test_a_ledger_that_takes_nothing_ends_the_lane_and_blames_no_post(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    office.news(an_entry(1))
    service = office.service()
    service.try_poll(office.feeds[0])

    def full(*_: object, **__: object) -> None:
        raise LedgerError(say("the disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(office.ledger, "claim", full)
        with pytest.raises(LedgerError, match="the disk is full"):
            service.deliver(service.due_lanes()[0][0])
    assert "Traceback" not in caplog.text
    assert office.texts() == []
    service.deliver_due()
    assert office.texts() == ["Haber 1"]
