from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossposter.cli import main
from tests.city import DEMO_CONFIG, City

Call = Callable[..., tuple[int, str]]
CallJson = Callable[..., Any]

POOR = """<rss version="2.0"><channel><title>Haberler</title><language>tr</language>
<item><title>Bir</title><guid>same</guid></item><item><title>İki</title><guid>same</guid></item>
<item><guid>3</guid></item></channel></rss>"""


def test_a_feed_of_the_configuration_is_inspected_by_its_name(city: City, call: Call, call_json: CallJson) -> None:
    found = call_json("inspect", "izmir-tr")
    assert found.keys() >= {"feed", "entries", "problems"}
    assert found["feed"] == {
        "url": city.environ["DEMO_FEED_TR"],
        "title": found["feed"]["title"],
        "language": "tr",
        "encoding": "utf-8",
        "bytes": found["feed"]["bytes"],
        "not_modified": True,
    }
    entry = found["entries"][0]
    assert entry.keys() >= {"id", "keys", "title", "link", "published", "language", "text", "images", "categories"}
    assert entry["id"].startswith("tr/")
    assert entry["images"][0].keys() == {"url", "alt"}
    code, printed = call("inspect", "izmir-tr")
    assert code == 0
    assert entry["title"] in printed


def test_the_language_of_the_configuration_is_spoken(
    city: City, tmp_path: Path, call: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "crossposter.yaml"
    config.write_text(DEMO_CONFIG.read_text("utf-8").replace("language: en\nledger", "language: tr\nledger"), "utf-8")
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(config))
    assert "nasıl okunduğu" in call("inspect", "izmir-tr")[1]
    assert main(["inspect", "/nowhere.xml"]) == 1
    assert "web adresi" in capsys.readouterr().err
    assert main(["ledger", "list"]) == 1
    assert "henüz" in capsys.readouterr().err


def test_an_address_needs_no_configuration(city: City, call_json: CallJson, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSPOSTER_CONFIG", "/nowhere.yaml")
    found = call_json("inspect", city.environ["DEMO_FEED_EN"], "--language", "en")
    assert {entry["language"] for entry in found["entries"]} == {"en"}


def test_a_file_is_inspected_and_its_problems_are_told(tmp_path: Path, call_json: CallJson) -> None:
    path = tmp_path / "poor.xml"
    path.write_text(POOR, "utf-8")
    found = call_json("inspect", str(path))
    told = " ".join(found["problems"])
    for problem in ("left out", "without a date", "without a link", "without a picture", "guid:same"):
        assert problem in told


@pytest.mark.parametrize("source", ["/nowhere.xml", "http://127.0.0.1:9/rss"])
def test_what_cannot_be_read_is_said_so(call: Call, source: str) -> None:
    assert call("inspect", source)[0] == 1


def test_what_is_no_feed_is_said_so(tmp_path: Path, call: Call) -> None:
    (tmp_path / "page.html").write_text("<html><body>bakım</body></html>")
    assert call("inspect", str(tmp_path / "page.html"))[0] == 1
