from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw

from crossposter.adapters import adapter_class
from crossposter.core.model import Brand, PictureLimits
from crossposter.errors import PictureError
from crossposter.media.card import draw_card
from crossposter.media.colours import READABLE, Colour, contrast, parsed
from crossposter.media.preparing import MAX_PIXELS

INSTAGRAM = adapter_class("instagram").limits.picture
ANY = PictureLimits(max_bytes=1_000_000, max_width=2048)
BRAND = Brand(name="İzmir Büyükşehir Belediyesi", colour="#0a5ea8")
HEADLINE = "Karşıyaka'da çocuk festivali bu hafta sonu başlıyor"
#: Where the two fields lie, of a card of 1080 x 1350.
WORDS, FOOT = (0, 0, 1080, 1110), (0, 1114, 1080, 1350)


def card(headline: str = HEADLINE, date: str = "24 Eylül 2026", brand: Brand = BRAND) -> Image.Image:
    content, size = draw_card(headline, date=date, brand=brand, limits=INSTAGRAM)
    image = Image.open(io.BytesIO(content))
    image.load()
    assert image.size == size == (1080, 1350)
    return image


def colours(image: Image.Image, box: tuple[int, int, int, int]) -> tuple[Colour, Colour]:
    """Give the ground of a field and the colour on it that stands out most."""
    found = image.crop(box).resize(((box[2] - box[0]) // 2, (box[3] - box[1]) // 2), Image.Resampling.NEAREST)
    counted = found.getcolors(1_000_000)
    assert counted
    ground: Colour = max(counted)[1]  # type: ignore[assignment]  # RGB has three
    seen: list[Colour] = [colour for count, colour in counted if count > 20]  # type: ignore[misc]  # RGB has three
    return ground, max(seen, key=lambda colour: contrast(colour, ground))


def words_box(image: Image.Image, *, below: int = 0) -> tuple[int, int, int, int]:
    """Give the box around what stands on the upper field below a height."""
    ground = image.getpixel((2, 2))
    field = image.crop((WORDS[0], below, *WORDS[2:]))
    difference = Image.new("RGB", field.size, ground)
    box = ImageChops.difference(field, difference).convert("L").point(lambda value: value > 60 and 255).getbbox()
    assert box is not None
    return box


def logo_file(folder: Path, size: tuple[int, int] = (600, 200), colour: str = "#c8102e", **options: object) -> str:
    image = Image.new("RGBA", size)
    ImageDraw.Draw(image).rectangle((10, 10, size[0] - 10, size[1] - 10), colour)
    path = folder / f"logo-{size[0]}-{colour[1:]}.png"
    image.save(path, **options)  # type: ignore[arg-type]  # a row of options
    return str(path)


def test_a_card_wears_the_brands_colour_over_a_white_foot() -> None:
    image = card()
    assert colours(image, WORDS)[0] == pytest.approx(parsed(BRAND.colour), abs=2)
    assert colours(image, FOOT)[0] == pytest.approx((255, 255, 255), abs=2)


@pytest.mark.parametrize(
    "colour",
    [f"#{red}{green}{blue}" for red in ("00", "80", "ff") for green in ("00", "80", "ff") for blue in ("10", "f0")],
)
def test_words_can_be_read_on_every_colour(colour: str) -> None:
    image = card("Su kesintisi", brand=replace(BRAND, colour=colour))
    for box in (WORDS, FOOT):
        ground, ink = colours(image, box)
        assert contrast(ground, ink) >= READABLE - 0.1  # JPEG moves a colour a little


@pytest.mark.parametrize(
    "headline",
    [
        "Su",
        HEADLINE,
        "İzmir Körfezi'nin temizlenmesi için hazırlanan 3 yıllık eylem planının ilk etabı tamamlandı; ikinci etapta"
        " 25 Kasım'da başlayacak çalışmalarla 120 milyon lira tutarında yeni arıtma yatırımı",
        "muvaffakiyetsizleştiricileştiriveremeyebileceklerimizdenmişsinizcesine",
        "ÇİĞLİ, ŞİRİNYER VE ÜÇKUYULAR'DA BÜYÜK YAĞMUR ÖNLEMİ",
        "word " * 400,
        "x" * 600,
    ],
    ids=["short", "medium", "200", "one word", "capitals", "endless", "endless word"],
)
def test_a_headline_of_any_length_stays_within_the_margins(headline: str) -> None:
    left, top, right, bottom = words_box(card(headline))
    assert left >= 90
    assert top >= 90
    assert right <= 1080 - 90
    assert bottom <= 1110 - 60


def test_a_short_headline_is_large() -> None:
    left, top, right, bottom = words_box(card("Tren", date=""), below=120)
    assert bottom - top > 85
    assert right - left > 240


@pytest.mark.parametrize("headline", ["", "🎉🎉", "مرحبا", "\n", "\ud800", "()"])
def test_where_nothing_of_the_headline_can_be_drawn_the_name_stands_there(headline: str) -> None:
    assert card(headline).tobytes() == card(BRAND.name).tobytes()


def test_emoji_leave_no_trace() -> None:
    assert card("Fidan dikildi 🌳").tobytes() == card("Fidan dikildi").tobytes()


@pytest.mark.parametrize("name", ["", "🎉", "W" * 300, "Kahramanmaraş Büyükşehir Belediyesi " * 3])
def test_no_name_breaks_a_card(name: str) -> None:
    card(brand=replace(BRAND, name=name))
    card("", brand=replace(BRAND, name=name))


def test_a_card_without_a_date_shows_none() -> None:
    dated, undated = card(), card(date="")
    box = (90, 120, 990, 190)
    assert len(dated.crop(box).getcolors(100_000) or ()) > 10 >= len(undated.crop(box).getcolors(100_000) or ())


def test_same_words_same_bytes(tmp_path: Path) -> None:
    brand = replace(BRAND, logo=logo_file(tmp_path))
    once = draw_card(HEADLINE, date="24 Eylül 2026", brand=brand, limits=INSTAGRAM)
    assert draw_card(HEADLINE, date="24 Eylül 2026", brand=brand, limits=INSTAGRAM) == once


def test_the_logo_stands_in_the_foot_and_a_new_one_is_noticed(tmp_path: Path) -> None:
    path = logo_file(tmp_path)
    assert card(brand=replace(BRAND, logo=path)).getpixel((200, 1230)) == pytest.approx((0xC8, 0x10, 0x2E), abs=6)
    Image.new("RGB", (601, 201), "#00695c").save(path)
    assert card(brand=replace(BRAND, logo=path)).getpixel((200, 1230)) == pytest.approx((0, 0x69, 0x5C), abs=6)


def test_a_logo_made_for_dark_grounds_gets_one(tmp_path: Path) -> None:
    white = logo_file(tmp_path, colour="#ffffff")
    ground, logo = colours(card(brand=replace(BRAND, logo=white)), FOOT)
    assert ground == pytest.approx(parsed(BRAND.colour), abs=2)
    assert logo == pytest.approx((255, 255, 255), abs=2)
    ground, logo = colours(card(brand=replace(BRAND, logo=white, colour="#fff2a8")), FOOT)
    assert contrast(ground, logo) > 10


def test_beside_an_emblem_stands_the_name(tmp_path: Path) -> None:
    beside = (300, 1120, 984, 1340)
    emblem = card(brand=replace(BRAND, logo=logo_file(tmp_path, (200, 200))))
    wide = card(brand=replace(BRAND, logo=logo_file(tmp_path, (220, 100))))
    assert contrast(*colours(emblem, beside)) > 10
    assert len(wide.crop((480, *beside[1:])).getcolors(1_000_000) or ()) == 1


def test_mourning_is_black_and_white(tmp_path: Path) -> None:
    brand = replace(BRAND, mourning=True, logo=logo_file(tmp_path, (200, 200)))
    hue, saturation, _ = card(brand=brand).convert("HSV").split()
    assert saturation.getextrema() == (0, 0)
    assert colours(card(brand=brand), WORDS)[0] == (0, 0, 0)
    assert hue.getextrema() == (0, 0)


@pytest.mark.parametrize(
    "limits",
    [
        INSTAGRAM,
        PictureLimits(max_bytes=1_000_000, max_width=1080, ratio=(1, 1)),
        PictureLimits(max_bytes=1_000_000, max_width=1080, ratio=(1.91, 1.91)),
        PictureLimits(max_bytes=1_000_000, max_width=1080, ratio=(0.5, 0.5625)),
        PictureLimits(max_bytes=1_000_000, max_width=320),
        PictureLimits(max_bytes=1_000_000, max_width=2048, min_width=1440),
        PictureLimits(max_bytes=60_000, max_width=640),
    ],
)
def test_a_card_keeps_to_the_platforms_limits(limits: PictureLimits) -> None:
    content, (width, height) = draw_card(HEADLINE, date="24 Eylül 2026", brand=BRAND, limits=limits)
    assert Image.open(io.BytesIO(content)).size == (width, height)
    assert len(content) <= limits.max_bytes
    assert limits.min_width <= width <= limits.max_width
    low, high = limits.ratio or (0.79, 0.81)
    assert low - 0.002 <= width / height <= high + 0.002


def broken_logos(folder: Path) -> dict[str, str]:
    (folder / "text.png").write_text("no picture")
    Image.new("RGB", (300, 300)).save(folder / "half.png")
    (folder / "half.png").write_bytes((folder / "half.png").read_bytes()[:60])
    Image.new("1", (8000, MAX_PIXELS // 8000 + 1)).save(folder / "huge.png")
    Image.new("RGBA", (300, 300)).save(folder / "empty.png")
    (folder / "folder.png").mkdir()
    return {name: str(folder / f"{name}.png") for name in ("missing", "text", "half", "huge", "folder")}


@pytest.mark.parametrize("kind", ["missing", "text", "half", "huge", "folder"])
def test_a_logo_that_cannot_be_read_is_named_with_the_next_step(kind: str, tmp_path: Path) -> None:
    path = broken_logos(tmp_path)[kind]
    with pytest.raises(PictureError) as caught:
        card(brand=replace(BRAND, logo=path))
    assert caught.value.is_permanent
    assert path in str(caught.value)
    assert "correct `brand.logo`" in str(caught.value)


def test_a_logo_without_a_visible_pixel_breaks_nothing(tmp_path: Path) -> None:
    broken_logos(tmp_path)
    card(brand=replace(BRAND, logo=str(tmp_path / "empty.png")))
