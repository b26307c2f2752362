"""Sends one message, in a process of its own: the only owner of Apprise.

Apprise takes a fifth of a second and 30 MB to load, knows no deadline for the whole of a message, and takes proxy and
certificates from the environment alone: here it has an environment of its own, and is ended when it takes too long.
Reads one JSON object from standard input and writes one to standard output; never a part of the address.
"""

from __future__ import annotations

import json
import logging
import sys

from crossposter.core.alerting import secrets_in

#: Characters of Apprise's words that are passed on.
_SHOWN = 300


class _Words(logging.Handler):
    """Keeps what Apprise says about a failure."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.said.append(record.getMessage())


def main() -> None:
    """Send it, and say what came of it."""
    task = json.loads(sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(_sent(task["address"], task["title"], task["body"], task["kind"])))


def _sent(address: str, title: str, body: str, kind: str) -> dict[str, object]:
    words = _Words()
    logger = logging.getLogger("apprise")
    logger.addHandler(words)
    logger.propagate = False
    try:
        is_known, is_sent = _notified(address, title, body, kind)
    except Exception as error:  # noqa: BLE001 - the edge of this process; any traceback could hold the address
        logger.warning("%s: %s", type(error).__name__, error)
        is_known, is_sent = True, False
    said = " ".join(words.said[-2:])
    for secret in secrets_in(address):
        said = said.replace(secret, "**********")
    return {"known": is_known, "sent": is_sent, "words": " ".join(said.split())[:_SHOWN]}


def _notified(address: str, title: str, body: str, kind: str) -> tuple[bool, bool]:
    """Tell whether Apprise knows such an address, and whether the message went out."""
    from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType, OverflowMode

    # A redirected POST would arrive as a GET, without the message, and count as sent. Longer texts go as several.
    asset = AppriseAsset(app_id="crossposter", app_desc="crossposter", app_url="", http_redirects=False)
    service = Apprise.instantiate(address, asset=asset)
    if service is None:
        return False, False
    service.overflow_mode = OverflowMode.SPLIT
    return True, bool(service.notify(body, title, NotifyType(kind), body_format=NotifyFormat.TEXT))
