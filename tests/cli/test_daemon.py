"""What `run` hands to the daemon; the daemon itself is a process of its own in tests/test_daemon.py."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossposter.cli import daemon, main
from crossposter.errors import ConfigError
from tests.city import DEMO_CONFIG, City


@pytest.mark.parametrize("is_taken", [True, False])
def test_secrets_of_before_stay_hidden_whether_a_changed_yaml_is_taken_or_not(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    config = tmp_path / "crossposter.yaml"
    text = DEMO_CONFIG.read_text("utf-8")
    config.write_text(text, "utf-8")
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(config))
    before, after = city.environ["SANDBOX_TWITTER_IZMIRBLD_API_KEY"], "the-key-that-came-later"
    monkeypatch.setenv("ANOTHER_KEY", after)
    log = logging.getLogger("somebody")

    class Daemon:
        def __init__(self, _service: object, *, load: Callable[[], object], **_: Any) -> None:
            self._load = load

        def run(self) -> None:
            changed = text.replace("SANDBOX_TWITTER_IZMIRBLD_API_KEY", "ANOTHER_KEY")
            if is_taken:
                config.write_text(changed, "utf-8")
                self._load()
                log.warning("after %s", after)
            else:
                config.write_text(changed.replace("env:DEMO_LEDGER", "sqlite:///another.db"), "utf-8")
                with pytest.raises(ConfigError):
                    self._load()
            log.warning("before %s", before)

    monkeypatch.setattr(daemon, "Daemon", Daemon)
    monkeypatch.setattr("threading.active_count", lambda: 1)  # else the process would be ended for the city's threads
    assert main(["run"]) == 0
    logged = capsys.readouterr().err
    assert logged.count("**********") == 1 + is_taken
    assert before not in logged
    assert after not in logged
