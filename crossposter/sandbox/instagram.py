"""Instagram's private API as instagrapi 3.2.2 speaks it with a session; how one begins is in instagram_login.py.

Paths, fields and answers were taken from that client's own requests.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossposter.sandbox.exchange import Request, Response, json_response
from crossposter.sandbox.instagram_login import Logins
from crossposter.sandbox.world import Picture, Post, PostImage, SandboxAccount, World

#: Instagram's help pages and the content publishing guide, read in November 2026.
_MAX_CAPTION = 2200
_MAX_HASHTAGS = 30
_CODE_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_FIRST_PK = 3_500_000_000_000_000_000
_UPLOAD = re.compile(r"/rupload_igphoto/((\d+)_\d+_-?\d+)")
_MEDIA = re.compile(r"/api/v1/media/(\d+)(?:_\d+)?/(info|delete|edit_media)")
_DOES = {"delete": "retract", "edit_media": "correct", "info": "find"}
#: Where a password goes.
_LOGIN = ("/api/v1/accounts/login", "/api/v1/accounts/two_factor_login", "/graphql_www")
_FEED = re.compile(r"/api/v1/feed/user/(\d+)")


class _RefusedError(Exception):
    def __init__(self, status: int, message: str, **details: Any) -> None:
        super().__init__(message)
        self.response = json_response(status, {"message": message, **details, "status": "fail"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    owner: SandboxAccount
    picture: Picture


class Instagram:
    """The rules of Instagram."""

    name = "instagram"

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, SandboxAccount] = {}
        self._uploads: dict[str, _Upload] = {}
        self.logins = Logins(begin=self._begin)

    def _begin(self, account: SandboxAccount) -> str:
        session_id = f"{account.id}%3A{secrets.token_hex(7)}%3A1%3A{secrets.token_urlsafe(20)}"
        self.accept(account, session_id)
        return session_id

    def accept(self, account: SandboxAccount, session_id: str) -> None:
        """Make a session valid."""
        self._sessions[session_id] = account

    def end_sessions(self, account: SandboxAccount) -> None:
        """Log an account out everywhere: from now on its requests get login_required."""
        self._sessions = {key: owner for key, owner in self._sessions.items() if owner != account}

    def reset(self) -> None:
        """Forget uploads that were not published, and what logins are asked for; sessions stay."""
        self._uploads.clear()
        self.logins.reset()

    def operation(self, request: Request) -> str:
        """Say what a request does in the words of the faults."""
        path = request.path.rstrip("/")
        if path == "/api/v1/accounts/current_user":
            return "verify"
        if path in _LOGIN or path.startswith("/api/v1/bloks/"):
            return "login"
        if _UPLOAD.fullmatch(path):
            return "upload"
        if path in ("/api/v1/media/configure", "/api/v1/media/configure_sidecar"):
            return "publish"
        if _FEED.fullmatch(path):
            return "find"
        match = _MEDIA.fullmatch(path)
        return _DOES[match[2]] if match else ""

    def respond(self, request: Request) -> Response:
        """Carry a request out."""
        if response := self.logins.respond(request, request.path.rstrip("/")):
            return response
        try:
            return json_response(200, {**self._route(request), "status": "ok"})
        except _RefusedError as exc:
            return exc.response

    def refusal(self, status: int) -> Response:
        """Give the body Instagram sends with a status."""
        match status:
            case 400:
                return _RefusedError(400, "feedback_required", spam=True, feedback_title="Try Again Later").response
            case 403:
                return _login_required().response
            case 429:
                return _RefusedError(429, "Please wait a few minutes before you try again.").response
        return _RefusedError(status, f"HTTP {status}").response

    def _route(self, request: Request) -> dict[str, Any]:
        account = self._authenticated(request)
        path = request.path.rstrip("/")
        if request.method == "GET" and path == "/api/v1/accounts/current_user":
            return {"user": _user_as_json(account)}
        if request.method == "POST" and path in ("/api/v1/feed/reels_tray", "/api/v1/feed/timeline"):
            return {"tray": [], "feed_items": []}  # what the app asks for when it has logged in
        if request.method == "GET" and (match := _FEED.fullmatch(path)):
            return self._feed(match[1], request.query)
        if request.method == "POST" and (match := _UPLOAD.fullmatch(path)):
            return self._upload(match[2], request, account)
        if request.method == "POST" and path == "/api/v1/media/configure":
            return self._publish(request, account, children=[request.form])
        if request.method == "POST" and path == "/api/v1/media/configure_sidecar":
            return self._publish(request, account, children=_children(request.form))
        if match := _MEDIA.fullmatch(path):
            return self._one_post(match[1], match[2], request, account)
        raise _RefusedError(404, f"the sandbox does not know {request.method} {request.path}")

    def _authenticated(self, request: Request) -> SandboxAccount:
        """Give the account whose session the request carries.

        Raises:
            _RefusedError: the session is unknown, or the header names another user than the session's.
        """
        header = request.headers.get("authorization", "")
        try:
            session = json.loads(base64.b64decode(header.removeprefix("Bearer IGT:2:"), validate=True))
            account = self._sessions.get(session["sessionid"])
            user_id = str(session["ds_user_id"])
        except (ValueError, TypeError, KeyError, binascii.Error):
            raise _login_required() from None
        if account is None or account.id != user_id:
            raise _login_required()
        return account

    def _upload(self, upload_id: str, request: Request, account: SandboxAccount) -> dict[str, Any]:
        headers = request.headers
        if headers.get("x-entity-length") != str(len(request.body)):
            raise _RefusedError(400, "X-Entity-Length does not match the body")
        try:
            named_id = str(json.loads(headers.get("x-instagram-rupload-params", ""))["upload_id"])
        except (ValueError, TypeError, KeyError):
            raise _RefusedError(400, "X-Instagram-Rupload-Params cannot be read") from None
        picture = self._world.keep_picture(request.body)
        if named_id != upload_id or picture is None or picture.media_type != "image/jpeg":
            raise _RefusedError(400, "the upload is no JPEG, or its ids differ")
        self._uploads[upload_id] = _Upload(owner=account, picture=picture)
        return {"upload_id": upload_id, "xsharing_nonces": {}}

    def _publish(
        self, request: Request, account: SandboxAccount, *, children: list[Mapping[str, str]]
    ) -> dict[str, Any]:
        caption = request.form.get("caption", "")
        _check_caption(caption)
        post_id = str(_FIRST_PK + self._world.next_number())
        post = Post(
            account=account,
            id=post_id,
            url=f"https://www.instagram.com/p/{short_code(int(post_id))}/",
            text=caption,
            link=None,
            images=tuple(self._image(child, account) for child in children),
            created_at=self._world.clock(),
        )
        self._world.publish(post)
        echoed = {name: request.form[name] for name in ("upload_id", "client_sidecar_id") if name in request.form}
        return {"media": _media_as_json(post), **echoed}

    def _image(self, child: Mapping[str, str], account: SandboxAccount) -> PostImage:
        upload = self._uploads.get(child.get("upload_id", ""))
        if upload is None or upload.owner != account:
            raise _RefusedError(400, "media_needs_reupload", error_title="staged_position_not_found")
        return PostImage(picture=upload.picture, alt=child.get("custom_accessibility_caption") or None)

    def _feed(self, user_id: str, query: Mapping[str, str]) -> dict[str, Any]:
        owner = next((each for each in self._world.accounts_of(self.name) if each.id == user_id), None)
        count = query.get("count", "")
        posts = self._world.timeline(owner) if owner else []
        shown = posts[: int(count) if count.isdecimal() and int(count) else 33]
        return {"items": [_media_as_json(post) for post in shown], "num_results": len(shown), "more_available": False}

    def _one_post(self, post_id: str, action: str, request: Request, account: SandboxAccount) -> dict[str, Any]:
        post = self._world.post(self.name, post_id)
        if post is None:
            raise _RefusedError(404, "Media not found or unavailable")
        if action == "info":
            return {"items": [_media_as_json(post)], "num_results": 1, "more_available": False}
        if request.method != "POST" or post.account != account:
            raise _RefusedError(400, "You are not authorized to change this media")
        if action == "delete":
            self._world.change(post, deleted=True)
            return {"did_delete": True}
        caption = request.form.get("caption_text", "")
        _check_caption(caption)
        self._world.change(post, text=caption)
        changed = self._world.post(self.name, post_id) or post
        return {"media": _media_as_json(changed)}


def _login_required() -> _RefusedError:
    details = {"error_title": "You've Been Logged Out", "error_body": "Please log back in.", "logout_reason": 8}
    return _RefusedError(403, "login_required", **details)


def _check_caption(caption: str) -> None:
    if len(caption) > _MAX_CAPTION:
        raise _RefusedError(400, f"caption is longer than {_MAX_CAPTION} characters")
    if len(re.findall(r"#\w+", caption)) > _MAX_HASHTAGS:
        raise _RefusedError(400, f"caption has more than {_MAX_HASHTAGS} hashtags")


def _children(form: Mapping[str, str]) -> list[Mapping[str, str]]:
    try:
        children = json.loads(form.get("children_metadata", ""))
    except ValueError:
        children = None
    if not isinstance(children, list) or not 2 <= len(children) <= 20 or not all(isinstance(c, dict) for c in children):
        raise _RefusedError(400, "children_metadata: expected 2 to 20 pictures")
    return children


def short_code(pk: int) -> str:
    """Give the short code in a post's address: the id in base 64."""
    code = ""
    while pk:
        pk, digit = divmod(pk, 64)
        code = _CODE_ALPHABET[digit] + code
    return code


