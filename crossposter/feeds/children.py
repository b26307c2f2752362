"""The child processes that read documents, seen from the program: started when needed, ended when one hangs.

A document that hangs or crashes its reader is that feed's failure, and nobody else's: the others have other children.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from crossposter.errors import FeedError
from crossposter.feeds.document import (
    Document,
    Page,
    PageTask,
    Task,
    from_json,
    message_from_json,
    page_from_json,
    task_to_json,
)
from crossposter.feeds.frames import read_frame, write_frames
from crossposter.watchdog import Watch
from crossposter.wording import Message, say

#: Seconds after which a child is ended whatever it does; its CPU has a limit of its own (`child.py`).
WALL_S = 30.0
#: Bytes between it and the program: a whole feed, so that it is handed over at once.
_PIPE = 256 * 1024
#: Children at the same time.
MAX_CHILDREN = 4
#: All that a child gets of the environment: no keys and tokens.
_ENVIRONMENT = (
    "LD_LIBRARY_PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONPYCACHEPREFIX",
    "PYTHONTZPATH",
)
_ROOT = str(Path(__file__).parents[2])
_CODE = "import sys; sys.path.append(sys.argv[1]); from crossposter.feeds.child import main; main()"

_log = logging.getLogger(__name__)


class Children:
    """Reads documents in children, which are started when they are needed. Safe to use from several threads."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(MAX_CHILDREN)
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._busy = 0

    def close(self) -> None:
        """End the children that have nothing to do."""
        with self._lock:
            ended, self._idle = self._idle, []
        for child in ended:
            child.end()

    def read(self, content: bytes, task: Task) -> Document:
        """Read a feed.

        Raises:
            FeedError: This is no feed, is beyond a limit, or breaks off inside an item.
        """
        return from_json(self._asked(content, task)["document"])

    def read_page(self, content: bytes, task: PageTask) -> Page:
        """Read the page of an article.

        Raises:
            FeedError: It takes more time or memory than a page may.
        """
        return page_from_json(self._asked(content, task)["page"])

    def _asked(self, content: bytes, task: Task | PageTask) -> dict[str, Any]:
        with self._places:
            child = self._taken()
            try:
                return child.ask(content, task)
            finally:
                self._give_back(child)

    def _taken(self) -> _Child:
        with self._lock:
            child = self._idle.pop() if self._idle else None
            self._busy += 1
        return child or _Child()

    def _give_back(self, child: _Child) -> None:
        """Keep it for the next document; once nothing is read any more, one is enough."""
        with self._lock:
            self._busy -= 1
            if child.is_alive:
                self._idle.append(child)
            surplus = [] if self._busy else self._idle[1:]
            self._idle = self._idle if self._busy else self._idle[:1]
        for one in surplus:
            one.end()


class _Child:
    """One child process. After an error it has gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ask(self, content: bytes, task: Task | PageTask) -> dict[str, Any]:
        try:
            process = self._process if self._process and self.is_alive else self._started()
        except OSError as error:
            sentence = say("{url!r} cannot be read: no process starts ({cause})", url=task.name, cause=error.strerror)
            raise FeedError(sentence) from error
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        watch = Watch(WALL_S, end)
        try:
            answer = _asked(process, content, task)
        finally:
            watch.stop()
        if answer is None:
            self.end()
            raise FeedError(_why_ended(process.returncode, task, is_late=late.is_set()))
        if "traceback" in answer:
            _log.warning("%r: %s", task.name, answer["traceback"])
        if "refused" in answer:
            raise FeedError(message_from_json(answer["refused"]))
        return answer

    def end(self) -> None:
        """Let it go: it has nothing to finish."""
        if process := self._process:
            self._process = None
            process.kill()
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout)):
                with suppress(OSError):  # what it did not take any more
                    pipe.close()

    def _started(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self.end()
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-s", "-c", _CODE, _ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        with suppress(OSError, AttributeError):  # as much as the system allows; not everywhere can it be asked for
            fcntl.fcntl(self._process.stdin or -1, fcntl.F_SETPIPE_SZ, _PIPE)
        return self._process


def _asked(process: subprocess.Popen[bytes], content: bytes, task: Task | PageTask) -> dict[str, Any] | None:
    """Send a task and wait for its answer; None when the child ends over it."""
    assert process.stdin  # noqa: S101 - piped
    assert process.stdout  # noqa: S101 - piped
    try:
        write_frames(process.stdin, json.dumps(task_to_json(task)).encode("ascii"), content)
        answer = read_frame(process.stdout)
    except OSError:
        return None
    found: dict[str, Any] | None = json.loads(answer) if answer is not None else None
    return found


def _why_ended(code: int, task: Task | PageTask, *, is_late: bool) -> Message:
    if is_late or code == -signal.SIGXCPU:
        return say("{url!r} takes too long to read: not read", url=task.name)
    return say("{url!r} ends the process that reads it (exit code {code}): not read", url=task.name, code=code)
