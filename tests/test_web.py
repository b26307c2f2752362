from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme

from crossposter import web
from crossposter.web import Network, WebClient, WebError, shown
from tests.web_server import Answer, WebServer
from tests.web_server import web_server as web_server_over

LIMIT = 100_000


@pytest.fixture
def client() -> Iterator[WebClient]:
    made = WebClient(Network(allowed=("127.0.0.1",)))
    yield made
    made.close()


def test_a_page_is_fetched_with_its_headers(client: WebClient, web_server: WebServer) -> None:
    web_server.serve("/a", b"merhaba", ETag='"1"')
    response = client.get(web_server.url + "/a", max_bytes=LIMIT, headers={"If-None-Match": '"0"'})
    assert (response.status, response.body, response.headers["etag"]) == (200, b"merhaba", '"1"')
    (sent,) = web_server.requests
    assert sent["user-agent"].startswith("crossposter/")
    assert sent["if-none-match"] == '"0"'


def test_a_compressed_page_is_unpacked(client: WebClient, web_server: WebServer) -> None:
    web_server.serve("/a", gzip.compress(b"merhaba"), Content_Encoding="gzip")
    assert client.get(web_server.url + "/a", max_bytes=LIMIT).body == b"merhaba"


def test_a_redirect_is_followed_and_the_last_address_known(client: WebClient, web_server: WebServer) -> None:
    web_server.serve("/a", b"", status=301, Location="/b")
    web_server.serve("/b", b"merhaba")
    assert client.get(web_server.url + "/a", max_bytes=LIMIT).url == web_server.url + "/b"


def test_a_redirect_to_an_address_with_letters_is_followed(client: WebClient, web_server: WebServer) -> None:
    web_server.serve("/a", b"", status=301, Location="/çiğli".encode().decode("latin-1"))
    web_server.serve("/%C3%A7i%C4%9Fli", b"merhaba")
    assert client.get(web_server.url + "/a", max_bytes=LIMIT).body == b"merhaba"


def test_an_endless_redirect_ends(client: WebClient, web_server: WebServer) -> None:
    web_server.serve("/a", b"", status=302, Location="/a")
    with pytest.raises(WebError, match="redirects more than 3 times"):
        client.get(web_server.url + "/a", max_bytes=LIMIT)
    assert len(web_server.requests) == 4


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://x.tr/a", "gopher://x"])
def test_a_redirect_leads_to_nothing_but_the_web(client: WebClient, web_server: WebServer, target: str) -> None:
    web_server.serve("/a", b"", status=302, Location=target)
    with pytest.raises(WebError, match=r"no http\(s\) address"):
        client.get(web_server.url + "/a", max_bytes=LIMIT)


@pytest.mark.parametrize("status", [404, 410, 500, 503])
def test_another_status_is_an_error_that_names_it(client: WebClient, web_server: WebServer, status: int) -> None:
    web_server.serve("/a", b"", status=status)
    with pytest.raises(WebError, match=f"status {status}") as caught:
        client.get(web_server.url + "/a", max_bytes=LIMIT)
    assert caught.value.status == status


@pytest.mark.parametrize("packed", [True, False])
def test_a_bomb_ends_at_the_limit(client: WebClient, web_server: WebServer, packed: bool) -> None:
    body = bytes(3_000_000)
    if packed:
        web_server.serve("/a", gzip.compress(body), Content_Encoding="gzip")
    else:
        web_server.serve("/a", body)
    with pytest.raises(WebError, match=f"larger than {LIMIT} bytes"):
        client.get(web_server.url + "/a", max_bytes=LIMIT)


def test_a_page_that_breaks_off_is_an_error(client: WebClient, web_server: WebServer) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    web_server.answers["/a"] = half
    with pytest.raises(WebError, match="broke off"):
        client.get(web_server.url + "/a", max_bytes=LIMIT)


def test_a_slow_drip_ends_at_the_deadline(
    client: WebClient, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b"x" * web._CHUNK)
                time.sleep(0.05)  # noqa: TID251 - a slow server is the point
        except OSError:
            pass  # the client has gone, as it should

    web_server.answers["/a"] = drip
    monkeypatch.setattr(web, "DEADLINE_S", 0.3)
    with pytest.raises(WebError, match="took longer"):
        client.get(web_server.url + "/a", max_bytes=100_000_000)


