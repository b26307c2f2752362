from __future__ import annotations

from dataclasses import replace

import pytest

from crossposter.core.amended import by_hand, is_amendment, of_amendment
from crossposter.core.amending import cannot, done, goes_on, missing
from crossposter.core.correcting import changes_in_short, marked, usual, worded
from crossposter.core.events import Delivered
from crossposter.core.kinds import DeliveryName, Kind, name_of, read_name
from crossposter.core.model import Delivery, MediaRule, Origin, Outcome, PictureRef, PostRules, Reason, Status, Target
from crossposter.core.withdrawing import Fate, fate
from crossposter.testing import an_account, an_entry
from tests.test_service import WORDS


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("412/izmir-x", DeliveryName(412, "izmir-x")),
        ("412/izmir.x/edit-2", DeliveryName(412, "izmir.x", Kind.EDIT, 2)),
        ("412/x/delete", DeliveryName(412, "x", Kind.DELETE)),
        ("412/x/delete-3", DeliveryName(412, "x", Kind.DELETE, 3)),
        ("412/x/repost-12", DeliveryName(412, "x", Kind.REPOST, 12)),
    ],
)
def test_a_name_is_read_as_it_is_written(written: str, name: DeliveryName) -> None:
    assert read_name(written) == name
    assert str(name) == written


@pytest.mark.parametrize(
    "written", ["412", "", "x/412", "412/", "412/x/publish", "412/x/edit-0", "412/x/edit-2/1", "1" * 20 + "/x"]
)
def test_what_is_no_name_is_none(written: str) -> None:
    assert read_name(written) is None
    with pytest.raises(ValueError, match="no name of a delivery"):
        name_of(written)


@pytest.mark.parametrize(
    ("kind", "status", "reason", "stands", "can_delete", "expected"),
    [
        (Kind.PUBLISH, Status.PUBLISHED, None, True, True, Fate.DELETED),
        (Kind.REPLY, Status.PUBLISHED, None, True, False, Fate.BY_HAND),
        (Kind.PUBLISH, Status.PUBLISHED, None, False, True, Fate.NOTHING),
        (Kind.PUBLISH, Status.QUEUED, None, False, True, Fate.DROPPED),
        (Kind.REPOST, Status.FAILED, Reason.REJECTED, False, True, Fate.DROPPED),
        (Kind.PUBLISH, Status.HELD, Reason.UNKNOWN, False, True, Fate.IN_DOUBT),
        (Kind.REPOST, Status.UNCERTAIN, Reason.LOST_ANSWER, False, True, Fate.IN_DOUBT),
        (Kind.EDIT, Status.UNCERTAIN, Reason.LOST_ANSWER, False, True, Fate.NOTHING),
        (Kind.EDIT, Status.HELD, Reason.CORRECTION, False, True, Fate.DROPPED),
        (Kind.DELETE, Status.QUEUED, None, False, True, Fate.NOTHING),
        (Kind.PUBLISH, Status.SKIPPED, Reason.BASELINE, False, True, Fate.NOTHING),
    ],
)
def test_what_becomes_of_a_delivery_whose_story_is_taken_down(
    kind: Kind, status: Status, reason: Reason | None, stands: bool, can_delete: bool, expected: Fate
) -> None:
    assert fate(kind, status, reason, stands=stands, can_delete=can_delete) is expected


def delivery(kind: Kind, *, stands: bool = True) -> Delivery:
    from tests.ledger.test_store import NOON

    origin = Origin(feed_id="f", site="s", seen_at=NOON)
    target = Target(remote_id="1", url="u", stands=stands) if kind is not Kind.PUBLISH else None
    return Delivery(
        entry_id=1,
        origin=origin,
        account_id="x",
        entry=an_entry(),
        tries=0,
        picture_tries=0,
        kind=kind,
        issue=2,
        target=target,
    )


def test_a_repost_deletes_first_and_goes_on() -> None:
    assert (delivery(Kind.REPOST).step, delivery(Kind.REPOST, stands=False).step) == (Kind.DELETE, Kind.PUBLISH)
    outcome = done(delivery(Kind.REPOST))
    assert (outcome.status, outcome.is_gone, goes_on(outcome)) == (Status.QUEUED, True, True)
    assert missing(delivery(Kind.REPOST)) == outcome
    assert not goes_on(None)


