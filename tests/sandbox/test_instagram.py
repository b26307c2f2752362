"""The sandbox's Instagram, as instagrapi sees it through the proxy."""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import struct
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import instagrapi.exceptions
import pytest

from crossposter.sandbox import Sandbox, SandboxAccount
from crossposter.sandbox.tls_proxy import make_tls_context


@pytest.fixture
def english(sandbox: Sandbox, open_instagram: Callable[..., Any]) -> Any:
    return open_instagram(sandbox.account("instagram", "izmirenglish"))


def publish(client: Any, jpeg: Path, caption: str, **extra: str) -> str:
    upload_id, width, height = client.photo_rupload(jpeg)
    answer = client.photo_configure(upload_id, width, height, caption, extra_data=extra)
    return str(answer["media"]["id"])


def test_a_saved_session_is_logged_in_with_one_request(sandbox: Sandbox, instagram: Any) -> None:
    assert instagram.account_info().username == "izmirbld"
    assert [(each.operation, each.protocol) for each in sandbox.requests()] == [("verify", "h2")]


def test_the_session_file_is_for_its_owner_only(profile: SandboxAccount) -> None:
    assert Path(profile.credentials["session_file"]).stat().st_mode & 0o777 == 0o600


def test_the_device_of_a_saved_session_stays_the_same(profile: SandboxAccount, instagram: Any) -> None:
    saved = json.loads(Path(profile.credentials["session_file"]).read_text())
    assert instagram.get_settings()["uuids"] == saved["uuids"]


def test_a_photo_is_kept_as_received(sandbox: Sandbox, instagram: Any, profile: SandboxAccount, jpeg: Path) -> None:
    post_id = publish(instagram, jpeg, "Merhaba İzmir 🌊 #izmir", custom_accessibility_caption="Deniz")
    (upload,) = sandbox.requests("instagram", "upload")
    (post,) = sandbox.posts()
    assert f"{post['id']}_{profile.id}" == post_id
    assert post["text"] == "Merhaba İzmir 🌊 #izmir"
    sha256 = hashlib.sha256(upload.body).hexdigest()
    assert post["images"] == [{"sha256": sha256, "width": 1080, "height": 1080, "alt": "Deniz"}]
    (found,) = instagram.user_medias_v1(profile.id, 10)
    assert (found.caption_text, found.accessibility_caption) == (post["text"], "Deniz")
    assert post["url"] == f"https://www.instagram.com/p/{found.code}/"


def test_an_album_is_one_post(sandbox: Sandbox, instagram: Any, jpeg: Path) -> None:
    instagram.private_request("accounts/current_user/", params={"edit": "true"})
    children = [
        {"upload_id": instagram.photo_rupload(jpeg, upload_id=upload_id, to_album=True)[0]}
        for upload_id in ("1795461344587", "1795461344615")
    ]
    values = {"caption": "Albüm", "client_sidecar_id": "1795461347636", "children_metadata": children}
    answer = instagram.private_request("media/configure_sidecar/", instagram.with_default_data(values))
    assert len(answer["media"]["carousel_media"]) == 2
    (post,) = sandbox.posts()
    assert (post["text"], len(post["images"])) == ("Albüm", 2)


def test_a_caption_can_be_corrected_and_the_post_deleted(sandbox: Sandbox, instagram: Any, jpeg: Path) -> None:
    post_id = publish(instagram, jpeg, "Yanlış")
    instagram.media_edit(post_id, "Doğru")
    assert instagram.media_delete(post_id)
    (post,) = sandbox.posts()
    assert (post["text"], post["deleted"]) == ("Doğru", True)


@pytest.mark.parametrize("caption", ["ş" * 2201, " ".join(f"#etiket{n}" for n in range(31))], ids=["long", "tags"])
def test_a_caption_beyond_the_limits_is_refused(sandbox: Sandbox, instagram: Any, jpeg: Path, caption: str) -> None:
    with pytest.raises(instagrapi.exceptions.ClientError):
        publish(instagram, jpeg, caption)
    assert instagram.last_response.status_code == 400
    assert sandbox.posts() == []


def test_an_upload_of_another_account_cannot_be_published(
    sandbox: Sandbox, instagram: Any, english: Any, jpeg: Path
) -> None:
    upload_id, width, height = instagram.photo_rupload(jpeg)
    with pytest.raises(instagrapi.exceptions.ClientError, match="media_needs_reupload"):
        english.photo_configure(upload_id, width, height, "Merhaba")
    assert sandbox.posts() == []


