"""Facebook: Meta's refusals, and what its old library would have sent wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from crossposter.core.model import Post
from crossposter.errors import AccountError, MissingError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.ports import Adapter
from crossposter.sandbox import Sandbox, SandboxAccount
from crossposter.testing import NoSteps
from tests.adapters.readings import receipt_of

Connect = Callable[..., Adapter]


@pytest.fixture
def everything(connect: Connect, post: Post, since: datetime) -> None:
    """Send every request that the adapter knows."""
    adapter = connect("facebook")
    adapter.verify()
    receipt = adapter.publish(adapter.stage(post, NoSteps()))
    receipt_of(adapter, post, since=since)
    adapter.retract(receipt.remote_id)


def _error(code: object, message: str = "Meta's own words", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "OAuthException", "code": code, **more, "fbtrace_id": "AbC1"}}


_REFUSALS: tuple[tuple[int, Any, type[PublishError]], ...] = (
    *((400, _error(code), TransientError) for code in (4, 17, 32, 341, 613, 80001)),
    (400, _error(368), AccountError),
    (400, _error(190, error_subcode=463), AccountError),
    *((401, _error(code), AccountError) for code in (102, 104)),
    *((403, _error(code), AccountError) for code in (3, 10, 200, 299)),
    *((400, _error(190, error_subcode=code), AccountError) for code in (458, 459, 460, 464, 467)),
    (400, _error(80002), TransientError),
    (400, _error(100, error_subcode=1366046), RejectedError),
    (400, _error(4711), RejectedError),
    (400, _error(506), UncertainError),
    (400, _error(1), UncertainError),
    (500, _error(2, is_transient=True), UncertainError),
    (400, _error(100, is_transient=True), UncertainError),
    (500, _error(100), UncertainError),
    (400, _error(100, error_subcode=33), MissingError),
    (400, _error(324), RejectedError),
    (400, _error(1609005), RejectedError),
    # What an envelope means that comes with no 4xx, Meta does not say.
    *((200, _error(code), UncertainError) for code in (0, 4, 100, 190, 368)),
    *((status, _error(190), UncertainError) for status in (302, 408, 500)),
    (400, _error(True), UncertainError),
)


@pytest.mark.parametrize(("status", "body", "kind"), _REFUSALS)
def test_a_refusal_is_told_as_what_it_means_in_meta_own_words(
    sandbox: Sandbox, connect: Connect, post: Post, status: int, body: Any, kind: type[PublishError]
) -> None:
    adapter = connect("facebook")
    staged = adapter.stage(post, NoSteps())
    sandbox.inject("facebook", "publish", f"status:{status}", body=body)
    with pytest.raises(kind) as caught:
        adapter.publish(staged)
    assert type(caught.value) is kind
    assert f"HTTP {status}: Meta's own words [fbtrace_id AbC1]" in str(caught.value)


@pytest.mark.parametrize("body", ["<html>", {"error": "x"}, {"error": {}}])
@pytest.mark.parametrize("status", [400, 403, 429, 502])
def test_an_answer_that_is_not_from_meta_proves_nothing(
    sandbox: Sandbox, connect: Connect, post: Post, status: int, body: Any
) -> None:
    adapter = connect("facebook")
    staged = adapter.stage(post, NoSteps())
    sandbox.inject("facebook", "publish", f"status:{status}", body=body)
    with pytest.raises(UncertainError):
        adapter.publish(staged)


def test_the_sentence_for_users_comes_before_the_one_for_developers(
    sandbox: Sandbox, connect: Connect, post: Post
) -> None:
    sandbox.inject("facebook", "upload", "status:400", body=_error(100, error_user_msg="Fotoğraf çok büyük"))
    with pytest.raises(RejectedError, match="Fotoğraf çok büyük"):
        connect("facebook").stage(post, NoSteps())


def test_a_duplicate_is_no_lost_answer_where_nothing_is_published(
    sandbox: Sandbox, connect: Connect, post: Post
) -> None:
    sandbox.inject("facebook", "upload", "status:400", body=_error(506))
    with pytest.raises(TransientError):
        connect("facebook").stage(post, NoSteps())


def _usage(*minutes: object) -> str:
    return json.dumps({"1": [{"type": "pages", "estimated_time_to_regain_access": each} for each in minutes]})


@pytest.mark.parametrize(
    ("usage", "minutes"),
    [
        (_usage(42), 42),
        (_usage(0, 7, 3), 7),
        (_usage(0), 60),
        (_usage("soon"), 60),
        (_usage(10**18), 24 * 60),
        (_usage(5_000_000_000), 24 * 60),
        (_usage(-5), 60),
        (_usage(-5, 3), 3),
        ("[]", 60),
        ("{", 60),
        ('{"1": 1}', 60),
    ],
)
def test_meta_says_when_to_come_back(
    sandbox: Sandbox, connect: Connect, now: datetime, usage: str, minutes: int
) -> None:
    headers = {"X-Business-Use-Case-Usage": usage}
    sandbox.inject("facebook", "verify", "status:400", body=_error(80001), headers=headers)
    with pytest.raises(TransientError) as caught:
        connect("facebook").verify()
    assert caught.value.retry_at == now + timedelta(minutes=minutes)


def _counted(**more: object) -> dict[str, object]:
    return {"type": "pages", "call_count": 1, "total_cputime": 1, "total_time": 1, **more}


@pytest.mark.parametrize(
    ("business", "app", "minutes"),
    [
        ({"1": [_counted()]}, {}, None),
        ({"1": [_counted(total_time=74)]}, {"call_count": 74}, None),
        ({"1": [_counted(total_time=75)]}, {}, 15),
        ({"1": [_counted(total_cputime=100)]}, {}, 60),
        ({"1": [_counted(estimated_time_to_regain_access=7)]}, {}, 7),
        ({}, {"call_count": 80}, 15),
        ({}, {"total_time": 100}, 60),
        # Another product's count, and another Page's where one's own is told.
        ({"1": [_counted(type="instagram", call_count=100)]}, {}, None),
        ({"100200300400501": [_counted()], "2": [_counted(call_count=100)]}, {}, None),
        ({"100200300400501": [_counted(call_count=100)], "2": [_counted()]}, {}, 60),
        ([], [], None),
        ({"1": 7, "2": [7], "3": [_counted(call_count="much")], "4": [_counted(call_count=None)]}, {}, None),
        ("{", "{", None),
    ],
)
def test_a_success_says_how_much_of_what_meta_allows_is_used(
    sandbox: Sandbox, connect: Connect, post: Post, now: datetime, business: Any, app: Any, minutes: int | None
) -> None:
    adapter = connect("facebook")
    staged = adapter.stage(replace(post, pictures=()), NoSteps())
    headers = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (("X-Business-Use-Case-Usage", business), ("X-App-Usage", app))
    }
    sandbox.inject("facebook", "publish", "commit_then_status:200", body={"id": "1_2"}, headers=headers)
    assert adapter.publish(staged).rests_until == (now + timedelta(minutes=minutes) if minutes else None)


@pytest.mark.parametrize(
    "message", ["Invalid appsecret_proof provided in the API argument", "Unsupported get request."]
)
def test_who_is_refused_at_the_door_has_an_account_to_mend_and_no_bad_post(
    sandbox: Sandbox, connect: Connect, message: str
) -> None:
    sandbox.inject("facebook", "verify", "status:400", body=_error(100, message))
    with pytest.raises(AccountError, match=message):
        connect("facebook").verify()


@pytest.mark.usefixtures("everything")
def test_the_token_stands_in_a_header_and_nowhere_else(sandbox: Sandbox) -> None:
    token = sandbox.account("facebook", "izmirbld").credentials["page_token"]
    assert [request.operation for request in sandbox.requests()] == ["verify", "upload", "publish", "find", "retract"]
    for request in sandbox.requests():
        assert request.headers["authorization"] == f"Bearer {token}"
        assert token not in f"{request.path}?{request.query_string}"
        assert token.encode() not in request.body


@pytest.mark.usefixtures("everything")
def test_every_request_names_the_version(sandbox: Sandbox) -> None:
    assert {request.path.split("/")[2] for request in sandbox.requests()} == {"v26.0"}


def test_the_version_is_the_one_that_is_set(sandbox: Sandbox, connect: Connect) -> None:
    connect("facebook", options={"graph_version": "v25.0"}).verify()
    assert sandbox.requests()[0].path == "/graph/v25.0/me"


@pytest.mark.usefixtures("everything")
def test_a_picture_is_uploaded_unpublished(sandbox: Sandbox, post: Post) -> None:
    (upload,) = sandbox.requests("facebook", "upload")
    assert (upload.form["published"], upload.form["alt_text_custom"]) == ("false", post.pictures[0].alt)
    assert upload.files == {"source": post.pictures[0].content}


def test_pictures_are_attached_as_json(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    adapter = connect("facebook")
    staged = adapter.stage(replace(post, pictures=post.pictures * 2), NoSteps())
    adapter.publish(staged)
    (publish,) = sandbox.requests("facebook", "publish")
    assert publish.path == f"/graph/v26.0/{sandbox.account('facebook', 'izmirbld').id}/feed"
    attached = [json.loads(publish.form[f"attached_media[{number}]"]) for number in (0, 1)]
    assert attached == [{"media_fbid": media_id} for media_id in staged.media_ids]
    assert publish.form["message"] == post.text
    assert "link" not in publish.form


def test_a_link_becomes_a_card(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    adapter = connect("facebook")
    card = replace(post, link="https://www.izmir.bel.tr/tr/Haberler/1", pictures=())
    adapter.publish(adapter.stage(card, NoSteps()))
    (made,) = sandbox.posts()
    assert (made["text"], made["link"]) == (post.text, card.link)


@pytest.mark.usefixtures("everything")
def test_calls_are_signed_with_the_app_secret(sandbox: Sandbox) -> None:
    secrets = sandbox.account("facebook", "izmirbld").credentials
    proof = hmac.new(secrets["app_secret"].encode(), secrets["page_token"].encode(), hashlib.sha256).hexdigest()
    assert {(dict(request.query) | dict(request.form))["appsecret_proof"] for request in sandbox.requests()} == {proof}


def test_an_app_that_wants_signed_calls_is_served(
    sandbox: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.graph, "proof_required", True)
    assert connect("facebook").verify().handle == "izmirbld"


def test_without_an_app_secret_nothing_is_signed(sandbox: Sandbox, connect: Connect) -> None:
    token = sandbox.account("facebook", "izmirbld").credentials["page_token"]
    connect("facebook", credentials={"page_token": token}).verify()
    assert "appsecret_proof" not in sandbox.requests()[0].query


@pytest.mark.parametrize("flaw", ["\n", " ", "…", "ı"])
def test_a_token_that_was_copied_badly_is_not_told(
    sandbox: Sandbox,
    connect: Connect,
    leaked: Callable[[BaseException, SandboxAccount], set[str]],
    flaw: str,
) -> None:
    account = sandbox.account("facebook", "izmirbld")
    with pytest.raises(AccountError) as caught:
        connect("facebook", credentials={"page_token": account.credentials["page_token"] + flaw}).verify()
    assert leaked(caught.value, account) == set()
    assert sandbox.requests() == []


def test_a_post_that_facebook_does_not_confirm_as_deleted_is_not_told_as_deleted(
    sandbox: Sandbox, connect: Connect
) -> None:
    sandbox.inject("facebook", "retract", "status:200", body={"success": False})
    with pytest.raises(UncertainError):
        connect("facebook").retract("1_2")
