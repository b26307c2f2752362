"""An account's posts are made ready while another one is sent: what threads at once may never mix up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from crossposter.core.model import Picture, Post
from crossposter.core.timeline import Timeline
from crossposter.errors import PublishError, UncertainError
from crossposter.ports import Adapter
from crossposter.sandbox import Sandbox
from crossposter.testing import NoSteps

Connect = Callable[..., Adapter]
_GRAPH = "instagram-graph"
#: Seconds in which all that is not kept waiting must end.
_LIMIT_S = 10
#: Seconds in which a request that is not kept waiting has long been answered.
_A_MOMENT_S = 0.5


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def _until_received(sandbox: Sandbox, platform: str, operation: str) -> None:
    for _ in range(_LIMIT_S * 100):
        if sandbox.requests(platform, operation):
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{operation} was not asked for")


def _numbered(post: Post, number: int) -> Post:
    return replace(post, text=f"Haber {number}: tramvay")


def test_pictures_are_uploaded_while_a_post_waits_for_its_answer(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post, pool: ThreadPoolExecutor
) -> None:
    adapter = connect(platform)
    staged = adapter.stage(post, NoSteps())
    sandbox.inject(platform, "publish", "commit_then_hang")
    waiting = pool.submit(adapter.publish, staged)
    _until_received(sandbox, platform, "publish")
    assert adapter.stage(_numbered(post, 2), NoSteps()).media_ids
    assert not waiting.done()
    sandbox.clear_faults()
    with pytest.raises(UncertainError):
        waiting.result(_LIMIT_S)


@pytest.mark.parametrize("status", [200, 400, 403, 429])
def test_a_lost_answer_stays_lost_whatever_is_answered_to_another_thread(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post, pool: ThreadPoolExecutor, status: int
) -> None:
    adapter = connect(platform)
    staged = adapter.stage(post, NoSteps())
    sandbox.inject(platform, "publish", "commit_then_hang")
    if status != 200:
        sandbox.inject(platform, "find", f"status:{status}")
    publishing = pool.submit(adapter.publish, staged)
    _until_received(sandbox, platform, "publish")
    reading: Future[Timeline] = pool.submit(adapter.timeline, limit=10)
    wait([reading], _A_MOMENT_S)
    sandbox.clear_faults()
    with pytest.raises(UncertainError):
        publishing.result(_LIMIT_S)
    wait([reading], _LIMIT_S)
    assert len(sandbox.requests(platform, "publish")) == 1


def test_a_lost_answer_to_a_reading_says_nothing_about_a_post(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post, pool: ThreadPoolExecutor
) -> None:
    adapter = connect(platform)
    staged = adapter.stage(post, NoSteps())
    sandbox.inject(platform, "find", "hang")
    reading: Future[Timeline] = pool.submit(adapter.timeline, limit=10)
    _until_received(sandbox, platform, "find")
    publishing = pool.submit(adapter.publish, staged)
    wait([publishing], _A_MOMENT_S)
    sandbox.clear_faults()
    assert publishing.result(_LIMIT_S).remote_id
    with pytest.raises(PublishError):
        reading.result(_LIMIT_S)
    assert len(sandbox.posts()) == 1


def test_many_threads_at_one_account_make_each_post_once_and_as_it_is(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post, picture: Picture, pool: ThreadPoolExecutor
) -> None:
    adapter = connect(platform)
    adapter.verify()
    posts = [_numbered(post, number) for number in range(12)]
    staging = [pool.submit(adapter.stage, each, NoSteps()) for each in posts]
    reading = [pool.submit(adapter.timeline, limit=10) for _ in range(12)]
    receipts = [adapter.publish(each.result(_LIMIT_S)) for each in staging]
    for read in reading:
        read.result(_LIMIT_S)
    assert len({receipt.remote_id for receipt in receipts}) == len(posts)
    assert [made["text"] for made in sandbox.posts()] == [each.text for each in posts]
    assert {image["sha256"] for made in sandbox.posts() for image in made["images"]} == {picture.sha256}
    assert len(sandbox.requests(platform, "publish")) == len(posts)


@pytest.mark.parametrize("platform", ["twitter", "facebook", _GRAPH], indirect=True)
def test_no_cookie_is_kept_that_threads_would_share(
    sandbox: Sandbox, connect: Connect, platform: str, post: Post
) -> None:
    adapter = connect(platform)
    sandbox.inject(platform, "find", "amend", headers={"set-cookie": "guest_id=1; Path=/"}, body={})
    adapter.timeline(limit=10)
    adapter.publish(adapter.stage(post, NoSteps()))
    assert not any("cookie" in request.headers for request in sandbox.requests())
