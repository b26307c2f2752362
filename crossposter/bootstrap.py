"""The composition root: a configuration becomes running parts. The only place where ports meet implementations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossposter.adapters import adapter_class
from crossposter.adapters.options import Connection
from crossposter.clock import SystemClock
from crossposter.config import AccountModel, ConfigModel, read_secrets
from crossposter.core.chrome import Chrome
from crossposter.core.fence import Opening
from crossposter.core.health import troubles
from crossposter.core.model import Account, Brand, Feed, Identity
from crossposter.errors import ConfigError, Problem
from crossposter.feeds.article import WebArticleSource
from crossposter.feeds.children import Children
from crossposter.feeds.reading import FeedReader
from crossposter.feeds.source import WebFeedSource
from crossposter.media.public import PublicFolder, WebPublicPictures
from crossposter.media.source import WebPictureSource
from crossposter.media.store import FilePictureStore
from crossposter.messages import Translator
from crossposter.ports import Adapter, PublicPictures
from crossposter.preview import Previewer
from crossposter.references import DatabaseAddress, Secret
from crossposter.web import Network, WebClient
from crossposter.wording import Message, say

if TYPE_CHECKING:
    from crossposter.alerts.alarm import Alarm, Audience
    from crossposter.checkup import Checkup
    from crossposter.core.examination import Examination
    from crossposter.ledger import LedgerHeartbeat, Role, SqlLedger
    from crossposter.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What lives as long as the process, whatever the YAML says meanwhile."""

    ledger: SqlLedger
    web: WebClient
    reader: FeedReader
    articles: WebArticleSource
    clock: SystemClock
    environ: Mapping[str, str]
    #: What was found when the ledger was opened.
    opening: Opening

    def service(self, config: ConfigModel) -> Service:
        """Make the service that a configuration asks for."""
        from crossposter.service import Service

        models = {account.id: account for account in config.accounts}
        network = network_of(config)
        public = WebPublicPictures(self.web, folder=_public_folder(config), now=self.clock.now)
        public.sweep()
        return Service(
            feeds=feeds_of(config),
            accounts=accounts_of(config),
            source=WebFeedSource(self.web, self.reader),
            pictures=WebPictureSource(self.web, brand=_brand(config)),
            articles=self.articles,
            store=FilePictureStore(config.data / "pictures"),
            adapters=lambda account_id: _adapter(models[account_id], network, public, self.environ, self.clock),
            ledger=self.ledger,
            clock=self.clock,
        )

    def reloaded(self, config: ConfigModel, *, instead_of: ConfigModel, path: Path) -> Service:
        """Make the service of a configuration that has changed; `path` is the file that has.

        Raises:
            ConfigError: It names another ledger, or another way to the world.
        """
        fixed = {
            "ledger": say("another ledger takes a restart: it cannot be changed while the daemon runs"),
            "data": say("another folder takes a restart: it cannot be changed while the daemon runs"),
            "network": say("another network takes a restart: it cannot be changed while the daemon runs"),
        }
        changed = [name for name in fixed if getattr(config, name) != getattr(instead_of, name)]
        if "ledger" in changed and "data" in changed:
            changed.remove("data")  # the folder of the file
        if changed:
            raise ConfigError([Problem(str(path), 0, name, fixed[name]) for name in changed])
        return self.service(config)

    def checkup(self, config: ConfigModel, service: Service) -> Checkup:
        """Make the daemon's checkup of a service; feeds are left out, since they are read all the time."""
        return _checkup(config, self.environ, self.clock, web=self.web, examine=service.examine, source=None)

    @property
    def heartbeat(self) -> LedgerHeartbeat:
        """Give the daemon's sign of life."""
        from crossposter.ledger import LedgerHeartbeat

        return LedgerHeartbeat(self.ledger)

    def alarm(self, config: ConfigModel) -> Alarm:
        """Make what tells people; not started yet."""
        from crossposter.alerts.alarm import Alarm
        from crossposter.alerts.carrier import Carrier
        from crossposter.ledger import LedgerAlerts

        book, carrier = LedgerAlerts(self.ledger), Carrier(network_of(config))
        return Alarm(audience_of(config, self.environ), book=book, carrier=carrier, clock=self.clock)

    def health(self, config: ConfigModel) -> Callable[[], bool]:
        """Make what tells whether the daemon works."""
        feeds, signs, now = feeds_of(config), self.heartbeat.signs, self.clock.now
        return lambda: not troubles(signs(now=now()), feeds, now=now())


