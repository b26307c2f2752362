"""The composition root: a configuration becomes running parts. The only place where ports meet implementations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossposter.adapters import adapter_class
from crossposter.adapters.options import Connection
from crossposter.audience import Ping, audience_of, pings_of
from crossposter.clock import SystemClock
from crossposter.config import AccountModel, ConfigModel, Configuration, read_secrets
from crossposter.core.chain import canonical
from crossposter.core.checkup import MACHINE
from crossposter.core.chrome import Chrome
from crossposter.core.cities import city_of, full_name
from crossposter.core.fence import Opening
from crossposter.core.health import Signs, troubles
from crossposter.core.model import Account, Article, Brand, Entry, Feed, Identity, Validators
from crossposter.core.schedule import Quiet, Times
from crossposter.core.urgency import Urgent
from crossposter.core.window import Shown
from crossposter.errors import LedgerError
from crossposter.feeds.article import WebArticleSource, recently_read
from crossposter.feeds.children import Children
from crossposter.feeds.reading import FeedReader
from crossposter.feeds.source import WebFeedSource
from crossposter.logs import get_logger
from crossposter.media.public import PublicFolder, WebPublicPictures
from crossposter.media.source import WebPictureSource, recently_prepared
from crossposter.media.store import FilePictureStore
from crossposter.ports import Adapter, Engine, FeedSource, Fetched, PictureSource, PublicPictures, no_window
from crossposter.preview import Previewer
from crossposter.recent import Recent
from crossposter.references import DatabaseAddress, Secret, SecretMemory
from crossposter.stop_file import StopFile
from crossposter.web import Network, WebClient
from crossposter.wording import Message, say

if TYPE_CHECKING:
    from crossposter.alerts.alarm import Alarm
    from crossposter.alerts.ping import PingTask
    from crossposter.checkup import Checkup, Rota
    from crossposter.core.checkup import Finding
    from crossposter.core.examination import Examination
    from crossposter.engines.procrastinate_ import Carrier, Do
    from crossposter.ledger import LedgerHeartbeat, Role, SqlLedger
    from crossposter.service import Service

#: Seconds for which one look at the daemon's signs of life holds.
_LOOK_S = 10.0
#: A little less than a day: whoever does it once a day at no exact time does it every day.
_FORGETS_EVERY = timedelta(hours=20)
#: Where no platform has confirmed the clock they are asked again after that long.
_ASKS_EVERY = timedelta(hours=1)

log = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What lives as long as the process, whatever the YAML says meanwhile."""

    ledger: SqlLedger
    ways: Ways
    clock: SystemClock
    environ: Mapping[str, str]
    secrets: SecretMemory
    #: What was found when the ledger was opened.
    opening: Opening
    #: A short form of the YAML with which it was opened.
    configuration: str = ""

    def service(self, config: Configuration) -> Service:
        """Make the service that a configuration asks for."""
        from crossposter.service import Service

        world = _World(config, self.ways, self.environ, self.clock)
        world.sweep()
        return Service(
            feeds=feeds_of(config),
            accounts=accounts_of(config),
            source=world,
            pictures=world.pictures,
            articles=world,
            store=FilePictureStore(config.data / "pictures"),
            adapters=world.adapter,
            ledger=self.ledger,
            clock=self.clock,
            stop_sign=StopFile(config.data, ledger=config.ledger),
        )

    def checkup(self, config: Configuration, service: Service, rota: Rota) -> Sequence[Finding]:
        """Look at a service's accounts whose turn it is; feeds are left out, since they are read all the time."""
        world = _World(config, self.ways, self.environ, self.clock)
        cities = {city.city: city for city in config.cities}
        accounts = rota.turn(accounts_of(config).values(), cities, now=self.clock.now())
        checkup = _checkup(config, world, self.clock, accounts=accounts, examine=service.examine, source=None)
        findings = checkup.findings()
        rota.saw(accounts, findings)
        return findings

    def forget(self, config: Configuration, is_clock_right: Callable[[], bool]) -> None:
        """Remove what the YAML's retention does not keep: once a day, whoever does it, by a clock that is right.

        Raises:
            LedgerError: The ledger cannot be written, or the pictures' folder cannot.
        """
        retentions = {city.city: city.retention.retention() for city in config.cities}
        if not any(one.texts or one.pictures for one in retentions.values()):
            return
        now, ledger = self.clock.now(), self.ledger
        # Who cannot confirm the clock takes nobody's turn; and does not ask the platforms in every round.
        is_due = ledger.is_turn("retention", _FORGETS_EVERY, now=now)
        may_ask = is_due and ledger.take_turn("retention clock", _ASKS_EVERY, now=now)
        if may_ask and is_clock_right() and ledger.take_turn("retention", _FORGETS_EVERY, now=now):
            from crossposter.forgetting import forget

            store = FilePictureStore(config.data / "pictures")
            found = forget(self.ledger, store, retentions, feeds_of(config), now=now)
            log.info("removed as retention says", stories=found.stories, pictures=found.pictures)

    def engine(self, config: Configuration) -> Engine:
        """Make what carries the daemon's work; not started yet.

        Raises:
            LedgerError: What workers need is not installed.
        """
        from crossposter.engines.threads import Threads
        from crossposter.service import MAX_LANES

        if not isinstance(config.ledger, DatabaseAddress) or not has_workers(config):
            return Threads(MAX_LANES)
        with _scale_installed():
            from crossposter.engines.procrastinate_ import Jobs
        return Jobs(
            config.ledger.conninfo,
            offer=lambda names: self.ledger.offer(names, now=self.clock.now()),
            alone_with_tables=self.ledger.alone_with_tables,
        )

    def carrier(self, config: Configuration, poll: Do, deliver: Do, *, concurrency: int) -> Carrier:
        """Make what brings a worker its work; not started yet.

        Raises:
            LedgerError: What workers need is not installed, or the YAML wants none.
        """
        if not isinstance(config.ledger, DatabaseAddress) or not has_workers(config):
            raise LedgerError(say("no workers are wanted: write `engine: procrastinate` into the YAML, or use 'run'"))
        with _scale_installed():
            from crossposter.engines.procrastinate_ import Carrier
        return Carrier(
            config.ledger.conninfo,
            poll=poll,
            deliver=deliver,
            concurrency=concurrency,
            alone_with_tables=self.ledger.alone_with_tables,
        )

    @property
    def heartbeat(self) -> LedgerHeartbeat:
        """Give the daemon's sign of life."""
        from crossposter.ledger import LedgerHeartbeat

        return LedgerHeartbeat(self.ledger, configuration=self.configuration)

    def alarm(self, config: Configuration) -> Alarm:
        """Make what tells people; not started yet."""
        from crossposter.alerts.alarm import Alarm
        from crossposter.alerts.carrier import Carrier
        from crossposter.ledger import LedgerAlerts

        book = LedgerAlerts(self.ledger)
        return Alarm(audience_of(config, self.secrets), book=book, carrier=Carrier(), clock=self.clock)

    def pings(self, config: Configuration) -> list[PingTask]:
        """Give what is fetched while the daemon works."""
        from crossposter.alerts.ping import PingTask

        # The same for all that are fetched in a moment: with a thousand cities each look would be a thousand rows.
        recent, heartbeat = Recent[Signs](kept=1, seconds=_LOOK_S), self.heartbeat

        def signs() -> Signs:
            return recent.give((), lambda: heartbeat.signs(now=self.clock.now()))

        return [
            PingTask(
                address=ping.address,
                web=self.ways.of(ping.network),
                is_healthy=_health(signs, ping, self.clock, needs_worker=has_workers(config)),
            )
            for ping in pings_of(config, self.secrets)
        ]


