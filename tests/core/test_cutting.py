from __future__ import annotations

import json
import time
import tracemalloc
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossposter.core.counting import prefix_weights, weighted_length
from crossposter.core.cutting import sentences, shorten, shorten_to

CASES = Path(__file__).parents[3] / "shared" / "data" / "feeds" / "text_cases.json"

NEWS = (
    "Büyükşehir Belediyesi'nin Konak–Karşıyaka hattındaki gemisi saat 14.30'da kalktı. Törene Prof. Dr. Ayşe Yılmaz ve"
    " T.C. Bakanlığı temsilcileri vb. konuklar geldi. Gemi 1.250.000 avroya mal oldu."
)


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("Kısa.", 80, "Kısa."),
        ("Tramvay başladı. Duraklar açıldı. Üçüncü cümle uzun.", 36, "Tramvay başladı. Duraklar açıldı."),
        ("Tramvay seferleri sabah altıda başlayacak", 30, "Tramvay seferleri sabah…"),
        ("Birinci paragraf burada\n\nİkinci paragraf da burada", 30, "Birinci paragraf burada…"),
        ("Su yok:\n\nKonak: Alsancak, Kültür,\n\nBuca: Şirinyer", 42, "Su yok:\n\nKonak: Alsancak, Kültür…"),
        ("Gemi geldi.\n\nProgram\n\nSaat 10.00’da açılış", 30, "Gemi geldi."),
        (
            "Closed:\n\nTram until 2 p.m.\n\nBus until noon\n\nMetro",
            43,
            "Closed:\n\nTram until 2 p.m.\n\nBus until noon…",
        ),
        ("Gemi dün sabah geldi. Törene T.C. Bakanlığı temsilcileri katıldı", 44, "Gemi dün sabah geldi."),
        ("“Gel. Bak. Sev” dedi", 10, "“Gel.”"),
        ("Doluluk yaklaşık 14 puan, yüzde 31 oldu", 20, "Doluluk…"),
        ("Doluluk yaklaşık 14 puan, yüzde 31 oldu", 33, "Doluluk yaklaşık 14 puan…"),
        ("A ferry with its own crew arrived", 14, "A ferry…"),
        ("Kente otuz iki yeni park", 16, "Kente…"),
        ("Başkan Dr. Ayşe Yılmaz konuştu ve ayrıldı", 24, "Başkan Dr. Ayşe Yılmaz…"),
        ("Başkan Dr. Ayşe Yılmaz konuştu ve ayrıldı", 12, "Başkan…"),
        ("29. Uluslararası İzmir Festivali bu akşam", 30, "29. Uluslararası İzmir…"),
        ("Kısa, virgülle biten bir cümle", 12, "Kısa…"),
        ("Sefer saat 14.30 itibarıyla başlıyor", 18, "Sefer…"),
        ("Gemi 1.250.000 avroya mal oldu", 16, "Gemi…"),
        ("Toplam 426 yolcu taşıyor", 12, "Toplam…"),
        ("Bahçe (Konak) ve park yenilendi baştan", 16, "Bahçe (Konak)…"),
        ("Başkan, “Körfez bizimdir, yaşatacağız” dedi", 29, "Başkan, “Körfez bizimdir…”"),
        ('Başkan "Körfez bizimdir hep" dedi ve gitti', 24, 'Başkan "Körfez…"'),
        ("Yer: Kültürpark, Atatürk Açıkhava Tiyatrosu", 6, "Yer…"),
        ("Çokuzunbirkelime", 5, ""),
        ("((((((( açık kalan", 12, ""),
    ],
)
def test_a_text_is_cut_where_a_reader_accepts_it(text: str, length: int, expected: str) -> None:
    assert shorten(text, length) == expected


@pytest.mark.parametrize("length", range(20, len(NEWS)))
def test_no_cut_ends_on_what_needs_the_next_word(length: int) -> None:
    cut = shorten(NEWS, length)
    last = cut.removesuffix("…").split()[-1]
    assert last not in {"Prof.", "Dr.", "T.C.", "vb.", "saat", "ve", "1.250.000", "Prof", "Dr", "T.C", "vb"}
    assert NEWS.startswith(cut.removesuffix("…"))
    assert cut.endswith(("…", "."))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Ak geldi. Saat 14.30'da gitti.", ["Dr. Ak geldi.", "Saat 14.30'da gitti."]),
        ("T.C. Valiliği yazdı. 5.000 kişi vb. geldi!", ["T.C. Valiliği yazdı.", "5.000 kişi vb. geldi!"]),
        ("No. 12'deki bina yıkıldı. 29. Fuar açıldı.", ["No. 12'deki bina yıkıldı.", "29. Fuar açıldı."]),
        ("“Nasıl?” diye sordu. Gitti.", ["“Nasıl?” diye sordu.", "Gitti."]),
        ("Yıl 2026. Yeni dönem.", ["Yıl 2026.", "Yeni dönem."]),
        ("Mr. Smith spoke. It ended at 5 p.m. on Friday.", ["Mr. Smith spoke.", "It ended at 5 p.m. on Friday."]),
        ("M. Kemal Atatürk anıldı. Tören vardı.", ["M. Kemal Atatürk anıldı.", "Tören vardı."]),
        ("İlk…\n\nSon", ["İlk…", "Son"]),
        ("", []),
    ],
)
def test_a_full_stop_does_not_always_end_a_sentence(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_the_shared_cases_hold() -> None:
    if not CASES.exists():
        pytest.skip("the shared text cases are not on this machine")
    for case in json.loads(CASES.read_text("utf-8"))["sentences"]:
        assert sentences(case["text"]) == case["expect"]


@given(st.text(max_size=300), st.integers(min_value=0, max_value=300))
def test_a_cut_text_fits_and_is_a_beginning(text: str, length: int) -> None:
    cut = shorten(text, length)
    assert len(cut) <= length
    kept = cut.partition("…")[0] if cut not in text else cut
    assert text.startswith(kept) or text.startswith(kept.rstrip('”)]»"'))


@given(st.text(alphabet="aİ ş.\n👨\u200d👩🇹🇷“(₺", max_size=200), st.integers(min_value=0, max_value=120))
def test_a_text_is_cut_by_the_platforms_weights(text: str, limit: int) -> None:
    text = unicodedata.normalize("NFC", text)
    assert weighted_length(shorten(text, limit, prefix_weights)) <= limit


def test_a_long_text_is_cut_one_candidate_at_a_time() -> None:
    text = "Haberler şehir. " * 6_000
    tracemalloc.start()
    try:
        assert shorten(text, 280).endswith("şehir.")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", ["a. ", "Dr. ", "saat ", "( a ", "“a ", "1.250 ", ". ", "\n\n", "a", "?! "])
def test_hostile_texts_are_cut_in_a_moment(part: str) -> None:
    text = part * (60_000 // len(part))
    started = time.process_time()
    shorten(text, 30_000)
    assert time.process_time() - started < 5  # seconds; quadratic time would take minutes


def test_a_text_is_cut_to_a_length_by_words_where_it_has_any() -> None:
    assert shorten_to("kar gün yol", 8) == "kar gün…"
    assert shorten_to("a" * 20, 8) == "a" * 8
