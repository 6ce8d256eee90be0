"""Operations: a Matrix in force over a period."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from pydantic import ConfigDict, Field
from sqlalchemy import select

from walletpass.errors import (
    CredentialUnfit,
    InstantPassed,
    NotFound,
    OperationEnded,
    OperationError,
    ProductionRefused,
    QuotaReached,
    ScopeMissing,
)
from walletpass.files import check_bounds
from walletpass.operation import Operation
from walletpass.values import READABLE
from walletpass_server.api import paging
from walletpass_server.api.once import Made, once
from walletpass_server.api.outlines import Outline
from walletpass_server.api.reaching import reach_operation, reach_operation_row
from walletpass_server.api.shapes import (
    LINE,
    PAGE,
    WHOLE,
    Cursor,
    Document,
    IdempotencyKey,
    Instant,
    Limit,
    Name,
    Page,
    PathId,
    Shape,
)
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.audit import record
from walletpass_server.engine.cancelling import cancel_operation as call_off
from walletpass_server.engine.credentials import change_credential, find_credential
from walletpass_server.engine.keys import Key
from walletpass_server.engine.operations import create_operation, move_instant
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import CredentialRow, MatrixRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit

TriggerName = Annotated[
    str, PathParameter(max_length=64, pattern=READABLE, description="An `at` Trigger of the Matrix.")
]
WalletName = Annotated[Literal["apple", "google"], PathParameter(description="apple or google.")]


class OperationIn(Shape):
    """An operation as docs/matrix.md describes it; its `matrix` is the name of a Matrix."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "document": {
                        "operation": "spring-2027",
                        "matrix": "spring-coupon",
                        "starts_at": "2027-03-20T08:00",
                        "ends_at": "2027-04-20T00:00",
                    },
                    "apple_credential": "main",
                    "google_credential": "main",
                }
            ]
        }
    )

    document: Annotated[Document, Outline(Operation)]
    matrix_version: Annotated[int, Field(ge=1, le=2**31 - 1), WHOLE] | None = None
    """By default the newest."""
    apple_credential: Name | None = None
    """What signs its Apple passes, by name."""
    google_credential: Name | None = None
    """What calls Google for it, by name."""


class MoveIn(Shape):
    """When an `at` Trigger is to fall due."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"at": "2027-04-18T20:00:00+02:00"}]})

    at: Instant


class ChooseIn(Shape):
    """Which credential signs from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "renewed"}]})

    name: Name


