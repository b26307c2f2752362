"""What each adapter learns of its account and keys: the real client libraries against the sandbox, fault by fault."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from crossposter.checkup import examine
from crossposter.clock import SystemClock
from crossposter.core.examination import Examination, Quota
from crossposter.core.model import Identity
from crossposter.errors import AccountError, PublishError, TransientError
from crossposter.ports import Adapter
from crossposter.sandbox import Sandbox

Connect = Callable[..., Adapter]
_GRAPH = "instagram-graph"
META = ("facebook", _GRAPH)
#: What each asks.
_ASKED = {
    "twitter": ["verify"],
    "facebook": ["verify", "login", "verify"],
    "instagram": ["verify"],
    _GRAPH: ["verify", "login", "quota"],
}


@pytest.fixture
def examined(connect: Connect) -> Callable[..., Examination]:
    """Give what is learned of an account, by the machine's clock."""

    def examined(platform: str, **overrides: Any) -> Examination:
        return connect(platform, now=SystemClock().now, **overrides).examine()

    return examined


Examined = Callable[..., Examination]


def in_days(days: float) -> int:
    return int(time.time() + days * 86_400)  # noqa: TID251 - what Meta's clock says


def of_token(**said: object) -> dict[str, object]:
    return {"data": said}


def test_what_is_right_is_learned_with_few_requests(sandbox: Sandbox, examined: Examined, platform: str) -> None:
    seen = examined(platform)
    assert seen.identity == Identity(id=sandbox.account(platform, "izmirbld").id, handle="izmirbld")
    assert (seen.error, seen.untold) == (None, None)
    assert seen.skew is not None
    assert abs(seen.skew) < timedelta(seconds=10)
    assert seen.lacks == (None if platform == "instagram" else ())
    assert [request.operation for request in sandbox.requests()] == _ASKED[platform]
    assert {request.method for request in sandbox.requests()} == {"GET"}


def test_meta_tells_the_end_of_a_token_the_version_and_the_quota(examined: Examined) -> None:
    page, instagram = examined("facebook"), examined(_GRAPH)
    assert page.token
    assert page.token.ends is None
    assert page.token.data_access_ends
    assert page.token.data_access_ends > datetime(2026, 1, 1, tzinfo=UTC)
    assert instagram.token
    assert (instagram.token.ends, instagram.token.data_access_ends) == (None, None)
    for seen in (page, instagram):
        assert seen.version
        assert (seen.version.asked, seen.version.answered, seen.version.ends) == ("v26.0", "v26.0", None)
    assert instagram.quota == Quota(used=0, total=50)


# -- whose account ---------------------------------------------------------------------------------------------------


def test_the_keys_of_another_account_are_told_as_such(sandbox: Sandbox, examined: Examined, platform: str) -> None:
    other = sandbox.account(platform, "izmirenglish")
    seen = examined(platform, credentials=dict(other.credentials))
    if platform == _GRAPH:  # asked for the one that is meant, it is refused
        assert (seen.identity, type(seen.error)) == (None, AccountError)
        return
    assert seen.identity == Identity(id=other.id, handle="izmirenglish")


@pytest.mark.parametrize("do", ["status:500", "html", "garbage", "reset", "empty", "status:429"])
def test_no_answer_is_a_value_and_no_crash(sandbox: Sandbox, examined: Examined, platform: str, do: str) -> None:
    sandbox.inject(platform, "verify", do, times=9)
    seen = examined(platform)
    assert seen.identity is None
    assert isinstance(seen.error, TransientError)


@pytest.mark.parametrize(
    ("platform", "status"), [("twitter", 401), ("instagram", 403), *((each, 401) for each in META)]
)
def test_a_refusal_is_a_value_beside_what_is_known_nevertheless(
    sandbox: Sandbox, examined: Examined, platform: str, status: int
) -> None:
    sandbox.inject(platform, "verify", f"status:{status}", times=9)
    seen = examined(platform)
    assert (seen.identity, type(seen.error)) == (None, AccountError)
    assert seen.skew is not None
    assert (seen.token is not None) == (platform in META)


def test_keys_that_cannot_be_sent_are_an_error_of_the_contract(connect: Connect, tmp_path: Any) -> None:
    for platform, credentials in (
        ("facebook", {"page_token": "no\ntoken", "app_secret": "s"}),
        (_GRAPH, {"access_token": "no\ntoken", "app_secret": "s"}),
        ("instagram", {"session_file": str(tmp_path / "gone.json")}),
    ):
        seen = examine(connect(platform, credentials=credentials))
        assert isinstance(seen.error, AccountError)
        assert (seen.identity, seen.skew) == (None, None)


