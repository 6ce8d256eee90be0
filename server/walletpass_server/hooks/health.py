"""How the hooks of a server fare: for the metrics, and for `walletpass doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from walletpass_server.persistence.tables import HookDeliveryRow, HookEndpointRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Health:
    """
    What a look at the hooks of all clients found.

    Attributes:
        waiting: Deliveries that active endpoints have yet to take.
        held: Deliveries that wait for paused endpoints.
        dead: Deliveries that were given up.
        oldest: How long the oldest delivery to an active endpoint has waited.
        paused: Endpoints that are paused.
        failing: Active endpoints where nothing has arrived of late.
        worst: One of the paused or failing ones, with why; empty when there is none.
    """

    waiting: int = 0
    held: int = 0
    dead: int = 0
    oldest: timedelta = timedelta(0)
    paused: int = 0
    failing: int = 0
    worst: str = ""


async def look(unit: Unit, now: datetime) -> Health:
    """
    Look at the hooks of all clients; the log of what arrived is not read for it.

    Args:
        unit: Of ALL_CLIENTS.
        now: The server's clock.
    """
    rows = await unit.connection.execute(
        select(
            HookEndpointRow.client_id, HookEndpointRow.id, HookEndpointRow.name, HookEndpointRow.state,
            HookEndpointRow.paused_why, HookEndpointRow.failures, HookEndpointRow.last_error,
        ).order_by(HookEndpointRow.id)
    )  # fmt: skip
    endpoints = rows.all()
    place = HookDeliveryRow.client_id, HookDeliveryRow.endpoint_id
    undelivered = HookDeliveryRow.delivered_at.is_(None), HookDeliveryRow.dead_at.is_(None)
    counted = select(*place, func.count(), func.min(HookDeliveryRow.created_at)).where(*undelivered).group_by(*place)
    waits = {(row[0], row[1]): (row[2], row[3]) for row in await unit.connection.execute(counted)}
    dead = select(func.count()).select_from(HookDeliveryRow).where(HookDeliveryRow.dead_at.is_not(None))
    active = {(row.client_id, row.id) for row in endpoints if row.state == "active"}
    since = [at for key, (_, at) in waits.items() if key in active]
    paused = [row for row in endpoints if row.state == "paused"]
    failing = [row for row in endpoints if row.state == "active" and row.failures]
    worst = next((f"{row.name} ({row.paused_why or row.last_error})" for row in (*paused, *failing)), "")
    return Health(
        waiting=sum(count for key, (count, _) in waits.items() if key in active),
        held=sum(count for key, (count, _) in waits.items() if key not in active),
        dead=(await unit.connection.execute(dead)).scalar_one(),
        oldest=max(now - min(since), timedelta(0)) if since else timedelta(0),
        paused=len(paused),
        failing=len(failing),
        worst=worst,
    )
