"""Instagram by the Graph API: its refusals, its containers, and pictures that it fetches itself."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from urllib3.connection import HTTPConnection

from crossposter.adapters import adapter_class
from crossposter.adapters._graph_errors import SUBCODES
from crossposter.core.model import Identity, Picture, PictureLimits, Post, Receipt
from crossposter.errors import AccountError, MissingError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.media.public import PublicFolder
from crossposter.ports import Adapter, Staged
from crossposter.sandbox import Sandbox, SandboxAccount
from crossposter.testing import NoSteps
from tests.adapters.readings import receipt_of

Connect = Callable[..., Adapter]
_GRAPH = "instagram-graph"
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@pytest.fixture
def adapter(connect: Connect) -> Adapter:
    return connect(_GRAPH)


@pytest.fixture
def by_page(connect: Connect) -> Adapter:
    return connect(_GRAPH, options={"picture_by": "page"})


@pytest.fixture
def album(post: Post) -> Post:
    return replace(post, pictures=tuple(replace(post.pictures[0], alt=alt) for alt in ("Fidan", "", "Çiçek")))


def _operations(sandbox: Sandbox) -> list[str]:
    return [request.operation for request in sandbox.requests()]


def _error(code: object, message: str = "Meta's own words", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "OAuthException", "code": code, **more, "fbtrace_id": "AbC1"}}


# -- what is sent ----------------------------------------------------------------------------------------------------


def test_a_picture_is_a_container_that_is_looked_at_and_published(
    sandbox: Sandbox, adapter: Adapter, post: Post
) -> None:
    staged = adapter.stage(post, NoSteps())
    assert _operations(sandbox) == ["quota", "container", "status"]
    (container,) = sandbox.requests(_GRAPH, "container")
    assert container.path == f"/instagram/v26.0/{sandbox.account(_GRAPH, 'izmirbld').id}/media"
    assert (container.form["caption"], container.form["alt_text"]) == (post.text, post.pictures[0].alt)
    assert "media_type" not in container.form
    adapter.publish(staged)
    (publish,) = sandbox.requests(_GRAPH, "publish")
    assert publish.form["creation_id"] == staged.media_ids[-1]


def test_the_container_s_id_is_what_the_ledger_keeps(sandbox: Sandbox, adapter: Adapter, post: Post) -> None:
    staged = adapter.stage(post, NoSteps())
    assert staged.media_ids == (sandbox.requests(_GRAPH, "status")[0].path.rpartition("/")[2],)


def test_several_pictures_are_one_album(sandbox: Sandbox, adapter: Adapter, album: Post) -> None:
    staged = adapter.stage(album, NoSteps())
    assert _operations(sandbox) == ["quota", *["container"] * 4, "status"]
    *children, parent = sandbox.requests(_GRAPH, "container")
    assert {child.form["is_carousel_item"] for child in children} == {"true"}
    assert not any("caption" in child.form for child in children)
    assert [child.form.get("alt_text") for child in children] == ["Fidan", None, "Çiçek"]
    assert (parent.form["media_type"], parent.form["caption"]) == ("CAROUSEL", album.text)
    adapter.publish(staged)
    (made,) = sandbox.posts()
    assert (made["text"], [image["alt"] for image in made["images"]]) == (album.text, ["Fidan", None, "Çiçek"])
    assert len(sandbox.requests(_GRAPH, "publish")) == 1


def test_ten_pictures_are_one_album(sandbox: Sandbox, adapter: Adapter, post: Post) -> None:
    adapter.publish(adapter.stage(replace(post, pictures=post.pictures * 10), NoSteps()))
    assert len(sandbox.posts()[0]["images"]) == 10


def test_the_token_stands_in_a_header_and_nowhere_else(
    sandbox: Sandbox, adapter: Adapter, post: Post, since: datetime
) -> None:
    adapter.verify()
    adapter.publish(adapter.stage(post, NoSteps()))
    receipt_of(adapter, post, since=since)
    token = sandbox.account(_GRAPH, "izmirbld").credentials["access_token"]
    assert _operations(sandbox) == ["verify", "quota", "container", "status", "publish", "find"]
    for request in sandbox.requests():
        assert request.headers["authorization"] == f"Bearer {token}"
        assert token not in f"{request.path}?{request.query_string}"
        assert token.encode() not in request.body
        assert "appsecret_proof" in dict(request.query) | dict(request.form)


def test_an_app_that_wants_signed_calls_is_served(
    sandbox: Sandbox, adapter: Adapter, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.graph, "proof_required", True)
    adapter.verify()
    adapter.publish(adapter.stage(post, NoSteps()))
    assert len(sandbox.posts()) == 1


def test_the_version_is_the_one_that_is_set(sandbox: Sandbox, connect: Connect) -> None:
    connect(_GRAPH, options={"graph_version": "v25.0"}).verify()
    assert sandbox.requests()[0].path.startswith("/instagram/v25.0/")


@pytest.mark.parametrize("flaw", ["\n", " ", "ı"])
def test_a_token_that_was_copied_badly_is_not_told(
    sandbox: Sandbox, connect: Connect, leaked: Callable[[BaseException, SandboxAccount], set[str]], flaw: str
) -> None:
    account = sandbox.account(_GRAPH, "izmirbld")
    with pytest.raises(AccountError) as caught:
        connect(_GRAPH, credentials={"access_token": account.credentials["access_token"] + flaw}).verify()
    assert leaked(caught.value, account) == set()
    assert sandbox.requests() == []


def test_a_post_of_the_app_stands_on_the_same_account(
    sandbox: Sandbox, connect: Connect, post: Post, since: datetime
) -> None:
    by_app = connect("instagram")
    by_app.publish(by_app.stage(post, NoSteps()))
    found = receipt_of(connect(_GRAPH), post, since=since)
    assert found == Receipt(remote_id=sandbox.posts()[0]["id"], url=sandbox.posts()[0]["url"])


# -- the quota -------------------------------------------------------------------------------------------------------


def test_a_full_quota_is_waited_out(sandbox: Sandbox, adapter: Adapter, post: Post, now: datetime) -> None:
    sandbox.instagram_graph.quota = 1
    adapter.publish(adapter.stage(post, NoSteps()))
    with pytest.raises(TransientError, match="1 of 1") as caught:
        adapter.stage(post, NoSteps())
    assert caught.value.retry_at == now + timedelta(hours=2)
    assert len(sandbox.requests(_GRAPH, "container")) == 1


@pytest.mark.parametrize("body", [{"data": []}, {"data": [{}]}, {"data": [{"quota_usage": 50, "config": "x"}]}])
def test_a_quota_that_is_not_told_stops_nothing(
    sandbox: Sandbox, adapter: Adapter, post: Post, body: dict[str, Any]
) -> None:
    sandbox.inject(_GRAPH, "quota", "status:200", body=body)
    adapter.publish(adapter.stage(post, NoSteps()))
    assert len(sandbox.posts()) == 1


# -- containers ------------------------------------------------------------------------------------------------------


def test_a_container_that_is_not_ready_is_looked_at_again(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    waited: list[float] = []
    sandbox.instagram_graph.slow_looks = 3
    connect(_GRAPH, sleep=waited.append).stage(post, NoSteps())
    assert len(sandbox.requests(_GRAPH, "status")) == 4
    assert waited == [0, 1, 2, 5]


def test_after_five_minutes_the_post_waits(
    sandbox: Sandbox, connect: Connect, post: Post, public: PublicFolder
) -> None:
    waited: list[float] = []
    sandbox.instagram_graph.slow_looks = 99
    with pytest.raises(TransientError, match="five minutes"):
        connect(_GRAPH, sleep=waited.append).stage(post, NoSteps())
    assert sum(waited) == 300
    assert len(sandbox.requests(_GRAPH, "status")) == len(waited)
    assert list(public.path.iterdir()) == []


_FAILURES: tuple[tuple[str, type[PublishError], timedelta | None], ...] = (
    ("Error: 2207026", TransientError, None),
    ("", TransientError, None),
    ("2207003", TransientError, None),
    ("Error: Media upload has failed with error code 2207032", TransientError, None),
    ("2207042", TransientError, _DAY),
    ("2207051", AccountError, _DAY),
    ("2207050", AccountError, None),
    ("2207052", RejectedError, None),
    ("2207009", RejectedError, None),
)


@pytest.mark.parametrize(("words", "kind", "wait"), _FAILURES)
def test_a_container_that_failed_says_why(
    sandbox: Sandbox,
    adapter: Adapter,
    post: Post,
    now: datetime,
    words: str,
    kind: type[PublishError],
    wait: timedelta | None,
) -> None:
    sandbox.instagram_graph.failure = words
    with pytest.raises(kind) as caught:
        adapter.stage(post, NoSteps())
    assert type(caught.value) is kind
    assert getattr(caught.value, "retry_at", None) == (now + wait if wait else None)


def test_a_failure_that_says_nothing_known_is_kept_without_secrets(
    sandbox: Sandbox, adapter: Adapter, post: Post
) -> None:
    token = sandbox.account(_GRAPH, "izmirbld").credentials["access_token"]
    sandbox.instagram_graph.failure = f"Error: something new \ud800 {token}"
    with pytest.raises(TransientError, match="does not say why") as caught:
        adapter.stage(post, NoSteps())
    assert caught.value.answer == "Error: something new ? **********"


@pytest.mark.parametrize("state", ["EXPIRED", "", "finished", None])
def test_a_container_in_another_state_is_made_anew(
    sandbox: Sandbox, adapter: Adapter, post: Post, state: str | None
) -> None:
    sandbox.inject(_GRAPH, "status", "status:200", body={"status_code": state, "id": "1"})
    with pytest.raises(TransientError) as caught:
        adapter.stage(post, NoSteps())
    assert caught.value.starts_over
    adapter.publish(adapter.stage(post, NoSteps()))
    assert len(sandbox.posts()) == 1


def test_a_container_that_was_published_after_all_is_in_doubt_and_never_replaced(
    sandbox: Sandbox, adapter: Adapter, post: Post
) -> None:
    class Saved:
        def once(self, name: str, do: object) -> str:
            return staged.media_ids[0]

    staged = adapter.stage(post, NoSteps())
    adapter.publish(staged)
    with pytest.raises(UncertainError) as caught:
        adapter.stage(post, Saved())
    assert not caught.value.starts_over
    assert len(sandbox.requests(_GRAPH, "container")) == 1


def test_a_container_that_has_expired_is_no_lost_post(sandbox: Sandbox, adapter: Adapter, post: Post) -> None:
    staged = adapter.stage(post, NoSteps())
    sandbox.instagram_graph.expire()
    with pytest.raises(TransientError):
        adapter.publish(staged)
    assert sandbox.posts() == []


def test_a_container_is_published_once(sandbox: Sandbox, adapter: Adapter, post: Post) -> None:
    staged = adapter.stage(post, NoSteps())
    adapter.publish(staged)
    with pytest.raises(TransientError):
        adapter.publish(staged)
    assert len(sandbox.posts()) == 1


def test_a_container_whose_answer_was_lost_is_seen_by_nobody(sandbox: Sandbox, adapter: Adapter, post: Post) -> None:
    sandbox.inject(_GRAPH, "container", "commit_then_reset")
    with pytest.raises(TransientError):
        adapter.stage(post, NoSteps())
    assert sandbox.posts() == []


@pytest.mark.parametrize("skip", [1, 2, 3])
def test_an_album_fails_with_any_of_its_containers(sandbox: Sandbox, adapter: Adapter, album: Post, skip: int) -> None:
    sandbox.inject(_GRAPH, "container", "status:500", skip=skip, times=9)
    with pytest.raises(TransientError):
        adapter.stage(album, NoSteps())
    assert len(sandbox.requests(_GRAPH, "container")) == skip + 1


# -- refusals --------------------------------------------------------------------------------------------------------

_REFUSALS: tuple[tuple[int, Any, type[PublishError], timedelta | None], ...] = (
    *((400, _error(code), TransientError, _HOUR) for code in (4, 17, 32, 341, 613, 80001, 80002)),
    (400, _error(368), AccountError, timedelta(hours=6)),
    *((400, _error(190, error_subcode=code), AccountError, None) for code in (458, 459, 460, 463, 464, 467)),
    # A code that says it alone, where the subcode is missing or new.
    (400, _error(25), AccountError, None),
    (400, _error(9), TransientError, _DAY),
    *((400, _error(code), TransientError, None) for code in (-2, 24, 9007)),
    *((400, _error(code), RejectedError, None) for code in (9004, 36000, 36001, 36003, 36004, 324, 4711)),
    (400, _error(9004, error_subcode=7), RejectedError, None),
    *((400, _error(code), AccountError, None) for code in (102, 104, 190)),
    *((403, _error(code), AccountError, None) for code in (3, 10, 200, 299)),
    (400, _error(9, error_subcode=2207042), TransientError, _DAY),
    # Seen after the post had been made.
    (400, _error(4, error_subcode=2207051), UncertainError, None),
    (403, _error(4, error_subcode=2207051), UncertainError, None),
    (400, _error(25, error_subcode=2207050), AccountError, None),
    (400, _error(-2, error_subcode=2207003), TransientError, None),
    *((400, _error(24, error_subcode=code), TransientError, None) for code in (2207006, 2207008)),
    # A server error of Instagram's: the post may have been made.
    (400, _error(-1, error_subcode=2207001), UncertainError, None),
    *((400, _error(code, is_transient=True), UncertainError, None) for code in (-2, 9, 24, 25, 9004, 9007, 36000)),
    *((400, _error(-1, error_subcode=code), TransientError, None) for code in (2207032, 2207020)),
    (400, _error(9007, error_subcode=2207027), TransientError, None),
    (400, _error(9004, error_subcode=2207052), RejectedError, None),
    (400, _error(36000, error_subcode=2207004), RejectedError, None),
    (400, _error(36001, error_subcode=2207005), RejectedError, None),
    (400, _error(36003, error_subcode=2207009), RejectedError, None),
    (400, _error(36004, error_subcode=2207010), RejectedError, None),
    *((400, _error(100, error_subcode=code), RejectedError, None) for code in (2207028, 2207040)),
    (400, _error(100, error_subcode=33), MissingError, None),
    (400, _error(100), RejectedError, None),
    (400, _error(1), UncertainError, None),
    (400, _error(-1), UncertainError, None),
    (400, _error(2), UncertainError, None),
    (400, _error(100, is_transient=True), UncertainError, None),
    # Whatever the words are: a 5xx, a timeout of the edge and a success deny nothing.
    *(
        (status, _error(code, error_subcode=subcode), UncertainError, None)
        for status in (200, 302, 408, 500, 503)
        for code, subcode in ((-1, 2207001), (9, 2207042), (36003, 2207009), (190, 463))
    ),
    (400, _error(True), UncertainError, None),
    (400, _error("190"), UncertainError, None),
)


@pytest.mark.parametrize(("status", "body", "kind", "wait"), _REFUSALS)
def test_a_refusal_is_told_as_what_it_means_in_meta_own_words(
    sandbox: Sandbox,
    adapter: Adapter,
    post: Post,
    now: datetime,
    status: int,
    body: Any,
    kind: type[PublishError],
    wait: timedelta | None,
) -> None:
    staged = adapter.stage(post, NoSteps())
    sandbox.inject(_GRAPH, "publish", f"status:{status}", body=body)
    with pytest.raises(kind) as caught:
        adapter.publish(staged)
    assert type(caught.value) is kind
    assert f"HTTP {status}: Meta's own words [fbtrace_id AbC1]" in str(caught.value)
    assert getattr(caught.value, "retry_at", None) == (now + wait if wait else None)
    assert len(sandbox.requests(_GRAPH, "publish")) == 1


def test_every_subcode_of_the_table_has_its_case() -> None:
    tried = {body["error"].get("error_subcode") for _, body, _, _ in _REFUSALS}
    assert set(SUBCODES) <= tried


@pytest.mark.parametrize("body", ["<html>", "", "{}", {"error": "x"}, {"error": {}}, {"success": True}])
@pytest.mark.parametrize("status", [200, 201, 400, 403, 429, 502])
def test_an_answer_that_is_not_from_meta_proves_nothing(
    sandbox: Sandbox, adapter: Adapter, post: Post, status: int, body: Any
) -> None:
    staged = adapter.stage(post, NoSteps())
    sandbox.inject(_GRAPH, "publish", f"status:{status}", body=body)
    with pytest.raises(UncertainError):
        adapter.publish(staged)


@pytest.mark.parametrize(
    ("body", "kind", "wait"),
    [
        (_error(4, error_subcode=2207051), AccountError, _DAY),
        (_error(1), TransientError, None),
        (_error(36003, error_subcode=2207009), RejectedError, None),
        (_error(190), AccountError, None),
    ],
)
def test_a_refused_container_has_published_nothing(
    sandbox: Sandbox,
    adapter: Adapter,
    post: Post,
    now: datetime,
    public: PublicFolder,
    body: Any,
    kind: type[PublishError],
    wait: timedelta | None,
) -> None:
    sandbox.inject(_GRAPH, "container", "status:400", body=body)
    with pytest.raises(kind) as caught:
        adapter.stage(post, NoSteps())
    assert getattr(caught.value, "retry_at", None) == (now + wait if wait else None)
    assert list(public.path.iterdir()) == []


def test_meta_says_when_to_come_back(sandbox: Sandbox, adapter: Adapter, post: Post, now: datetime) -> None:
    usage = json.dumps({"1": [{"type": "instagram", "estimated_time_to_regain_access": 42}]})
    headers = {"X-Business-Use-Case-Usage": usage}
    sandbox.inject(_GRAPH, "container", "status:400", body=_error(80002), headers=headers)
    with pytest.raises(TransientError) as caught:
        adapter.stage(post, NoSteps())
    assert caught.value.retry_at == now + timedelta(minutes=42)


def test_who_is_refused_at_the_door_has_an_account_to_mend_and_no_bad_post(sandbox: Sandbox, adapter: Adapter) -> None:
    sandbox.inject(_GRAPH, "verify", "status:400", body=_error(100, "Unsupported get request.", error_subcode=33))
    with pytest.raises(AccountError, match="Unsupported get request"):
        adapter.verify()


# -- receipts and finding --------------------------------------------------------------------------------------------


def test_before_the_account_has_said_its_name_a_receipt_leads_to_instagram(adapter: Adapter, post: Post) -> None:
    assert adapter.publish(adapter.stage(post, NoSteps())).url == "https://www.instagram.com/"


@pytest.mark.parametrize(
    "permalink", ["https://evil.example/p/x/", "javascript:alert(1)", "https://www.instagram.com.evil/", 7, None]
)
def test_an_address_that_is_none_of_instagram_s_is_not_taken(
    sandbox: Sandbox, adapter: Adapter, post: Post, since: datetime, permalink: Any
) -> None:
    adapter.verify()
    media = {"id": "7", "caption": post.text, "timestamp": "2099-01-01T00:00:00+0000", "permalink": permalink}
    sandbox.inject(_GRAPH, "find", "status:200", body={"data": [media]})
    assert receipt_of(adapter, post, since=since) == Receipt(remote_id="7", url="https://www.instagram.com/izmirbld/")


@pytest.mark.parametrize("timestamp", ["", None, 7, "yesterday", "2099-01-01"])
def test_a_post_without_a_time_is_not_told_as_absent(
    sandbox: Sandbox, adapter: Adapter, post: Post, since: datetime, timestamp: Any
) -> None:
    media = {"id": "7", "caption": post.text, "timestamp": timestamp}
    sandbox.inject(_GRAPH, "find", "status:200", body={"data": [media]})
    assert receipt_of(adapter, post, since=since)


def test_a_post_of_the_same_second_is_found(sandbox: Sandbox, adapter: Adapter, post: Post) -> None:
    media = {"id": "7", "caption": f"{post.text} ", "timestamp": "2026-11-25T09:00:00+0000"}
    sandbox.inject(_GRAPH, "find", "status:200", body={"data": [media]})
    assert receipt_of(adapter, post, since=datetime(2026, 11, 25, 9, 0, 0, 900_000, tzinfo=UTC)) is not None


# -- pictures --------------------------------------------------------------------------------------------------------


def test_a_picture_is_public_until_the_post_is(
    sandbox: Sandbox, adapter: Adapter, post: Post, public: PublicFolder
) -> None:
    staged = adapter.stage(post, NoSteps())
    (file,) = public.path.iterdir()
    assert file.read_bytes() == post.pictures[0].content
    assert sandbox.requests(_GRAPH, "container")[0].form["image_url"] == f"{public.base_url}{file.name}"
    adapter.publish(staged)
    assert list(public.path.iterdir()) == []


def test_a_refused_post_leaves_no_picture_in_public(
    sandbox: Sandbox, adapter: Adapter, album: Post, public: PublicFolder
) -> None:
    staged = adapter.stage(album, NoSteps())
    sandbox.inject(_GRAPH, "publish", "status:400")
    with pytest.raises(RejectedError):
        adapter.publish(staged)
    assert list(public.path.iterdir()) == []


def test_an_uncertain_post_keeps_its_picture_for_the_day(
    sandbox: Sandbox, adapter: Adapter, post: Post, public: PublicFolder
) -> None:
    staged = adapter.stage(post, NoSteps())
    sandbox.inject(_GRAPH, "publish", "commit_then_reset")
    with pytest.raises(UncertainError):
        adapter.publish(staged)
    assert len(list(public.path.iterdir())) == 1


class Refusing:
    """Has no address for any picture."""

    def offer(self, picture: Picture) -> str:
        raise AccountError(_NOWHERE)

    def of_feed(self, picture: Picture, *, limits: PictureLimits) -> str:
        raise RejectedError(_NOWHERE)

    def withdraw(self, url: str) -> None:
        raise NotImplementedError


_NOWHERE = next(iter(SUBCODES.values())).meaning


@pytest.mark.parametrize(("way", "kind"), [("folder", AccountError), ("feed", RejectedError)])
def test_a_picture_without_an_address_makes_no_container(
    sandbox: Sandbox, connect: Connect, post: Post, way: str, kind: type[PublishError]
) -> None:
    with pytest.raises(kind):
        connect(_GRAPH, pictures=Refusing(), options={"picture_by": way}).stage(post, NoSteps())
    assert _operations(sandbox) == ["quota"]


def test_a_picture_that_fits_goes_by_the_feed_s_own_address(
    sandbox: Sandbox, connect: Connect, public: PublicFolder, post: Post
) -> None:
    file = io.BytesIO()
    Image.new("RGB", (1080, 810)).save(file, "JPEG")
    (public.path / "fidan.jpg").write_bytes(file.getvalue())
    picture = replace(post.pictures[0], url=f"{public.base_url}fidan.jpg")
    adapter = connect(_GRAPH, options={"picture_by": "feed"})
    adapter.publish(adapter.stage(replace(post, pictures=(picture,)), NoSteps()))
    assert sandbox.requests(_GRAPH, "container")[0].form["image_url"] == picture.url
    assert (sandbox.posts()[0]["images"][0]["width"], (public.path / "fidan.jpg").exists()) == (1080, True)


# -- pictures by the Page --------------------------------------------------------------------------------------------


def test_a_picture_can_go_by_an_unpublished_photo_of_the_page(sandbox: Sandbox, connect: Connect, album: Post) -> None:
    adapter = connect(_GRAPH, options={"picture_by": "page"}, pictures=Refusing())
    assert adapter.verify() == Identity(id=sandbox.account(_GRAPH, "izmirbld").id, handle="izmirbld")
    adapter.publish(adapter.stage(album, NoSteps()))
    uploads = [request for request in sandbox.requests(_GRAPH, "upload") if request.method == "POST"]
    assert [(upload.path, upload.form["published"]) for upload in uploads] == [
        ("/instagram/v26.0/me/photos", "false")
    ] * 3
    assert uploads[0].files == {"source": album.pictures[0].content}
    (made,) = sandbox.posts()
    assert [image["sha256"] for image in made["images"]] == [picture.sha256 for picture in album.pictures]
    assert [image["alt"] for image in made["images"]] == ["Fidan", None, "Çiçek"]


def test_a_page_s_token_names_the_account_that_is_linked_to_it(sandbox: Sandbox, connect: Connect) -> None:
    other = sandbox.account(_GRAPH, "izmirenglish")
    options = {"picture_by": "page"}
    identity = connect(_GRAPH, credentials=dict(other.credentials), options=options).verify()
    assert identity == Identity(id=other.id, handle="izmirenglish")


def test_a_token_without_a_linked_account_is_the_account_s_fault(sandbox: Sandbox, by_page: Adapter) -> None:
    sandbox.inject(_GRAPH, "verify", "status:200", body={"id": "7"})
    with pytest.raises(AccountError, match="linked"):
        by_page.verify()


@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("do", ["status:500", "reset", "html", "garbage", "empty", "truncate"])
def test_an_upload_to_the_page_that_is_lost_is_seen_by_nobody(
    sandbox: Sandbox, by_page: Adapter, post: Post, do: str, skip: int
) -> None:
    sandbox.inject(_GRAPH, "upload", do, skip=skip, times=9)
    with pytest.raises(TransientError):
        by_page.stage(post, NoSteps())
    assert len(sandbox.requests(_GRAPH, "upload")) == skip + 1
    assert sandbox.requests(_GRAPH, "container") == []


@pytest.mark.parametrize(
    "images",
    [
        None,
        [],
        [{}],
        [{"source": "x", "width": 9}],
        [{"source": "https://x", "width": "9"}],
        [{"source": 7, "width": 9}],
    ],
)
def test_a_photo_without_an_address_is_no_picture(sandbox: Sandbox, by_page: Adapter, post: Post, images: Any) -> None:
    sandbox.inject(_GRAPH, "upload", "status:200", body={"images": images}, skip=1)
    with pytest.raises(TransientError):
        by_page.stage(post, NoSteps())


def test_a_photo_without_an_id_is_no_picture(sandbox: Sandbox, by_page: Adapter, post: Post) -> None:
    sandbox.inject(_GRAPH, "upload", "status:200", body={"id": None, "x": 1})
    with pytest.raises(TransientError):
        by_page.stage(post, NoSteps())


# -- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("quota", "waits"), [(1, True), (2, False)])
def test_who_makes_the_last_post_of_the_quota_waits(
    sandbox: Sandbox,
    adapter: Adapter,
    post: Post,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    quota: int,
    waits: bool,
) -> None:
    monkeypatch.setattr(sandbox.instagram_graph, "quota", quota)
    receipt = adapter.publish(adapter.stage(post, NoSteps()))
    assert receipt.rests_until == (now + timedelta(hours=2) if waits else None)


def test_a_quota_of_no_known_shape_uses_nothing_up(sandbox: Sandbox, adapter: Adapter, post: Post) -> None:
    sandbox.inject(_GRAPH, "quota", "status:200", body={"data": [{"quota_usage": "all", "config": {"quota_total": 1}}]})
    assert adapter.publish(adapter.stage(post, NoSteps())).rests_until is None


def test_what_meta_counts_for_instagram_makes_it_slower_too(
    sandbox: Sandbox, adapter: Adapter, post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.graph, "used_percent", 100)
    assert adapter.publish(adapter.stage(post, NoSteps())).rests_until == now + _HOUR


# -- the rest --------------------------------------------------------------------------------------------------------


def test_publishing_needs_no_memory_of_staging(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    staged = connect(_GRAPH).stage(post, NoSteps())
    connect(_GRAPH).publish(Staged(post=post, media_ids=staged.media_ids))
    assert len(sandbox.posts()) == 1


def test_a_publish_goes_out_on_a_connection_of_its_own(
    sandbox: Sandbox, adapter: Adapter, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = adapter.stage(post, NoSteps())
    opened = []
    open_connection = HTTPConnection.connect

    def count(connection: HTTPConnection) -> None:
        opened.append(connection)
        open_connection(connection)

    monkeypatch.setattr(HTTPConnection, "connect", count)
    adapter.publish(staged)
    assert len(opened) == 1
    adapter.verify()
    assert len(opened) == 1


def test_both_backends_have_the_same_limits_without_credentials() -> None:
    limits = adapter_class("instagram").limits
    assert (limits.max_length, limits.max_hashtags, limits.max_pictures, limits.max_alt_length) == (2200, 30, 10, 1000)
    assert (limits.picture.max_bytes, limits.picture.min_width, limits.picture.ratio) == (8_000_000, 320, (0.8, 1.91))