def _health(signs: Callable[[], Signs], ping: Ping, clock: SystemClock, *, needs_worker: bool) -> Callable[[], bool]:
    """Make what tells whether the daemon works, as far as some cities are concerned."""
    feeds = [feed for city in ping.cities for feed in feeds_of(city)]
    names = {city.city for city in ping.cities}

    def is_healthy() -> bool:
        return not troubles(signs().of(names), feeds, now=clock.now(), needs_worker=needs_worker)

    return is_healthy


@contextmanager
def _scale_installed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise LedgerError(
            say("`engine: procrastinate` needs a package that is not installed: pip install 'crossposter-city[scale]'")
        ) from error


def has_workers(config: Configuration) -> bool:
    """Tell whether others do what the daemon schedules."""
    return config.engine == "procrastinate"


class Ways:
    """The ways to the web, one for each network; what they read is read in the same children, and kept together."""

    def __init__(self) -> None:
        self.children = Children()
        self.reader = FeedReader(self.children)
        self.prepared, self.read = recently_prepared(), recently_read()
        self._clients: dict[Network, WebClient] = {}

    def of(self, network: Network) -> WebClient:
        """Give the client of a network."""
        if network not in self._clients:
            self._clients[network] = WebClient(network)
        return self._clients[network]

    def close(self) -> None:
        """Close all that was opened."""
        self.children.close()
        for client in list(self._clients.values()):
            client.close()


