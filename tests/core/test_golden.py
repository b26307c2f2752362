from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.golden_posts import FOLDER, ITEMS, PLATFORMS, expected_file, said


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name.partition(".")[0])
def test_the_news_is_said_as_the_press_office_would_sign_it(item: Path, platform: str) -> None:
    assert said(item, platform) + "\n" == expected_file(item, platform).read_text("utf-8")


def test_no_golden_file_is_left_over() -> None:
    wanted = {expected_file(item, platform) for item in ITEMS for platform in PLATFORMS}
    assert {*FOLDER.iterdir()} == {*ITEMS, *wanted}
    assert len(ITEMS) >= 44