def test_a_doubtful_refusal_is_asked_again_and_may_have_been_a_hiccup(sandbox: Sandbox, connect: Connect) -> None:
    sandbox.inject("twitter", "verify", "status:401")
    assert examine(connect("twitter")).identity
    sandbox.inject("twitter", "verify", "status:401", times=2)
    assert isinstance(examine(connect("twitter")).error, AccountError)
    assert len(sandbox.requests("twitter", "verify")) == 4


# -- rights ----------------------------------------------------------------------------------------------------------


def test_an_app_on_x_that_may_only_read(sandbox: Sandbox, examined: Examined) -> None:
    sandbox.inject("twitter", "verify", "amend", headers={"x-access-level": "read"})
    lacks = examined("twitter").lacks
    assert lacks
    assert (lacks[0].stops, lacks[0].takes_new_token) == (True, True)


def test_where_x_does_not_say_what_the_keys_may_do_nothing_is_said(sandbox: Sandbox, examined: Examined) -> None:
    sandbox.inject("twitter", "verify", "amend", headers={"x-access-level": ""})
    assert examined("twitter").lacks is None


def test_whoever_made_the_page_s_token_lost_the_task(sandbox: Sandbox, examined: Examined) -> None:
    sandbox.inject("facebook", "verify", "amend", skip=1, body={"tasks": ["ANALYZE"]})
    lacks = examined("facebook").lacks
    assert lacks
    assert (lacks[0].stops, lacks[0].takes_new_token) == (True, False)


@pytest.mark.parametrize(("do", "body"), [("status:400", None), ("amend", {"tasks": "all"}), ("reset", None)])
def test_where_meta_does_not_tell_the_tasks_nothing_is_said(
    sandbox: Sandbox, examined: Examined, do: str, body: object
) -> None:
    sandbox.inject("facebook", "verify", do, skip=1, body=body)
    seen = examined("facebook")
    assert (seen.lacks, seen.error) == ((), None)


@pytest.mark.parametrize(
    ("platform", "scopes", "missing", "stops"),
    [
        ("facebook", ["pages_show_list", "pages_read_engagement"], "pages_manage_posts", True),
        ("facebook", ["pages_manage_posts", "pages_show_list"], "pages_read_engagement", False),
        (_GRAPH, ["instagram_basic", "pages_show_list", "pages_read_engagement"], "instagram_content_publish", True),
        (_GRAPH, "all", "instagram_basic, instagram_content_publish", True),
    ],
)
def test_permissions_that_a_token_lacks(
    sandbox: Sandbox, examined: Examined, platform: str, scopes: object, missing: str, stops: bool
) -> None:
    sandbox.inject(platform, "login", "amend", body=of_token(scopes=scopes))
    lacks = examined(platform).lacks
    assert lacks
    assert missing in str(lacks[0].what)
    assert (lacks[0].stops, lacks[0].takes_new_token) == (stops, True)


def test_a_permission_that_was_given_for_another_page(sandbox: Sandbox, examined: Examined) -> None:
    mine = sandbox.account("facebook", "izmirbld").id
    for targets, is_lacking in ((["1", "2"], True), (["1", mine], False), ([], False), (None, False)):
        granular = [{"scope": "pages_manage_posts", "target_ids": targets}, "?"]
        sandbox.inject("facebook", "login", "amend", body=of_token(granular_scopes=granular))
        lacks = examined("facebook").lacks
        assert bool(lacks) is is_lacking
        assert not lacks or lacks[0].stops


# -- ends, quota, version, clock -------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", META)
def test_a_token_that_ends(sandbox: Sandbox, examined: Examined, platform: str) -> None:
    ends, access_ends = in_days(6.5), in_days(2.5)
    sandbox.inject(platform, "login", "amend", body=of_token(expires_at=ends, data_access_expires_at=access_ends))
    token = examined(platform).token
    assert token
    assert (token.ends, token.data_access_ends) == (
        datetime.fromtimestamp(ends, UTC),
        datetime.fromtimestamp(access_ends, UTC),
    )


@pytest.mark.parametrize("odd", [10**18, -5, True, "soon", None])
def test_an_end_that_is_no_time_is_none(sandbox: Sandbox, examined: Examined, odd: object) -> None:
    sandbox.inject("facebook", "login", "amend", body=of_token(expires_at=odd, data_access_expires_at=odd))
    token = examined("facebook").token
    assert token
    assert (token.ends, token.data_access_ends) == (None, None)


