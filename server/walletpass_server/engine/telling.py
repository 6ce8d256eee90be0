"""
Tell of what concerns no pass: the life of operations and matrices, credentials, quotas, reports.

Facts tell of passes. These events are rows of their own, written in the transaction of what happened, and go the same
way: a letter in the outbox, which is spread to those who subscribed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from sqlalchemy import select

from walletpass.hooks import ENTRY_POINTS
from walletpass_server.persistence import outbox
from walletpass_server.persistence.tables import ClientRow, HookEventRow, MatrixRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit

CHANNEL = "hook"
"""Of the outbox: what is to be spread to those who subscribed."""


@cache
def subscribers_installed() -> bool:
    """Whether a package of this machine subscribes in process, so that every client's events are of interest."""
    return bool(entry_points(group=ENTRY_POINTS))


def tells(settings: Mapping[str, Any]) -> bool:
    """Whether anybody may want to hear of a client's events, by the client's settings."""
    return bool(settings.get("hooks")) or subscribers_installed()


async def tell(
    unit: Unit,
    type_: str,
    data: Mapping[str, Any],
    now: datetime,
    *,
    cause: str = "platform",
    environment: str | None = None,
    operation_id: int | None = None,
) -> None:
    """
    Tell of something, if anybody of the client may want to hear of it.

    Args:
        unit: Of the client; the transaction of what happened.
        type_: One of `walletpass.hooks.TYPES`, or a module's own.
        data: Ready for JSON: names and ids, no personal data.
        now: The server's clock.
        cause: Why: `platform`, `api`, `clock`.
        environment: Whose subscribers hear of it; both when it has none.
        operation_id: The operation it concerns.
    """
    settings = await unit.session.scalar(select(ClientRow.settings).where(ClientRow.id == unit.client_id))
    if settings is None or not tells(settings):
        return
    event = HookEventRow(
        client_id=unit.client_id,
        id=await unit.new_id(),
        type=type_,
        environment=environment,
        operation_id=operation_id,
        cause=cause,
        data=dict(data),
        occurred_at=now,
    )
    unit.session.add(event)
    await unit.session.flush()
    await outbox.put(unit, [outbox.NewLetter(CHANNEL, f"event:{event.id}", {"event": event.id})])


async def tell_of_operation(unit: Unit, type_: str, row: OperationRow, now: datetime, **more: Any) -> None:
    """Tell of a step in the life of an operation."""
    data = {**operation_data(row), **more}
    await tell(unit, type_, data, now, cause="api", environment=row.environment, operation_id=row.id)


def operation_data(row: OperationRow) -> dict[str, Any]:
    """What is told of an operation."""
    return {
        "operation": {
            "id": row.id,
            "name": row.name,
            "pass_type": row.pass_type,
            "starts_at": row.starts_at.isoformat(),
            "ends_at": row.ends_at.isoformat(),
            "link": row.link,
        }
    }


def matrix_data(row: MatrixRow) -> dict[str, Any]:
    """What is told of a version of a Matrix."""
    return {"matrix": {"name": row.name, "version": row.version, "content_hash": row.content_hash}}


async def announce(unit: Unit, row: OperationRow, now: datetime) -> None:
    """See that the start and the end of an operation are told when they come. May be repeated."""
    settings = await unit.session.scalar(select(ClientRow.settings).where(ClientRow.id == unit.client_id))
    if settings is not None and tells(settings):
        await outbox.put(unit, list(_announcements(row, now)))


async def announce_all(unit: Unit, now: datetime) -> None:
    """The same for every operation of the client that is not over: somebody has just begun to listen."""
    rows = await unit.session.scalars(select(OperationRow).where(OperationRow.ends_at > now))
    await outbox.put(unit, [letter for row in rows.all() for letter in _announcements(row, now)])


def _announcements(row: OperationRow, now: datetime) -> Iterator[outbox.NewLetter]:
    for type_, at in (("operation.started", row.starts_at), ("operation.ended", row.ends_at)):
        if at > now:
            body = {"operation": row.id, "type": type_, "at": at.isoformat()}
            yield outbox.NewLetter(CHANNEL, f"{type_}:{row.id}", body, delay=max(at - now, timedelta(0)))
