"""Instagram's content publishing on the Graph API, under /instagram.

Rules were read in Meta's documentation (content publishing guide, error codes, 2026-06) in November 2026; where two
pages differ, the sandbox is the stricter one. It fetches pictures as Instagram does, from this machine only.
"""

from __future__ import annotations

import io
import re
import secrets
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from PIL import Image

from crossposter.sandbox.exchange import Request, Response, json_response
from crossposter.sandbox.graph import VERSIONS, Graph
from crossposter.sandbox.graph_errors import GraphError, error_for_status, invalid, missing_object, unknown_token
from crossposter.sandbox.graph_fields import select_fields
from crossposter.sandbox.graph_parameters import boolean, segments_of, token_of
from crossposter.sandbox.instagram import short_code
from crossposter.sandbox.world import Picture, Post, PostImage, SandboxAccount, World

#: Content publishing guide, read in November 2026.
_MAX_CAPTION, _MAX_HASHTAGS, _MAX_MENTIONS, _MAX_ALT = 2200, 30, 20, 1000
_MAX_BYTES = 8 * 1024 * 1024
_RATIO = (4 / 5, 1.91)
_CHILDREN = range(2, 11)
_DAY_S = 24 * 3600
_PERMISSIONS = (
    "instagram_basic", "instagram_content_publish", "pages_read_engagement", "pages_show_list", "pages_manage_posts",
)  # fmt: skip
_FETCH_S = 5.0
_FIRST_PK = 3_600_000_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Container:
    owner: SandboxAccount
    caption: str
    images: tuple[PostImage, ...]
    created_at: float
    #: A picture of an album: cannot be published alone.
    is_item: bool = False
    #: So many looks say that it is still worked on.
    looks_left: int = 0
    was_published: bool = False


class _Call(NamedTuple):
    method: str
    segments: tuple[str, ...]
    values: Mapping[str, str]
    files: Mapping[str, bytes]
    account: SandboxAccount


