"""The sandbox's Facebook Pages, as facebook-sdk sees them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import facebook
import pytest
import requests

from crossposter.sandbox import Sandbox, SandboxAccount


def refusal_of(error: facebook.GraphAPIError) -> tuple[int, int | None]:
    body = error.result["error"]
    return body["code"], body.get("error_subcode")


def test_a_page_token_names_its_page(graph: Any, page: SandboxAccount) -> None:
    me = graph.get_object("me", fields="id,name,username")
    assert me == {"id": page.id, "name": page.name, "username": "izmirbld"}
    assert graph.get_object(page.id)["id"] == page.id


def test_a_field_that_does_not_exist_is_refused(graph: Any) -> None:
    with pytest.raises(facebook.GraphAPIError, match="nonexisting field"):
        graph.get_object("me", fields="id,nmae")


def test_a_post_with_a_link_is_kept_and_found(sandbox: Sandbox, graph: Any, page: SandboxAccount) -> None:
    created = graph.put_object(page.id, "feed", message="Yeni hat", link="https://www.izmir.bel.tr/1")
    (post,) = sandbox.posts()
    assert (post["id"], post["text"], post["link"]) == (created["id"], "Yeni hat", "https://www.izmir.bel.tr/1")
    assert post["account"] == page.id
    for edge in ("published_posts", "feed"):
        found = graph.get_connections(page.id, edge, fields="id,message,permalink_url,attachments{unshimmed_url}")
        assert found["data"][0]["message"] == "Yeni hat"
        assert found["data"][0]["permalink_url"] == post["url"]
        assert found["data"][0]["attachments"]["data"][0]["unshimmed_url"] == post["link"]


def test_photos_are_uploaded_first_and_attached_to_one_post(
    make_picture: Callable[..., bytes], sandbox: Sandbox, graph: Any
) -> None:
    contents = [make_picture(), make_picture(size=(8, 6))]
    photos = [graph.put_photo(each, published="false", alt_text_custom="Tramvay")["id"] for each in contents]
    assert sandbox.posts() == []
    attached = {f"attached_media[{i}]": json.dumps({"media_fbid": each}) for i, each in enumerate(photos)}
    graph.put_object("me", "feed", message="Tramvay", **attached)
    (post,) = sandbox.posts()
    assert [image["sha256"] for image in post["images"]] == [hashlib.sha256(each).hexdigest() for each in contents]
    assert [(image["width"], image["alt"]) for image in post["images"]] == [(4, "Tramvay"), (8, "Tramvay")]


def test_a_published_photo_is_a_post(make_picture: Callable[..., bytes], sandbox: Sandbox, graph: Any) -> None:
    answer = graph.put_photo(make_picture(), caption="Tramvay")
    assert sandbox.posts()[0]["id"] == answer["post_id"]
    assert sandbox.posts()[0]["text"] == "Tramvay"


def test_a_boolean_of_python_is_refused(make_picture: Callable[..., bytes], graph: Any) -> None:
    with pytest.raises(facebook.GraphAPIError, match="boolean"):
        graph.put_photo(make_picture(), published=False)


def test_what_is_no_picture_is_refused(graph: Any) -> None:
    with pytest.raises(facebook.GraphAPIError) as refusal:
        graph.put_photo(b"<html>", published="false")
    assert refusal_of(refusal.value) == (100, 1366046)


def test_a_link_beside_photos_is_refused(make_picture: Callable[..., bytes], sandbox: Sandbox, graph: Any) -> None:
    photo_id = graph.put_photo(make_picture(), published="false")["id"]
    attached = {"attached_media": json.dumps([{"media_fbid": photo_id}])}
    with pytest.raises(facebook.GraphAPIError, match="attached_media"):
        graph.put_object("me", "feed", message="a", link="https://www.izmir.bel.tr/1", **attached)
    assert sandbox.posts() == []


def test_a_list_as_the_stock_client_sends_it_is_refused(graph: Any) -> None:
    with pytest.raises(facebook.GraphAPIError, match="must be an array"):
        graph.put_object("me", "feed", message="a", attached_media=[{"media_fbid": "1"}])


def test_the_same_post_twice_in_a_row_is_a_duplicate(sandbox: Sandbox, graph: Any) -> None:
    graph.put_object("me", "feed", message="Merhaba")
    with pytest.raises(facebook.GraphAPIError) as refusal:
        graph.put_object("me", "feed", message="Merhaba")
    assert refusal_of(refusal.value)[0] == 506
    graph.put_object("me", "feed", message="Başka")
    graph.put_object("me", "feed", message="Merhaba")
    assert len(sandbox.posts()) == 3


@pytest.mark.parametrize(
    "values",
    [{}, {"message": "a" * 63_207}, {"message": "a", "published": "false"}, {"message": "a", "link": "izmir"}],
    ids=["empty", "too long", "unpublished", "no address"],
)
def test_what_is_no_public_post_is_refused(sandbox: Sandbox, graph: Any, values: dict[str, str]) -> None:
    with pytest.raises(facebook.GraphAPIError):
        graph.put_object("me", "feed", **values)
    assert sandbox.posts() == []


def test_a_post_can_be_corrected_and_deleted(sandbox: Sandbox, graph: Any) -> None:
    post_id = graph.put_object("me", "feed", message="Yanlış")["id"]
    assert graph.put_object(post_id, "", message="Doğru") == {"success": True}
    assert graph.get_object(post_id)["message"] == "Doğru"
    assert graph.delete_object(post_id) == {"success": True}
    (post,) = sandbox.posts()
    assert (post["text"], post["deleted"]) == ("Doğru", True)
    with pytest.raises(facebook.GraphAPIError) as gone:
        graph.get_object(post_id)
    assert refusal_of(gone.value) == (100, 33)


def test_the_token_of_another_page_is_refused(open_graph: Callable[..., Any], sandbox: Sandbox, graph: Any) -> None:
    foreign = sandbox.account("facebook", "izmirenglish").id
    own_post = graph.put_object("me", "feed", message="a")["id"]
    other = open_graph(sandbox.account("facebook", "izmirenglish"))
    attempts: list[Callable[[], Any]] = [
        lambda: graph.put_object(foreign, "feed", message="a"),
        lambda: graph.get_object(foreign),
        lambda: graph.get_connections(foreign, "feed"),
        lambda: other.delete_object(own_post),
    ]
    for attempt in attempts:
        with pytest.raises(facebook.GraphAPIError) as refusal:
            attempt()
        assert refusal_of(refusal.value)[0] == 200
    assert [post["deleted"] for post in sandbox.posts()] == [False]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("me/nothing", {}),
        ("1_2", {}),
        ("me/feed", {"limit": "0"}),
        ("me/feed", {"since": "yesterday"}),
        ("me/accounts", {}),
        ("oauth/access_token", {"client_id": "1"}),
    ],
)
def test_what_does_not_exist_is_refused(graph: Any, path: str, values: dict[str, str]) -> None:
    with pytest.raises(facebook.GraphAPIError):
        graph.request(f"v26.0/{path}", values)


def test_posts_since_a_time_are_found(graph: Any, sandbox: Sandbox) -> None:
    post_id = graph.put_object("me", "feed", message="Merhaba")["id"]
    assert graph.get_connections("me", "feed", since="1700000000")["data"][0]["id"] == post_id
    assert graph.get_connections("me", "feed", since="4000000000")["data"] == []


def test_a_photo_of_another_page_is_refused(
    open_graph: Callable[..., Any], sandbox: Sandbox, graph: Any, make_picture: Callable[..., bytes]
) -> None:
    photo_id = graph.put_photo(make_picture(), published="false")["id"]
    other = open_graph(sandbox.account("facebook", "izmirenglish"))
    attached = {"attached_media[0]": json.dumps({"media_fbid": photo_id})}
    with pytest.raises(facebook.GraphAPIError, match="media_fbid"):
        other.put_object("me", "feed", message="a", **attached)


def test_a_request_without_a_token_is_refused(page: SandboxAccount) -> None:
    assert call(page, "me").json()["error"]["code"] == 104


def test_an_unknown_token_is_refused(open_graph: Callable[..., Any], page: SandboxAccount) -> None:
    client = open_graph(page, token="wrong")
    with pytest.raises(facebook.GraphAPIError) as refusal:
        client.get_object("me")
    assert refusal_of(refusal.value)[0] == 190


def call(page: SandboxAccount, path: str, **details: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{page.endpoint['url']}/v26.0/{path}", **details)


def test_a_bearer_header_and_a_proof_are_accepted(page: SandboxAccount) -> None:
    token, secret = page.credentials["page_token"], page.credentials["app_secret"]
    proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    headers = {"Authorization": f"Bearer {token}"}
    good = call(page, "me", headers=headers, params={"appsecret_proof": proof})
    bad = call(page, "me", headers=headers, params={"appsecret_proof": proof[::-1]})
    assert (good.status_code, good.json()["id"]) == (200, page.id)
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, 100)


def test_a_proof_can_be_required(sandbox: Sandbox, graph: Any) -> None:
    sandbox.graph.proof_required = True
    with pytest.raises(facebook.GraphAPIError, match="appsecret_proof"):
        graph.get_object("me")


@pytest.mark.parametrize(("asked", "answered"), [("v26.0", "v26.0"), ("v24.0", "v24.0"), ("v12.0", "v22.0")])
def test_an_old_version_is_answered_as_the_oldest_living_one(
    open_graph: Callable[..., Any], page: SandboxAccount, asked: str, answered: str
) -> None:
    client = open_graph(page, version=asked)
    seen = []
    client.session.hooks["response"].append(lambda response, **_: seen.append(response.headers))
    client.get_object("me")
    assert seen[0]["facebook-api-version"] == answered
    assert json.loads(seen[0]["x-app-usage"])["call_count"] == 1
    assert json.loads(seen[0]["x-business-use-case-usage"])[page.id][0]["type"] == "pages"


def test_tokens_can_be_inspected_exchanged_and_listed(sandbox: Sandbox, page: SandboxAccount) -> None:
    app_token = f"{sandbox.graph.app_id}|{page.credentials['app_secret']}"
    seen = call(page, "debug_token", params={"input_token": page.credentials["page_token"], "access_token": app_token})
    assert (seen.json()["data"]["type"], seen.json()["data"]["expires_at"]) == ("PAGE", 0)
    long_lived = call(
        page,
        "oauth/access_token",
        params={
            "grant_type": "fb_exchange_token",
            "client_id": sandbox.graph.app_id,
            "client_secret": page.credentials["app_secret"],
            "fb_exchange_token": sandbox.graph.user_token,
        },
    ).json()["access_token"]
    pages = call(page, "me/accounts", params={"access_token": long_lived}).json()["data"]
    assert {each["id"]: each["access_token"] for each in pages}[page.id] == page.credentials["page_token"]
