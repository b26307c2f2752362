"""X: its refusals, and the bytes that it gets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crossposter.core.model import Post
from crossposter.errors import AccountError, CreditError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.ports import Adapter
from crossposter.sandbox import Sandbox
from crossposter.testing import NoSteps
from tests.adapters.readings import receipt_of

Connect = Callable[..., Adapter]
_PROBLEMS = "https://api.twitter.com/2/problems/"


def _forbidden(detail: str, type_: str = "about:blank", title: str = "Forbidden") -> dict[str, Any]:
    return {"title": title, "type": type_, "status": 403, "detail": detail}


def _invalid(message: str) -> dict[str, Any]:
    return {
        "errors": [{"parameters": {}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{_PROBLEMS}invalid-request",
    }


_REFUSALS: tuple[tuple[int, Any, type[PublishError], str], ...] = (
    (429, {"title": "Too Many Requests", "detail": "Too Many Requests"}, TransientError, "Too Many Requests"),
    (429, "<html>", TransientError, "asks to wait"),
    (503, {"title": "Service Unavailable", "detail": "Service Unavailable"}, UncertainError, "Service Unavailable"),
    (403, "<html>cf-ray</html>", UncertainError, "not X has answered"),
    (401, {"title": "Unauthorized", "status": 401, "detail": "Unauthorized"}, AccountError, "Unauthorized"),
    (401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]}, AccountError, "Invalid or expired token"),
    (401, {"title": "Unauthorized"}, AccountError, "in the developer console and put them where the YAML names them"),
    (
        402,
        {"account_id": 1, "title": "CreditsDepleted", "detail": "does not have any credits", "type": "credits"},
        CreditError,
        "does not have any credits",
    ),
    (
        403,
        _forbidden("has reached its billing cycle spend cap.", f"{_PROBLEMS}credits", "SpendCapReached"),
        CreditError,
        "spend cap",
    ),
    (
        403,
        _forbidden("You are not allowed to create a Tweet with duplicate content."),
        UncertainError,
        "duplicate content",
    ),
    (
        403,
        _forbidden("not configured with the appropriate oauth1 app permissions", f"{_PROBLEMS}oauth1-permissions"),
        AccountError,
        "oauth1 app permissions",
    ),
    (403, _forbidden("Your account is suspended", f"{_PROBLEMS}user-suspended"), AccountError, "is suspended"),
    (
        403,
        _forbidden("You can only reply", "https://api.x.com/2/problems/not-authorized-for-resource"),
        RejectedError,
        "You can only reply",
    ),
    (403, _forbidden("Authenticating with Unknown is forbidden for this endpoint"), TransientError, "Unknown is"),
    (400, _invalid("Your media IDs are invalid."), TransientError, "media IDs"),
    (400, _invalid("Your Tweet text is too long."), RejectedError, "too long"),
    (413, {"title": "Request Entity Too Large"}, RejectedError, "Too Large"),
    (422, {"title": "Unprocessable"}, RejectedError, "Unprocessable"),
    (404, {"title": "Not Found", "detail": "Not Found"}, TransientError, "Not Found"),
    (302, _invalid("no"), UncertainError, "does not know"),
    (408, _invalid("no"), UncertainError, "took too long"),
    (500, _invalid("no"), UncertainError, "failed while it worked"),
    (503, "<html>cf-ray</html>", UncertainError, "not X has answered"),
    (502, "<html>", UncertainError, "failed while it worked"),
    (401, {"errors": [{"code": 32, "message": "Could not authenticate you."}]}, AccountError, "do not belong together"),
    *(
        (403, {"errors": [{"code": code, "message": "no"}]}, kind, words)
        for code, kind, words in (
            (64, AccountError, "suspended"),
            (185, TransientError, "no more posts"),
            (226, AccountError, "automated abuse"),
            (326, AccountError, "locked"),
            (453, AccountError, "may not use this part"),
            (True, TransientError, "does not know"),
            ("64", TransientError, "does not know"),
        )
    ),
    (403, _invalid("Your Tweet text is too long. For more information"), RejectedError, "longer than X takes"),
    (
        403,
        _forbidden("Reply to this conversation is not allowed because you have not been mentioned"),
        RejectedError,
        "replies",
    ),
    (403, _forbidden("something new"), TransientError, "for a reason that crossposter does not know"),
    (409, {"title": "Conflict"}, TransientError, "for a reason that crossposter does not know"),
    (400, _invalid("x" * 999), RejectedError, r": x{300} \[x-transaction-id [0-9a-f]+\]\)$"),
    (400, _invalid("a\x1b[31m\u202eb\ud800"), RejectedError, r": a \[31mb\? \[x-transaction-id [0-9a-f]+\]\)$"),
)


@pytest.mark.parametrize(("status", "body", "kind", "words"), _REFUSALS)
def test_a_refusal_is_told_as_what_it_means_in_x_own_words(
    sandbox: Sandbox, connect: Connect, post: Post, status: int, body: Any, kind: type[PublishError], words: str
) -> None:
    adapter = connect("twitter")
    staged = adapter.stage(post, NoSteps())
    sandbox.inject("twitter", "publish", f"status:{status}", body=body)
    with pytest.raises(kind, match=words) as caught:
        adapter.publish(staged)
    assert type(caught.value) is kind
    assert f"HTTP {status}" in str(caught.value)


def test_a_duplicate_is_no_lost_answer_where_nothing_is_published(
    sandbox: Sandbox, connect: Connect, post: Post
) -> None:
    sandbox.inject("twitter", "upload", "status:403", body=_forbidden("duplicate content"))
    with pytest.raises(TransientError):
        connect("twitter").stage(post, NoSteps())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, _invalid("no")),
        (422, {"title": "Unprocessable"}),
        (403, _forbidden("x", f"{_PROBLEMS}not-authorized-for-resource")),
    ],
)
def test_who_is_refused_at_the_door_has_an_account_to_mend_and_no_bad_post(
    sandbox: Sandbox, connect: Connect, status: int, body: Any
) -> None:
    sandbox.inject("twitter", "verify", f"status:{status}", body=body)
    with pytest.raises(AccountError, match="this account"):
        connect("twitter").verify()


_SECONDS = 1_795_600_000
_IN_A_WINDOW = timedelta(minutes=15)
#: What the adapters' clock says (`now`).
_NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"x-rate-limit-reset": str(_SECONDS)}, datetime.fromtimestamp(_SECONDS, UTC)),
        ({"x-rate-limit-reset": "soon"}, None),
        ({"x-rate-limit-reset": "²"}, None),
        ({"x-rate-limit-reset": "9" * 18}, None),
        ({"x-rate-limit-reset": ""}, None),
        ({"x-rate-limit-reset": "4000000000"}, _NOW + timedelta(hours=24)),
        ({"x-rate-limit-reset": "1000000000"}, _NOW),
        ({"x-rate-limit-reset": "-5"}, _NOW),
    ],
)
def test_x_says_when_to_come_back(
    sandbox: Sandbox, connect: Connect, now: datetime, header: dict[str, str], expected: datetime | None
) -> None:
    sandbox.inject("twitter", "verify", "status:429", headers=header)
    with pytest.raises(TransientError) as caught:
        connect("twitter").verify()
    assert caught.value.retry_at == (expected or now + _IN_A_WINDOW)


_WINDOW = {"x-rate-limit-remaining": "95", "x-rate-limit-reset": str(_SECONDS + 900)}
_OF_USER = {"x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": str(_SECONDS + 7200)}
_OF_APP = {"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": str(_SECONDS + 3600)}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (_WINDOW, 900),
        (_WINDOW | _OF_USER, 7200),
        (_WINDOW | _OF_APP, 3600),
        (_WINDOW | _OF_USER | _OF_APP, 7200),
        (_WINDOW | _OF_USER | {"x-user-limit-24hour-remaining": "3"}, 900),
        (_WINDOW | _OF_USER | {"x-user-limit-24hour-reset": "soon"}, 900),
    ],
)
def test_the_limit_that_is_used_up_says_when_to_come_back(
    sandbox: Sandbox, connect: Connect, post: Post, headers: dict[str, str], seconds: int
) -> None:
    clock = datetime.fromtimestamp(_SECONDS, UTC)
    adapter = connect("twitter", now=lambda: clock)
    staged = adapter.stage(post, NoSteps())
    sandbox.inject("twitter", "publish", "status:429", headers=headers)
    with pytest.raises(TransientError) as caught:
        adapter.publish(staged)
    assert caught.value.retry_at == clock + timedelta(seconds=seconds)


@pytest.mark.parametrize("operation", ["upload", "publish"])
def test_a_success_that_uses_up_a_limit_says_until_when(
    sandbox: Sandbox, connect: Connect, post: Post, operation: str
) -> None:
    clock = datetime.fromtimestamp(_SECONDS, UTC)
    adapter = connect("twitter", now=lambda: clock)
    sandbox.inject(
        "twitter", operation, "commit_then_status:201", body={"data": {"id": "7"}}, headers=_WINDOW | _OF_USER
    )
    undescribed = replace(post, pictures=(replace(post.pictures[0], alt=""),))
    staged = replace(adapter.stage(undescribed, NoSteps()), media_ids=())
    assert adapter.publish(staged).rests_until == clock + timedelta(hours=2)


def test_a_success_with_room_left_says_nothing_of_waiting(connect: Connect, post: Post) -> None:
    adapter = connect("twitter")
    assert adapter.publish(adapter.stage(post, NoSteps())).rests_until is None


def test_the_day_of_a_spending_limit_is_told(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    adapter = connect("twitter")
    staged = adapter.stage(replace(post, pictures=()), NoSteps())
    sandbox.twitter.spend_cap_reset_date = "2026-12-01"
    try:
        with pytest.raises(AccountError, match=r"spend cap\. \[reset_date 2026-12-01\]"):
            adapter.publish(staged)
    finally:
        sandbox.twitter.spend_cap_reset_date = None


def test_a_post_is_exactly_its_text_and_its_pictures(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    adapter = connect("twitter")
    staged = adapter.stage(post, NoSteps())
    adapter.publish(staged)
    (request,) = sandbox.requests("twitter", "publish")
    assert (request.method, request.path, request.query_string) == ("POST", "/twitter/2/tweets", "")
    assert json.loads(request.body) == {"text": post.text, "media": {"media_ids": list(staged.media_ids)}}


def test_a_post_without_picture_is_exactly_its_text(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    adapter = connect("twitter")
    adapter.publish(adapter.stage(replace(post, pictures=()), NoSteps()))
    assert json.loads(sandbox.requests("twitter", "publish")[0].body) == {"text": post.text}


def test_a_picture_goes_to_the_upload_of_version_2(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    connect("twitter").stage(post, NoSteps())
    upload, alt = sandbox.requests()
    assert (upload.path, upload.form["media_category"]) == ("/twitter/2/media/upload", "tweet_image")
    assert upload.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert upload.files == {"media": post.pictures[0].content}
    assert alt.path == "/twitter/2/media/metadata"
    assert json.loads(alt.body)["metadata"] == {"alt_text": {"text": post.pictures[0].alt}}


def test_every_request_is_signed_for_the_account(
    sandbox: Sandbox, connect: Connect, post: Post, since: datetime
) -> None:
    adapter = connect("twitter")
    adapter.verify()
    receipt = adapter.publish(adapter.stage(post, NoSteps()))
    receipt_of(adapter, post, since=since)
    adapter.retract(receipt.remote_id)
    account = sandbox.account("twitter", "izmirbld")
    assert len(sandbox.requests()) == 6
    for request in sandbox.requests():
        assert request.headers["authorization"].startswith("OAuth ")
        assert f'oauth_token="{account.credentials["access_token"]}"' in request.headers["authorization"]
        assert "oauth" not in request.query_string


@pytest.mark.parametrize("has_picture", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "Ağaç & çiçek <3",
        "Yazıldığı gibi: &amp; &copy;",
        "Ayrıntılar www.izmir.bel.tr adresinde",
        "https://izmir.bel.tr/?a=1&copy=2&lt=3",
        "İki adres: https://izmir.bel.tr/a ve https://izmir.bel.tr/ab",
        "Satır\n\nsonu",
    ],
)
def test_a_post_is_found_however_x_shows_it(
    sandbox: Sandbox, connect: Connect, post: Post, since: datetime, text: str, has_picture: bool
) -> None:
    adapter = connect("twitter")
    written = replace(post, text=text, pictures=post.pictures if has_picture else ())
    receipt = adapter.publish(adapter.stage(written, NoSteps()))
    assert receipt_of(adapter, written, since=since) == receipt


def test_the_link_that_x_adds_for_pictures_is_not_part_of_the_text(
    sandbox: Sandbox, connect: Connect, post: Post, since: datetime
) -> None:
    added = {"url": "https://t.co/a1", "expanded_url": "https://x.com/izmirbld/status/7/photo/1", "media_key": "3_1"}
    tweet = {"id": "7", "text": "Merhaba https://t.co/a1", "entities": {"urls": [added]}}
    sandbox.inject("twitter", "find", "status:200", body={"data": [tweet], "meta": {"result_count": 1}})
    receipt = receipt_of(connect("twitter"), replace(post, text="Merhaba"), since=since)
    assert receipt is not None
    assert receipt.remote_id == "7"


def test_an_empty_timeline_holds_no_post_but_an_error_proves_nothing(
    sandbox: Sandbox, connect: Connect, post: Post, since: datetime
) -> None:
    adapter = connect("twitter")
    assert receipt_of(adapter, post, since=since) is None
    sandbox.inject("twitter", "find", "status:200", body={"errors": [{"title": "Not Found Error"}]})
    with pytest.raises(TransientError):
        receipt_of(adapter, post, since=since)
