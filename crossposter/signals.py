"""What the system may ask of the daemon, put into a queue. Loads nothing: it comes first, before anything slow."""

from __future__ import annotations

import signal
from collections.abc import Callable
from enum import Enum
from queue import SimpleQueue
from types import FrameType


class Command(Enum):
    """What the daemon is told."""

    STOP = "stop"
    RELOAD = "reload"


Commands = SimpleQueue[Command]


def listen() -> Commands:
    """Take SIGTERM, SIGINT and SIGHUP from now on: none of them ends the process any more, each is a command."""
    commands: Commands = SimpleQueue()
    for number, command in (
        (signal.SIGTERM, Command.STOP),
        (signal.SIGINT, Command.STOP),
        (signal.SIGHUP, Command.RELOAD),
    ):
        signal.signal(number, _sender(command, commands))
    return commands


def _sender(command: Command, commands: Commands) -> Callable[[int, FrameType | None], None]:
    return lambda _number, _frame: commands.put(command)
