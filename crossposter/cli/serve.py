"""`demo --serve`: the daemon, the city and the page with the timelines, until interrupted."""

from __future__ import annotations

import shlex
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from crossposter import logs
from crossposter.audience import secrets_of
from crossposter.bootstrap import open_office
from crossposter.cli.demo import Stage, stage_in
from crossposter.daemon import Daemon
from crossposter.ledger import Role
from crossposter.messages import Translator, language_of
from crossposter.references import SecretMemory
from crossposter.signals import listen
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.sandbox.site import Site

#: Seconds until the city publishes its first news, and between two of them.
_FIRST_S, _PACE_S = 6.0, 8.0
#: The city's first news gets another headline a moment later, so that there is something to correct.
_FIRST, _ADDED = "tr", "güncellendi"


def serve(environ: Mapping[str, str]) -> None:
    """Print where to look, and run until SIGINT or SIGTERM."""
    commands, translate = listen(), Translator(language_of(environ))
    with tempfile.TemporaryDirectory(prefix="crossposter-demo-") as folder, stage_in(Path(folder)) as stage:
        logs.configure(secrets=secrets_of(stage.config, SecretMemory(stage.environ)))
        address = say(
            "The timelines: {url}/  (the city publishes news now and then; Ctrl-C ends it)", url=stage.sandbox.url
        )
        typer.echo(translate(address))
        told = say(
            "To act on it, in another terminal: . {file}   then, for example: crossposter ledger list; crossposter"
            " pause --all --by YOU --reason WHY; crossposter queue; crossposter retract NUMBER --by YOU --reason WHY;"
            " crossposter correct NUMBER --plan, once the city has edited what it published",
            file=_write_environment(stage),
        )
        typer.echo(translate(told))
        with open_office(stage.config, stage.environ, role=Role.DAEMON) as office, _news_now_and_then(stage.site):
            service = office.service(stage.config)
            Daemon(
                service,
                commands=commands,
                load=lambda: service,
                heartbeat=office.heartbeat,
                engine=office.engine(stage.config),
                clock=office.clock,
            ).run()


def _write_environment(stage: Stage) -> Path:
    """Write what a shell reads to act on this daemon: its YAML, what that names, and where this program is."""
    path = stage.path.with_name("environment")
    exports = [
        f"export {name}={shlex.quote(value)}"
        for name, value in {**stage.environ, "CROSSPOSTER_CONFIG": str(stage.path)}.items()
    ]
    programs = shlex.quote(str(Path(sys.executable).parent))
    path.write_text("\n".join([*exports, f'export PATH={programs}:"$PATH"', ""]), "utf-8")
    return path


@contextmanager
def _news_now_and_then(site: Site) -> Iterator[None]:
    """Let the city's next news appear one by one, while the block runs and as long as there are some."""
    stop = threading.Event()

    def publish() -> None:
        if stop.wait(_FIRST_S):
            return
        (title,) = site.publish(_FIRST)
        if stop.wait(_PACE_S):
            return
        site.edit(_FIRST, title=f"{title} ({_ADDED})")
        for language in cycle(("en", "tr")):
            appeared = site.publish(language) or site.publish("tr") or site.publish("en")
            if not appeared or stop.wait(_PACE_S):
                return

    thread = threading.Thread(target=publish, name="city")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
