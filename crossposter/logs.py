"""Logging: one event per outcome with bound fields; for people on a terminal, JSON otherwise; secrets never.

The standard library's loggers go the same way, so that what tweepy or instagrapi print is formatted and redacted too.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Collection
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from crossposter.references import Secret

HIDDEN = "**********"
#: Shapes of credentials, for those that are not known by their value: renewed sessions, other people's tokens.
_CREDENTIAL = re.compile(
    r"""(?x)
    (?<=Bearer\ )[\w.:%~+/=-]{8,}
    | (?<=OAuth\ )oauth_.*
    | IGT:2:[\w+/=%-]+
    | \bEAA[A-Za-z0-9]{16,}
    | (?<![\w])(?:access_token|input_token|fb_exchange_token|client_secret|appsecret_proof|sessionid|oauth_token
        |oauth_signature|password|enc_password|csrftoken)
      \\?["']?\s*[=:]\s*\\?["']?[^\s"'&,;}\\]+
    """
)
#: They log headers and answers, tokens included, below this level.
_TALKATIVE = (
    "tweepy", "oauthlib", "requests_oauthlib", "urllib3", "PIL", "apscheduler", "alembic", "h2", "hpack",
)  # fmt: skip


def configure(*, secrets: Collection[Secret] = (), stream: TextIO | None = None, as_json: bool | None = None) -> None:
    """Send every logger of the process to one redacting handler.

    Args:
        secrets: Values that must not appear, wherever they come from.
        stream: Where to; standard error by default.
        as_json: JSON lines; by default when the stream is no terminal.
    """
    stream = stream or sys.stderr
    if as_json is None:
        as_json = not stream.isatty()
    shared: list[Callable[[WrappedLogger, str, EventDict], Any]] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: Callable[..., Any] = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    trace = [structlog.processors.format_exc_info] if as_json else []
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *trace,
            render,
            _redactor(secrets),
        ],
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    # Only our own: whoever runs us inside something else keeps theirs.
    for before in [
        found for found in root.handlers if isinstance(found.formatter, structlog.stdlib.ProcessorFormatter)
    ]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _redactor(secrets: Collection[Secret]) -> Callable[[WrappedLogger, str, Any], str]:
    """Make the last processor: it sees the finished line, traceback and all."""
    revealed = {secret.reveal() for secret in secrets}
    escaped = {json.dumps(value, ensure_ascii=False)[1:-1] for value in revealed}  # as it stands in a line of JSON
    values = sorted(revealed | escaped, key=len, reverse=True)
    known = re.compile("|".join(re.escape(value) for value in values)) if values else None

    def redact(_logger: WrappedLogger, _method: str, line: Any) -> str:
        text = known.sub(HIDDEN, str(line)) if known else str(line)
        return _CREDENTIAL.sub(HIDDEN, text)

    return redact
