"""
What is served for each client: requests and bytes of a day, by door. It tells how much transit an active pass takes.

Counted in memory and added to the database once a minute: a process that is killed loses a minute, and no request
waits for a count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from walletpass_server.persistence.database import Database
from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import TrafficRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

EVERY = timedelta(minutes=1)
"""How often a process adds its counts."""
_CLIENT = "walletpass.client"
_DOORS = {"v1": "api", "passkit": "passkit"}


@dataclass(frozen=True, slots=True)
class Served:
    """What one door served for a client on a day (UTC)."""

    day: date
    door: str
    requests: int
    bytes: int


class Traffic:
    """
    The counts of a process.

    ```python
    traffic.count(scope, len(body))
    await traffic.flush(database)
    ```
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[int, date, str], list[int]] = {}

    def count(self, scope: Any, size: int) -> None:
        """A request was answered with so many bytes; of one whose client nobody named, nothing is counted."""
        client_id = scope.get(_CLIENT)
        if client_id is None:
            return
        place = (client_id, datetime.now(UTC).date(), door_of(scope.get("path", "")))
        counts = self._counts.setdefault(place, [0, 0])
        counts[0] += 1
        counts[1] += size

    async def flush(self, database: Database) -> None:
        """Add the counts to the database; those that cannot be are kept for the next time."""
        taken, self._counts = self._counts, {}
        if not taken:
            return
        rows = [
            {"client_id": client_id, "day": day, "door": door, "requests": requests, "bytes": size}
            for (client_id, day, door), (requests, size) in sorted(taken.items())
        ]

        async def add(unit: Unit) -> None:
            entry = upsert(unit.connection.dialect, TrafficRow)
            added = {name: getattr(TrafficRow, name) + getattr(entry.excluded, name) for name in ("requests", "bytes")}
            key = ["client_id", "day", "door"]
            await unit.connection.execute(entry.on_conflict_do_update(index_elements=key, set_=added), rows)

        try:
            await database.run(ALL_CLIENTS, add)
        except BaseException:
            for place, (requests, size) in taken.items():
                counts = self._counts.setdefault(place, [0, 0])
                counts[0] += requests
                counts[1] += size
            raise


def belongs(scope: Any, client_id: int) -> None:
    """Say of which client a request is, once that is known."""
    scope[_CLIENT] = client_id


def door_of(path: str) -> str:
    """Which door a path is for: api, passkit or links."""
    return _DOORS.get(path.split("/", 2)[1] if path.count("/") else "", "links")


async def traffic_of(unit: Unit, first: date, last: date) -> Sequence[Served]:
    """What was served for the unit's client from the first day to the last, both included."""
    rows = await unit.connection.execute(
        select(TrafficRow.day, TrafficRow.door, TrafficRow.requests, TrafficRow.bytes)
        .where(TrafficRow.client_id == unit.client_id, TrafficRow.day.between(first, last))
        .order_by(TrafficRow.day, TrafficRow.door)
    )
    return [Served(*row) for row in rows]
