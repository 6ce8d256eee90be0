"""Is this installation sound? Each check says what it found, and what to do where it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from walletpass.errors import WalletPassError
from walletpass_server.doctor import outside, storage, work
from walletpass_server.doctor.check import Check
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.engine import database_url
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.settings import Settings

__all__ = ["Check", "examine"]


async def examine(settings: Settings, now: datetime) -> AsyncIterator[Check]:
    """
    Look at everything; nothing is changed or made.

    Args:
        settings: As read.
        now: This machine's clock, aware.
    """
    yield storage.disk(settings.data_folder)
    keys, keyring = storage.keys(settings)
    yield keys
    if settings.badges is not None:
        yield storage.badges(settings.badges)
    async for check in _inside(settings, keyring, now):
        yield check
    async for check in outside.examine(settings, now):
        yield check


async def _inside(settings: Settings, keyring: Keyring | None, now: datetime) -> AsyncIterator[Check]:
    try:
        url = database_url(settings.database_url)
        if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
            yield Check("database", False, f"{url.database}: is not there: run 'walletpass server init'")
            return
        database = await Database.open(url, migrate=False)
    except WalletPassError as fault:
        yield Check("database", False, str(fault))
        return
    yield Check("database", True, f"{url.render_as_string()}, tables up to date")
    try:
        async with database.reading(ALL_CLIENTS) as unit:
            yield await storage.clock(unit, now)
            if keyring is not None:
                yield await storage.secrets(unit, keyring)
            yield await storage.rehearsal(unit, settings)
            yield await work.credentials(unit, now)
            yield await work.outbox(unit)
            yield await work.hooks(unit, now)
            yield await work.runs(unit)
            yield await work.workers(unit)
    finally:
        await database.close()
