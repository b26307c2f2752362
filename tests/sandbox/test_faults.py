"""Each fault on each platform: what the client sees, how often it asked, and what stands on the platform."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import facebook
import instagrapi.exceptions
import pytest
import requests
import tweepy
from curl_cffi import CurlOpt

from crossposter.sandbox import Sandbox, SandboxAccount

PLATFORMS = ("twitter", "facebook", "instagram")

SEEN: dict[str, dict[str, type[Exception]]] = {
    "twitter": {
        "status:503": tweepy.TwitterServerError,
        "empty": requests.JSONDecodeError,
        "html": requests.JSONDecodeError,
        "garbage": requests.JSONDecodeError,
        "reset": requests.ConnectionError,
        "truncate": requests.exceptions.ChunkedEncodingError,
        "hang": requests.ReadTimeout,
    },
    "facebook": {
        "status:503": facebook.GraphAPIError,
        "empty": KeyError,
        "html": facebook.GraphAPIError,
        "garbage": requests.JSONDecodeError,
        "reset": requests.ConnectionError,
        "truncate": requests.exceptions.ChunkedEncodingError,
        "hang": requests.ReadTimeout,
    },
    "instagram": {
        "status:503": instagrapi.exceptions.ClientError,
        "empty": instagrapi.exceptions.ClientJSONDecodeError,
        "html": instagrapi.exceptions.ClientJSONDecodeError,
        "garbage": instagrapi.exceptions.ClientJSONDecodeError,
        "reset": instagrapi.exceptions.ClientConnectionError,
        "truncate": instagrapi.exceptions.ClientConnectionError,
        "hang": requests.Timeout,
    },
}

REFUSED: dict[str, dict[int, type[Exception]]] = {
    "twitter": {
        400: tweepy.BadRequest,
        401: tweepy.Unauthorized,
        402: tweepy.HTTPException,
        403: tweepy.Forbidden,
        404: tweepy.NotFound,
        429: tweepy.TooManyRequests,
    },
    "facebook": dict.fromkeys((400, 401, 403, 404, 409, 429), facebook.GraphAPIError),
    "instagram": {
        400: instagrapi.exceptions.FeedbackRequired,
        401: instagrapi.exceptions.ClientUnauthorizedError,
        403: instagrapi.exceptions.LoginRequired,
        404: instagrapi.exceptions.ClientNotFoundError,
        429: instagrapi.exceptions.PleaseWaitFewMinutes,
    },
}


@pytest.fixture
def publish(platform: str, timeout_s: float, request: pytest.FixtureRequest) -> Callable[[], Any]:
    """Give a function that publishes "Merhaba"; on Instagram the upload is already done.

    The clients take `timeout_s`; it is named here because pytest sees no fixture behind getfixturevalue().
    """
    if platform == "twitter":
        x = request.getfixturevalue("x")
        return lambda: x.create_tweet(text="Merhaba")
    if platform == "facebook":
        graph = request.getfixturevalue("graph")
        return lambda: graph.put_object("me", "feed", message="Merhaba")
    instagram, jpeg = request.getfixturevalue("instagram"), request.getfixturevalue("jpeg")
    upload_id, width, height = instagram.photo_rupload(jpeg)
    use_new_connections(instagram)
    return lambda: instagram.photo_configure(upload_id, width, height, "Merhaba")


def use_new_connections(instagram: Any) -> None:
    """Keep libcurl from sending a request again, which it does when a connection it had kept is cut."""
    adapter = instagram.private.get_adapter("https://i.instagram.com/")
    adapter.client.curl_options[CurlOpt.FRESH_CONNECT] = 1


@pytest.mark.parametrize("do", [do for do in SEEN["twitter"] if do != "hang"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_fault_leaves_nothing_on_the_platform(
    sandbox: Sandbox, platform: str, publish: Callable[[], Any], do: str
) -> None:
    sandbox.inject(platform, "publish", do)
    with pytest.raises(SEEN[platform][do]):
        publish()
    assert len(sandbox.requests(platform, "publish")) == 1
    assert sandbox.posts() == []
    publish()
    assert len(sandbox.posts()) == 1


@pytest.mark.parametrize("do", ["status:503", "reset"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_fault_after_the_commit_leaves_a_post(
    sandbox: Sandbox, platform: str, publish: Callable[[], Any], do: str
) -> None:
    sandbox.inject(platform, "publish", f"commit_then_{do}")
    with pytest.raises(SEEN[platform][do]):
        publish()
    assert len(sandbox.requests(platform, "publish")) == 1
    assert [post["text"] for post in sandbox.posts()] == ["Merhaba"]


@pytest.mark.parametrize("timeout_s", [0.4])
@pytest.mark.parametrize(("do", "posts"), [("hang", 0), ("commit_then_hang", 1)])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_silence_lasts_until_the_client_gives_up(
    sandbox: Sandbox, platform: str, publish: Callable[[], Any], do: str, posts: int
) -> None:
    sandbox.inject(platform, "publish", do)
    with pytest.raises(SEEN[platform]["hang"]):
        publish()
    assert len(sandbox.requests(platform, "publish")) == 1
    assert len(sandbox.posts()) == posts


@pytest.mark.parametrize("timeout_s", [0.4])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_is_late_is_carried_out_when_the_client_has_gone(
    sandbox: Sandbox, platform: str, publish: Callable[[], Any]
) -> None:
    sandbox.inject(platform, "publish", "late")
    with pytest.raises(SEEN[platform]["hang"]):
        publish()
    for _ in range(2000):
        if sandbox.posts():
            break
        threading.Event().wait(0.001)
    assert [post["text"] for post in sandbox.posts()] == ["Merhaba"]
    assert len(sandbox.requests(platform, "publish")) == 1


def test_a_stale_answer_leaves_out_the_newest_post(sandbox: Sandbox, graph: Any) -> None:
    for message in ("Dün", "Bugün"):
        graph.put_object("me", "feed", message=message)
    sandbox.inject("facebook", "find", "stale")
    shown = [graph.get_connections("me", "published_posts", fields="message")["data"] for _ in range(2)]
    assert [[post["message"] for post in posts] for posts in shown] == [["Dün"], ["Bugün", "Dün"]]


def test_the_platforms_go_back_to_a_moment(sandbox: Sandbox, graph: Any) -> None:
    graph.put_object("me", "feed", message="Dün")
    moment, before = sandbox.moment(), sandbox.posts()
    graph.put_object("me", "feed", message="Bugün")
    sandbox.inject("facebook", "publish", "status:500")
    sandbox.go_back(moment)
    assert (sandbox.posts(), sandbox.requests()) == (before, [])
    graph.put_object("me", "feed", message="Bugün")
    assert len(sandbox.posts()) == 2


@pytest.mark.parametrize("end", ["clear_faults", "reset"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_silence_ends_when_the_faults_are_cleared(
    sandbox: Sandbox, platform: str, publish: Callable[[], Any], end: str
) -> None:
    sandbox.inject(platform, "publish", "hang")
    thread = threading.Thread(target=clear_soon, args=(sandbox, platform, end))
    started = time.monotonic()
    thread.start()
    with pytest.raises((requests.ConnectionError, instagrapi.exceptions.ClientConnectionError)):
        publish()
    assert time.monotonic() - started < 3
    thread.join()
    assert sandbox.posts() == []


def clear_soon(sandbox: Sandbox, platform: str, end: str) -> None:
    """Clear the faults once a request hangs."""
    while not sandbox.requests(platform, "publish"):
        threading.Event().wait(0.001)
    getattr(sandbox, end)()


@pytest.mark.parametrize(
    ("platform", "status", "error"),
    [(platform, status, error) for platform in PLATFORMS for status, error in REFUSED[platform].items()],
)
def test_a_status_comes_with_the_platforms_own_words(
    sandbox: Sandbox, platform: str, publish: Callable[[], Any], status: int, error: type[Exception]
) -> None:
    sandbox.inject(platform, "publish", f"status:{status}")
    with pytest.raises(error):
        publish()
    assert sandbox.posts() == []


@pytest.mark.parametrize(
    ("status", "code", "subcode", "is_transient"),
    [
        (400, 100, None, False),
        (401, 190, 463, False),
        (403, 200, None, False),
        (429, 32, None, False),
        (500, 2, None, True),
        (503, 2, None, True),
    ],
)
def test_graph_codes_belong_to_their_status(
    sandbox: Sandbox, graph: Any, status: int, code: int, subcode: int | None, is_transient: bool
) -> None:
    sandbox.inject("facebook", "verify", f"status:{status}")
    with pytest.raises(facebook.GraphAPIError) as refusal:
        graph.get_object("me")
    error = refusal.value.result["error"]
    assert (error["code"], error.get("error_subcode"), error["is_transient"]) == (code, subcode, is_transient)


def test_too_many_requests_on_x_say_when_to_come_back(sandbox: Sandbox, x: Any) -> None:
    sandbox.inject("twitter", "publish", "status:429")
    answer = x.send("POST", "/2/tweets", json={"text": "Merhaba"})
    assert answer.headers["x-rate-limit-remaining"] == "0"
    assert 800 < int(answer.headers["x-rate-limit-reset"]) - time.clock_gettime(time.CLOCK_REALTIME) < 902


def test_body_and_headers_of_a_fault_can_be_chosen(sandbox: Sandbox, x: Any) -> None:
    sandbox.inject("twitter", "verify", "status:403", body="<html>blocked</html>", headers={"CF-Ray": "8f-IST"})
    sandbox.inject("twitter", "verify", "status:403", body={"title": "Forbidden"})
    as_text, as_json = x.send("GET", "/2/users/me"), x.send("GET", "/2/users/me")
    assert (as_text.text, as_text.headers["cf-ray"]) == ("<html>blocked</html>", "8f-IST")
    assert as_json.json() == {"title": "Forbidden"}


def test_a_fault_may_skip_requests_and_meet_several(sandbox: Sandbox, x: Any) -> None:
    sandbox.inject("twitter", "verify", "status:503", skip=1, times=2)
    sandbox.inject("twitter", "verify", "status:500")
    statuses = [x.send("GET", "/2/users/me").status_code for _ in range(5)]
    assert statuses == [500, 503, 503, 200, 200]


def test_a_refused_request_commits_nothing_and_is_answered(sandbox: Sandbox, x: Any) -> None:
    x.create_tweet(text="Merhaba")
    sandbox.inject("twitter", "publish", "commit_then_reset")
    with pytest.raises(tweepy.Forbidden, match="duplicate"):
        x.create_tweet(text="Merhaba")
    assert len(sandbox.posts()) == 1


def test_a_fault_meets_its_platform_and_operation_only(sandbox: Sandbox, x: Any, graph: Any) -> None:
    sandbox.inject("twitter", "publish", "status:503")
    assert x.send("GET", "/2/users/me").status_code == 200
    graph.put_object("me", "feed", message="Merhaba")
    assert [post["platform"] for post in sandbox.posts()] == ["facebook"]


def test_each_operation_of_x_can_fail(
    sandbox: Sandbox, x: Any, izmirbld: SandboxAccount, make_picture: Callable[..., bytes]
) -> None:
    post_id, media_id = x.create_tweet(text="Merhaba").data["id"], x.upload(make_picture())
    attempts: dict[str, Callable[[], Any]] = {
        "verify": lambda: x.get_me(),
        "upload": lambda: x.upload(make_picture()),
        "alt_text": lambda: x.describe(media_id, "Tramvay"),
        "publish": lambda: x.create_tweet(text="Başka"),
        "find": lambda: x.get_users_tweets(izmirbld.id, max_results=5),
        "retract": lambda: x.delete_tweet(post_id),
    }
    assert_each_can_fail(sandbox, "twitter", attempts)


def test_each_operation_of_a_page_can_fail(sandbox: Sandbox, graph: Any, make_picture: Callable[..., bytes]) -> None:
    post_id = graph.put_object("me", "feed", message="Merhaba")["id"]
    attempts: dict[str, Callable[[], Any]] = {
        "verify": lambda: graph.get_object("me"),
        "upload": lambda: graph.put_photo(make_picture(), published="false"),
        "publish": lambda: graph.put_object("me", "feed", message="Başka"),
        "find": lambda: graph.get_connections("me", "published_posts"),
        "correct": lambda: graph.put_object(post_id, "", message="Doğru"),
        "retract": lambda: graph.delete_object(post_id),
    }
    assert_each_can_fail(sandbox, "facebook", attempts)


def test_each_operation_of_instagram_can_fail(
    sandbox: Sandbox, instagram: Any, profile: SandboxAccount, jpeg: Path
) -> None:
    uploaded = instagram.photo_rupload(jpeg)
    post_id = instagram.photo_configure(*uploaded, "Merhaba")["media"]["id"]
    attempts: dict[str, Callable[[], Any]] = {
        "verify": instagram.account_info,
        "upload": lambda: instagram.photo_rupload(jpeg),
        "publish": lambda: instagram.photo_configure(*uploaded, "Başka"),
        # Not user_medias_v1() and its like: they swallow most errors and give an empty list.
        "find": lambda: instagram.private_request(f"feed/user/{profile.id}/"),
        "correct": lambda: instagram.media_edit(post_id, "Doğru"),
        "retract": lambda: instagram.media_delete(post_id),
    }
    assert_each_can_fail(sandbox, "instagram", attempts)


def test_instagrapi_takes_an_error_while_reading_for_an_empty_timeline(
    sandbox: Sandbox, instagram: Any, profile: SandboxAccount, jpeg: Path
) -> None:
    """The reason why an adapter must read with private_request(): silence here would look like proof."""
    instagram.photo_configure(*instagram.photo_rupload(jpeg), "Merhaba")
    sandbox.inject("instagram", "find", "status:500")
    assert instagram.user_medias_v1(profile.id, 5) == []


def assert_each_can_fail(sandbox: Sandbox, platform: str, attempts: dict[str, Callable[[], Any]]) -> None:
    before = sandbox.posts()
    for operation, attempt in attempts.items():
        sandbox.inject(platform, operation, "status:500")
        with pytest.raises((tweepy.HTTPException, facebook.GraphAPIError, instagrapi.exceptions.ClientError)):
            attempt()
    assert sandbox.posts() == before


def test_curl_sends_a_publish_again_when_a_kept_connection_is_reset(
    sandbox: Sandbox, instagram: Any, jpeg: Path
) -> None:
    """The reason why an adapter must publish on a new connection: two posts, and no error at all."""
    uploaded = instagram.photo_rupload(jpeg)
    sandbox.inject("instagram", "publish", "commit_then_reset")
    instagram.photo_configure(*uploaded, "Merhaba")
    assert len(sandbox.requests("instagram", "publish")) == 2
    assert len(sandbox.posts()) == 2
