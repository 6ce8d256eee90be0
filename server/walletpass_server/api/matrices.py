"""Matrices: Models and Triggers, in versions that freeze."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from pydantic import ConfigDict, Field
from sqlalchemy import select

from walletpass.errors import MatrixError, ModelError, NotFound, OperationError, QuotaReached, ScenarioError
from walletpass.files import check_bounds
from walletpass.matrix import Matrix, MatrixDraft
from walletpass.model import PassModel
from walletpass.operation import Operation
from walletpass_server.api import paging
from walletpass_server.api.models import DesignName, read_document
from walletpass_server.api.outlines import Outline
from walletpass_server.api.shapes import LINE, PAGE, Cursor, Document, Instant, Limit, Page, Serial, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.audit import record
from walletpass_server.engine.designs import find_matrix, freeze, load_matrix, load_model, save_matrix
from walletpass_server.engine.keys import Key
from walletpass_server.engine.quotas import allow_matrix
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import MatrixRow
from walletpass_server.persistence.unit_of_work import Unit

Version = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]
LARGEST_PLAY = 1000
"""Events of one simulation."""
_MATRIX: Any = {
    "name": "spring-coupon",
    "version": 2,
    "pass_type": "coupon",
    "content_hash": "5e884898da28047151d0e56f8dc62927",
    "frozen": True,
    "document": {"matrix": "spring-coupon", "start": "active", "models": {"active": "active", "used": "used"}},
    "created_at": "2027-03-20T08:00:00Z",
}


class MatrixIn(Shape):
    """A Matrix as docs/matrix.md describes it. Each of its models is the name of a Model, or a whole Model."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "document": {
                        "matrix": "spring-coupon",
                        "pass_type": "coupon",
                        "start": "active",
                        "models": {"active": "active", "used": "used"},
                        "events": {"coupon.used": {"amount": "number"}},
                        "triggers": [{"name": "redeemed", "from": "active", "to": "used", "on": "coupon.used"}],
                    }
                }
            ]
        }
    )

    document: Annotated[Document, Outline(MatrixDraft)]


class MatrixOut(Shape):
    """A version of a Matrix."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MATRIX]})

    name: str
    version: int
    pass_type: str
    content_hash: str
    frozen: bool
    """Final for ever: an operation was created from it, or somebody froze it."""
    document: dict[str, Any]
    created_at: datetime

    @classmethod
    def of(cls, row: MatrixRow) -> MatrixOut:
        """From its row."""
        return cls(
            name=row.name,
            version=row.version,
            pass_type=row.pass_type,
            content_hash=row.content_hash,
            frozen=row.frozen_at is not None,
            document=row.content,
            created_at=row.created_at,
        )


class PlayedEvent(Shape):
    """An event to play."""

    model_config = ConfigDict(populate_by_name=True)

    at: Instant
    event: Annotated[str, Field(min_length=1, max_length=80)]
    """Of the Matrix, or pass.issued, pass.displayed, pass.added, pass.deleted, pass.changed, pass.voided."""
    serial: Serial | None = None
    """The pass; by default all."""
    data: Annotated[dict[str, Any], Field(max_length=100)] = Field(default_factory=dict)


class PlayIn(Shape):
    """What to play: events in any order, and how long."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {"at": "2027-03-21T10:00:00Z", "event": "pass.issued", "serial": "C-1"},
                        {"at": "2027-03-22T10:00:00Z", "event": "coupon.used", "serial": "C-1"},
                    ]
                }
            ]
        }
    )

    events: Annotated[list[PlayedEvent], Field(min_length=1, max_length=LARGEST_PLAY)]
    operation: Annotated[Document, Outline(Operation, ignored=["matrix"])] | None = None
    """An operation as docs/matrix.md describes it; by default from the first event until thirty days after the last."""
    until: Instant | None = None
    """The last instant played."""


class StepOut(Shape):
    """One thing that happened."""

    at: datetime
    serial: str
    cause: str
    says: str
    """In one line of words."""


