"""Write the JSON Schema of the configuration, made from its models, to where the package ships it."""

from __future__ import annotations

import json
from pathlib import Path

from crossposter.config.models import json_schema

SCHEMA = Path(__file__).parents[1] / "crossposter" / "config" / "schema.json"


def main() -> None:
    """Write it."""
    SCHEMA.write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
