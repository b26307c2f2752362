"""Tokens in the wrong place: for every pair of six accounts that hold each other's, nothing is sent to either."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from crossposter.cli import main
from tests.city import DEMO_CONFIG, City, a_city

#: What the YAML names for each account: where whose account it is comes from.
TOKENS = {
    f"{platform}:{handle}": [f"SANDBOX_{platform}_{handle}_{key}".upper() for key in keys]
    for platform, keys in (
        ("twitter", ("access_token", "access_secret")),
        ("facebook", ("page_token",)),
        ("instagram", ("session_file",)),
    )
    for handle in ("izmirbld", "izmirenglish")
}
PAIRS = list(combinations(TOKENS, 2))


@dataclass(frozen=True)
class Morning:
    """A city with news on both feeds, and the ledger as it was before them."""

    city: City
    ledger: Path


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    folder = tmp_path_factory.mktemp("morning")
    with a_city(folder) as city, pytest.MonkeyPatch.context() as patch:
        for name, value in city.environ.items():
            patch.setenv(name, value)
        assert main(["run", "--once", "--config", str(DEMO_CONFIG)]) == 0
        city.site.publish("tr")
        city.site.publish("en")
        yield Morning(city, city.ledger)


def posts_after(morning: Morning, folder: Path, patch: pytest.MonkeyPatch, environ: dict[str, str]) -> list[str]:
    """Run a round with these secrets, from the ledger of the morning; name the accounts that something stands on."""
    morning.city.sandbox.reset()
    shutil.copy(morning.ledger, folder / "ledger.db")
    for name, value in (environ | {"DEMO_LEDGER": f"sqlite:///{folder / 'ledger.db'}"}).items():
        patch.setenv(name, value)
    main(["run", "--once", "--config", str(DEMO_CONFIG)])
    return sorted(f"{post['platform']}:{post['handle']}" for post in morning.city.sandbox.posts())


def test_with_every_token_in_its_place_all_six_get_their_post(
    morning: Morning, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(PAIRS) == 15
    assert posts_after(morning, tmp_path, monkeypatch, morning.city.environ) == sorted(TOKENS)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_two_accounts_with_each_other_s_tokens_get_nothing(
    morning: Morning, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = morning.city.environ
    first, second = (TOKENS[account] for account in pair)
    swapped = environ | {name: environ[second[min(place, len(second) - 1)]] for place, name in enumerate(first)}
    swapped |= {name: environ[first[min(place, len(first) - 1)]] for place, name in enumerate(second)}
    posts = posts_after(morning, tmp_path, monkeypatch, swapped)
    assert set(posts).isdisjoint(pair)
    if "instagram" not in "".join(pair) or all("instagram" in account for account in pair):
        # The others are none the worse; a file that holds no session stops at the configuration, and so all six.
        assert posts == sorted(TOKENS.keys() - set(pair))
