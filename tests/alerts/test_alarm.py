"""The alarm over a real ledger: once, together, bounded, tried again, over restarts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import pytest
import structlog

from crossposter.alerts.alarm import Alarm, Audience, Listener
from crossposter.alerts.carrier import Carrier, Letter
from crossposter.core.alerting import BACKOFF, MAX_PER_HOUR, Level, Target
from crossposter.core.checkup import of_account
from crossposter.core.cities import full_name
from crossposter.core.events import CheckedUp, Delivered, Event, Poll, Restarted
from crossposter.core.examination import Examination, TokenLife
from crossposter.core.model import Outcome, Reason, Receipt, Status
from crossposter.errors import LedgerError
from crossposter.ledger import LedgerAlerts, SqlLedger
from crossposter.messages import Translator
from crossposter.references import DatabaseAddress, Secret
from crossposter.testing import FrozenClock, an_account, unreachable
from crossposter.web import Network
from crossposter.wording import Message, say
from tests.alerts.conftest import PASSWORD, Webhook
from tests.alerts.doubt import in_doubt

PATIENCE_S = 20
STOPPED = Delivered(
    delivery_id="412/izmir-x",
    account_id="izmir-x",
    outcome=Outcome(status=Status.QUEUED, reason=Reason.ACCOUNT, message=say("there is no such file")),
)
WORKS = Delivered(
    delivery_id="412/izmir-x",
    account_id="izmir-x",
    title="Haber",
    outcome=Outcome(status=Status.PUBLISHED, receipt=Receipt(remote_id="1", url="https://x.example/1")),
)
REFUSED = Outcome(status=Status.FAILED, reason=Reason.REJECTED)


class Post(Carrier):
    """A carrier that writes down what it is given, and fails as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, Letter]] = []
        self.tried = 0
        self.why_not: Message | None = None
        self.answer = threading.Event()
        self.answer.set()

    def send(self, letter: Letter, address: Secret, network: Network) -> Message | None:
        self.tried += 1
        self.answer.wait(PATIENCE_S)
        if self.why_not is None:
            self.sent.append((address.reveal(), letter))
        return self.why_not

    @property
    def titles(self) -> list[str]:
        return [letter.title.removeprefix("crossposter: ") for _, letter in self.sent]


def listener(
    name: str = "env:ALERT_URL", level: Level = Level.WARNING, language: str = "en", *, city: str = "", at: str = ""
) -> Listener:
    target = Target(name=full_name(city, name), level=level, language=language, zone="Europe/Istanbul", city=city)
    return Listener(target=target, address=Secret(at or f"at {name}"), speak=Translator(language))


@dataclass(frozen=True)
class Book(LedgerAlerts):
    """A ledger's that refuses what it is told to refuse."""

    refused: set[str] = field(default_factory=set)

    def __getattribute__(self, name: str) -> Any:
        if name in object.__getattribute__(self, "refused"):
            raise LedgerError(say("the disk is full"))
        return super().__getattribute__(name)


WRITING = {"change", "take", "postpone", "end"}


class Office:
    """An alarm that can be started again and again over one ledger."""

    def __init__(self, place: Path | DatabaseAddress, clock: FrozenClock | None = None) -> None:
        self.ledger = SqlLedger.open(place)
        self.book = Book(self.ledger)
        self.clock = clock or FrozenClock(datetime(2026, 11, 25, 12, tzinfo=UTC))
        self.carrier = Post()
        self.listeners: tuple[Listener, ...] = (listener(),)
        self.alarm: Alarm | None = None

    def run(self, *events: Event, seconds: float = 60) -> Post:
        """Start it anew, let it hear the events, and let it end; gives what it sent this time."""
        self.clock.forward(seconds=seconds)
        self.start()
        for event in events:
            self.hear(event)
        self.finish()
        return self.carrier

    def start(self) -> None:
        self.carrier = replaced = Post()
        replaced.why_not = self.why_not
        self.alarm = Alarm(
            self.audience,
            book=self.book,
            carrier=replaced,
            clock=self.clock,
            gather=timedelta(seconds=5),
        )
        self.alarm.start()

    why_not: Message | None = None

    @property
    def audience(self) -> Audience:
        return Audience(self.listeners)

    def hear(self, event: Event) -> None:
        assert self.alarm
        self.alarm.hear(event)

    def wake(self) -> None:
        """Let the thread look at the clock at once."""
        assert self.alarm
        self.alarm.change(self.audience)

    def finish(self, timeout_s: float = PATIENCE_S) -> None:
        assert self.alarm
        self.alarm.finish(timeout_s)
        self.alarm = None


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path / "ledger.db")
    yield made
    if made.alarm:
        made.finish()
    made.ledger.close()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)  # noqa: TID251 - waits for the alarm's thread


