"""
Bulk import: a token for each row of a file, a million and more of them.

The file goes by in chunks, each one transaction that also moves the cursor kept in `run`: an import that was stopped
goes on where it was when the same file is given again. External ids make it repeatable with any file: one that has a
token keeps it. A row at fault is named and left out; it stops no other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice, takewhile
from typing import Any

from sqlalchemy import select, update

from walletpass.bulk.table import RowFault
from walletpass.errors import OperationClosed, ValuesError
from walletpass.tokens import new_token
from walletpass_server.engine.import_files import ImportFile, ImportRow
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.tokens import NewToken, check_external_id, check_values, insert_rows, rows_of
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import DatabaseNow
from walletpass_server.persistence.tables import RunRow
from walletpass_server.persistence.unit_of_work import Unit

CHUNK = 2000
"""Rows of one transaction."""
PAUSE = 0.005
"""Seconds between two, in which other writers get their turn."""
IMPORTING = "importing"
"""State of an import under way."""
FAILED = "failed"
LEASE = timedelta(minutes=1)
"""How long an import that came by the API waits for a worker that was killed."""
NAMED = 200
"""Rows at fault that the run itself names."""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """
    How far an import is.

    Attributes:
        lines: Of the file, blank ones included.
        line: The last line dealt with.
        added: Tokens made, those of earlier attempts with this file included.
        known: Rows whose external id has a token already.
        faulty: Rows left out.
        earlier: Those of `added` that an earlier attempt made; told at the end.
    """

    lines: int
    line: int = 0
    added: int = 0
    known: int = 0
    faulty: int = 0
    earlier: int = 0

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return min(1.0, self.line / self.lines) if self.lines else 1.0


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Rows of one transaction, and the last of their lines. Of two with one external id the first counts."""

    good: list[NewToken]
    faults: list[RowFault]
    last: int


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A chunk with its tokens made and sealed, ready to be written."""

    chunk: _Chunk
    rows: list[dict[str, Any]]


Watch = Callable[[ImportProgress], None]
Report = Callable[[RowFault], None]


async def import_tokens(
    database: Database,
    keyring: Keyring,
    client_id: int,
    operation_id: int,
    file: ImportFile,
    *,
    clock: Callable[[], datetime],
    on_progress: Watch = lambda _: None,
    on_fault: Report = lambda _: None,
    run_id: int | None = None,
) -> ImportProgress:
    """
    Make the tokens of a file.

    Args:
        clock: Gives the instant, aware.
        on_progress: Told after each chunk.
        on_fault: Told of each row that is left out, those of earlier attempts included.
        run_id: The run that it is; by default the one of this file in this operation.

    Raises:
        NotFound: The client has no such operation.
        OperationClosed: It has ended: its tokens would give no pass.
    """
    begin = partial(_begin, operation_id=operation_id, file=file, run_id=run_id, now=clock())
    own_id, live, progress, ids = await database.run(client_id, begin)
    start, read = progress, _reader(live)
    if start.faulty:
        await _tell_again(file, start.line, read, on_fault)
    chunks = _prepared(_chunks(_after(file, start.line), read), keyring, live, ids, clock)
    ready = await asyncio.to_thread(next, chunks, None)
    while ready is not None:
        step = partial(_step, run_id=own_id, ready=ready, lines=file.lines)
        # The next chunk is read, checked and sealed while the database writes this one.
        (progress, more), following = await asyncio.gather(
            database.run(client_id, step), asyncio.to_thread(next, chunks, None)
        )
        ids.append(more)
        for fault in ready.chunk.faults:
            on_fault(fault)
        on_progress(progress)
        ready = following
        await asyncio.sleep(PAUSE)
    await database.run(client_id, partial(_finish, run_id=own_id, now=clock()))
    return replace(progress, line=file.lines, earlier=start.added)


async def _tell_again(file: ImportFile, line: int, read: Callable[[ImportRow], NewToken], on_fault: Report) -> None:
    """The rows at fault up to a line: an earlier attempt told them to nobody who is here now."""
    chunks = _chunks(takewhile(lambda row: _number(row) <= line, file.rows()), read)
    while chunk := await asyncio.to_thread(next, chunks, None):
        for fault in chunk.faults:
            on_fault(fault)


async def _begin(
    unit: Unit, *, operation_id: int, file: ImportFile, run_id: int | None, now: datetime
) -> tuple[int, LiveOperation, ImportProgress, deque[list[int]]]:
    """The import's row, new or with the cursor of the time before; and ids for the tokens of two chunks."""
    live = await load_operation(unit, operation_id, lock=True)
    if now >= live.operation.end:
        raise OperationClosed(f"{live.row.name}: has ended: its tokens would give no pass")
    cause = f"import:{file.digest}"
    wanted = RunRow.cause == cause if run_id is None else RunRow.id == run_id
    row = await unit.session.scalar(select(RunRow).where(RunRow.operation_id == operation_id, wanted))
    if row is None:
        row = RunRow(
            client_id=unit.client_id,
            id=await unit.new_id(),
            operation_id=operation_id,
            kind="import",
            cause=cause,
            data={"file": file.path.name, "known": 0, "faulty": 0},
            total=file.lines,
            cursor=0,
            moved=0,
            due_at=now,
            created_at=now,
            started_at=now,
        )
        unit.session.add(row)
    row.state, row.total, row.started_at = IMPORTING, file.lines, row.started_at or now
    await unit.session.flush()
    known, faulty = row.data["known"], row.data["faulty"]
    ids = deque([await unit.new_ids(CHUNK), await unit.new_ids(CHUNK)])
    return row.id, live, ImportProgress(file.lines, row.cursor, row.moved, known, faulty), ids


