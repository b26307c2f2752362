"""`quiet`, `elections`, `urgent` and `delay`: what they say, and what is refused, with its line."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from crossposter.bootstrap import accounts_of, feeds_of
from crossposter.config import load_config
from crossposter.core.schedule import Dated, Election, Quiet, Times, Yearly
from crossposter.core.urgency import Urgent
from tests.config.conftest import ENVIRON, RIGHT, Complaints, changed

LINE = RIGHT.count("\n") + 1


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def times(yaml: Path, text: str) -> Times:
    yaml.write_text(RIGHT + text, "utf-8")
    return accounts_of(load_config(yaml, environ=ENVIRON, secrets_needed=True))["izmir-x"].times


@pytest.mark.parametrize(
    ("written", "window"),
    [
        ("{from: 23:00, to: 07:00}", Quiet(begin=time(23), end=time(7))),
        (
            "{days: [Cmt, Pazar, mon], from: 0:00, to: 24:00}",
            Quiet(begin=time(), end=time(), weekdays=frozenset({0, 5, 6})),
        ),
        ("{days: [çarşamba]}", Quiet(begin=time(), end=time(), weekdays=frozenset({2}))),
        (
            "{day: 10 Kasım, from: 09:04, to: 09:10, reason: Atatürk'ü anma}",
            Yearly(month=11, day=10, begin=time(9, 4), end=time(9, 10), why="Atatürk'ü anma"),
        ),
        ("{day: 10. KASIM}", Yearly(month=11, day=10)),
        ("{day: 29 February}", Yearly(month=2, day=29)),
        ("{day: 1 mayis}", Yearly(month=5, day=1)),
        ("{date: 2027-02-06}", Dated(begin=local("2027-02-06 00:00"), end=local("2027-02-07 00:00"))),
        (
            "{date: 2027-02-06, from: 04:00, to: 05:00}",
            Dated(begin=local("2027-02-06 04:00"), end=local("2027-02-06 05:00")),
        ),
        (
            "{from: 2027-05-01 12:00, to: 2027-05-08 12:00, reason: milli yas}",
            Dated(begin=local("2027-05-01 12:00"), end=local("2027-05-08 12:00"), why="milli yas"),
        ),
    ],
)
def test_a_window_is_what_is_written(yaml: Path, written: str, window: Quiet | Yearly | Dated) -> None:
    found = times(yaml, f"quiet: [{written}]\n")
    assert (*found.quiet, *found.silences) == (window,)
    assert bool(found.quiet) is isinstance(window, Quiet)
    assert found.timezone == "Europe/Istanbul"


def test_elections_and_urgent_news_are_what_is_written(yaml: Path) -> None:
    found = times(
        yaml,
        "elections: [{from: 2027-03-21 00:00, to: 2027-04-01 00:00, allow: [Acil], reason: seçim}]\n"
        "urgent: {categories: [Acil], keywords: [deprem*], holds_others: 30m,"
        " passes: [dated silences even in mourning]}\n",
    )
    assert found.elections == (
        Election(begin=local("2027-03-21 00:00"), end=local("2027-04-01 00:00"), allow=("Acil",), why="seçim"),
    )
    assert found.urgent == Urgent(
        categories=("Acil",), keywords=("deprem*",), holds_others=timedelta(minutes=30), in_silences=True
    )


def test_a_delay_is_that_of_its_feed(yaml: Path) -> None:
    yaml.write_text(changed(("    language: tr\n", "    language: tr\n    delay: 5m\n")), "utf-8")
    assert feeds_of(load_config(yaml, environ=ENVIRON, secrets_needed=True))[0].delay == timedelta(minutes=5)


def test_without_a_word_of_it_nothing_waits(yaml: Path) -> None:
    assert times(yaml, "") == Times(timezone="Europe/Istanbul")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("quiet: [{from: 23:00}]", "write both here: from and to"),
        ("quiet: [{reason: yas}]", "write both here: from and to"),
        ("quiet: [{from: 23:00, to: 23:00}]", "this begins and ends at the same time"),
        ("quiet: [{from: 23:00, to: 2027-01-01 00:00}]", "both times of day here, or both days"),
        ("quiet: [{from: 2027-01-02 00:00, to: 2027-01-01 00:00}]", "this ends before it begins"),
        ("quiet: [{date: 2027-01-01, from: 2027-01-01 00:00, to: 2027-01-02 00:00}]", "name the days already"),
        ("quiet: [{day: 10 Kasım, date: 2027-11-10}]", "write one of these here: day"),
        ("quiet: [{from: 0:00, to: 12:00}, {from: 12:00, to: 0:00}]", "leave no minute of the week"),
        ("quiet: [{from: 25:00, to: 07:00}]", 'write it like "08:00"'),
        ("quiet: [{day: 10-11}]", "with the month's name"),
        ("quiet: [{day: 31 Nisan}]", "with the month's name"),
        ("quiet: [{day: 10 Brumaire}]", "with the month's name"),
        ("quiet: [{days: [Caturday]}]", "a day of the week is wanted here"),
        ("quiet: [{days: []}]", "at least one is needed here"),
        ("quiet: [{date: 06.02.2027}]", "the year first"),
        ("quiet: [{date: 2027-02-30}]", "the year first"),
        ("quiet: [{form: 23:00, to: 07:00}]", "unknown key 'form': did you mean 'from'?"),
        ("elections: [{from: 2027-03-21, to: 2027-04-01 00:00, allow: []}]", "write it like 2027-03-21 00:00"),
        ("elections: [{from: 2027-02-30 00:00, to: 2027-04-01 00:00, allow: []}]", "write it like 2027-03-21 00:00"),
        ("elections: [{from: 2027-04-21 00:00, to: 2027-04-01 00:00, allow: []}]", "this ends before it begins"),
        ("elections: [{from: 2027-03-21 00:00, to: 2027-04-01 00:00}]", "this is missing: add it"),
        ("urgent: {holds_others: 5m}", "name what is urgent"),
        ("urgent: {keywords: ['*']}", "a word is wanted here"),
        ("urgent: {keywords: ['a*b']}", "a word is wanted here"),
        ("urgent: {keywords: ['a**']}", "a word is wanted here"),
        ("urgent: {categories: [Acil], passes: [pauses]}", "'pauses' is not possible here"),
        ("urgent: {categories: [Acil], passes: [dated silences]}", "possible: 'dated silences even in mourning'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_line(complaints: Complaints, written: str, said: str) -> None:
    found = complaints(f"{RIGHT}{written}\n")
    assert {line for line, _, _ in found} == {LINE}
    assert any(said in sentence for _, _, sentence in found), found


def test_a_delay_of_days_is_refused(complaints: Complaints) -> None:
    (found,) = complaints(changed(("    language: tr\n", "    language: tr\n    delay: 2d\n")))
    assert "longer than a day" in found[2]