@contextmanager
def open_office(config: ConfigModel, environ: Mapping[str, str], *, role: Role) -> Iterator[Office]:
    """Open the ledger for work, for the length of the block: a file is held alone, a database is shared.

    Raises:
        LedgerHeldError: Another process holds the file.
        LedgerError: It cannot be opened.
    """
    from crossposter.ledger import SqlLedger, sole_writer

    web, children, clock = WebClient(network_of(config)), Children(), SystemClock()
    with sole_writer(config.ledger, role) if isinstance(config.ledger, Path) else nullcontext():
        ledger = SqlLedger.open(config.ledger, role=role)
        try:
            opening = ledger.stand_guard(now=clock.now())
            yield Office(
                ledger=ledger,
                web=web,
                reader=FeedReader(children),
                articles=WebArticleSource(web, children),
                clock=clock,
                environ=environ,
                opening=opening,
            )
        finally:
            ledger.close()
            children.close()
            web.close()


@contextmanager
def open_previewer(config: ConfigModel) -> Iterator[Previewer]:
    """Give a previewer, for the length of the block; it reads the ledger where there is one."""
    web, children = WebClient(network_of(config)), Children()
    ledger = find_ledger(config.ledger)
    try:
        yield Previewer(
            feeds=feeds_of(config),
            accounts=accounts_of(config),
            source=WebFeedSource(web, FeedReader(children)),
            pictures=WebPictureSource(web, brand=_brand(config)),
            articles=WebArticleSource(web, children),
            ledger=ledger,
            clock=SystemClock(),
        )
    finally:
        if ledger:
            ledger.close()
        children.close()
        web.close()


@contextmanager
def open_checkup(config: ConfigModel, environ: Mapping[str, str]) -> Iterator[Checkup]:
    """Give a checkup of everything, for the length of the block; a daemon at work is not disturbed."""
    from crossposter.checkup import examine

    web, children, clock = WebClient(network_of(config)), Children(), SystemClock()
    models = {account.id: account for account in config.accounts}
    public = WebPublicPictures(web, folder=_public_folder(config), now=clock.now)

    def examined(account: Account) -> Examination:
        return examine(_adapter(models[account.id], network_of(config), public, environ, clock))

    try:
        source = WebFeedSource(web, FeedReader(children))
        yield _checkup(config, environ, clock, web=web, examine=examined, source=source)
    finally:
        children.close()
        web.close()


def _checkup(
    config: ConfigModel,
    environ: Mapping[str, str],
    clock: SystemClock,
    *,
    web: WebClient,
    examine: Callable[[Account], Examination],
    source: WebFeedSource | None,
) -> Checkup:
    from crossposter.checkup import Checkup
    from crossposter.ledger.place import place_of

    needs_folder = any(account.needs_public_folder for account in config.accounts)
    return Checkup(
        accounts=list(accounts_of(config).values()),
        renewals={account.id: _renewal(account) for account in config.accounts},
        examine=examine,
        feeds=feeds_of(config),
        source=source,
        pictures=WebPublicPictures(web, folder=_public_folder(config), now=clock.now) if needs_folder else None,
        storage=place_of(config.ledger),
        clock=clock,
    )


def _renewal(account: AccountModel) -> Message:
    """Say what to type, or where to put it, when an account needs a new token."""
    credentials = account.credentials
    sources = credentials.secrets()
    named = [str(sources[key]) for key in credentials.login_keys if key in sources and sources[key].kind != "login"]
    if any(place.startswith("env:") for place in named):
        return say(
            "make a new one (docs/accounts.md), put it where the YAML names it ({places}), and restart crossposter",
            places=", ".join(named),
        )
    if named:
        return say(
            "make a new one (docs/accounts.md), put it where the YAML names it ({places}), and then: crossposter run "
            "--reload",
            places=", ".join(named),
        )
    return say("crossposter login {account}, and then: crossposter run --reload", account=account.id)


def find_ledger(place: Path | DatabaseAddress) -> SqlLedger | None:
    """Open the ledger to look at it, or to act on it; None where there is none yet.

    Raises:
        LedgerError: It cannot be opened, or is not of this version.
    """
    if isinstance(place, Path) and not _may_be_there(place):
        return None
    # SQLAlchemy is a fifth of a dry run; where there is no ledger yet it is not needed.
    from crossposter.ledger import SqlLedger

    return SqlLedger.look(place) if isinstance(place, Path) else SqlLedger.find(place)


def _may_be_there(path: Path) -> bool:
    """Look for the file; a folder that may not be looked into is for the ledger to complain of."""
    try:
        return path.exists()
    except OSError:
        return True


def secrets_of(config: ConfigModel, environ: Mapping[str, str]) -> list[Secret]:
    """Read every secret of the configuration: what must never be shown, of addresses each part."""
    from crossposter.core.alerting import secrets_in

    found = [
        source.read(environ)
        for account in config.accounts
        for source in account.credentials.secrets().values()
        if source.kind != "plain"  # an app's number: in the log it would black out whatever looks like it
    ]
    sources = [source for alert in config.alerts for source in (alert.url, alert.ping) if source]
    if isinstance(config.ledger, DatabaseAddress):
        found += config.ledger.secrets()
    return found + [Secret(part) for source in sources for part in secrets_in(source.read(environ).reveal())]