@pytest.mark.parametrize("platform", META)
def test_an_expired_token_is_refused_and_known_by_its_end(sandbox: Sandbox, examined: Examined, platform: str) -> None:
    sandbox.inject(platform, "verify", "status:401")
    sandbox.inject(platform, "login", "amend", body=of_token(is_valid=False, expires_at=in_days(-2), scopes=[]))
    seen = examined(platform)
    assert isinstance(seen.error, AccountError)
    assert seen.token
    assert seen.token.ends
    assert seen.token.ends < SystemClock().now()
    assert seen.lacks is None


@pytest.mark.parametrize("platform", META)
def test_a_token_that_is_no_more_has_no_end_to_tell(sandbox: Sandbox, examined: Examined, platform: str) -> None:
    sandbox.inject(platform, "login", "amend", body=of_token(is_valid=False, expires_at=0))
    seen = examined(platform)
    assert (seen.token, seen.untold) == (None, None)


@pytest.mark.parametrize("platform", META)
@pytest.mark.parametrize(
    ("do", "words"),
    [("status:400", "app's keys"), ("reset", "cannot be reached"), ("garbage", "crossposter does not know")],
)
def test_where_the_app_may_not_ask_it_is_said_why(
    sandbox: Sandbox, examined: Examined, platform: str, do: str, words: str
) -> None:
    sandbox.inject(platform, "login", do)
    seen = examined(platform)
    assert words in str(seen.untold)
    assert seen.identity
    assert seen.token is None


@pytest.mark.parametrize("platform", META)
def test_without_the_app_it_is_said_what_to_write(sandbox: Sandbox, examined: Examined, platform: str) -> None:
    credentials = dict(sandbox.account(platform, "izmirbld").credentials)
    del credentials["app_id"]
    seen = examined(platform, credentials=credentials)
    assert "apps: meta:" in str(seen.untold)
    assert sandbox.requests(platform, "login") == []


def test_a_quota_that_is_used_up_and_one_that_cannot_be_read(sandbox: Sandbox, examined: Examined) -> None:
    used = {"data": [{"quota_usage": 50, "config": {"quota_total": 50}}]}
    sandbox.inject("instagram", "quota", "amend", body=used)
    assert examined(_GRAPH).quota == Quota(used=50, total=50)
    sandbox.inject("instagram", "quota", "amend", body={"data": [{"quota_usage": "many"}]})
    assert examined(_GRAPH).quota is None
    sandbox.inject("instagram", "quota", "status:500")
    seen = examined(_GRAPH)
    assert (seen.quota, type(seen.error)) == (None, TransientError)
    assert seen.identity


@pytest.mark.parametrize("platform", META)
def test_another_version_than_the_one_that_was_asked_for(sandbox: Sandbox, examined: Examined, platform: str) -> None:
    sandbox.inject(platform, "verify", "amend", headers={"facebook-api-version": "v27.0"})
    version = examined(platform).version
    assert version
    assert (version.asked, version.answered) == ("v26.0", "v27.0")
    old = examined(platform, options={"graph_version": "v21.0"}).version
    assert old
    assert (old.answered, old.ends, old.newest) == ("v22.0", datetime(2027, 1, 21, tzinfo=UTC), "v26.0")
    sandbox.inject(platform, "verify", "amend", headers={"facebook-api-version": ""})
    assert examined(platform).version is None


def test_a_clock_that_is_off(sandbox: Sandbox, examined: Examined, platform: str) -> None:
    later = format_datetime(SystemClock().now() + timedelta(minutes=10), usegmt=True)
    sandbox.inject(platform, "verify", "amend", headers={"date": later})
    skew = examined(platform).skew
    assert skew
    assert timedelta(minutes=9) < skew < timedelta(minutes=11)


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 27 Nov 2026 12:00:00 -0000", "99999999999"])
def test_a_date_that_cannot_be_read_is_none(sandbox: Sandbox, examined: Examined, platform: str, date: str) -> None:
    sandbox.inject(platform, "verify", "amend", headers={"date": date})
    assert examined(platform).skew is None


def test_no_secret_is_told(
    sandbox: Sandbox, examined: Examined, platform: str, leaked: Callable[..., set[str]]
) -> None:
    for operation in ("verify", "login", "quota"):
        sandbox.inject(platform, operation, "status:400", times=9)
    seen = examined(platform)
    assert isinstance(seen.error, PublishError)
    account = sandbox.account(platform, "izmirbld")
    assert leaked(seen.error, account) == set()
    assert leaked(AssertionError(str(seen)), account) == set()
