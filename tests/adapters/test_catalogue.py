"""The tables of docs/errors.md: every line of each is met by the real client library, and stands on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crossposter.core.model import Post
from crossposter.errors import PublishError
from crossposter.messages import Translator
from crossposter.ports import Adapter
from crossposter.sandbox import Sandbox

Connect = Callable[..., Adapter]
Prepare = Callable[[Adapter, str, Post], Callable[[], object]]
_SCRIPT = Path(__file__).parents[2] / "scripts" / "make_errors.py"


def _script() -> Any:
    spec = spec_from_file_location("make_errors", _SCRIPT)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_errors = _script()
_PROBLEMS = "https://api.twitter.com/2/problems/"
_TABLES = {
    "twitter": "X",
    "facebook": "Facebook",
    "instagram-graph": "Instagram, the official road (graph)",
    "instagram": "Instagram by instagrapi",
}


class Example(NamedTuple):
    """An answer, to a publish unless it says to what else."""

    status: int
    body: Any
    operation: str = "publish"
    headers: dict[str, str] | None = None


def _x(detail: str, kind: str = "about:blank", title: str = "Forbidden") -> dict[str, Any]:
    return {"title": title, "type": kind, "detail": detail}


def _code(number: int) -> dict[str, Any]:
    return {"errors": [{"code": number, "message": "no"}]}


def _meta(code: int, subcode: int | None = None, **more: Any) -> dict[str, Any]:
    told = {} if subcode is None else {"error_subcode": subcode}
    return {"error": {"message": "no", "type": "OAuthException", "code": code, **told, **more, "fbtrace_id": "AbC1"}}


def _instagram(message: str, **more: Any) -> dict[str, Any]:
    return {"message": message, "status": "fail", **more}


_TOKENS = {f"190/{subcode}": Example(400, _meta(190, subcode)) for subcode in (458, 459, 460, 463, 464, 467)}
_OF_META = {
    "5xx": Example(500, _meta(2)),
    "no error envelope, or one in a 2xx or 3xx": Example(200, _meta(190)),
    "4, 341": Example(400, _meta(341)),
    "17": Example(400, _meta(17)),
    "32, 80001": Example(400, _meta(80001)),
    "80002": Example(400, _meta(80002)),
    "613": Example(400, _meta(613)),
    "368": Example(400, _meta(368)),
    **_TOKENS,
    "190, 102": Example(400, _meta(190)),
    "104": Example(400, _meta(104)),
    "3, 10, 200 to 299": Example(403, _meta(200)),
    "-1, 1, 2, is_transient": Example(400, _meta(1)),
    "any other 4xx with a code, when asked whose account it is": Example(400, _meta(100), "verify"),
    "324": Example(400, _meta(324)),
    "100": Example(400, _meta(100)),
    "any other code": Example(400, _meta(4711)),
}
#: By platform, and by the line of its table.
EXAMPLES: dict[str, dict[str, Example]] = {
    "twitter": {
        "429": Example(429, _x("Too Many Requests")),
        "403 or 503 of Cloudflare, a web page": Example(403, "<html>", headers={"server": "cloudflare"}),
        "5xx": Example(503, _x("Service Unavailable")),
        "408": Example(408, _x("Request Timeout")),
        "a success without the post's number, a redirect, no JSON": Example(302, "<html>"),
        "code 32 (401)": Example(401, _code(32)),
        "code 89 (401)": Example(401, _code(89)),
        "402 CreditsDepleted": Example(402, _x("no credits", f"{_PROBLEMS}credits", "CreditsDepleted")),
        "403 SpendCapReached": Example(403, _x("spend cap", f"{_PROBLEMS}credits", "SpendCapReached")),
        "403 duplicate content": Example(403, _x("You are not allowed to create a Tweet with duplicate content.")),
        "403 user-suspended, code 64": Example(403, _code(64)),
        "code 326": Example(403, _code(326)),
        "code 226": Example(403, _code(226)),
        "code 185": Example(403, _code(185)),
        "code 453 (403)": Example(403, _code(453)),
        "401": Example(401, _x("Unauthorized")),
        "403 oauth1-permissions, or x-access-level: read": Example(403, _x("no"), headers={"x-access-level": "read"}),
        "400, 413, 422 or 403 not-authorized-for-resource, when asked whose account it is": Example(
            403, _x("no", f"{_PROBLEMS}not-authorized-for-resource"), "verify"
        ),
        "403 not-authorized-for-resource, or a reply that is not allowed": Example(
            403, _x("Reply to this conversation is not allowed because you have not been mentioned")
        ),
        "403 Authenticating with Unknown": Example(
            403, _x("Authenticating with Unknown is forbidden for this endpoint")
        ),
        "400 Your media IDs are invalid": Example(400, _x("Your media IDs are invalid.")),
        "400 or 403 Tweet text is too long": Example(403, _x("Your Tweet text is too long.")),
        "413": Example(413, _x("Request Entity Too Large")),
        "400, 422": Example(422, _x("Unprocessable")),
        "404": Example(404, _x("Not Found")),
        "any other 4xx": Example(409, _x("Conflict")),
    },
    "facebook": {
        **_OF_META,
        "506": Example(400, _meta(506)),
        "100/33": Example(400, _meta(100, 33)),
        "1366046": Example(400, _meta(100, 1366046)),
        "1609005": Example(400, _meta(1609005)),
    },
    "instagram-graph": {
        "100/33": Example(400, _meta(100, 33)),
        **_OF_META,
        **{
            f"{code}/{subcode}": Example(400, _meta(code, subcode))
            for code, subcode in (
                (4, 2207051),
                (25, 2207050),
                (9, 2207042),
                (-2, 2207003),
                (24, 2207008),
                (-1, 2207001),
                (9007, 2207027),
                (9004, 2207052),
                (36000, 2207004),
                (36001, 2207005),
                (36003, 2207009),
                (36004, 2207010),
                (100, 2207028),
                (100, 2207040),
            )
        },
        **{str(subcode): Example(400, _meta(-1, subcode)) for subcode in (2207006, 2207032, 2207020)},
    },
    "instagram": {
        "429": Example(429, _instagram("x")),
        "5xx": Example(503, _instagram("x")),
        "408": Example(408, _instagram("x")),
        "a success without the post, a redirect, no JSON": Example(400, "<html>"),
        "please wait a few minutes, rate_limit_error": Example(400, _instagram("x", error_type="rate_limit_error")),
        "feedback_required, spam": Example(400, _instagram("feedback_required")),
        "sentry_block, a blocked proxy": Example(400, _instagram("x", error_type="sentry_block")),
        "account suspended": Example(400, _instagram("challenge_required", challenge={"url": "/accounts/suspended/"})),
        "two-factor code wanted": Example(400, _instagram("", two_factor_info={"x": 1})),
        "bad_password, invalid_credentials": Example(400, _instagram("x", error_type="bad_password")),
        "challenge_required, checkpoint_required, a captcha, a form": Example(400, _instagram("checkpoint_required")),
        "login_required": Example(403, _instagram("login_required")),
        "needs_upgrade": Example(400, _instagram("x", error_type="needs_upgrade")),
        "media_needs_reupload": Example(400, _instagram("media_needs_reupload", error_title="x")),
        "401, 403": Example(403, _instagram("forbidden")),
        "any other 4xx, when asked whose account it is": Example(400, _instagram("x"), "verify"),
        "404, Media not found": Example(404, _instagram("Media not found")),
        "any other 4xx": Example(400, _instagram("x")),
    },
}


def lines() -> Iterator[tuple[str, str]]:
    for platform, heading in _TABLES.items():
        yield from ((platform, rule.answer) for rule in make_errors.TABLES[heading])


def test_every_line_has_an_example_and_a_name_of_its_own() -> None:
    for platform, heading in _TABLES.items():
        assert [rule.answer for rule in make_errors.TABLES[heading]] == list(
            dict.fromkeys(rule.answer for rule in make_errors.TABLES[heading])
        )
        assert {rule.answer for rule in make_errors.TABLES[heading]} == set(EXAMPLES[platform])


@pytest.mark.parametrize(("platform", "answer"), list(lines()))
def test_each_answer_is_met_by_its_own_line(
    sandbox: Sandbox, connect: Connect, prepare: Prepare, post: Post, platform: str, answer: str
) -> None:
    (rule,) = [rule for rule in make_errors.TABLES[_TABLES[platform]] if rule.answer == answer]
    example = EXAMPLES[platform][answer]
    act = prepare(connect(platform), example.operation, post)
    sandbox.inject(
        platform, example.operation, f"status:{example.status}", body=example.body, headers=example.headers or {}
    )
    with pytest.raises(PublishError) as caught:
        act()
    kind = rule.kind_of(is_publish=example.operation == "publish")
    assert type(caught.value) is kind
    told = caught.value.message
    assert (told.values["meaning"], told.values["act"]) == (rule.meaning, rule.act_of(kind))
    assert Translator("tr")(told) != str(told)
    assert (caught.value.answer is None) == rule.is_known
    if platform == "twitter":
        assert "[x-transaction-id " in str(told)
    if isinstance(example.body, dict) and "fbtrace_id" in str(example.body):
        assert "[fbtrace_id AbC1]" in str(told)


# -- the page --------------------------------------------------------------------------------------------------------

PAGE = make_errors.PAGE.read_text("utf-8")


def test_the_page_is_up_to_date_with_the_tables() -> None:
    assert make_errors.page() == PAGE, "run: make errors"


@pytest.mark.parametrize(("platform", "answer"), list(lines()))
def test_each_line_stands_on_the_page_in_both_languages(platform: str, answer: str) -> None:
    (rule,) = [rule for rule in make_errors.TABLES[_TABLES[platform]] if rule.answer == answer]
    section = PAGE.partition(f"\n## {_TABLES[platform]}\n")[2].partition("\n## ")[0]
    (row,) = [row for row in section.splitlines() if row.startswith(f"| {answer} |")]
    english, turkish, act, act_in_turkish = make_errors.sentences(rule)
    assert row.endswith(f" | {english} | {turkish} | {act} | {act_in_turkish} |")
    assert english != turkish
    assert act != act_in_turkish
