from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.alerting import Level, Notice, weigh
from crossposter.core.checkup import Check, Colour, Finding
from crossposter.core.events import (
    AwaitingApproval,
    Backlog,
    CheckedUp,
    ClockDoubted,
    ClockJumped,
    Delivered,
    Event,
    Interrupted,
    LedgerTrouble,
    Paused,
    Poll,
    Recovering,
    Restarted,
    Resumed,
    Settled,
    Silent,
    Spending,
    Stranded,
    Unread,
)
from crossposter.core.identity import all_keys
from crossposter.core.model import Entry, Known, Outcome, Reason, Receipt, Status
from crossposter.core.notices import notices
from crossposter.core.pausing import Pause, Scope
from crossposter.core.planning import Plan, plan
from crossposter.core.retrying import after
from crossposter.errors import AccountError, CreditError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.testing import a_feed, an_account, an_entry, unreachable
from crossposter.wording import say

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PUBLISHED = Outcome(status=Status.PUBLISHED, receipt=Receipt(remote_id="7", url="https://x.example/7"))


def alerts(event: Event) -> dict[str | None, tuple[str, str]]:
    """Give what an event would tell, by key: subject and text."""
    return {
        notice.key: (str(notice.alert.subject), "\n".join(map(str, notice.alert.lines)))
        for notice in notices(event)
        if notice.alert and (notice.state or notice.key is None)
    }


def ended(event: Event) -> set[str | None]:
    return {notice.key for notice in notices(event) if notice.key and notice.state is None}


def one(event: Event) -> Notice:
    (found,) = notices(event)
    assert found.alert
    return found


def delivered(error: PublishError | None = None, *, outcome: Outcome = PUBLISHED, tries: int = 0) -> Delivered:
    outcome = after(error, tries=tries, seen_within=timedelta(minutes=2), now=NOON) if error else outcome
    return Delivered(delivery_id="412/izmir-x", account_id="izmir-x", outcome=outcome, title="Kültürpark\naçıldı")


def planned(*entries: Entry, known: int = 0, revised: bool = False, first_poll: bool = False) -> Plan:
    old = [an_entry(number) for number in range(900, 900 + known)]
    content = "another" if revised else ""
    seen = {key: Known(entry_id=1, in_feed=True, content=content) for entry in old for key in all_keys(entry)}
    feed, accounts = a_feed(accounts=["izmir-x", "izmir-fb"]), [an_account("izmir-x"), an_account("izmir-fb")]
    return plan(feed, [*entries, *old], accounts=accounts, known=seen, first_poll=first_poll, now=NOON)


def poll(*entries: Entry, known: int = 9, revised: bool = False, first_poll: bool = False) -> Poll:
    return Poll(feed_id="izmir-tr", plan=planned(*entries, known=known, revised=revised, first_poll=first_poll))


def test_a_feed_that_fails_is_told_after_three_polls_and_when_it_is_well_again() -> None:
    found = one(Poll(feed_id="izmir-tr", error=unreachable()))
    assert (found.key, found.after) == ("failing:izmir-tr", 3)
    assert alerts(Poll(feed_id="izmir-tr", error=unreachable()))["failing:izmir-tr"] == (
        "feed izmir-tr cannot be read",
        "feed cannot be reached\nlook at its address in a browser, and at it with: crossposter inspect izmir-tr",
    )
    well = one(Poll(feed_id="izmir-tr"))
    assert (well.key, well.state) == ("failing:izmir-tr", None)


def test_ordinary_news_and_a_first_sight_alert_nobody() -> None:
    assert alerts(poll(an_entry(1))) == {}
    assert alerts(poll(an_entry(1), an_entry(2), first_poll=True, known=0)) == {}
    assert "silent:izmir-tr" in ended(poll(an_entry(1)))
    assert "silent:izmir-tr" not in ended(poll())


def test_a_flood_is_one_alert_however_many_posts_it_holds() -> None:
    found = alerts(poll(*[an_entry(number) for number in range(1, 9)]))
    assert list(found) == ["flood:izmir-tr"]
    subject, text = found["flood:izmir-tr"]
    assert subject == "a flood of news in feed izmir-tr is held"
    assert "8 news at once, more than 5" in text
    assert "8 news are held" in text
    assert "crossposter queue" in text
    assert {"flood:izmir-tr", "edited:izmir-tr", "letters:izmir-tr"} <= ended(poll(an_entry(1)))


