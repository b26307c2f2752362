"""A real browser for the pages that are made here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

#: A page or a script that takes longer hangs.
_LIMIT_S = 10


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a headless Chromium that neither fetches a driver nor calls anybody; without one, skip the test."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver):
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium, chromium-driver)")
    pytest.importorskip("selenium", reason="selenium is not installed")
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-background-networking", "--no-first-run"):
        options.add_argument(argument)
    options.add_argument("--disable-dev-shm-usage")  # a container's /dev/shm is small
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SE_OFFLINE", "true")
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        running = Chrome(options=options, service=ChromeService(driver))
        try:
            running.set_page_load_timeout(_LIMIT_S)
            running.set_script_timeout(_LIMIT_S)
            yield running
        finally:
            running.quit()