class _World:
    """Whom the cities meet, each on its own way: its site (feeds, articles, pictures) and the platforms."""

    def __init__(self, config: Configuration, ways: Ways, environ: Mapping[str, str], clock: SystemClock) -> None:
        self._environ = environ
        self._clock = clock
        self._cities = {city.city: _CityWorld(city, ways, clock) for city in config.cities}
        self._accounts = {account.id: account for city in config.cities for account in city.accounts}

    def fetch(self, feed: Feed, validators: Validators, window: Callable[[], Sequence[Shown]] = no_window) -> Fetched:
        """Fetch a feed (`FeedSource`)."""
        return self._of(feed.id).source.fetch(feed, validators, window)

    def read(self, entry: Entry, feed: Feed, *, wants_text: bool) -> Article | None:
        """Read the page behind an entry (`ArticleSource`)."""
        return self._of(feed.id).articles.read(entry, feed, wants_text=wants_text)

    def pictures(self, account_id: str) -> PictureSource:
        """Give where an account's pictures come from, and how its cards look."""
        return self._of(account_id).pictures

    def adapter(self, account_id: str) -> Adapter:
        """Make an account's adapter, with its credentials as they are now."""
        city = self._of(account_id)
        return _adapter(self._accounts[account_id], city.network, city.public, self._environ, self._clock)

    def public_folders(self) -> dict[str, PublicPictures]:
        """Give those that some account needs, by the name of what is looked at."""
        needing = {city_of(one.id) for one in self._accounts.values() if one.needs_public_folder}
        return {full_name(name, "media") if name else MACHINE: self._cities[name].public for name in sorted(needing)}

    def sweep(self) -> None:
        """Remove pictures that were left behind."""
        for city in self._cities.values():
            city.public.sweep()

    def _of(self, name: str) -> _CityWorld:
        return self._cities[city_of(name)]


class _CityWorld:
    def __init__(self, config: ConfigModel, ways: Ways, clock: SystemClock) -> None:
        self.network = config.network.network()
        web = ways.of(self.network)
        self.source = WebFeedSource(web, ways.reader)
        self.articles = WebArticleSource(web, ways.children, read=ways.read)
        self.pictures = WebPictureSource(web, brand=_brand(config), prepared=ways.prepared)
        self.public = WebPublicPictures(web, folder=_public_folder(config), now=clock.now)


@contextmanager
def open_office(config: Configuration, environ: Mapping[str, str], *, role: Role) -> Iterator[Office]:
    """Open the ledger for work, for the length of the block: a file is held alone, a database is shared.

    Raises:
        LedgerHeldError: Another process holds the file.
        LedgerError: It cannot be opened.
    """
    from crossposter.ledger import SqlLedger, sole_writer

    ways = Ways()
    with sole_writer(config.ledger, role) if isinstance(config.ledger, Path) else nullcontext():
        ledger = SqlLedger.open(config.ledger, role=role)
        try:
            # Machines that share a ledger go by one clock: what one of them has written, another compares.
            clock = SystemClock(ahead=ledger.ahead(now=SystemClock().now()))
            opening = ledger.stand_guard(now=clock.now(), data=config.data)
            secrets = SecretMemory(environ)
            yield Office(
                ledger=ledger,
                ways=ways,
                clock=clock,
                environ=environ,
                secrets=secrets,
                opening=opening,
                configuration=fingerprint(*config.cities),
            )
        finally:
            ledger.close()
            ways.close()


