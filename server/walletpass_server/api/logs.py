"""Logs: who changed what, and what phones complained about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from pydantic import ConfigDict
from sqlalchemy import select

from walletpass_server.api import paging
from walletpass_server.api.shapes import LINE, PAGE, Cursor, Limit, Page, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.keys import Key
from walletpass_server.persistence.tables import AuditRow, DeviceLogRow


class AuditOut(Shape):
    """A change that somebody made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 77,
                    "at": "2027-03-20T08:00:00Z",
                    "actor_kind": "key",
                    "actor": "12 (Till)",
                    "action": "pass.voided",
                    "subject": "pass:412",
                    "before": {"voided": False},
                    "after": {"voided": True},
                }
            ]
        }
    )

    id: int
    at: datetime
    actor_kind: str
    """staff of the provider, person of the client, or key."""
    actor: str
    action: str
    subject: str
    """What was changed: kind and id."""
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class DeviceLogOut(Shape):
    """What phones complained about; the same complaint is one entry."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 3,
                    "pass_type_identifier": "pass.example.shop",
                    "message": "Get pass task: server response was malformed",
                    "count": 4,
                    "first_at": "2027-03-20T08:00:00Z",
                    "last_at": "2027-03-21T08:00:00Z",
                }
            ]
        }
    )

    id: int
    pass_type_identifier: str | None
    message: str
    """As the phone wrote it: anybody may write here, so do not believe it."""
    count: int
    first_at: datetime
    last_at: datetime


@get("/logs/changes", scope="logs:read")
async def list_changes(
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    action: Annotated[str | None, QueryParameter(max_length=64, pattern=LINE, description="Of this action.")] = None,
    subject: Annotated[
        str | None, QueryParameter(max_length=300, pattern=LINE, description="Of this subject: `key:12`.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[AuditOut]:
    """List the changes that people and keys made, the newest first."""
    query = select(AuditRow)
    if action is not None:
        query = query.where(AuditRow.action == action)
    if subject is not None:
        query = query.where(AuditRow.subject == subject)
    async with on.database.reading(caller.client_id) as unit:
        return await paging.page(unit, query, AuditRow.id, cursor, limit, _change)


@get("/logs/devices", scope="logs:read")
async def list_device_logs(
    on: NamedDependency[Platform], caller: NamedDependency[Key], cursor: Cursor = None, limit: Limit = PAGE
) -> Page[DeviceLogOut]:
    """List what phones complained about, the newest kind of complaint first."""
    async with on.database.reading(caller.client_id) as unit:
        return await paging.page(unit, select(DeviceLogRow), DeviceLogRow.id, cursor, limit, _device_log)


def _change(row: AuditRow) -> AuditOut:
    return AuditOut(
        id=row.id,
        at=row.at,
        actor_kind=row.actor_kind,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        before=row.before,
        after=row.after,
    )


def _device_log(row: DeviceLogRow) -> DeviceLogOut:
    return DeviceLogOut(
        id=row.id,
        pass_type_identifier=row.pass_type_identifier,
        message=row.message,
        count=row.count,
        first_at=row.first_at,
        last_at=row.last_at,
    )


HANDLERS = (list_changes, list_device_logs)
