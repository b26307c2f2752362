"""The sandbox's page: what is served, and what a browser makes of it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from crossposter import sandbox as sandbox_package
from crossposter.sandbox import Sandbox

PAGE = Path(sandbox_package.__file__).with_name("page")
STYLE = (PAGE / "style.css").read_text()
SCRIPT = (PAGE / "page.js").read_text()
WAIT_S = 5


@pytest.fixture
def visitor() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


# ---- without a browser ----


@pytest.mark.parametrize(
    ("address", "content_type", "file"),
    [
        ("/", "text/html; charset=utf-8", "index.html"),
        ("/?from=demo", "text/html; charset=utf-8", "index.html"),
        ("/page/style.css", "text/css; charset=utf-8", "style.css"),
        ("/page/page.js", "text/javascript; charset=utf-8", "page.js"),
    ],
)
def test_the_pages_files_are_served_and_guarded(
    sandbox: Sandbox, visitor: requests.Session, address: str, content_type: str, file: str
) -> None:
    answer = visitor.get(sandbox.url + address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert answer.content == (PAGE / file).read_bytes()
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; img-src 'self' data:;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = visitor.head(sandbox.url + address)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])


@pytest.mark.parametrize("address", ["/page", "/page/", "/page/other.js", "/page/../world.py", "/index.html"])
def test_nothing_else_is_served(sandbox: Sandbox, visitor: requests.Session, address: str) -> None:
    request = requests.Request("GET", sandbox.url).prepare()
    request.url = sandbox.url + address  # as it is: prepare() would resolve the dots
    assert visitor.send(request).status_code == 404


def test_the_page_takes_nothing(sandbox: Sandbox, visitor: requests.Session) -> None:
    answer = visitor.post(sandbox.url)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_the_accounts_are_given_without_their_credentials(sandbox: Sandbox, visitor: requests.Session) -> None:
    accounts = visitor.get(f"{sandbox.url}/page/accounts.json").json()["accounts"]
    assert [set(account) for account in accounts] == [{"platform", "id", "handle", "name"}] * 6


@pytest.mark.parametrize("address", ["/", "/page/page.js", "/page/accounts.json", "/_sandbox/posts"])
def test_who_has_the_newest_version_is_told_so_without_a_body(
    sandbox: Sandbox, visitor: requests.Session, address: str
) -> None:
    etag = visitor.get(sandbox.url + address).headers["etag"]
    for known in (etag, f'W/{etag}, "other"', "*"):
        answer = visitor.get(sandbox.url + address, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert visitor.get(sandbox.url + address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_new_post_changes_the_etag_of_the_posts(sandbox: Sandbox, visitor: requests.Session, x: Any) -> None:
    etag = visitor.get(f"{sandbox.url}/_sandbox/posts").headers["etag"]
    x.create_tweet(text="Merhaba")
    answer = visitor.get(f"{sandbox.url}/_sandbox/posts", headers={"If-None-Match": etag})
    assert (answer.status_code, len(answer.json()["posts"])) == (200, 1)


def test_the_files_name_no_address_elsewhere() -> None:
    for path in PAGE.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")  # a name, nothing is fetched from there
        assert not re.search(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", text), path.name
        assert not re.search(r"@import|url\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert not re.search(
        r"<style|<script(?! type=\"module\" src=)|\son\w+=|\sstyle=", (PAGE / "index.html").read_text()
    )


def test_the_files_stay_small() -> None:
    assert all(len(path.read_text().splitlines()) < 300 for path in PAGE.iterdir())


def test_every_text_of_the_page_is_there_in_both_languages() -> None:
    dictionary = SCRIPT.partition("const TEXTS = {")[2].partition("\n};")[0]
    texts = dict(re.findall(r'(\w+): \[((?:"[^"]+"|,|\s)+)\]', dictionary))
    assert all(len(json.loads(f"[{pair}]")) == 2 for pair in texts.values())
    named = re.findall(r'data-(?:text|label)="(\w+)"', (PAGE / "index.html").read_text())
    named += [key for call in re.findall(r"\bsay\(([^)]*)\)", SCRIPT) for key in re.findall(r'"(\w+)"', call)]
    named += [each + end for each in re.findall(r'sayCount\("(\w+)"', SCRIPT) for end in ("One", "Many")]
    named += ["live", "lost"]
    assert set(named) == set(texts)
    for key, pair in texts.items():
        english, turkish = json.loads(f"[{pair}]")
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", turkish)), key


def colours(scheme: str) -> dict[str, str]:
    """Read the custom properties of a scheme; the dark one says only what differs."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    read = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6,8});", block)) for block in (light, dark)]
    assert read[0].keys() == read[1].keys()
    return read[scheme == "dark"]


