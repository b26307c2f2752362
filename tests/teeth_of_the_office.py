"""Switches off each guard of the office's hand on a post, and runs the test that must go red then, each in a process.

    python -m tests.teeth_of_the_office

Prints how pytest ended for each guard. All is imported once and forked for each: a start of Python costs more than a
test.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from crossposter.core import approval, waiting
from crossposter.core.urgency import is_urgent
from crossposter.delivering import Deliverer
from crossposter.ledger import SqlLedger, claiming, deliveries, due, pauses, schema
from tests.teeth import _replace

TIMES, APPROVAL, PAUSES = (
    "tests/test_times.py::test_",
    "tests/test_approval.py::test_",
    "tests/ledger/test_pauses.py::test_",
)


def _pause_in_the_claim() -> None:
    _replace("crossposter.ledger.claiming.is_paused", sa.false)


def _pause_in_due() -> None:
    for asks in ("deliveries", "due"):
        _replace(f"crossposter.ledger.{asks}.may_go_on", sa.true)


def _the_file() -> None:
    begin = Deliverer.__init__
    Deliverer.__init__ = lambda self, **named: begin(self, **{**named, "is_stopped": lambda: False})  # type: ignore[method-assign]


def _the_file_s_pause() -> None:
    _replace("crossposter.service.lapsed", lambda *_, **__: None)


def _windows(chosen: Callable[[Any, bool], Any]) -> None:
    _replace("crossposter.core.waiting._windows", lambda times, *, urgent: chosen(times, urgent))


def _quiet_hours() -> None:
    _windows(lambda times, _: times.silences)


def _silences() -> None:
    _windows(lambda times, urgent: () if urgent else times.quiet)


def _elections() -> None:
    _replace("crossposter.core.waiting._forbidden", lambda *_, **__: None)


def _backlog_of_a_pause() -> None:
    _replace("crossposter.ledger.pauses.hold_due", lambda *_, **__: 0)


def _backlog_of_an_outage() -> None:
    _replace("crossposter.service.stayed_away", lambda *_, **__: frozenset())


def _age() -> None:
    _replace("crossposter.service.has_gone_stale", lambda *_, **__: False)


def _approval() -> None:
    _replace("crossposter.approving.needs_approval", lambda *_, **__: False)


def _void(changed: Callable[[Any, Any], Any]) -> None:
    """Let an approval be looked at with something else than what is."""
    why_void = approval.why_void

    def trusting(delivery: Any, rule: Any, *, now: Any) -> Any:
        both = delivery.approval and delivery.draft
        return why_void(changed(delivery, now) if both else delivery, rule, now=now)

    _replace("crossposter.core.approval.why_void", trusting)


def _approval_s_hash() -> None:
    _void(lambda delivery, _: replace(delivery, draft=replace(delivery.draft, hash=delivery.approval.hash)))


def _approval_s_revision() -> None:
    _void(lambda delivery, _: replace(delivery, draft=replace(delivery.draft, revision=delivery.revision)))


def _approval_s_age() -> None:
    _void(lambda delivery, now: replace(delivery, approval=replace(delivery.approval, at=now)))


def _hash_that_was_shown() -> None:
    _replace("crossposter.ledger.acts._not_seen", lambda *_: None)


def _text_of_a_backlog() -> None:
    from crossposter.ledger.acts import Desk

    act_on = Desk._act_on
    Desk._act_on = lambda *given, has_seen_text=True, **named: act_on(*given, **named)  # type: ignore[method-assign]


def _edition_in_the_claim() -> None:
    claim, rows = SqlLedger.claim, schema.delivery.c

    def forgetting(self: SqlLedger, delivery: Any, *given: Any, **named: Any) -> Any:
        is_it = sa.and_(rows.entry_id == delivery.entry_id, rows.account_id == delivery.account_id)
        with self.reading() as connection:
            edition = connection.scalar(sa.select(rows.edition).where(is_it))
        return claim(self, replace(delivery, edition=edition), *given, **named)

    SqlLedger.claim = forgetting  # type: ignore[method-assign]


def _approval_of_urgent_ones() -> None:
    from crossposter.approving import Approver

    must_wait = Approver.must_wait
    Approver.must_wait = lambda self, delivery, account: not delivery.is_urgent and must_wait(self, delivery, account)  # type: ignore[method-assign]


def _pause_of_urgent_ones() -> None:
    is_paused = pauses.is_paused
    _replace("crossposter.ledger.pauses.is_paused", lambda: sa.and_(~schema.delivery.c.is_urgent, is_paused()))
    _replace("crossposter.ledger.claiming.is_paused", pauses.is_paused)


def _silence_of_urgent_ones() -> None:
    windows = waiting._windows
    _windows(lambda times, urgent: () if urgent else windows(times, urgent=False))


def _election_of_urgent_ones() -> None:
    forbidden = waiting._forbidden

    def lenient(entry: Any, times: Any, *, now: Any) -> Any:
        return None if is_urgent(entry, times.urgent) else forbidden(entry, times, now=now)

    _replace("crossposter.core.waiting._forbidden", lenient)


def _gate_of_a_text_that_was_let_out() -> None:
    _replace("crossposter.service.examine_text", lambda *_, **__: ())


def _gate_of_an_edited_text() -> None:
    _replace("crossposter.composing.examine_text", lambda *_, **__: ())


#: Each guard: what switches it off, and the test that notices.
GUARDS: dict[str, tuple[Callable[[], None], str]] = {
    "pause in the claim": (_pause_in_the_claim, f"{TIMES}a_pause_that_is_written_while_a_post_is_made_ready_stops_it"),
    "pause in what is due": (_pause_in_due, f"{PAUSES}what_is_claimed_after_a_pause_is_not_claimed"),
    "the file PAUSE": (_the_file, f"{TIMES}a_file_that_is_put_there_while_a_post_is_made_ready_stops_it"),
    "the file's pause": (
        _the_file_s_pause,
        f"{TIMES}a_file_stops_all_sending_at_once_and_its_removal_fires_no_backlog",
    ),
    "quiet hours": (_quiet_hours, f"{TIMES}what_was_made_ready_when_the_quiet_hours_begin_does_not_go_out"),
    "silences": (_silences, f"{TIMES}the_silence_of_10_november_is_kept_to_the_minute"),
    "elections": (_elections, f"{TIMES}what_was_queued_when_an_election_period_begins_is_held"),
    "backlog of a pause": (_backlog_of_a_pause, f"{TIMES}a_pause_survives_a_restart_and_its_end_fires_no_backlog"),
    "backlog of an outage": (
        _backlog_of_an_outage,
        f"{TIMES}after_a_long_time_away_what_was_due_waits_for_a_person_and_what_is_new_does_not",
    ),
    "age": (_age, f"{TIMES}a_silence_of_a_certain_day_keeps_urgent_news_as_well_unless_the_yaml_says_so"),
    "approval": (_approval, f"{APPROVAL}what_waits_is_shown_exactly_and_the_platform_is_asked_nothing"),
    "approval's hash": (_approval_s_hash, f"{APPROVAL}an_edited_text_voids_the_approval_and_is_what_goes_out"),
    "approval's revision": (
        _approval_s_revision,
        f"{APPROVAL}news_that_was_changed_after_the_approval_waits_again_with_its_new_text",
    ),
    "approval's age": (
        _approval_s_age,
        f"{APPROVAL}an_approval_that_was_not_used_in_time_is_void_and_says_so",
    ),
    "hash that was shown": (_hash_that_was_shown, f"{APPROVAL}an_approval_of_another_text_is_refused_and_says_so"),
    "text of a backlog": (
        _text_of_a_backlog,
        f"{APPROVAL}who_releases_a_whole_backlog_lets_out_no_text_that_nobody_has_looked_at",
    ),
    "edition in the claim": (
        _edition_in_the_claim,
        f"{APPROVAL}an_edit_while_it_is_made_ready_keeps_the_old_text_from_going_out",
    ),
    "approval of urgent ones": (_approval_of_urgent_ones, f"{APPROVAL}urgent_news_waits_for_a_person_as_well"),
    "pause of urgent ones": (
        _pause_of_urgent_ones,
        f"{TIMES}urgent_news_passes_neither_the_gate_nor_the_flood_guard_nor_a_pause",
    ),
    "silence of urgent ones": (
        _silence_of_urgent_ones,
        f"{TIMES}a_silence_of_a_certain_day_keeps_urgent_news_as_well_unless_the_yaml_says_so",
    ),
    "election of urgent ones": (
        _election_of_urgent_ones,
        f"{TIMES}in_an_election_period_a_person_decides_about_urgent_news_as_well",
    ),
    "gate of a text that was let out": (
        _gate_of_a_text_that_was_let_out,
        f"{APPROVAL}an_edited_text_goes_through_the_gate_once_more",
    ),
    "gate of an edited text": (
        _gate_of_an_edited_text,
        f"{APPROVAL}where_nobody_is_asked_an_edited_text_goes_through_the_gate_by_itself",
    ),
}

_QUIETLY = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-cov")


def _run(*arguments: str) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return int(pytest.main([*_QUIETLY, *arguments]))


def _ended_without(switch_off: Callable[[], None], test: str) -> int:
    """Run a test without a guard in a process of its own; give pytest's exit code."""
    child = os.fork()
    if child == 0:
        code = 70
        with contextlib.suppress(BaseException):
            switch_off()
            for made_with_it in (claiming._claiming, deliveries._loading, due._asking_what_is_due):
                made_with_it.cache_clear()
            code = _run(test)
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> int:
    """Try all tests with every guard, then each without its own."""
    whole = _run(*sorted({test for _, test in GUARDS.values()}))
    without = {guard: _ended_without(*one) for guard, one in GUARDS.items()}
    json.dump({"whole": whole, "without": without}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