def test_a_feed_that_says_something_else_all_at_once_is_told() -> None:
    subject, text = alerts(poll(revised=True))["edited:izmir-tr"]
    assert subject == "most of feed izmir-tr says something else now"
    assert "9 of 9 news say something else now" in text


def test_posted_news_that_left_the_feed_is_told_with_what_to_do() -> None:
    before = poll(an_entry(1))
    assert before.plan
    found = replace(before, plan=replace(before.plan, vanished=(412, 413)))
    subject, text = alerts(found)["vanished:izmir-tr"]
    assert subject == "news was taken from feed izmir-tr after it was posted"
    assert "412, 413" in text
    assert "crossposter retract ID --by NAME --reason WHY" in text
    assert "vanished:izmir-tr" in ended(before)


def test_news_that_are_taken_for_one_another_are_told_until_they_are_told_apart() -> None:
    page = "https://www.izmir.bel.tr/tr/Duyurular"
    news = [an_entry(number, keys=(f"guid:{number}", "link:duyurular"), link=page) for number in range(1, 5)]
    subject, text = alerts(poll(*news))["lumped:izmir-tr"]
    assert subject == "news of feed izmir-tr are taken for one another"
    assert f"4 different news have one address, {page}: they count as one" in text
    assert "only the first of them is posted" in text
    assert "lumped:izmir-tr" in ended(poll(*news[:2]))  # perhaps one before and after it was edited


def test_a_platform_that_is_not_paid_any_more_is_one_matter_of_its_own() -> None:
    found = one(delivered(CreditError(say("the X app has no credits left"))))
    assert found.alert
    assert (found.key, found.state) == ("account:izmir-x", "unpaid")
    assert str(found.alert.subject) == "what was paid for account izmir-x at its platform is used up"


def test_what_a_person_has_settled_is_no_trouble_any_more() -> None:
    assert ended(Settled("412/izmir-x")) == {"uncertain:412/izmir-x"}


def test_broken_letters_are_one_alert_of_the_feed() -> None:
    broken = [an_entry(number, title=f"Ä°zmir BÃ¼yÃ¼kÅŸehir Belediyesi {number}") for number in (1, 2)]
    found = alerts(poll(*broken))
    assert list(found) == ["letters:izmir-tr"]
    assert "letters are broken" in found["letters:izmir-tr"][1]


def test_a_story_that_is_held_is_one_alert_with_the_command_to_type() -> None:
    late = an_entry(1, published=NOON - timedelta(days=3))
    found_plan = planned(late, known=9)
    recorded = tuple(replace(decision, entry_id=412) for decision in found_plan.decisions)
    (found,) = alerts(Poll(feed_id="izmir-tr", plan=replace(found_plan, decisions=recorded))).values()
    assert found[1].splitlines()[:2] == ["“Haber 1”", "for: izmir-x, izmir-fb"]
    assert found[0] == "412 is held"
    assert "crossposter approve 412 --by NAME" in found[1]


def test_an_account_that_stops_is_one_matter_however_its_platform_words_it() -> None:
    worded = [
        one(
            delivered(
                AccountError(say("{meaning} (HTTP {status}: {words})", meaning=say("no"), status=401, words=words))
            )
        )
        for words in ("trace 1", "trace 2")
    ]
    assert worded[0].key == "account:izmir-x"
    assert worded[0].state == worded[1].state
    assert worded[0].alert
    assert worded[0].alert.level is Level.CRITICAL
    other = one(delivered(AccountError(say("another sentence"))))
    assert other.state != worded[0].state


@pytest.mark.parametrize(
    ("retry_at", "told"), [(None, "2026-11-25T12:15+00:00"), (NOON + timedelta(hours=6), "2026-11-25T18:00+00:00")]
)
def test_who_is_told_of_a_stopped_account_knows_when_it_is_looked_at_again(
    retry_at: datetime | None, told: str
) -> None:
    (found,) = alerts(delivered(AccountError(say("said so"), retry_at=retry_at))).values()
    assert f"crossposter looks again by itself at {told}" in found[1]
    assert "crossposter run --reload" in found[1]


def test_a_published_post_ends_the_account_s_trouble_and_its_own() -> None:
    assert ended(delivered()) == {"account:izmir-x", "uncertain:412/izmir-x"}
    subject, text = alerts(delivered())[None]
    assert subject == "412/izmir-x is published"
    assert text == "“Kültürpark açıldı”\nit stands at https://x.example/7"
    assert str(notices(delivered())[-1].alert).count("Level.INFO") == 1


