"""Feeds of Turkish municipal news for measuring: the same bytes each time, 20 to 50 items, 35 to 93 KB.

A feed is a window over an endless row of items, the newest on top: each version shows three new ones, and three old
ones are gone. An item never changes.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape

STEP = 3
_EPOCH = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=3)))
_PLACES = (
    "Aliağa", "Balçova", "Bayındır", "Bergama", "Bornova", "Buca", "Çeşme", "Çiğli", "Dikili", "Foça", "Güzelbahçe",
    "Karabağlar", "Karşıyaka", "Kınık", "Konak", "Menemen", "Narlıdere", "Ödemiş", "Seferihisar", "Selçuk", "Tire",
    "Torbalı", "Urla",
)  # fmt: skip
_UNITS = (
    "İZSU",
    "ESHOT",
    "İZBETON",
    "İzmir Metro",
    "İZDENİZ",
    "İtfaiye Dairesi",
    "Fen İşleri Dairesi",
    "Kent Tiyatrosu",
)
_WORKS = ("yağmur suyu hattı", "tramvay hattı", "bisiklet yolu", "kreş", "kütüphane", "arıtma tesisi", "semt pazarı")
_TITLES = (
    "{place} ilçesinde {work} hizmete açıldı",
    "{unit} ekipleri {place} için gece gündüz çalışıyor",
    "Başkandan {place} müjdesi: {work} {number} günde tamamlanacak",
    "{unit}, {place} & {other} arasında {work} projesini tamamladı",
    "Şiddetli yağışa karşı {unit} teyakkuzda — {place} ve {other}’de önlem",
    "{number} milyon liralık {work} yatırımı {place} ilçesine nefes aldıracak",
)
_SENTENCES = (
    "İzmir Büyükşehir Belediyesi, {place} ilçesinde yürüttüğü {work} çalışmalarında sona geldi.",
    "{unit} ekipleri, vatandaşların güvenliği ve konforu için {number} ayrı noktada aynı anda çalıştı.",
    "Çalışma kapsamında {number} bin metre uzunluğunda yeni hat döşendi, bakım ve onarım yapıldı.",
    "Belediye Başkanı, “{place} için söz verdiğimiz ne varsa birer birer hayata geçiriyoruz” dedi.",
    "Proje tamamlandığında {place} ve {other} arasındaki yolculuk süresinin {number} dakika kısalması bekleniyor.",
    "İlçe sakinleri gürültü ve toz şikâyetlerinin azaldığını, ulaşımın kolaylaştığını söyledi.",
    "Yetkililer, trafik akışının geçici olarak alternatif güzergâhlara yönlendirileceğini duyurdu.",
)


def count(feed: int) -> int:
    """Give how many items a feed shows at once."""
    return 20 + random.Random(f"window {feed}").randrange(31)


def document(feed: int, version: int, *, base: str, built: int) -> bytes:
    """Give a feed as its server sends it; `built` counts how often the server wrote it anew."""
    top = version * STEP + count(feed)
    items = "".join(_item(feed, number, base) for number in range(top, top - count(feed), -1))
    return f"{_head(feed, base, built)}{items}</channel>\n</rss>\n".encode()


def _head(feed: int, base: str, built: int) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"<title>İzmir Büyükşehir Belediyesi – Haberler {feed}</title>\n<link>{base}/tr/Haberler/{feed}</link>\n"
        f'<atom:link href="{base}/{feed}.xml" rel="self" type="application/rss+xml"/>\n'
        "<description>İzmir Büyükşehir Belediyesi güncel haber akışı</description>\n<language>tr-TR</language>\n"
        f"<lastBuildDate>{format_datetime(_EPOCH + timedelta(seconds=built))}</lastBuildDate>\n<ttl>15</ttl>\n"
        f"<image><url>{base}/logo.png</url><title>İzmir</title><link>{base}/</link></image>\n"
    )


def _item(feed: int, number: int, base: str) -> str:
    chance = random.Random(f"item {feed}/{number}")
    title, place = _filled(chance, chance.choice(_TITLES)), chance.choice(_PLACES)
    paragraphs = [
        " ".join(_filled(chance, chance.choice(_SENTENCES)) for _ in range(chance.randrange(1, 3)))
        for _ in range(chance.randrange(3, 6))
    ]
    picture = f"/img/{feed}-{number}.jpg"
    html = f'<p><img src="{picture}" alt="{place}" width="1200" height="800" /></p>\n'
    html += f"<p><strong>{escape(paragraphs[0])}</strong></p>"
    for paragraph in paragraphs[1:]:
        link = f' <a href="/tr/Haberler/ilce" target="_blank">{place}</a>' if chance.random() < 0.4 else ""
        html += f"\n<p>{escape(paragraph)}{link}&nbsp;</p>"
    if chance.random() < 0.3:
        html += f"\n<ul><li>{'</li><li>'.join(chance.sample(_PLACES, 3))}</li></ul>"
    published = format_datetime(_EPOCH + timedelta(minutes=47 * number + feed % 60))
    return (
        f"<item>\n<title>{escape(title)} ({feed}/{number})</title>\n"
        f"<link>{base}/tr/Haberler/haber/{feed}-{number}/156?utm_source=rss&amp;utm_medium=feed</link>\n"
        f'<guid isPermaLink="false">{base}/tr/Haberler/{feed}-{number}</guid>\n<pubDate>{published}</pubDate>\n'
        "<dc:creator>Basın Yayın ve Halkla İlişkiler</dc:creator>\n"
        f"<category>{chance.choice(_UNITS)}</category><category>{place}</category>\n"
        f"<description><![CDATA[{paragraphs[0][:280]}]]></description>\n"
        f"<content:encoded><![CDATA[{html}]]></content:encoded>\n"
        f'<enclosure url="{base}{picture}" length="{180_000 + number}" type="image/jpeg"/>\n'
        f'<media:content url="{base}{picture}" medium="image" type="image/jpeg" width="1200" height="800">'
        f'<media:title type="plain">{escape(title)}</media:title></media:content>\n'
        f'<media:thumbnail url="{base}{picture}?w=300" width="300" height="200"/>\n</item>\n'
    )


def _filled(chance: random.Random, template: str) -> str:
    place, other = chance.sample(_PLACES, 2)
    return template.format(
        place=place, other=other, unit=chance.choice(_UNITS), work=chance.choice(_WORKS), number=chance.randrange(3, 90)
    )
