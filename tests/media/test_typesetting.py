from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from PIL import Image, ImageFont, features

from crossposter.media.typesetting import FONTS, headline_face, text_face, typographic

TURKISH = "AaBbCcÇçDdEeFfGgĞğHhIıİiJjKkLlMmNnOoÖöPpRrSsŞşTtUuÜüVvYyZzÂâÎîÛû0123456789₺%€’‘“”–…«»&"


def test_every_turkish_letter_can_be_drawn() -> None:
    assert headline_face().drawable(TURKISH) == TURKISH
    assert text_face().drawable(TURKISH) == TURKISH


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Fidan dikildi 🌳🌳", "Fidan dikildi"),
        ("🇹🇷 Türkiye 1️⃣", "Türkiye 1"),
        ("مرحبا İzmir (مرحبا)", "İzmir"),
        ("𝗔𝗖𝗜𝗟𝗗𝗜 ﬁnal ｲzmir", "ACILDI final zmir"),
        ("I\u0307zmir\u00a0Go\u0308zu\u0308", "İzmir Gözü"),
        ("a\u200b\u202eb\ud800\ue000", "ab"),
        ("Αθήνα и Москва", "Αθήνα и Москва"),
    ],
)
def test_what_the_font_lacks_is_replaced_or_left_out(text: str, drawn: str) -> None:
    assert headline_face().drawable(text) == drawn


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("İzmir'in 100'üncü günü", "İzmir’in 100’üncü günü"),
        ('"Körfez" yüzülür - mü?', "“Körfez” yüzülür – mü?"),
        ("('tek') \"çift 'iç'\"", "(‘tek’) “çift ‘iç’”"),
        ("Karşıyaka-Bornova", "Karşıyaka-Bornova"),
    ],
)
def test_quotes_and_dashes_are_a_printers(text: str, printed: str) -> None:
    assert typographic(text) == printed


def test_letters_stand_as_close_as_the_font_wants_them() -> None:
    face = headline_face()
    assert face.width("To") < face.width("T") + face.width("o") - 0.05
    assert face.width("") == 0


@pytest.mark.skipif(not features.check("raqm"), reason="only a text engine can tell")
def test_the_kerning_is_that_of_the_font() -> None:
    made = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "make_kerning.py"))
    assert (FONTS / "InterDisplay-Bold.kerning.json").read_text("utf-8") == made["text"]()
    font = ImageFont.truetype(FONTS / "InterDisplay-Bold.ttf", 1000, layout_engine=ImageFont.Layout.RAQM)
    for text in ("Tramvay ücretsiz", "Yağmur: 24 Eylül’de", "AVRUPA YAKASI"):
        wanted = font.getlength(text, features=["-calt"]) / 1000 - 0.012 * (len(text) - 1)
        assert headline_face().width(text) == pytest.approx(wanted, abs=0.02)


def test_a_line_begins_exactly_at_its_place() -> None:
    for letter in "HİÇTü":
        image = Image.new("RGB", (300, 300))
        headline_face().draw(image, (50, 200), [letter], 100, step=0, ink=(255, 255, 255))
        box = image.convert("L").point(lambda value: value > 127 and 255).getbbox()
        assert box is not None
        assert abs(box[0] - 50) <= 1


def test_each_font_has_its_licence_beside_it_and_is_no_burden() -> None:
    assert "SIL Open Font License" in (FONTS / "LICENSE-Inter.txt").read_text("utf-8")
    fonts = list(FONTS.glob("*.ttf"))
    assert len(fonts) == 2
    assert all(font.stat().st_size < 400_000 for font in fonts)