@pytest.mark.parametrize(
    ("event", "key", "subject", "command"),
    [
        (
            delivered(UncertainError(say("the connection broke"))),
            "uncertain:412/izmir-x",
            "412/izmir-x may be public or not",
            "crossposter looks at the account in a few minutes",
        ),
        (
            Interrupted("412/izmir-x"),
            "uncertain:412/izmir-x",
            "412/izmir-x may be public or not",
            "crossposter looks at the account in a few minutes",
        ),
        (
            delivered(outcome=Outcome(status=Status.HELD, reason=Reason.UNKNOWN)),
            "uncertain:412/izmir-x",
            "412/izmir-x may be public or not",
            "crossposter settle 412/izmir-x --absent --by NAME",
        ),
        (
            delivered(outcome=Outcome(status=Status.UNCERTAIN, reason=Reason.LOST_ANSWER, not_before=NOON, tries=3)),
            "uncertain:412/izmir-x",
            "412/izmir-x may be public or not",
            "crossposter ledger show 412",
        ),
        (
            delivered(outcome=Outcome(status=Status.HELD, reason=Reason.ALREADY_POSTED)),
            None,
            "412/izmir-x is held",
            "crossposter settle 412/izmir-x --published ADDRESS --by NAME",
        ),
        (
            delivered(outcome=Outcome(status=Status.PUBLISHED, reason=Reason.ORPHAN)),
            None,
            "412/izmir-x stands on the account twice",
            "delete that one in the app",
        ),
        (
            delivered(RejectedError(say("too long"))),
            None,
            "412/izmir-x is refused",
            "crossposter retry 412/izmir-x --by NAME",
        ),
        (
            delivered(TransientError(say("busy")), tries=11),
            None,
            "412/izmir-x is held",
            "crossposter retry 412/izmir-x --by NAME",
        ),
        (
            delivered(outcome=Outcome(status=Status.HELD, reason=Reason.NO_PICTURE)),
            None,
            "412/izmir-x is held",
            "crossposter approve 412/izmir-x --by NAME",
        ),
        (
            Stranded(("1/gone", "2/gone")),
            "stranded",
            "posts wait for an account that the YAML no longer has",
            "crossposter reject ID --by NAME",
        ),
        (
            Silent(feed_id="izmir-tr", message=say("nothing since Monday")),
            "silent:izmir-tr",
            "feed izmir-tr is silent",
            "crossposter inspect izmir-tr",
        ),
        (
            Recovering(say("an older copy")),
            None,
            "the ledger does not know all that was published",
            "crossposter approve ID --by NAME",
        ),
        (
            LedgerTrouble(say("the disk is full")),
            "ledger",
            "the ledger cannot be used: nothing is published",
            "is full",
        ),
        (
            ClockDoubted(is_over=False),
            "clock",
            "this machine's clock cannot be believed: nothing is sent",
            "timedatectl set-ntp true",
        ),
        (Restarted(NOON), None, "crossposter was started again after it died", "crossposter check --health"),
        (
            Spending(account_id="izmir-x", month="2026-11", limit_usd=60, is_spent=True),
            "budget:izmir-x",
            "account izmir-x has spent its budget of 2026-11",
            "60.00 US dollars",
        ),
    ],
)
def test_each_trouble_says_what_to_do(event: Event, key: str | None, subject: str, command: str) -> None:
    found = alerts(event)[key]
    assert found[0] == subject
    assert command in found[1]


@pytest.mark.parametrize(
    "event",
    [
        delivered(TransientError(say("busy"))),
        delivered(outcome=Outcome(status=Status.QUEUED, reason=Reason.PICTURE)),
        Delivered(delivery_id="412/izmir-x", account_id="izmir-x", outcome=None),
    ],
)
def test_what_is_merely_tried_again_alerts_nobody(event: Event) -> None:
    assert notices(event) == []


def test_a_post_that_is_decided_after_all_is_not_uncertain_any_more() -> None:
    skipped = delivered(outcome=Outcome(status=Status.SKIPPED, reason=Reason.DROPPED))
    assert (alerts(skipped), ended(skipped)) == ({}, {"uncertain:412/izmir-x"})


