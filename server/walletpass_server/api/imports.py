"""Imports: a token for each row of a file, up to a million, sent in any number of goes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from pydantic import ConfigDict, Field

from walletpass.errors import NotFound, OperationClosed, RequestInvalid, UploadOutOfStep, UsageError
from walletpass_server.api.languages import Language, language_of, value_says
from walletpass_server.api.once import Made, once
from walletpass_server.api.reaching import reach_run
from walletpass_server.api.shapes import WHOLE, IdempotencyKey, PathId, Shape
from walletpass_server.api.tokens import open_operation
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.audit import record
from walletpass_server.engine.keys import Key
from walletpass_server.engine.uploads import MAX_BYTES, PART_BYTES, add_part, begin_upload
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import RunRow
from walletpass_server.persistence.unit_of_work import Unit

Offset = Annotated[
    int, HeaderParameter(name="Upload-Offset", ge=0, le=MAX_BYTES, description="Bytes of the file before this part.")
]


class ImportIn(Shape):
    """A file that is about to come."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"format": "csv", "bytes": 52000000}]})

    format: Literal["csv", "jsonl"]
    """csv: a header with `external_id` and names of variables. jsonl: `{"external_id": "K-1", "values": {}}` a line."""
    bytes: Annotated[int, Field(ge=1, le=MAX_BYTES), WHOLE]
    """Its size."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Its SHA-256, checked before anything is made of it."""


class FaultyRow(Shape):
    """A row that was left out."""

    row: int
    """As an editor counts lines, from 1."""
    column: str
    reason: str
    """In French or English, by Accept-Language."""


class ImportOut(Shape):
    """An import and how far it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 620,
                    "operation_id": 7,
                    "state": "importing",
                    "bytes": 52000000,
                    "offset": 52000000,
                    "lines": 1000000,
                    "line": 240000,
                    "added": 239990,
                    "known": 8,
                    "faulty": 2,
                    "faults": [{"row": 17, "column": "points", "reason": "'many' is not a number"}],
                    "error": None,
                }
            ]
        }
    )

    id: int
    operation_id: int
    state: str
    """uploading, uploaded, importing, done or failed."""
    bytes: int
    offset: int
    """Bytes that are here: where the next part begins."""
    lines: int | None
    """Of the file; null before they are counted."""
    line: int
    """The last line dealt with."""
    added: int
    """Tokens made."""
    known: int
    """Rows whose external id had a token already."""
    faulty: int
    """Rows left out."""
    faults: list[FaultyRow]
    """The first 200 of them."""
    error: str | None
    """Why it failed."""

    @classmethod
    def of(cls, row: RunRow, language: Language) -> ImportOut:
        """From its run."""
        faults = [
            FaultyRow(row=line, column=column, reason=_reason(column, why, language))
            for line, column, why in row.data.get("faults", ())
        ]
        return cls(
            id=row.id,
            operation_id=row.operation_id,
            state=row.state,
            bytes=row.data.get("bytes", 0),
            offset=row.data.get("offset", 0),
            lines=row.total,
            line=row.cursor,
            added=row.moved,
            known=row.data.get("known", 0),
            faulty=row.data.get("faulty", 0),
            faults=faults,
            error=row.error,
        )


@post(
    "/operations/{operation_id:int}/imports",
    status_code=201,
    scope="tokens:write",
    refuses=(NotFound, OperationClosed, UsageError),
)
async def begin_import(
    operation_id: PathId,
    data: JSONBody[ImportIn],
    request: Request[Any, Any, Any],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    idempotency_key: IdempotencyKey = None,
) -> ImportOut:
    """
    Announce a file of tokens to make. Then send it to the import's `content`.

    External ids make an import repeatable: one that has a token keeps it, whatever file names it again.
    """

    async def work(unit: Unit) -> RunRow:
        async def make() -> Made:
            now = utc_now()
            await open_operation(unit, caller, operation_id)
            row = await begin_upload(unit, operation_id, data.format, data.bytes, now, digest=data.sha256)
            after = {"bytes": data.bytes, "operation": operation_id}
            await record(unit, caller.actor, "import.begun", f"import:{row.id}", now, after=after)
            return {"id": row.id}

        made, _ = await once(unit, caller, idempotency_key, (f"POST imports {operation_id}", data), make)
        return await reach_run(unit, caller, int(made["id"]))

    return ImportOut.of(await on.writer.write(caller.client_id, work), language_of(request))


@patch(
    "/imports/{import_id:int}/content",
    scope="tokens:write",
    refuses=(NotFound, UploadOutOfStep),
    takes="application/octet-stream",
    request_max_body_size=MAX_BYTES,
)
async def send_content(
    import_id: PathId,
    upload_offset: Offset,
    request: Request[Any, Any, Any],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
) -> ImportOut:
    """
    Send the file, or what follows of it.

    All that arrives before a connection breaks is kept: read the import, and go on from its `offset`.
    """
    async with on.database.reading(caller.client_id) as unit:
        row = await _reach(unit, caller, import_id)
    if row.data["offset"] != upload_offset:
        raise UploadOutOfStep(f"{row.data['offset']:,} bytes are here: send what follows on them", row.data["offset"])
    waiting, offset = bytearray(), upload_offset

    async def keep(size: int) -> None:
        nonlocal offset
        part = bytes(waiting[:size])
        del waiting[:size]
        await on.writer.write(caller.client_id, lambda unit: add_part(unit, import_id, offset, part))
        offset += len(part)

    try:
        async for chunk in request.stream():
            waiting += chunk
            while len(waiting) >= PART_BYTES:
                await keep(PART_BYTES)
    finally:
        if waiting:  # a broken connection too: nothing is sent twice
            await keep(len(waiting))
    if offset == upload_offset:
        raise RequestInvalid([{"type": "body_missing", "loc": (), "msg": ""}])
    async with on.database.reading(caller.client_id) as unit:
        return ImportOut.of(await _reach(unit, caller, import_id), language_of(request))


@get("/imports/{import_id:int}", scope="tokens:read", refuses=(NotFound,))
async def read_import(
    import_id: PathId, request: Request[Any, Any, Any], on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> ImportOut:
    """Read how far an import is."""
    async with on.database.reading(caller.client_id) as unit:
        return ImportOut.of(await _reach(unit, caller, import_id), language_of(request))


def _reason(column: str, why: str, language: Language) -> str:
    """Why a row was left out; the reason begins with the column, as everywhere."""
    place, _, says = why.partition(": ")
    return f"{place}: {value_says(says, language)}" if place == column else value_says(why, language)


async def _reach(unit: Unit, caller: Key, import_id: int) -> RunRow:
    row = await reach_run(unit, caller, import_id)
    if "bytes" not in row.data:
        raise NotFound(f"there is no import {import_id}: begin one in its operation")
    return row


HANDLERS = (begin_import, send_content, read_import)
