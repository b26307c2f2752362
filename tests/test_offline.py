"""The suite's own guard: nothing that a test does leaves the machine."""

from __future__ import annotations

import socket

import curl_cffi.requests
import pytest

from tests.web_server import WebServer

#: TEST-NET-1 (RFC 5737): nobody's, should the guard ever fail.
STRANGER = "192.0.2.1"


@pytest.fixture
def session() -> curl_cffi.requests.Session[curl_cffi.requests.Response]:
    return curl_cffi.requests.Session(trust_env=False, timeout=1)


def test_no_socket_reaches_a_stranger() -> None:
    with pytest.raises(AssertionError, match=STRANGER), socket.socket() as made:
        made.connect((STRANGER, 80))


def test_curl_reaches_no_stranger(session: curl_cffi.requests.Session[curl_cffi.requests.Response]) -> None:
    with pytest.raises(AssertionError, match=STRANGER):
        session.get(f"http://{STRANGER}/")
    with pytest.raises(AssertionError, match=STRANGER):
        session.get("http://127.0.0.1/", proxy=f"http://{STRANGER}:1")


def test_curl_reaches_this_machine_and_what_stands_behind_a_proxy_on_it(
    session: curl_cffi.requests.Session[curl_cffi.requests.Response], web_server: WebServer
) -> None:
    web_server.serve("/a", b"merhaba")
    web_server.serve(f"http://{STRANGER}/a", b"merhaba")
    assert session.get(f"{web_server.url}/a").content == b"merhaba"
    session.get(f"http://{STRANGER}/a", proxy=web_server.url)
    assert len(web_server.requests) == 2


def test_curl_forgets_the_proxy_of_the_request_before(
    session: curl_cffi.requests.Session[curl_cffi.requests.Response], web_server: WebServer
) -> None:
    web_server.serve(f"http://{STRANGER}/a", b"merhaba")
    session.get(f"http://{STRANGER}/a", proxy=web_server.url)
    with pytest.raises(AssertionError, match=STRANGER):
        session.get(f"http://{STRANGER}/a")
