"""Passes: read, change values, void, history."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from pydantic import ConfigDict, Field
from sqlalchemy import select

from walletpass.errors import HookLoop, NotFound, PassVoid, ValuesError, VersionDiffers
from walletpass_server.api import paging
from walletpass_server.api.etags import etag, require_match
from walletpass_server.api.reaching import reach_operation_row, reach_pass
from walletpass_server.api.shapes import (
    LINE,
    PAGE,
    CauseId,
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    OfOperation,
    Page,
    PathId,
    Reason,
    Shape,
    Values,
)
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.audit import record
from walletpass_server.engine.firing import edit_values, void_pass
from walletpass_server.engine.keys import Key
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.own_pictures import own_pictures
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import FactRow, PassRow, ValueHistoryRow
from walletpass_server.persistence.unit_of_work import Unit

_PASS: Any = {
    "id": 412,
    "operation_id": 7,
    "serial": "C-1",
    "external_id": "K-1",
    "model": "active",
    "version": 3,
    "values": {"name": "Ada", "points": 120},
    "voided": False,
    "devices": {"apple": 1, "google": 0},
    "source": "newsletter",
    "created_at": "2027-03-20T08:00:00Z",
    "changed_at": "2027-03-21T09:30:00Z",
}


class PassOut(Shape):
    """A pass."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PASS]})

    id: int
    operation_id: int
    serial: str
    """What the wallets call it."""
    external_id: str | None
    """What you call its holder."""
    model: str
    """The Model it has now, by its name in the Matrix."""
    version: int
    """Up by one with every change that a phone sees; also its ETag."""
    values: dict[str, Any]
    """What its variables hold, pictures in base64; those with a default are left out until they differ."""
    voided: bool
    devices: dict[str, int]
    """Wallet to the places that hold it now."""
    source: str
    """`utm_source` of the link its holder followed; empty when nothing was said."""
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, row: PassRow) -> PassOut:
        """From its row."""
        return cls(
            id=row.id,
            operation_id=row.operation_id,
            serial=row.serial,
            external_id=row.external_id,
            model=row.model,
            version=row.version,
            values=row.variables,
            voided=row.voided_at is not None,
            devices={"apple": row.apple_holdings, "google": row.google_holdings},
            source=row.source,
            created_at=row.created_at,
            changed_at=row.changed_at,
        )


class ValuesIn(Shape):
    """New values for some variables; null clears one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"values": {"points": 130, "teaser": None}}]})

    values: Annotated[Values, Field(min_length=1)]


class VoidIn(Shape):
    """Why a pass becomes void."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "refunded"}]})

    reason: Reason = ""


class ChangeOut(Shape):
    """Values that a version of a pass changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 3,
                    "at": "2027-03-21T09:30:00Z",
                    "cause": "edit",
                    "actor": "key:12 (Till)",
                    "before": {"points": 120},
                    "after": {"points": 130},
                }
            ]
        }
    )

    version: int
    at: datetime
    cause: str
    """A Trigger, or `edit`."""
    actor: str | None
    """Who asked for it."""
    before: dict[str, Any]
    after: dict[str, Any]


class FactOut(Shape):
    """Something that happened to a pass."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 2,
                    "name": "pass.added",
                    "wallet": "apple",
                    "model": "active",
                    "occurred_at": "2027-03-20T08:01:00Z",
                    "recorded_at": "2027-03-20T08:01:00Z",
                    "data": {"first": True},
                }
            ]
        }
    )

    number: int
    """Counts the facts of one pass from 1."""
    name: str
    wallet: str
    """apple, google, or empty."""
    model: str
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, Any]


