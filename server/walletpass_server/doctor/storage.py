"""Disk, keys, clock, secrets: what the server stands on."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from walletpass.errors import WalletPassError
from walletpass_server.doctor.check import Check
from walletpass_server.persistence.columns import from_microseconds
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import DatabaseNow
from walletpass_server.persistence.tables import CredentialRow, OperationRow, PassRow, TokenRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.rehearsal import rehearsal_settings
from walletpass_server.settings import Settings

LEAST_DISK = 1_000_000_000
"""Bytes that should be free where the data are."""
CLOCKS = timedelta(seconds=5)
"""How far two clocks may differ."""
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""Before this program was written no clock can be right."""


def disk(folder: Path) -> Check:
    """Room for what comes."""
    if not folder.is_dir():
        return Check("disk", False, f"{folder}: is not there: run 'walletpass server init'")
    free = shutil.disk_usage(folder).free
    if free < LEAST_DISK:
        return Check("disk", False, f"{folder}: {free:,} bytes free: make room for {LEAST_DISK:,}")
    return Check("disk", True, f"{folder}: {free // 1_000_000_000:,} GB free")


def badges(folder: Path) -> Check:
    """The operator's folder of badges; links are plain text without it."""
    if not folder.is_dir():
        return Check("badges", False, f"{folder}: is no folder: put WALLETPASS_BADGES right, or leave it out")
    return Check("badges", True, f"{folder}: read at the start")


def keys(settings: Settings) -> tuple[Check, Keyring | None]:
    """The keys for secrets, and whether others can read them."""
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


async def clock(unit: Unit, now: datetime) -> Check:
    """This machine's clock against the database's."""
    if now < EARLIEST:
        return Check("clock", False, f"it is not {now:%Y-%m-%d}: set the clock of this machine")
    theirs = from_microseconds((await unit.connection.execute(select(DatabaseNow()))).scalar_one())
    apart = abs(theirs - now)
    if apart > CLOCKS:
        says = f"this clock and the database's are {apart.total_seconds():,.0f} s apart: set both by NTP"
        return Check("clock", False, says)
    return Check("clock", True, f"{now:%Y-%m-%d %H:%M:%S} UTC, as the database's")


async def secrets(unit: Unit, keyring: Keyring) -> Check:
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


async def rehearsal(unit: Unit, settings: Settings) -> Check:
    """Settings of a rehearsal beside operations in production."""
    names = rehearsal_settings(settings)
    production = select(OperationRow.name).where(OperationRow.environment == "production").limit(1)
    name = (await unit.connection.execute(production)).scalar_one_or_none()
    if not names:
        return Check("rehearsal", True, "no setting of a rehearsal")
    if name is None or settings.rehearsal:
        return Check("rehearsal", True, f"rehearsing, by {', '.join(names)}")
    return Check("rehearsal", False, f"{name} is in production: unset {', '.join(names)}")
