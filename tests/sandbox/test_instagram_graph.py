"""The sandbox's Instagram on the Graph API, as facebook-sdk sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import facebook
import pytest
import requests

from crossposter.sandbox import Sandbox, SandboxAccount
from tests.web_server import WebServer, web_server


@pytest.fixture
def professional(sandbox: Sandbox) -> SandboxAccount:
    return sandbox.professional("izmirbld")


@pytest.fixture
def api(open_graph: Callable[..., Any], professional: SandboxAccount) -> Any:
    return open_graph(professional, token=professional.credentials["access_token"])


@pytest.fixture
def city() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.fixture
def jpeg_bytes(make_picture: Callable[..., bytes]) -> bytes:
    return make_picture("JPEG", (1080, 810))


@pytest.fixture
def address(city: WebServer, jpeg_bytes: bytes) -> str:
    city.serve("/a.jpg", jpeg_bytes, Content_Type="image/jpeg")
    return f"{city.url}/a.jpg"


def refusal_of(error: facebook.GraphAPIError) -> tuple[int, int | None]:
    body = error.result["error"]
    return body["code"], body.get("error_subcode")


def refused(act: Callable[[], object]) -> tuple[int, int | None]:
    with pytest.raises(facebook.GraphAPIError) as refusal:
        act()
    return refusal_of(refusal.value)


def test_an_account_has_another_number_here_and_is_the_same(
    sandbox: Sandbox, api: Any, professional: SandboxAccount, address: str
) -> None:
    assert professional.id.startswith("17841")
    assert api.get_object(professional.id, fields="id,username") == {"id": professional.id, "username": "izmirbld"}
    container = api.put_object(professional.id, "media", image_url=address, caption="Merhaba")["id"]
    api.put_object(professional.id, "media_publish", creation_id=container)
    (post,) = sandbox.posts()
    assert (post["platform"], post["account"]) == ("instagram", sandbox.account("instagram", "izmirbld").id)


def test_there_is_no_other_account(sandbox: Sandbox) -> None:
    assert [account.handle for account in sandbox.professionals] == ["izmirbld", "izmirenglish"]
    with pytest.raises(LookupError):
        sandbox.professional("ankara")


def test_a_container_becomes_a_post_once(
    sandbox: Sandbox, api: Any, professional: SandboxAccount, address: str, jpeg_bytes: bytes
) -> None:
    container = api.put_object(professional.id, "media", image_url=address, caption="Ağaç", alt_text="Fidan")["id"]
    assert sandbox.posts() == []
    assert api.get_object(container, fields="status_code")["status_code"] == "FINISHED"
    media_id = api.put_object(professional.id, "media_publish", creation_id=container)["id"]
    (post,) = sandbox.posts()
    assert (post["id"], post["text"], post["link"]) == (media_id, "Ağaç", None)
    assert [(image["sha256"], image["alt"]) for image in post["images"]] == [
        (hashlib.sha256(jpeg_bytes).hexdigest(), "Fidan")
    ]
    assert api.get_object(container, fields="status_code")["status_code"] == "PUBLISHED"
    assert refused(lambda: api.put_object(professional.id, "media_publish", creation_id=container)) == (24, 2207006)
    (found,) = api.get_connections(professional.id, "media", fields="id,caption,permalink,timestamp")["data"]
    assert (found["id"], found["caption"], found["permalink"]) == (media_id, "Ağaç", post["url"])


def test_a_slow_container_cannot_be_published(
    sandbox: Sandbox, api: Any, professional: SandboxAccount, address: str
) -> None:
    sandbox.instagram_graph.slow_looks = 1
    container = api.put_object(professional.id, "media", image_url=address)["id"]
    assert refused(lambda: api.put_object(professional.id, "media_publish", creation_id=container)) == (9007, 2207027)
    assert api.get_object(container, fields="status_code,status")["status_code"] == "IN_PROGRESS"
    assert api.get_object(container, fields="status_code,status")["status_code"] == "FINISHED"


def test_a_failed_container_says_why(sandbox: Sandbox, api: Any, professional: SandboxAccount, address: str) -> None:
    sandbox.instagram_graph.failure = "2207032"
    container = api.put_object(professional.id, "media", image_url=address)["id"]
    assert api.get_object(container, fields="status_code,status") == {
        "id": container,
        "status_code": "ERROR",
        "status": "2207032",
    }


def test_a_container_holds_for_a_day(sandbox: Sandbox, api: Any, professional: SandboxAccount, address: str) -> None:
    container = api.put_object(professional.id, "media", image_url=address)["id"]
    sandbox.instagram_graph.expire()
    assert api.get_object(container, fields="status_code")["status_code"] == "EXPIRED"
    assert refused(lambda: api.put_object(professional.id, "media_publish", creation_id=container)) == (24, 2207008)


def test_an_album_has_two_to_ten_pictures(
    sandbox: Sandbox, api: Any, professional: SandboxAccount, address: str
) -> None:
    def child() -> str:
        number = api.put_object(professional.id, "media", image_url=address, is_carousel_item="true")["id"]
        return str(number)

    def album(children: list[str]) -> Any:
        values = {"media_type": "CAROUSEL", "children": ",".join(children), "caption": "Ağaç"}
        return api.put_object(professional.id, "media", **values)["id"]

    children = [child() for _ in range(11)]
    assert refused(lambda: album(children[:1])) == (100, 2207028)
    assert refused(lambda: album(children)) == (100, 2207028)
    assert refused(lambda: api.put_object(professional.id, "media_publish", creation_id=children[0]))[0] == 100
    single = api.put_object(professional.id, "media", image_url=address)["id"]
    assert refused(lambda: album([children[0], single]))[0] == 100
    api.put_object(professional.id, "media_publish", creation_id=album(children[:10]))
    assert len(sandbox.posts()[0]["images"]) == 10


def test_a_full_quota_is_told_and_refuses(
    sandbox: Sandbox, api: Any, professional: SandboxAccount, address: str
) -> None:
    sandbox.instagram_graph.quota = 1
    for used in (0, 1):
        limit = api.get_connections(professional.id, "content_publishing_limit", fields="quota_usage,config")
        assert (limit["data"][0]["quota_usage"], limit["data"][0]["config"]["quota_total"]) == (used, 1)
        container = api.put_object(professional.id, "media", image_url=address)["id"]
        if not used:
            api.put_object(professional.id, "media_publish", creation_id=container)
    assert refused(lambda: api.put_object(professional.id, "media_publish", creation_id=container)) == (9, 2207042)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"caption": "a" * 2201}, (36004, 2207010)),
        ({"caption": " ".join(f"#a{number}" for number in range(31))}, (36004, 2207010)),
        ({"caption": " ".join(f"@a{number}" for number in range(21))}, (100, 2207040)),
        ({"alt_text": "a" * 1001}, (100, None)),
        ({"image_url": ""}, (100, None)),
        ({"media_type": "REELS"}, (100, None)),
    ],
    ids=["long", "hashtags", "names", "alt", "no address", "video"],
)
def test_what_breaks_a_rule_is_refused(
    api: Any, professional: SandboxAccount, address: str, values: dict[str, str], expected: tuple[int, int | None]
) -> None:
    assert refused(lambda: api.put_object(professional.id, "media", **({"image_url": address} | values))) == expected


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        ("PNG", (1080, 810), (36001, 2207005)),
        ("JPEG", (1080, 400), (36003, 2207009)),
        ("JPEG", (400, 1080), (36003, 2207009)),
    ],
)
def test_a_picture_that_instagram_does_not_take_is_refused(
    api: Any,
    professional: SandboxAccount,
    city: WebServer,
    make_picture: Callable[..., bytes],
    kind: str,
    size: tuple[int, int],
    expected: tuple[int, int],
) -> None:
    city.serve("/b.jpg", make_picture(kind, size), Content_Type="image/jpeg")
    assert refused(lambda: api.put_object(professional.id, "media", image_url=f"{city.url}/b.jpg")) == expected


def test_a_picture_that_is_too_large_is_refused(
    api: Any, professional: SandboxAccount, city: WebServer, jpeg_bytes: bytes
) -> None:
    city.serve("/b.jpg", jpeg_bytes + b"\0" * (8 * 1024 * 1024), Content_Type="image/jpeg")
    assert refused(lambda: api.put_object(professional.id, "media", image_url=f"{city.url}/b.jpg")) == (36000, 2207004)


@pytest.mark.parametrize("url", ["https://www.izmir.bel.tr/a.jpg", "http://192.0.2.1/a.jpg", "/a.jpg", "http://[", "x"])
def test_a_picture_from_another_machine_is_not_fetched(api: Any, professional: SandboxAccount, url: str) -> None:
    assert refused(lambda: api.put_object(professional.id, "media", image_url=url)) == (9004, 2207052)


@pytest.mark.parametrize(("status", "media_type"), [(404, "image/jpeg"), (302, "image/jpeg"), (200, "text/html")])
def test_a_picture_that_does_not_come_is_refused(
    api: Any, professional: SandboxAccount, city: WebServer, jpeg_bytes: bytes, status: int, media_type: str
) -> None:
    city.serve("/b.jpg", jpeg_bytes, status=status, Content_Type=media_type, Location="/a.jpg")
    url = f"{city.url}/b.jpg"
    assert refused(lambda: api.put_object(professional.id, "media", image_url=url)) == (9004, 2207052)


def test_a_photo_of_the_page_has_an_address_that_anybody_can_open(
    sandbox: Sandbox, api: Any, jpeg_bytes: bytes, professional: SandboxAccount
) -> None:
    photo_id = api.put_photo(jpeg_bytes, published="false")["id"]
    (image,) = api.get_object(photo_id, fields="images")["images"]
    assert (image["width"], image["height"]) == (1080, 810)
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(image["source"], timeout=5).content == jpeg_bytes
    container = api.put_object(professional.id, "media", image_url=image["source"])["id"]
    api.put_object(professional.id, "media_publish", creation_id=container)
    assert sandbox.posts()[0]["images"][0]["sha256"] == hashlib.sha256(jpeg_bytes).hexdigest()


def test_a_photo_that_the_public_would_see_is_refused(api: Any, jpeg_bytes: bytes) -> None:
    assert refused(lambda: api.put_photo(jpeg_bytes))[0] == 100
    assert refused(lambda: api.put_photo(b"<html>", published="false"))[0] == 100


def test_the_page_of_a_token_names_its_account(api: Any, professional: SandboxAccount) -> None:
    linked = api.get_object("me", fields="instagram_business_account{id,username}")["instagram_business_account"]
    assert linked == {"id": professional.id, "username": "izmirbld"}


def test_another_account_s_token_is_refused(
    sandbox: Sandbox, open_graph: Callable[..., Any], professional: SandboxAccount, api: Any, address: str
) -> None:
    other = sandbox.professional("izmirenglish")
    foreign = open_graph(other, token=other.credentials["access_token"])
    assert refused(lambda: foreign.get_object(professional.id))[0] == 10
    container = api.put_object(professional.id, "media", image_url=address)["id"]
    assert refused(lambda: foreign.get_object(container, fields="status_code")) == (100, 33)
    assert refused(lambda: foreign.put_object(other.id, "media_publish", creation_id=container)) == (24, 2207006)
    unknown = open_graph(other, token="wrong")
    assert refused(lambda: unknown.get_object(other.id))[0] == 190


def test_nothing_is_deleted_here(sandbox: Sandbox, api: Any, professional: SandboxAccount, address: str) -> None:
    container = api.put_object(professional.id, "media", image_url=address)["id"]
    media_id = api.put_object(professional.id, "media_publish", creation_id=container)["id"]
    assert refused(lambda: api.delete_object(media_id)) == (100, 33)
    assert refused(lambda: api.put_object(professional.id, "stories")) == (100, 33)
    assert [post["deleted"] for post in sandbox.posts()] == [False]


@pytest.mark.parametrize("limit", ["0", "101", "x"])
def test_a_list_has_a_length(api: Any, professional: SandboxAccount, limit: str) -> None:
    assert refused(lambda: api.get_connections(professional.id, "media", limit=limit))[0] == 100


def test_a_reset_forgets_containers(sandbox: Sandbox, api: Any, professional: SandboxAccount, address: str) -> None:
    container = api.put_object(professional.id, "media", image_url=address)["id"]
    sandbox.reset()
    assert refused(lambda: api.get_object(container)) == (100, 33)


def test_each_operation_can_fail(sandbox: Sandbox, api: Any, professional: SandboxAccount, address: str) -> None:
    container = api.put_object(professional.id, "media", image_url=address)["id"]
    attempts: dict[str, Callable[[], Any]] = {
        "verify": lambda: api.get_object(professional.id),
        "quota": lambda: api.get_connections(professional.id, "content_publishing_limit"),
        "container": lambda: api.put_object(professional.id, "media", image_url=address),
        "status": lambda: api.get_object(container),
        "publish": lambda: api.put_object(professional.id, "media_publish", creation_id=container),
        "find": lambda: api.get_connections(professional.id, "media"),
        "retract": lambda: api.delete_object("17"),
    }
    for operation, attempt in attempts.items():
        sandbox.inject("instagram", operation, "status:500")
        assert refused(attempt) == (2, None), operation
    assert sandbox.posts() == []


def test_only_the_app_is_told_what_a_token_is(sandbox: Sandbox, professional: SandboxAccount) -> None:
    url = f"{professional.endpoint['url']}/v26.0/debug_token"
    token, app_token = professional.credentials["access_token"], sandbox.graph.app_token
    seen = requests.get(url, params={"input_token": token, "access_token": app_token}).json()["data"]
    assert (seen["is_valid"], seen["type"], seen["expires_at"]) == (True, "SYSTEM_USER", 0)
    assert "instagram_content_publish" in seen["scopes"]
    unknown = requests.get(url, params={"input_token": "x" * 30, "access_token": app_token}).json()["data"]
    assert unknown["is_valid"] is False
    assert requests.get(url, params={"input_token": token, "access_token": token}).json()["error"]["code"] == 190
