"""What a right file becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossposter.bootstrap import feeds_of
from crossposter.config import load_config, read_secrets
from crossposter.web import Network
from tests.config.conftest import ENVIRON, RIGHT, changed


def test_relative_paths_start_at_the_folder_of_the_file(
    yaml: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    yaml.write_text(changed(("env:PAGE", "file:secrets/page")), "utf-8")
    (yaml.parent / "secrets").mkdir()
    (yaml.parent / "secrets" / "page").write_text("from-the-file\n", "utf-8")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for folder, path in (
        (elsewhere, yaml),
        (yaml.parent, Path(yaml.name)),
        (yaml.parent / "secrets", Path("..", yaml.name)),
    ):
        monkeypatch.chdir(folder)
        config = load_config(path, environ=ENVIRON, secrets_needed=True)
        monkeypatch.chdir(elsewhere)
        assert isinstance(config.ledger, Path)
        assert config.ledger.is_absolute()
        assert config.ledger.resolve() == yaml.parent / "data" / "ledger.db"
        assert config.accounts[2].credentials.session_file.resolve() == yaml.parent / "session.json"
        assert read_secrets(config.accounts[1], {})["page_token"].reveal() == "from-the-file"


def test_the_usual_ledger_stands_beside_the_folder_of_the_file(yaml: Path) -> None:
    yaml.write_text(changed(("ledger: sqlite:///data/ledger.db\n", "")), "utf-8")
    config = load_config(yaml, environ=ENVIRON, secrets_needed=True)
    assert isinstance(config.ledger, Path)
    assert config.ledger.resolve() == yaml.parent.parent / "data" / "ledger.db"


def test_an_absolute_ledger_has_four_slashes(yaml: Path) -> None:
    yaml.write_text(changed(("sqlite:///data/ledger.db", "sqlite:////var/lib/crossposter/ledger.db")), "utf-8")
    assert load_config(yaml, environ=ENVIRON, secrets_needed=True).ledger == Path("/var/lib/crossposter/ledger.db")


@pytest.mark.parametrize(
    "typed", ["012345", "17841400000000000", "0x1F", "1_000", "1e5", "true", "12:30:45", "2026-01-01"]
)
def test_an_id_stays_as_it_was_typed(yaml: Path, typed: str) -> None:
    yaml.write_text(changed(('id: "456"', f"id: {typed}")), "utf-8")
    config = load_config(yaml, environ=ENVIRON, secrets_needed=True)
    assert config.accounts[1].expect.id == typed


def test_an_address_may_come_from_the_environment(yaml: Path) -> None:
    yaml.write_text(changed(("url: https://www.izmir.bel.tr/RSS", "url: env:FEED")), "utf-8")
    environ = {**ENVIRON, "FEED": " https://example.org/rss\n"}
    assert load_config(yaml, environ=environ, secrets_needed=True).feeds[0].url == "https://example.org/rss"


def test_a_dry_run_needs_neither_secrets_nor_session(yaml: Path) -> None:
    yaml.write_text(changed(("session.json", "gone.json"), ("env:PAGE", "file:gone")), "utf-8")
    assert load_config(yaml, environ={}, secrets_needed=False).accounts


def test_what_may_be_left_out_has_its_usual_value(yaml: Path) -> None:
    yaml.write_text(RIGHT, "utf-8")
    config = load_config(yaml, environ=ENVIRON, secrets_needed=True)
    assert config.language == "en"
    assert config.feeds[0].site is None
    assert config.feeds[0].id_pattern is None
    assert config.accounts[0].endpoint is None
    assert config.accounts[1].graph_version == "v26.0"
    assert config.accounts[1].credentials.app_secret is None


def test_the_configuration_cannot_be_changed(yaml: Path) -> None:
    yaml.write_text(RIGHT, "utf-8")
    config = load_config(yaml, environ=ENVIRON, secrets_needed=True)
    with pytest.raises(ValueError, match="frozen"):
        config.accounts[0].id = "other"


def test_the_network_and_an_encoding_are_read(yaml: Path) -> None:
    block = "network: {allow: [10.1.2.3/32, www.izmir.bel.tr, '::1'], proxy: env:PROXY, contact: basin@izmir.bel.tr}\n"
    fallback = "    language: tr\n    encoding_fallback: Windows-1254\n"
    yaml.write_text(block + changed(("    language: tr\n", fallback)), "utf-8")
    config = load_config(yaml, environ={**ENVIRON, "PROXY": "http://u:p@proxy:3128"}, secrets_needed=True)
    assert config.network.network() == Network(
        allowed=("10.1.2.3/32", "www.izmir.bel.tr", "::1"), proxy="http://u:p@proxy:3128", contact="basin@izmir.bel.tr"
    )
    assert feeds_of(config)[0].encoding_fallback == "cp1254"
