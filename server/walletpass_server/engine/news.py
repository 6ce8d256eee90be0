"""
Tell of what happens too often to be kept as facts: passes fetched, links opened, pushes taken.

Only who subscribed to the very name is told (`walletpass.hooks.HIGH_VOLUME`). `Listeners` is asked first: where nobody
did, nothing is read or written.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import insert, select

from walletpass.errors import StorageError
from walletpass.hooks import HIGH_VOLUME
from walletpass_server.engine.telling import CHANNEL
from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import HookEndpointRow, HookEventRow, OperationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.persistence.writer import Writer

FRESH = 5.0
"""Seconds until a process has heard of a new endpoint."""

_logger = logging.getLogger(__name__)


class Listeners:
    """Which clients have somebody who listens to an event of high volume. One for each process."""

    def __init__(self, database: Database, writer: Writer | None = None) -> None:
        """
        Args:
            database: Where the endpoints are.
            writer: Of the process, where what is told of are requests that come many at a time.
        """
        self._database = database
        self._writer = writer
        self._wanted: Mapping[int, Collection[str]] = {}
        self._good_until = 0.0

    async def want(self, client_id: int, type_: str) -> bool:
        """Whether somebody of the client subscribed to the very name; raises DatabaseUnavailable."""
        if monotonic() >= self._good_until:
            self._wanted = await self._read()
            self._good_until = monotonic() + FRESH
        return type_ in self._wanted.get(client_id, ())

    async def tell(self, client_id: int, news: Sequence[News], now: datetime, *, cause: str) -> None:
        """
        Tell of what somebody wants to hear of, in a transaction of its own.

        It is about what has been done already, and whoever asked for that is served even when nothing can be written:
        then the log says what was not told.
        """
        try:
            wanted = [each for each in news if await self.want(client_id, each.type)]
            if wanted:
                write = self._writer.write if self._writer else self._database.run
                await write(client_id, lambda unit: tell_news(unit, wanted, now, cause=cause))
        except StorageError as exc:
            _logger.warning("%d events of client %d are not told: %s", len(news), client_id, exc)

    async def _read(self) -> Mapping[int, Collection[str]]:
        found: dict[int, set[str]] = {}
        async with self._database.reading(ALL_CLIENTS) as unit:
            for client_id, events in await unit.connection.execute(
                select(HookEndpointRow.client_id, HookEndpointRow.events)
            ):
                found.setdefault(client_id, set()).update(HIGH_VOLUME.intersection(events))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """
    Something that no fact tells of.

    Attributes:
        type: One of `walletpass.hooks.HIGH_VOLUME`.
        operation_id: The operation it concerns.
        pass_id: The pass it concerns; what is told of it is read when the news is sent.
        data: Beside `pass`; ready for JSON: names and ids, no personal data.
    """

    type: str
    operation_id: int
    pass_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


async def tell_news(unit: Unit, news: Sequence[News], now: datetime, *, cause: str) -> None:
    """
    Tell of what somebody wants to hear of, as `Listeners.want` said.

    Args:
        unit: Of the client; a transaction that writes.
        now: The server's clock.
        cause: Why: `apple.fetch`, `apns`...
    """
    if not news:
        return
    operations = select(OperationRow.id, OperationRow.environment).where(
        OperationRow.client_id == unit.client_id, OperationRow.id.in_({each.operation_id for each in news})
    )
    environments = {row.id: row.environment for row in await unit.connection.execute(operations)}
    ids = await unit.new_ids(len(news))
    rows = [
        {
            "client_id": unit.client_id,
            "id": row_id,
            "type": each.type,
            "environment": environments.get(each.operation_id),
            "operation_id": each.operation_id,
            "pass_id": each.pass_id,
            "cause": cause,
            "data": dict(each.data),
            "occurred_at": now,
        }
        for row_id, each in zip(ids, news, strict=True)
    ]
    await unit.connection.execute(insert(HookEventRow), rows)
    await outbox.put(unit, [outbox.NewLetter(CHANNEL, f"events:{ids[0]}", {"events": ids})])
