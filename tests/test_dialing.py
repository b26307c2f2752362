from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from crossposter.core.model import PictureRef, Validators
from crossposter.errors import FeedError, PictureError
from crossposter.feeds.reading import FeedReader
from crossposter.feeds.source import WebFeedSource
from crossposter.media.source import WebPictureSource
from crossposter.testing import LIMITS, a_feed
from crossposter.web import Network, WebClient, WebError
from tests.web_server import WebServer

#: Names of the tests' own DNS.
NAMES = {
    "site.example": ["127.0.0.1"],
    "inner.example": ["10.1.2.3"],
    "mixed.example": ["93.184.216.34", "127.0.0.1"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "tunnel.example": ["2002:7f00:1::"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "metadata.example": ["169.254.169.254"],
}
VECTORS = [
    *(f"http://{name}/" for name in NAMES if name != "site.example"),
    "http://127.0.0.1/",
    "http://127.0.0.1:6379/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST:80/",
    "https://localhost/",
    "http://0/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:db8::1]/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:6379/_PING",
    "//127.0.0.1/",
]


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Give the addresses that were dialled; names are those of the tests' own DNS."""
    dialled: list[Any] = []
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def recorded(self: socket.socket, address: Any) -> None:
        dialled.append(address)
        connect(self, address)

    def resolved(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host not in NAMES:
            return resolve(host, port, *args, **kwargs)
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in NAMES[host]]
        found = zip(families, NAMES[host], strict=True)
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for family, address in found]

    monkeypatch.setattr(socket.socket, "connect", recorded)
    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return dialled


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebClient]:
    """Give a client that may reach the tests' site by its name, and nothing else on this machine."""
    monkeypatch.setattr("crossposter.web.SPACING_S", 0)
    client = WebClient(Network(allowed=("site.example",)))
    yield client
    client.close()


def test_there_are_enough_ways_to_try() -> None:
    assert len(set(VECTORS)) >= 40


@pytest.mark.parametrize("url", VECTORS)
def test_nothing_is_connected_that_is_no_public_address(
    web: WebClient, web_server: WebServer, connections: list[Any], url: str
) -> None:
    source, pictures = WebFeedSource(web, FeedReader()), WebPictureSource(web)
    with pytest.raises(FeedError):
        source.fetch(a_feed(url=url), Validators())
    with pytest.raises(WebError):
        web.get(url, max_bytes=1000)
    with pytest.raises(PictureError):
        pictures.prepare(PictureRef(url=url), limits=LIMITS, alt="")
    assert connections == []
    web_server.serve("/a", b"", status=302, Location=ascii_only(url))
    site = web_server.url.replace("127.0.0.1", "site.example")
    with pytest.raises(FeedError):
        source.fetch(a_feed(url=site + "/a"), Validators())
    assert len(connections) == 1


def ascii_only(url: str) -> str:
    return url.encode("utf-8").decode("latin-1")


def test_the_refusal_prints_the_line_that_opens_the_citys_own_site(web: WebClient, connections: list[Any]) -> None:
    with pytest.raises(WebError, match=r"network: \{allow: \[10\.1\.2\.3/32\]\}"):
        web.get("http://inner.example/", max_bytes=1000)
    with pytest.raises(WebError) as caught:
        web.get("http://metadata.example/", max_bytes=1000)
    assert "allow" not in str(caught.value)


def test_a_checked_address_is_the_one_that_is_dialled(
    web_server: WebServer, monkeypatch: pytest.MonkeyPatch, connections: list[Any]
) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])  # the second question would be answered otherwise
    monkeypatch.setitem(NAMES, "site.example", [])
    resolved = socket.getaddrinfo

    def rebinding(host: str, port: int, **kwargs: Any) -> Any:
        NAMES["site.example"] = next(answers)
        return resolved(host, port, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    web_server.serve("/a", b"merhaba")
    client = WebClient(Network(allowed=("127.0.0.1",)))
    url = web_server.url.replace("127.0.0.1", "site.example")
    assert client.get(url + "/a", max_bytes=1000).body == b"merhaba"
    client.close()
    assert [address[0] for address in connections] == ["127.0.0.1"]


def test_the_next_address_is_tried_when_one_does_not_answer(
    web: WebClient, web_server: WebServer, monkeypatch: pytest.MonkeyPatch, connections: list[Any]
) -> None:
    monkeypatch.setitem(NAMES, "site.example", ["::1", "127.0.0.1"])
    web_server.serve("/a", b"merhaba")
    url = web_server.url.replace("127.0.0.1", "site.example")
    assert web.get(url + "/a", max_bytes=1000).body == b"merhaba"
    assert [address[0] for address in connections] == ["::1", "127.0.0.1"]


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".example"])
def test_a_name_that_leads_nowhere_is_said_so(web: WebClient, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        if host.endswith(".invalid"):
            raise socket.gaierror(-2, "Name or service not known")
        raise UnicodeError("label too long")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(WebError, match="cannot be reached: its name is not known"):
        web.get(f"http://{host}/", max_bytes=1000)


def test_a_slow_resolver_ends_with_the_fetch(web: WebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def slow(*_: Any, **__: Any) -> Any:
        released.wait(5)
        raise socket.gaierror("too late")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.setattr("crossposter.web.DEADLINE_S", 0.2)
    with pytest.raises(WebError):
        web.get("http://slow.example/", max_bytes=1000)
    released.set()


class TestThroughAProxy:
    @pytest.fixture
    def proxied(self, web_server: WebServer) -> Iterator[WebClient]:
        proxy = web_server.url.replace("//", "//u:p%40w@")
        client = WebClient(Network(proxy=proxy, contact="basin@izmir.bel.tr"))
        yield client
        client.close()

    def test_the_proxy_gets_the_request(self, proxied: WebClient, web_server: WebServer) -> None:
        web_server.serve("http://city.invalid/a", b"merhaba")
        assert proxied.get("http://city.invalid/a", max_bytes=1000).body == b"merhaba"
        (sent,) = web_server.requests
        assert sent["proxy-authorization"] == "Basic dTpwQHc="
        assert sent["user-agent"].endswith("(+basin@izmir.bel.tr)")

    @pytest.mark.parametrize("url", [vector for vector in VECTORS if vector.startswith("http://")])
    def test_the_proxy_is_not_sent_inside_either(
        self, proxied: WebClient, web_server: WebServer, connections: list[Any], url: str
    ) -> None:
        with pytest.raises(WebError):
            proxied.get(url, max_bytes=1000)
        assert connections == []
