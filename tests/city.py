"""A city for whole-program tests: its site, its platforms and its configuration, all on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crossposter.cli.sandbox import environment_of
from crossposter.clock import SystemClock
from crossposter.sandbox import Sandbox
from crossposter.sandbox.site import Site

DEMO_CONFIG = Path(__file__).parents[1] / "config" / "demo.yaml"


@dataclass(frozen=True)
class City:
    """What a test needs of it."""

    sandbox: Sandbox
    site: Site
    ledger: Path
    #: For config/demo.yaml: addresses, credentials, the ledger.
    environ: dict[str, str]

    def without_secrets(self) -> dict[str, str]:
        """Give the environment with the addresses of the feeds and the ledger only."""
        return {name: value for name, value in self.environ.items() if name.startswith("DEMO_")}


@contextmanager
def a_city(folder: Path) -> Iterator[City]:
    """Run it for the length of the block."""
    site = Site(now=SystemClock().now())
    with Sandbox(site=site) as sandbox:
        site.base_url = f"{sandbox.url}/site"
        ledger = folder / "ledger.db"
        environ = {
            **environment_of(sandbox),
            "DEMO_LEDGER": f"sqlite:///{ledger}",
            "DEMO_FEED_TR": f"{site.base_url}/rss/tr.xml",
            "DEMO_FEED_EN": f"{site.base_url}/rss/en.xml",
        }
        yield City(sandbox=sandbox, site=site, ledger=ledger, environ=environ)