def test_an_alert_says_what_happened_why_and_what_to_do(office: Office) -> None:
    ((address, letter),) = office.run(in_doubt("412/izmir-x")).sent
    assert address == "at env:ALERT_URL"
    assert letter.title == "crossposter: 412/izmir-x may be public or not"
    assert letter.body.splitlines()[0] == "412/izmir-x may be public or not"
    assert "crossposter ledger show 412" in letter.body
    assert (letter.level, letter.is_good) == (Level.CRITICAL, False)


def test_a_token_that_ends_is_told_once_a_stage_with_the_command_that_renews_it(office: Office) -> None:
    account, now = an_account("izmir-facebook"), datetime(2026, 11, 27, tzinfo=UTC)
    renewal = say("crossposter login {account}, and then: crossposter run --reload", account=account.id)
    office.listeners = (listener(language="tr"),)
    told = []
    for days in (20, 14, 13, 7, 2, 1, -1, -1, 60):
        token = TokenLife(ends=now + timedelta(days=days), data_access_ends=None)
        seen = Examination(identity=account.pinned, token=token)
        event = CheckedUp(tuple(of_account(account, seen, renewal=renewal, now=now)))
        told.append([letter for _, letter in office.run(event, seconds=3600).sent])
    assert [len(letters) for letters in told] == [0, 1, 0, 1, 1, 1, 1, 0, 1]
    assert [letters[0].level for letters in told if letters] == [
        Level.WARNING, Level.WARNING, Level.WARNING, Level.CRITICAL, Level.CRITICAL, Level.CRITICAL,
    ]  # fmt: skip
    assert "erişim anahtarının süresi doluyor" in told[1][0].title
    assert "14 gün daha geçerli" in told[1][0].body
    assert "crossposter login izmir-facebook, ardından: crossposter run --reload" in told[1][0].body
    assert told[-1][0].is_good


def test_a_matter_is_told_once_even_over_restarts_and_so_is_its_end(office: Office) -> None:
    assert office.run(STOPPED, STOPPED).titles == ["account izmir-x is stopped"]
    assert office.run(STOPPED).titles == []
    assert office.run(WORKS).titles == ["account izmir-x works again"]
    assert office.carrier.sent[0][1].is_good
    assert office.run(WORKS).titles == []
    assert office.run(STOPPED).titles == ["account izmir-x is stopped"]


def test_a_post_that_was_uncertain_is_told_when_it_is_published(office: Office) -> None:
    office.run(in_doubt("412/izmir-x"))
    assert office.run(WORKS).titles == ["412/izmir-x is published after all"]


def test_a_feed_is_in_trouble_at_the_third_failure_also_when_each_poll_is_a_round_of_its_own(office: Office) -> None:
    failed = Poll(feed_id="izmir-tr", error=unreachable())
    assert [office.run(failed).titles for _ in range(5)] == [[], [], ["feed izmir-tr cannot be read"], [], []]
    assert office.run(Poll(feed_id="izmir-tr")).titles == ["feed izmir-tr is read again"]
    assert office.run(failed).titles == []


def test_alerts_of_one_moment_are_one_message(office: Office) -> None:
    office.start()
    for event in (Restarted(office.clock.now()), in_doubt("1/izmir-x"), in_doubt("2/izmir-x")):
        office.hear(event)
    office.clock.forward(seconds=4)
    assert office.carrier.tried == 0
    office.hear(in_doubt("3/izmir-x"))
    office.clock.forward(seconds=2)
    office.wake()
    until(lambda: office.carrier.sent)
    assert office.carrier.titles == ["1/izmir-x may be public or not (and 3 more)"]


def test_each_target_gets_what_it_wants_in_its_language(office: Office) -> None:
    office.listeners = (
        listener("env:INFO", Level.INFO, "tr"),
        listener("env:WARNING", Level.WARNING, "en"),
        listener("env:CRITICAL", Level.CRITICAL, "en"),
    )
    failed = replace(WORKS, outcome=REFUSED)
    sent = dict(office.run(STOPPED, failed, WORKS).sent)  # in any order: they go side by side
    assert {address: letter.body.count("\n\n") + 1 for address, letter in sent.items()} == {
        "at env:INFO": 4,
        "at env:WARNING": 3,
        "at env:CRITICAL": 2,
    }
    assert "böyle bir dosya yok" in sent["at env:INFO"].body
    assert "there is no such file" in sent["at env:WARNING"].body


