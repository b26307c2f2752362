from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.alerting import (
    BACKOFF,
    MAX_ALERTS,
    MAX_PER_HOUR,
    MAX_TRIES,
    Alert,
    Level,
    Matter,
    Notice,
    Pending,
    Target,
    after_failure,
    batch,
    gravest,
    hears,
    is_time,
    next_message_at,
    paragraphs_of,
    secrets_in,
    subject_of,
    taken,
    weigh,
)
from crossposter.wording import say

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
TROUBLE = Alert(level=Level.CRITICAL, subject=say("trouble"))
END = Alert(level=Level.INFO, subject=say("well again"))


def told(*notices: Notice) -> list[str]:
    """Give what is told of some notices about one matter, one after the other."""
    matter: Matter | None = None
    found = []
    for notice in notices:
        matter, alert = weigh(notice, matter, now=NOON)
        found.append(str(alert.subject) if alert else "")
    return found


def begins(state: str = "s", *, after: int = 1) -> Notice:
    return Notice(key="k", state=state, alert=TROUBLE, after=after)


ENDS = Notice(key="k", alert=END)
ENDS_SILENTLY = Notice(key="k")


@pytest.mark.parametrize(
    ("notices", "expected"),
    [
        ([begins(), begins(), begins()], ["trouble", "", ""]),
        ([begins(), begins("other"), begins("other"), begins()], ["trouble", "trouble", "", "trouble"]),
        ([begins(), ENDS, ENDS, begins()], ["trouble", "well again", "", "trouble"]),
        ([begins(), ENDS_SILENTLY, begins()], ["trouble", "", "trouble"]),
        ([ENDS, begins()], ["", "trouble"]),
        ([begins(after=3)] * 5, ["", "", "trouble", "", ""]),
        ([begins(after=3), begins(after=3), ENDS, begins(after=3)], ["", "", "", ""]),
        ([begins(after=2), begins("other", after=2)], ["", ""]),
        ([Notice(key=None, alert=TROUBLE)] * 2, ["trouble", "trouble"]),
        ([Notice(key="k", state="s"), ENDS], ["", "well again"]),
    ],
)
def test_a_matter_is_told_once_until_it_changes(notices: list[Notice], expected: list[str]) -> None:
    assert told(*notices) == expected


def test_whoever_was_told_of_a_trouble_is_told_of_its_end() -> None:
    matter, _ = weigh(begins(), None, now=NOON)
    _, alert = weigh(ENDS, matter, now=NOON)
    assert alert
    assert (alert.level, alert.is_good) == (Level.CRITICAL, True)
    assert hears(Target(name="t", level=Level.CRITICAL, language="en"), alert)
    assert not hears(Target(name="t", level=Level.CRITICAL, language="en"), END)


def test_a_matter_remembers_since_when_it_is() -> None:
    first, _ = weigh(begins(after=2), None, now=NOON)
    second, _ = weigh(begins(after=2), first, now=NOON + timedelta(minutes=5))
    assert second
    assert (second.since, second.count, second.is_told) == (NOON, 2, True)


def pending(number: int = 1, *, level: Level = Level.WARNING, minutes: float = 0, tries: int = 0) -> Pending:
    made_at = NOON + timedelta(minutes=minutes)
    alert = Alert(level=level, subject=say("alert {number}", number=number), lines=(say("look"),))
    return Pending(id=number, target="t", alert=alert, made_at=made_at, tries=tries)


def test_alerts_of_one_moment_wait_for_each_other() -> None:
    gather = timedelta(seconds=5)
    assert next_message_at([], [], gather=gather) is None
    assert next_message_at([pending(minutes=1), pending()], [], gather=gather) == NOON + gather


def test_a_target_that_failed_is_left_alone_whatever_comes() -> None:
    again, _ = after_failure(taken([pending()], now=NOON), now=NOON)
    assert next_message_at([*again, pending(2)], []) == NOON + BACKOFF[0]


def test_messages_beyond_so_many_an_hour_wait_for_the_oldest_to_be_an_hour_ago() -> None:
    sent = [NOON + timedelta(minutes=minute) for minute in range(MAX_PER_HOUR)]
    now = NOON + timedelta(minutes=MAX_PER_HOUR)
    assert next_message_at([pending(minutes=MAX_PER_HOUR)], sent[1:], gather=timedelta()) == now
    assert next_message_at([pending(minutes=MAX_PER_HOUR)], sent) == NOON + timedelta(hours=1)


def test_one_message_tells_the_gravest_first_and_counts_what_it_leaves_out() -> None:
    many = [pending(number) for number in range(MAX_ALERTS + 2)]
    message = batch([*many, pending(99, level=Level.CRITICAL, minutes=1)])
    assert [one.id for one in message.told][:2] == [99, 0]
    assert len(message.told) == MAX_ALERTS
    assert [one.id for one in message.left_out] == [MAX_ALERTS - 1, MAX_ALERTS, MAX_ALERTS + 1]
    assert str(subject_of(message)) == f"crossposter: alert 99 (and {MAX_ALERTS + 2} more)"
    assert str(paragraphs_of(message)[-1][0]).startswith("3 more alerts were left out")
    assert gravest(message) is Level.CRITICAL


def test_one_alert_is_its_message() -> None:
    message = batch([pending()])
    assert str(subject_of(message)) == "crossposter: alert 1"
    assert [[str(line) for line in lines] for lines in paragraphs_of(message)] == [["alert 1", "look"]]


def test_what_fails_is_tried_again_with_growing_waits_and_given_up_in_the_end() -> None:
    found, waits, now = [pending()], [], NOON
    while True:
        found, given_up = after_failure(taken(found, now=now), now=now)
        if not found:
            break
        assert found[0].not_before
        waits.append(found[0].not_before - now)
    assert [one.tries for one in given_up] == [MAX_TRIES]
    assert waits == [*BACKOFF, *[BACKOFF[-1]] * (MAX_TRIES - 1 - len(BACKOFF))]
    assert timedelta(hours=7) < sum(waits, timedelta()) < timedelta(hours=10)
    assert after_failure([], now=NOON) == ([], [])


@pytest.mark.parametrize(
    ("address", "hidden", "shown"),
    [
        ("mailtos://ayse:s3cr%21et@izmir.bel.tr?to=nobet@izmir.bel.tr", ["s3cr%21et", "s3cr!et"], ["izmir.bel.tr"]),
        ("tgram://123456789:AAFabcdefgh_ijk/42", ["123456789:AAFabcdefgh_ijk"], ["42"]),
        ("json://hook.izmir.bel.tr:8080/services/T0KENT0KENT0KEN", ["T0KENT0KENT0KEN"], ["hook.izmir.bel.tr:8080"]),
        ("https://hc-ping.com/0b5f7c1e-aaaa-bbbb", ["0b5f7c1e-aaaa-bbbb"], ["hc-ping.com"]),
        ("http://[broken", ["http://[broken"], []),
    ],
)
def test_what_may_be_a_secret_in_an_address(address: str, hidden: list[str], shown: list[str]) -> None:
    found = secrets_in(address)
    assert {address, *hidden} <= set(found)
    assert set(shown) & set(found) == set()
    assert found[0] == address


def test_an_alert_that_a_wrong_clock_put_off_is_not_put_off_for_days() -> None:
    assert is_time(NOON, now=NOON)
    assert not is_time(NOON + timedelta(hours=1), now=NOON)
    assert is_time(NOON + timedelta(days=2), now=NOON)
