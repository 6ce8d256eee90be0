"""Is this installation sound? Each check says what it found, and what to do where it is not."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from walletpass.errors import WalletPassError
from walletpass_server.persistence.columns import from_microseconds
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.engine import database_url
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import DatabaseNow
from walletpass_server.persistence.tables import CredentialRow, OutboxRow, PassRow, RunRow, TokenRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.settings import Settings

LEAST_DISK = 1_000_000_000
"""Bytes that should be free where the data are."""
CLOCKS = timedelta(seconds=5)
"""How far this clock and the database's may differ."""
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""Before this program was written no clock can be right."""
EXPIRES = timedelta(days=30)
"""How early the end of a certificate is told."""


@dataclass(frozen=True, slots=True)
class Check:
    """
    What one check found.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be.
        says: What was found; what to do, where it is not as it should be.
    """

    name: str
    ok: bool
    says: str


async def examine(settings: Settings, now: datetime) -> AsyncIterator[Check]:
    """
    Look at everything; nothing is changed or made.

    Args:
        settings: As read.
        now: This machine's clock, aware.
    """
    yield _disk(settings.data_folder)
    keys, keyring = _keys(settings)
    yield keys
    try:
        url = database_url(settings.database_url)
        shown = url.render_as_string()
        if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
            yield Check("database", False, f"{url.database}: is not there: run 'walletpass server init'")
            return
        database = await Database.open(url, migrate=False)
    except WalletPassError as fault:
        yield Check("database", False, str(fault))
        return
    yield Check("database", True, f"{shown}, tables up to date")
    try:
        async with database.reading(ALL_CLIENTS) as unit:
            yield await _clock(unit, now)
            if keyring is not None:
                yield await _secrets(unit, keyring)
            yield await _credentials(unit, now)
            yield await _outbox(unit)
            yield await _runs(unit)
    finally:
        await database.close()


def _disk(folder: Path) -> Check:
    if not folder.is_dir():
        return Check("disk", False, f"{folder}: is not there: run 'walletpass server init'")
    free = shutil.disk_usage(folder).free
    if free < LEAST_DISK:
        return Check("disk", False, f"{folder}: {free:,} bytes free: make room for {LEAST_DISK:,}")
    return Check("disk", True, f"{folder}: {free // 1_000_000_000:,} GB free")


def _keys(settings: Settings) -> tuple[Check, Keyring | None]:
    if not settings.has_keys:
        says = f"{settings.key_file}: is not there: put it back, or run 'walletpass server init' on a new server"
        return Check("keys", False, says), None
    try:
        keyring = settings.keyring()
    except WalletPassError as fault:
        return Check("keys", False, str(fault)), None
    if not settings.secret_keys and settings.key_file.stat().st_mode & 0o077:
        return Check("keys", False, f"{settings.key_file}: others can read it: chmod 600"), keyring
    return Check("keys", True, f"key {keyring.current} seals"), keyring


async def _clock(unit: Unit, now: datetime) -> Check:
    if now < EARLIEST:
        return Check("clock", False, f"it is not {now:%Y-%m-%d}: set the clock of this machine")
    theirs = from_microseconds((await unit.connection.execute(select(DatabaseNow()))).scalar_one())
    apart = abs(theirs - now)
    if apart > CLOCKS:
        says = f"this clock and the database's are {apart.total_seconds():,.0f} s apart: set both by NTP"
        return Check("clock", False, says)
    return Check("clock", True, f"{now:%Y-%m-%d %H:%M:%S} UTC, as the database's")


async def _secrets(unit: Unit, keyring: Keyring) -> Check:
    """The oldest and the newest secret of each kind: those that a lost or a new key would leave shut."""
    opened = 0
    places = ((CredentialRow, "credential", "sealed"), (PassRow, "pass", "secret"), (TokenRow, "token", "sealed"))
    for row, table, column in places:
        for order in (row.id.asc(), row.id.desc()):
            query = select(row.id, getattr(row, column)).order_by(row.client_id, order).limit(1)
            for row_id, sealed in await unit.connection.execute(query):
                try:
                    keyring.unseal(sealed, table, column, row_id)
                except WalletPassError as fault:
                    return Check("secrets", False, str(fault))
                opened += 1
    return Check("secrets", True, f"{opened} of them opened")


async def _credentials(unit: Unit, now: datetime) -> Check:
    ending = await unit.session.scalars(
        select(CredentialRow)
        .where(CredentialRow.retired_at.is_(None), CredentialRow.not_after < now + EXPIRES)
        .order_by(CredentialRow.not_after)
        .limit(1)
    )
    first = ending.one_or_none()
    if first is not None and first.not_after is not None:
        says = f"{first.name} for {first.pass_type_identifier} ends on {first.not_after:%Y-%m-%d}: renew it with Apple"
        return Check("credentials", False, says)
    return Check("credentials", True, f"none ends within {EXPIRES.days} days")


async def _outbox(unit: Unit) -> Check:
    counted = select(func.count(OutboxRow.id) - func.count(OutboxRow.dead_at), func.count(OutboxRow.dead_at))
    waiting, dead = (await unit.connection.execute(counted)).one()
    if dead:
        return Check("outbox", False, f"letters given up: {dead:,}, waiting: {waiting:,}: see 'walletpass outbox dead'")
    return Check("outbox", True, f"letters waiting: {waiting:,}")


async def _runs(unit: Unit) -> Check:
    failed = await unit.session.scalars(select(RunRow).where(RunRow.state == "failed").order_by(RunRow.id).limit(1))
    first = failed.one_or_none()
    if first is not None:
        says = f"run {first.id} ({first.cause}) failed: {first.error}: then 'walletpass run resume {first.id}'"
        return Check("runs", False, says)
    return Check("runs", True, "none failed")
