"""Seal every stored secret again with the current key, so that an old key can be taken off the ring."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select, tuple_, update

from walletpass_server.persistence.columns import OwnedWithId
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import (
    ContactKeyRow,
    CredentialRequestRow,
    CredentialRow,
    HookEndpointRow,
    PassRow,
    TokenRow,
)
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

_SECRETS = (
    (CredentialRow, "credential", "sealed"),
    (CredentialRequestRow, "credential_request", "sealed"),
    (PassRow, "pass", "secret"),
    (TokenRow, "token", "sealed"),
    (HookEndpointRow, "hook_endpoint", "sealed"),
    (HookEndpointRow, "hook_endpoint", "sealed_before"),
    (ContactKeyRow, "contact_key", "sealed"),
)
CHUNK = 500


async def seal_again(database: Database, keyring: Keyring) -> int:
    """
    Re-seal what other keys sealed; may be stopped and run again at any time.

    Returns:
        How many secrets changed.
    """
    changed = 0
    for row, table, column in _SECRETS:
        place: tuple[int, int] | None = (0, 0)
        while place is not None:
            chunk = partial(_chunk, keyring=keyring, row=row, table=table, column=column, start=place)
            place, count = await database.run(ALL_CLIENTS, chunk, long=True)
            changed += count
    return changed


async def _chunk(
    unit: Unit, *, keyring: Keyring, row: type[OwnedWithId], table: str, column: str, start: tuple[int, int]
) -> tuple[tuple[int, int] | None, int]:
    secret = getattr(row, column)
    found = await unit.connection.execute(
        select(row.client_id, row.id, secret)
        .where(tuple_(row.client_id, row.id) > start, secret.is_not(None))
        .order_by(row.client_id, row.id)
        .limit(CHUNK)
        .with_for_update()
    )
    last, count = None, 0
    for client_id, row_id, sealed in found:
        last = (client_id, row_id)
        if keyring.key_id(sealed) != keyring.current:
            opened = keyring.unseal(sealed, table, column, row_id)
            await unit.connection.execute(
                update(row)
                .where(row.client_id == client_id, row.id == row_id)
                .values({column: keyring.seal(opened, table, column, row_id)})
            )
            count += 1
    return last, count