def test_who_was_told_of_spent_money_is_told_of_new_money() -> None:
    event = Spending(account_id="izmir-x", month="2026-12", limit_usd=60, is_spent=False)
    assert (alerts(event), ended(event)) == ({}, {"budget:izmir-x"})


@pytest.mark.parametrize("city", ["", "izmir"])
def test_what_waits_for_approval_is_told_when_one_more_does(city: str) -> None:
    key = f"approval:{city}" if city else "approval"
    first = AwaitingApproval(city=city, delivery_ids=("1/x", "2/x"), newest=NOON)
    assert alerts(first)[key][0] == "posts wait for approval: 2"
    assert "crossposter approve ID --by NAME" in alerts(first)[key][1]
    assert one(first).city == city
    told, _ = weigh(one(first), None, now=NOON)
    fewer = replace(first, delivery_ids=("1/x",))
    assert weigh(one(fewer), told, now=NOON)[1] is None
    more = replace(first, newest=NOON + timedelta(minutes=1))
    assert weigh(one(more), told, now=NOON)[1] is not None
    for none in (replace(first, delivery_ids=()), replace(first, delivery_ids=(), newest=None)):
        assert (alerts(none), ended(none)) == ({}, {key})


def test_a_text_that_waits_is_counted_and_one_that_waits_again_is_told() -> None:
    waits = Outcome(status=Status.HELD, reason=Reason.APPROVAL)
    assert alerts(delivered(outcome=waits)) == {}
    subject, text = alerts(delivered(outcome=replace(waits, message=say("its approval is void"))))[None]
    assert subject.endswith("waits for approval again")
    assert "its approval is void" in text


def test_who_was_told_of_the_ledger_or_the_clock_is_told_that_it_is_over() -> None:
    for event, key in ((LedgerTrouble(None), "ledger"), (ClockDoubted(is_over=True), "clock")):
        assert (alerts(event), ended(event)) == ({}, {key})


def test_what_an_old_ledger_holds_was_told_with_that_and_a_jump_of_the_clock_is_no_trouble_yet() -> None:
    news = [an_entry(number) for number in range(8)]
    accounts = [an_account("izmir-x")]
    held = plan(a_feed(), news, accounts=accounts, known={}, first_poll=False, now=NOON, is_restored=True)
    assert {one.reason for one in held.decisions} == {Reason.RESTORED}
    assert alerts(Poll(feed_id="izmir-tr", plan=held)) == {}
    assert notices(ClockJumped(timedelta(hours=1))) == []


def test_a_long_headline_is_cut_and_many_names_are_counted() -> None:
    done = Delivered(delivery_id="1/x", account_id="x", outcome=PUBLISHED, title="ş" * 200)
    assert len(alerts(done)[None][1]) < 150
    many = Stranded(tuple(f"{number}/gone" for number in range(50)))
    assert "50 posts wait for it: 0/gone" in alerts(many)["stranded"][1]
    assert "20/gone" not in alerts(many)["stranded"][1]


# -- the checkup -----------------------------------------------------------------------------------------------------


def checked_up(check: Check, colour: Colour, *, state: str = "", is_measured: bool = True) -> CheckedUp:
    action = None if colour is Colour.GREEN else say("do this")
    return CheckedUp(
        (
            Finding(
                subject="izmir-x",
                check=check,
                colour=colour,
                message=say("found"),
                action=action,
                state=state,
                is_measured=is_measured,
            ),
        )
    )


@pytest.mark.parametrize("check", [check for check in Check if check not in (Check.IDENTITY, Check.CLOCK)])
def test_a_finding_is_a_matter_until_it_is_green(check: Check) -> None:
    told = one(checked_up(check, Colour.RED, state="7"))
    assert (told.key, told.state) == (f"checkup:izmir-x:{check}", "7")
    assert told.alert
    assert (told.alert.level, [str(line) for line in told.alert.lines]) == (Level.CRITICAL, ["found", "do this"])
    assert "izmir-x" in str(told.alert.subject)
    assert ended(checked_up(check, Colour.GREEN)) == {told.key}


def test_one_clock_is_one_matter_whoever_says_that_it_is_wrong() -> None:
    colours = (Colour.GREEN, Colour.YELLOW, Colour.RED, Colour.YELLOW)
    clocks = [checked_up(Check.CLOCK, colour, state=colour).findings[0] for colour in colours]
    told = one(CheckedUp(tuple(clocks)))
    assert (told.key, told.state) == ("checkup:crossposter:clock", "red")
    assert ended(CheckedUp((clocks[0], clocks[0]))) == {told.key}


