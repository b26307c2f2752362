"""Names in a folder of configurations: what `izmir.yaml` calls x is `izmir.x` everywhere outside that file.

An id holds no dot, so the dot is what tells; a delivery is `412/izmir.x`.
"""

from __future__ import annotations


def full_name(city: str, name: str) -> str:
    """Give the name that an account, a feed or a site has outside its file; its own where there is one file only."""
    return f"{city}.{name}" if city else name


def city_of(name: str) -> str:
    """Give the city of an account, a feed, a site or a delivery; empty where there is one file, or it is nobody's."""
    account = name.split("/")[1] if "/" in name else name
    city, dot, _ = account.partition(".")
    return city if dot else ""
