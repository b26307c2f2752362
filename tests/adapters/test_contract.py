"""What every adapter promises; one suite for all platforms."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from urllib3.connection import HTTPConnection

from crossposter.adapters import PLATFORMS, adapter_class
from crossposter.clock import SystemClock
from crossposter.core.kinds import Kind
from crossposter.core.model import Identity, Post
from crossposter.core.timeline import says
from crossposter.errors import AccountError, RejectedError
from crossposter.ports import Adapter, Staged
from crossposter.sandbox import Sandbox
from crossposter.testing import NoSteps
from tests.adapters.readings import receipt_of

Connect = Callable[..., Adapter]
_GRAPH = "instagram-graph"
_LIBRARIES = ("tweepy", "facebook", "instagrapi", "requests", "curl_cffi")


def test_verify_tells_whose_account_it_is_with_one_request(sandbox: Sandbox, connect: Connect, platform: str) -> None:
    account = sandbox.account(platform, "izmirbld")
    assert connect(platform).verify() == Identity(id=account.id, handle="izmirbld")
    assert [request.operation for request in sandbox.requests()] == ["verify"]


def test_stage_makes_nothing_public(sandbox: Sandbox, connect: Connect, platform: str, post: Post) -> None:
    connect(platform).stage(post, NoSteps())
    assert len(sandbox.requests(platform, "container" if platform == _GRAPH else "upload")) == 1
    assert sandbox.requests(platform, "publish") == []
    assert sandbox.posts() == []


def test_publish_makes_exactly_this_post_with_one_request(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post
) -> None:
    adapter = connect(platform)
    staged = adapter.stage(post, NoSteps())
    before = len(sandbox.requests())
    adapter.publish(staged)
    assert [request.operation for request in sandbox.requests()[before:]] == ["publish"]
    (made,) = sandbox.posts()
    assert (made["platform"], made["handle"], made["text"]) == (platform.removesuffix("-graph"), "izmirbld", post.text)
    assert [(image["sha256"], image["alt"]) for image in made["images"]] == [
        (post.pictures[0].sha256, post.pictures[0].alt)
    ]


def test_the_receipt_leads_to_the_post(sandbox: Sandbox, connect: Connect, platform: str, post: Post) -> None:
    adapter = connect(platform)
    adapter.verify()
    receipt = adapter.publish(adapter.stage(post, NoSteps()))
    (made,) = sandbox.posts()
    if platform == _GRAPH:  # it answers with a number that is in no address; `find` gives the post's own
        assert receipt.url == "https://www.instagram.com/izmirbld/"
        return
    # X's own address holds the handle, which may change; X itself leads from /i/ to it.
    assert receipt.url == made["url"].replace("/izmirbld/status/", "/i/status/")


def test_a_picture_without_alt_text_is_sent_without_one(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post
) -> None:
    adapter = connect(platform)
    adapter.publish(adapter.stage(replace(post, pictures=(replace(post.pictures[0], alt=""),)), NoSteps()))
    assert sandbox.posts()[0]["images"][0]["alt"] is None
    assert sandbox.requests(platform, "alt_text") == []


@pytest.mark.parametrize("number", [2, 4])
@pytest.mark.parametrize("platform", ["facebook", "twitter", _GRAPH])
def test_several_pictures_keep_their_order(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post, number: int
) -> None:
    pictures = tuple(replace(post.pictures[0], alt=f"resim {index}") for index in range(number))
    adapter = connect(platform)
    adapter.publish(adapter.stage(replace(post, pictures=pictures), NoSteps()))
    assert [image["alt"] for image in sandbox.posts()[0]["images"]] == [picture.alt for picture in pictures]


@pytest.mark.parametrize("platform", ["facebook", "twitter"])
def test_a_post_needs_no_picture(sandbox: Sandbox, connect: Connect, platform: str, post: Post) -> None:
    adapter = connect(platform)
    adapter.publish(adapter.stage(replace(post, pictures=()), NoSteps()))
    (made,) = sandbox.posts()
    assert (made["text"], made["images"]) == (post.text, [])
    assert len(sandbox.requests()) == 1


def test_find_gives_the_receipt_of_what_was_published_with_one_request(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post, since: datetime
) -> None:
    adapter = connect(platform)
    receipt = adapter.publish(adapter.stage(post, NoSteps()))
    if platform == _GRAPH:
        receipt = replace(receipt, url=sandbox.posts()[0]["url"])
    assert receipt_of(adapter, post, since=since) == receipt
    assert len(sandbox.requests(platform, "find")) == 1


def test_find_does_not_take_another_post_for_this_one(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post, since: datetime
) -> None:
    adapter = connect(platform)
    longer = replace(post, text="Deprem tatbikatı", pictures=post.pictures)
    adapter.publish(adapter.stage(longer, NoSteps()))
    assert receipt_of(adapter, replace(post, text="Deprem"), since=since) is None
    assert receipt_of(adapter, replace(post, text="Deprem tatbikatı bugün"), since=since) is None
    assert len(sandbox.requests(platform, "find")) == 2


def test_find_does_not_look_before_its_time(connect: Connect, platform: str, post: Post, since: datetime) -> None:
    adapter = connect(platform)
    adapter.publish(adapter.stage(post, NoSteps()))
    assert receipt_of(adapter, post, since=since + timedelta(minutes=6)) is None


def test_a_retracted_post_is_gone_and_not_found(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post, since: datetime
) -> None:
    adapter = connect(platform)
    receipt = adapter.publish(adapter.stage(post, NoSteps()))
    before = len(sandbox.requests())
    if platform == _GRAPH:
        with pytest.raises(RejectedError, match="deletes no posts"):
            adapter.retract(receipt.remote_id)
        assert len(sandbox.requests()) == before
        return
    adapter.retract(receipt.remote_id)
    assert [request.operation for request in sandbox.requests()[before:]] == ["retract"]
    assert [made["deleted"] for made in sandbox.posts()] == [True]
    assert receipt_of(adapter, post, since=since) is None


def test_a_post_is_read_by_its_number_with_one_request(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post
) -> None:
    adapter = connect(platform)
    receipt = adapter.publish(adapter.stage(post, NoSteps()))
    before = len(sandbox.requests())
    found = adapter.look_up(receipt.remote_id)
    assert found
    assert (found.remote_id, says(found, post)) == (receipt.remote_id, True)
    (made,) = sandbox.posts()
    sandbox.delete(made["platform"], made["id"])
    assert adapter.look_up(receipt.remote_id) is None
    assert len(sandbox.requests()) - before == 2


@pytest.mark.parametrize("verb", ["edit", "reply", "retract"])
def test_what_a_platform_can_is_done_with_one_request_and_what_it_cannot_with_none(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post, verb: str
) -> None:
    adapter = connect(platform)
    receipt = adapter.publish(adapter.stage(post, NoSteps()))
    before = len(sandbox.requests())
    other = replace(post, text="Düzeltildi", pictures=())

    def act() -> None:
        match verb:
            case "edit":
                adapter.edit(receipt.remote_id, other)
            case "reply":
                adapter.reply(Staged(post=other), receipt.remote_id)
            case _:
                adapter.retract(receipt.remote_id)

    variants = adapter_class(platform.removesuffix("-graph")).Options.variants()
    can = variants[platform == "instagram"].can
    if (Kind.DELETE if verb == "retract" else Kind(verb)) not in can:
        with pytest.raises(RejectedError):
            act()
        assert len(sandbox.requests()) == before
        return
    act()
    asked = [request.operation for request in sandbox.requests()[before:]]
    assert asked == [{"edit": "correct", "reply": "publish", "retract": "retract"}[verb]]
    told = [(made["text"], made["deleted"]) for made in sandbox.posts()]
    assert (
        told
        == {
            "edit": [("Düzeltildi", False)],
            "reply": [(post.text, False), ("Düzeltildi", False)],
            "retract": [(post.text, True)],
        }[verb]
    )


def test_a_reply_is_listed_where_it_is_asked_for(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    adapter = connect("twitter")
    receipt = adapter.publish(adapter.stage(post, NoSteps()))
    reply = adapter.reply(Staged(post=Post(text="DÜZELTME: yarın", link=None)), receipt.remote_id)
    assert [one.remote_id for one in adapter.timeline(limit=10).posts] == [receipt.remote_id]
    listed = adapter.timeline(limit=10, replies=True).posts
    assert {one.remote_id for one in listed} == {receipt.remote_id, reply.remote_id}


def test_two_accounts_do_not_mix(sandbox: Sandbox, connect: Connect, platform: str, post: Post) -> None:
    # Instagram's uploads are named by the time.
    first, second = (connect(platform, handle, now=SystemClock().now) for handle in ("izmirbld", "izmirenglish"))
    assert (first.verify().handle, second.verify().handle) == ("izmirbld", "izmirenglish")
    english = replace(post, text="Trees are planted")
    staged = (first.stage(post, NoSteps()), second.stage(english, NoSteps()))
    second.publish(staged[1])
    first.publish(staged[0])
    assert [(made["handle"], made["text"]) for made in sandbox.posts()] == [
        ("izmirenglish", english.text),
        ("izmirbld", post.text),
    ]


def test_verify_tells_that_the_keys_are_those_of_another_account(
    sandbox: Sandbox, connect: Connect, platform: str
) -> None:
    other = sandbox.account(platform, "izmirenglish")
    if platform == _GRAPH:  # a token may serve several accounts: it is asked for the one that is meant
        with pytest.raises(AccountError):
            connect(platform, "izmirbld", credentials=dict(other.credentials)).verify()
        return
    identity = connect(platform, "izmirbld", credentials=dict(other.credentials)).verify()
    assert identity == Identity(id=other.id, handle="izmirenglish")


@pytest.mark.parametrize("platform", ["facebook", "twitter"])
def test_each_publish_goes_out_on_a_connection_of_its_own(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    open_connection = HTTPConnection.connect

    def count(connection: HTTPConnection) -> None:
        opened.append(len(sandbox.requests()))
        open_connection(connection)

    monkeypatch.setattr(HTTPConnection, "connect", count)
    adapter = connect(platform)
    adapter.verify()
    for text in ("bir", "iki"):
        adapter.publish(adapter.stage(replace(post, text=text, pictures=()), NoSteps()))
    adapter.verify()
    # One for the first request and for each post; the last request goes over that of the first, which was kept.
    assert opened == [0, 1, 2]


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environment_changes_nothing(
    sandbox: Sandbox,
    connect: Connect,
    platform: str,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    closed_port: int,
) -> None:
    monkeypatch.setenv(name, "/nowhere/ca.pem")
    for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(proxy, f"http://127.0.0.1:{closed_port}")
        monkeypatch.setenv(proxy.lower(), f"http://127.0.0.1:{closed_port}")
    adapter = connect(platform)
    adapter.publish(adapter.stage(post, NoSteps()))
    assert len(sandbox.posts()) == 1


def test_loading_the_adapters_loads_no_client_library() -> None:
    modules = ["crossposter.adapters", *(place.partition(":")[0] for place in PLATFORMS.values())]
    code = f"import sys, {', '.join(modules)}; print([name for name in {_LIBRARIES!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


ACCOUNT = Identity(id="100", handle="izmirbld")


@pytest.mark.parametrize(
    ("platform", "url", "remote_id"),
    [
        ("twitter", "https://x.com/izmirbld/status/1234567890?s=20", "1234567890"),
        ("twitter", "https://x.com/IzmirBld/status/01234567890", "1234567890"),
        ("twitter", "https://x.com/i/web/status/1234567890", "1234567890"),
        ("twitter", "https://twitter.com/izmirbld/status/1234567890", "1234567890"),
        ("twitter", "https://x.com/ankarabld/status/1234567890", None),
        ("twitter", "https://x.com/izmirbld", None),
        ("twitter", "https://x.com.evil.example/izmirbld/status/1", None),
        ("twitter", "https://evil.example/https://x.com/izmirbld/status/1", None),
        ("facebook", "https://www.facebook.com/100_200", "100_200"),
        ("facebook", "https://www.facebook.com/100_200?ref=share", "100_200"),
        ("facebook", "https://www.facebook.com/100/posts/200/", "100_200"),
        ("facebook", "https://www.facebook.com/999_200", None),
        ("facebook", "https://m.facebook.com/izmirbld/posts/pfbid02Abc/", "izmirbld/posts/pfbid02Abc"),
        ("facebook", "https://www.facebook.com/permalink.php?story_fbid=1&id=2", "permalink.php?story_fbid=1&id=2"),
        ("facebook", "https://www.facebook.com/izmirbld", None),
        ("facebook", "https://x.com/izmirbld/status/1", None),
        ("instagram", "https://www.instagram.com/p/DCSf3TJ3gAE/", "3500000000000000004"),
        ("instagram", "https://www.instagram.com/izmirbld/p/DCSf3TJ3gAE/?img_index=1", "3500000000000000004"),
        ("instagram", "https://www.instagram.com/ankarabld/p/DCSf3TJ3gAE/", None),
        ("instagram", "https://www.instagram.com/izmirbld/", None),
    ],
)
def test_the_address_of_a_post_says_which_post_of_the_account_it_is(
    platform: str, url: str, remote_id: str | None
) -> None:
    assert adapter_class(platform).remote_id_of(url, ACCOUNT) == remote_id


def test_a_reading_shows_what_was_published_and_where_it_leads(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post
) -> None:
    adapter = connect(platform)
    staged = adapter.stage(post, NoSteps())
    receipt = adapter.publish(staged)
    (shown,) = adapter.timeline(limit=10).posts
    assert shown.remote_id == receipt.remote_id
    assert shown.published is not None
    # X tells which pictures a post has; where a platform makes links, they are told.
    assert shown.media_ids == (staged.media_ids if platform == "twitter" else ())
    leads_to_it = any("izmir.bel.tr/tr/Haberler/1" in link for link in shown.links)
    assert leads_to_it is (platform in ("twitter", "facebook"))


def test_an_account_without_posts_shows_none(connect: Connect, platform: str) -> None:
    assert connect(platform).timeline(limit=10).posts == ()


def test_what_was_uploaded_is_used_again(sandbox: Sandbox, connect: Connect, platform: str, post: Post) -> None:
    kept: dict[str, str] = {}

    class Steps:
        def once(self, name: str, do: Callable[[], str]) -> str:
            kept[name] = kept.get(name) or do()
            return kept[name]

    adapter = connect(platform)
    first = adapter.stage(post, Steps())
    sent = len(sandbox.requests())
    again = connect(platform).stage(post, Steps())
    assert again == first
    # Instagram's container is asked whether it is still ready, and the day's quota with it.
    asked = [request.operation for request in sandbox.requests()[sent:]]
    assert asked == (["quota", "status"] if platform == _GRAPH else [])
    adapter.publish(again)
    assert len(sandbox.posts()) == 1


def test_a_container_tells_whether_it_was_published(sandbox: Sandbox, connect: Connect, post: Post) -> None:
    adapter = connect(_GRAPH)
    staged = adapter.stage(post, NoSteps())
    assert adapter.timeline(limit=10, of=staged.media_ids).is_out is False
    adapter.publish(staged)
    assert adapter.timeline(limit=10, of=staged.media_ids).is_out is True
    assert adapter.timeline(limit=10, of=("17999999999999999",)).is_out is None
