from __future__ import annotations

import pytest

from crossposter.core.addresses import is_allowed, is_refused, may_be_our_own, parsed

REFUSED = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.9.9.9",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd12::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_the_public_internet_is_refused(address: str) -> None:
    assert is_refused(parsed(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "195.142.0.1", "172.32.0.1", "::ffff:8.8.8.8", "2a00:1450::1"])
def test_the_public_internet_is_not(address: str) -> None:
    assert not is_refused(parsed(address))


@pytest.mark.parametrize(("address", "ours"), [("10.1.2.3", True), ("fd12::1", True), ("169.254.169.254", False)])
def test_only_what_a_city_may_use_itself_is_worth_opening(address: str, ours: bool) -> None:
    assert may_be_our_own(parsed(address)) is ours


@pytest.mark.parametrize(
    ("opened", "allowed"),
    [
        ("10.1.2.3", True),
        ("10.1.2.0/24", True),
        ("10.1.2.9/24", True),
        ("10.1.3.0/24", False),
        ("fd00::/8", False),
        ("www.izmir.bel.tr", True),
        ("WWW.izmir.bel.tr.", True),
        ("izmir.bel.tr", False),
        ("evil.www.izmir.bel.tr", False),
    ],
)
def test_the_configuration_opens_exactly_what_it_names(opened: str, allowed: bool) -> None:
    assert is_allowed(parsed("10.1.2.3"), "www.izmir.bel.tr", [opened]) is allowed
