from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest
import structlog

from crossposter import logs
from crossposter.redaction import HIDDEN
from crossposter.references import Secret

TOKEN = 'AAAA-a-token-that-"nobody"-may-see'


@pytest.fixture
def stream() -> io.StringIO:
    """Give a stream to log to."""
    return io.StringIO()


def test_an_event_is_one_line_of_json_with_its_fields(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    structlog.get_logger("crossposter").info("post published", account="izmir-x", title="Çiğli")
    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert found.items() >= {"event": "post published", "account": "izmir-x", "title": "Çiğli", "level": "info"}.items()
    assert "Çiğli" in line


def test_people_get_words(stream: io.StringIO) -> None:
    logs.configure(stream=stream, as_json=False)
    structlog.get_logger("crossposter").info("post published", account="izmir-x")
    assert "post published" in stream.getvalue()
    assert "account=izmir-x" in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_known_secret_shows_nowhere(stream: io.StringIO, as_json: bool) -> None:
    logs.configure(secrets=[Secret(TOKEN)], stream=stream, as_json=as_json)
    structlog.get_logger("crossposter").warning("odd", words=f"token {TOKEN}")
    library = logging.getLogger("tweepy.client")
    library.setLevel(logging.DEBUG)
    logging.getLogger().setLevel(logging.DEBUG)
    library.debug("Headers: %s", {"x-token": TOKEN})
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logging.getLogger("somebody").exception("it failed with %s", TOKEN)
    assert len(stream.getvalue().splitlines()) >= 3
    assert "ValueError" in stream.getvalue()
    assert "nobody" not in stream.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer {token}",
        "GET /v26.0/me?access_token={token}&fields=id",
        "{{'sessionid': '{token}'}}",
        'Authorization: OAuth oauth_token="{token}", oauth_signature="{token}"',
        '"appsecret_proof": "{token}"',
    ],
)
def test_what_looks_like_a_credential_is_hidden_though_nobody_knows_it(stream: io.StringIO, line: str) -> None:
    logs.configure(stream=stream)
    token = "unknown-ToKeN-4711"
    logging.getLogger("somebody").warning("%s", line.format(token=token))
    assert token not in stream.getvalue()
    assert HIDDEN in json.loads(stream.getvalue())["event"]


@pytest.mark.parametrize("as_json", [True, False])
def test_a_credential_is_hidden_however_deep_it_lies(stream: io.StringIO, as_json: bool) -> None:
    logs.configure(secrets=[Secret(TOKEN)], stream=stream, as_json=as_json)
    answer = {"headers": [{"sessionid": "unknown-1", TOKEN: 1}], "words": {f"a {TOKEN}"}, "status": 200}
    try:
        raise ValueError(f"access_token=unknown-2 {TOKEN}")
    except ValueError:
        structlog.get_logger("crossposter").exception("odd", answer=answer, password="unknown-3", error=OSError(TOKEN))
    written = stream.getvalue()
    assert "nobody" not in written
    assert "unknown" not in written
    assert "ValueError" in written
    if as_json:
        assert json.loads(written)["answer"]["status"] == 200


def test_logging_loads_nothing_that_draws() -> None:
    script = "import sys, crossposter.events; sys.exit('rich' in sys.modules or 'structlog' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_ordinary_words_stay(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    words = "the bearer of good news; a password is wanted; sessions are kept"
    logging.getLogger("somebody").warning(words)
    assert json.loads(stream.getvalue())["event"] == words


def test_talkative_libraries_are_quiet_and_configuring_twice_says_nothing_twice(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    logs.configure(stream=stream)
    logging.getLogger("urllib3.connectionpool").info("Starting new connection")
    logging.getLogger("crossposter").warning("once")
    assert stream.getvalue().count("\n") == 1