async def _step(unit: Unit, *, run_id: int, ready: _Prepared, lines: int) -> tuple[ImportProgress, list[int]]:
    """One chunk: its tokens and the cursor, in one transaction; and ids for the tokens of a later one."""
    chunk, ids = ready.chunk, await unit.new_ids(CHUNK)
    row = await unit.session.get_one(RunRow, (unit.client_id, run_id), with_for_update=True)
    if row.cursor >= chunk.last:  # committed before, though the answer was lost
        return ImportProgress(lines, row.cursor, row.moved, row.data["known"], row.data["faulty"]), ids
    added = await insert_rows(unit, ready.rows)
    row.cursor, row.seen, row.moved = chunk.last, chunk.last, row.moved + added
    known = row.data["known"] + len(chunk.good) - added
    row.data = {**row.data, "known": known, "faulty": row.data["faulty"] + len(chunk.faults), **_named(row, chunk)}
    await unit.session.flush()
    if row.lease is not None:
        until = DatabaseNow() + LEASE // timedelta(microseconds=1)
        own = RunRow.client_id == unit.client_id, RunRow.id == run_id
        await unit.connection.execute(update(RunRow).where(*own).values(leased_until=until))
    return ImportProgress(lines, row.cursor, row.moved, known, row.data["faulty"]), ids


def _named(row: RunRow, chunk: _Chunk) -> dict[str, list[list[object]]]:
    """The first rows at fault, for those who only see the run."""
    named = row.data.get("faults", [])
    if not chunk.faults or len(named) >= NAMED:
        return {}
    return {"faults": [*named, *([f.row, f.column, f.reason[:300]] for f in chunk.faults)][:NAMED]}


async def _finish(unit: Unit, *, run_id: int, now: datetime) -> None:
    row = await unit.session.get_one(RunRow, (unit.client_id, run_id))
    row.state, row.finished_at, row.lease, row.leased_until = "done", now, None, None
    await unit.session.flush()


def _reader(live: LiveOperation) -> Callable[[ImportRow], NewToken]:
    check = check_values(live)

    def read(row: ImportRow) -> NewToken:
        external_id = check_external_id(row.external_id) if row.external_id else None
        return NewToken(check(row.values), external_id, "import")

    return read


def _after(file: ImportFile, line: int) -> Iterator[ImportRow | RowFault]:
    return (row for row in file.rows() if _number(row) > line)


def _chunks(rows: Iterator[ImportRow | RowFault], read: Callable[[ImportRow], NewToken]) -> Iterator[_Chunk]:
    """Rows, checked."""
    while some := list(islice(rows, CHUNK)):
        good: list[NewToken] = []
        faults: list[RowFault] = []
        for row in some:
            if isinstance(row, RowFault):
                faults.append(row)
                continue
            try:
                good.append(read(row))
            except ValuesError as fault:
                faults.append(RowFault(row.number, ", ".join(fault.problems), str(fault)))
        yield _Chunk(good, faults, _number(some[-1]))


def _prepared(
    chunks: Iterator[_Chunk],
    keyring: Keyring,
    live: LiveOperation,
    ids: deque[list[int]],
    clock: Callable[[], datetime],
) -> Iterator[_Prepared]:
    """Chunks with their tokens; each takes the ids of one of `ids`."""
    for chunk in chunks:
        fresh = ((new_token(), one) for one in chunk.good)
        yield _Prepared(chunk, rows_of(keyring, live, ids.popleft(), fresh, clock()))


def _number(row: ImportRow | RowFault) -> int:
    return row.row if isinstance(row, RowFault) else row.number
