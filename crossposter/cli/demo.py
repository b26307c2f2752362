"""`demo`: a city's news reaches three platforms, once, before the reader's eyes. Everything stays on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from crossposter.bootstrap import open_office
from crossposter.cli.sandbox import environment_of, require_sandbox
from crossposter.cli.tables import literal, new_console, new_table, print_deliveries, print_round
from crossposter.clock import SystemClock
from crossposter.config import ConfigModel, load_config
from crossposter.errors import CrossposterError
from crossposter.ledger import Role, SqlLedger, history
from crossposter.messages import Translator, language_of
from crossposter.service import Round
from crossposter.wording import Message, say

if TYPE_CHECKING:
    from crossposter.sandbox import Sandbox
    from crossposter.sandbox.site import Site

#: How many news items the sample city publishes while the demo runs, by language.
_NEWS = {"tr": 3, "en": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The demo's world."""

    sandbox: Sandbox
    site: Site
    #: Of the YAML.
    path: Path
    config: ConfigModel
    environ: Mapping[str, str]


def demo(environ: Mapping[str, str]) -> None:
    """Play it; exit code 1 when what stands on the platforms is not what the ledger says."""
    console, translate = new_console(), Translator(language_of(environ))
    with tempfile.TemporaryDirectory(prefix="crossposter-demo-") as folder, stage_in(Path(folder)) as stage:
        _tell(
            console, translate, say("1. X, Facebook and Instagram run on this machine, at {url}", url=stage.sandbox.url)
        )
        _tell(console, translate, say("2. The first look at the city's feeds: what stands there is old news"))
        _round(console, translate, stage)

        titles = [title for language, count in _NEWS.items() for title in _publish(stage.site, language, count)]
        _tell(console, translate, say("3. The city publishes {count} news items", count=len(titles)))
        for title in titles:
            console.print(literal(f"   • {title}"))

        _tell(console, translate, say("4. The next poll: tweepy, facebook-sdk and instagrapi carry them out"))
        _round(console, translate, stage)
        stood = stage.sandbox.posts()
        _print_timelines(console, translate, stage.sandbox)

        _tell(console, translate, say("5. The ledger: what became of each item on each account, and why"))
        published = _print_ledger(console, translate, stage.config)

        _tell(
            console, translate, say("6. The city's feeds are written anew: their news are known, nothing is repeated")
        )
        # Otherwise the site would answer "not modified", and nothing would have to be recognised.
        stage.site.rebuild(now=SystemClock().now())
        again = _round(console, translate, stage)
        has_read = all(poll.plan and poll.plan.recognised and not poll.plan.new for poll in again.polls)
        if not has_read or again.delivered or len(stage.sandbox.posts()) != len(stood) or published != len(stood):
            raise CrossposterError(say("the demo failed: the platforms and the ledger do not agree"))
        posts = say("{count} posts on three platforms, each once.", count=len(stood))
        console.print(f"\n[bold green]{translate(posts)}[/]")
        console.print(translate(say("Your own configuration: copy config/crossposter.example.yaml, then 'dry-run'.")))


@contextmanager
def stage_in(folder: Path) -> Iterator[Stage]:
    """Run the platforms and the city's site, with the YAML and the ledger in a folder, for the length of the block."""
    sandbox_class = require_sandbox()
    from crossposter.sandbox.site import Site

    site = Site(now=SystemClock().now())
    with sandbox_class(site=site) as sandbox:
        site.base_url = f"{sandbox.url}/site"
        environ = {
            **environment_of(sandbox),
            "DEMO_LEDGER": f"sqlite:///{folder / 'ledger.db'}",
            "DEMO_FEED_TR": f"{site.base_url}/rss/tr.xml",
            "DEMO_FEED_EN": f"{site.base_url}/rss/en.xml",
        }
        path = folder / "crossposter.yaml"
        path.write_bytes((resources.files("crossposter.sandbox") / "demo.yaml").read_bytes())
        config = load_config(path, environ=environ, secrets_needed=True)
        yield Stage(sandbox=sandbox, site=site, path=path, config=config, environ=environ)


def _tell(console: Console, translate: Translator, message: Message) -> None:
    console.print(f"\n[bold]{translate(message)}[/]")


def _publish(site: Site, language: str, count: int) -> list[str]:
    return [title for _ in range(count) for title in site.publish(language)]


def _round(console: Console, translate: Translator, stage: Stage) -> Round:
    with (
        console.status(translate(say("polling and publishing"))),
        open_office(stage.config, stage.environ, role=Role.ROUND) as office,
    ):
        found = office.service(stage.config).run_once()
    print_round(console, found, translate)
    return found


def _print_timelines(console: Console, translate: Translator, sandbox: Sandbox) -> None:
    table = new_table(
        translate, say("account"), say("text"), say("picture"), title=say("What stands on the platforms now")
    )
    for post in sandbox.posts():
        pictures = "\n".join(f"{picture['width']}x{picture['height']}" for picture in post["images"])
        first, *rest = post["text"].splitlines()
        more = translate(say("({count} more lines)", count=len(rest))) if rest else ""
        shown = Text.assemble(literal(first), "\n", (more, "dim"))
        table.add_row(literal(f"{post['platform']}\n@{post['handle']}"), shown, pictures or "-")
    console.print(table)


def _print_ledger(console: Console, translate: Translator, config: ConfigModel) -> int:
    """Print what is not baseline; give the number of published deliveries."""
    ledger = SqlLedger.look(config.ledger)
    try:
        records = history.deliveries(ledger, now=SystemClock().now())
    finally:
        ledger.close()
    print_deliveries(console, [record for record in records if record.status != "skipped"], translate)
    skipped = sum(1 for record in records if record.status == "skipped")
    typer.echo(translate(say("(and {count} deliveries of old news, skipped)", count=skipped)))
    return sum(1 for record in records if record.status == "published")
