"""`retention:` in the YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossposter.config import load_config
from crossposter.core.retention import Age, Retention
from tests.config.conftest import RIGHT, Complaints

WANTED = "how long it is kept is wanted here, in days or years: write it like 90d or 2y"


@pytest.mark.parametrize(
    ("written", "retention"),
    [
        ("", Retention()),
        ("retention: {texts: 2y}\n", Retention(texts=Age(years=2))),
        ("retention: {texts: 2y, pictures: 90 d}\n", Retention(texts=Age(years=2), pictures=Age(days=90))),
    ],
)
def test_each_is_kept_as_long_as_it_says_and_for_ever_where_it_says_nothing(
    tmp_path: Path, written: str, retention: Retention
) -> None:
    yaml = tmp_path / "city.yaml"
    yaml.write_text(RIGHT + written, "utf-8")
    config = load_config(yaml, environ={}, secrets_needed=False)
    assert config.retention.retention() == retention


@pytest.mark.parametrize("age", ["0y", "2", "2w", "24h", "-1d", "for ever", "[2y]"])
def test_what_is_no_age_is_refused_with_its_place(complaints: Complaints, age: str) -> None:
    text = f"{RIGHT}retention:\n  texts: {age}\n"
    assert complaints(text) == [(len(text.splitlines()), "retention.texts", WANTED)]
