"""The child that reads documents: untrusted bytes in, items or an article out, under hard limits of time and memory.

One task after the other over standard input and output, as frames: how to read (JSON), the document as it came; the
answer (JSON). What goes beyond the limit of time ends it; the parent then tells the feed's keeper.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import IO, Any

from crossposter.errors import FeedError
from crossposter.feeds.document import PageTask, Task, message_to_json, to_json
from crossposter.feeds.frames import read_frame, write_frames
from crossposter.feeds.parsing import read_document
from crossposter.wording import say

#: Seconds of CPU for one document, so that with all around it it stays below five; a feed of 2,500 items takes one.
CPU_S = 4
#: Bytes of address space; a document of 5 MiB takes a third of it.
MEMORY = 512 * 1024 * 1024


def main() -> None:
    """Read documents until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, most))
    serve(sys.stdin.buffer, sys.stdout.buffer, limit=limit_cpu)


def limit_cpu() -> None:
    """Give the process so many more seconds of CPU; the kernel counts whole ones, so it may be one less."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + CPU_S, most))


def serve(source: IO[bytes], sink: IO[bytes], *, limit: Callable[[], None]) -> None:
    """Answer tasks until the source ends; each after `limit` was called."""
    while (head := read_frame(source)) is not None and (content := read_frame(source)) is not None:
        limit()
        write_frames(sink, json.dumps(answer(content, _task(json.loads(head)))).encode("ascii"))


def _task(found: dict[str, Any]) -> Task | PageTask:
    """Tell the two kinds of task apart: only one of them says what it wants."""
    return PageTask(**found) if "wants_text" in found else Task(**found)


def answer(content: bytes, task: Task | PageTask) -> dict[str, Any]:
    """Read a document; what is wrong with it, or with us, is an answer as well."""
    try:
        if isinstance(task, PageTask):
            from crossposter.feeds.page import read_page  # most children read feeds only

            return {"page": asdict(read_page(content, task))}
        return {"document": to_json(read_document(content, task))}
    except FeedError as error:
        return {"refused": message_to_json(error.message)}
    except MemoryError:
        limit = MEMORY // 1024 // 1024
        sentence = say("{url!r} takes more than {limit} MiB to read: not read", url=task.name, limit=limit)
        return {"refused": message_to_json(sentence)}
    except Exception as error:  # noqa: BLE001 - one document must not cost the others; the parent logs it
        import traceback

        cause = type(error).__name__
        refused = message_to_json(say("{url!r} cannot be parsed: {cause}", url=task.name, cause=cause))
        return {"refused": refused, "traceback": traceback.format_exc(limit=-10)}
