"""Frames between the program and its child: four bytes of length, and so many bytes."""

from __future__ import annotations

from typing import IO

#: Bytes of one frame: more than any document, or what is read of it.
MAX_FRAME = 64 * 1024 * 1024


def write_frame(sink: IO[bytes], content: bytes) -> None:
    """Write a frame; it is on its way when this returns."""
    sink.write(len(content).to_bytes(4, "big"))
    sink.write(content)
    sink.flush()


def read_frame(source: IO[bytes]) -> bytes | None:
    """Read a frame; None when the other side has gone, or writes no frames."""
    head = source.read(4)
    length = int.from_bytes(head, "big")
    if len(head) < 4 or length > MAX_FRAME:
        return None
    content = source.read(length)
    return content if len(content) == length else None
