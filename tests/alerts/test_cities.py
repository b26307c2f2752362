"""Alerts of several cities in one process: each city's people hear of their own, everybody of the process, once."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from datetime import time as time_of_day

from crossposter.alerts.carrier import Letter
from crossposter.core.alerting import Level
from crossposter.core.checkup import Check, Colour, Finding, of_disk, of_pictures
from crossposter.core.events import (
    CheckedUp,
    Delivered,
    Event,
    Interrupted,
    Poll,
    Restarted,
    Settled,
    Silent,
    Spending,
    Stranded,
)
from crossposter.core.model import Outcome, Reason, Status
from crossposter.errors import AccountError, FeedError
from crossposter.references import Secret
from crossposter.web import Network
from crossposter.wording import Message, say
from tests.alerts.doubt import in_doubt
from tests.alerts.test_alarm import Office, Post, listener, office, until

__all__ = ["office"]  # a fixture

DIED = Restarted(datetime(2026, 11, 25, 11, tzinfo=UTC))
WHY = say("there is no such file")


def heard(post: Post) -> dict[str, list[str]]:
    """Give the titles that each address got."""
    found: dict[str, list[str]] = {}
    for address, letter in post.sent:
        found.setdefault(address, []).append(letter.title.removeprefix("crossposter: "))
    return found


def test_what_a_city_does_is_told_to_its_own_people_in_their_language(office: Office) -> None:
    office.listeners = (
        listener("env:A", Level.INFO, "tr", city="izmir"),
        listener("env:B", Level.INFO, "en", city="bodrum"),
    )
    for city, address, title in (("izmir", "at env:A", "izmir.x hesabı"), ("bodrum", "at env:B", "account bodrum.x")):
        stopped = Outcome(status=Status.QUEUED, reason=Reason.ACCOUNT, message=WHY)
        events: tuple[Event, ...] = (
            Delivered(delivery_id=f"1/{city}.x", account_id=f"{city}.x", outcome=stopped),
            Interrupted(f"2/{city}.x"),
            Settled(f"2/{city}.x"),
            Silent(feed_id=f"{city}.news", message=WHY),
            Spending(account_id=f"{city}.x", month="2026-11", limit_usd=60, is_spent=True),
            Stranded((f"3/{city}.gone",)),
            CheckedUp(
                (
                    of_pictures(AccountError(WHY), subject=f"{city}.media"),
                    Finding(subject=f"{city}.x", check=Check.TOKEN, colour=Colour.RED, message=WHY, state="1"),
                )
            ),
            *[Poll(feed_id=f"{city}.news", error=FeedError(WHY))] * 3,
        )
        sent = office.run(*events).sent
        assert {where for where, _ in sent} == {address}
        (letter,) = (letter for _, letter in sent)
        assert title in letter.title
        for part in (f"{city}.x", f"{city}.news", f"3/{city}.gone", f"{city}.media"):
            assert part in letter.body


def test_posts_of_two_cities_that_wait_for_nobody_are_told_city_by_city(office: Office) -> None:
    office.listeners = (listener("env:A", city="izmir"), listener("env:B", city="bodrum"))
    sent = dict(office.run(Stranded(("1/izmir.x", "2/bodrum.x", "3/izmir.x"))).sent)
    assert "2 posts wait for it: 1/izmir.x, 3/izmir.x" in sent["at env:A"].body
    assert "1 posts wait for it: 2/bodrum.x" in sent["at env:B"].body
    assert office.run(Stranded(("2/bodrum.x", "1/izmir.x", "3/izmir.x"))).sent == []


def test_what_concerns_the_process_is_told_to_everybody_and_to_each_address_once(office: Office) -> None:
    office.listeners = (
        listener("env:A", Level.CRITICAL, "tr", city="ankara", at="the agency"),  # does not hear of warnings
        listener("env:A", Level.WARNING, "tr", city="bodrum", at="the agency"),
        listener("file:/run/secrets/a", Level.WARNING, "en", city="izmir", at="the agency"),
        listener("env:B", Level.WARNING, "en", city="izmir", at="the press office"),
    )
    found = heard(office.run(DIED, CheckedUp((of_disk(1_000),))))
    assert {address: len(titles) for address, titles in found.items()} == {"the agency": 2, "the press office": 1}
    (english,) = found["the press office"]
    assert "disk" in english
    assert "and 1 more" in english


def test_an_address_of_two_cities_gets_what_each_of_them_does(office: Office) -> None:
    office.listeners = (listener(city="izmir", at="the agency"), listener(city="bodrum", at="the agency"))
    found = heard(office.run(in_doubt("1/izmir.x"), in_doubt("2/bodrum.x")))
    assert sorted(found["the agency"]) == ["1/izmir.x may be public or not", "2/bodrum.x may be public or not"]


def test_each_city_s_digest_is_about_its_own_posts_and_troubles(office: Office) -> None:
    made = [listener(f"env:{city}", city=city) for city in ("izmir", "bodrum")]
    office.listeners = tuple(replace(one, target=replace(one.target, digest=time_of_day(8))) for one in made)
    office.run(Silent(feed_id="izmir.news", message=WHY), Silent(feed_id="bodrum.news", message=WHY))
    sent = dict(office.run(seconds=24 * 3600).sent)
    assert "feed izmir.news is silent" in sent["at env:izmir"].body
    assert "bodrum" not in sent["at env:izmir"].body
    assert "feed bodrum.news is silent" in sent["at env:bodrum"].body


def test_a_city_s_dead_mail_server_delays_no_other_city(office: Office) -> None:
    dead, begun = threading.Event(), time.monotonic()

    class OneIsDead(Post):
        def send(self, letter: Letter, address: Secret, network: Network) -> Message | None:
            if "dead" in address.reveal():
                dead.wait(10)
            return super().send(letter, address, network)

    office.listeners = (listener("env:A", city="ankara", at="dead"), listener("env:B", city="bodrum", at="well"))
    office.start()
    assert office.alarm
    office.alarm._carrier = carrier = OneIsDead()
    office.hear(in_doubt("1/ankara.x"))
    office.hear(in_doubt("2/bodrum.x"))
    office.clock.forward(seconds=10)
    office.wake()
    until(lambda: [address for address, _ in carrier.sent] == ["well"])
    assert time.monotonic() - begun < 8
    dead.set()
