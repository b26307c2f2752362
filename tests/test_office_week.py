"""A diary of a press office: what happens, what people do, what stands on the platforms in the end, and in the record.

Everything is real but the clock, which moves from line to line (tests/office.py): the site's feed, the command line,
the client libraries, the platforms' answers. The accounts are the city's three Turkish ones, and on ordinary days the
three English ones as well. After each story the whole record is looked through (`ledger verify`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.office import Office, an_office

NIGHT = "quiet: [{from: 23:00, to: 07:00}]"


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    with an_office(tmp_path, capsys) as found:
        yield found
        found.verifies()


def test_ordinary_days(office: Office) -> None:
    """Two languages, each on its own accounts, ten minutes apart, and nothing at night."""
    office.opens("2026-11-02 09:00", rules=NIGHT, account="pace: {min_gap: 10m}")
    office.at("22:45")
    office.publishes("Tramvay hattı uzadı", summary="Yeni hat beş durakla hizmette.")
    office.publishes("Tram line extended", summary="The new line has five stops.", language="en")
    office.publishes("Vapurlar bayramda ücretsiz")
    office.publishes("Kitap fuarı açıldı")
    office.works()
    office.at("22:55")
    office.works()
    office.at("23:05")
    office.works()
    assert "03.11.2026 07:00 tarihine kadar sessiz saatler" in office.types("ledger", "list")
    office.at("2026-11-03 07:00")
    office.works()

    assert office.x == [
        "22:45 Tramvay hattı uzadı\n\nYeni hat beş durakla hizmette.\n\n"
        "https://www.izmir.bel.tr/tr/Haberler/haber/13/156",
        "22:55 Vapurlar bayramda ücretsiz\n\nhttps://www.izmir.bel.tr/tr/Haberler/haber/15/156",
        "07:00 Kitap fuarı açıldı\n\nhttps://www.izmir.bel.tr/tr/Haberler/haber/16/156",
    ]
    assert office.facebook == office.x
    assert office.instagram == [
        "22:45 Tramvay hattı uzadı\n\nYeni hat beş durakla hizmette.",
        "22:55 Vapurlar bayramda ücretsiz",
        "07:00 Kitap fuarı açıldı",
    ]
    english = [
        "22:45 Tram line extended\n\nThe new line has five stops.\n\nhttps://www.izmir.bel.tr/en/Haberler/haber/14/156"
    ]
    assert office.stands("twitter", "izmirenglish") == office.stands("facebook", "izmirenglish") == english
    assert office.stands("instagram", "izmirenglish") == ["22:45 Tram line extended\n\nThe new line has five stops."]
    assert office.record() == [
        "Tramvay hattı uzadı: published on x, facebook, instagram",
        "Vapurlar bayramda ücretsiz: published on x, facebook, instagram",
        "Kitap fuarı açıldı: published on x, facebook, instagram",
        "Tram line extended: published on x-en, facebook-en, instagram-en",
    ]


def test_a_typo_is_corrected_within_the_delay(office: Office) -> None:
    office.opens("2026-11-03 10:00", feed="delay: 10m")
    office.publishes("Kordon'da konser yarnı")
    office.works()
    assert "03.11.2026 10:10 tarihinde yayımlanır" in office.types("ledger", "list")
    office.at("10:06")
    office.rewrites("Kordon'da konser yarnı", to="Kordon'da konser yarın")
    office.works()
    office.at("10:10")
    office.works()

    assert office.x == office.facebook == office.instagram == ["10:10 Kordon'da konser yarın"]
    assert office.record() == ["Kordon'da konser yarın: published on x, facebook, instagram"]
    story = office.types("ledger", "show", office.story("Kordon'da konser yarın"))
    assert "10:00:00  izmir-tr akışında görüldü: “Kordon'da konser yarnı”" in story
    assert "10:06:00  belediye haberi değiştirdi, 2. sürüm: “Kordon'da konser yarın”" in story


def test_a_flood_after_the_site_was_rebuilt(office: Office) -> None:
    """Its news have other numbers, so that all look new: all are held, and a person lets the two newest out."""
    office.opens("2026-11-04 09:00")
    office.at("14:00")
    office.site.rebuild("tr")
    office.publishes("Yeni internet sitemiz yayında")
    office.works()
    assert office.x == office.facebook == office.instagram == []
    assert office.types("queue").count("izmir-tr akışı: bir kerede 7 yeni haber, sınır 5") == 21
    office.at("14:20")
    for title in ("Eski haber 1", "Yeni internet sitemiz yayında"):
        office.types("approve", office.story(title), "--by", "Ayşe")
    for number in range(2, 7):
        office.types("reject", office.story(f"Eski haber {number}"), "--by", "Ayşe", "--reason", "eski haber")
    office.works()

    expected = ["14:20 Eski haber 1", "14:20 Yeni internet sitemiz yayında"]
    assert office.x == office.facebook == office.instagram == expected
    assert office.record() == [
        "Eski haber 6: skipped, dropped on x, facebook, instagram; Ayşe: reject, eski haber",
        "Eski haber 5: skipped, dropped on x, facebook, instagram; Ayşe: reject, eski haber",
        "Eski haber 4: skipped, dropped on x, facebook, instagram; Ayşe: reject, eski haber",
        "Eski haber 3: skipped, dropped on x, facebook, instagram; Ayşe: reject, eski haber",
        "Eski haber 2: skipped, dropped on x, facebook, instagram; Ayşe: reject, eski haber",
        "Eski haber 1: published on x, facebook, instagram; Ayşe: approve",
        "Yeni internet sitemiz yayında: published on x, facebook, instagram; Ayşe: approve",
    ]


def test_10_november(office: Office) -> None:
    """From four to ten minutes past nine the country stands still, and urgent news with it."""
    office.opens(
        "2026-11-10 08:55",
        rules="quiet: [{day: 10 Kasım, from: 09:04, to: 09:10, reason: Atatürk'ü anma}]\n"
        "urgent: {categories: [Acil], holds_others: 30m}",
    )
    office.at("09:03")
    office.publishes("Anma töreni başlıyor")
    office.works()
    office.at("09:04")
    office.publishes("Konak'ta su kesintisi", category="Acil")
    office.publishes("Anma töreni sürüyor")
    office.works()
    office.at("09:09")
    office.works()
    assert "10.11.2026 09:10 tarihine kadar sessizlik: Atatürk'ü anma" in office.types("ledger", "list")
    office.at("09:10")
    office.works()
    assert "10.11.2026 09:40 tarihine kadar acil haberlerin ardında bekliyor" in office.types("ledger", "list")
    office.at("09:40")
    office.works()

    expected = ["09:03 Anma töreni başlıyor", "09:10 Konak'ta su kesintisi", "09:40 Anma töreni sürüyor"]
    assert office.x == office.facebook == office.instagram == expected
    assert office.record() == [
        "Anma töreni başlıyor: published on x, facebook, instagram",
        "Konak'ta su kesintisi: published on x, facebook, instagram",
        "Anma töreni sürüyor: published on x, facebook, instagram",
    ]


def test_an_earthquake_at_night(office: Office) -> None:
    """Urgent news goes out at night, and in the morning the ordinary ones wait behind it."""
    office.opens("2026-11-11 22:00", rules=f"{NIGHT}\nurgent: {{categories: [Acil], holds_others: 30m}}")
    office.at("23:30")
    office.publishes("Yarın pazar yeri taşınıyor")
    office.works()
    office.at("2026-11-12 03:14")
    office.publishes("4,9 büyüklüğünde deprem: ekiplerimiz sahada", category="ACİL")
    office.works()
    office.at("06:45")
    office.publishes("Toplanma alanları açık", category="acil")
    office.works()
    office.at("07:00")
    office.works()
    assert "12.11.2026 07:15 tarihine kadar acil haberlerin ardında bekliyor" in office.types("ledger", "list")
    office.at("07:15")
    office.works()

    assert office.x == office.facebook == office.instagram
    assert office.x == [
        "03:14 4,9 büyüklüğünde deprem: ekiplerimiz sahada",
        "06:45 Toplanma alanları açık",
        "07:15 Yarın pazar yeri taşınıyor",
    ]
    assert office.record() == [
        "Yarın pazar yeri taşınıyor: published on x, facebook, instagram",
        "4,9 büyüklüğünde deprem: ekiplerimiz sahada: published on x, facebook, instagram",
        "Toplanma alanları açık: published on x, facebook, instagram",
    ]


def test_a_mourning_pause_and_its_release(office: Office) -> None:
    """What came due under the pause is no burst at its end: a person lets the newest out, the rest stays held."""
    office.opens("2026-11-13 09:00")
    office.types("pause", "--all", "--reason", "milli yas", "--by", "Ayşe")
    office.at("10:00")
    office.publishes("Konser ertelendi")
    office.works()
    office.at("18:00")
    office.publishes("Bayraklar yarıya indirildi")
    office.works()
    assert "Ayşe, 13.11.2026 09:00 tarihinden beri duraklatıyor: milli yas" in office.types("queue")
    office.at("2026-11-14 09:00")
    office.works()
    assert office.x == office.facebook == office.instagram == []
    office.types("resume", "--all", "--release", "newest", "1", "--by", "Ayşe")
    office.works()

    assert office.x == office.facebook == office.instagram == ["09:00 Bayraklar yarıya indirildi"]
    assert office.record() == [
        "Konser ertelendi: held, backlog on x, facebook, instagram",
        "Bayraklar yarıya indirildi: published on x, facebook, instagram; Ayşe: approve",
    ]


def test_a_file_that_stops_everything(office: Office) -> None:
    """Whoever can reach the folder stops the posts without a command, and starts them again."""
    office.opens("2026-11-14 09:00")
    (office.folder / "PAUSE").write_text("vali aradı", "utf-8")
    office.at("11:00")
    office.publishes("Fuar açıldı")
    office.works()
    assert "PAUSE dosyası 14.11.2026 11:00 tarihinden beri duraklatıyor: vali aradı" in office.types("queue")
    (office.folder / "PAUSE").unlink()
    office.at("11:30")
    office.publishes("Fuara ücretsiz servis")
    office.works()
    assert office.x == office.facebook == office.instagram == ["11:30 Fuara ücretsiz servis"]
    office.types("approve", office.story("Fuar açıldı"), "--by", "Mehmet", "--reason", "vali izin verdi")
    office.works()

    assert office.x == office.facebook == office.instagram == ["11:30 Fuara ücretsiz servis", "11:30 Fuar açıldı"]
    assert office.record() == [
        "Fuar açıldı: published on x, facebook, instagram; Mehmet: approve, vali izin verdi",
        "Fuara ücretsiz servis: published on x, facebook, instagram",
    ]


def test_an_election_period(office: Office) -> None:
    """From Sunday on only emergencies go out by themselves."""
    office.opens(
        "2026-11-14 23:00",
        rules="elections: [{from: 2026-11-15 00:00, to: 2026-11-22 00:00, allow: [Acil], reason: seçim yasağı}]",
    )
    office.at("23:59")
    office.publishes("Yeni metro hattının temeli atıldı", category="Açılış")
    office.works()
    office.at("2026-11-15 00:00")
    office.publishes("Başkan açılışta konuştu", category="Açılış")
    office.publishes("Kar yağışı uyarısı", category="acil")
    office.publishes("Nöbetçi eczaneler", category="Duyuru")
    office.works()
    assert office.types("queue").count("seçim dönemi, 22.11.2026 00:00 tarihine kadar: seçim yasağı") == 6
    office.at("00:30")
    office.types("approve", office.story("Nöbetçi eczaneler"), "--by", "Ayşe", "--reason", "hizmet duyurusu")
    office.types("reject", office.story("Başkan açılışta konuştu"), "--by", "Ayşe", "--reason", "seçim yasağı")
    office.works()

    expected = ["23:59 Yeni metro hattının temeli atıldı", "00:00 Kar yağışı uyarısı", "00:30 Nöbetçi eczaneler"]
    assert office.x == office.facebook == office.instagram == expected
    assert office.record() == [
        "Yeni metro hattının temeli atıldı: published on x, facebook, instagram",
        "Başkan açılışta konuştu: skipped, dropped on x, facebook, instagram; Ayşe: reject, seçim yasağı",
        "Kar yağışı uyarısı: published on x, facebook, instagram",
        "Nöbetçi eczaneler: published on x, facebook, instagram; Ayşe: approve, hizmet duyurusu",
    ]


def test_approval(office: Office) -> None:
    """One text goes out as it was edited and let out; what was let out of the other is void: its news was changed."""
    office.opens("2026-11-16 09:00", approval="required")
    office.publishes("Meclis toplandı")
    office.publishes("Bütçe 10 milyar lira")
    office.works()
    council, budget = office.story("Meclis toplandı"), office.story("Bütçe 10 milyar lira")
    office.types("edit", f"{council}/izmir-x", "--text", "Meclis bugün toplandı #İzmir", "--by", "Mehmet")
    office.types("approve", council, budget, "--by", "Ayşe")
    office.rewrites("Bütçe 10 milyar lira", to="Bütçe 11 milyar lira")
    office.at("09:05")
    office.works()

    assert office.x == ["09:05 Meclis bugün toplandı #İzmir"]
    assert office.facebook == office.instagram == ["09:05 Meclis toplandı"]
    assert office.record() == [
        "Meclis toplandı: published on x; Mehmet: edit; Ayşe: approve",
        "Meclis toplandı: published on facebook, instagram; Ayşe: approve",
        "Bütçe 11 milyar lira: held, approval on x, facebook, instagram; Ayşe: approve",
    ]
    assert office.types("queue").count("Ayşe onayladıktan sonra haber değişti: onay geçersiz") == 3


def test_a_story_is_taken_down(office: Office) -> None:
    """The wrong man was named: one command, and the posts are gone, whatever the feed goes on showing."""
    office.opens("2026-11-17 09:00")
    office.at("10:00")
    office.publishes("Yeni genel sekreter Ali Veli")
    office.publishes("Pazar yeri taşındı")
    office.works()
    office.at("10:20")
    office.types("retract", office.story("Yeni genel sekreter Ali Veli"), "--by", "Ayşe", "--reason", "yanlış isim")
    office.works()
    office.at("10:25")
    office.works()
    story = office.story("Yeni genel sekreter Ali Veli")
    said = office.types("approve", f"{story}/izmir-x/delete", "--by", "Mehmet", code=1)
    assert "Ayşe yayından kaldırılmasını istedi (10:20)" in said
    told = office.types("ledger", "show", f"{story}/izmir-x/delete")
    assert "10:20:00  izmir-x/delete: platformdan silmesi isteniyor, 1. deneme" in told
    assert "17.11.2026 10:20:00 - 17.11.2026 10:20:00  silindi" in told

    assert office.x == office.facebook == office.instagram == ["10:00 Pazar yeri taşındı"]
    assert office.record() == [
        "Yeni genel sekreter Ali Veli: published, deleted on x, facebook, instagram",
        "Yeni genel sekreter Ali Veli: published on x/delete, facebook/delete, instagram/delete; "
        "Ayşe: retract, yanlış isim",
        "Pazar yeri taşındı: published on x, facebook, instagram",
    ]


def test_a_correction_on_all_three_platforms(office: Office) -> None:
    """A concert begins later: a reply on X, and elsewhere the post is edited where it stands, once a person says so."""
    office.opens("2026-11-18 09:00")
    office.at("10:00")
    office.publishes("Konser saat 19.00'da")
    office.works()
    office.at("11:00")
    office.rewrites("Konser saat 19.00'da", to="Konser saat 20.00'de")
    office.works()
    assert office.x == office.facebook == office.instagram == ["10:00 Konser saat 19.00'da"]
    assert office.types("queue").count("haber değiştirildi: “19.00'da” → “20.00'de”") == 3
    concert = office.story("Konser saat 20.00'de")
    plan = office.types("correct", concert, "--plan")
    assert "gönderiye düzeltmeyle yanıt ver (ücreti: 0.015 ABD doları)\n  + DÜZELTME: Konser saat 20.00'de" in plan
    office.at("11:05")
    office.types("correct", concert, "--by", "Ayşe", "--reason", "saat değişti")
    office.works()

    told = office.types("ledger", "show", f"{concert}/izmir-facebook/edit-2")
    assert "11:05:00  izmir-facebook/edit-2: platform yanıt verdi: yapıldı" in told
    assert "yayımlanmaması kararlaştırıldı" not in told

    assert office.x == ["10:00 Konser saat 19.00'da", "11:05 DÜZELTME: Konser saat 20.00'de"]
    assert office.facebook == office.instagram == ["10:00 Konser saat 20.00'de"]
    assert office.record() == [
        "Konser saat 20.00'de: published on x, facebook, instagram",
        "Konser saat 20.00'de: published on x/reply-2, facebook/edit-2, instagram/edit-2; Ayşe: correct, saat değişti",
    ]