def test_a_target_that_fails_is_asked_again_later_and_forgets_nothing_over_a_restart(office: Office) -> None:
    office.why_not = say("not taken: {words}", words="busy")
    assert office.run(STOPPED).tried == 1
    assert office.run(seconds=10).tried == 0  # its first wait is 30 s
    office.why_not = None
    assert office.run(seconds=30).titles == ["account izmir-x is stopped"]
    assert office.run().titles == []


def test_the_thread_itself_tries_again(office: Office) -> None:
    office.start()
    office.carrier.why_not = say("not taken: {words}", words="busy")
    office.hear(STOPPED)
    office.clock.forward(seconds=6)
    office.hear(in_doubt("9/izmir-x"))
    until(lambda: office.carrier.tried == 1)
    office.carrier.why_not = None
    office.clock.forward(seconds=BACKOFF[0].total_seconds() + 5)
    office.hear(Restarted(office.clock.now()))
    until(lambda: office.carrier.sent)
    assert office.carrier.titles[0].startswith("account izmir-x is stopped (and ")  # the last may come a moment later


def test_what_fails_for_hours_is_given_up(office: Office) -> None:
    office.why_not = say("not taken: {words}", words="busy")
    tried = [office.run(*([STOPPED] if not number else []), seconds=3601).tried for number in range(15)]
    assert tried == [1] * 13 + [0] * 2


def test_beyond_the_limit_alerts_wait_and_one_sentence_counts_those_left_out(office: Office) -> None:
    for number in range(MAX_PER_HOUR):
        assert len(office.run(in_doubt(f"{number}/izmir-x")).sent) == 1
    assert office.run(*[in_doubt(f"{number}/izmir-x") for number in range(100, 125)]).sent == []
    ((_, letter),) = office.run(seconds=3600).sent
    assert letter.title == "crossposter: 100/izmir-x may be public or not (and 24 more)"
    assert letter.body.endswith("15 more alerts were left out: 'crossposter queue' and the log have them")
    assert office.run(seconds=3600).sent == []


def test_hearing_waits_for_no_target_and_the_end_waits_no_longer_than_it_may(office: Office) -> None:
    office.start()
    office.carrier.answer.clear()
    office.hear(STOPPED)
    office.clock.forward(seconds=6)
    begun = time.monotonic()
    office.hear(in_doubt("9/izmir-x"))
    until(lambda: office.carrier.tried)
    for number in range(20):
        office.hear(in_doubt(f"{number}/izmir-fb"))
    assert time.monotonic() - begun < 5
    begun = time.monotonic()
    carrier = office.carrier
    office.finish(2.0)
    assert time.monotonic() - begun < 5
    # What comes back after the end touches no ledger, which may be another's: the next start tells it.
    carrier.answer.set()
    until(lambda: carrier.sent)
    assert len(office.run().sent) == 1


def test_other_targets_from_now_on(office: Office) -> None:
    office.start()
    assert office.alarm
    office.hear(STOPPED)
    office.alarm.change(Audience([listener("env:OTHER")]))
    office.hear(in_doubt("1/izmir-x"))
    carrier = office.carrier
    office.finish()
    assert [address for address, _ in carrier.sent] == ["at env:OTHER"]
    # Another process may have read a YAML that has this target; none has after an hour.
    office.listeners = (listener("env:OTHER"),)
    assert office.run(seconds=3600).sent == []
    office.listeners = (listener(),)
    assert office.run().sent == []


def test_without_targets_nothing_is_remembered(office: Office) -> None:
    office.listeners = ()
    office.run(STOPPED)
    assert LedgerAlerts(office.ledger).matters() == {}


def test_what_the_ledger_does_not_take_is_told_all_the_same(office: Office) -> None:
    office.listeners = (replace(listener(), target=replace(listener().target, digest=time_of_day(8))),)
    office.start()
    office.book.refused.update(WRITING, {"summary"})
    office.hear(STOPPED)
    office.hear(STOPPED)
    office.clock.forward(days=1)
    office.hear(in_doubt("1/izmir-x"))
    office.wake()
    until(lambda: office.carrier.sent)
    assert office.carrier.titles[0].startswith("account izmir-x is stopped")
    assert office.carrier.sent[0][1].body.count("is stopped") == 1
    office.finish()


