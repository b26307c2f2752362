"""The engine of many processes: procrastinate carries ids from whoever schedules to whoever works, in PostgreSQL.

It is a pump and nothing more: no locks, no times, no retries of its own. A job that is lost, comes twice or comes late
is as good as one that does not: what is due stands in the ledger, and the account's lease is there as well. Jobs are
deleted when they end, so its tables are small, and all of them may be dropped while nobody works.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any

import procrastinate
from procrastinate.exceptions import ConnectorException, ProcrastinateException
from procrastinate.jobs import Status
from procrastinate.types import JSONValue

from crossposter.core.model import Feed
from crossposter.errors import LedgerError
from crossposter.ports import Due
from crossposter.wording import say

log = logging.getLogger(__name__)

#: Where so many jobs of a kind wait nobody comes after them, and no more are put there: what is due is offered again.
_MOST_WAITING = 1000
#: Seconds after which a worker that gives no sign of life is taken for dead; and between two of its signs.
_SILENT_S, _SIGN_S = 30.0, 10.0
#: Seconds between two looks for jobs, where no notice of them came; and before a worker that failed begins again.
_LOOK_S, _AGAIN_S = 5.0, 1.0
#: Seconds after which a worker that is to end, and has nothing in hand, is told so again.
_TOLD_AGAIN_S = 3.0
#: Seconds in which the database must give a connection.
_CONNECT_S = 10.0

#: What a worker does with an id.
Do = Callable[[str], None]
#: Keeps others from making tables for the length of a block.
Alone = Callable[[], AbstractContextManager[None]]


def _bare_app(conninfo: str, *, most: int) -> procrastinate.App:
    """Make the library's application without a task, over at most so many connections."""
    kwargs = {"application_name": "crossposter"}
    return procrastinate.App(
        connector=procrastinate.PsycopgConnector(
            conninfo=conninfo, kwargs=kwargs, min_size=1, max_size=most, timeout=_CONNECT_S
        )
    )


def _app(conninfo: str, poll: Do, deliver: Do) -> procrastinate.App:
    """Make the library's application with two tasks, each with one id; posts that are due come before polls."""
    app = _bare_app(conninfo, most=4)

    @app.task(name="poll")
    async def _poll(feed_id: str) -> None:
        await _on_a_thread(partial(poll, feed_id), f"poll {feed_id}")

    @app.task(name="deliver", priority=1)
    async def _deliver(account_id: str) -> None:
        await _on_a_thread(partial(deliver, account_id), f"lane {account_id}")

    return app


def _make_tables(conninfo: str, alone_with_tables: Alone) -> None:
    """Make the library's tables where there are none; those of another version stay as they are."""
    with _bare_app(conninfo, most=1).open() as app, alone_with_tables():
        if not app.check_connection():
            app.schema_manager.apply_schema()


def _nothing(_name: str) -> None:
    pass


