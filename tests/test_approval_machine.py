"""Nothing goes out that nobody let out, in any order of events: news that changes, people, deaths, old copies.

The office of tests/test_state_machine.py, with one account on which every post waits for a person.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, rule

from crossposter import delivering
from crossposter.core.acts import Verb
from crossposter.core.approval import ApprovalRule
from crossposter.core.model import Reason, Status
from crossposter.ledger.acts import Desk
from crossposter.ledger.records import DeliveryRecord
from tests.test_state_machine import AYSE, ENDS, PER_EXAMPLE, STEPS, Office

EXPIRES = timedelta(hours=6)


@pytest.fixture(autouse=True)
def _one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make nothing ready on other threads: the same steps must lead to the same end."""
    monkeypatch.setattr(delivering, "AHEAD", 0)


class AskingOffice(Office):
    """What a person has let out on X, by the text, and until when that may begin to go out."""

    def __init__(self) -> None:
        self.let_out: dict[str, datetime] = {}
        self.let_out_in_backup: dict[str, datetime] = {}
        self.seen: set[str] = set()
        self.written = 0
        super().__init__()

    def start(self) -> None:
        self.accounts["x"] = replace(self.accounts["x"], approval=ApprovalRule(expires=EXPIRES))
        super().start()

    def desk(self, verb: Verb, record: DeliveryRecord, found: object = None) -> None:
        super().desk(verb, record, found)  # type: ignore[arg-type]  # a receipt, or nothing
        if verb is Verb.APPROVE and record.account_id == "x" and record.draft and record.draft.is_complete:
            self.let_out[record.draft.post.text] = self.clock.now() + EXPIRES

    def forget(self, title: str) -> None:
        """Let nothing of a story be let out any more that has not begun to go out."""
        begun = {one.title for one in self.records() if one.account_id == "x" and one.attempts}
        if title not in begun:
            self.let_out = {text: at for text, at in self.let_out.items() if not text.startswith(f"{title}\n")}

    @rule(data=st.data())
    def the_news_is_changed(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.shown) - 1))
        self.written += 1
        self.shown[place] = replace(self.shown[place], summary=f"Özet, {self.written}. kez.")
        self.source.entries["izmir-tr"] = tuple(self.shown)
        self.forget(self.shown[place].title)

    @rule(data=st.data())
    def a_person_lets_a_text_out(self, data: st.DataObject) -> None:
        waiting = [one for one in self.records() if one.reason is Reason.APPROVAL and one.status is Status.HELD]
        if waiting:
            self.desk(Verb.APPROVE, data.draw(st.sampled_from(waiting)))

    @rule(
        data=st.data(),
        minutes=st.sampled_from([0, 5, 359, 361]),
        between=st.sampled_from(["nothing", "changed", "written"]),
        end=st.sampled_from(["", *sorted(ENDS)]),
    )
    def a_text_is_let_out_and_goes_out_later(self, data: st.DataObject, minutes: int, between: str, end: str) -> None:
        self.news()
        self.work()
        self.a_person_lets_a_text_out(data)
        if between == "changed":
            self.the_news_is_changed(data)
        if between == "written":
            self.a_person_writes(data)
        if end:
            stands, raised = ENDS[end]
            self.adapters["x"].ends.append((stands, raised()))
        self.clock.forward(minutes=minutes)
        self.work()

    @rule(data=st.data())
    def a_person_writes(self, data: st.DataObject) -> None:
        unsent = [one for one in self.records() if one.status in (Status.QUEUED, Status.HELD)]
        if unsent:
            record = data.draw(st.sampled_from(unsent))
            self.written += 1
            text = f"{record.title}\nBaşka sözler, {self.written}. kez. {record.link}"
            acted = Desk(self.ledger).edit(record.id, AYSE, text, now=self.clock.now())
            if acted and acted.done and record.account_id == "x":
                self.forget(record.title)

    @rule(data=st.data())
    def a_person_holds(self, data: st.DataObject) -> None:
        queued = [one for one in self.records() if one.status is Status.QUEUED]
        if queued:
            self.desk(Verb.HOLD, data.draw(st.sampled_from(queued)))

    @rule(is_put_back=st.booleans())
    def a_backup(self, is_put_back: bool) -> None:
        there = (self.folder / "backup.db").exists()
        super().a_backup(is_put_back)
        if is_put_back and there:
            self.let_out = dict(self.let_out_in_backup)
        else:
            self.let_out_in_backup = dict(self.let_out)

    @invariant()
    def what_stands_was_let_out(self) -> None:
        adapter = self.adapters["x"]
        for name, post in adapter.posts.items():
            if name in self.seen or post.text.startswith("Günaydın"):
                continue
            self.seen.add(name)
            assert post.text in self.let_out, f"nobody has let out: {post.text}"
            first = min(attempt for attempt in self.begun(post.text))
            assert first <= self.let_out[post.text], f"let out too long ago: {post.text}"

    def begun(self, text: str) -> list[datetime]:
        """Give when a text was sent, by the ledger; now where that does not know it."""
        from crossposter.ledger import history

        records = [one for one in self.records() if one.account_id == "x"]
        attempts = [attempt for one in records if one.attempts for attempt in history.attempts(self.ledger, one)]
        return [attempt.started_at for attempt in attempts if attempt.text == text] or [self.clock.now()]


TestAskingOffice = AskingOffice.TestCase
TestAskingOffice.settings = settings(
    max_examples=-(-STEPS // PER_EXAMPLE // 2),
    stateful_step_count=PER_EXAMPLE,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