def dribbling(head: bytes, drop: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(head)
            for _ in range(200):
                handler.wfile.write(drop)
                time.sleep(0.05)  # noqa: TID251 - a slow server is the point
        except OSError:
            pass  # the client has gone, as it should

    return answer


DRIBBLES = {
    "head": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
    "body-to-the-end": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x"),
    "chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("kind", DRIBBLES)
@pytest.mark.parametrize("kept", [False, True])
def test_a_byte_now_and_then_ends_at_the_deadline(
    client: WebClient, web_server: WebServer, monkeypatch: pytest.MonkeyPatch, kind: str, kept: bool
) -> None:
    web_server.answers["/a"] = dribbling(*DRIBBLES[kind])
    web_server.serve("/b", b"merhaba")
    if kept:
        client.get(web_server.url + "/b", max_bytes=LIMIT)
    started = time.monotonic()
    monkeypatch.setattr(web, "DEADLINE_S", 0.6)
    with pytest.raises(WebError, match="took longer"):
        client.get(web_server.url + "/a", max_bytes=LIMIT)
    assert time.monotonic() - started < 8  # seconds; the server goes on for ten
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    monkeypatch.setattr(web, "DEADLINE_S", 30.0)
    assert client.get(web_server.url + "/b", max_bytes=LIMIT).body == b"merhaba"


def test_a_handshake_ends_at_the_deadline(client: WebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "DEADLINE_S", 0.6)

    def serve(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            try:
                connection.sendall(b"\x16\x03\x03\x10\x00")
                for _ in range(200):
                    connection.sendall(b"\x02")
                    time.sleep(0.05)  # noqa: TID251 - a slow server
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        started = time.monotonic()
        with pytest.raises(WebError):
            client.get(f"https://127.0.0.1:{server.getsockname()[1]}/", max_bytes=LIMIT)
        assert time.monotonic() - started < 8  # seconds; the server goes on for ten
        thread.join()


def test_one_slow_server_ends_no_other_fetch(
    client: WebClient, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Semaphore(0)

    def dribbles(handler: BaseHTTPRequestHandler) -> None:
        asked.release()
        dribbling(*DRIBBLES["head"])(handler)

    def slow(_: int) -> None:
        with pytest.raises(WebError, match="took longer"):
            client.get(web_server.url + "/a", max_bytes=LIMIT)

    web_server.answers["/a"] = dribbles
    web_server.serve("/b", b"merhaba")
    monkeypatch.setattr(web, "DEADLINE_S", 1.0)
    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(slow, number) for number in range(4)]
        assert all(asked.acquire(timeout=30) for _ in running)
        monkeypatch.setattr(web, "DEADLINE_S", 30.0)  # for the others: a busy machine is not what ends them
        while not all(one.done() for one in running):
            assert client.get(web_server.url + "/b", max_bytes=LIMIT).body == b"merhaba"
        for one in running:
            one.result()


def test_a_deadline_that_passes_between_redirects_is_said(
    client: WebClient, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    web_server.serve("/a", b"", status=302, Location="/a")
    monkeypatch.setattr(web, "DEADLINE_S", -0.1)
    with pytest.raises(WebError, match="took longer"):
        client.get(web_server.url + "/a", max_bytes=LIMIT)


@pytest.mark.parametrize(
    "target",
    ["http://[", "http://h:99999/", "http://h:x/", "http://a..b/", "http:///x", "//", "http://a b/", "http://\xfe/"],
)
def test_a_redirect_to_nowhere_is_an_error(client: WebClient, web_server: WebServer, target: str) -> None:
    web_server.serve("/a", b"", status=302, Location=target)
    web_server.serve("/", b"", status=404)
    with pytest.raises(WebError):
        client.get(web_server.url + "/a", max_bytes=LIMIT)


def test_a_password_is_neither_sent_nor_shown(client: WebClient, web_server: WebServer) -> None:
    web_server.serve("/a", b"merhaba")
    web_server.serve("/c", b"", status=404)
    with_password = web_server.url.replace("//", "//user:geheim@")
    assert client.get(with_password + "/a", max_bytes=LIMIT).url == web_server.url + "/a"
    assert "authorization" not in web_server.requests[0]
    with pytest.raises(WebError, match="status 404") as caught:
        client.get(with_password + "/c", max_bytes=LIMIT)
    assert "geheim" not in str(caught.value)


def test_a_redirect_to_an_address_with_a_password_is_refused(client: WebClient, web_server: WebServer) -> None:
    web_server.serve("/a", b"", status=302, Location=web_server.url.replace("//", "//user:geheim@") + "/b")
    with pytest.raises(WebError, match="holds a name or a password") as caught:
        client.get(web_server.url + "/a", max_bytes=LIMIT)
    assert "geheim" not in str(caught.value)
    assert len(web_server.requests) == 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.tr/@a:b/c@d", "https://x.tr/@a:b/c@d"),
        ("https://u:p@x.tr/a", "https://x.tr/a"),
        ("https://u:p/w@x.tr/a", "https://x.tr/a"),
        ("https://x.tr:80/@a", "https://x.tr:80/@a"),
        ("http://u:p@[", "http://["),
    ],
)
def test_an_address_is_shown_without_a_password(url: str, expected: str) -> None:
    assert shown(url) == expected
    assert len(shown(url + "a" * 300)) == 200


def test_silence_ends_it(client: WebClient, web_server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    web_server.answers["/a"] = lambda _: time.sleep(1)  # noqa: TID251 - a slow server
    monkeypatch.setattr(web, "SILENCE_S", 0.2)
    with pytest.raises(WebError, match="cannot be reached: nothing comes from there in time"):
        client.get(web_server.url + "/a", max_bytes=LIMIT)


def test_a_closed_port_is_an_error(client: WebClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(WebError, match=r"cannot be reached: no connection comes about \(Connection refused\)"):
        client.get(f"http://127.0.0.1:{port}/", max_bytes=LIMIT)


def test_nothing_comes_from_the_environment(
    client: WebClient, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    web_server.serve("/a", b"merhaba")
    assert client.get(web_server.url + "/a", max_bytes=LIMIT).body == b"merhaba"


def test_two_fetches_from_one_host_begin_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SPACING_S", 0.2)
    client = WebClient()
    started = time.monotonic()
    for _ in range(3):
        with pytest.raises(WebError):
            client.get("http://127.0.0.2/", max_bytes=LIMIT)
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry_After": "120"}, 120.0),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "²"}, None),
        ({}, None),
    ],
)
def test_a_server_says_how_long_to_leave_it_alone(
    client: WebClient, web_server: WebServer, headers: dict[str, str], expected: float | None
) -> None:
    web_server.serve("/a", b"", status=503, **headers)
    with pytest.raises(WebError) as caught:
        client.get(web_server.url + "/a", max_bytes=LIMIT)
    assert caught.value.retry_after_s == expected


@pytest.mark.parametrize(
    ("retry", "date", "expected"),
    [
        ("Wed, 25 Nov 2026 09:02:00 GMT", "Wed, 25 Nov 2026 09:00:00 GMT", 120.0),
        ("Wed, 25 Nov 2026 08:00:00 GMT", "Wed, 25 Nov 2026 09:00:00 GMT", 0.0),
        ("Wed, 25 Nov 2026 09:02:00 GMT", "", None),
        ("Wed, 25 Nov 2026 09:02:00 GMT", "Wed, 25 Nov 2026 09:00:00 -0000", None),
    ],
)
def test_a_time_to_come_back_is_read_by_the_servers_own_clock(retry: str, date: str, expected: float | None) -> None:
    assert web._retry_after_s({"retry-after": retry, "date": date}) == expected


@pytest.mark.parametrize(("first", "second", "moved"), [(301, 308, "/c"), (301, 302, "/b"), (302, 301, None)])
def test_a_page_that_has_moved_for_good_is_known_by_its_new_address(
    client: WebClient, web_server: WebServer, first: int, second: int, moved: str | None
) -> None:
    web_server.serve("/a", b"", status=first, Location="/b")
    web_server.serve("/b", b"", status=second, Location="/c")
    web_server.serve("/c", b"merhaba")
    expected = web_server.url + moved if moved else None
    assert client.get(web_server.url + "/a", max_bytes=LIMIT).moved_to == expected


def test_a_certificate_authority_of_the_citys_own_takes_the_place_of_the_others(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "city.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with web_server_over(context) as server:
        server.serve("/a", b"merhaba")
        usual, own = (
            WebClient(Network(allowed=("127.0.0.1",), ca_file=file)) for file in (None, str(tmp_path / "city.pem"))
        )
        assert own.get(server.url + "/a", max_bytes=LIMIT).body == b"merhaba"
        with pytest.raises(WebError, match="certificate"):
            usual.get(server.url + "/a", max_bytes=LIMIT)
        usual.close()
        own.close()
