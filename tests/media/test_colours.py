from __future__ import annotations

import pytest

from crossposter.media.colours import BLACK, READABLE, WHITE, contrast, ink_on, mixed, parsed


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#ffffff", "#000000", 21),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(parsed(one), parsed(other)) == pytest.approx(ratio, abs=0.01)
    assert contrast(parsed(other), parsed(one)) == contrast(parsed(one), parsed(other))


def test_text_can_be_read_on_every_colour() -> None:
    steps = range(0, 256, 15)
    for ground in ((red, green, blue) for red in steps for green in steps for blue in steps):
        assert contrast(ink_on(ground), ground) >= READABLE, ground


@pytest.mark.parametrize(("ground", "is_white"), [("#0a5ea8", True), ("#c8102e", True), ("#ffd400", False)])
def test_text_is_white_where_that_can_be_read(ground: str, is_white: bool) -> None:
    assert (ink_on(parsed(ground)) == WHITE) is is_white


def test_dark_text_has_the_hue_of_its_ground_where_there_is_room_for_it() -> None:
    red, green, blue = ink_on(parsed("#ffd400"))
    assert red > green > blue
    assert ink_on(parsed("#7a7a7a")) == BLACK


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert [mixed(BLACK, WHITE, share) for share in (0, 0.5, 1)] == [BLACK, (128, 128, 128), WHITE]
