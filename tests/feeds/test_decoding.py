from __future__ import annotations

import codecs
import gzip
import time

import pytest

from crossposter.feeds.decoding import decode, unpacked

TURKISH = "İzmir Büyükşehir Belediyesi’nde ışık, Ğ, ş"


def document(text: str, encoding: str, label: str | None = None) -> bytes:
    declared = f' encoding="{label}"' if label else ""
    return f'<?xml version="1.0"{declared}?><rss>{text}</rss>'.encode(encoding)


def read(content: bytes, *, header: str = "", fallback: str | None = None, language: str = "tr") -> tuple[str, str]:
    found = decode(content, content_type=header, fallback=fallback, language=language)
    return found.text.partition("<rss>")[2].removesuffix("</rss>"), found.encoding


@pytest.mark.parametrize("label", [None, "utf-8", "iso-8859-9", "windows-1254", "utf-16", "nonsense"])
def test_valid_utf8_wins_over_every_label(label: str | None) -> None:
    content = document(TURKISH, "utf-8", label)
    assert read(content, header="text/xml; charset=iso-8859-9") == (TURKISH, "utf-8")


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_a_byte_order_mark_wins_over_everything(mark: bytes, encoding: str) -> None:
    assert read(mark + document(TURKISH, encoding, "windows-1254")) == (TURKISH, encoding)


@pytest.mark.parametrize("label", [None, "utf-8", "iso-8859-1", "iso-8859-9", "windows-1252", "us-ascii", "hex", "x"])
@pytest.mark.parametrize("header", ["", "text/xml; charset=utf-8", 'text/xml; charset="windows-1254"'])
def test_turkish_bytes_are_turkish_whatever_they_claim(label: str | None, header: str) -> None:
    content = document(TURKISH, "cp1254", label)
    assert read(content, header=header) == (TURKISH, "windows-1254")
    assert read(content, header=header, language="en", fallback="cp1254") == (TURKISH, "windows-1254")


def test_turkish_names_in_an_english_feed_are_mended() -> None:
    found = decode(document(TURKISH, "cp1254", "iso-8859-1"), content_type="", fallback=None, language="en")
    assert TURKISH in found.text
    assert "mended" in str(found.problem)


@pytest.mark.parametrize(
    ("text", "encoding", "label", "header", "language"),
    [
        ("Événement à Genève", "latin-1", None, "", "fr"),
        ("Événement à Genève", "latin-1", "iso-8859-1", "", "fr"),
        ("Цитата", "cp1251", "windows-1251", "", "ru"),
        ("Цитата", "cp1251", None, "text/xml; charset=windows-1251", "ru"),
        ("Цитата", "cp1251", "windows-1251", "text/xml; charset=iso-8859-1", "ru"),
        ("시청 소식", "cp949", "euc-kr", "", "ko"),
        ("市の広報", "shift_jis", "Shift_JIS", "", "ja"),
        ("市の広報", "iso2022_jp", "ISO-2022-JP", "", "ja"),
        ("Þórunn Jónsdóttir", "latin-1", None, "", "is"),
    ],
)
def test_other_encodings_are_read_as_they_say(text: str, encoding: str, label: str, header: str, language: str) -> None:
    assert read(document(text, encoding, label), header=header, language=language)[0] == text


def test_the_fallback_is_for_what_says_nothing() -> None:
    assert read(document("Цитата", "cp1251"), fallback="cp1251", language="ru") == ("Цитата", "windows-1251")
    assert read(document("Цитата", "cp1251", "utf-8"), fallback="cp1251", language="ru")[0] == "Цитата"
    broken = document("市", "shift_jis") + b"\xff\xfe"
    assert read(broken, fallback="shift_jis", language="ja")[1] == "windows-1252"


def test_a_document_in_two_encodings_is_read_in_both() -> None:
    content = document("Ğ".join(f"haber {number} ışık" for number in range(9)), "utf-8") + "başlık ş\x81".encode(
        "cp1254", "ignore"
    )
    text, encoding = read(content)
    assert (text.count("ışık"), text.endswith("başlık ş"), encoding) == (9, True, "utf-8")


def test_a_letter_cut_in_half_at_the_end_is_left_out() -> None:
    assert read("<rss>ışık ş".encode()[:-1]) == ("ışık ", "utf-8")


def test_bytes_without_a_meaning_are_spaces() -> None:
    assert read(b"<rss>ba\xfel\xfdk\x81\x9d</rss>") == ("başlık  ", "windows-1254")


@pytest.mark.parametrize(
    ("label", "encoding", "expected"),
    [
        ("utf-8", "cp1254", "the encoding is said to be utf-8, but is windows-1254"),
        ("iso-8859-9", "utf-8", "the encoding is said to be iso-8859-9, but is utf-8"),
        ("utf-8", "utf-8", "None"),
        ("iso-8859-9", "cp1254", "None"),
        (None, "utf-8", "None"),
    ],
)
def test_a_wrong_label_is_told(label: str | None, encoding: str, expected: str) -> None:
    content = document(TURKISH, encoding, label)
    assert str(decode(content, content_type="", fallback=None, language="tr").problem) == expected


def test_a_label_that_makes_no_difference_is_not_told() -> None:
    found = decode(document("plain", "ascii", "us-ascii"), content_type="", fallback=None, language="tr")
    assert found.problem is None


def test_a_packed_file_is_unpacked_within_bounds() -> None:
    assert unpacked(gzip.compress(b"merhaba"), 1000) == b"merhaba"
    assert len(unpacked(gzip.compress(bytes(10_000_000)), 1000)) == 1000
    assert unpacked(b"\x1f\x8bnot", 1000) == b"\x1f\x8bnot"
    assert unpacked(b"<rss/>", 1000) == b"<rss/>"


@pytest.mark.parametrize("piece", [b"\xc3\xbc\xff", b"\xff", b"\xc3", b"<?xml ", b"\xfe\xc4\xb1"])
def test_hostile_bytes_take_no_time(piece: bytes) -> None:
    started = time.process_time()
    read(piece * (300_000 // len(piece)))
    assert time.process_time() - started < 3
