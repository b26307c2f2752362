"""Everything that can go wrong between an adapter and its platform, on every operation."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crossposter.adapters._graph_errors import words as meta_words
from crossposter.adapters._rules import Answer
from crossposter.adapters._x_errors import words as x_words
from crossposter.core.model import Identity, Post, Receipt
from crossposter.errors import AccountError, MissingError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.ports import Adapter, Staged
from crossposter.sandbox import Sandbox, SandboxAccount
from crossposter.testing import NoSteps

Connect = Callable[..., Adapter]
Prepare = Callable[[Adapter, str, Post], Callable[[], object]]
Leaked = Callable[[BaseException, SandboxAccount], set[str]]

_OPERATIONS = {
    "twitter": ("verify", "upload", "alt_text", "publish", "find", "retract"),
    "facebook": ("verify", "upload", "publish", "find", "correct", "retract"),
    "instagram": ("verify", "upload", "publish", "find", "correct", "retract"),
    "instagram-graph": ("verify", "quota", "container", "status", "publish", "find"),
}
#: What is seen by everybody, so that a lost answer leaves a doubt.
_PUBLIC = ("publish", "correct", "retract")
#: The step that hands a picture over.
_UPLOAD = {name: "container" if name == "instagram-graph" else "upload" for name in _OPERATIONS}
#: Says nothing about what became of a post.
_LOST = (
    "status:408",
    "status:500",
    "status:502",
    "status:503",
    "empty",
    "html",
    "garbage",
    "reset",
    "hang",
    "truncate",
)
_REFUSED = ("status:400", "status:401", "status:403", "status:404", "status:429")
_COMMITTED = ("commit_then_status:503", "commit_then_reset", "commit_then_hang")
_KINDS = (RejectedError, MissingError, AccountError, TransientError, UncertainError)
#: Seconds to connect and of silence. curl adds them up.
_SHORT = {name: (0.5 if name == "instagram" else 2.0, 0.5) for name in _OPERATIONS}


def _cases() -> Iterator[tuple[str, str, str]]:
    for platform, operations in _OPERATIONS.items():
        for operation in operations:
            more = _COMMITTED if operation == "publish" else ()
            yield from ((platform, operation, fault) for fault in (*_REFUSED, *_LOST, *more))


#: Where the sandbox would answer well, and log it.
_ELSEWHERE = {
    "twitter": "/twitter/2/users/me",
    "facebook": "/graph/v26.0/me",
    "instagram": "/api/v1/accounts/current_user/",
    "instagram-graph": "/instagram/v26.0/17841400000000001",
}


def _timeout(platform: str, fault: str) -> dict[str, Any]:
    return {"timeout_s": _SHORT[platform]} if fault.endswith("hang") else {}


@pytest.mark.parametrize(("platform", "operation", "fault"), list(_cases()))
def test_a_fault_is_met_once_and_told_as_what_it_means(
    sandbox: Sandbox,
    connect: Connect,
    prepare: Prepare,
    leaked: Leaked,
    post: Post,
    platform: str,
    operation: str,
    fault: str,
) -> None:
    act = prepare(connect(platform, **_timeout(platform, fault)), operation, post)
    before = len(sandbox.posts())
    sandbox.inject(platform, operation, fault, times=9)
    with pytest.raises(PublishError) as caught:
        act()
    assert type(caught.value) in _KINDS
    assert (type(caught.value) is UncertainError) == (operation in _PUBLIC and fault not in _REFUSED)
    assert len(sandbox.requests(platform, operation)) == 1
    assert len(sandbox.posts()) - before == (fault in _COMMITTED)
    assert not any(made["deleted"] for made in sandbox.posts())
    assert leaked(caught.value, sandbox.account(platform, "izmirbld")) == set()


@pytest.mark.parametrize(
    ("platform", "operation"), [(name, operation) for name, each in _OPERATIONS.items() for operation in each]
)
def test_a_redirect_is_not_followed(
    sandbox: Sandbox, connect: Connect, prepare: Prepare, post: Post, platform: str, operation: str
) -> None:
    act = prepare(connect(platform), operation, post)
    before = len(sandbox.requests())
    sandbox.inject(platform, operation, "status:302", headers={"Location": _ELSEWHERE[platform]})
    with pytest.raises(UncertainError if operation in _PUBLIC else TransientError):
        act()
    assert sandbox.requests()[before:][-1].operation == operation
    assert len(sandbox.requests(platform, operation)) == 1


@pytest.mark.parametrize("status", [400, 401, 409])
@pytest.mark.parametrize("operation", ["verify", "publish"])
def test_a_secret_that_the_platform_says_back_is_told_to_nobody(
    sandbox: Sandbox,
    connect: Connect,
    prepare: Prepare,
    post: Post,
    platform: str,
    operation: str,
    status: int,
) -> None:
    account = sandbox.account(platform, "izmirbld")
    told = [secret for secret in account.credentials.values() if not secret.startswith("/")]
    if platform == "instagram":
        session = json.loads(Path(account.credentials["session_file"]).read_text("utf-8"))
        told = [session["authorization_data"]["sessionid"]]
    act = prepare(connect(platform), operation, post)
    for secret in told:
        body = {"message": secret, "errors": [{"message": secret}], "error": {"code": 4711, "message": secret}}
        sandbox.inject(platform, operation, f"status:{status}", body=body)
        with pytest.raises(PublishError) as caught:
            act()
        assert secret not in f"{caught.value} {caught.value!r} {caught.value.answer}"


@pytest.mark.parametrize("operation", ["verify", "publish"])
def test_a_redirect_to_nowhere_is_no_success(
    sandbox: Sandbox, connect: Connect, prepare: Prepare, post: Post, platform: str, operation: str
) -> None:
    act = prepare(connect(platform), operation, post)
    sandbox.inject(platform, operation, "status:302", body=_with_id(platform, operation, "7"))
    with pytest.raises(UncertainError if operation == "publish" else TransientError):
        act()


_SHAPES: tuple[Any, ...] = (
    "[]",
    "null",
    "[" * 100_000,
    "9" * 5000,
    {"data": []},
    {"data": "x"},
    {"data": [1]},
    {"data": [{}]},
    {"data": {"id": None}},
    {"data": {"deleted": False}},
    {"data": [{"text": None, "entities": []}]},
    {"errors": 1, "error": "x", "message": None},
    {"errors": [{"message": "gone"}]},
    {"error": {"code": "190"}},
    {"success": False},
    {"items": "x"},
    {"items": [1]},
    {"items": [{"caption": "x"}]},
    {"media": "x", "user": "x"},
    {"media": {}, "user": {}, "response": 1},
    {"status": "fail"},
)


@pytest.mark.usefixtures("no_look_for_garbage")
@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize(
    ("platform", "operation"), [(name, operation) for name, each in _OPERATIONS.items() for operation in each]
)
def test_an_answer_of_no_known_shape_is_no_success(
    sandbox: Sandbox, connect: Connect, prepare: Prepare, post: Post, platform: str, operation: str, status: int
) -> None:
    act = prepare(connect(platform), operation, post)
    for shape in _SHAPES:
        if operation in ("alt_text", "quota") and status == 200:
            continue  # nothing in this answer is needed
        sandbox.inject(platform, operation, f"status:{status}", body=shape)
        if operation == "find" and status == 200:
            _nothing_found(act)
            continue
        with pytest.raises(PublishError) as caught:
            act()
        lost = operation == "publish" and status == 200
        assert type(caught.value) is UncertainError if lost else type(caught.value) in _KINDS, shape


def _nothing_found(find: Callable[[], object]) -> None:
    with contextlib.suppress(TransientError):
        assert find() is None


#: Can all be written as text, and name nothing; as JSON, since not all of them are Python's.
_NO_IDS = (
    '{"x": 1}',
    "[1]",
    "true",
    "1e999",
    "0",
    '"00"',
    "1.5",
    "-1",
    "null",
    '""',
    '"1 "',
    '"1/2"',
    '"_1"',
    '"1_"',
    '"a"',
    '"\u0661"',
)


def _with_id(platform: str, operation: str, number: str) -> str:
    inner = "pk" if platform == "instagram" else "id"
    if platform in ("facebook", "instagram-graph") and operation != "find":
        return f'{{"id": {number}}}'
    outer = {"verify": "user", "publish": "media", "find": "items"}[operation] if platform == "instagram" else "data"
    if operation != "find":
        return f'{{"{outer}": {{"{inner}": {number}}}, "status": "ok"}}'
    caption = '"Haber"' if platform == "instagram-graph" else '{"text": "Haber"}'
    times = '"taken_at": 9e9, "timestamp": "2099-01-01T00:00:00+0000"'
    found = f'{{"{inner}": {number}, "text": "Haber", "message": "Haber", "caption": {caption}, {times}}}'
    return f'{{"{outer}": [{found}], "meta": {{}}, "status": "ok"}}'


@pytest.mark.parametrize(
    ("platform", "operation"),
    [(name, operation) for name in _OPERATIONS for operation in ("verify", "publish", "find")]
    + [("twitter", "upload"), ("facebook", "upload"), ("instagram-graph", "container")],
)
def test_what_is_no_id_is_taken_for_none(
    sandbox: Sandbox, connect: Connect, prepare: Prepare, post: Post, platform: str, operation: str
) -> None:
    act = prepare(connect(platform), operation, replace(post, text="Haber"))
    for number in _NO_IDS:
        sandbox.inject(platform, operation, "status:200", body=_with_id(platform, operation, number))
        with pytest.raises(UncertainError if operation == "publish" else TransientError):
            act()


@pytest.mark.parametrize(("number", "expected"), [("7", "7"), ('"7"', "7"), ('"12_345"', "12_345")])
@pytest.mark.parametrize("operation", ["publish", "find"])
def test_what_is_an_id_is_taken(
    sandbox: Sandbox,
    connect: Connect,
    prepare: Prepare,
    post: Post,
    platform: str,
    operation: str,
    number: str,
    expected: str,
) -> None:
    act = prepare(connect(platform), operation, replace(post, text="Haber"))
    sandbox.inject(platform, operation, "status:200", body=_with_id(platform, operation, number))
    receipt = act()
    assert isinstance(receipt, Receipt)
    assert receipt.remote_id == expected


def test_a_name_of_another_shape_is_no_name(sandbox: Sandbox, connect: Connect, platform: str) -> None:
    body = _with_id(platform, "verify", '7, "username": {"x": 1}, "name": ["x"]')
    sandbox.inject(platform, "verify", "status:200", body=body)
    assert connect(platform).verify() == Identity(id="7", handle="")


@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize("operation", ["verify", "upload", "publish"])
def test_an_answer_that_is_too_large_is_not_read(
    sandbox: Sandbox, connect: Connect, prepare: Prepare, post: Post, platform: str, operation: str, status: int
) -> None:
    operation = _UPLOAD[platform] if operation == "upload" else operation
    act = prepare(connect(platform), operation, post)
    body = {"error": {"code": 190, "message": "x"}, "id": "7", "data": {"id": "7"}, "message": "x", "status": "ok"}
    body |= {"media": {"pk": 7}, "user": {"pk": 7}, "more": "x" * 5_000_000}
    sandbox.inject(platform, operation, f"status:{status}", body=body)
    lost = UncertainError if operation == "publish" else TransientError
    with pytest.raises(lost) as caught:
        act()
    assert type(caught.value) is lost


_STAGED_IDS = ("1",)


@pytest.mark.parametrize("operation", ["verify", "publish"])
def test_a_refused_connection_is_no_lost_answer(
    sandbox: Sandbox, connect: Connect, leaked: Leaked, post: Post, platform: str, operation: str, closed_port: int
) -> None:
    address = f"http://127.0.0.1:{closed_port}"
    adapter = connect(platform, **({"proxy": address} if platform == "instagram" else {"url": address}))
    with pytest.raises(TransientError) as caught:
        _send(adapter, operation, post)
    assert leaked(caught.value, sandbox.account(platform, "izmirbld")) == set()


@pytest.mark.parametrize("operation", ["verify", "publish"])
def test_a_proxy_that_is_not_there_is_no_lost_answer(
    connect: Connect, post: Post, platform: str, operation: str, closed_port: int
) -> None:
    adapter = connect(platform, proxy=f"http://127.0.0.1:{closed_port}")
    with pytest.raises(TransientError):
        _send(adapter, operation, post)


@pytest.mark.parametrize("operation", ["verify", "publish"])
def test_a_proxy_that_opens_no_way_is_no_lost_answer(
    sandbox: Sandbox, connect: Connect, post: Post, platform: str, operation: str
) -> None:
    # The sandbox's web server knows no CONNECT.
    adapter = connect(platform, url="https://127.0.0.1:9", proxy=sandbox.url)
    with pytest.raises(TransientError):
        _send(adapter, operation, post)


@pytest.mark.parametrize("platform", ["facebook", "twitter", "instagram-graph"])
def test_a_proxy_that_breaks_the_connection_after_the_request_has_lost_the_answer(
    sandbox: Sandbox, connect: Connect, post: Post, platform: str
) -> None:
    # The sandbox's web server takes requests for itself also as a proxy would.
    adapter = connect(platform, proxy=sandbox.url)
    staged = adapter.stage(post, NoSteps())
    sandbox.inject(platform, "publish", "commit_then_reset")
    with pytest.raises(UncertainError):
        adapter.publish(staged)
    assert len(sandbox.posts()) == 1


@pytest.mark.parametrize("operation", ["verify", "publish"])
def test_a_certificate_of_an_unknown_authority_is_no_lost_answer(
    sandbox: Sandbox, connect: Connect, post: Post, platform: str, operation: str
) -> None:
    adapter = connect(platform, url="https://i.instagram.com", proxy=sandbox.proxy, ca_file=None)
    with pytest.raises(TransientError):
        _send(adapter, operation, post)
    assert sandbox.requests() == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_file_that_cannot_be_used_is_named(
    connect: Connect, post: Post, platform: str, tmp_path: Any, content: str | None
) -> None:
    ca_file = tmp_path / "ca.pem"
    if content:
        ca_file.write_text(content)
    with pytest.raises(AccountError, match=str(ca_file)):
        _send(connect(platform, ca_file=str(ca_file)), "publish", post)


def test_a_failure_in_hand_does_not_hide_that_an_answer_was_lost(
    sandbox: Sandbox, connect: Connect, post: Post, platform: str, closed_port: int
) -> None:
    adapter = connect(platform)
    staged = adapter.stage(post, NoSteps())
    sandbox.inject(platform, "publish", "commit_then_reset")

    def publish_after_a_failure() -> None:
        try:
            connect(platform, "izmirenglish", proxy=f"http://127.0.0.1:{closed_port}").verify()
        except TransientError:
            adapter.publish(staged)

    with pytest.raises(UncertainError):
        publish_after_a_failure()


@pytest.mark.parametrize("operation", ["upload", "find"])
def test_a_kept_connection_that_breaks_repeats_no_request(
    sandbox: Sandbox, connect: Connect, prepare: Prepare, post: Post, platform: str, operation: str
) -> None:
    operation = _UPLOAD[platform] if operation == "upload" else operation
    adapter = connect(platform)
    adapter.verify()
    sandbox.inject(platform, operation, "reset", times=9)
    with pytest.raises(TransientError):
        prepare(adapter, operation, post)()
    assert len(sandbox.requests(platform, operation)) == 1


def test_an_adapter_works_again_after_a_fault(sandbox: Sandbox, connect: Connect, post: Post, platform: str) -> None:
    adapter = connect(platform)
    sandbox.inject(platform, "verify", "reset")
    with pytest.raises(TransientError):
        adapter.verify()
    assert adapter.verify() == Identity(id=sandbox.account(platform, "izmirbld").id, handle="izmirbld")


def _send(adapter: Adapter, operation: str, post: Post) -> object:
    if operation == "verify":
        return adapter.verify()
    return adapter.publish(Staged(post=post, media_ids=_STAGED_IDS))


def test_a_secret_is_struck_out_of_a_platform_s_words_before_they_are_cut() -> None:
    secret, around = "c0ffee" * 6, "w" * 280 + " "
    graph = Answer(status=400, headers={}, body={"error": {"message": around + secret}}, is_publish=True)
    x = Answer(status=400, headers={}, body={"detail": around + secret}, is_publish=True)
    assert "c0f" not in meta_words(graph, [secret])
    assert "c0f" not in x_words(x, [secret])
