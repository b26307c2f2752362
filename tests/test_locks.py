"""The locks: what pip needs to hold every request to them."""

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest

_LOCKS = sorted(Path(__file__).parents[1].glob("requirements*.lock"))
_PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[([a-z0-9,._ -]+)\])?==", re.MULTILINE)
_WANTED = re.compile(r"^([A-Za-z0-9._-]+)\s*\[([^\]]+)\]")


def _name(written: str) -> str:
    return re.sub(r"[-_.]+", "-", written).lower()


@pytest.mark.parametrize("lock", _LOCKS, ids=lambda lock: lock.name)
def test_an_extra_that_a_package_asks_for_stands_in_the_lock(lock: Path) -> None:
    # pip 23 met "coverage[toml]" beside "coverage==7.17.4" and took 7.17.5 on the day that one came out.
    pinned = {name: set(re.findall(r"[^ ,]+", extras)) for name, extras in _PINNED.findall(lock.read_text("utf-8"))}
    for distribution in distributions():
        if _name(distribution.name) not in pinned:
            continue
        for requirement in distribution.requires or []:
            if (wanted := _WANTED.match(requirement)) and "extra ==" not in requirement:
                name, extras = _name(wanted[1]), {extra.strip() for extra in wanted[2].split(",")}
                assert extras <= pinned.get(name, extras), f"{distribution.name} asks for {requirement}"
