"""A loopback server of the feeds in `newsfeeds.py`, in a process of its own: its work is nobody's who is measured.

`/<number>.xml` is a feed. `/!bump?<share>` publishes three items in that share of the feeds; `/!mode?<mode>` changes
how it answers: `etag` (304 where nothing changed), `plain` (no validators, the same bytes again) or `churn` (no
validators, and another head of the feed in each answer).
"""

from __future__ import annotations

import asyncio
import sys
from functools import cache

from benchmarks.newsfeeds import document

base = ""
versions: list[int] = []
mode = "etag"
answers = 0


@cache
def content(feed: int, version: int) -> bytes:
    """Give a feed, made once."""
    return document(feed, version, base=base, built=10_000_000)


def respond(path: str, headers: str) -> tuple[str, bytes]:
    """Answer a request with header lines and a body."""
    global mode, answers
    if path.startswith("/!"):
        name, _, value = path[2:].partition("?")
        if name == "mode":
            mode = value
        else:
            chosen = range(0, len(versions), round(1 / float(value)))
            for feed in chosen:
                versions[feed] += 1
                content(feed, versions[feed])
        return "HTTP/1.1 200 OK\r\n", b""
    feed = int(path[1:].partition(".")[0])
    kind = "Content-Type: application/rss+xml; charset=utf-8\r\n"
    body = content(feed, versions[feed])
    if mode == "churn":
        answers += 1
        body = body.replace(b"<ttl>15", b"<!--%08d--><ttl>15" % answers)
    if mode == "etag":
        etag = f'"{feed}-{versions[feed]}"'
        if f"if-none-match: {etag}" in headers.lower():
            return f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n", b""
        kind += f"ETag: {etag}\r\n"
    return f"HTTP/1.1 200 OK\r\n{kind}", body


class Http(asyncio.Protocol):
    """One kept connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        """Answer what is whole."""
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            lines = head.decode("latin-1")
            answer, body = respond(lines.split()[1], lines)
            length = "" if " 304 " in answer else f"Content-Length: {len(body)}\r\n"
            self._transport.write(f"{answer}{length}\r\n".encode() + body)


async def serve(feeds: int) -> None:
    """Serve until the process is ended; print the address when ready."""
    global base
    server = await asyncio.get_running_loop().create_server(Http, "127.0.0.1", 0, backlog=256)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    versions.extend([0] * feeds)
    for feed in range(feeds):
        content(feed, 0)
    print(base, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
