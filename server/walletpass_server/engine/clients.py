"""Clients: the tenants that own everything else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from walletpass.errors import NotFound
from walletpass_server.persistence.tables import ClientRow
from walletpass_server.persistence.unit_of_work import Unit


async def create_client(unit: Unit, slug: str, name: str, now: datetime) -> ClientRow:
    """
    A new client.

    Args:
        unit: Of ALL_CLIENTS, since the client is new.
        slug: Its name in commands and addresses, unique in the server.
        name: Its name for people.
        now: The instant.
    """
    row = ClientRow(id=await unit.new_id(), slug=slug, name=name, settings={}, created_at=now)
    unit.session.add(row)
    await unit.session.flush()
    return row


async def find_client(unit: Unit, slug: str) -> ClientRow:
    """
    A client by its slug.

    Raises:
        NotFound: There is none.
    """
    row = await unit.session.scalar(select(ClientRow).where(ClientRow.slug == slug, ClientRow.removed_at.is_(None)))
    if row is None:
        raise NotFound(f"there is no client {slug}: check the name")
    return row
