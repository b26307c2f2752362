"""The sandbox's X, as tweepy sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import tweepy

from crossposter.sandbox import Sandbox, SandboxAccount

LINK = "https://www.izmir.bel.tr/tr/Haberler/x/1/156"


@pytest.fixture
def english(sandbox: Sandbox, open_x: Callable[..., Any]) -> Any:
    return open_x(sandbox.account("twitter", "izmirenglish"))


@pytest.fixture
def timed(clock: Callable[[], float]) -> Iterator[Sandbox]:
    with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
def timed_x(timed: Sandbox, open_x: Callable[..., Any], clock: Any) -> Any:
    return open_x(timed.account("twitter", "izmirbld"), clock=clock)


def detail_of(refusal: tweepy.HTTPException) -> str:
    body = refusal.response.json()
    return str(body["errors"][0]["message"] if "errors" in body else body["detail"])


def test_a_token_belongs_to_its_account(x: Any, english: Any) -> None:
    assert x.get_me().data.username == "izmirbld"
    assert english.get_me().data.username == "izmirenglish"


def test_a_post_is_kept_as_written_and_read_back_wrapped_and_escaped(
    sandbox: Sandbox, x: Any, izmirbld: SandboxAccount
) -> None:
    text = f"Yeni hat & durak\n{LINK}"
    created = x.create_tweet(text=text).data

    assert created["text"].startswith("Yeni hat &amp; durak\nhttps://t.co/")
    (post,) = sandbox.posts()
    assert (post["text"], post["link"], post["account"]) == (text, LINK, izmirbld.id)
    assert post["url"] == f"https://x.com/izmirbld/status/{created['id']}"
    found = x.get_users_tweets(izmirbld.id, max_results=5, tweet_fields=["entities", "created_at"])
    assert found.data[0].entities["urls"][0]["expanded_url"] == LINK
    assert found.data[0].created_at.isoformat()[:19] == post["created_at"][:19]


def test_a_picture_carries_its_alternative_text(
    make_picture: Callable[..., bytes], sandbox: Sandbox, x: Any, izmirbld: SandboxAccount
) -> None:
    content = make_picture()
    media_id = x.upload(content)
    x.describe(media_id, "Tramvay")
    x.create_tweet(text="Tramvay", media_ids=[media_id])

    sha256 = hashlib.sha256(content).hexdigest()
    assert sandbox.posts()[0]["images"] == [{"sha256": sha256, "width": 4, "height": 3, "alt": "Tramvay"}]
    found = x.get_users_tweets(
        izmirbld.id,
        max_results=5,
        tweet_fields=["attachments"],
        expansions=["attachments.media_keys"],
        media_fields=["alt_text"],
    )
    assert found.includes["media"][0].alt_text == "Tramvay"


def test_an_upload_needs_a_category_and_a_picture(make_picture: Callable[..., bytes], x: Any) -> None:
    with pytest.raises(tweepy.HTTPException) as no_category:
        x.upload(make_picture(), category="")
    assert "media_category" in detail_of(no_category.value)
    with pytest.raises(tweepy.HTTPException, match="400"):
        x.upload(b"<html>no picture</html>")


def test_an_upload_above_5_mb_is_refused(make_picture: Callable[..., bytes], x: Any) -> None:
    with pytest.raises(tweepy.HTTPException) as too_large:
        x.upload(make_picture() + bytes(5 * 1024 * 1024))
    assert "exceeds" in detail_of(too_large.value)


def test_an_alternative_text_above_1000_characters_is_refused(make_picture: Callable[..., bytes], x: Any) -> None:
    media_id = x.upload(make_picture())
    with pytest.raises(tweepy.BadRequest):
        x.describe(media_id, "ş" * 1001)


def test_media_of_another_account_is_refused(make_picture: Callable[..., bytes], x: Any, english: Any) -> None:
    media_id = x.upload(make_picture())
    with pytest.raises(tweepy.BadRequest) as refusal:
        english.create_tweet(text="Tram", media_ids=[media_id])
    assert detail_of(refusal.value) == "Your media IDs are invalid."


def test_media_expires_after_a_day(make_picture: Callable[..., bytes], clock: Any, timed_x: Any) -> None:
    media_id = timed_x.upload(make_picture())
    clock.now += 86_401
    with pytest.raises(tweepy.BadRequest, match="media IDs are invalid"):
        timed_x.create_tweet(text="Tramvay", media_ids=[media_id])


def test_280_weighted_characters_are_the_limit(sandbox: Sandbox, x: Any) -> None:
    x.create_tweet(text="ş" * 256 + " " + LINK)
    with pytest.raises(tweepy.BadRequest) as too_long:
        x.create_tweet(text="ş" * 257 + " " + LINK)
    assert "too long" in detail_of(too_long.value)
    assert len(sandbox.posts()) == 1


def test_the_same_text_twice_is_refused_for_the_same_author_only(x: Any, english: Any) -> None:
    x.create_tweet(text="Merhaba")
    english.create_tweet(text="Merhaba")
    with pytest.raises(tweepy.Forbidden, match="duplicate content"):
        x.create_tweet(text="Merhaba ")


def test_a_deleted_text_may_be_posted_again(sandbox: Sandbox, x: Any) -> None:
    post_id = x.create_tweet(text="Merhaba").data["id"]
    assert x.delete_tweet(post_id).data == {"deleted": True}
    x.create_tweet(text="Merhaba")
    assert [post["deleted"] for post in sandbox.posts()] == [True, False]


def test_a_post_of_another_account_cannot_be_deleted(sandbox: Sandbox, x: Any, english: Any) -> None:
    post_id = x.create_tweet(text="Merhaba").data["id"]
    with pytest.raises(tweepy.Forbidden):
        english.delete_tweet(post_id)
    assert not sandbox.posts()[0]["deleted"]


def test_one_may_reply_to_oneself_and_to_those_who_mention_one(x: Any, english: Any) -> None:
    own = x.create_tweet(text="1/2").data["id"]
    x.create_tweet(text="2/2", in_reply_to_tweet_id=own)
    with pytest.raises(tweepy.Forbidden, match="mentioned or are the author"):
        english.create_tweet(text="Hello", in_reply_to_tweet_id=own)
    mention = x.create_tweet(text="Selam @izmirenglish").data["id"]
    english.create_tweet(text="Hello", in_reply_to_tweet_id=mention)


def test_a_reply_to_nothing_and_a_quote_are_refused(x: Any) -> None:
    own = x.create_tweet(text="Merhaba").data["id"]
    with pytest.raises(tweepy.Forbidden, match="mentioned or are the author"):
        x.create_tweet(text="Bakın", quote_tweet_id=own)
    x.delete_tweet(own)
    with pytest.raises(tweepy.Forbidden, match="deleted or not visible"):
        x.create_tweet(text="2/2", in_reply_to_tweet_id=own)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"text": 5},
        {"text": "a\ufffe"},
        {"text": "a", "media": "b"},
        {"text": "a", "media": {"media_ids": ["1"] * 5}},
    ],
)
def test_what_is_no_post_is_refused(sandbox: Sandbox, x: Any, body: object) -> None:
    assert x.send("POST", "/2/tweets", json=body).status_code == 400
    assert sandbox.posts() == []


def test_an_address_that_does_not_exist_is_not_found(x: Any) -> None:
    assert x.send("GET", "/2/nothing").status_code == 404


def test_an_unknown_field_is_refused(x: Any) -> None:
    with pytest.raises(tweepy.BadRequest) as refusal:
        x.request("POST", "/2/tweets", json={"text": "a", "txet": "b"})
    assert "$.txet" in detail_of(refusal.value)


def test_the_timeline_takes_5_to_100_posts_and_can_start_after_one(x: Any, izmirbld: SandboxAccount) -> None:
    ids = [x.create_tweet(text=f"{number}").data["id"] for number in range(3)]
    with pytest.raises(tweepy.BadRequest):
        x.get_users_tweets(izmirbld.id, max_results=4)
    found = x.get_users_tweets(izmirbld.id, max_results=5, since_id=ids[0])
    assert [str(post.id) for post in found.data] == [ids[2], ids[1]]
    nothing = x.get_users_tweets(izmirbld.id, max_results=5, start_time="2099-01-01T00:00:00Z")
    assert (nothing.data, nothing.meta["result_count"]) == (None, 0)


@pytest.mark.parametrize("part", ["api_key", "api_secret", "access_token", "access_secret"])
def test_a_wrong_credential_is_unauthorized(open_x: Callable[..., Any], izmirbld: SandboxAccount, part: str) -> None:
    client = open_x(izmirbld, **{part: "wrong"})
    with pytest.raises(tweepy.Unauthorized):
        client.get_me()


def test_a_signature_covers_the_query(x: Any, izmirbld: SandboxAccount) -> None:
    signed = x.send("GET", f"/2/users/{izmirbld.id}/tweets", params={"max_results": "5"})
    assert signed.status_code == 200
    headers = {"Authorization": signed.request.headers["Authorization"]}
    changed = x.session.get(str(signed.request.url).replace("=5", "=6"), headers=headers)
    assert changed.status_code == 401


def test_a_request_cannot_be_replayed(x: Any) -> None:
    first = x.send("POST", "/2/tweets", json={"text": "Merhaba"})
    replayed = x.session.send(first.request)
    assert (first.status_code, replayed.status_code) == (201, 401)


def test_a_clock_that_is_six_minutes_wrong_is_unauthorized(timed_x: Any) -> None:
    assert timed_x.send("GET", "/2/users/me").status_code == 200
    timed_x.skew_s = 360
    assert timed_x.send("GET", "/2/users/me").status_code == 401


def test_each_answer_counts_the_window_down_until_429(clock: Any, timed: Sandbox, timed_x: Any) -> None:
    timed.twitter.limits["POST /2/tweets"] = (1, 900)
    first = timed_x.send("POST", "/2/tweets", json={"text": "1"})
    second = timed_x.send("POST", "/2/tweets", json={"text": "2"})
    clock.now += 900
    third = timed_x.send("POST", "/2/tweets", json={"text": "3"})
    names = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")
    assert [first.headers[name] for name in names] == ["1", "0", str(int(clock.now))]
    assert (second.status_code, second.json()["title"]) == (429, "Too Many Requests")
    assert second.headers["x-rate-limit-reset"] == first.headers["x-rate-limit-reset"]
    assert third.status_code == 201


def test_a_post_with_a_link_costs_more_and_credits_run_out(sandbox: Sandbox, x: Any) -> None:
    sandbox.twitter.credits = 0.21
    x.create_tweet(text="Merhaba")
    assert sandbox.twitter.credits == pytest.approx(0.195)
    x.create_tweet(text=f"Haber {LINK}")
    with pytest.raises(tweepy.HTTPException) as depleted:
        x.create_tweet(text="Son")
    assert depleted.value.response.status_code == 402
    assert depleted.value.response.json()["title"] == "CreditsDepleted"
    assert len(sandbox.posts()) == 2


def test_the_spend_cap_names_the_date_of_its_end(sandbox: Sandbox, x: Any) -> None:
    sandbox.twitter.spend_cap_reset_date = "2026-12-01"
    with pytest.raises(tweepy.Forbidden) as reached:
        x.create_tweet(text="Merhaba")
    assert reached.value.response.json()["reset_date"] == "2026-12-01"


def test_an_app_that_may_only_read_cannot_post(sandbox: Sandbox, x: Any) -> None:
    sandbox.twitter.access_level = "read"
    assert x.send("GET", "/2/users/me").headers["x-access-level"] == "read"
    with pytest.raises(tweepy.Forbidden) as refusal:
        x.create_tweet(text="Merhaba")
    assert refusal.value.response.json()["type"].endswith("oauth1-permissions")


def test_a_request_is_recorded_as_it_came(make_picture: Callable[..., bytes], sandbox: Sandbox, x: Any) -> None:
    content = make_picture()
    x.upload(content)
    x.create_tweet(text="Merhaba")
    (upload,) = sandbox.requests("twitter", "upload")
    assert (upload.form, upload.files) == ({"media_category": "tweet_image"}, {"media": content})
    (publish,) = sandbox.requests("twitter", "publish")
    assert (publish.method, publish.path, publish.protocol) == ("POST", "/twitter/2/tweets", "h1")
    assert publish.form == {"text": "Merhaba"}
    assert publish.headers["authorization"].startswith("OAuth ")
