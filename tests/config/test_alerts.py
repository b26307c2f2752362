"""`alerts:` in the YAML."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from crossposter.audience import audience_of, pings_of, secrets_of
from crossposter.config import load_config
from crossposter.core.alerting import Level
from crossposter.references import SecretMemory
from tests.config.conftest import ENVIRON, RIGHT, Complaints

URL = "mailto://basin:hunter2-hunter2@posta.izmir.example"
ENV = {**ENVIRON, "ALERT_URL": URL, "PING_URL": "https://ping.example/0b5f7c1e-aaaa-bbbb"}


def test_targets_have_a_level_a_language_and_a_digest_of_their_own(yaml: Path) -> None:
    alerts = (
        "alerts:\n  - url: env:ALERT_URL\n  - {url: env:PING_URL, level: critical, language: tr, digest: '08:00'}\n"
    )
    yaml.write_text(f"{RIGHT}{alerts}  - ping: env:PING_URL\n", "utf-8")
    config = load_config(yaml, environ=ENV, secrets_needed=True)
    first, second = audience_of(config, SecretMemory(ENV)).listeners
    assert (first.target.name, first.address.reveal()) == ("env:ALERT_URL", URL)
    assert (first.target.level, first.target.language, first.target.digest) == (Level.WARNING, "en", None)
    assert (second.target.level, second.target.language, second.target.digest) == (Level.CRITICAL, "tr", time(8))
    (ping,) = pings_of(config, SecretMemory(ENV))
    assert (ping.name, ping.address.reveal()) == ("env:PING_URL", ENV["PING_URL"])
    hidden = {secret.reveal() for secret in secrets_of(config, SecretMemory(ENV))}
    assert {URL, "hunter2-hunter2", ENV["PING_URL"], "0b5f7c1e-aaaa-bbbb"} <= hidden
    assert URL not in repr(config) + repr(audience_of(config, SecretMemory(ENV)))


def test_a_dry_run_needs_no_address(yaml: Path) -> None:
    yaml.write_text(f"{RIGHT}alerts: [{{url: env:ALERT_URL}}]\n", "utf-8")
    assert load_config(yaml, environ={}, secrets_needed=False).alerts


NAMED = "a secret is named here, never written: use env:NAME or file:PATH"
UNSET = "the environment variable 'NOT_SET' is not set: set it before starting"
ONE = "write one of both here: url (who is told), or ping (what is fetched while all is well)"
LEVELS = "'high' is not possible here; possible: 'info', 'warning', 'critical'"
TIME = 'a time of day is wanted here: write it like "08:00"'


@pytest.mark.parametrize(
    ("alert", "path", "sentence"),
    [
        ("url: mailto://a:hunter2@b", "alerts[0].url", NAMED),
        ("url: env:NOT_SET", "alerts[0].url", UNSET),
        ("ping: https://x", "alerts[0].ping", NAMED),
        ("level: info", "alerts[0]", ONE),
        ("url: env:ALERT_URL, ping: env:PING_URL", "alerts[0]", ONE),
        ("ping: env:PING_URL, level: info", "alerts[0]", "a ping says nothing: it has no level, language or digest"),
        ("url: env:ALERT_URL, level: high", "alerts[0].level", LEVELS),
        ("url: env:ALERT_URL, digest: 8", "alerts[0].digest", TIME),
        ("url: env:ALERT_URL, digest: '24:00'", "alerts[0].digest", TIME),
        ("url: env:ALERT_URL, levle: info", "alerts[0].levle", "unknown key 'levle': did you mean 'level'?"),
        ("url: env:ALERT_URL}, {url: env:ALERT_URL", "alerts[1].url", "line 30 says this already: keep one of both"),
        ("ping: env:PING_URL}, {ping: env:ALERT_URL", "alerts[1].ping", "line 30 says this already: keep one of both"),
    ],
)
def test_a_mistake_is_told_with_its_place(complaints: Complaints, alert: str, path: str, sentence: str) -> None:
    assert complaints(f"{RIGHT}alerts: [{{{alert}}}]\n", ENV) == [(30, path, sentence)]


def test_one_target_is_written_as_a_list_too(complaints: Complaints) -> None:
    ((_, path, sentence),) = complaints(f"{RIGHT}alerts: {{url: env:ALERT_URL}}\n", ENV)
    assert (path, sentence) == ("alerts", "a list is wanted here: one item a line, each beginning with '- '")
