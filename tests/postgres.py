"""A PostgreSQL server of one's own on loopback, from the programs that Debian's package `postgresql` installs.

    python -m tests.postgres

starts one, prints an address of a database in it, and ends with it on Ctrl-C.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import pytest

from crossposter.clock import SystemClock
from crossposter.references import DatabaseAddress
from tests.memory import folder_in_memory

USER, PASSWORD = "city", "s3cret%word"
#: In an address.
_WRITTEN = "s3cret%25word"
#: Seconds in which it must answer.
_LIMIT_S = 30
#: Nothing of it outlives the tests.
_FAST = (
    *("fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=16MB", "max_connections=60"),
    *("wal_level=minimal", "max_wal_senders=0"),
)


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    port: int
    _numbers: Iterator[int] = field(default_factory=count)

    def address(self, database: str, *, password: str = _WRITTEN) -> DatabaseAddress:
        """Give the address of a database."""
        return DatabaseAddress(f"postgresql+psycopg://{USER}:{password}@127.0.0.1:{self.port}/{database}")

    @contextmanager
    def database(self) -> Iterator[DatabaseAddress]:
        """Make an empty database for the length of the block."""
        name = f"ledger_{next(self._numbers)}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")
            yield self.address(name)
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect past everything of ours; each statement is committed by itself."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
        )


def programs() -> Path | None:
    """Give the folder of the newest server's programs; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@contextmanager
def postgres(*, settings: tuple[str, ...] = _FAST) -> Iterator[Server]:
    """Run one for the length of the block; without its programs, skip the test."""
    if (folder := programs()) is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    memory = folder_in_memory()
    with tempfile.TemporaryDirectory(prefix="crossposter-postgres-", dir=memory, ignore_cleanup_errors=True) as place:
        data, word = Path(place, "data"), Path(place, "password")
        word.write_text(PASSWORD)
        _give_away(Path(place), word)
        subprocess.run(
            [
                *(*_as_somebody(), folder / "initdb", "-D", data, "--no-sync", "-E", "UTF8", "--locale=C"),
                *("-U", USER, "--pwfile", word, "-A", "scram-sha-256"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        port = _free_port()
        options = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", *settings]
        command = [*_as_somebody(), folder / "postgres", "-D", data, *(part for one in options for part in ("-c", one))]
        with Path(place, "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                server = Server(port)
                _wait_for(server, process)
                yield server
            finally:
                process.send_signal(signal.SIGQUIT)  # at once: its data are thrown away


def _as_somebody() -> list[str | Path]:
    """Give what a command begins with: the server refuses to be root, and is to end with whoever started it."""
    if not (setpriv := shutil.which("setpriv")):
        return []
    somebody = ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return [setpriv, "--pdeathsig", "QUIT", *somebody]


def _give_away(*paths: Path) -> None:
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, "postgres", "postgres")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    end = monotonic() + _LIMIT_S
    while True:
        try:
            server.connect("postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or monotonic() > end:
                raise
            SystemClock().sleep(0.05)
        else:
            return


def main() -> None:
    """Run one until Ctrl-C, with nothing made faster than it is."""
    with postgres(settings=()) as server, server.database() as address:
        print(address.url, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
