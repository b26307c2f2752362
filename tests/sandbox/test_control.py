"""The sandbox's own endpoints and its life cycle."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from crossposter.sandbox import Sandbox, SandboxAccount


@pytest.fixture
def control() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


class OneNewsItem:
    """A web site of one page."""

    def respond(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        body = f"{method} {path} {headers['x-test']}".encode()
        return 200, {"Content-Type": "text/plain", "Content-Length": str(len(body)), "ETag": '"1"'}, body


def test_posts_are_given_over_http_as_in_python(sandbox: Sandbox, x: Any, control: requests.Session) -> None:
    x.create_tweet(text="Merhaba")
    answer = control.get(f"{sandbox.url}/_sandbox/posts")
    assert answer.json() == {"posts": sandbox.posts()}
    (post,) = answer.json()["posts"]
    assert set(post) == {
        *("platform", "account", "handle", "id", "url", "text", "link", "images", "created_at", "deleted")
    }
    assert post["created_at"].endswith("Z")


def test_pictures_are_given_as_received(
    make_picture: Callable[..., bytes], sandbox: Sandbox, x: Any, control: requests.Session
) -> None:
    content = make_picture()
    x.upload(content)
    sha256 = hashlib.sha256(content).hexdigest()
    answer = control.get(f"{sandbox.url}/_sandbox/pictures/{sha256}")
    assert (answer.content, answer.headers["content-type"]) == (content, "image/png")
    assert control.get(f"{sandbox.url}/_sandbox/pictures/0").status_code == 404


def test_accounts_are_given_with_what_a_client_needs(sandbox: Sandbox, control: requests.Session) -> None:
    accounts = control.get(f"{sandbox.url}/_sandbox/accounts").json()["accounts"]
    assert [(each["platform"], each["handle"]) for each in accounts] == [
        (platform, handle)
        for platform in ("twitter", "facebook", "instagram")
        for handle in ("izmirbld", "izmirenglish")
    ]
    assert accounts[0]["credentials"] == sandbox.accounts[0].credentials
    assert accounts[0]["endpoint"] == {"url": f"{sandbox.url}/twitter"}
    assert accounts[4]["endpoint"] == {"proxy": sandbox.proxy, "ca_file": sandbox.ca_file}


def test_requests_are_listed_without_bodies(sandbox: Sandbox, x: Any, control: requests.Session) -> None:
    x.create_tweet(text="Merhaba")
    assert control.get(f"{sandbox.url}/_sandbox/requests").json() == {
        "requests": [{"platform": "twitter", "operation": "publish", "method": "POST", "path": "/twitter/2/tweets"}]
    }


def test_faults_are_scripted_and_cleared_over_http(sandbox: Sandbox, x: Any, control: requests.Session) -> None:
    fault = {"platform": "twitter", "operation": "verify", "do": "status:503", "times": 9}
    assert control.post(f"{sandbox.url}/_sandbox/faults", json=[fault]).status_code == 200
    assert x.send("GET", "/2/users/me").status_code == 503
    control.delete(f"{sandbox.url}/_sandbox/faults")
    assert x.send("GET", "/2/users/me").status_code == 200


def test_an_answer_is_amended_over_http(sandbox: Sandbox, x: Any, control: requests.Session) -> None:
    fault = {
        "platform": "twitter",
        "operation": "verify",
        "do": "amend",
        "headers": {"X-Access-Level": "read"},
        "body": {"data": {"username": "baska", "pinned": 1}, "errors": []},
    }
    control.post(f"{sandbox.url}/_sandbox/faults", json=[fault])
    answer = x.send("GET", "/2/users/me")
    assert answer.headers["x-access-level"] == "read"
    data = answer.json()["data"]
    assert (data["username"], data["pinned"], data["id"]) == ("baska", 1, "1281000000000000001")
    assert answer.json()["errors"] == []
    untouched = x.send("GET", "/2/users/me")
    assert (untouched.headers["x-access-level"], untouched.json()["data"]["username"]) == ("read-write", "izmirbld")


def test_a_refusal_can_be_amended_too_and_every_answer_is_dated(sandbox: Sandbox, x: Any) -> None:
    sandbox.inject("twitter", "publish", "amend", headers={"date": "Thu, 01 Jan 2026 00:00:00 GMT"})
    refused = x.send("POST", "/2/tweets")
    assert refused.status_code == 400
    assert parsedate_to_datetime(refused.headers["date"]) == datetime(2026, 1, 1, tzinfo=UTC)
    said = parsedate_to_datetime(x.send("GET", "/2/users/me").headers["date"])
    assert abs(said.timestamp() - time.time()) < 5  # noqa: TID251 - the sandbox goes by the machine's clock


GOOD: dict[str, Any] = {"platform": "twitter", "operation": "publish", "do": "reset"}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (GOOD, "faults: expected a JSON list"),
        (["reset"], "[0].fault: expected an object"),
        ([GOOD, {**GOOD, "platform": "x"}], "[1].platform: 'x' is not one of twitter, facebook, instagram"),
        ([{**GOOD, "operation": "post"}], "[0].operation: 'post' is not one of verify, upload"),
        ([{**GOOD, "do": "status:99"}], "[0].do: 'status:99' is not one of status:NNN, empty"),
        ([{**GOOD, "do": None}], "[0].do: None is not one of"),
        ([{**GOOD, "times": 0}], "[0].times: 0 is not a whole number of at least 1"),
        ([{**GOOD, "skip": True}], "[0].skip: True is not a whole number of at least 0"),
        ([{**GOOD, "headers": {"a": 1}}], "[0].headers: {'a': 1} is not an object of texts"),
        ([{**GOOD, "time": 1}], "[0].time: unknown field, allowed are platform, operation"),
    ],
)
def test_a_wrong_fault_is_named(sandbox: Sandbox, control: requests.Session, wrong: Any, sentence: str) -> None:
    answer = control.post(f"{sandbox.url}/_sandbox/faults", json=wrong)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_a_body_that_is_no_json_is_named(sandbox: Sandbox, control: requests.Session) -> None:
    answer = control.post(f"{sandbox.url}/_sandbox/faults", data=b"{")
    assert (answer.status_code, answer.json()["error"]) == (400, "body: expected a JSON list of faults")


def test_a_wrong_fault_in_python_raises(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="platform"):
        sandbox.inject("x", "publish", "reset")


def test_a_reset_forgets_all_but_the_accounts(
    make_picture: Callable[..., bytes], sandbox: Sandbox, x: Any, control: requests.Session
) -> None:
    x.upload(make_picture())
    x.create_tweet(text="Merhaba")
    sandbox.inject("twitter", "verify", "status:503")
    accounts = sandbox.accounts
    control.post(f"{sandbox.url}/_sandbox/reset")
    assert (sandbox.posts(), sandbox.requests(), sandbox.accounts) == ([], [], accounts)
    assert x.send("GET", "/2/users/me").status_code == 200
    x.create_tweet(text="Merhaba")


def test_ids_are_not_given_twice_after_a_reset(sandbox: Sandbox, graph: Any) -> None:
    first = graph.put_object("me", "feed", message="Merhaba")["id"]
    sandbox.reset()
    assert graph.put_object("me", "feed", message="Merhaba")["id"] != first


@pytest.mark.parametrize("path", ["/_sandbox/nothing", "/site/", "/other"])
def test_an_unknown_address_is_not_found(sandbox: Sandbox, control: requests.Session, path: str) -> None:
    assert control.get(f"{sandbox.url}{path}").status_code == 404


def test_a_site_is_served_beside_the_platforms(control: requests.Session) -> None:
    with Sandbox(site=OneNewsItem()) as sandbox:
        answer = control.get(f"{sandbox.url}/site/tr/RSS?page=1", headers={"X-Test": "yes"})
        head = control.head(f"{sandbox.url}/site", headers={"X-Test": "no"})
    assert (answer.text, answer.headers["etag"]) == ("GET /tr/RSS?page=1 yes", '"1"')
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "9")


def test_a_chosen_port_is_used_and_free_again(x: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    for _ in range(2):
        with Sandbox(port=port) as sandbox:
            assert sandbox.url == f"http://127.0.0.1:{port}"


def test_a_taken_port_is_reported_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Sandbox(port=taken.getsockname()[1]).start()
    assert list(tmp_path.iterdir()) == []


def test_stop_is_quick_while_a_request_hangs_and_leaves_nothing_behind(jpeg: Path) -> None:
    with Sandbox() as sandbox:
        folder = Path(sandbox.ca_file).parent
        sandbox.inject("facebook", "verify", "hang")
        client = hang(sandbox)
        started = time.monotonic()
    assert time.monotonic() - started < 3
    client.join(3)
    assert not client.is_alive()
    assert not folder.exists()
    sandbox.stop()


def test_a_sandbox_that_was_not_started_says_so() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        _ = Sandbox().url


def test_an_unknown_account_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="'izmirspor'"):
        sandbox.account("twitter", "izmirspor")


def hang(sandbox: Sandbox) -> threading.Thread:
    """Start a request that is not answered, and wait until the sandbox has it."""
    account: SandboxAccount = sandbox.account("facebook", "izmirbld")

    def ask() -> None:
        with requests.Session() as session:
            session.trust_env = False
            with pytest.raises(requests.ConnectionError):
                session.get(f"{account.endpoint['url']}/v26.0/me", timeout=30)

    thread = threading.Thread(target=ask)
    thread.start()
    while not sandbox.requests("facebook", "verify"):
        thread.join(0.01)
    return thread
