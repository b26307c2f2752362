"""The composition root: a configuration becomes running parts. The only place where ports meet implementations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from crossposter.adapters import adapter_class
from crossposter.adapters.options import Connection
from crossposter.clock import SystemClock
from crossposter.config import AccountModel, ConfigModel, read_secrets
from crossposter.core.model import Account, Feed, Identity
from crossposter.feeds import WebFeedSource
from crossposter.ledger import SqlLedger, sole_writer
from crossposter.media import WebPictureSource
from crossposter.ports import Adapter
from crossposter.preview import Previewer
from crossposter.service import Service
from crossposter.web import WebClient


@contextmanager
def open_service(config: ConfigModel, environ: Mapping[str, str]) -> Iterator[Service]:
    """Give a service that holds the ledger alone, for the length of the block.

    Raises:
        LedgerHeldError: Another process holds it.
        LedgerError: It cannot be opened.
    """
    clock, web = SystemClock(), WebClient()
    models = {account.id: account for account in config.accounts}
    with sole_writer(config.ledger):
        ledger = SqlLedger.open(config.ledger)
        try:
            yield Service(
                feeds=feeds_of(config),
                accounts=accounts_of(config),
                source=WebFeedSource(web),
                pictures=WebPictureSource(web),
                adapters=lambda account_id: _adapter(models[account_id], environ, clock),
                ledger=ledger,
                clock=clock,
            )
        finally:
            ledger.close()
            web.close()


@contextmanager
def open_previewer(config: ConfigModel) -> Iterator[Previewer]:
    """Give a previewer, for the length of the block; it reads the ledger where there is one."""
    web = WebClient()
    ledger = SqlLedger(config.ledger) if config.ledger.exists() else None
    try:
        yield Previewer(
            feeds=feeds_of(config),
            accounts=accounts_of(config),
            source=WebFeedSource(web),
            pictures=WebPictureSource(web),
            ledger=ledger,
        )
    finally:
        if ledger:
            ledger.close()
        web.close()


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
        )
        for feed in config.feeds
    ]


def accounts_of(config: ConfigModel) -> dict[str, Account]:
    """Give the accounts by id, with their platform's limits; loads no client library."""
    return {
        account.id: Account(
            id=account.id,
            platform=account.platform,
            limits=adapter_class(account.platform).limits,
            pinned=Identity(id=account.expect.id, handle=account.expect.handle),
        )
        for account in config.accounts
    }


def _adapter(account: AccountModel, environ: Mapping[str, str], clock: SystemClock) -> Adapter:
    endpoint = account.endpoint
    connection = Connection(
        account_id=account.id,
        remote_id=account.expect.id,
        secrets=read_secrets(account, environ),
        now=clock.now,
        url=endpoint.url if endpoint else None,
        proxy=endpoint.proxy if endpoint else None,
        ca_file=str(endpoint.ca_file) if endpoint and endpoint.ca_file else None,
    )
    return adapter_class(account.platform)(connection, account)
