"""Carries one message to one address, by a child process that can be ended at any moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossposter.core.alerting import Level
from crossposter.references import Secret
from crossposter.web import Network
from crossposter.wording import Message, say

#: Seconds that sending a message may take, the child's start included.
DEADLINE_S = 40.0
_KINDS = {Level.INFO: "info", Level.WARNING: "warning", Level.CRITICAL: "failure"}
#: All that the child gets of the environment: no keys and tokens.
_ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX")
_ROOT = str(Path(__file__).parents[2])
_CODE = "import sys; sys.path.append(sys.argv[1]); from crossposter.alerts.child import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message in words."""

    title: str
    body: str
    level: Level
    is_good: bool = False


class Carrier:
    """Sends messages. Safe to use from several threads."""

    def __init__(self, *, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[bytes]] = set()
        self._is_stopped = False

    def send(self, letter: Letter, address: Secret, network: Network) -> Message | None:
        """Send it, by the network's proxy where it has one.

        Returns:
            Why it was not sent, as far as anybody can tell; None when it was.
        """
        kind = "success" if letter.is_good else _KINDS[letter.level]
        task = {"address": address.reveal(), "title": letter.title, "body": letter.body, "kind": kind}
        try:
            child = self._started(network)
        except OSError as error:
            return say("no process starts that could send it: {cause}", cause=error.strerror)
        if child is None:
            return say("crossposter is ending")
        try:
            answer, _ = child.communicate(json.dumps(task).encode(), timeout=self._deadline_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return say("it took longer than {limit} s", limit=round(self._deadline_s))
        finally:
            with self._lock:
                self._children.discard(child)
        return _why_not(answer, child.returncode)

    def stop(self) -> None:
        """End what is being sent, and send nothing any more."""
        with self._lock:
            self._is_stopped = True
            for child in self._children:
                child.kill()

    def _started(self, network: Network) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._is_stopped:
                return None
            child = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", "-s", "-c", _CODE, _ROOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a traceback could hold the address
                env=_environment(network, os.environ),
            )
            self._children.add(child)
            return child


def _environment(network: Network, ours: Mapping[str, str]) -> dict[str, str]:
    """Give the child's environment: the YAML's network in the words that its libraries understand."""
    found = {name: ours[name] for name in _ENVIRONMENT if name in ours}
    if network.proxy:
        found |= {"http_proxy": network.proxy, "https_proxy": network.proxy, "no_proxy": "localhost,127.0.0.1,::1"}
    if network.ca_file:
        found |= {"REQUESTS_CA_BUNDLE": network.ca_file, "SSL_CERT_FILE": network.ca_file}
    return found


def _why_not(answer: bytes, code: int) -> Message | None:
    try:
        found: dict[str, Any] = json.loads(answer)
    except ValueError:
        return say("the process that sends it ended (exit code {code})", code=code)
    if found["sent"]:
        return None
    if not found["known"]:
        return say("this is no address of a service that is known: see docs/alerts.md")
    return say("not taken: {words}", words=found["words"] or "?")
