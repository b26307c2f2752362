"""A process with an alarm that takes what it is to send, says so, and sends nothing: to be killed there.

python -m tests.alerts.alarm_runner PATH_OR_ADDRESS
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from crossposter.alerts.alarm import Alarm, Audience
from crossposter.alerts.carrier import Carrier, Letter
from crossposter.clock import SystemClock
from crossposter.ledger import LedgerAlerts, SqlLedger
from crossposter.references import DatabaseAddress, Secret
from crossposter.web import Network
from tests.alerts.doubt import in_doubt
from tests.alerts.test_alarm import listener


class Frozen(Carrier):
    """Is about to send, for ever."""

    def send(self, letter: Letter, address: Secret, network: Network) -> None:
        print(letter.title, flush=True)
        threading.Event().wait()


def main(place: str) -> None:
    """Hear of one thing."""
    ledger = SqlLedger.open(DatabaseAddress(place) if "://" in place else Path(place))
    alarm = Alarm(Audience([listener()]), book=LedgerAlerts(ledger), carrier=Frozen(), clock=SystemClock())
    alarm.start()
    alarm.hear(in_doubt("1/izmir-x"))
    alarm.finish(1000)


if __name__ == "__main__":
    main(sys.argv[1])