def audience_of(config: ConfigModel, environ: Mapping[str, str]) -> Audience:
    """Give everybody who is told."""
    # Loaded here: a dry run, which tells nobody, is quicker by a tenth.
    from crossposter.alerts.alarm import Audience, Listener
    from crossposter.core.alerting import Level, Target

    listeners = [
        Listener(
            target=Target(
                name=str(alert.url),
                level=Level[alert.level.upper()],
                language=alert.language or config.language,
                digest=alert.digest,
            ),
            address=alert.url.read(environ),
            speak=Translator(alert.language or config.language),
        )
        for alert in config.alerts
        if alert.url
    ]
    return Audience(listeners=tuple(listeners), zone=config.timezone)


def ping_address_of(config: ConfigModel, environ: Mapping[str, str]) -> Secret | None:
    """Read where the daemon pings; None for nowhere."""
    return next((alert.ping.read(environ) for alert in config.alerts if alert.ping), None)


def feeds_of(config: ConfigModel) -> list[Feed]:
    """Give the feeds; one without a site is a site of its own."""
    return [
        Feed(
            id=feed.id,
            url=feed.url,
            language=feed.language,
            site=feed.site or feed.id,
            accounts=tuple(feed.accounts),
            id_pattern=feed.id_pattern,
            timezone=config.timezone,
            every=feed.every,
            silent_after=feed.silent_after,
            article=feed.article,
            holds=config.holds.holds(),
            allowed_hosts=feed.allowed_hosts,
            chrome=Chrome(strip=feed.strip, start_after=feed.start_after, stop_before=feed.stop_before),
            encoding_fallback=feed.encoding_fallback,
        )
        for feed in config.feeds
    ]


def network_of(config: ConfigModel) -> Network:
    """Give the way to the world that holds for every client."""
    network = config.network
    return Network(
        allowed=network.allow,
        proxy=network.proxy,
        ca_file=str(network.ca_file) if network.ca_file else None,
        contact=network.contact,
    )


def accounts_of(config: ConfigModel) -> dict[str, Account]:
    """Give the accounts by id, with their platform's limits; loads no client library."""
    brand = _brand(config)
    return {account.id: _account(account, brand, config.timezone) for account in config.accounts}


def _account(account: AccountModel, brand: Brand | None, timezone: str) -> Account:
    limits = adapter_class(account.platform).limits
    return Account(
        id=account.id,
        platform=account.platform,
        limits=limits,
        pinned=Identity(id=account.expect.id, handle=account.expect.handle),
        rules=account.post.rules(limits, brand),
        price=account.price,
        budget=account.budget.budget() if account.budget else None,
        timezone=timezone,
        settle_after=account.settle_after,
        look_first=account.look_first,
        pace=account.pace.pace(),
        strict_order=account.order == "strict",
    )


def _brand(config: ConfigModel) -> Brand | None:
    return config.brand.brand() if config.brand else None


def _public_folder(config: ConfigModel) -> PublicFolder | None:
    media = config.media
    return PublicFolder(path=media.public_dir, base_url=media.public_base_url) if media else None


def _adapter(
    account: AccountModel,
    network: Network,
    public: PublicPictures,
    environ: Mapping[str, str],
    clock: SystemClock,
) -> Adapter:
    connection = _connection(account, network, public, read_secrets(account, environ), clock)
    return adapter_class(account.platform)(connection, account)


def connection_for_login(config: ConfigModel, account: AccountModel, secrets: Mapping[str, Secret]) -> Connection:
    """Give the way to an account's platform for whoever has no tokens yet, but what a login starts from."""
    network, clock = network_of(config), SystemClock()
    # Never asked: a login publishes nothing.
    public = WebPublicPictures(WebClient(network), folder=None, now=clock.now)
    return _connection(account, network, public, secrets, clock)


def _connection(
    account: AccountModel,
    network: Network,
    public: PublicPictures,
    secrets: Mapping[str, Secret],
    clock: SystemClock,
) -> Connection:
    endpoint = account.endpoint
    ca_file = str(endpoint.ca_file) if endpoint and endpoint.ca_file else None
    return Connection(
        account_id=account.id,
        remote_id=account.expect.id,
        secrets=secrets,
        now=clock.now,
        sleep=clock.sleep,
        pictures=public,
        url=endpoint.url if endpoint else None,
        # An endpoint is on this machine: the city's proxy knows no way there.
        proxy=endpoint.proxy if endpoint else network.proxy,
        ca_file=ca_file if endpoint else network.ca_file,
    )
