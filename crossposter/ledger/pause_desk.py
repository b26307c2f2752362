"""Where people pause and resume, beside the daemon that sends: each act is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crossposter.core.acts import Person
from crossposter.core.pausing import Kept, Pause, Release, Scope
from crossposter.errors import LedgerError
from crossposter.ledger import pauses
from crossposter.ledger.acts import Acted, Desk
from crossposter.ledger.store import SqlLedger
from crossposter.wording import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """What came of resuming: which pauses it has ended, what became of the backlog, and how much of it still waits."""

    ended: tuple[Pause, ...]
    acted: tuple[Acted, ...]
    left: int
    #: What still pauses something.
    others: tuple[Pause, ...]


class PauseDesk:
    """Writes pauses and their ends."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger

    def pause(self, scope: Scope, name: str, person: Person, *, until: datetime | None, now: datetime) -> None:
        """Let nothing of a scope out from now on."""
        with self._ledger.writing() as connection:
            pauses.begin(
                connection,
                scope,
                name,
                why=person.why or "",
                person=person.name,
                system_user=person.system_user,
                until=until,
                now=now,
            )

    def resume(
        self, scope: Scope, name: str, person: Person, *, release: Release | None, file: str | None, now: datetime
    ) -> Resumption:
        """End the pauses of exactly this scope; what came due under them is held, and released as the person says.

        Args:
            scope: Of the pauses and of the backlog.
            name: Of the account or the feed; empty for all.
            person: Who, and why.
            release: What becomes of the backlog; None to leave it held.
            file: The file that pauses here, which no command ends; None where there is none.
            now: When.

        Raises:
            LedgerError: The file is there; or there is neither a pause of this scope nor a backlog.
        """
        chosen = pauses.in_scope(scope, name)
        with self._ledger.writing() as connection:
            found = pauses.open_pauses(connection)
            mine = [one for one in found if (one.scope, one.name) == (scope, name)]
            if file and any(one.file == file for one in mine):
                raise LedgerError(say("the file {file} pauses everything: remove it, and it is over", file=file))
            pauses.hold_accounts(connection)
            pauses.end(connection, mine, by=person.name, system_user=person.system_user, now=now)
            backlog = [Kept(row.entry_id, row.account_id, row.at) for row in pauses.backlog(connection, chosen)]
            if not mine and not backlog:
                raise LedgerError(say("nothing is paused there, and nothing waits from a pause: crossposter queue"))
            desk = Desk(self._ledger)
            acted: list[Acted] = []
            if release:
                for kept in release.chosen(backlog):
                    acted += desk.act_within(connection, release.verb, kept.id, person, now=now)
        return Resumption(
            ended=tuple(mine),
            acted=tuple(acted),
            left=len(backlog) - len(acted),
            others=tuple(one for one in found if one not in mine),
        )