def test_what_was_written_before_the_disk_was_full_is_told_once(office: Office) -> None:
    office.start()
    office.hear(STOPPED)
    office.book.refused.update(WRITING)
    office.clock.forward(seconds=6)
    for number in range(1, 4):
        office.wake()
        until(lambda: office.carrier.sent)
        office.clock.forward(minutes=5 * number)
    carrier = office.carrier
    office.book.refused.clear()
    office.finish()
    assert carrier.titles == ["account izmir-x is stopped"]
    assert office.run().sent == []  # mended, the ledger was told what became of it


def test_a_target_that_fails_while_the_disk_is_full_is_asked_again_later(office: Office) -> None:
    office.why_not = say("not taken: {words}", words="busy")
    office.start()
    office.hear(STOPPED)
    office.book.refused.update(WRITING)
    office.clock.forward(seconds=6)
    office.wake()
    until(lambda: office.carrier.tried)
    office.clock.forward(seconds=BACKOFF[0].total_seconds() - 1)
    office.wake()
    office.clock.forward(seconds=2)
    office.wake()
    until(lambda: office.carrier.tried == 2)
    office.finish()


def test_the_limit_holds_while_the_disk_is_full(office: Office) -> None:
    office.start()
    office.book.refused.update(WRITING)
    for number in range(MAX_PER_HOUR + 3):
        office.hear(in_doubt(f"{number}/izmir-x"))
        office.clock.forward(seconds=6)
        office.wake()
        until(lambda number=number: len(office.carrier.sent) == min(number + 1, MAX_PER_HOUR))  # type: ignore[misc]  # bound now
    office.clock.forward(minutes=60)
    office.wake()
    until(lambda: len(office.carrier.sent) == MAX_PER_HOUR + 1)
    assert office.carrier.titles[-1].endswith("(and 2 more)")
    office.finish()


def test_a_ledger_that_cannot_be_read_silences_nobody_and_is_told_later_what_was_said(office: Office) -> None:
    office.start()
    office.book.refused.update(WRITING, {"matters", "outbox"})
    for _ in range(3):
        office.hear(STOPPED)
    office.clock.forward(seconds=6)
    office.wake()
    until(lambda: office.carrier.sent)
    assert office.carrier.titles == ["account izmir-x is stopped"]
    office.book.refused.clear()
    office.hear(in_doubt("1/izmir-x"))
    office.finish()
    assert office.run(STOPPED, WORKS).titles == ["account izmir-x works again"]


def test_a_defect_over_an_alert_costs_the_delivery_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Event) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("crossposter.alerts.alarm.notices", broken)
    with structlog.testing.capture_logs() as logged:
        office.run(STOPPED)
    assert [one["event"] for one in logged] == ["an alert could not be made"]


def test_a_defect_of_the_thread_is_logged(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossposter.alerts.alarm.subject_of", lambda _: 1 / 0)
    with structlog.testing.capture_logs() as logged:
        office.run(STOPPED)
    assert "alerts have ended unexpectedly: nobody is told any more" in [one["event"] for one in logged]


def test_the_digest_comes_once_a_day_also_after_a_night_without_the_program(office: Office) -> None:
    office.listeners = (replace(listener(), target=replace(listener().target, digest=time_of_day(8))),)
    assert office.run().sent == []  # set up now: the first one is tomorrow's
    ((_, letter),) = office.run(seconds=24 * 3600).sent
    assert letter.title == "crossposter: 0 published, 0 wait for a person"
    assert "nothing waits for a person" in letter.body
    assert office.run().sent == []
    assert len(office.run(seconds=3 * 24 * 3600).sent) == 1


def test_a_real_message_reaches_a_webhook_and_the_log_holds_no_secret(
    office: Office, webhook: Webhook, capsys: pytest.CaptureFixture[str]
) -> None:
    address = Secret(webhook.url)
    office.listeners = (
        replace(listener(), address=address),
        replace(listener("env:DOWN"), address=Secret("json://127.0.0.1:9/" + PASSWORD)),
    )
    office.start()
    assert office.alarm
    office.alarm._carrier = Carrier()
    office.hear(STOPPED)
    office.finish(30)
    assert webhook.titles == ["crossposter: account izmir-x is stopped"]
    printed = "".join(capsys.readouterr())
    assert "alert not sent" in printed
    assert PASSWORD not in printed
