from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossposter.core.gate import Flaw, examine, hard, is_allowed, words_of
from crossposter.testing import an_entry
from crossposter.wording import Message


def flaws(**words: object) -> list[Flaw]:
    return [finding.flaw for finding in examine(an_entry(**words), allowed_hosts=("izmir.bel.tr",))]  # type: ignore[arg-type]  # words of an entry


def test_ordinary_news_passes() -> None:
    text = "Sok. No:59'daki “bina” 5 < 7 iken %25'i & kalanı yıkıldı; R&D, AT&T, 3;5 tamam mı? Evet."
    assert flaws(title="Çiğli Tramvayı İZBAN'a bağlandı", summary=text) == []


@pytest.mark.parametrize("word", ["Ýzmir", "Ä°zmir", "BÃ¼yÃ¼k", "Türkiye?nin", "TÜRK?YE", "Ko\ufffdak"])
def test_broken_letters_are_held(word: str) -> None:
    assert flaws(summary=f"Bir {word} haberi.") == [Flaw.MOJIBAKE]


@pytest.mark.parametrize(
    "piece",
    ["<b>", "</div>", '<img src="a.jpg">', "&nbsp;", "&#39;", "&amp;", "<!--", "[gallery ids=3]", "{{ title }}"],
)
def test_pieces_of_code_are_held(piece: str) -> None:
    assert flaws(summary=f"Haber {piece} metni") == [Flaw.MARKUP]


def test_parts_of_the_page_are_held() -> None:
    assert flaws(text="Menü Sağ Menü ve Haber") == [Flaw.CHROME]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/a",
        "javascript:alert(1)",
        "https://izmir.bel.tr.evil.example/",
        "https://izmir.bel.tr@evil.example/",
        "https://notizmir.bel.tr/",
        "ftp://izmir.bel.tr/",
        "http://[",
    ],
)
def test_a_link_that_leads_elsewhere_is_held(link: str) -> None:
    assert flaws(link=link) == [Flaw.LINK]


@pytest.mark.parametrize("link", ["https://izmir.bel.tr/a", "http://www.izmir.bel.tr./a", "https://eski.izmir.bel.tr"])
def test_a_link_to_the_city_passes(link: str) -> None:
    assert flaws(link=link) == []


def test_an_address_in_the_text_that_leads_elsewhere_is_held() -> None:
    assert flaws(summary="Kazandınız: https://evil.example/odul hemen girin") == [Flaw.LINK]
    assert flaws(summary="Ayrıntı www.izmir.bel.tr'de ve bilgi@izmir.bel.tr") == []


def test_an_address_without_a_scheme_is_one_as_well() -> None:
    assert flaws(summary="Başvuru: bit.ly/3xYz, son gün cuma") == [Flaw.LINK]
    assert flaws(summary="Başvuru: eski.izmir.bel.tr/burs, Gazi Cad.No:59/A, 24 No.lu hat, 5 m2/gün") == []
    assert examine(an_entry(summary="Başvuru: bit.ly/3xYz")) == ()


@pytest.mark.parametrize("mark", [",", ";", ":", "!", "?", "…", ".", "?!"])
def test_the_sentences_own_punctuation_is_not_the_hosts(mark: str) -> None:
    assert flaws(summary=f"Ayrıntılar www.izmir.bel.tr{mark} sonra https://izmir.bel.tr/a{mark}") == []
    assert flaws(summary=f"Ayrıntılar www.evil.example{mark}") == [Flaw.LINK]


def test_anything_is_allowed_where_no_hosts_are_named() -> None:
    assert is_allowed("https://anywhere.example/", ())


def test_a_headline_in_capitals_is_told_and_passes() -> None:
    (finding,) = examine(an_entry(title="İZMİR'DE SAĞANAK UYARISI VERİLDİ"))
    assert finding.flaw is Flaw.CAPITALS
    assert hard([finding]) is None
    assert examine(an_entry(title="İZSU ve ESHOT duyurdu")) == ()


def test_a_headline_without_a_word_is_held() -> None:
    assert flaws(title="– 123 –") == [Flaw.EMPTY]


def test_a_mention_is_told_and_passes() -> None:
    (finding,) = examine(an_entry(summary="Başkan @birisi ile #İzmir'de"))
    assert (finding.flaw, finding.is_hard) == (Flaw.SIGNS, False)


def test_hard_findings_come_first() -> None:
    found = examine(an_entry(title="İZMİR'DE SAĞANAK UYARISI VERİLDİ", summary="&nbsp; Ýzmir"))
    assert [finding.is_hard for finding in found] == [True, True, False]
    reasons = hard(found)
    assert reasons
    first, second = words_of(reasons)
    assert hard(found, passed=[first]) == found[1].message
    assert hard(found, passed=[second]) == found[0].message
    assert hard(found, passed=[first, second]) is None


def test_every_link_and_piece_is_a_finding_of_its_own_and_let_pass_whatever_else_is_in_it() -> None:
    def reasons(summary: str) -> Message:
        found = hard(examine(an_entry(summary=summary), allowed_hosts=("izmir.bel.tr",)))
        assert found
        return found

    seen = reasons("Bak: https://kardes.tr/a?sid=1 <b id=1>ve</b> https://kumar.example/x <i>ile</i>")
    assert [word in str(seen) for word in ("kardes.tr", "kumar.example", "<b id=1>", "<i>")] == [True] * 4
    assert len(list(words_of(seen))) == 4
    again = reasons("Bak: https://kardes.tr/a?sid=2 <b id=2>ve</b> https://kumar.example/y <i>ile</i>")
    assert set(words_of(again)) == set(words_of(seen))


def test_of_very_many_findings_the_rest_is_told_when_the_first_have_passed() -> None:
    entry = an_entry(summary=" ".join(f"https://h{number}.example/" for number in range(12)))
    passed: set[str] = set()
    for count in (5, 5, 2):
        reasons = hard(examine(entry, allowed_hosts=("izmir.bel.tr",)), passed=passed)
        assert reasons
        told = set(words_of(reasons))
        assert len(told) == count
        passed |= told
    assert hard(examine(entry, allowed_hosts=("izmir.bel.tr",)), passed=passed) is None


@given(st.text(max_size=300), st.text(max_size=100))
def test_no_text_makes_the_gate_stumble(text: str, link: str) -> None:
    examine(an_entry(title=text, summary=text, link=link), allowed_hosts=("izmir.bel.tr",))


@pytest.mark.parametrize(
    "part", ["<a ", "<!-", "&a", "&#1", "[vc_", "{{", "a?", "Ãa", "www.", "http://", "bit.ly/a ", "@a", "Ý "]
)
def test_hostile_texts_are_examined_in_a_moment(part: str) -> None:
    text = part * (50_000 // len(part))
    started = time.process_time()
    examine(an_entry(title="Başlık", summary=text), allowed_hosts=("izmir.bel.tr",))
    assert time.process_time() - started < 2  # seconds; quadratic time would take longer
