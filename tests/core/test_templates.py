from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crossposter.core.templates import NAMES, Moment, TemplateProblem, check, fill

MORNING = datetime(2026, 9, 24, 21, 30, tzinfo=UTC)  # the 25th in İzmir
WORDS: dict[str, object] = {**dict.fromkeys(NAMES, ""), "categories": []}


def filled(template: str, **words: object) -> str:
    return fill(template, {**WORDS, **words})


def test_empty_lines_that_a_missing_part_would_leave_are_closed() -> None:
    assert filled("{{ title }}\n\n{{ summary }}\n\n{{ link }} \n", title="Başlık", link="L") == "Başlık\n\nL"


@pytest.mark.parametrize(
    ("language", "template", "expected"),
    [
        ("tr", "{{ published }}", "25 Eylül 2026"),
        ("en", "{{ published }}", "September 25, 2026"),
        ("tr", "{{ published | date('d MMMM EEEE') }}", "25 Eylül Cuma"),
        ("tr", "{{ published | time }}", "00:30"),
        ("en", "{{ published | time('HH.mm') }}", "00.30"),
        ("xx", "{{ published | date('yyyy') }}", "2026"),
    ],
)
def test_dates_are_those_of_the_feeds_zone_and_language(language: str, template: str, expected: str) -> None:
    assert filled(template, published=Moment(MORNING, "Europe/Istanbul", language)) == expected


def test_an_entry_without_a_date_has_none() -> None:
    assert filled("{{ title }} {{ published | date }} {{ published | time }}", title="a") == "a"


@pytest.mark.parametrize(
    "template",
    [
        "{{ title }}",
        "{% if link %}Haberin tamamı: {{ link }}{% endif %}{{ title }}",
        "{{ categories | join(', ') }}{{ title }}",
    ],
)
def test_a_good_template_passes(template: str) -> None:
    check(template)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ titel }}", "knows no 'titel'; it knows title"),
        ("a\n{{ title ", "its line 2"),
        ("{{ title | nosuch }}", "not complete"),
        ("{{ title.__class__.__mro__ }}", "unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ title + 1 }}", "fails"),
        ("{# nothing #}", "writes nothing"),
    ],
)
def test_a_bad_template_is_told(template: str, said: str) -> None:
    with pytest.raises(TemplateProblem, match=said):
        check(template)


def test_the_news_is_never_taken_for_a_template() -> None:
    assert filled("{{ title }}", title="{{ 7 * 7 }} {% raw %}") == "{{ 7 * 7 }} {% raw %}"
