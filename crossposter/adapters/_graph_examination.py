"""What the Graph API tells of a token beyond whose it is: permissions, its end, and which version answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from crossposter.adapters._debug_token import TokenReport, debug_token
from crossposter.adapters._graph import GraphClient
from crossposter.adapters._graph_errors import Dialect
from crossposter.adapters.options import GRAPH_VERSION, Connection
from crossposter.core.examination import ApiVersion, Examination, Lack, TokenLife
from crossposter.core.model import Identity
from crossposter.errors import PublishError, TransientError
from crossposter.references import Secret
from crossposter.wording import say

#: When Meta retires a version (changelog, read 2026-11); of the newest one it is not known yet. An older version than
#: these is gone.
_ENDS = {
    "v21.0": datetime(2027, 1, 21, tzinfo=UTC),
    "v22.0": datetime(2027, 5, 20, tzinfo=UTC),
    "v23.0": datetime(2027, 10, 8, tzinfo=UTC),
    "v24.0": datetime(2028, 2, 18, tzinfo=UTC),
    "v25.0": datetime(2028, 7, 29, tzinfo=UTC),
}
_NO_APP = say(
    "write the app's app_id and app_secret under `apps: meta:` in the YAML: only the app may ask Meta about its tokens"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The permissions of an account's token.

    Attributes:
        to_post: Those without which nothing can be posted.
        beside: Those that are asked for beside them.
        here: Those that, where they hold for some ids only, must hold for the account's own.
    """

    to_post: tuple[str, ...]
    beside: tuple[str, ...]
    here: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphExaminer:
    """Examines one account by its token."""

    connection: Connection
    client: GraphClient
    token: Secret
    dialect: Dialect
    needs: Needs

    def examine(self, verify: Callable[[], Identity]) -> Examination:
        """Ask whose account it is, then what the token is; an expired one is still known by its end."""
        try:
            seen = Examination(identity=verify())
        except TransientError as error:
            return Examination(error=error, skew=self.client.skew)
        except PublishError as error:
            seen = Examination(error=error)
        return self._with_token(replace(seen, skew=self.client.skew, version=self._version()))

    def _with_token(self, seen: Examination) -> Examination:
        if not {"app_id", "app_secret"} <= self.connection.secrets.keys():
            return replace(seen, untold=_NO_APP)
        try:
            report = debug_token(self.connection, self.token, version=self.client.version, dialect=self.dialect)
        except TransientError as error:
            return replace(seen, untold=error.message)
        except PublishError as error:
            refused = say("Meta does not take the app's keys, app_id and app_secret: {cause}", cause=error.message)
            return replace(seen, untold=refused)
        if not report.is_valid and report.expires is None:
            return seen  # the refusal says it all
        life = TokenLife(ends=report.expires, data_access_ends=report.data_access)
        return replace(seen, token=life, lacks=tuple(self._lacks(report)) if report.is_valid else None)

    def _lacks(self, report: TokenReport) -> list[Lack]:
        missing = [name for name in (*self.needs.to_post, *self.needs.beside) if name not in report.scopes]
        lacks = []
        if missing:
            lacks.append(
                Lack(
                    what=say("the token lacks the permissions {missing}", missing=", ".join(missing)),
                    mend=say("the new token needs them as well (docs/accounts.md)"),
                    stops=not set(missing).isdisjoint(self.needs.to_post),
                    takes_new_token=True,
                )
            )
        if elsewhere := self._holds_elsewhere(report):
            lacks.append(
                Lack(
                    what=say("the permission {name} does not hold for this Page", name=elsewhere),
                    mend=say("choose this Page as well when the new token is made"),
                    stops=True,
                    takes_new_token=True,
                )
            )
        return lacks

    def _holds_elsewhere(self, report: TokenReport) -> str | None:
        """Name a permission that was given for other Pages only."""
        mine = self.connection.remote_id
        narrowed = (name for name in self.needs.here if name in report.targets)
        return next((name for name in narrowed if mine not in report.targets[name]), None)

    def _version(self) -> ApiVersion | None:
        asked, answered = self.client.version, self.client.answered_version
        if not answered:
            return None
        return ApiVersion(asked=asked, answered=answered, ends=_ENDS.get(asked), newest=GRAPH_VERSION)
