"""Frames between the program and its child: four bytes of length, and so many bytes."""

from __future__ import annotations

from typing import IO

#: Bytes of one frame: more than any document, or what is read of it.
MAX_FRAME = 64 * 1024 * 1024


def write_frames(sink: IO[bytes], *contents: bytes) -> None:
    """Write frames, all at once, so that the other side wakes once; they are on their way when this returns."""
    sink.write(b"".join(part for content in contents for part in (len(content).to_bytes(4, "big"), content)))
    sink.flush()


def read_frame(source: IO[bytes]) -> bytes | None:
    """Read a frame; None when the other side has gone, or writes no frames."""
    head = source.read(4)
    length = int.from_bytes(head, "big")
    if len(head) < 4 or length > MAX_FRAME:
        return None
    content = source.read(length)
    return content if len(content) == length else None
