"""Instagram: its refusals, and an account that must never be touched but by its saved session."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crossposter.core.model import Post
from crossposter.errors import AccountError, MissingError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.ports import Adapter
from crossposter.sandbox import Sandbox
from crossposter.testing import NoSteps
from tests.adapters.readings import receipt_of

Connect = Callable[..., Adapter]
_HOUR = timedelta(hours=1)


@pytest.fixture
def session_file(sandbox: Sandbox, tmp_path: Path) -> Path:
    """The file that `connect` gives the account; here before it is there."""
    return tmp_path / "izmirbld" / "session.json"


def _fail(message: str, **more: Any) -> dict[str, Any]:
    return {"message": message, **more, "status": "fail"}


_REFUSALS: tuple[tuple[int, Any, type[PublishError], str], ...] = (
    (400, _fail("Please wait a few minutes before you try again."), TransientError, "Please wait a few minutes"),
    (429, _fail("Too many requests"), TransientError, "Too many requests"),
    (400, _fail("slow down", error_type="rate_limit_error"), TransientError, "slow down"),
    (400, _fail("feedback_required", feedback_message="Try Again Later"), AccountError, "feedback_required"),
    (403, _fail("login_required"), AccountError, "a person"),
    (401, _fail("unauthorized"), AccountError, "unauthorized"),
    (403, _fail("forbidden"), AccountError, "forbidden"),
    (400, _fail("challenge_required", challenge={"url": "/challenge/1/"}), AccountError, "a person"),
    (400, _fail("challenge_required", challenge={"url": "/accounts/suspended/"}), AccountError, "suspended"),
    (400, _fail("checkpoint_required"), AccountError, "checkpoint_required"),
    (400, _fail("blocked", error_type="sentry_block"), AccountError, "blocked"),
    (400, _fail("", two_factor_info={"x": 1}), AccountError, "Two-factor"),
    (400, _fail("old", error_type="needs_upgrade"), AccountError, "newer app"),
    (400, _fail("media_needs_reupload", error_title="x"), TransientError, "once more"),
    (400, _fail("caption is too long"), RejectedError, "caption is too long"),
    (404, _fail("Media not found"), MissingError, "Media not found"),
    (408, _fail("timeout"), UncertainError, "timeout"),
    (503, _fail("down"), UncertainError, "down"),
    (200, _fail("something"), UncertainError, "something"),
    (400, "<html>", UncertainError, "does not know"),
    (404, "<html>", UncertainError, "does not know"),
    # The library takes this one for a challenge; an edge says the same.
    (404, "Not Found", UncertainError, "does not know"),
    (401, "<html>", UncertainError, "does not know"),
    (403, "<html>login_required</html>", UncertainError, "does not know"),
    (429, "<html>", TransientError, "asks to wait"),
    (
        200,
        {"message": "media_needs_reupload", "error_title": "bad", "status": "ok"},
        UncertainError,
        "does not know",
    ),
    *(
        (status, _fail(words), UncertainError, words)
        for status in (200, 408, 500, 503)
        for words in ("feedback_required", "challenge_required", "login_required", "Please wait a few minutes")
    ),
    (500, _fail("x", error_type="sentry_block"), UncertainError, "failed while it worked"),
    (400, _fail("x" * 999), RejectedError, r": x{300}\)$"),
)


@pytest.mark.parametrize(("status", "body", "kind", "words"), _REFUSALS)
def test_a_refusal_is_told_as_what_it_means_in_instagrams_own_words(
    sandbox: Sandbox,
    connect: Connect,
    post: Post,
    now: datetime,
    status: int,
    body: Any,
    kind: type[PublishError],
    words: str,
) -> None:
    adapter = connect("instagram")
    staged = adapter.stage(post, NoSteps())
    sandbox.inject("instagram", "publish", f"status:{status}", body=body)
    with pytest.raises(kind, match=words) as caught:
        adapter.publish(staged)
    assert type(caught.value) is kind
    is_blocked = words in ("feedback_required", "suspended")
    wait = None if kind in (RejectedError, MissingError, UncertainError) else timedelta(days=1) if is_blocked else _HOUR
    assert getattr(caught.value, "retry_at", None) == (now + wait if wait else None)


_UPLOAD_REFUSALS: tuple[tuple[int, Any, type[PublishError], timedelta | None], ...] = (
    (429, _fail("Too many requests"), TransientError, _HOUR),
    (400, _fail("Please wait a few minutes before you try again."), TransientError, _HOUR),
    (400, _fail("feedback_required"), AccountError, timedelta(days=1)),
    (400, _fail("challenge_required"), AccountError, _HOUR),
    (400, _fail("checkpoint_required"), AccountError, _HOUR),
    (403, _fail("login_required"), AccountError, _HOUR),
    (401, _fail("unauthorized"), AccountError, _HOUR),
    (400, _fail("the picture is too small"), RejectedError, None),
    (400, "<html>", TransientError, None),
    (500, _fail("down"), TransientError, None),
    (200, _fail("no"), TransientError, None),
    (500, _fail("feedback_required"), TransientError, None),
    (403, "<html>", TransientError, None),
)


@pytest.mark.parametrize(("status", "body", "kind", "wait"), _UPLOAD_REFUSALS)
def test_a_refused_upload_is_told_as_what_it_means(
    sandbox: Sandbox,
    connect: Connect,
    post: Post,
    now: datetime,
    status: int,
    body: Any,
    kind: type[PublishError],
    wait: timedelta | None,
) -> None:
    sandbox.inject("instagram", "upload", f"status:{status}", body=body)
    with pytest.raises(kind) as caught:
        connect("instagram").stage(post, NoSteps())
    assert type(caught.value) is kind
    assert getattr(caught.value, "retry_at", None) == (now + wait if wait else None)
    if isinstance(body, dict):
        assert body["message"] in str(caught.value)


@pytest.mark.parametrize(
    "message", ["login_required", "challenge_required", "checkpoint_required", "two_factor_required"]
)
@pytest.mark.parametrize("status", [400, 403])
def test_instagram_asks_for_a_person_and_gets_no_answer_from_the_program(
    sandbox: Sandbox, connect: Connect, message: str, status: int
) -> None:
    body = _fail(message, error_type=message, challenge={"api_path": "/challenge/1/x/"})
    sandbox.inject("instagram", "verify", f"status:{status}", body=body, times=9)
    with pytest.raises(AccountError):
        connect("instagram").verify()
    assert [request.path for request in sandbox.requests()] == ["/api/v1/accounts/current_user/"]
    assert sandbox.refused_hosts == ()


@pytest.mark.parametrize("operation", ["upload", "publish"])
def test_instagrams_words_for_people_are_told_as_well(
    sandbox: Sandbox, connect: Connect, post: Post, operation: str
) -> None:
    adapter = connect("instagram")
    body = _fail("feedback_required", feedback_message="We restrict certain activity")
    sandbox.inject("instagram", operation, "status:400", body=body)
    with pytest.raises(AccountError, match="We restrict certain activity"):
        adapter.publish(adapter.stage(post, NoSteps()))


@pytest.mark.parametrize(("status", "body"), [(400, _fail("unknown")), (404, _fail("user not found"))])
def test_who_is_refused_at_the_door_has_an_account_to_mend_and_no_bad_post(
    sandbox: Sandbox, connect: Connect, status: int, body: Any
) -> None:
    sandbox.inject("instagram", "verify", f"status:{status}", body=body)
    with pytest.raises(AccountError, match="a person"):
        connect("instagram").verify()


def test_the_library_prints_nothing(
    sandbox: Sandbox, connect: Connect, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("instagrapi", "private_request", "public_request"):
        caplog.set_level("DEBUG", name)  # and puts back afterwards what the adapter sets
    adapter = connect("instagram")
    adapter.verify()
    for status, body in ((400, {"status": "fail"}), (403, _fail("x")), (200, "<html>")):
        sandbox.inject("instagram", "upload", f"status:{status}", body=body)
        sandbox.inject("instagram", "verify", f"status:{status}", body=body)
        for ask in (adapter.verify, lambda: adapter.stage(post, NoSteps())):
            with pytest.raises(PublishError):
                ask()
    assert [record for record in caplog.records if record.name.startswith(("instagrapi", "p"))] == []


@pytest.mark.parametrize("code", [None, 7, "../x", {"x": 1}, ""])
def test_a_post_whose_address_is_no_address_is_published_all_the_same(
    sandbox: Sandbox, connect: Connect, post: Post, code: Any
) -> None:
    adapter = connect("instagram")
    staged = adapter.stage(post, NoSteps())
    sandbox.inject("instagram", "publish", "status:200", body={"media": {"pk": "7", "code": code}, "status": "ok"})
    receipt = adapter.publish(staged)
    assert (receipt.remote_id, receipt.url) == ("7", "https://www.instagram.com/")


def test_a_session_that_was_ended_is_not_renewed_with_a_password(
    sandbox: Sandbox, connect: Connect, post: Post
) -> None:
    sandbox.inject("instagram", "publish", "status:403")
    adapter = connect("instagram")
    staged = adapter.stage(post, NoSteps())
    with pytest.raises(AccountError):
        adapter.publish(staged)
    assert [request.operation for request in sandbox.requests()] == ["upload", "publish"]


def test_a_session_that_did_not_change_is_not_written(
    sandbox: Sandbox, connect: Connect, post: Post, since: datetime, session_file: Path
) -> None:
    adapter = connect("instagram")
    before = session_file.stat()
    adapter.verify()
    receipt = adapter.publish(adapter.stage(post, NoSteps()))
    receipt_of(adapter, post, since=since)
    adapter.retract(receipt.remote_id)
    after = session_file.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize("status", [200, 500])
def test_a_renewed_session_replaces_the_file(
    sandbox: Sandbox, connect: Connect, session_file: Path, status: int
) -> None:
    adapter = connect("instagram")
    session_file.chmod(0o644)
    before, inode = json.loads(session_file.read_text()), session_file.stat().st_ino
    sandbox.inject("instagram", "verify", f"status:{status}", headers={"ig-set-x-mid": "renewed"}, body=_fail("x"))
    with pytest.raises(TransientError):
        adapter.verify()
    after = json.loads(session_file.read_text())
    assert (after["mid"], after["authorization_data"]) == ("renewed", before["authorization_data"])
    assert after["uuids"] == before["uuids"]
    assert session_file.stat().st_mode & 0o777 == 0o600
    assert session_file.stat().st_ino != inode
    assert [path.name for path in session_file.parent.iterdir()] == ["session.json"]
    written = session_file.stat()
    adapter.verify()
    assert session_file.stat().st_ino == written.st_ino


def test_a_session_that_was_written_serves_the_next_adapter(
    sandbox: Sandbox, connect: Connect, session_file: Path
) -> None:
    sandbox.inject("instagram", "verify", "status:500", headers={"ig-set-x-mid": "renewed"})
    adapter = connect("instagram")
    with pytest.raises(TransientError):
        adapter.verify()
    again = connect("instagram", credentials={"session_file": str(session_file)})
    assert again.verify().handle == "izmirbld"
    assert sandbox.requests()[-1].headers["x-mid"] == "renewed"


def test_a_login_that_came_meanwhile_is_not_overwritten(sandbox: Sandbox, connect: Connect, session_file: Path) -> None:
    adapter = connect("instagram")
    adapter.verify()
    anew = {"authorization_data": {"sessionid": "5551234561%3Aanew", "ds_user_id": "5551234561"}}
    session_file.write_text(json.dumps(anew), "utf-8")
    sandbox.inject("instagram", "verify", "status:500", headers={"ig-set-x-mid": "renewed"})
    with pytest.raises(TransientError):
        adapter.verify()
    assert json.loads(session_file.read_text("utf-8")) == anew


def test_a_post_that_was_made_is_told_although_the_session_cannot_be_written(
    sandbox: Sandbox, connect: Connect, post: Post, session_file: Path
) -> None:
    adapter = connect("instagram")
    staged = adapter.stage(post, NoSteps())
    session_file.unlink()
    session_file.parent.rmdir()
    sandbox.inject(
        "instagram",
        "publish",
        "commit_then_status:200",
        headers={"ig-set-x-mid": "renewed"},
        body={"media": {"pk": 7, "code": "H"}, "status": "ok"},
    )
    assert adapter.publish(staged).remote_id == "7"
    with pytest.raises(AccountError, match=str(session_file)):
        adapter.verify()
    session_file.parent.mkdir()
    adapter.verify()
    assert json.loads(session_file.read_text())["mid"] == "renewed"


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"authorization_data": {}}',
        b'{"authorization_data": "x"}',
        b'{"authorization_data": {"sessionid": "", "ds_user_id": "1"}}',
        b'{"authorization_data": {"sessionid": "1", "ds_user_id": "1"}, "uuids": "x"}',
        b'{"authorization_data": {"sessionid": "1", "ds_user_id": "1"}, "cookies": "x"}',
        b'{"authorization_data": {"sessionid": "1", "ds_user_id": "1"}, "device_settings": "x"}',
    ],
)
def test_a_session_file_without_a_login_is_named(
    sandbox: Sandbox, connect: Connect, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "session.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(AccountError, match=str(file)):
        connect("instagram", credentials={"session_file": str(file)}).verify()
    assert sandbox.requests() == []


def test_what_the_library_saved_beside_the_session_does_not_count(
    sandbox: Sandbox, connect: Connect, tmp_path: Path
) -> None:
    own = Path(sandbox.account("instagram", "izmirbld").credentials["session_file"])
    saved = json.loads(own.read_text()) | {
        "request_timeout": 30,
        "private_transport": "requests",
        "session_retry_total": 3,
        "public_transport": "curl",
        "tls_verify": False,
    }
    file = tmp_path / "session.json"
    file.write_text(json.dumps(saved))
    adapter = connect("instagram", credentials={"session_file": str(file)})
    sandbox.inject("instagram", "verify", "status:503")
    with pytest.raises(TransientError):
        adapter.verify()
    assert [request.protocol for request in sandbox.requests()] == ["h2"]
    with pytest.raises(TransientError):
        connect("instagram", credentials={"session_file": str(file)}, ca_file=None).verify()
    assert len(sandbox.requests()) == 1


def test_the_picture_is_sent_as_it_is(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    connect("instagram").stage(post, NoSteps())
    (upload,) = sandbox.requests()
    assert upload.body == post.pictures[0].content
    assert upload.headers["x-entity-length"] == str(len(upload.body))


def test_the_program_speaks_as_a_telephone_in_turkey(sandbox: Sandbox, connect: Connect) -> None:
    connect("instagram").verify()
    headers = sandbox.requests()[0].headers
    assert (headers["x-ig-app-locale"], headers["x-ig-timezone-offset"]) == ("tr_TR", "10800")


def test_white_space_that_instagram_drops_hides_no_post(
    sandbox: Sandbox, connect: Connect, post: Post, since: datetime
) -> None:
    media = {"pk": 7, "code": "H", "taken_at": int(since.timestamp()), "caption": {"text": "Merhaba"}}
    sandbox.inject("instagram", "find", "status:200", body={"items": [media], "status": "ok"})
    assert receipt_of(connect("instagram"), replace(post, text="Merhaba\n"), since=since) is not None


def test_two_accounts_that_upload_in_one_millisecond_publish_both(
    sandbox: Sandbox, connect: Connect, post: Post
) -> None:
    one, other = connect("instagram"), connect("instagram", "izmirenglish")
    staged = [one.stage(post, NoSteps()), other.stage(post, NoSteps())]
    assert staged[0].media_ids != staged[1].media_ids
    one.publish(staged[0])
    other.publish(staged[1])
    assert {found["handle"] for found in sandbox.posts()} == {"izmirbld", "izmirenglish"}


def test_several_pictures_are_one_album_in_one_request(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    adapter = connect("instagram")
    second = replace(post.pictures[0], alt="")
    album = replace(post, pictures=(post.pictures[0], second, post.pictures[0]))
    staged = adapter.stage(album, NoSteps())
    before = len(sandbox.requests())
    receipt = adapter.publish(staged)
    assert [request.path for request in sandbox.requests()[before:]] == ["/api/v1/media/configure_sidecar/"]
    (made,) = sandbox.posts()
    assert (made["id"], made["text"]) == (receipt.remote_id, album.text)
    assert [image["sha256"] for image in made["images"]] == [picture.sha256 for picture in album.pictures]
    assert [image["alt"] for image in made["images"]] == [picture.alt or None for picture in album.pictures]


def test_an_album_whose_answer_is_lost_is_uncertain(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    adapter = connect("instagram")
    staged = adapter.stage(replace(post, pictures=post.pictures * 2), NoSteps())
    sandbox.inject("instagram", "publish", "commit_then_reset")
    with pytest.raises(UncertainError):
        adapter.publish(staged)
    assert len(sandbox.posts()) == 1
