"""What a program does each time it starts, and is the same each time, done once for all those that tests run in here.

The command line's tests play a day of an office as people live it: a dozen programs one after the other, each of which
makes the tree of commands, parses the YAML and starts a child that reads feeds. That was half of their time. What makes
the tree, reads the YAML's meaning and asks the child stays the program's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

import pytest
import typer.main
from ruamel.yaml import YAML

from crossposter import bootstrap
from crossposter.config import document
from crossposter.feeds.children import Children


@contextmanager
def sharing(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let all programs of this process share them for the length of the block."""
    patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
    patch.setattr(document, "YAML", _RememberingYaml)
    children = _KeptChildren()
    patch.setattr(bootstrap, "Children", lambda: children)
    yield
    Children.close(children)


class _RememberingYaml(YAML):
    """Gives the same nodes for the same text; whoever reads them changes none."""

    def compose(self, stream: Any) -> Any:
        return _composed(stream)


@lru_cache(maxsize=100)
def _composed(text: str) -> Any:
    return YAML(typ="safe", pure=True).compose(text)


class _KeptChildren(Children):
    """Children that wait for the next program when one has ended."""

    def close(self) -> None:
        pass
