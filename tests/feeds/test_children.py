from __future__ import annotations

import io
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from typing import Any

import pytest

from crossposter.errors import FeedError
from crossposter.feeds import child, children
from crossposter.feeds.children import Children
from crossposter.feeds.document import Task
from crossposter.feeds.frames import MAX_FRAME, read_frame, write_frames

TASK = Task(name="https://x.tr/rss", address="https://x.tr/rss", content_type="", language="tr", timezone="UTC")
GOOD = b"<rss version='2.0'><channel><item><title>T</title><guid>1</guid></item></channel></rss>"


@pytest.fixture
def pool() -> Iterator[Children]:
    with closing(Children()) as made:
        yield made


def behaving(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let the child's reading of a document be this code; `content` is the document."""
    start = "import sys; sys.path.append(sys.argv[1]); from crossposter.feeds import child, parsing\n"
    body = "\n".join(f"    {line}" for line in code.splitlines())
    read = f"def read(content, task):\n{body}\n    return parsing.read_document(content, task)\n"
    monkeypatch.setattr(children, "_CODE", f"{start}{read}child.read_document = read\nchild.main()")


def test_one_child_reads_one_document_after_the_other(pool: Children) -> None:
    for _ in range(3):
        assert [item.title for item in pool.read(GOOD, TASK).items] == ["T"]
    assert len(pool._idle) == 1


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import os, signal\nif content == b'x': os.kill(os.getpid(), signal.SIGSEGV)", "ends the process"),
        ("import os\nif content == b'x': os._exit(3)", r"exit code 3"),
        ("import sys\nif content == b'x': sys.stdout.buffer.write(b'no frame at all'); sys.exit()", "ends the process"),
        ("if content == b'x': bytes(10 ** 9)", "more than 512 MiB"),
        ("if content == b'x': raise KeyError('links')", "cannot be parsed: KeyError"),
        ("if content == b'x':\n  while True: pass", "takes too long"),
    ],
)
def test_a_document_that_breaks_the_child_is_that_feeds_failure(
    pool: Children, monkeypatch: pytest.MonkeyPatch, code: str, problem: str
) -> None:
    behaving(monkeypatch, code)
    assert pool.read(GOOD, TASK).items
    with pytest.raises(FeedError, match=rf"'https://x\.tr/rss'.*{problem}"):
        pool.read(b"x", TASK)
    assert pool.read(GOOD, TASK).items


def test_a_child_that_sleeps_is_ended(pool: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    behaving(monkeypatch, "import time\nif content == b'x': time.sleep(60)")
    monkeypatch.setattr(children, "WALL_S", 0.3)
    with pytest.raises(FeedError, match="takes too long"):
        pool.read(b"x", TASK)


def test_a_document_that_hangs_delays_no_other(pool: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    behaving(monkeypatch, "import time\nif content == b'x': time.sleep(60)")
    monkeypatch.setattr(children, "WALL_S", 3.0)
    with ThreadPoolExecutor(2) as threads:
        hanging = [threads.submit(pool.read, b"x", TASK) for _ in range(2)]
        assert pool.read(GOOD, TASK).items
        assert not all(one.done() for one in hanging)
        assert all(isinstance(one.exception(), FeedError) for one in hanging)
    assert len(pool._idle) == 1


def test_there_are_never_more_children_than_places(pool: Children) -> None:
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda _: len(pool.read(GOOD, TASK).items), range(40)))
    assert found == [1] * 40
    assert len(pool._idle) == 1
    assert pool._busy == 0


def test_a_child_that_was_killed_while_it_waited_is_replaced(pool: Children) -> None:
    pool.read(GOOD, TASK)
    process = pool._idle[0]._process
    assert process
    process.kill()
    process.wait()
    assert pool.read(GOOD, TASK).items


def test_a_child_knows_no_secrets_and_ends_with_its_parent(pool: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_API_KEY", "geheim")
    pool.read(GOOD, TASK)
    process = pool._idle[0]._process
    assert process
    assert process.stdin
    with open(f"/proc/{process.pid}/environ", "rb") as environ:
        assert b"geheim" not in environ.read()
    process.send_signal(signal.SIGINT)  # Ctrl-C reaches the whole group
    assert pool.read(GOOD, TASK).items
    process.stdin.close()
    assert process.wait(5) == 0


def test_what_cannot_be_started_is_said_so(pool: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(FeedError, match="no process starts"):
        pool.read(GOOD, TASK)


def test_nothing_heavy_is_loaded_into_a_child_that_has_read_nothing() -> None:
    code = "import sys; import crossposter.feeds.child; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"feedparser", "urllib3", "pydantic", "sqlalchemy", "rich", "structlog", "typer", "ssl"}


class TestFrames:
    def test_a_frame_comes_out_as_it_went_in(self) -> None:
        pipe = io.BytesIO()
        for content in (b"", b"x" * 70_000):
            write_frames(pipe, content)
        pipe.seek(0)
        assert [read_frame(pipe), read_frame(pipe), read_frame(pipe)] == [b"", b"x" * 70_000, None]

    @pytest.mark.parametrize("broken", [b"", b"\0\0", b"\0\0\0\x05abc", (MAX_FRAME + 1).to_bytes(4, "big") + b"x"])
    def test_half_a_frame_is_none(self, broken: bytes) -> None:
        assert read_frame(io.BytesIO(broken)) is None


def served(content: bytes) -> Any:
    source, sink = io.BytesIO(), io.BytesIO()
    write_frames(source, json.dumps(asdict(TASK)).encode(), content)
    source.seek(0)
    limited = []
    child.serve(source, sink, limit=lambda: limited.append(True))
    assert limited == [True]
    sink.seek(0)
    return json.loads(read_frame(sink) or b"")


def test_the_child_answers_with_a_document_or_with_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    assert served(GOOD)["document"]["items"][0]["title"] == "T"
    assert "is no feed" in served(b"no")["refused"][0]
    for error in (MemoryError(), ZeroDivisionError()):

        def breaking(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(child, "read_document", breaking)
        assert ("traceback" in served(GOOD)) is isinstance(error, ZeroDivisionError)


def test_each_document_has_its_own_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: given.append(limits[0]))
    before = _cpu_s()
    child.limit_cpu()
    assert given[0] - before > child.CPU_S - 1
    assert given[0] - _cpu_s() <= child.CPU_S


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)  # as the kernel counts; os.times counts in hundredths
    return used.ru_utime + used.ru_stime