class PlayOut(Shape):
    """Who moves when, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "steps": [
                        {
                            "at": "2027-03-22T10:00:00Z",
                            "serial": "C-1",
                            "cause": "coupon.used",
                            "says": "2027-03-22 11:00  C-1  coupon.used: active → used by redeemed",
                        }
                    ]
                }
            ]
        }
    )

    steps: list[StepOut]


@get("/matrices", scope="matrices:read")
async def list_matrices(
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    name: Annotated[
        str | None, QueryParameter(max_length=200, pattern=LINE, description="Versions of this one.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[MatrixOut]:
    """List the versions of all Matrices, the newest first."""
    query = select(MatrixRow)
    if name is not None:
        query = query.where(MatrixRow.name == name)
    async with on.database.reading(caller.client_id) as unit:
        return await paging.page(unit, query, MatrixRow.id, cursor, limit, MatrixOut.of)


@post("/matrices", status_code=201, scope="matrices:write", refuses=(NotFound, MatrixError, ModelError, QuotaReached))
async def write_matrix(
    data: JSONBody[MatrixIn], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> Response[MatrixOut]:
    """
    Make the next version of a Matrix, with copies of its Models as they are now.

    The content of the newest version again gives that version, so the request may be repeated.
    """
    async with on.database.reading(caller.client_id) as unit:
        matrix = await _read(unit, data.document)

    async def work(unit: Unit) -> MatrixRow:
        now = utc_now()
        await allow_matrix(unit, matrix.matrix)
        row = await save_matrix(unit, matrix, now)
        if row.created_at == now:
            after = {"version": row.version, "content_hash": row.content_hash}
            await record(unit, caller.actor, "matrix.saved", f"matrix:{row.name}", now, after=after)
        return row

    return Response(MatrixOut.of(await on.writer.write(caller.client_id, work)), status_code=201)


@get("/matrices/{name:str}/versions/{version:int}", scope="matrices:read", refuses=(NotFound,))
async def read_matrix(
    name: DesignName, version: Version, on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> MatrixOut:
    """Read a version of a Matrix."""
    async with on.database.reading(caller.client_id) as unit:
        return MatrixOut.of(await find_matrix(unit, name, version))


@post(
    "/matrices/{name:str}/versions/{version:int}/freeze",
    status_code=200,
    scope="matrices:write",
    refuses=(NotFound,),
)
async def freeze_matrix(
    name: DesignName, version: Version, on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> MatrixOut:
    """Make a version final, for ever. Again, it changes nothing."""

    async def work(unit: Unit) -> MatrixRow:
        now = utc_now()
        row = await find_matrix(unit, name, version)
        if row.frozen_at is None:
            await freeze(unit, row, now)
            after = {"version": version, "frozen": True}
            await record(unit, caller.actor, "matrix.frozen", f"matrix:{name}", now, after=after)
        return row

    return MatrixOut.of(await on.writer.write(caller.client_id, work))


@post(
    "/matrices/{name:str}/versions/{version:int}/simulate",
    status_code=200,
    scope="matrices:read",
    refuses=(NotFound, OperationError, ScenarioError),
)
async def simulate_matrix(
    name: DesignName,
    version: Version,
    data: JSONBody[PlayIn],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
) -> PlayOut:
    """Play a version of a Matrix over time: the decisions are the engine's own, and nothing is kept."""
    async with on.database.reading(caller.client_id) as unit:
        matrix = await load_matrix(unit, await find_matrix(unit, name, version))
    return await asyncio.to_thread(_play, matrix, data)


def _play(matrix: Matrix, data: PlayIn) -> PlayOut:
    from walletpass.scenario import parse_scenario
    from walletpass.simulate import default_operation, simulate

    lines = "\n".join(
        json.dumps(
            {
                "at": each.at.isoformat(),
                "event": each.event,
                "data": each.data,
                **({"pass": each.serial} if each.serial is not None else {}),
            }
        )
        for each in data.events
    )
    operation = None
    if data.operation is not None:
        check_bounds(data.operation, "operation")
        operation = Operation.read({**data.operation, "matrix": matrix.matrix}, name="operation")
    scenario = parse_scenario(lines, operation.tz if operation else ZoneInfo("UTC"))
    rules = operation or default_operation(matrix, scenario, data.until)
    steps = simulate(matrix, rules, scenario, data.until)
    return PlayOut(
        steps=[
            StepOut(at=step.at.astimezone(UTC), serial=step.serial, cause=step.cause, says=step.says(rules.tz))
            for step in steps
        ]
    )


async def _read(unit: Unit, document: Mapping[str, Any]) -> Matrix:
    """A Matrix from a request; its Models come by name, or are written out."""
    check_bounds(document, "document")
    named = document.get("models")
    models: dict[str, PassModel] = {}
    written: dict[str, Any] = {}
    for key, value in named.items() if isinstance(named, dict) else ():
        if isinstance(value, str):
            models[value] = await load_model(unit, value)
        elif isinstance(value, dict):
            models[f"{key} "] = await read_document(unit, value)  # no Model's name ends with a space
            written[key] = f"{key} "
    found = {**document, "models": {**named, **written}} if written and isinstance(named, dict) else document
    return Matrix.read(found, model=models.__getitem__, name="document")


HANDLERS = (list_matrices, write_matrix, read_matrix, freeze_matrix, simulate_matrix)
