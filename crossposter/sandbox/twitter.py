"""X API v2 as a posting client meets it, under /twitter.

OAuth 1.0a only: signatures are verified for the address as the client saw it. Facts were read in the documentation
repository xdevplatform/docs at 2026-08-22 (OpenAPI 2.167) unless a line says otherwise.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, NamedTuple

from crossposter.core.counting import find_links
from crossposter.sandbox.exchange import Request, Response, json_response
from crossposter.sandbox.oauth1 import SignatureCheck, Token
from crossposter.sandbox.twitter_body import check_text, inner, json_object, refuse_unknown_fields
from crossposter.sandbox.twitter_errors import (
    XError,
    credits_depleted,
    invalid,
    not_found,
    not_yours,
    problem,
    read_only,
    spend_cap_reached,
)
from crossposter.sandbox.twitter_fields import Tweet, created_at, one_as_json, page_as_json
from crossposter.sandbox.twitter_login import PinLogin
from crossposter.sandbox.twitter_media import MediaShelf
from crossposter.sandbox.twitter_metering import (
    LIMITS,
    PRICE_ALT_TEXT,
    PRICE_DELETE,
    PRICE_POST,
    PRICE_POST_WITH_URL,
    PRICE_READ_OWN_POST,
    RateWindows,
    rate_headers,
)
from crossposter.sandbox.twitter_text import ShortAddresses, show
from crossposter.sandbox.world import Post, PostImage, SandboxAccount, World

PREFIX = "/twitter"
_DAY_S = 86_400
#: Milliseconds; X's ids count from here.
_SNOWFLAKE_EPOCH = 1_288_834_974_657


class _Call(NamedTuple):
    request: Request
    account: SandboxAccount
    #: The id in the path, "" where there is none.
    path_id: str


class _Endpoint(NamedTuple):
    method: str
    path: re.Pattern[str]
    #: Name in LIMITS.
    limit: str
    operation: str
    run: Callable[[_Call], Response]


class Twitter:
    """The rules of X."""

    name = "twitter"

    def __init__(self, world: World) -> None:
        self._world = world
        self._signatures = SignatureCheck(world.clock)
        self._login = PinLogin(world.clock, accept=self._accept_token)
        self._owners: dict[str, SandboxAccount] = {}
        self._windows = RateWindows(world.clock)
        self._media = MediaShelf(world)
        self._tweets: dict[str, Tweet] = {}
        self._addresses = ShortAddresses()
        #: US dollars left; None is without limit.
        self.credits: float | None = None
        #: A date ("2026-12-01") makes every paid request answer SpendCapReached.
        self.spend_cap_reset_date: str | None = None
        #: "read-write" or "read".
        self.access_level = "read-write"
        #: Requests per user and seconds of the window, by endpoint.
        self.limits = dict(LIMITS)
        #: Posts of a day, by whom X counts them on capped tiers: "user", "app". Pay-per-use has no such limit.
        self.day_limits: dict[str, int] = {}
        self._endpoints = (
            _endpoint("POST", "/2/tweets", "publish", self._create),
            _endpoint("DELETE", "/2/tweets/:id", "retract", self._delete),
            _endpoint("GET", "/2/tweets/:id", "find", self._one),
            _endpoint("GET", "/2/users/me", "verify", self._me),
            _endpoint("GET", "/2/users/:id/tweets", "find", self._timeline),
            _endpoint("POST", "/2/media/upload", "upload", self._upload),
            _endpoint("POST", "/2/media/metadata", "alt_text", self._describe),
        )

    def accept(self, account: SandboxAccount) -> None:
        """Make the credentials of an account valid."""
        values = account.credentials
        token = Token(values["api_key"], values["api_secret"], values["access_secret"])
        self._accept_token(account, values["access_token"], token)
        self._login.know(account)

    def _accept_token(self, account: SandboxAccount, access_token: str, token: Token) -> None:
        self._signatures.accept(access_token, token)
        self._owners[access_token] = account

    def reset(self) -> None:
        """Forget posts, media and used-up windows; the settings stay."""
        self._media.clear()
        self._tweets.clear()
        self._windows.reset()

    def operation(self, request: Request) -> str:
        """Say what a request does in the words of the faults."""
        if request.path.startswith(f"{PREFIX}/oauth/"):
            return "login"
        endpoint, _ = self._route(request)
        return endpoint.operation if endpoint else ""

    def respond(self, request: Request) -> Response:
        """Carry a request out."""
        headers = self._common_headers()
        path = request.path.removeprefix(PREFIX)
        if path.startswith("/oauth/"):
            return self._login.respond(request, path)
        try:
            response = self._respond(request, headers)
        except XError as exc:
            response = exc.response
        return replace(response, headers=headers | dict(response.headers))

    def refusal(self, status: int) -> Response:
        """Give a problem body for a status; 429 says when the window ends."""
        headers = self._common_headers()
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            headers |= rate_headers(100, remaining=0, reset_at=self._world.clock() + 900)
        response = problem(status).response
        return replace(response, headers=headers | dict(response.headers))

    def _respond(self, request: Request, headers: dict[str, str]) -> Response:
        endpoint, path_id = self._route(request)
        if endpoint is None:
            raise problem(404)
        access_token = self._signatures.signer(request)
        if access_token is None:
            raise problem(401)
        if self.access_level == "read" and request.method != "GET":
            raise read_only()
        account = self._owners[access_token]
        limit = self.limits[endpoint.limit]
        allowed, window = self._windows.count(endpoint.limit, user_id=account.id, limit=limit)
        headers |= window
        for whose, posts in self.day_limits.items() if endpoint.operation == "publish" else ():
            name = f"x-{whose}-limit-24hour"
            user_id = account.id if whose == "user" else ""
            within, window = self._windows.count(name, user_id=user_id, limit=(posts, _DAY_S), header=name)
            headers |= window
            allowed = allowed and within
        if not allowed:
            raise problem(429)
        return endpoint.run(_Call(request, account, path_id))

    def _route(self, request: Request) -> tuple[_Endpoint | None, str]:
        path = request.path.removeprefix(PREFIX)
        for endpoint in self._endpoints:
            match = endpoint.path.fullmatch(path)
            if match and endpoint.method == request.method:
                return endpoint, match.groupdict().get("id", "")
        return None, ""

    def _common_headers(self) -> dict[str, str]:
        return {
            "x-access-level": self.access_level,
            "x-transaction-id": secrets.token_hex(8),
            "api-version": "2.167",
            "cache-control": "no-cache, no-store, max-age=0",
        }

    def _charge(self, account: SandboxAccount, price_usd: float) -> None:
        if self.spend_cap_reset_date is not None:
            raise spend_cap_reached(self.spend_cap_reset_date)
        if self.credits is None:
            return
        if self.credits <= 0:
            raise credits_depleted(account.id)
        self.credits = round(self.credits - price_usd, 6)

    def _new_id(self) -> str:
        milliseconds = int(self._world.clock() * 1000) - _SNOWFLAKE_EPOCH
        return str(milliseconds << 22 | self._world.next_number() & 0x3FFFFF)

    def _me(self, call: _Call) -> Response:
        account = call.account
        return json_response(200, {"data": {"id": account.id, "name": account.name, "username": account.handle}})

    def _upload(self, call: _Call) -> Response:
        media = self._media.add(call.request, owner=call.account, media_id=self._new_id())
        return json_response(200, {"data": media.as_json()})

    def _describe(self, call: _Call) -> Response:
        body = json_object(call.request)
        media = self._media.owned(str(body.get("id")), call.account, parameter="id")
        alt = self._media.check_alt_text(inner(inner(body, "metadata"), "alt_text").get("text"))
        self._charge(call.account, PRICE_ALT_TEXT)
        self._media.describe(media, alt)
        return json_response(200, {"data": {"id": media.id, "associated_metadata": {"alt_text": {"text": alt}}}})

    def _create(self, call: _Call) -> Response:
        body = json_object(call.request)
        refuse_unknown_fields(body)
        text = body.get("text") or ""
        media = self._media.attached(inner(body, "media").get("media_ids") or [], call.account)
        check_text(text, has_media=bool(media))
        parent = self._parent(body, call.account)
        self._refuse_duplicate(text, call.account, parent=parent)
        links = find_links(text)
        self._charge(call.account, PRICE_POST_WITH_URL if links else PRICE_POST)
        tweet_id = self._new_id()
        tweet = Tweet(
            shown=show(text, self._addresses, with_media=bool(media)),
            reply_to=parent.id if parent else None,
            conversation_id=self._tweets[parent.id].conversation_id if parent else tweet_id,
            media=media,
        )
        self._tweets[tweet_id] = tweet
        self._world.publish(
            Post(
                account=call.account,
                id=tweet_id,
                url=f"https://x.com/{call.account.handle}/status/{tweet_id}",
                text=text,
                link=links[-1].text if links else None,
                images=tuple(PostImage(picture=each.picture, alt=each.alt) for each in media),
                created_at=self._world.clock(),
            )
        )
        created = {"id": tweet_id, "text": tweet.shown.text, "edit_history_tweet_ids": [tweet_id]}
        return json_response(201, {"data": created})

    def _delete(self, call: _Call) -> Response:
        post = self._world.post(self.name, call.path_id)
        if post is not None:
            if post.account != call.account:
                raise problem(403, "You are not authorized to delete this Tweet.")
            self._charge(call.account, PRICE_DELETE)
            self._world.change(post, deleted=True)
        # What X answers for an unknown id could not be confirmed.
        return json_response(200, {"data": {"deleted": True}})

    def _one(self, call: _Call) -> Response:
        """Give a post; of one that is not there X says so in a success."""
        post = self._world.post(self.name, call.path_id)
        if post is None:
            return json_response(200, not_found(call.path_id))
        self._charge(call.account, PRICE_READ_OWN_POST)
        return json_response(200, one_as_json(post, self._tweets[post.id], call.request.query))

    def _timeline(self, call: _Call) -> Response:
        query = call.request.query
        count = query.get("max_results", "10")
        if not count.isdecimal() or not 5 <= int(count) <= 100:
            message = f"The `max_results` query parameter value [{count}] is not between 5 and 100"
            raise invalid("max_results", count, message)
        owner = next((each for each in self._owners.values() if each.id == call.path_id), None)
        posts = self._world.timeline(owner) if owner else []
        if "replies" in query.get("exclude", "").split(","):
            posts = [post for post in posts if not self._tweets[post.id].reply_to]
        if since_id := query.get("since_id"):
            if not since_id.isdecimal():
                raise invalid("since_id", since_id, "The `since_id` query parameter value is not an id")
            posts = [post for post in posts if int(post.id) > int(since_id)]
        if start_time := query.get("start_time"):
            posts = [post for post in posts if created_at(post)[:19] >= start_time[:19]]
        page = posts[: int(count)]
        self._charge(call.account, PRICE_READ_OWN_POST * len(page))
        return json_response(200, page_as_json([(post, self._tweets[post.id]) for post in page], query))

    def _parent(self, body: dict[str, Any], account: SandboxAccount) -> Post | None:
        """Give the post to be replied to, None for a post that is no reply.

        Raises:
            XError: it is gone, or X's rule for replies and quotes forbids it.
        """
        if body.get("quote_tweet_id"):
            raise not_yours()
        parent_id = inner(body, "reply").get("in_reply_to_tweet_id")
        if not parent_id:
            return None
        parent = self._world.post(self.name, str(parent_id))
        if parent is None:
            raise problem(403, "You attempted to reply to a Tweet that is deleted or not visible to you.")
        if parent.account != account and f"@{account.handle}".lower() not in parent.text.lower():
            raise not_yours()
        return parent

    def _refuse_duplicate(self, text: str, account: SandboxAccount, *, parent: Post | None) -> None:
        parent_id = parent.id if parent else None
        for post in self._world.timeline(account):
            if text and post.text.strip() == text.strip() and self._tweets[post.id].reply_to == parent_id:
                raise problem(403, "You are not allowed to create a Tweet with duplicate content.")


def _endpoint(method: str, path: str, operation: str, run: Callable[[_Call], Response]) -> _Endpoint:
    pattern = re.compile(path.replace(":id", r"(?P<id>\d+)"))
    return _Endpoint(method, pattern, f"{method} {path}", operation, run)
