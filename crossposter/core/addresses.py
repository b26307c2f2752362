"""Which network addresses nobody outside may send the program to: this machine, the city's inside, and what is no host.

An explicit list. `ipaddress.is_global` of Python 3.11 takes 6to4, IPv4-compatible and multicast addresses for the
public internet (measured), so it is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from crossposter.core.text import lower

Address = IPv4Address | IPv6Address

#: IANA's special-purpose registry (read 2026-11-23), multicast and reserved, and the metadata service of Azure.
_REFUSED_4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
]
#: All that is routed; inside it tunnels (which carry any IPv4 address), documentation and benchmarks.
_ROUTED_6 = IPv6Network("2000::/3")
_REFUSED_6 = [IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
#: What stands behind these may well be the city's own: to open it is a decision, not a mistake.
_INSIDE = [
    ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7", "::1")
]


def parsed(written: str) -> Address:
    """Read an address as the system gives it; one that maps an IPv4 address is that address.

    Raises:
        ValueError: It is none.
    """
    address = ip_address(written.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def is_refused(address: Address) -> bool:
    """Tell whether an address is none of the public internet."""
    if isinstance(address, IPv4Address):
        return any(address in network for network in _REFUSED_4)
    return address not in _ROUTED_6 or any(address in network for network in _REFUSED_6)


def may_be_our_own(address: Address) -> bool:
    """Tell whether a refused address is of a kind that a city gives its own machines."""
    return any(address in network for network in _INSIDE)


def is_allowed(address: Address, host: str, allowed: Sequence[str]) -> bool:
    """Tell whether the configuration opens a refused address: by its network, or by the very name of the host.

    Args:
        address: Where the name leads.
        host: The name, as the address of the page has it.
        allowed: Networks (`10.1.2.0/24`, `127.0.0.1`) and names (`www.izmir.bel.tr`, not their subdomains).
    """
    return any(_opens(opened, address, host) for opened in allowed)


def _opens(opened: str, address: Address, host: str) -> bool:
    try:
        return address in ip_network(opened, strict=False)
    except ValueError:
        return lower(opened, "en").rstrip(".") == lower(host, "en").rstrip(".")