def _user_as_json(account: SandboxAccount) -> dict[str, Any]:
    return {
        "pk": int(account.id),
        "pk_id": account.id,
        "username": account.handle,
        "full_name": account.name,
        "is_private": False,
        "is_verified": True,
        "is_business": True,
        "biography": "",
        "profile_pic_url": "https://www.instagram.com/sandbox.jpg",
    }


def _media_as_json(post: Post) -> dict[str, Any]:
    pk = int(post.id)
    media = {
        "pk": pk,
        "id": f"{pk}_{post.account.id}",
        "code": short_code(pk),
        "taken_at": int(post.created_at),
        "user": _user_as_json(post.account),
        "comment_count": 0,
        "like_count": 0,
        "caption": {"text": post.text} if post.text else None,
        "usertags": {"in": []},
        "location": None,
    }
    if len(post.images) == 1:
        return {**media, "media_type": 1, "product_type": "feed", **_image_as_json(post.images[0])}
    children = [
        {"pk": pk + index, "id": f"{pk + index}_{post.account.id}", "media_type": 1, **_image_as_json(image)}
        for index, image in enumerate(post.images, start=1)
    ]
    return {**media, "media_type": 8, "product_type": "carousel_container", "carousel_media": children}


def _image_as_json(image: PostImage) -> dict[str, Any]:
    picture = image.picture
    address = f"https://www.instagram.com/{picture.sha256}.jpg"
    candidate = {"width": picture.width, "height": picture.height, "url": address}
    return {"accessibility_caption": image.alt, "image_versions2": {"candidates": [candidate]}}