@contextmanager
def open_previewer(config: Configuration) -> Iterator[Previewer]:
    """Give a previewer, for the length of the block; it reads the ledger where there is one."""
    ways, clock = Ways(), SystemClock()
    world = _World(config, ways, {}, clock)
    ledger = find_ledger(config.ledger)
    try:
        yield Previewer(
            feeds=feeds_of(config),
            accounts=accounts_of(config),
            source=world,
            pictures=world.pictures,
            articles=world,
            ledger=ledger,
            clock=clock,
        )
    finally:
        if ledger:
            ledger.close()
        ways.close()


@contextmanager
def open_checkup(config: Configuration, environ: Mapping[str, str]) -> Iterator[Checkup]:
    """Give a checkup of everything, for the length of the block; a daemon at work is not disturbed."""
    from crossposter.checkup import examine

    ways, clock = Ways(), SystemClock()
    world = _World(config, ways, environ, clock)
    try:
        yield _checkup(
            config,
            world,
            clock,
            accounts=list(accounts_of(config).values()),
            examine=lambda account: examine(world.adapter(account.id)),
            source=world,
        )
    finally:
        ways.close()


def _checkup(
    config: Configuration,
    world: _World,
    clock: SystemClock,
    *,
    accounts: Sequence[Account],
    examine: Callable[[Account], Examination],
    source: FeedSource | None,
) -> Checkup:
    from crossposter.checkup import Checkup
    from crossposter.ledger.place import place_of

    return Checkup(
        accounts=accounts,
        renewals={account.id: _renewal(account) for city in config.cities for account in city.accounts},
        examine=examine,
        feeds=feeds_of(config),
        source=source,
        pictures=world.public_folders(),
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


def feeds_of(config: Configuration) -> list[Feed]:
    """Give the feeds; one without a site is a site of its own."""
    return [
        Feed(
            id=feed.id,
            url=feed.url,
            language=feed.language,
            site=feed.site or feed.id,
            accounts=tuple(feed.accounts),
            id_pattern=feed.id_pattern,
            timezone=city.timezone,
            every=feed.every,
            silent_after=feed.silent_after,
            article=feed.article,
            holds=city.holds.holds(),
            allowed_hosts=feed.allowed_hosts,
            chrome=Chrome(strip=feed.strip, start_after=feed.start_after, stop_before=feed.stop_before),
            encoding_fallback=feed.encoding_fallback,
            delay=feed.delay,
        )
        for city in config.cities
        for feed in city.feeds
    ]


def accounts_of(config: Configuration) -> dict[str, Account]:
    """Give the accounts by id, with their platform's limits; loads no client library."""
    return {
        account.id: _account(account, _brand(city), times_of(city), configuration)
        for city in config.cities
        for configuration in [fingerprint(city)]
        for account in city.accounts
    }


def times_of(city: ConfigModel) -> Times:
    """Give when a city's posts go out."""
    return Times(
        timezone=city.timezone,
        quiet=tuple(window for one in city.quiet if isinstance(window := one.window(), Quiet)),
        silences=tuple(window for one in city.quiet if not isinstance(window := one.window(), Quiet)),
        elections=tuple(one.election() for one in city.elections),
        urgent=city.urgent.urgent() if city.urgent else Urgent(),
    )


def fingerprint(*cities: ConfigModel) -> str:
    """Give a short form of what files say, once read: their secrets by name only, and no place of this machine."""
    left_out: Any = {"ledger": True, "data": True, "network": {"proxy": True}}
    said = [city.model_dump(mode="json", warnings=False, exclude=left_out) for city in cities]
    return sha256(canonical(said).encode()).hexdigest()


def _account(account: AccountModel, brand: Brand | None, times: Times, configuration: str) -> Account:
    limits = adapter_class(account.platform).limits
    return Account(
        id=account.id,
        platform=account.platform,
        limits=limits,
        pinned=Identity(id=account.expect.id, handle=account.expect.handle),
        rules=account.post.rules(limits, brand),
        price=account.price,
        budget=account.budget.budget() if account.budget else None,
        timezone=times.timezone,
        settle_after=account.settle_after,
        look_first=account.look_first,
        pace=account.pace.pace(),
        strict_order=account.order == "strict",
        can=account.can,
        on_edit=account.on_edit.on_edit(account.can),
        price_of_deleting=account.price_of_deleting(),
        approval=account.approval,
        times=times,
        configuration=configuration,
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
    network, clock = config.network.network(), SystemClock()
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