@get("/passes", scope="passes:read")
async def list_passes(
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    operation_id: OfOperation = None,
    serial: Annotated[str | None, QueryParameter(max_length=128, pattern=LINE, description="Of this serial.")] = None,
    external_id: Annotated[
        str | None, QueryParameter(max_length=200, pattern=LINE, description="Of this person.")
    ] = None,
    model: Annotated[
        str | None, QueryParameter(max_length=64, pattern=LINE, description="That have this Model now.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[PassOut]:
    """List passes, the newest first."""
    reached = caller.reach.within(caller.client_id, PassRow.operation_id)
    query = select(PassRow).where(PassRow.erased_at.is_(None), *reached)
    filters = {
        PassRow.operation_id: operation_id,
        PassRow.serial: serial,
        PassRow.external_id: external_id,
        PassRow.model: model,
    }
    query = query.where(*(column == value for column, value in filters.items() if value is not None))
    async with on.database.reading(caller.client_id) as unit:
        return await paging.page(unit, query, PassRow.id, cursor, limit, PassOut.of)


@get("/passes/{pass_id:int}", scope="passes:read", tagged=True, refuses=(NotFound,))
async def read_pass(pass_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> Response[PassOut]:
    """Read a pass."""
    async with on.database.reading(caller.client_id) as unit:
        row = await reach_pass(unit, caller, pass_id)
    return Response(PassOut.of(row), headers={"etag": etag(row.version)})


@patch(
    "/passes/{pass_id:int}/values",
    scope="passes:write",
    tagged=True,
    refuses=(NotFound, ValuesError, PassVoid, VersionDiffers, HookLoop),
)
async def change_values(
    pass_id: PathId,
    data: JSONBody[ValuesIn],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
    cause: CauseId = None,
) -> Response[PassOut]:
    """
    Change values of a pass; phones are told.

    With If-Match it is changed only while it is that version. Triggers on `pass.changed` see the change.
    """

    async def work(unit: Unit) -> PassRow:
        now = utc_now()
        row = await reach_pass(unit, caller, pass_id, lock=True)
        require_match(if_match, etag(row.version))
        meant = Subject(pass_id=pass_id)
        version = row.version
        filled = await own_pictures(unit, await load_operation(unit, row.operation_id), [data.values])
        await edit_values(
            unit, meant, filled(data.values), now, actor=str(caller.actor), key=idempotency_key, reach=caller.reach,
            cause=cause,
        )  # fmt: skip
        row = await reach_pass(unit, caller, pass_id, lock=True)
        if row.version != version:
            after = {"version": row.version, "variables": sorted(data.values)}
            await record(
                unit, caller.actor, "pass.edited", f"pass:{pass_id}", now, before={"version": version}, after=after
            )
        return row

    row = await on.writer.write(caller.client_id, work)
    return Response(PassOut.of(row), headers={"etag": etag(row.version)})


@post(
    "/passes/{pass_id:int}/void", status_code=200, scope="passes:write", tagged=True, refuses=(NotFound, VersionDiffers)
)
async def void(
    pass_id: PathId,
    data: JSONBody[VoidIn],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[PassOut]:
    """Void a pass for good: its barcode goes, and no Trigger moves it any more. Again, it changes nothing."""

    async def work(unit: Unit) -> PassRow:
        now = utc_now()
        row = await reach_pass(unit, caller, pass_id, lock=True)
        require_match(if_match, etag(row.version))
        was = row.voided_at is not None
        meant, key = Subject(pass_id=pass_id), idempotency_key
        await void_pass(unit, meant, now, reason=data.reason, actor=str(caller.actor), key=key, reach=caller.reach)
        if not was:
            subject = f"pass:{pass_id}"
            await record(
                unit, caller.actor, "pass.voided", subject, now, before={"voided": False}, after={"voided": True}
            )
        return await reach_pass(unit, caller, pass_id, lock=True)

    row = await on.writer.write(caller.client_id, work)
    return Response(PassOut.of(row), headers={"etag": etag(row.version)})


@get("/passes/{pass_id:int}/history", scope="passes:read", refuses=(NotFound,))
async def read_history(
    pass_id: PathId,
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[ChangeOut]:
    """List the changes of a pass's values, the newest first."""
    async with on.database.reading(caller.client_id) as unit:
        await reach_pass(unit, caller, pass_id)
        query = select(ValueHistoryRow).where(ValueHistoryRow.pass_id == pass_id)
        return await paging.page(unit, query, ValueHistoryRow.version, cursor, limit, _change)


@get("/passes/{pass_id:int}/facts", scope="passes:read", refuses=(NotFound,))
async def read_facts(
    pass_id: PathId,
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[FactOut]:
    """List what happened to a pass, the newest first."""
    async with on.database.reading(caller.client_id) as unit:
        await reach_pass(unit, caller, pass_id)
        query = select(FactRow).where(FactRow.pass_id == pass_id)
        return await paging.page(unit, query, FactRow.number, cursor, limit, _fact)


@get("/operations/{operation_id:int}/passes", scope="passes:read", refuses=(NotFound,))
async def list_passes_of_operation(
    operation_id: PathId,
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[PassOut]:
    """List the passes of an operation, the newest first."""
    async with on.database.reading(caller.client_id) as unit:
        await reach_operation_row(unit, caller, operation_id)
        query = select(PassRow).where(PassRow.operation_id == operation_id)
        return await paging.page(unit, query, PassRow.id, cursor, limit, PassOut.of)


def _change(row: ValueHistoryRow) -> ChangeOut:
    return ChangeOut(
        version=row.version, at=row.changed_at, cause=row.cause, actor=row.actor, before=row.before, after=row.after
    )


def _fact(row: FactRow) -> FactOut:
    return FactOut(
        number=row.number,
        name=row.name,
        wallet=row.wallet,
        model=row.model,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        data=row.data,
    )


HANDLERS = (list_passes, read_pass, change_values, void, read_history, read_facts, list_passes_of_operation)
