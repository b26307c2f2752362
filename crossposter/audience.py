"""Who is told of troubles, who hears while all is well, and what must never be shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from crossposter.config import ConfigModel, Configuration
from crossposter.core.cities import full_name
from crossposter.messages import Translator
from crossposter.references import Secret, SecretMemory

if TYPE_CHECKING:
    from crossposter.alerts.alarm import Audience, Listener
    from crossposter.web import Network


def secrets_of(config: Configuration, secrets: SecretMemory) -> list[Secret]:
    """Read every secret of the configuration: what must never be shown, of addresses each part; each once."""
    from crossposter.core.alerting import secrets_in

    read = cache(lambda source: secrets.read(source).reveal())
    found: set[str] = set()
    for city in config.cities:
        found |= {
            read(source)
            for account in city.accounts
            for source in account.credentials.secrets().values()
            if source.kind != "plain"  # an app's number: in the log it would black out whatever looks like it
        }
        sources = [source for alert in city.alerts for source in (alert.url, alert.ping) if source]
        found |= {part for source in sources for part in secrets_in(read(source))}
    return [Secret(value) for value in sorted(found)]


def audience_of(config: Configuration, secrets: SecretMemory) -> Audience:
    """Give everybody who is told."""
    from crossposter.alerts.alarm import Audience

    return Audience(listener for city in config.cities for listener in _listeners(city, secrets))


def _listeners(config: ConfigModel, secrets: SecretMemory) -> list[Listener]:
    from crossposter.alerts.alarm import Listener
    from crossposter.core.alerting import Level, Target

    found = []
    for alert in config.alerts:
        if alert.url is None:
            continue
        target = Target(
            name=full_name(config.city, str(alert.url)),
            level=Level[alert.level.upper()],
            language=alert.language or config.language,
            digest=alert.digest,
            zone=config.timezone,
            city=config.city,
        )
        speak = Translator(target.language)
        listener = Listener(
            target=target, address=secrets.read(alert.url), speak=speak, network=config.network.network()
        )
        found.append(listener)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """An address that is fetched while all is well with some cities."""

    #: Where it stands, as the first of them names it.
    name: str
    address: Secret
    network: Network
    cities: tuple[ConfigModel, ...]


def pings_of(config: Configuration, secrets: SecretMemory) -> list[Ping]:
    """Give what is fetched while all is well: an address that several cities have is one."""
    found: dict[str, Ping] = {}
    for city in config.cities:
        source = next((alert.ping for alert in city.alerts if alert.ping), None)
        if source is None:
            continue
        address = secrets.read(source)
        name = full_name(city.city, str(source))
        ping = Ping(name=name, address=address, network=city.network.network(), cities=())
        ping = found.get(address.reveal(), ping)
        found[address.reveal()] = replace(ping, cities=(*ping.cities, city))
    return list(found.values())
