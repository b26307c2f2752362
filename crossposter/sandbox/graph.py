"""The Graph API for Facebook Pages, under /graph.

Rules were read in Meta's documentation (pages-api/posts, error-handling, changelog) in November 2026. Where two
pages differ, the sandbox is the stricter one. Unpublished and scheduled posts are refused: they are not public.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from crossposter.sandbox.exchange import Request, Response, json_response
from crossposter.sandbox.graph_errors import (
    GraphError,
    error_for_status,
    foreign_page,
    invalid,
    invalid_picture,
    missing_object,
    unknown_token,
)
from crossposter.sandbox.graph_fields import TASKS, page_as_json, post_as_json
from crossposter.sandbox.graph_parameters import attached_ids, boolean, segments_of, token_of
from crossposter.sandbox.world import Post, PostImage, SandboxAccount, World

#: Oldest first. An older or unknown version is answered as the oldest, as Meta does.
VERSIONS = ("v22.0", "v23.0", "v24.0", "v25.0", "v26.0")
_MAX_MESSAGE = 63_206
#: Meta's text to subcode 1366046 says 4 MB, other pages say 10 MB.
_MAX_PICTURE_BYTES = 4 * 1024 * 1024
_PERMISSIONS = ["pages_show_list", "pages_read_engagement", "pages_manage_posts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Photo:
    page: SandboxAccount
    image: PostImage


class _Call(NamedTuple):
    method: str
    segments: tuple[str, ...]
    #: Query and form together.
    values: Mapping[str, str]
    files: Mapping[str, bytes]
    token: str


class Graph:
    """The rules of Facebook Pages."""

    name = "facebook"

    def __init__(self, world: World) -> None:
        self._world = world
        self._photos: dict[str, _Photo] = {}
        self._pages: dict[str, SandboxAccount] = {}
        self.app_id = "900800700600500"
        self.app_secret = secrets.token_hex(16)
        #: A person's token as the Graph API Explorer gives it, for an hour or two.
        self.user_token = f"EAAU{secrets.token_hex(24)}"
        #: What it is exchanged for, and a system user's: both list the Pages.
        self.long_user_token = f"EAAL{secrets.token_hex(24)}"
        self.system_user_token = f"EAAS{secrets.token_hex(24)}"
        #: What every token may do.
        self.permissions = list(_PERMISSIONS)
        #: Pages that have an Instagram account, by Page id: its id for the Graph API, and its name.
        self.linked: dict[str, tuple[str, str]] = {}
        #: Refuse requests without appsecret_proof, as the app setting "Require App Secret" does.
        self.proof_required = False
        #: How much of what Meta allows is used, in percent, and for how many minutes it throttles then.
        self.used_percent = 1
        self.regain_minutes = 0

    def accept(self, page: SandboxAccount) -> None:
        """Make the token of a Page valid."""
        self._pages[page.credentials["page_token"]] = page

    def link(self, professional: SandboxAccount) -> None:
        """Connect an account on Instagram with the Page of its name."""
        for page in self._pages.values():
            if page.handle == professional.handle:
                self.linked[page.id] = professional.id, professional.handle

    def reset(self) -> None:
        """Forget uploaded photos."""
        self._photos.clear()

    def operation(self, request: Request) -> str:
        """Say what a request does in the words of the faults."""
        match (request.method, *segments_of(request)[1]):
            case ("POST", _, "photos"):
                return "upload"
            case ("POST", _, "feed"):
                return "publish"
            case ("GET", _, "feed" | "published_posts"):
                return "find"
            case ("GET", "debug_token") | (_, "oauth", "access_token") | ("GET", "me", "accounts"):
                return "login"
            case ("GET", node):
                return "find" if "_" in node else "verify"
            case ("POST", _):
                return "correct"
            case ("DELETE", _):
                return "retract"
        return ""

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
            "x-fb-trace-id": "ASandboxTraceOfNoMeaning",
            **self.usage("pages", [page.id for page in self._pages.values()]),
        }

    def usage(self, counted_as: str, ids: Sequence[str]) -> dict[str, str]:
        """Give Meta's two headers about how much was asked."""
        app = {"call_count": 1, "total_cputime": 1, "total_time": 1}
        row = {
            "type": counted_as,
            **app,
            "call_count": self.used_percent,
            "estimated_time_to_regain_access": self.regain_minutes,
        }
        return {"x-app-usage": json.dumps(app), "x-business-use-case-usage": json.dumps({one: [row] for one in ids})}

    # Who asks, and for what.

    def _route(self, request: Request, segments: tuple[str, ...]) -> dict[str, Any]:
        values = dict(request.query) | dict(request.form)
        if segments == ("oauth", "access_token"):
            return self._exchange_token(values)
        token = self._token(request, values)
        call = _Call(request.method, segments, values, request.files, token)
        match (call.method, *segments):
            case ("GET", "debug_token"):
                return self._debug_token(call)
            case ("GET", "me", "accounts"):
                return self._list_pages(call)
            case ("GET", node) if self._page(node, call):
                page = self._page_of(call)
                return page_as_json(page, values.get("fields", ""), linked=self.linked.get(page.id))
            case ("POST", _, "photos"):
                return self._add_photo(call)
            case ("POST", _, "feed"):
                return self._publish(call)
            case ("GET", _, "feed" | "published_posts"):
                return self._list_posts(call)
            case (_, _):
                return self._one_post(call)
        raise missing_object("/".join(segments), call.method)

    def _token(self, request: Request, values: Mapping[str, str]) -> str:
        token = token_of(request, values)
        if token == self.app_token:
            return token
        if token not in self._pages and token not in self._people:
            raise unknown_token()
        self.check_proof(token, values)
        return token

    def check_proof(self, token: str, values: Mapping[str, str]) -> None:
        """Look at the signature of a call.

        Raises:
            GraphError: it is wrong, or missing where the app insists on one.
        """
        proof = values.get("appsecret_proof")
        if proof is None and not self.proof_required:
            return
        expected = hmac.new(self.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(proof or "", expected):
            message = "Invalid appsecret_proof provided in the API argument"
            raise GraphError(400, 100, message, type_="GraphMethodException")

    @property
    def _people(self) -> tuple[str, ...]:
        return self.user_token, self.long_user_token, self.system_user_token

    @property
    def app_token(self) -> str:
        """Give the token of the app itself."""
        return f"{self.app_id}|{self.app_secret}"

    def _page(self, node: str, call: _Call) -> SandboxAccount | None:
        """Give the Page that a path names, "me" being that of the token; None for anything else."""
        if node == "me":
            return self._pages.get(call.token)
        return next((page for page in self._pages.values() if page.id == node), None)

    def _page_of(self, call: _Call) -> SandboxAccount:
        """Give the Page that a path names, if the token is its own.

        Raises:
            GraphError: there is no such Page, or the token is for another.
        """
        page = self._page(call.segments[0], call)
        if page is None:
            raise missing_object(call.segments[0], call.method)
        if self._pages.get(call.token) != page:
            raise foreign_page()
        return page

    # Tokens.

    def _exchange_token(self, values: Mapping[str, str]) -> dict[str, Any]:
        if (values.get("client_id"), values.get("client_secret")) != (self.app_id, self.app_secret):
            raise GraphError(400, 1, "Error validating client secret.")
        if values.get("grant_type") == "client_credentials":
            return {"access_token": self.app_token, "token_type": "bearer"}
        if values.get("fb_exchange_token") != self.user_token:
            raise unknown_token()
        return {"access_token": self.long_user_token, "token_type": "bearer", "expires_in": 5_183_944}

    def _debug_token(self, call: _Call) -> dict[str, Any]:
        asked = call.values.get("input_token", "")
        page = self._pages.get(asked)
        if page is None and asked not in self._people:
            error = {"code": 190, "message": "The access token could not be decrypted"}
            return {"data": {"is_valid": False, "scopes": [], "error": error}}
        now = int(self._world.clock())
        seen = {"app_id": self.app_id, "is_valid": True, "scopes": list(self.permissions)}
        if asked == self.system_user_token:
            return {"data": seen | {"type": "SYSTEM_USER", "expires_at": 0, "data_access_expires_at": 0}}
        seen |= {"data_access_expires_at": now + 90 * 86_400}
        if page is None:
            lifetime = 5_400 if asked == self.user_token else 5_183_944
            return {"data": seen | {"type": "USER", "expires_at": now + lifetime}}
        return {"data": seen | {"type": "PAGE", "expires_at": 0, "profile_id": page.id}}

    def _list_pages(self, call: _Call) -> dict[str, Any]:
        if call.token not in self._people:
            raise invalid("Tried accessing nonexisting field (accounts) on node type (Page)")
        pages = [
            {"id": page.id, "name": page.name, "access_token": token, "tasks": list(TASKS)}
            for token, page in self._pages.items()
        ]
        return {"data": pages, "paging": {}}

    # Posts.

    def _add_photo(self, call: _Call) -> dict[str, Any]:
        page = self._page_of(call)
        published = boolean(call.values, "published")
        content = call.files.get("source")
        if content is None:
            raise GraphError(400, 324, "(#324) Requires upload file")
        picture = self._world.keep_picture(content)
        if picture is None or len(content) > _MAX_PICTURE_BYTES:
            raise invalid_picture("Your photos should be smaller than 4 MB and saved as JPG, PNG, GIF or WebP files.")
        image = PostImage(picture=picture, alt=call.values.get("alt_text_custom") or None)
        photo_id = self._new_id()
        self._photos[photo_id] = _Photo(page=page, image=image)
        if not published:
            return {"id": photo_id}
        text = call.values.get("caption") or call.values.get("message", "")
        return {"id": photo_id, "post_id": self._add_post(page, text, link=None, images=(image,)).id}

    def _publish(self, call: _Call) -> dict[str, Any]:
        page = self._page_of(call)
        if not boolean(call.values, "published") or "scheduled_publish_time" in call.values:
            raise invalid("Unpublished and scheduled posts are not for the public")
        text, link = call.values.get("message", ""), call.values.get("link") or None
        images = tuple(self._photo(each, page) for each in attached_ids(call.values))
        if not (text or link or images):
            raise invalid("Invalid parameter")
        if len(text) > _MAX_MESSAGE:
            raise invalid(f"Param message must be at most {_MAX_MESSAGE} characters long")
        if link and images:
            raise invalid("Param link cannot be combined with attached_media")
        if link and not re.match(r"https?://[^/\s]+", link):
            raise GraphError(400, 1_609_005, "The link could not be scraped", user_title="Link Error")
        self._refuse_duplicate(page, text, link=link, images=images)
        return {"id": self._add_post(page, text, link=link, images=images).id}

    def _photo(self, photo_id: str, page: SandboxAccount) -> PostImage:
        photo = self._photos.get(photo_id)
        if photo is None or photo.page != page:
            raise invalid(f"Invalid media_fbid {photo_id!r}")
        return photo.image

    def _refuse_duplicate(
        self, page: SandboxAccount, text: str, *, link: str | None, images: tuple[PostImage, ...]
    ) -> None:
        latest = next(iter(self._world.timeline(page)), None)
        # Whether Meta compares posts with pictures is not known. Taking them shows a doubled post as what it is.
        if latest and not images and not latest.images and (latest.text, latest.link) == (text, link):
            raise GraphError(400, 506, "(#506) Duplicate status message", user_title="Duplicate Status Update")

    def _add_post(self, page: SandboxAccount, text: str, *, link: str | None, images: tuple[PostImage, ...]) -> Post:
        post_id = f"{page.id}_{self._new_id()}"
        post = Post(
            account=page,
            id=post_id,
            url=f"https://www.facebook.com/{post_id}",
            text=text,
            link=link,
            images=images,
            created_at=self._world.clock(),
        )
        self._world.publish(post)
        return post

    def _list_posts(self, call: _Call) -> dict[str, Any]:
        posts = self._world.timeline(self._page_of(call))
        limit, since = call.values.get("limit", "25"), call.values.get("since")
        if not limit.isdecimal() or not 1 <= int(limit) <= 100:
            raise invalid("Param limit must be a number from 1 to 100")
        if since is not None:
            if not since.isdecimal():
                raise invalid("Param since must be a Unix time")
            posts = [post for post in posts if post.created_at >= int(since)]
        fields = call.values.get("fields", "")
        return {"data": [post_as_json(post, fields) for post in posts[: int(limit)]], "paging": {}}

    def _one_post(self, call: _Call) -> dict[str, Any]:
        post = self._world.post(self.name, call.segments[0])
        if post is None:
            raise missing_object(call.segments[0], call.method)
        if self._pages.get(call.token) != post.account:
            raise foreign_page()
        match call.method:
            case "GET":
                return post_as_json(post, call.values.get("fields", ""))
            case "POST":
                if not call.values.get("message"):
                    raise invalid("Param message is required")
                self._world.change(post, text=call.values["message"])
            case "DELETE":
                self._world.change(post, deleted=True)
            case _:
                raise missing_object(call.segments[0], call.method)
        return {"success": True}

    def _new_id(self) -> str:
        return str(122_100_000_000_000_000 + self._world.next_number())