class OperationOut(Shape):
    """An operation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 7,
                    "name": "spring-2027",
                    "link": "https://passes.example.com/o/q8Zr1xTn4LwY",
                    "matrix": "spring-coupon",
                    "matrix_version": 2,
                    "pass_type": "coupon",
                    "environment": "test",
                    "starts_at": "2027-03-20T07:00:00Z",
                    "ends_at": "2027-04-19T22:00:00Z",
                    "zone": "Europe/Paris",
                    "notifications": {"max": 6},
                    "at": {},
                    "limits": {"passes": 100000},
                    "transferable": True,
                    "cancelled_at": None,
                    "created_at": "2027-03-01T08:00:00Z",
                }
            ]
        }
    )

    id: int
    name: str
    link: str
    """By which a consumer adds the operation as a pass."""
    matrix: str
    matrix_version: int
    pass_type: str
    environment: str
    starts_at: datetime
    ends_at: datetime
    """The first instant after the period."""
    zone: str
    notifications: dict[str, Any]
    at: dict[str, str]
    """`at` Triggers whose instant was moved."""
    limits: dict[str, Any]
    transferable: bool
    """False when it signs with credentials of the provider: its passes can never be handed over."""
    cancelled_at: datetime | None
    """When it was called off."""
    created_at: datetime


@get("/operations", scope="operations:read")
async def list_operations(
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    name: Annotated[
        str | None, QueryParameter(max_length=200, pattern=LINE, description="Of this name; there may be several.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[OperationOut]:
    """List the operations, the newest first."""
    query = select(OperationRow).where(*caller.reach.conditions())
    if name is not None:
        query = query.where(OperationRow.name == name)
    async with on.database.reading(caller.client_id) as unit:
        found = await paging.page(unit, query, OperationRow.id, cursor, limit, lambda row: row)
        return Page(items=await _shown(unit, on, found.items), next=found.next)


@post(
    "/operations",
    status_code=201,
    scope="operations:write",
    refuses=(NotFound, OperationError, ProductionRefused, QuotaReached),
)
async def open_operation(
    data: JSONBody[OperationIn],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    idempotency_key: IdempotencyKey = None,
) -> OperationOut:
    """Put a Matrix in force. Its version is frozen from now on, for ever."""
    if caller.reach.operations is not None:
        raise ScopeMissing("this key is held to some operations: open others with a key that is not")
    check_bounds(data.document, "document")
    operation = Operation.read({"environment": caller.environment, **data.document}, name="document")
    if operation.environment != caller.environment:
        raise ScopeMissing(
            f"this key is for {caller.environment}: open operations of {operation.environment} with another"
        )

    async def work(unit: Unit) -> OperationOut:
        async def make() -> Made:
            now = utc_now()
            row = await create_operation(
                unit,
                operation,
                now,
                matrix_version=data.matrix_version,
                apple_credential=data.apple_credential,
                google_credential=data.google_credential,
            )
            after = {"name": row.name, "environment": row.environment}
            await record(unit, caller.actor, "operation.opened", f"operation:{row.id}", now, after=after)
            return {"id": row.id}

        made, _ = await once(unit, caller, idempotency_key, ("POST operations", data), make)
        return await _read(unit, on, caller, int(made["id"]))

    return await on.writer.write(caller.client_id, work)


@get("/operations/{operation_id:int}", scope="operations:read", refuses=(NotFound,))
async def read_operation(
    operation_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> OperationOut:
    """Read an operation."""
    async with on.database.reading(caller.client_id) as unit:
        return await _read(unit, on, caller, operation_id)


@put(
    "/operations/{operation_id:int}/instants/{trigger:str}",
    scope="operations:write",
    refuses=(NotFound, InstantPassed, OperationError),
)
async def move(
    operation_id: PathId,
    trigger: TriggerName,
    data: JSONBody[MoveIn],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
) -> OperationOut:
    """Move an `at` Trigger. Once its instant is due, it can no longer be moved."""

    async def work(unit: Unit) -> OperationOut:
        now = utc_now()
        before = dict((await reach_operation_row(unit, caller, operation_id)).at)
        live = await move_instant(unit, operation_id, trigger, data.at, now)
        if live.row.at != before:
            await record(
                unit,
                caller.actor,
                "operation.instant-moved",
                f"operation:{operation_id}",
                now,
                before={"at": before},
                after={"at": live.row.at},
            )
        return await _read(unit, on, caller, operation_id)

    return await on.writer.write(caller.client_id, work)


@put(
    "/operations/{operation_id:int}/credentials/{wallet:str}",
    scope="operations:write",
    refuses=(NotFound, CredentialUnfit),
)
async def choose_credential(
    operation_id: PathId,
    wallet: WalletName,
    data: JSONBody[ChooseIn],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
) -> OperationOut:
    """Let an operation sign with another credential of the same identity, such as a renewed certificate."""

    async def work(unit: Unit) -> OperationOut:
        live = await reach_operation(unit, caller, operation_id)
        before = getattr(live.row, f"{wallet}_credential_id")
        credential = await find_credential(unit, wallet, data.name, live.row.environment)
        await change_credential(unit, live.row, credential, utc_now())
        if credential.id != before:
            await record(
                unit,
                caller.actor,
                "operation.credential-changed",
                f"operation:{operation_id}",
                utc_now(),
                before={wallet: before},
                after={wallet: credential.id},
            )
        return await _read(unit, on, caller, operation_id)

    return await on.writer.write(caller.client_id, work)


@post(
    "/operations/{operation_id:int}/cancel",
    status_code=200,
    scope="operations:write",
    refuses=(NotFound, OperationEnded),
)
async def cancel_operation(
    operation_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> OperationOut:
    """
    Call an operation off, for good.

    Nothing is issued, no Trigger fires, no event is taken any more, and its links lead nowhere. What phones hold stays
    as it is. Repeating it changes nothing.
    """

    async def work(unit: Unit) -> OperationOut:
        await reach_operation_row(unit, caller, operation_id)
        await call_off(unit, operation_id, caller.actor, utc_now())
        return await _read(unit, on, caller, operation_id)

    return await on.writer.write(caller.client_id, work)


async def _read(unit: Unit, on: Platform, caller: Key, operation_id: int) -> OperationOut:
    row = await reach_operation_row(unit, caller, operation_id)
    return (await _shown(unit, on, [row]))[0]


async def _shown(unit: Unit, on: Platform, rows: list[OperationRow]) -> list[OperationOut]:
    matrices = {
        row.id: row
        for row in await unit.session.scalars(
            select(MatrixRow).where(MatrixRow.id.in_({row.matrix_id for row in rows}))
        )
    }
    lent = set(await unit.session.scalars(select(CredentialRow.id).where(CredentialRow.source == "provider")))
    return [
        OperationOut(
            id=row.id,
            name=row.name,
            link=f"{on.settings.public_url}/o/{row.link}",
            matrix=matrices[row.matrix_id].name,
            matrix_version=matrices[row.matrix_id].version,
            pass_type=row.pass_type,
            environment=row.environment,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            zone=row.zone,
            notifications=row.notifications,
            at=row.at,
            limits=row.limits,
            transferable=not lent & {row.apple_credential_id, row.google_credential_id},
            cancelled_at=row.cancelled_at,
            created_at=row.created_at,
        )
        for row in rows
    ]


HANDLERS = (list_operations, open_operation, read_operation, move, choose_credential, cancel_operation)
