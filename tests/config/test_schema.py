"""The JSON Schema that editors check the YAML with."""

from __future__ import annotations

import json
from pathlib import Path

from crossposter.config import models

SCHEMA = json.loads(Path(models.__file__).with_name("schema.json").read_text("utf-8"))
ROOT = Path(__file__).parents[2]


def test_the_shipped_schema_is_current() -> None:
    assert models.json_schema() == SCHEMA, "run: make schema"


def test_an_editor_knows_every_platform_and_the_keys_of_its_accounts() -> None:
    named = {name: kind["properties"] for name, kind in SCHEMA["$defs"].items() if "properties" in kind}
    assert "graph_version" in named["facebook_account"] or "graph_version" in named["facebook account"]
    assert SCHEMA["properties"]["accounts"]["items"]["discriminator"]["propertyName"] == "platform"


def test_an_unknown_key_is_wrong_for_an_editor_too() -> None:
    assert SCHEMA["additionalProperties"] is False
    for kind in SCHEMA["$defs"].values():
        assert kind.get("additionalProperties", False) is False


def test_the_example_names_its_schema() -> None:
    first = (ROOT / "config" / "crossposter.example.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../crossposter/config/schema.json"