def test_an_account_without_a_way_leaves_it_to_a_person_but_never_a_first_post() -> None:
    assert cannot(delivery(Kind.PUBLISH), an_account()) is None
    outcome = cannot(delivery(Kind.EDIT), an_account())
    assert outcome
    assert outcome.reason is Reason.BY_HAND


def test_the_usual_way_is_the_one_that_changes_least() -> None:
    assert usual(frozenset({Kind.REPOST, Kind.REPLY, Kind.EDIT})) is Kind.EDIT
    assert usual(frozenset({Kind.REPOST, Kind.REPLY})) is Kind.REPLY
    assert usual(frozenset({Kind.REPOST})) is None


@pytest.mark.parametrize(("language", "label"), [("tr", "DÜZELTME:"), ("en-GB", "CORRECTION:"), ("de", "CORRECTION:")])
def test_a_reply_says_first_what_it_is_and_has_no_picture(language: str, label: str) -> None:
    account = replace(an_account(), rules=PostRules(template="{{ title }}"))
    rules = worded(Kind.REPLY, account, language).rules
    assert (rules.template, rules.media) == (f"{label} {{{{ title }}}}", MediaRule.NEVER)
    assert worded(Kind.EDIT, account, language) is account


def test_changes_are_shown_word_by_word() -> None:
    assert marked("saat 10:00 bugün", "saat 11:00 bugün Konak'ta") == "saat [-10:00-] {+11:00+} bugün {+Konak'ta+}"
    assert marked("bir iki", "iki") == "[-bir-] iki"
    before = an_entry(1, pictures=(PictureRef(url="https://a/1.jpg"),))
    after = replace(before, title="Haber 9", pictures=())
    assert changes_in_short(before, after) == "“1” → “9”; 🖼"
    assert changes_in_short(before, before) == "…"
    assert changes_in_short(before, replace(before, text="uzun " * 200)).endswith("…")


PROPOSED = Outcome(status=Status.HELD, reason=Reason.CORRECTION)


def told(kind: Kind, outcome: Outcome) -> list[str]:
    name = str(DeliveryName(4, "x", kind, 2))
    delivered = Delivered(delivery_id=name, account_id="x", outcome=outcome, title="Haber")
    assert is_amendment(delivered) or kind is Kind.REPLY
    return [str(notice.alert.subject) for notice in of_amendment(delivered, outcome, WORDS) if notice.alert]


@pytest.mark.parametrize(
    ("kind", "outcome", "subjects"),
    [
        (Kind.DELETE, Outcome(status=Status.QUEUED), []),
        (Kind.EDIT, Outcome(status=Status.UNCERTAIN, reason=Reason.LOST_ANSWER), []),
        (Kind.DELETE, Outcome(status=Status.PUBLISHED), ["4/x/delete-2: the post is deleted"]),
        (Kind.EDIT, Outcome(status=Status.PUBLISHED), ["4/x/edit-2: the post is edited"]),
        (Kind.DELETE, Outcome(status=Status.HELD, reason=Reason.BY_HAND), ["4/x/delete-2 waits for a person"]),
        (Kind.EDIT, Outcome(status=Status.FAILED, reason=Reason.REJECTED), ["4/x/edit-2 waits for a person"]),
        (Kind.EDIT, Outcome(status=Status.HELD, reason=Reason.GATE), ["4/x/edit-2 waits for a person"]),
        (
            Kind.REPLY,
            Outcome(status=Status.HELD, reason=Reason.CORRECTION),
            ["4/x/reply-2: is the post to be corrected?"],
        ),
    ],
)
def test_people_are_told_what_became_of_it(kind: Kind, outcome: Outcome, subjects: list[str]) -> None:
    assert told(kind, outcome) == subjects


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (Kind.DELETE, "delete the post in the app"),
        (Kind.EDIT, "change the post's words"),
        (Kind.REPLY, "answer the post"),
        (Kind.REPOST, "delete the post and make a new one"),
    ],
)
def test_what_only_a_person_can_do_says_what_and_how_it_is_ended(kind: Kind, sentence: str) -> None:
    name = DeliveryName(4, "x", kind, 2)
    ends = "crossposter settle {} --absent" if kind is Kind.DELETE else "crossposter reject {}"
    assert sentence in str(by_hand(name))
    assert ends.format(name) in str(by_hand(name))