class InstagramGraph:
    """The rules of publishing on a professional account."""

    name = "instagram"

    def __init__(self, world: World, graph: Graph) -> None:
        self._world = world
        self._graph = graph
        self._accounts: dict[str, SandboxAccount] = {}
        self._profiles: dict[str, SandboxAccount] = {}
        self._containers: dict[str, _Container] = {}
        self._photos: dict[str, str] = {}
        #: Where this sandbox itself is to be reached.
        self.url = ""
        #: How many looks at a new container say that it is still worked on.
        self.slow_looks = 0
        #: What becomes of new containers: "ERROR" with these words in `status`; None for "FINISHED".
        self.failure: str | None = None
        #: Posts in 24 hours.
        self.quota = 50
        #: What every token may do.
        self.permissions = list(_PERMISSIONS)

    def accept(self, account: SandboxAccount, *, profile: SandboxAccount) -> None:
        """Make the token of an account valid; `profile` is the account as the public and the app know it."""
        self._accounts[account.credentials["access_token"]] = account
        self._profiles[account.id] = profile
        self._graph.link(account)

    def reset(self) -> None:
        """Forget containers and photos, and work at full speed again."""
        self._containers.clear()
        self._photos.clear()
        self.slow_looks, self.failure, self.quota = 0, None, 50

    def expire(self) -> None:
        """Let a day pass for every container."""
        for number, container in self._containers.items():
            self._containers[number] = replace(container, created_at=container.created_at - _DAY_S - 1)

    def operation(self, request: Request) -> str:
        """Say what a request does in the words of the faults."""
        match (request.method, *segments_of(request)[1]):
            case ("GET", _, "content_publishing_limit"):
                return "quota"
            case ("GET", "debug_token"):
                return "login"
            case ("POST", _, "media"):
                return "container"
            case ("POST", _, "media_publish"):
                return "publish"
            case ("GET", _, "media"):
                return "find"
            case ("POST", "me", "photos"):
                return "upload"
            case ("GET", node):
                return "verify" if node == "me" or node in self._profiles else self._look(node)
            case ("DELETE", _):
                return "retract"
        return ""

    def _look(self, node: str) -> str:
        if node in self._photos:
            return "upload"
        return "find" if self._world.post(self.name, node) else "status"

    def respond(self, request: Request) -> Response:
        """Carry a request out."""
        version, segments = segments_of(request)
        try:
            response = json_response(200, self._route(request, segments))
        except GraphError as exc:
            response = exc.response
        return replace(response, headers=self._headers(version) | dict(response.headers))

    def refusal(self, status: int) -> Response:
        """Give an error envelope for a status."""
        response = error_for_status(status).response
        return replace(response, headers=self._headers(VERSIONS[-1]) | dict(response.headers))

    def _headers(self, version: str) -> dict[str, str]:
        return {
            "facebook-api-version": version if version in VERSIONS else VERSIONS[0],
            "x-fb-trace-id": secrets.token_hex(6),
            **self._graph.usage("instagram", list(self._profiles)),
        }

    def _route(self, request: Request, segments: tuple[str, ...]) -> dict[str, Any]:
        values = dict(request.query) | dict(request.form)
        token = token_of(request, values)
        if segments == ("debug_token",):
            return self._debug_token(token, values)
        account = self._accounts.get(token)
        if account is None:
            raise unknown_token()
        self._graph.check_proof(token, values)
        call = _Call(request.method, segments, values, request.files, account)
        match (call.method, *segments):
            case ("GET", "me"):
                return self._page(call)
            case ("POST", "me", "photos"):
                return self._add_photo(call)
            case (_, node, *edge) if node in self._profiles:
                return self._of_account(call, node, edge)
            case ("GET", node) if node in self._photos:
                return {"id": node, "images": [self._photo_as_json(self._photos[node])]}
            case ("GET", node) if node in self._containers:
                return self._status(call, node)
            case ("GET", node) if post := self._post_of(call, node):
                return _media_as_json(post, call.values.get("fields", "") or "id")
        # Also for DELETE: this interface deletes no posts.
        raise missing_object("/".join(segments), call.method)

    def _post_of(self, call: _Call, node: str) -> Post | None:
        post = self._world.post(self.name, node)
        return post if post and post.account == self._profiles[call.account.id] else None

    def _of_account(self, call: _Call, node: str, edge: list[str]) -> dict[str, Any]:
        if node != call.account.id:
            raise GraphError(400, 10, "(#10) Application does not have permission for this action")
        profile = self._profiles[node]
        match (call.method, *edge):
            case ("GET",):
                known = {"id": node, "username": profile.handle, "name": profile.name}
                return {**select_fields(known, call.values.get("fields", ""), node="IGUser"), "id": node}
            case ("GET", "content_publishing_limit"):
                config = {"quota_total": self.quota, "quota_duration": _DAY_S}
                return {"data": [{"quota_usage": self._used(profile), "config": config}]}
            case ("POST", "media"):
                return {"id": self._add_container(call)}
            case ("POST", "media_publish"):
                return {"id": self._publish(call, profile)}
            case ("GET", "media"):
                return self._list(call, profile)
        raise missing_object("/".join(call.segments), call.method)

    def _debug_token(self, token: str, values: Mapping[str, str]) -> dict[str, Any]:
        """Say what a token is, to the app alone; here they are all a system user's."""
        if token != self._graph.app_token:
            raise unknown_token()
        if values.get("input_token") not in self._accounts:
            error = {"code": 190, "message": "The access token could not be decrypted"}
            return {"data": {"is_valid": False, "scopes": [], "error": error}}
        seen = {"app_id": self._graph.app_id, "is_valid": True, "scopes": list(self.permissions)}
        return {"data": seen | {"type": "SYSTEM_USER", "expires_at": 0, "data_access_expires_at": 0}}

    # The linked Page, for pictures that go by it.

    def _page(self, call: _Call) -> dict[str, Any]:
        profile = self._profiles[call.account.id]
        linked = {"id": call.account.id, "username": profile.handle}
        known = {"id": f"9{call.account.id}", "name": profile.name, "instagram_business_account": linked}
        return select_fields(known, call.values.get("fields", "") or "id,name", node="Page")

    def _add_photo(self, call: _Call) -> dict[str, Any]:
        picture = self._world.keep_picture(call.files.get("source", b""))
        if boolean(call.values, "published") or picture is None:
            raise invalid("Only unpublished photos are of use here")
        photo_id = self._new_id()
        self._photos[photo_id] = picture.sha256
        return {"id": photo_id}

    def _photo_as_json(self, sha256: str) -> dict[str, Any]:
        picture = self._world.pictures[sha256]
        return {
            "source": f"{self.url}/_sandbox/pictures/{sha256}",
            "width": picture.width,
            "height": picture.height,
        }

    # Containers.

    def _add_container(self, call: _Call) -> str:
        values = call.values
        if values.get("media_type") == "CAROUSEL":
            images, is_item = self._children(call), False
        elif values.get("media_type", "IMAGE") == "IMAGE" and values.get("image_url"):
            is_item = "is_carousel_item" in values and boolean(values, "is_carousel_item")
            images = (self._image(values["image_url"], values.get("alt_text") or None),)
        else:
            raise invalid("The parameter image_url is required")
        caption = "" if is_item else values.get("caption", "")
        _check_caption(caption)
        number = self._new_id()
        self._containers[number] = _Container(
            owner=call.account,
            caption=caption,
            images=images,
            is_item=is_item,
            created_at=self._world.clock(),
            looks_left=self.slow_looks,
        )
        return number

    def _children(self, call: _Call) -> tuple[PostImage, ...]:
        numbers = [each for each in call.values.get("children", "").split(",") if each]
        if len(numbers) not in _CHILDREN:
            raise GraphError(400, 100, "The carousel must have between 2 and 10 items", subcode=2207028)
        children = [self._usable(number, call) for number in numbers]
        if not all(child.is_item for child in children):
            raise invalid("A child was not made with is_carousel_item")
        return tuple(image for child in children for image in child.images)

    def _usable(self, number: str, call: _Call) -> _Container:
        """Give a container that can still be used.

        Raises:
            GraphError: there is none, or not any more.
        """
        container = self._containers.get(number)
        if container is None or container.owner != call.account or container.was_published:
            raise GraphError(400, 24, "The requested resource does not exist", subcode=2207006)
        if self._state(container) == "EXPIRED":
            raise GraphError(400, 24, "The media builder has expired", subcode=2207008)
        return container

    def _state(self, container: _Container) -> str:
        if container.was_published:
            return "PUBLISHED"
        if self._world.clock() - container.created_at > _DAY_S:
            return "EXPIRED"
        if self.failure is not None:
            return "ERROR"
        return "IN_PROGRESS" if container.looks_left else "FINISHED"

    def _status(self, call: _Call, number: str) -> dict[str, Any]:
        container = self._containers[number]
        if container.owner != call.account:
            raise missing_object(number, call.method)
        state = self._state(container)
        self._containers[number] = replace(container, looks_left=max(container.looks_left - 1, 0))
        words = self.failure if state == "ERROR" else f"{state.capitalize()}: Media is {state.lower()}"
        known = {"id": number, "status_code": state, "status": words}
        return {**select_fields(known, call.values.get("fields", ""), node="ShadowIGMediaBuilder"), "id": number}

    def _publish(self, call: _Call, profile: SandboxAccount) -> str:
        number = call.values.get("creation_id", "")
        container = self._usable(number, call)
        if container.is_item:
            raise invalid("A carousel item cannot be published alone")
        if self._state(container) != "FINISHED":
            raise GraphError(400, 9007, "The media is not ready for publishing", subcode=2207027)
        if self._used(profile) >= self.quota:
            raise GraphError(400, 9, "The user has reached the maximum number of posts", subcode=2207042)
        pk = _FIRST_PK + self._world.next_number()
        post = Post(
            account=profile,
            id=self._new_id(),
            url=f"https://www.instagram.com/p/{short_code(pk)}/",
            text=container.caption,
            link=None,
            images=container.images,
            created_at=self._world.clock(),
        )
        self._world.publish(post)
        self._containers[number] = replace(container, was_published=True)
        return post.id

    def _used(self, profile: SandboxAccount) -> int:
        now = self._world.clock()
        return sum(now - post.created_at < _DAY_S for post in self._world.timeline(profile))

    def _list(self, call: _Call, profile: SandboxAccount) -> dict[str, Any]:
        limit, fields = call.values.get("limit", "25"), call.values.get("fields", "") or "id"
        if not limit.isdecimal() or not 1 <= int(limit) <= 100:
            raise invalid("Param limit must be a number from 1 to 100")
        posts = self._world.timeline(profile)[: int(limit)]
        return {"data": [_media_as_json(post, fields) for post in posts], "paging": {}}

    # Pictures.

    def _image(self, url: str, alt: str | None) -> PostImage:
        if alt and len(alt) > _MAX_ALT:
            raise invalid(f"Param alt_text must be at most {_MAX_ALT} characters long")
        content = self._kept(url) or _fetched(url)
        if len(content) > _MAX_BYTES:
            raise GraphError(400, 36000, "The image size is too large", subcode=2207004)
        picture = self._world.keep_picture(content)
        if picture is None or picture.media_type != "image/jpeg" or _kind(content) != "JPEG":
            raise GraphError(400, 36001, "The image format is not supported", subcode=2207005)
        _check_ratio(picture)
        return PostImage(picture=picture, alt=alt)

    def _kept(self, url: str) -> bytes | None:
        """Give a photo of the Page: asked for over HTTP, it would wait for this very request to end."""
        sha256 = url.removeprefix(f"{self.url}/_sandbox/pictures/")
        return self._world.pictures[sha256].content if sha256 in self._photos.values() else None

    def _new_id(self) -> str:
        return str(17_900_000_000_000_000 + self._world.next_number())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _fetched(url: str) -> bytes:
    """Fetch a picture from this machine, as Instagram does from the internet.

    Raises:
        GraphError: nothing came back.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        if urlsplit(url).hostname not in ("127.0.0.1", "localhost") or not url.startswith("http://"):
            raise ValueError(url)
        with opener.open(url, timeout=_FETCH_S) as answer:
            content: bytes = answer.read(_MAX_BYTES + 1)
            media_type = answer.headers.get_content_type()
    except (OSError, ValueError, HTTPException):
        media_type, content = "", b""
    if not media_type.startswith("image/"):
        raise GraphError(400, 9004, "The media could not be fetched from this URI: it was not found", subcode=2207052)
    return content


def _kind(content: bytes) -> str | None:
    with Image.open(io.BytesIO(content)) as image:
        return image.format


def _check_ratio(picture: Picture) -> None:
    if not _RATIO[0] - 0.001 <= picture.width / picture.height <= _RATIO[1] + 0.001:
        raise GraphError(400, 36003, "The aspect ratio is not supported", subcode=2207009)


def _check_caption(caption: str) -> None:
    if len(caption) > _MAX_CAPTION or len(re.findall(r"#\w+", caption)) > _MAX_HASHTAGS:
        raise GraphError(400, 36004, "The caption was too long", subcode=2207010)
    if len(re.findall(r"(?<!\w)@\w+", caption)) > _MAX_MENTIONS:
        raise GraphError(400, 100, "Too many tags in the caption", subcode=2207040)


def _media_as_json(post: Post, fields: str) -> dict[str, Any]:
    known = {
        "id": post.id,
        "caption": post.text,
        "media_type": "CAROUSEL_ALBUM" if len(post.images) > 1 else "IMAGE",
        "permalink": post.url,
        "timestamp": datetime.fromtimestamp(post.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }
    # The real API leaves empty fields out.
    present = {name: value for name, value in known.items() if value != ""}
    return {**select_fields(present, fields, node="IGMedia", absent=("caption",)), "id": post.id}
