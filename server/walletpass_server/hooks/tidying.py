"""Forget deliveries that arrived some days ago, and what nobody has come back for."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select

from walletpass.hooks import HIGH_VOLUME
from walletpass_server.persistence.sql import among
from walletpass_server.persistence.tables import HookDeliveryRow, HookEventRow
from walletpass_server.persistence.unit_of_work import Unit

ARRIVED_KEPT = timedelta(days=3)
"""How long the log tells of a delivery that arrived."""
UNDELIVERED_KEPT = timedelta(days=30)
"""How long a delivery waits for a paused endpoint, or is listed as dead; a replay tells it again even then."""
EVENTS_KEPT = timedelta(days=400)
"""How long events that no fact tells of can be told again; those of high volume as long as a delivery waits."""
CHUNK = 500


async def forget_some(unit: Unit, now: datetime) -> int:
    """
    Forget a chunk of each kind; returns how many rows: call again while it is not 0.

    Args:
        unit: Of ALL_CLIENTS.
    """
    arrived = HookDeliveryRow.delivered_at < now - ARRIVED_KEPT
    abandoned = HookDeliveryRow.delivered_at.is_(None), HookDeliveryRow.created_at < now - UNDELIVERED_KEPT
    of_masses = HookEventRow.type.in_(HIGH_VOLUME), HookEventRow.occurred_at < now - UNDELIVERED_KEPT
    return (
        await _forget(unit, HookDeliveryRow, arrived)
        + await _forget(unit, HookDeliveryRow, *abandoned)
        + await _forget(unit, HookEventRow, HookEventRow.occurred_at < now - EVENTS_KEPT)
        + await _forget(unit, HookEventRow, *of_masses)
    )


async def _forget(unit: Unit, row: type[HookDeliveryRow | HookEventRow], *old: ColumnElement[bool]) -> int:
    found = (await unit.connection.execute(select(row.id).where(*old).limit(CHUNK))).scalars().all()
    if found:
        await unit.connection.execute(delete(row).where(among(unit.connection.dialect, row.id, found)))
    return len(found)
