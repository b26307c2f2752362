"""When an approval counts no more is decided by values; what follows from it is in tests/test_approval.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crossposter.core.approval import ApprovalRule, is_let_out, why_void
from crossposter.core.draft import Approval, Draft
from crossposter.core.model import Post
from tests.core.test_waiting import a_delivery

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
RULE = ApprovalRule(expires=timedelta(hours=6))
DRAFT = Draft(post=Post(text="Haber", link=None), hash="ab12", revision=1, made_at=NOON)


def test_what_nobody_has_let_out_is_neither_let_out_nor_void() -> None:
    delivery = replace(a_delivery(), draft=DRAFT, revision=1)
    assert not is_let_out(delivery, RULE, now=NOON)
    assert why_void(delivery, RULE, now=NOON) is None


def test_an_approval_counts_to_its_last_moment() -> None:
    approval = Approval(hash="ab12", at=NOON, by="Ayşe")
    delivery = replace(a_delivery(), draft=DRAFT, revision=1, approval=approval)
    assert is_let_out(delivery, RULE, now=NOON + RULE.expires)
    assert not is_let_out(delivery, RULE, now=NOON + RULE.expires + timedelta(seconds=1))
    assert is_let_out(delivery, RULE, now=NOON - RULE.expires), "the clock was set back a little"
    assert not is_let_out(delivery, RULE, now=NOON - RULE.expires - timedelta(seconds=1)), "it was days ahead"
