"""A running sandbox and the real client libraries, pointed at it."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import facebook
import instagrapi
import pytest
import requests
import tweepy
from PIL import Image
from requests.adapters import HTTPAdapter

from crossposter.sandbox import Sandbox, SandboxAccount


class MovableClock:
    """A clock that the test moves; starts at a fixed time that is also a whole second."""

    def __init__(self) -> None:
        self.now = 1_795_600_000.0

    def __call__(self) -> float:
        return self.now


class XClient(tweepy.Client):  # type: ignore[misc]  # tweepy has no types
    """tweepy with another base URL, and the v2 media upload that it lacks."""

    #: Signs with this clock instead of the machine's.
    clock: MovableClock | None = None
    #: How wrong that clock is.
    skew_s = 0

    def __init__(self, base_url: str, credentials: Mapping[str, str], timeout_s: float) -> None:
        super().__init__(
            consumer_key=credentials["api_key"],
            consumer_secret=credentials["api_secret"],
            access_token=credentials["access_token"],
            access_token_secret=credentials["access_secret"],
        )
        self.base_url = base_url
        self.timeout_s = timeout_s
        self.session.trust_env = False

    def send(self, method: str, route: str, **details: Any) -> requests.Response:
        auth = tweepy.OAuth1UserHandler(
            self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret
        ).apply_auth()
        with pytest.MonkeyPatch.context() as patch:
            if self.clock is not None:
                timestamp = str(int(self.clock.now) + self.skew_s)
                patch.setattr("oauthlib.oauth1.rfc5849.generate_timestamp", lambda: timestamp)
            response: requests.Response = self.session.request(
                method, self.base_url + route, auth=auth, timeout=self.timeout_s, **details
            )
        return response

    def request(
        self, method: str, route: str, params: Any = None, json: Any = None, user_auth: bool = False
    ) -> requests.Response:
        response = self.send(method, route, params=params, json=json)
        errors = {400: tweepy.BadRequest, 401: tweepy.Unauthorized, 403: tweepy.Forbidden, 404: tweepy.NotFound}
        if response.status_code == 429:
            raise tweepy.TooManyRequests(response)
        if response.status_code >= 500:
            raise tweepy.TwitterServerError(response)
        if response.status_code >= 400:
            raise errors.get(response.status_code, tweepy.HTTPException)(response)
        return response

    def upload(self, content: bytes, category: str = "tweet_image") -> str:
        response = self.send(
            "POST",
            "/2/media/upload",
            data={"media_category": category},
            files={"media": ("a.png", content, "image/png")},
        )
        if response.status_code >= 400:
            raise tweepy.HTTPException(response)
        return str(response.json()["data"]["id"])

    def describe(self, media_id: str, text: str) -> requests.Response:
        return self.request(
            "POST", "/2/media/metadata", json={"id": media_id, "metadata": {"alt_text": {"text": text}}}
        )


class LoopbackAdapter(HTTPAdapter):
    """Sends what was meant for graph.facebook.com to the sandbox."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **details: Any) -> requests.Response:
        address = urlsplit(request.url or "")
        request.url = f"{self.base_url}{address.path!s}?{address.query!s}"
        return super().send(request, *args, **details)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def timeout_s() -> float:
    """Give the patience of the clients; a test of silence has less."""
    return 5.0


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def izmirbld(sandbox: Sandbox) -> SandboxAccount:
    return sandbox.account("twitter", "izmirbld")


@pytest.fixture
def page(sandbox: Sandbox) -> SandboxAccount:
    return sandbox.account("facebook", "izmirbld")


@pytest.fixture
def profile(sandbox: Sandbox) -> SandboxAccount:
    return sandbox.account("instagram", "izmirbld")


@pytest.fixture
def open_x(timeout_s: float) -> Iterator[Callable[..., Any]]:
    """Give a function that opens an X client for an account."""
    with contextlib.ExitStack() as opened:

        def open_client(account: SandboxAccount, *, clock: MovableClock | None = None, **changed: str) -> XClient:
            client = XClient(account.endpoint["url"], {**account.credentials, **changed}, timeout_s)
            client.clock = clock
            opened.enter_context(client.session)
            return client

        yield open_client


@pytest.fixture
def open_graph(timeout_s: float) -> Iterator[Callable[..., Any]]:
    """Give a function that opens a Graph client for an account."""
    with contextlib.ExitStack() as opened:

        def open_client(account: SandboxAccount, *, token: str | None = None, version: str = "v26.0") -> Any:
            session = opened.enter_context(requests.Session())
            session.trust_env = False
            session.mount("https://graph.facebook.com/", LoopbackAdapter(account.endpoint["url"]))
            token = token or account.credentials["page_token"]
            client = facebook.GraphAPI(access_token=token, timeout=timeout_s, session=session)
            # The constructor knows no version above 3.1.
            client.version = version
            return client

        yield open_client


@pytest.fixture
def open_instagram(timeout_s: float) -> Iterator[Callable[..., Any]]:
    """Give a function that opens an Instagram client for an account."""
    logging.getLogger("instagrapi").setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as opened:

        def open_client(account: SandboxAccount, *, session_file: object = None, **options: Any) -> Any:
            client = instagrapi.Client(
                proxy=account.endpoint["proxy"],
                tls_verify=account.endpoint["ca_file"],
                with_challenge_flow=False,
                delay_range=None,
                request_timeout=0,  # no timeout: a pause before each request
                **options,
            )
            for session in (client.private, client.public, client.graphql):
                session.trust_env = False
                session.request = functools.partial(session.request, timeout=timeout_s)
                opened.callback(session.close)
            client.load_settings(session_file or account.credentials["session_file"])
            return client

        yield open_client


@pytest.fixture
def x(open_x: Callable[..., Any], izmirbld: SandboxAccount) -> Any:
    return open_x(izmirbld)


@pytest.fixture
def graph(open_graph: Callable[..., Any], page: SandboxAccount) -> Any:
    return open_graph(page)


@pytest.fixture
def instagram(open_instagram: Callable[..., Any], profile: SandboxAccount) -> Any:
    return open_instagram(profile)


@pytest.fixture
def make_picture() -> Callable[..., bytes]:
    """Give a function that draws a picture."""

    def draw(kind: str = "PNG", size: tuple[int, int] = (4, 3)) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", size, (10, 90, 160)).save(file, kind)
        return file.getvalue()

    return draw


@pytest.fixture
def jpeg(tmp_path: Path, make_picture: Callable[..., bytes]) -> Path:
    path = tmp_path / "tram.jpg"
    path.write_bytes(make_picture("JPEG", (1080, 1080)))
    return path
