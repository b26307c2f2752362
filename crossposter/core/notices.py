"""What each event says to people: which matter it is about, how grave it is, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from crossposter.core.alerting import Alert, Level, Notice
from crossposter.core.amended import is_amendment, of_amendment
from crossposter.core.budget import dollars
from crossposter.core.checkup import MACHINE, Check, Colour, Finding, worst
from crossposter.core.cities import city_of
from crossposter.core.events import (
    AwaitingApproval,
    Backlog,
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
from crossposter.core.gate import Flaw, examine
from crossposter.core.kinds import name_of
from crossposter.core.model import Outcome, Reason, Status
from crossposter.core.planning import Decision, Plan
from crossposter.wording import Message, say

#: A feed is in trouble after so many polls without success in a row.
FAILED_POLLS = 3
#: A person is asked about an uncertain post after so many looks in a row that told nothing.
UNREAD_LOOKS = 3
#: Characters of a headline.
_SHOWN = 90
#: Names of deliveries in one sentence.
_NAMED = 10


def notices(event: Event) -> list[Notice]:
    """Say what an event means for people, and for those of which city; empty when it means nothing."""
    match event:
        case Poll():
            return _for_those_of(event.feed_id, _of_poll(event))
        case Delivered():
            return _for_those_of(event.account_id, _of_delivery(event))
        case Unread():
            return _for_those_of(event.account_id, [_unread(event)])
        case Interrupted():
            notice = _looked_for(event.delivery_id, None, Reason.INTERRUPTED.message)
            return _for_those_of(event.delivery_id, [notice])
        case Settled():
            subject = say("a person has looked after {delivery}", delivery=event.delivery_id)
            return _for_those_of(event.delivery_id, [_ended(f"uncertain:{event.delivery_id}", subject)])
        case Stranded():
            return list(_of_stranded(event))
        case Silent():
            return _for_those_of(event.feed_id, [_silent(event)])
        case Restarted():
            return [_restarted(event)]
        case ClockJumped():
            return []  # whether that is a trouble, platforms tell
        case ClockDoubted():
            return [_clock_doubted(event)]
        case LedgerTrouble():
            return [_ledger_trouble(event)]
        case Recovering():
            return [_recovering(event)]
        case Spending():
            return _for_those_of(event.account_id, [_spending(event)])
        case AwaitingApproval():
            return [replace(_awaiting_approval(event), city=event.city)]
        case Paused():
            return _for_those_of(event.pause.name, [_paused(event)])
        case Resumed():
            return _for_those_of(event.pause.name, [_resumed(event)])
        case Backlog():
            return [replace(_backlog(event), city=event.city)]
        case _:
            return list(_of_checkup(event.findings))


def _for_those_of(name: str, found: Iterable[Notice]) -> list[Notice]:
    """Give what concerns the city of an account, a feed or a delivery alone."""
    city = city_of(name)
    return [replace(notice, city=city) for notice in found]


# -- polls -----------------------------------------------------------------------------------------------------------


def _of_poll(poll: Poll) -> Iterator[Notice]:
    feed = poll.feed_id
    if poll.error:
        lines = (
            poll.error.message,
            say("look at its address in a browser, and at it with: crossposter inspect {feed}", feed=feed),
        )
        subject = say("feed {feed} cannot be read", feed=feed)
        alert = Alert(level=Level.WARNING, subject=subject, lines=lines)
        yield Notice(key=f"failing:{feed}", state="failing", alert=alert, after=FAILED_POLLS)
        return
    yield _ended(f"failing:{feed}", say("feed {feed} is read again", feed=feed))
    if poll.plan and not poll.plan.first_poll:
        yield from _of_plan(poll.plan)


def _of_plan(plan: Plan) -> Iterator[Notice]:
    feed = plan.feed_id
    held = [decision for decision in plan.decisions if decision.status is Status.HELD]
    flood = [decision for decision in held if decision.reason is Reason.FLOOD]
    broken = [decision for decision in held if decision.reason is Reason.GATE and _has_broken_letters(decision)]
    if plan.new:
        yield _ended(f"silent:{feed}", say("feed {feed} has news again", feed=feed))
    yield _flood(feed, flood)
    yield _edited(plan, flood)
    yield _lumped(plan)
    if plan.new and not flood:
        yield _letters(feed, broken)
    # What is held because the ledger is an old one was told with that, once.
    others = [one for one in held if one not in flood and one not in broken and one.reason is not Reason.RESTORED]
    for _, story in groupby(others, key=lambda decision: decision.keys):
        yield _held_story(list(story))


def _has_broken_letters(decision: Decision) -> bool:
    return any(finding.flaw is Flaw.MOJIBAKE for finding in examine(decision.entry))


def _flood(feed: str, flood: list[Decision]) -> Notice:
    if not flood:
        return Notice(key=f"flood:{feed}")
    stories = {decision.keys for decision in flood}
    lines = (
        *filter(None, [flood[0].message]),
        say("{count} news are held; look at the site first: was it rebuilt?", count=len(stories)),
        say("see them: crossposter queue; let one out: crossposter approve ID --by NAME; drop one: crossposter reject"),
    )
    alert = Alert(level=Level.WARNING, subject=say("a flood of news in feed {feed} is held", feed=feed), lines=lines)
    return Notice(key=f"flood:{feed}", state="flood", alert=alert)


def _edited(plan: Plan, flood: list[Decision]) -> Notice:
    told = [alarm for alarm in plan.alarms if not any(alarm == decision.message for decision in flood)]
    if not told:
        return Notice(key=f"edited:{plan.feed_id}")
    subject = say("most of feed {feed} says something else now", feed=plan.feed_id)
    return Notice(
        key=f"edited:{plan.feed_id}",
        state="edited",
        alert=Alert(level=Level.WARNING, subject=subject, lines=tuple(told)),
    )


def _lumped(plan: Plan) -> Notice:
    if not plan.lumped:
        return Notice(key=f"lumped:{plan.feed_id}")
    lines = (
        plan.lumped,
        say("only the first of them is posted; ask the site's keeper for an address of its own for each"),
        say("see how the feed is read: crossposter inspect {feed}", feed=plan.feed_id),
    )
    subject = say("news of feed {feed} are taken for one another", feed=plan.feed_id)
    alert = Alert(level=Level.WARNING, subject=subject, lines=lines)
    return Notice(key=f"lumped:{plan.feed_id}", state="lumped", alert=alert)


def _letters(feed: str, broken: list[Decision]) -> Notice:
    if not broken:
        return Notice(key=f"letters:{feed}")
    lines = (
        *filter(None, [broken[0].message]),
        say("such news are held: crossposter queue; after mending: crossposter reject or approve them"),
        say("see how the feed is read: crossposter inspect {feed}", feed=feed),
    )
    alert = Alert(level=Level.WARNING, subject=say("letters are broken in feed {feed}", feed=feed), lines=lines)
    return Notice(key=f"letters:{feed}", state="broken", alert=alert)


def _held_story(decisions: list[Decision]) -> Notice:
    first = decisions[0]
    accounts = ", ".join(decision.account_id for decision in decisions)
    return _held(
        str(first.entry_id),
        first.entry.title,
        say("for: {accounts}", accounts=accounts),
        first.message or (first.reason.message if first.reason else None),
    )


# -- deliveries ------------------------------------------------------------------------------------------------------


def _of_delivery(done: Delivered) -> Iterator[Notice]:
    outcome = done.outcome
    if outcome is None:
        return  # tried again; one that fails too often is held
    why = outcome.message or (outcome.reason.message if outcome.reason else None)
    if outcome.reason is Reason.CREDIT and why:
        yield _unpaid(done.account_id, why)
        return
    if outcome.reason is Reason.ACCOUNT and why:
        yield _stopped(done.account_id, why, until=outcome.account_rests_until)
        return
    if is_amendment(done):
        yield from of_amendment(done, outcome, why)
        return
    if outcome.status is Status.QUEUED:
        return
    if outcome.status is Status.UNCERTAIN:
        yield _in_doubt(done, outcome, why)
        return
    url = outcome.receipt.url if outcome.receipt else ""
    if outcome.reason is Reason.ORPHAN:
        yield _twice(done, url)
        return
    if outcome.status is Status.PUBLISHED:
        yield _ended(f"account:{done.account_id}", say("account {account} works again", account=done.account_id))
        subject = say("{delivery} is published after all", delivery=done.delivery_id)
        yield _ended(
            f"uncertain:{done.delivery_id}", subject, _headline(done.title), say("it stands at {url}", url=url)
        )
        yield Notice(
            key=None,
            alert=Alert(
                level=Level.INFO,
                subject=say("{delivery} is published", delivery=done.delivery_id),
                lines=(_headline(done.title), say("it stands at {url}", url=url)),
                is_good=True,
            ),
        )
        return
    if outcome.reason is Reason.UNKNOWN:
        yield _uncertain(done.delivery_id, done.title, Reason.UNKNOWN.message, outcome.message)
        return
    yield Notice(key=f"uncertain:{done.delivery_id}")
    if outcome.reason is Reason.APPROVAL:
        if outcome.message:  # what waits for the first time is counted, and told together
            yield _asked_again(done, outcome.message)
        return
    if outcome.status is Status.FAILED:
        yield _given_up(done, say("{delivery} is refused", delivery=done.delivery_id), outcome.message)
    elif outcome.reason is Reason.UNREACHABLE:
        yield _given_up(done, say("{id} is held", id=done.delivery_id), Reason.UNREACHABLE.message, outcome.message)
    elif outcome.reason is Reason.ALREADY_POSTED:
        by_hand = say(
            "count that one as it: crossposter settle {id} --published ADDRESS --by NAME", id=done.delivery_id
        )
        yield _held(done.delivery_id, done.title, Reason.ALREADY_POSTED.message, outcome.message, by_hand)
    elif outcome.status is Status.HELD:
        yield _held(done.delivery_id, done.title, why)


def _stopped(account: str, why: Message, act: Message | None = None, *, until: datetime | None = None) -> Notice:
    time = until.isoformat(timespec="minutes") if until else "-"
    again = say(
        "its news waits; mend this: crossposter looks again by itself at {time}, or at once after "
        "'crossposter run --reload'",
        time=time,
    )
    soon = say("its news waits; mend this, and crossposter goes on by itself within a quarter of an hour")
    lines = (
        why,
        *filter(None, [act]),
        again if until else soon,
        say("how each account is set up: docs/platforms; what waits: crossposter ledger list"),
    )
    subject = say("account {account} is stopped", account=account)
    alert = Alert(level=Level.CRITICAL, subject=subject, lines=lines)
    return Notice(key=f"account:{account}", state=_signature(why), alert=alert)


def _unread(event: Unread) -> Notice:
    outcome = event.outcome
    why = outcome.message or Reason.ACCOUNT.message
    if outcome.reason is Reason.CREDIT:
        return _unpaid(event.account_id, why)
    stopped = _stopped(event.account_id, why, until=outcome.account_rests_until)
    return stopped if outcome.reason is Reason.ACCOUNT else replace(stopped, state="unread", after=FAILED_POLLS)


def _unpaid(account: str, why: Message) -> Notice:
    lines = (
        why,
        say("its news waits, and goes out by itself within a quarter of an hour after that"),
        say("what each account has cost, and what waits: crossposter accounts"),
    )
    subject = say("what was paid for account {account} at its platform is used up", account=account)
    alert = Alert(level=Level.CRITICAL, subject=subject, lines=lines)
    return Notice(key=f"account:{account}", state="unpaid", alert=alert)


def _in_doubt(done: Delivered, outcome: Outcome, why: Message | None) -> Notice:
    """Say that nobody knows whether a post is public: a person is asked only when the account does not tell."""
    if outcome.not_before is None or (outcome.tries or 0) >= UNREAD_LOOKS:
        return _uncertain(done.delivery_id, done.title, why)
    return _looked_for(done.delivery_id, done.title, why)


def _looked_for(delivery: str, title: str | None, why: Message | None) -> Notice:
    lines = (
        *filter(None, [_headline(title) if title else None, why]),
        say("nothing is to be done: crossposter looks at the account in a few minutes, and says so if it cannot tell"),
    )
    subject = say("{delivery} may be public or not", delivery=delivery)
    alert = Alert(level=Level.INFO, subject=subject, lines=lines)
    return Notice(key=f"uncertain:{delivery}", state="looking", alert=alert)


def _twice(done: Delivered, url: str) -> Notice:
    lines = (
        _headline(done.title),
        say("an answer came so late that it was sent again; one of the two is at {url}", url=url),
        say("delete that one in the app; what was sent when: crossposter ledger show {id}", id=done.entry_id),
    )
    subject = say("{delivery} stands on the account twice", delivery=done.delivery_id)
    return Notice(key=None, alert=Alert(level=Level.CRITICAL, subject=subject, lines=lines))


def _uncertain(delivery: str, title: str | None, *why: Message | None) -> Notice:
    story = name_of(delivery).entry_id
    lines = [
        *filter(None, [_headline(title) if title else None, *why]),
        say(
            "is it on the account? it is not sent again by itself; what was sent: crossposter ledger show {id}",
            id=story,
        ),
        say("it is there: crossposter settle {id} --published ADDRESS --by NAME", id=delivery),
        say("it is not, send it again: crossposter settle {id} --absent --by NAME", id=delivery),
    ]
    subject = say("{delivery} may be public or not", delivery=delivery)
    alert = Alert(level=Level.CRITICAL, subject=subject, lines=tuple(lines))
    return Notice(key=f"uncertain:{delivery}", state="uncertain", alert=alert)


def _given_up(done: Delivered, subject: Message, *why: Message | None) -> Notice:
    names = {"id": done.delivery_id}
    act = say("try it again: crossposter retry {id} --by NAME; drop it: crossposter reject {id} --by NAME", **names)
    lines = (_headline(done.title), *filter(None, why), act)
    return Notice(key=None, alert=Alert(level=Level.WARNING, subject=subject, lines=lines))


def _held(name: str, title: str, *why: Message | None) -> Notice:
    act = say("let it out: crossposter approve {id} --by NAME; drop it: crossposter reject {id} --by NAME", id=name)
    lines = (_headline(title), *filter(None, why), act)
    return Notice(key=None, alert=Alert(level=Level.WARNING, subject=say("{id} is held", id=name), lines=lines))


def _asked_again(done: Delivered, why: Message) -> Notice:
    lines = (
        _headline(done.title),
        why,
        say("look at the text as it is now: crossposter queue; let it out: crossposter approve ID --by NAME"),
    )
    subject = say("{id} waits for approval again", id=done.delivery_id)
    return Notice(key=None, alert=Alert(level=Level.WARNING, subject=subject, lines=lines))


def _awaiting_approval(event: AwaitingApproval) -> Notice:
    """Say how many posts wait for approval: told again when one more does, and not when one is let out."""
    key = f"approval:{event.city}" if event.city else "approval"
    if not event.delivery_ids or event.newest is None:
        return _ended(key, say("no post waits for approval any more"))
    count, shown = len(event.delivery_ids), ", ".join(event.delivery_ids[-_NAMED:])
    lines = (
        say("these wait: {deliveries}", deliveries=shown),
        say("see their texts: crossposter queue; let one out: crossposter approve ID --by NAME"),
    )
    subject = say("posts wait for approval: {count}", count=count)
    alert = Alert(level=Level.WARNING, subject=subject, lines=lines)
    return Notice(key=key, state=event.newest.isoformat(), alert=alert)


def _of_stranded(event: Stranded) -> Iterator[Notice]:
    for city, names in groupby(sorted(event.delivery_ids, key=city_of), key=city_of):
        yield replace(_stranded(list(names), key=f"stranded:{city}" if city else "stranded"), city=city)


def _stranded(names: list[str], *, key: str) -> Notice:
    shown = ", ".join(names[:_NAMED])
    lines = (
        say("{count} posts wait for it: {deliveries}", count=len(names), deliveries=shown),
        say("put the account back into the YAML, or drop them: crossposter reject ID --by NAME"),
    )
    subject = say("posts wait for an account that the YAML no longer has")
    alert = Alert(level=Level.WARNING, subject=subject, lines=lines)
    return Notice(key=key, state=" ".join(names), alert=alert)


# -- the checkup -----------------------------------------------------------------------------------------------------


_MATTERS = {
    Check.REACH: say("{subject}: the platform cannot be reached"),
    Check.ACCESS: say("{subject}: something is not allowed"),
    Check.TOKEN: say("{subject}: the token ends"),
    Check.DATA_ACCESS: say("{subject}: access to data ends"),
    Check.QUOTA: say("{subject}: the day's posts are nearly used up"),
    Check.CLOCK: say("{subject}: this machine's clock is wrong"),
    Check.VERSION: say("{subject}: the interface's version"),
    Check.FEED: say("{subject}: the feed"),
    Check.PICTURES: say("{subject}: pictures have no public address"),
    Check.LEDGER: say("{subject}: the ledger cannot be written"),
    Check.DISK: say("{subject}: the disk has little room"),
}
#: The one thing that ends by itself: it is told when it was found twice in a row.
_MAY_PASS = 2


def _of_checkup(findings: Sequence[Finding]) -> Iterator[Notice]:
    clocks = [found for found in findings if found.check is Check.CLOCK]
    for found in findings:
        if found.check is not Check.CLOCK:
            yield from _for_those_of(found.subject, _of_finding(found))
    if clocks:
        # Every platform says it of the one clock that there is.
        gravest = next(found for found in clocks if found.colour is worst(clocks))
        yield from _of_finding(replace(gravest, subject=MACHINE))


def _of_finding(found: Finding) -> Iterator[Notice]:
    key = f"checkup:{found.subject}:{found.check}"
    if found.check is Check.IDENTITY:
        # The matter of an account that a delivery found stopped: the same one, told once. Only a post shows that it is
        # over: the platform may answer, and still take nothing.
        if found.colour is Colour.RED:
            yield _stopped(found.subject, found.message, found.action)
        return
    if found.colour is Colour.GREEN:
        yield _ended(key, say("{subject}: all is well again", subject=found.subject), found.message)
        return
    subject = replace(_MATTERS[found.check], values={"subject": found.subject})
    level = Level.CRITICAL if found.colour is Colour.RED else Level.WARNING if found.is_measured else Level.INFO
    alert = Alert(level=level, subject=subject, lines=(found.message, *filter(None, [found.action])))
    yield Notice(key=key, state=found.state, alert=alert, after=_MAY_PASS if found.check is Check.REACH else 1)


# -- the rest --------------------------------------------------------------------------------------------------------


def _silent(event: Silent) -> Notice:
    lines = (
        event.message,
        say("was the site changed? see what it holds: crossposter inspect {feed}", feed=event.feed_id),
    )
    subject = say("feed {feed} is silent", feed=event.feed_id)
    alert = Alert(level=Level.WARNING, subject=subject, lines=lines)
    return Notice(key=f"silent:{event.feed_id}", state="silent", alert=alert)


def _restarted(event: Restarted) -> Notice:
    lines = (
        say("its last sign of life: {time}", time=event.last_beat.isoformat(timespec="seconds")),
        say("power, memory or a kill; look at the system's log, then: crossposter check --health"),
    )
    return Notice(
        key=None,
        alert=Alert(level=Level.WARNING, subject=say("crossposter was started again after it died"), lines=lines),
    )


def _ledger_trouble(event: LedgerTrouble) -> Notice:
    if event.message is None:
        return _ended("ledger", say("the ledger can be written again"))
    lines = (event.message, say("feeds and posts wait until then; nothing is lost, and nothing is posted twice"))
    subject = say("the ledger cannot be used: nothing is published")
    alert = Alert(level=Level.CRITICAL, subject=subject, lines=lines)
    return Notice(key="ledger", state=event.message.template, alert=alert)


def _clock_doubted(event: ClockDoubted) -> Notice:
    if event.is_over:
        return _ended("clock", say("this machine's clock is believed again"))
    lines = (
        say("it was set, or the ledger knows of a later time; no platform that answers says that it is right"),
        say("set it by the network: timedatectl set-ntp true; then crossposter goes on by itself"),
    )
    subject = say("this machine's clock cannot be believed: nothing is sent")
    alert = Alert(level=Level.CRITICAL, subject=subject, lines=lines)
    return Notice(key="clock", state="doubted", alert=alert, after=_MAY_PASS)


def _recovering(event: Recovering) -> Notice:
    lines = (
        event.reason,
        say("nothing goes out until the accounts have been read back; what is found there is taken over"),
        say("what waited, and what the feeds show now, is held: look whether it is on the accounts already"),
        say("see them: crossposter queue; let one out: crossposter approve ID --by NAME; drop one: crossposter reject"),
    )
    subject = say("the ledger does not know all that was published")
    return Notice(key=None, alert=Alert(level=Level.CRITICAL, subject=subject, lines=lines))


def _spending(event: Spending) -> Notice:
    key = f"budget:{event.account_id}"
    if not event.is_spent:
        return _ended(key, say("account {account} has money again", account=event.account_id))
    subject = say("account {account} has spent its budget of {month}", account=event.account_id, month=event.month)
    lines = (
        say("{limit} US dollars; `budget` in the YAML says what becomes of posts now", limit=dollars(event.limit_usd)),
        say("what it has cost so far: crossposter accounts"),
    )
    alert = Alert(level=Level.WARNING, subject=subject, lines=lines)
    return Notice(key=key, state=event.month, alert=alert)


def _paused(event: Paused) -> Notice:
    pause = event.pause
    scope = "--all" if not pause.name else f"--{pause.scope} {pause.name}"
    act = say("what comes due meanwhile is held; to go on: crossposter resume {scope} --by NAME", scope=scope)
    if pause.file:
        act = say("what comes due meanwhile is held; to go on, remove the file")
    subject = say("paused: {what}", what=pause.what)
    alert = Alert(level=Level.WARNING, subject=subject, lines=(pause.told(event.timezone), act))
    return Notice(key=f"pause:{pause.id}", state="paused", alert=alert)


def _resumed(event: Resumed) -> Notice:
    pause = event.pause
    by = say("by {person}", person=pause.ended_by) if pause.ended_by else say("by itself")
    return _ended(f"pause:{pause.id}", say("no longer paused: {what}", what=pause.what), by)


def _backlog(event: Backlog) -> Notice:
    key = f"backlog:{event.city}" if event.city else "backlog"
    if not event.count:
        return _ended(key, say("nothing waits any more of what came due while nothing was sent"))
    lines = (
        say("{count} post(s) are held; what is still news, a person says: crossposter queue", count=event.count),
        say(
            "let them out at their accounts' pace: crossposter resume --all --release all --by NAME; or newest 3, none"
        ),
    )
    subject = say("posts came due while nothing was sent")
    alert = Alert(level=Level.WARNING, subject=subject, lines=lines)
    return Notice(key=key, state="waits", alert=alert)


def _ended(key: str, subject: Message, *lines: Message) -> Notice:
    return Notice(key=key, alert=Alert(level=Level.INFO, subject=subject, lines=lines, is_good=True))


def _headline(title: str) -> Message:
    words = " ".join(title.split())
    shown = words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
    return say("“{title}”", title=shown)


def _signature(message: Message) -> str:
    """Give what stays the same while a platform words one trouble in many ways: sentences and codes, no names."""
    values = [
        _signature(value) if isinstance(value, Message) else str(value)
        for _, value in sorted(message.values.items())
        if isinstance(value, Message | int)
    ]
    return " ".join([message.template, *values])
