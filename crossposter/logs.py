"""Logging: one event per outcome with bound fields; for people on a terminal, JSON otherwise; secrets never.

The standard library's loggers go the same way, so that what tweepy or instagrapi print is formatted and redacted too.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from crossposter.redaction import HIDDEN, NAMED, redactor
from crossposter.references import Secret


@contextmanager
def _without_rich() -> Iterator[None]:
    """Hide Rich from structlog, which would load it for tracebacks that we never draw: 6 MB of a daemon."""
    is_loaded = "rich" in sys.modules
    if not is_loaded:
        sys.modules["rich"] = None  # type: ignore[assignment]  # "there is none" (docs.python.org, the import system)
    try:
        yield
    finally:
        if not is_loaded:
            del sys.modules["rich"]


with _without_rich():
    import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

#: They log headers and answers, tokens included, below this level.
_TALKATIVE = ("tweepy", "oauthlib", "requests_oauthlib", "urllib3", "PIL", "alembic", "h2", "hpack", "procrastinate")
#: Would say at each interval that a feed which hangs is still being read; its end is told by us.
_REPETITIVE = "apscheduler"


def get_logger() -> structlog.stdlib.BoundLogger:
    """Give the logger of crossposter's own events."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("crossposter")
    return logger


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
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redactor(secrets),
            render,
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
    logging.getLogger(_REPETITIVE).setLevel(logging.ERROR)


def _redactor(secrets: Collection[Secret]) -> Callable[[WrappedLogger, str, EventDict], EventDict]:
    """Make the last processor before the line is rendered: whatever it strikes out, the line stays well-formed."""
    redacted = redactor(secret.reveal() for secret in secrets)

    def struck(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {struck(key): HIDDEN if NAMED.fullmatch(str(key)) else struck(one) for key, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [struck(one) for one in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return redacted(str(value))

    return lambda _logger, _method, event: struck(event)