def test_a_post_of_another_account_cannot_be_deleted(
    sandbox: Sandbox, instagram: Any, english: Any, jpeg: Path
) -> None:
    post_id = publish(instagram, jpeg, "Merhaba")
    with pytest.raises(instagrapi.exceptions.ClientError):
        english.media_delete(post_id)
    assert not sandbox.posts()[0]["deleted"]


def test_an_upload_that_is_no_jpeg_is_refused(sandbox: Sandbox, instagram: Any) -> None:
    params = {"X-Instagram-Rupload-Params": json.dumps({"upload_id": "1"}), "X-Entity-Length": "5"}
    for headers in (params, {**params, "X-Entity-Length": "6"}, {"X-Entity-Length": "5"}):
        answer = instagram.private.post(
            "https://i.instagram.com/rupload_igphoto/1_0_2",
            data=b"hello",
            headers={**headers, "Authorization": instagram.authorization},
        )
        assert answer.status_code == 400


@pytest.mark.parametrize("path", ["media/5/info/", "nothing/"])
def test_what_does_not_exist_is_not_found(instagram: Any, path: str) -> None:
    with pytest.raises(instagrapi.exceptions.ClientNotFoundError):
        instagram.private_request(path)


def test_an_album_needs_two_pictures(sandbox: Sandbox, instagram: Any) -> None:
    with pytest.raises(instagrapi.exceptions.ClientError, match="2 to 20"):
        instagram.private_request("media/configure_sidecar/", {"caption": "a", "children_metadata": [{}]})
    assert sandbox.posts() == []


def test_an_unknown_session_is_asked_to_log_in(
    open_instagram: Callable[..., Any], sandbox: Sandbox, profile: SandboxAccount, tmp_path: Path
) -> None:
    settings = json.loads(Path(profile.credentials["session_file"]).read_text())
    settings["authorization_data"]["sessionid"] += "x"
    changed = tmp_path / "session.json"
    changed.write_text(json.dumps(settings))
    client = open_instagram(profile, session_file=changed)
    with pytest.raises(instagrapi.exceptions.LoginRequired):
        client.account_info()


def test_a_session_does_not_act_as_another_user(
    open_instagram: Callable[..., Any], sandbox: Sandbox, profile: SandboxAccount, tmp_path: Path
) -> None:
    settings = json.loads(Path(profile.credentials["session_file"]).read_text())
    settings["authorization_data"]["ds_user_id"] = sandbox.account("instagram", "izmirenglish").id
    changed = tmp_path / "session.json"
    changed.write_text(json.dumps(settings))
    client = open_instagram(profile, session_file=changed)
    with pytest.raises(instagrapi.exceptions.LoginRequired):
        client.account_info()


def test_ended_sessions_are_asked_to_log_in(sandbox: Sandbox, instagram: Any, profile: SandboxAccount) -> None:
    sandbox.instagram.end_sessions(profile)
    with pytest.raises(instagrapi.exceptions.LoginRequired):
        instagram.account_info()


def test_http_1_1_is_spoken_too(open_instagram: Callable[..., Any], sandbox: Sandbox, profile: SandboxAccount) -> None:
    client = open_instagram(profile, private_transport="requests", session_retry_total=0)
    assert client.account_info().username == "izmirbld"
    assert [each.protocol for each in sandbox.requests()] == ["h1"]


def test_any_other_host_is_refused_and_noted(sandbox: Sandbox) -> None:
    proxies = urllib.request.ProxyHandler({"https": sandbox.proxy})
    trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=sandbox.ca_file))
    opener = urllib.request.build_opener(proxies, trust)
    with pytest.raises(OSError, match="403"):
        opener.open("https://graph.instagram.com/", timeout=5)
    assert sandbox.refused_hosts == ("graph.instagram.com",)


def test_a_client_killed_before_the_handshake_leaves_nothing_open(tmp_path: Path) -> None:
    context = make_tls_context(tmp_path / "ca.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        # Closing resets the connection, as a kill does.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        # What is left open becomes a ResourceWarning, and so a failure.
        with pytest.raises(ConnectionResetError):
            context.wrap_socket(accepted, server_side=True)