def test_each_stage_of_an_ending_token_is_told_once() -> None:
    matter, told = None, []
    for stage in ("14", "14", "7", "3", "3", "1", "ended"):
        colour = Colour.RED if stage in ("1", "ended") else Colour.YELLOW
        matter, alert = weigh(one(checked_up(Check.TOKEN, colour, state=stage)), matter, now=NOON)
        told.append(alert.level if alert else None)
    warning, critical = Level.WARNING, Level.CRITICAL
    assert told == [warning, None, warning, warning, None, critical, critical]
    matter, alert = weigh(one(checked_up(Check.TOKEN, Colour.GREEN)), matter, now=NOON)
    assert matter is None
    assert alert
    assert alert.is_good


def test_silence_of_a_platform_is_told_when_it_lasts_and_what_cannot_be_seen_alarms_nobody() -> None:
    assert one(checked_up(Check.REACH, Colour.RED)).after == 2
    hidden = one(checked_up(Check.TOKEN, Colour.YELLOW, is_measured=False)).alert
    assert hidden
    assert hidden.level is Level.INFO


def test_a_mismatch_is_the_matter_that_a_delivery_finds_and_is_told_once() -> None:
    why = say("the platform says another")
    account = an_account("izmir-x")
    found = Finding(subject=account.id, check=Check.IDENTITY, colour=Colour.RED, message=why, action=say("log in"))
    told, met = one(CheckedUp((found,))), one(delivered(AccountError(why)))
    assert (told.key, told.state) == (met.key, met.state)
    assert told.alert
    assert "log in" in "\n".join(map(str, told.alert.lines))
    # That the platform answers does not show that it takes posts.
    assert notices(checked_up(Check.IDENTITY, Colour.GREEN)) == []


def test_an_account_that_cannot_be_read_back_is_one_that_is_stopped() -> None:
    def unread(reason: Reason) -> Notice:
        why = say("it may not be read")
        outcome = Outcome(status=Status.QUEUED, reason=reason, message=why, account_rests_until=NOON)
        return one(Unread(account_id="izmir-x", outcome=outcome))

    stopped, unpaid, busy = unread(Reason.ACCOUNT), unread(Reason.CREDIT), unread(Reason.TRANSIENT)
    assert {found.key for found in (stopped, unpaid, busy)} == {"account:izmir-x"}
    assert (unpaid.state, busy.state) == ("unpaid", "unread")
    assert (stopped.after, busy.after) == (1, 3)  # what may pass by itself is told when it does not


def a_pause(**changes: object) -> Pause:
    pause = Pause(
        id=7, scope=Scope.ALL, name="", why="milli yas", person="Ayşe", system_user="a", begun_at=NOON, until=None,
        file=None,
    )  # fmt: skip
    return replace(pause, **changes)  # type: ignore[arg-type]  # a wrong name raises


def test_a_pause_is_told_with_the_way_out_of_it_and_so_is_its_end() -> None:
    told = alerts(Paused(a_pause(), "Europe/Istanbul"))["pause:7"]
    assert told[0] == "paused: everything"
    assert "paused by Ayşe since 25.11.2026 15:00: milli yas" in told[1]
    assert "crossposter resume --all --by NAME" in told[1]
    account = Paused(a_pause(scope=Scope.ACCOUNT, name="izmir.x"))
    assert "crossposter resume --account izmir.x --by NAME" in alerts(account)["pause:7"][1]
    assert one(account).city == "izmir"
    assert "remove the file" in alerts(Paused(a_pause(file="here:/data/PAUSE")))["pause:7"][1]
    assert ended(Resumed(a_pause(ended_at=NOON))) == {"pause:7"}
    alert = one(Resumed(a_pause(ended_by="Ayşe"))).alert
    assert alert
    assert [str(line) for line in alert.lines] == ["by Ayşe"]


def test_a_backlog_is_told_to_its_city_until_nothing_of_it_waits() -> None:
    told = alerts(Backlog(city="izmir", count=3))["backlog:izmir"]
    assert "3 post(s) are held" in told[1]
    assert "crossposter resume --all --release all --by NAME" in told[1]
    assert one(Backlog(city="izmir", count=3)).city == "izmir"
    assert ended(Backlog(city="", count=0)) == {"backlog"}
