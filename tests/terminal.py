"""A person at a terminal: a program on a pseudo-terminal, what it shows, and what is typed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

_PATIENCE_S = 30


class Terminal:
    """What a person sees, and types."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master = master
        self._process = process
        self._read_to = 0
        #: Everything shown so far, with what the terminal echoed.
        self.shown = ""

    def wait_for(self, words: str) -> str:
        """Read until the words are shown, behind what was waited for before; gives what was shown until there."""
        while (found := self.shown.find(words, self._read_to)) < 0:
            assert self._read(), f"{words!r} was not shown:\n{self.shown}"
        before, self._read_to = self.shown[self._read_to : found], found + len(words)
        return before

    def type(self, line: str) -> None:
        """Type a line. (getpass switches the echo off before it shows its question.)"""
        os.write(self._master, f"{line}\n".encode())

    def give_up(self, control: str) -> None:
        """Press Ctrl and a letter until the program ends.

        Between a question and the wait for its answer Python notices a signal only with the next key.
        """
        for _ in range(_PATIENCE_S):
            with suppress(OSError):
                os.write(self._master, bytes([ord(control.upper()) - 64]))
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)
                return

    def end(self) -> int:
        """Read until the program ends; gives its exit code."""
        while self._read():
            pass
        return self._process.wait(timeout=_PATIENCE_S)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], _PATIENCE_S)
        assert ready, f"nothing more was shown:\n{self.shown}"
        try:
            found = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self.shown += re.sub("\r\n", "\n", found.decode("utf-8", "replace"))
        return bool(found)


def _as_of_a_shell() -> None:
    """Take the terminal, and hear Ctrl-C: a suite that runs in the background ignores it, and hands that on."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def at_a_terminal(*arguments: str, environ: Mapping[str, str]) -> Iterator[Terminal]:
    """Run the program on a terminal of its own, for the length of the block."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "crossposter", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=dict(environ),
        start_new_session=True,
        preexec_fn=_as_of_a_shell,
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        os.close(master)
