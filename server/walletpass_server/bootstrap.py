"""The one place that puts a process of the server together: database, keys, writer, senders."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import exists, select

from walletpass.errors import SecretUnreadable, UsageError
from walletpass_server.engine.desk import IssuingDesk
from walletpass_server.engine.key_desk import KeyDesk
from walletpass_server.engine.news import Listeners
from walletpass_server.engine.pace import Pace
from walletpass_server.engine.sending import Senders
from walletpass_server.engine.traffic import Traffic
from walletpass_server.hooks.dispatcher import Hooks
from walletpass_server.persistence.checkpoints import checkpoints
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.engine import database_url
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import ClientRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.persistence.writer import Writer
from walletpass_server.settings import Settings
from walletpass_server.wallets import Wallets, wallets


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """
    What a process of the server works with.

    Attributes:
        settings: As read.
        database: Open.
        keyring: Seals and opens secrets.
        writer: Commits the requests of this process together.
        desk: Opens tokens.
        keys: Knows the keys of the API.
        pace: Of each client's requests to the API.
        wallets: By name: apple, google.
        hooks: Spreads and delivers events; letters about them wait without it.
        listeners: Who wants to hear of what happens often.
        senders: Who carries letters outside, by channel; letters of other channels wait in the outbox.
        traffic: Counts what is served for each client.
    """

    settings: Settings
    database: Database
    keyring: Keyring
    writer: Writer
    desk: IssuingDesk
    keys: KeyDesk
    pace: Pace
    listeners: Listeners
    wallets: Wallets = field(default_factory=dict)
    senders: Senders = field(default_factory=dict)
    hooks: Hooks | None = None
    traffic: Traffic = field(default_factory=Traffic)


async def prepare(settings: Settings) -> None:
    """
    Make what is missing: folder, key, database, tables. May be repeated; brings tables of an older version up to date.

    Raises:
        SecretUnreadable: The database is in use, but its keys are not there.
        DatabaseUnavailable, SchemaOutdated, UsageError: As `Database.open` and `Settings.keyring`.
    """
    database = await Database.open(settings.database_url)
    try:
        async with database.reading(ALL_CLIENTS) as unit:
            in_use = (await unit.connection.execute(select(exists(select(ClientRow.id))))).scalar_one()
    finally:
        await database.close()
    if in_use and not settings.has_keys:
        raise SecretUnreadable(
            f"{settings.key_file}: is not there, and the database is in use: put the keys back, new ones open nothing"
        )
    settings.keyring()


def collect_rarely() -> None:
    """
    Look for objects that hold one another after 20,000 new ones, not after 700.

    A request, or a chunk of an import, makes thousands and hardly any such: looking took a quarter of an import.
    """
    gc.set_threshold(20_000)


@asynccontextmanager
async def platform(settings: Settings, *, senders: Senders | None = None) -> AsyncIterator[Platform]:
    """
    A process of the server, from what `prepare` made.

    Args:
        settings: As read.
        senders: By channel, instead of the wallets' own; for tests.

    Raises:
        UsageError: Nothing was prepared.
        DatabaseUnavailable, SchemaOutdated: As `Database.open`.
    """
    url = database_url(settings.database_url)
    file = Path(str(url.database))
    if url.get_backend_name() == "sqlite" and not file.exists():
        raise UsageError(f"{file}: there is no database: run 'walletpass server init', or name its folder with --data")
    if not settings.has_keys:
        raise UsageError(f"{settings.key_file}: there are no keys: put them back, or run 'walletpass server init'")
    keyring = settings.keyring()
    database = await Database.open(url, migrate=False)
    collect_rarely()
    try:
        async with Writer(database) as writer, checkpoints(database):
            joined = wallets(settings, database, keyring, writer)
            hooks = _hooks(settings, database, keyring)
            keys = KeyDesk(database, writer)
            try:
                yield Platform(
                    settings=settings,
                    database=database,
                    keyring=keyring,
                    writer=writer,
                    desk=IssuingDesk(database, writer, keyring),
                    keys=keys,
                    pace=Pace(writer),
                    listeners=Listeners(database, writer),
                    wallets=joined,
                    senders={wallet.channel: wallet for wallet in joined.values()} if senders is None else senders,
                    hooks=hooks,
                )
            finally:
                await keys.close()
                await hooks.close()
                for wallet in joined.values():
                    await wallet.close()
    finally:
        await database.close()


def _hooks(settings: Settings, database: Database, keyring: Keyring) -> Hooks:
    from walletpass_server.hooks.subscribers import installed
    from walletpass_server.hooks.web import WebCarrier  # brings TLS along

    return Hooks(database, WebCarrier(keyring, settings.hooks_private), installed())
