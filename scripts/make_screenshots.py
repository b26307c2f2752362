"""Draw docs/images: the sandbox's page with the sample city's news on it, as a browser shows it.

    python scripts/make_screenshots.py docs/images

Needs chromium and chromedriver (Debian: chromium, chromium-driver, fonts-noto-core) and the package selenium.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from PIL import Image
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.support.wait import WebDriverWait

from crossposter.cli.sandbox import environment_of
from crossposter.clock import SystemClock
from crossposter.sandbox import Sandbox
from crossposter.sandbox.site import Site

#: The news of each round by language, and how many seconds earlier than now the platforms' clocks say it is.
_ROUNDS: tuple[tuple[dict[str, int], int], ...] = (
    ({}, 290),
    ({"en": 1}, 280),
    ({"en": 1}, 200),
    ({"tr": 1}, 80),
    ({"tr": 1}, 0),
)
#: How long after the last round the browser looks, so that not every post is from just now.
_LATER_S = 130
_MAX_BYTES = 400_000
#: A picture that is larger keeps only every so many levels of red, green and blue; 255 is one of them.
_STEP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A picture to take; lengths are CSS pixels."""

    name: str
    width: int
    height: int
    #: Device pixels for a CSS pixel: telephones have more than one.
    density: int
    scheme: str
    platform: str = "twitter"


_SHOTS = (
    Shot(name="timelines", width=1440, height=1200, density=1, scheme="light"),
    Shot(name="timelines-dark", width=1440, height=1200, density=1, scheme="dark"),
    Shot(name="timelines-phone", width=390, height=844, density=2, scheme="light"),
)


def main() -> int:
    """Take the pictures; give the exit code."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    folder.mkdir(parents=True, exist_ok=True)
    with _published_news() as sandbox, _browser() as browser:
        for shot in _SHOTS:
            path = folder / f"{shot.name}.png"
            _take(browser, shot, sandbox.url, path)
            print(f"{path}: {path.stat().st_size // 1000} kB")
    return 0


@contextmanager
def _published_news() -> Iterator[Sandbox]:
    """Run the demo's configuration until the sample city's news stand on all accounts."""
    clock = SystemClock()
    earlier_s = 0
    site = Site(now=clock.now())
    with (
        tempfile.TemporaryDirectory(prefix="crossposter-screenshots-") as folder,
        Sandbox(site=site, clock=lambda: clock.now().timestamp() - earlier_s) as sandbox,
    ):
        site.base_url = f"{sandbox.url}/site"
        environ = {
            **environment_of(sandbox),
            "DEMO_LEDGER": f"sqlite:///{folder}/ledger.db",
            "DEMO_FEED_TR": f"{site.base_url}/rss/tr.xml",
            "DEMO_FEED_EN": f"{site.base_url}/rss/en.xml",
        }
        with resources.as_file(resources.files("crossposter.sandbox") / "demo.yaml") as path:
            command = [sys.executable, "-m", "crossposter", "--config", str(path), "run", "--once"]
            for news, earlier_s in _ROUNDS:  # noqa: B007 - the sandbox's clock reads it
                for language, count in news.items():
                    site.publish(language, count)
                subprocess.run(command, check=True, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)  # noqa: S603 - our own arguments
        yield sandbox


@contextmanager
def _browser() -> Iterator[Chrome]:
    os.environ["SE_OFFLINE"] = "true"  # selenium fetches no driver
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-background-networking", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_argument("--lang=en-GB")
    browser = Chrome(options=options, service=ChromeService(shutil.which("chromedriver") or "chromedriver"))
    try:
        browser.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument",
            {"source": f"const now = Date.now; Date.now = () => now() + {_LATER_S * 1000};"},
        )
        yield browser
    finally:
        browser.quit()


def _take(browser: Chrome, shot: Shot, url: str, path: Path) -> None:
    metrics: dict[str, Any] = {"width": shot.width, "height": shot.height, "deviceScaleFactor": shot.density}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**metrics, "mobile": False})
    scheme = [{"name": "prefers-color-scheme", "value": shot.scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    browser.get(url)
    WebDriverWait(browser, 10).until(_is_complete)
    browser.find_element("css selector", f"[data-platform={shot.platform}] .alt").click()
    browser.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
    browser.save_screenshot(str(path))
    with Image.open(path) as taken:
        picture = taken.convert("RGB")
    picture.save(path, optimize=True)
    if path.stat().st_size > _MAX_BYTES:
        # Not a palette of 256 colours: that turns the skies into bands and the columns' marks into other colours.
        picture.point([_STEP * round(value / _STEP) for value in range(256)] * 3).save(path, optimize=True)


def _is_complete(browser: Chrome) -> bool:
    done: bool = browser.execute_script(
        "return document.querySelectorAll('.post').length > 0 && [...document.images].every(image => image.complete)"
    )
    return done


if __name__ == "__main__":
    sys.exit(main())
