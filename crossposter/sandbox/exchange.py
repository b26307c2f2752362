"""What goes over the wire, as values: one request, one response, and how the response ends.

Knows bytes and encodings, no platform and no socket.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as the sandbox received it."""

    method: str
    #: The Host header, with the port where one was sent.
    host: str
    #: The path exactly as sent, still percent-encoded, without the query.
    path: str
    query_string: str
    query: Mapping[str, str]
    #: Names are lower-cased.
    headers: Mapping[str, str]
    body: bytes
    #: Fields of an urlencoded, multipart, JSON or signed body; nested JSON values are JSON text.
    form: Mapping[str, str]
    #: Uploaded files of a multipart body, by field name.
    files: Mapping[str, bytes]
    #: "h1" or "h2".
    protocol: str

    @property
    def url(self) -> str:
        """Give the address without the query, as a client without TLS saw it."""
        return f"http://{self.host}{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest(Request):
    """A request in the sandbox's log."""

    platform: str
    #: What the request does in the words of the faults ("publish"), "" for anything else.
    operation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response, before it is framed."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Ending(StrEnum):
    """How a response reaches the client, or fails to."""

    COMPLETE = "complete"
    #: The header announces more than what follows; then the connection closes.
    TRUNCATED = "truncated"
    #: The connection is reset without an answer.
    RESET = "reset"
    #: No answer; the connection stays open until the client has had enough.
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the transport has to do for one request."""

    response: Response = field(default_factory=Response)
    ending: Ending = Ending.COMPLETE
    #: Set when a silence is to end.
    released: threading.Event = field(default_factory=threading.Event)
    #: What is done when the client of a silent one has gone.
    afterwards: Callable[[], None] | None = None


def json_response(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Wrap a value as a JSON response."""
    content_type = {"content-type": "application/json; charset=utf-8"}
    return Response(status=status, headers=content_type | dict(headers or {}), body=json.dumps(value).encode())


def read_request(
    method: str, *, host: str, target: str, headers: Mapping[str, str], body: bytes, protocol: str
) -> Request:
    """Build a request from its parts; a body that cannot be parsed leaves `form` empty."""
    lowered = {name.lower(): value for name, value in headers.items()}
    address = urlsplit(target)
    form, files = _parse_body(lowered.get("content-type", ""), body)
    return Request(
        method=method.upper(),
        host=lowered.get("host", host),
        path=address.path,
        query_string=address.query,
        query=dict(parse_qsl(address.query, keep_blank_values=True)),
        headers=lowered,
        body=body,
        form=form,
        files=files,
        protocol=protocol,
    )


def _parse_body(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            return _parse_multipart(content_type, body)
        if kind == "application/x-www-form-urlencoded":
            return _parse_urlencoded(body.decode()), {}
        if kind == "application/json":
            return _as_fields(json.loads(body)), {}
    except ValueError:
        return {}, {}
    return {}, {}


def _parse_urlencoded(text: str) -> dict[str, str]:
    # instagrapi sends JSON texts under the urlencoded type now and then (feed/timeline).
    if text.startswith("{"):
        return _as_fields(json.loads(text))
    fields = dict(parse_qsl(text, keep_blank_values=True))
    if set(fields) == {"signed_body"}:
        return _as_fields(json.loads(fields["signed_body"].partition(".")[2]))
    return fields


def _as_fields(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name: each if isinstance(each, str) else json.dumps(each) for name, each in value.items()}


def _parse_multipart(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    # Not the email package: it reads the body as text, and uploads must stay exact to the byte.
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if boundary is None:
        return {}, {}
    form: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        disposition = head.decode("utf-8", "replace")
        name = re.search(r'[; ]name="([^"]*)"', disposition)
        if name is None:
            continue
        if re.search(r"filename\*?=", disposition):
            files[unquote(name[1])] = content
        else:
            form[unquote(name[1])] = content.decode()
    return form, files