def luminance(colour: str) -> float:
    """Compute WCAG 2.2's relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(scheme: str) -> None:
    found = colours(scheme)
    pairs = [(text, ground) for text in ("text", "muted") for ground in ("ground", "surface", "raised", "highlight")]
    pairs += [("link", "surface"), ("link", "highlight"), ("surface", "link"), ("on-chosen", "chosen")]
    pairs += [("warning", "surface"), ("warning", "highlight"), ("warning", "ground"), ("live", "ground")]
    pairs += [("on-label", "label"), ("on-tone", "tone-0"), ("on-tone", "tone-1")]
    low = {pair: ratio for pair in pairs if (ratio := contrast(found[pair[0]], found[pair[1]])) < 4.5}
    assert not low
    marks = {name: contrast(found[name], found["surface"]) for name in ("x", "facebook", "instagram")}
    assert min(marks.values()) > 3  # a mark is no text (WCAG 1.4.11)


def test_every_colour_is_a_property() -> None:
    rules = re.sub(r":root \{.*?\}", "", re.sub(r"/\*.*?\*/", "", STYLE, flags=re.DOTALL), flags=re.DOTALL)
    named = set(re.findall(r"var\(--([\w-]+)", rules)) - {"accent", "highest", "ratio", "lines", "head", "below"}
    assert named == set(colours("light"))
    assert not re.search(r": #|rgb|hsl", rules)


# ---- in a browser ----

HOSTILE = '<script>document.title = "taken"</script> <img src=x onerror="document.title=1"> \u202egnorw #izmir &amp;'


class Reader:
    """Somebody who looks at the page in a browser."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, sandbox: Sandbox, *, hash: str = "") -> None:
        self.driver.get(f"{sandbox.url}/{hash}")
        self.wait("return document.querySelector('.status').dataset.state === 'live'")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def wait(self, script: str, *arguments: Any) -> None:
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.driver, WAIT_S, poll_frequency=0.05).until(
            lambda _: self.run(script, *arguments), message=script
        )

    def wait_for(self, count: int, within: str = "") -> None:
        script = "return document.querySelectorAll(arguments[0] + ' .post').length === arguments[1]"
        self.wait(script, within, count)

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0]).textContent", selector))

    def is_shown(self, selector: str) -> bool:
        return bool(self.run("return document.querySelector(arguments[0]).checkVisibility()", selector))

    def press(self, key: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver, duration=0).send_keys(key).perform()

    def focus(self, selector: str) -> None:
        self.run("document.querySelector(arguments[0]).focus()", selector)

    def emulate(self, command: str, **parameters: Any) -> None:
        self.driver.execute_cdp_cmd(f"Emulation.{command}", parameters)

    def resize(self, width: int, height: int = 800) -> None:
        self.emulate("setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, feature: str, value: str) -> None:
        self.emulate("setEmulatedMedia", features=[{"name": feature, "value": value}])

    def speak(self, language: str) -> None:
        agent = self.run("return navigator.userAgent")
        self.emulate("setUserAgentOverride", userAgent=agent, acceptLanguage=language)

    def complaints(self) -> list[str]:
        """Give what the console said since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture
def reader(browser: Any) -> Iterator[Reader]:
    """Give a reader of English at a wide screen, and leave no page behind that asks."""
    reader = Reader(browser)
    reader.speak("en-GB")
    reader.resize(1440)
    reader.prefer("prefers-reduced-motion", "no-preference")
    yield reader
    browser.get("about:blank")
    reader.complaints()


def test_posts_appear_while_the_page_is_open(
    sandbox: Sandbox, reader: Reader, x: Any, graph: Any, instagram: Any, jpeg: Path
) -> None:
    reader.open(sandbox)
    assert reader.text("[data-platform=twitter] .empty") == "Nothing has been posted here yet"
    assert reader.is_shown("[data-platform=twitter] .empty")
    x.create_tweet(text="Bir\n\n  iki #izmir\nhttps://www.izmir.bel.tr/tr/1.")
    reader.wait_for(1)
    assert reader.text("#announcer") == "1 new post on X"
    assert reader.run("return document.querySelector('.text').innerText") == (
        "Bir\n\n  iki #izmir\nhttps://www.izmir.bel.tr/tr/1."
    )
    assert reader.text(".column .tag") == "#izmir"
    link = "return ['href', 'rel', 'target'].map(name => document.querySelector('.text a').getAttribute(name))"
    assert reader.run(link) == ["https://www.izmir.bel.tr/tr/1", "noreferrer", "_blank"]
    assert reader.run("return document.querySelector('.post').classList.contains('new')")
    assert not reader.is_shown("[data-platform=twitter] .empty")

    graph.put_object("me", "feed", message="Yeni hat", link="https://www.izmir.bel.tr/tr/2")
    upload_id, width, height = instagram.photo_rupload(jpeg)
    caption = {"custom_accessibility_caption": "Deniz"}
    instagram.photo_configure(upload_id, width, height, "Deniz https://izmir.bel.tr", extra_data=caption)
    reader.wait_for(3)
    assert reader.text("[data-platform=twitter] .card") == "www.izmir.bel.tr/tr/1"
    assert reader.text("[data-platform=facebook] .card") == "www.izmir.bel.tr/tr/2"
    assert not reader.run("return document.querySelector('[data-platform=instagram] .card')")
    assert reader.text("[data-platform=instagram] .text") == "izmirbld Deniz https://izmir.bel.tr"
    assert reader.run("return document.querySelector('[data-platform=instagram] .text a')") is None
    for platform in ("twitter", "facebook", "instagram"):
        column = f".column[data-platform={platform}]"
        assert reader.text(f"{column} .count") == "1"
        assert reader.run("return document.querySelector(arguments[0]).lang", f"{column} article") == "tr"
        assert "İzmir Büyükşehir Belediyesi" in reader.text(f"{column} .byline")
    (_, _, photo) = sandbox.posts()
    assert reader.run("return document.querySelector('time').dateTime").endswith("Z")
    assert photo["images"][0]["sha256"] in reader.run("return document.querySelector('.column img').src")
    reader.wait("return [...document.images].every(image => image.naturalWidth > 0)")
    assert reader.complaints() == []


@pytest.mark.parametrize("width", [1440, 1000])
def test_the_headings_reach_from_edge_to_edge_behind_the_scrollbars_too(
    sandbox: Sandbox, reader: Reader, width: int
) -> None:
    reader.resize(width)
    reader.open(sandbox)
    for platform in ("twitter", "facebook", "instagram"):
        place = "const {left, right, top} = document.querySelector(arguments[0]).getBoundingClientRect();"
        left, right, top = reader.run(f"{place} return [left, right, top]", f".column[data-platform={platform}]")
        picture = Image.open(io.BytesIO(reader.driver.get_screenshot_as_png())).convert("RGB")
        edges = [int(left) + 8, int(right) - 4]
        for y in (top + 30, top + 49, top + 80):  # the heading, its line, what is below
            assert len({picture.getpixel((x, int(y))) for x in edges}) == 1, (platform, y - top)


def test_the_newest_post_stands_first(sandbox: Sandbox, reader: Reader, x: Any) -> None:
    reader.open(sandbox)
    for text in ("Bir", "İki", "Üç"):
        x.create_tweet(text=text)
    reader.wait_for(3)
    assert reader.run("return [...document.querySelectorAll('.text')].map(each => each.textContent)") == [
        *("Üç", "İki", "Bir")
    ]


@pytest.fixture
def post_picture(graph: Any, make_picture: Callable[..., bytes]) -> Callable[[], Any]:
    return lambda: graph.put_photo(make_picture(size=(40, 30)), caption="Tramvay", alt_text_custom="Mavi bir tramvay")


def test_the_description_of_a_picture_opens_by_keyboard_and_stays_open(
    sandbox: Sandbox, reader: Reader, graph: Any, post_picture: Callable[[], Any]
) -> None:
    post_picture()
    reader.open(sandbox)
    reader.wait_for(1)
    assert reader.run("return document.querySelector('.column img').alt") == "Mavi bir tramvay"
    state = """const button = document.querySelector('button.alt');
        const target = document.getElementById(button.getAttribute('aria-controls'));
        return [button.getAttribute('aria-expanded'), target.checkVisibility(), target.textContent]"""
    assert reader.run(state) == ["false", False, "Mavi bir tramvay"]
    reader.focus("button.alt")
    assert reader.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    reader.press(" ")
    assert reader.run(state) == ["true", True, "Mavi bir tramvay"]

    top = "return document.querySelector('button.alt').getBoundingClientRect().top"
    before = reader.run(top)
    for number in range(3):
        graph.put_object("me", "feed", message=f"Haber {number}\n" + "satır\n" * 8)
    reader.wait_for(4)
    assert reader.run(state)[0] == "true"
    assert reader.run("return document.activeElement.className") == "alt"
    assert abs(reader.run(top) - before) <= 1
    assert reader.text(".column[data-platform=facebook] .fresh") == "↑ 3 new posts"
    reader.press(" ")
    assert reader.run(state)[0] == "false"
    reader.run("document.querySelector('.column[data-platform=facebook] .fresh').click()")
    assert reader.run("return document.querySelector('.column[data-platform=facebook]').scrollTop") == 0
    reader.wait("return document.querySelector('.column[data-platform=facebook] .fresh').hidden")


def test_what_is_read_stays_in_its_place(sandbox: Sandbox, reader: Reader, x: Any) -> None:
    for number in range(8):
        x.create_tweet(text=f"Haber {number}" + "\nsatır" * 6)
    for width in (1440, 360):
        reader.resize(width)
        reader.open(sandbox)
        reader.wait_for(len(sandbox.posts()))
        scroller = "document.querySelector('.column')" if width > 1000 else "document.scrollingElement"
        reader.run(f"{scroller}.scrollTop = 400; window.read = document.querySelectorAll('.post')[3]")
        before = reader.run("return window.read.getBoundingClientRect().top")
        x.create_tweet(text=f"Yeni {width}")
        reader.wait_for(len(sandbox.posts()))
        assert abs(reader.run("return window.read.getBoundingClientRect().top") - before) <= 1
        assert reader.is_shown(".column[data-platform=twitter] .fresh")


def test_a_deleted_post_is_struck(sandbox: Sandbox, reader: Reader, x: Any) -> None:
    post_id = x.create_tweet(text="Yanlış haber").data["id"]
    reader.open(sandbox)
    reader.wait_for(1)
    assert reader.run("return document.querySelector('.deleted')") is None
    x.delete_tweet(post_id)
    reader.wait("return document.querySelector('.gone del') !== null")
    assert (reader.text(".gone .deleted"), reader.text(".gone del")) == ("deleted", "Yanlış haber")
    line = "return getComputedStyle(document.querySelector('.gone del')).textDecorationLine"
    assert reader.run(line) == "line-through"
    assert reader.text("#announcer") == ""


def test_hostile_text_is_only_text(sandbox: Sandbox, reader: Reader, x: Any, graph: Any, jpeg: Path) -> None:
    graph.put_photo(jpeg.read_bytes(), caption=HOSTILE, alt_text_custom=HOSTILE)
    x.create_tweet(text=HOSTILE)
    reader.open(sandbox)
    reader.wait_for(2)
    for selector in ("[data-platform=twitter] .text", "[data-platform=facebook] .text", "figcaption"):
        assert reader.text(selector) == HOSTILE
    assert reader.run("return document.querySelectorAll('main script, [onerror]').length") == 0
    assert reader.run("return document.querySelectorAll('main img').length") == 1
    assert reader.run("return document.title") == "Sandbox timelines"
    assert reader.run("return getComputedStyle(document.querySelector('.text')).unicodeBidi") == "isolate"
    assert reader.complaints() == []


def test_a_long_text_is_folded(sandbox: Sandbox, reader: Reader, graph: Any) -> None:
    graph.put_object("me", "feed", message="satır\n" * 30 + "https://www.izmir.bel.tr/son")
    reader.open(sandbox)
    reader.wait("return document.querySelector('.more')?.checkVisibility()")
    height = "return document.querySelector('.text').clientHeight"
    folded = reader.run(height)
    reader.run("document.querySelector('.more').click()")
    assert reader.run(height) > 2 * folded
    reader.run("document.querySelector('.more').click()")
    assert reader.run(height) == folded
    reader.focus(".text a")
    assert reader.run(height) > 2 * folded


def test_the_filter_shows_one_account_and_is_kept_in_the_address(
    sandbox: Sandbox, reader: Reader, x: Any, open_x: Callable[..., Any]
) -> None:
    english = open_x(sandbox.account("twitter", "izmirenglish"))
    x.create_tweet(text="Merhaba")
    english.create_tweet(text="Hello")
    reader.open(sandbox)
    reader.wait_for(2)
    shown = """return [...document.querySelectorAll('[data-platform=twitter] .post')]
        .filter(each => each.checkVisibility()).map(each => each.querySelector('.text').textContent)"""
    assert reader.run(shown) == ["Hello", "Merhaba"]
    reader.focus(".filter [data-handle=izmirenglish]")
    reader.press("\ue007")
    reader.wait("return location.hash === '#account=izmirenglish'")
    reader.wait("return document.querySelector('[data-handle=izmirenglish][aria-pressed=true]') !== null")
    assert reader.run(shown) == ["Hello"]
    assert reader.text(".column[data-platform=twitter] .count") == "1"
    reader.driver.refresh()
    reader.wait_for(2)
    assert reader.run(shown) == ["Hello"]
    x.create_tweet(text="Merhaba yine")
    reader.wait_for(3)
    assert (reader.run(shown), reader.text("#announcer")) == (["Hello"], "")
    reader.run("document.querySelector('.filter button').click()")
    reader.wait("return document.querySelector('.filter [data-handle=\"\"][aria-pressed=true]') !== null")
    assert reader.run(shown) == ["Merhaba yine", "Hello", "Merhaba"]


def test_a_narrow_screen_has_one_column_with_tabs(
    sandbox: Sandbox, reader: Reader, x: Any, graph: Any, post_picture: Callable[[], Any]
) -> None:
    x.create_tweet(text="Uzun" * 60)
    reader.resize(360)
    reader.open(sandbox)
    reader.wait_for(1)
    for width in (320, 360, 720, 1440):
        reader.resize(width)
        assert reader.run("return document.documentElement.scrollWidth <= innerWidth"), width
    reader.resize(360)
    shown = """return [...document.querySelectorAll('.column')].filter(each => each.checkVisibility())
        .map(each => each.dataset.platform)"""
    assert reader.run(shown) == ["twitter"]
    post_picture()
    reader.wait("return document.querySelector('.tabs .unread')?.dataset.platform === 'facebook'")
    reader.focus(".tabs [data-platform=facebook]")
    reader.press("\ue007")
    assert reader.run(shown) == ["facebook"]
    assert reader.run("return document.querySelector('.tabs .unread')") is None
    assert reader.run("return document.documentElement.scrollWidth <= innerWidth")
    picture = "const { width, height } = document.querySelector('.column img').getBoundingClientRect(); "
    assert reader.run(picture + "return width / height") == pytest.approx(4 / 3, abs=0.02)
    assert reader.complaints() == []


def test_the_keyboard_comes_first_to_the_skip_link(sandbox: Sandbox, reader: Reader) -> None:
    reader.open(sandbox, hash="#account=izmirbld")
    reader.press("\ue004")
    assert reader.run("return document.activeElement.className") == "skip"
    reader.press("\ue007")
    assert reader.run("return [document.activeElement.id, location.hash]") == ["timelines", "#account=izmirbld"]


def test_the_page_speaks_turkish_to_who_reads_turkish(sandbox: Sandbox, reader: Reader, x: Any) -> None:
    reader.speak("tr-TR")
    reader.open(sandbox)
    assert reader.run("return [document.documentElement.lang, document.title]") == ["tr", "Deneme zaman akışları"]
    assert reader.text(".status") == "Canlı"
    assert reader.text("[data-platform=facebook] .empty") == "Burada henüz bir gönderi yok"
    x.create_tweet(text="Merhaba")
    reader.wait_for(1)
    assert reader.text("#announcer") == "X: 1 yeni gönderi"
    assert reader.text("time") == "şimdi"


def test_a_lost_connection_is_told_and_comes_back(reader: Reader, open_x: Callable[..., Any]) -> None:
    with Sandbox() as first:
        open_x(first.account("twitter", "izmirbld")).create_tweet(text="Bir")
        reader.open(first)
        reader.wait_for(1)
        port = int(first.url.rpartition(":")[2])
    reader.wait("return document.querySelector('.status').dataset.state === 'lost'")
    assert reader.text(".status") == "Connection lost – trying again"
    assert reader.text(".column .text") == "Bir"
    with Sandbox(port=port) as second:
        open_x(second.account("twitter", "izmirbld")).create_tweet(text="İki")
        reader.wait("return document.querySelector('.status').dataset.state === 'live'")
        reader.wait("return document.querySelector('.column .text')?.textContent === 'İki'")


@pytest.mark.parametrize(("motion", "name"), [("reduce", "none"), ("no-preference", "fade")])
def test_who_wants_no_motion_gets_none(sandbox: Sandbox, reader: Reader, x: Any, motion: str, name: str) -> None:
    reader.prefer("prefers-reduced-motion", motion)
    reader.open(sandbox)
    x.create_tweet(text="Merhaba")
    reader.wait_for(1)
    assert reader.run("return getComputedStyle(document.querySelector('.post.new')).animationName") == name
