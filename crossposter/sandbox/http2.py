"""HTTP/2 on one TLS connection: reads requests, writes outcomes."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from crossposter.sandbox.connections import Connections, reset
from crossposter.sandbox.exchange import Ending, Outcome, Request, read_request


@dataclass(slots=True)
class _Incoming:
    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)


class Http2Connection:
    """Serves one connection until either side closes it."""

    def __init__(
        self,
        connection: ssl.SSLSocket,
        *,
        host: str,
        answer: Callable[[Request], Outcome],
        connections: Connections,
    ) -> None:
        self._connection = connection
        self._host = host
        self._answer = answer
        self._connections = connections
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self._h2 = h2.connection.H2Connection(config)
        self._incoming: dict[int, _Incoming] = {}
        # What flow control has held back, per stream.
        self._outgoing: dict[int, bytes] = {}
        self._open = True
        # What is carried out when the client gives a stream up.
        self._afterwards: dict[int, Callable[[], None]] = {}

    def serve(self) -> None:
        """Serve requests; a client that goes away in the middle is its own business."""
        try:
            self._serve()
        finally:
            for act in self._afterwards.values():
                act()

    def _serve(self) -> None:
        self._h2.initiate_connection()
        self._flush()
        while self._open:
            data = self._connection.recv(65536)
            if not data:
                return
            try:
                events = self._h2.receive_data(data)
            except h2.exceptions.ProtocolError:
                self._flush()
                return
            for event in events:
                self._take(event)
                if not self._open:
                    return
            self._flush()

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._incoming[event.stream_id] = _Incoming({_text(n): _text(v) for n, v in event.headers or ()})
        elif isinstance(event, h2.events.DataReceived):
            self._incoming[event.stream_id].body += event.data or b""
            self._h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self._write(event.stream_id, self._answer(self._request(self._incoming.pop(event.stream_id))))
        elif isinstance(event, h2.events.StreamReset):
            self._incoming.pop(event.stream_id, None)
            self._outgoing.pop(event.stream_id, None)
            self._connections.end_silence(self._connection)
            if act := self._afterwards.pop(event.stream_id, None):
                act()
        elif isinstance(event, h2.events.WindowUpdated):
            for stream_id in list(self._outgoing):
                self._send_body(stream_id)
        elif isinstance(event, h2.events.ConnectionTerminated):
            self._open = False

    def _request(self, incoming: _Incoming) -> Request:
        headers = incoming.headers
        return read_request(
            headers[":method"],
            host=headers.get(":authority", self._host),
            target=headers[":path"],
            headers={name: value for name, value in headers.items() if not name.startswith(":")},
            body=bytes(incoming.body),
            protocol="h2",
        )

    def _write(self, stream_id: int, outcome: Outcome) -> None:
        if outcome.ending is Ending.RESET:
            self._open = False
            reset(self._connection)
            return
        if outcome.ending is Ending.SILENT:
            # The stream stays open and unanswered; the loop notices when the client gives up.
            self._connections.silence(self._connection, outcome.released)
            if outcome.afterwards:
                self._afterwards[stream_id] = outcome.afterwards
            return
        response = outcome.response
        truncated = outcome.ending is Ending.TRUNCATED
        length = 2 * len(response.body) + 1 if truncated else len(response.body)
        headers = [(":status", str(response.status)), ("content-length", str(length))]
        headers += [(name.lower(), value) for name, value in response.headers.items()]
        self._h2.send_headers(stream_id, headers)
        self._outgoing[stream_id] = response.body
        if truncated:
            self._h2.send_data(stream_id, self._outgoing.pop(stream_id))
            self._open = False
            self._flush()
            return
        self._send_body(stream_id)

    def _send_body(self, stream_id: int) -> None:
        rest = self._outgoing.pop(stream_id)
        while rest:
            room = min(self._h2.local_flow_control_window(stream_id), self._h2.max_outbound_frame_size)
            if room <= 0:
                self._outgoing[stream_id] = rest
                return
            self._h2.send_data(stream_id, rest[:room])
            rest = rest[room:]
        self._h2.end_stream(stream_id)

    def _flush(self) -> None:
        self._connection.sendall(self._h2.data_to_send())


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()