async def _on_a_thread(do: Callable[[], None], name: str) -> None:
    """Do something on a thread of its own, which ends with the process even if a platform hangs."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def run() -> None:
        try:
            do()
        except Exception:
            log.exception("%s ended unexpectedly", name)
        finally:
            with _of_a_closed_loop():
                loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=run, name=name, daemon=True).start()
    await ended.wait()


@contextmanager
def _of_a_closed_loop() -> Iterator[None]:
    try:
        yield
    except RuntimeError:  # the worker ended before this did
        log.debug("ended after its worker")


async def _end_all_others() -> None:
    """End the tasks that the library and its connections leave, which wait for what does not come any more."""
    for _ in range(5):  # one that just connects may swallow it
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=0.2)


class Jobs:
    """The side that schedules: puts jobs where workers find them."""

    def __init__(
        self,
        conninfo: str,
        *,
        offer: Callable[[Sequence[str]], Sequence[str]],
        alone_with_tables: Alone,
    ) -> None:
        """Take where the database is, and what of the ledger this needs.

        Args:
            conninfo: As libpq takes it.
            offer: Offers accounts in the ledger; gives those that are to be carried.
            alone_with_tables: Keeps others from making tables meanwhile.
        """
        self._conninfo = conninfo
        self._app = _app(conninfo, _nothing, _nothing)
        self._is_stopping = False
        self._offer = offer
        self._alone_with_tables = alone_with_tables

    def start(self) -> None:
        """Connect, and make the library's tables where there are none.

        Raises:
            LedgerError: The database cannot be reached, or the tables not made.
        """
        with _translated():
            _make_tables(self._conninfo, self._alone_with_tables)
            self._app.open()

    def poll(self, feed: Feed, here: Callable[[], None]) -> None:
        """Put it where a worker finds it."""
        with self._while_open():
            if not self._is_full("poll"):
                self._app.tasks["poll"].defer(feed_id=feed.id)

    def deliver(
        self, lanes: Sequence[Sequence[Due]], here: Callable[[Sequence[Due], Callable[[], bool]], None]
    ) -> None:
        """Put those where workers find them that nobody has and nobody was offered."""
        with self._while_open():
            if not lanes or self._is_full("deliver"):
                return
            offered = self._offer([lane[0].account_id for lane in lanes])
            if offered:
                jobs: list[dict[str, JSONValue]] = [{"account_id": name} for name in offered]
                self._app.tasks["deliver"].batch_defer(*jobs)

    def clean(self) -> None:
        """Remove the jobs of workers that have died.

        Raises:
            LedgerError: It cannot be done at the moment.
        """
        with self._while_open():
            asyncio.run(self._cleaned())

    async def _cleaned(self) -> None:
        # An application of its own: the other one is used from threads, and what this needs the library has for tasks
        # of asyncio only.
        async with _bare_app(self._conninfo, most=2).open_async() as app:
            manager = app.job_manager
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_SILENT_S):
                if job.id is not None:
                    # Removed by another one that cleans, or by its worker, which was only frozen.
                    with suppress(ConnectorException):
                        await manager.finish_job_by_id_async(job.id, status=Status.FAILED, delete_job=True)
            await manager.prune_stalled_workers(_SILENT_S)

    def busy(self) -> list[str]:
        """Name none: others work."""
        return []

    def stop(self, timeout_s: float) -> bool:
        """Disconnect; who still puts a job there at this moment loses it, and it is offered again."""
        self._is_stopping = True
        self._app.close()
        return True

    @contextmanager
    def _while_open(self) -> Iterator[None]:
        """Translate what goes wrong; at the end nothing is wrong with a job that nobody takes any more."""
        try:
            with _translated():
                yield
        except LedgerError as error:
            if not self._is_stopping:
                raise
            log.debug("no more jobs: %s", error)

    def _is_full(self, task: str) -> bool:
        queues = self._app.job_manager.list_queues(task=task)
        return sum(int(queue["todo"]) for queue in queues) >= _MOST_WAITING


class Carrier:
    """The side that works: takes jobs, at most so many at a time, and does what they name."""

    def __init__(self, conninfo: str, *, poll: Do, deliver: Do, concurrency: int, alone_with_tables: Alone) -> None:
        """Take where the database is (as libpq takes it), and what is done with ids of feeds and accounts."""
        self._conninfo, self._poll, self._deliver, self._concurrency = conninfo, poll, deliver, concurrency
        self._alone_with_tables = alone_with_tables
        self._loop = asyncio.new_event_loop()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._work: asyncio.Task[None] | None = None
        #: What is being done: one thing for each job.
        self._in_hand: set[object] = set()

    @property
    def is_stopping(self) -> bool:
        """Tell whether no more work is to be begun."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin, on a thread of its own."""
        threading.Thread(target=self._run, name="jobs", daemon=True).start()

    def stop(self, timeout_s: float) -> bool:
        """Take no more jobs and let those in hand end; False when the time ran out first."""
        self._stopping.set()
        with _of_a_closed_loop():
            self._loop.call_soon_threadsafe(self._end)
        return self._ended.wait(timeout_s)

    def _end(self, *, is_again: bool = False) -> None:
        """Have the library let what is in hand end, and take no more.

        Said once more where nothing is in hand: a connection that is just made may swallow it (`asyncio.wait_for` up
        to Python 3.11). With something in hand the library has begun for good, and a second time would not wait for it.
        """
        if self._work and not (is_again and self._in_hand):
            self._work.cancel()
        self._loop.call_later(_TOLD_AGAIN_S, partial(self._end, is_again=True))

    def _noted(self, do: Do) -> Do:
        def noted(name: str) -> None:
            this = object()
            self._in_hand.add(this)
            try:
                do(name)
            finally:
                self._in_hand.discard(this)

        return noted

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._until_stopped())
            self._loop.run_until_complete(_end_all_others())
        finally:
            self._loop.close()
            self._ended.set()

    async def _until_stopped(self) -> None:
        """Work, and begin anew after whatever ends it: a database that was away, or its sleep of a machine.

        Who was frozen for long is no worker any more as far as the others know, and takes a new number.
        """
        while not self.is_stopping:
            self._work = asyncio.create_task(self._once())
            try:
                await self._work
            except asyncio.CancelledError:
                continue
            except LedgerError as error:
                log.warning("no work comes at the moment, it is asked for again: %s", error)
            except Exception:
                log.exception("the worker begins anew")
            if not self.is_stopping:
                await asyncio.sleep(_AGAIN_S)

    async def _once(self) -> None:
        with _translated():
            await asyncio.to_thread(_make_tables, self._conninfo, self._alone_with_tables)
            async with _app(self._conninfo, self._noted(self._poll), self._noted(self._deliver)).open_async() as app:
                work: Coroutine[Any, Any, None] = app.run_worker_async(
                    name=f"worker {os.getpid()}",
                    concurrency=self._concurrency,
                    fetch_job_polling_interval=_LOOK_S,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=_SIGN_S,
                    stalled_worker_timeout=_SILENT_S,
                )
                await work


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (ProcrastinateException, OSError) as error:
        raise LedgerError(say("the jobs for the workers cannot be written: {cause}", cause=_words(error))) from error
    except Exception as error:
        # The pool of connections has errors of its own, and psycopg is the ledger's to know.
        if type(error).__module__.partition(".")[0] not in ("psycopg", "psycopg_pool"):
            raise
        raise LedgerError(say("the jobs for the workers cannot be written: {cause}", cause=_words(error))) from error


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
