"""
Files of bulk imports that arrive by the API: piece by piece, in any number of goes, then carried out by a worker.

A piece is kept when it is committed, and the row of the run knows how many bytes are there. So a caller whose
connection broke asks where to go on. Whoever carries the import out, and however often that is begun again, the cursor
in the run's row lets no line count twice.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from sqlalchemy import delete, or_, select, update

from walletpass.errors import (
    DatabaseBusy,
    DatabaseUnavailable,
    TableError,
    UploadOutOfStep,
    UsageError,
    WalletPassError,
)
from walletpass_server.engine.import_files import open_import
from walletpass_server.engine.importing import FAILED, IMPORTING, LEASE, import_tokens
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import DatabaseNow
from walletpass_server.persistence.tables import RunRow, UploadPartRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

Format = Literal["csv", "jsonl"]

MAX_BYTES = 1_000_000_000
"""Largest file."""
MAX_LINES = 1_000_000
"""Most lines of a file."""
PART_BYTES = 1_000_000
"""Bytes of one row of `upload_part`."""
ABANDONED = timedelta(days=7)
"""How long an unfinished upload is kept."""
UPLOADING, UPLOADED = "uploading", "uploaded"

_MICROSECOND = timedelta(microseconds=1)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Claim:
    client_id: int
    run_id: int
    operation_id: int
    format: str
    digest: str | None


async def begin_upload(
    unit: Unit, operation_id: int, form: Format, size: int, now: datetime, *, digest: str | None = None
) -> RunRow:
    """
    Announce a file.

    Args:
        unit: Of the client.
        operation_id: Whose tokens it holds; the caller has seen that it is the client's.
        form: csv or jsonl.
        size: Its bytes.
        digest: SHA-256 in hexadecimal, checked before anything is made of it.

    Raises:
        UsageError: It is empty or too large.
    """
    if not 0 < size <= MAX_BYTES:
        raise UsageError(f"a file of {size:,} bytes: send one of 1 to {MAX_BYTES:,}")
    run_id = await unit.new_id()
    data = {"format": form, "bytes": size, "offset": 0, "sha256": digest, "known": 0, "faulty": 0}
    row = RunRow(
        client_id=unit.client_id, id=run_id, operation_id=operation_id, kind="import", cause=f"upload:{run_id}",
        data=data, state=UPLOADING, due_at=now, created_at=now,
    )  # fmt: skip
    unit.session.add(row)
    await unit.session.flush()
    return row


async def add_part(unit: Unit, run_id: int, offset: int, content: bytes) -> RunRow:
    """
    Keep a piece. With the last one the import waits for a worker.

    Raises:
        UploadOutOfStep: It does not follow on what is there, or goes beyond the end.
    """
    row = await unit.session.get_one(RunRow, (unit.client_id, run_id), with_for_update=True)
    there, size = row.data.get("offset", 0), row.data.get("bytes", 0)
    if row.state != UPLOADING or offset != there or there + len(content) > size:
        raise UploadOutOfStep(f"{there:,} of {size:,} bytes are here: send what follows on them", there)
    unit.session.add(UploadPartRow(client_id=unit.client_id, run_id=run_id, start=offset, content=content))
    row.data = {**row.data, "offset": there + len(content)}
    if there + len(content) == size:
        row.state = UPLOADED
    await unit.session.flush()
    return row


async def carry_out_one(database: Database, keyring: Keyring, clock: Callable[[], datetime]) -> bool:
    """Carry out the import that waits longest; False when there is none."""
    held = await database.run(ALL_CLIENTS, _claim)
    if held is None:
        return False
    try:
        with TemporaryDirectory(prefix="walletpass-import-") as folder:
            file = await _assemble(database, held, Path(folder) / f"tokens.{held.format}")
            opened = await asyncio.to_thread(open_import, file)
            if held.digest is not None and held.digest != opened.digest:
                raise TableError("the file is not the one that was announced: its SHA-256 differs; send it again")
            if opened.lines > MAX_LINES:
                raise TableError(f"the file has {opened.lines:,} lines: send files of at most {MAX_LINES:,}")
            await import_tokens(
                database, keyring, held.client_id, held.operation_id, opened, clock=clock, run_id=held.run_id
            )
    except (DatabaseBusy, DatabaseUnavailable):
        raise
    except WalletPassError as refused:
        why = str(refused)
        await database.run(held.client_id, lambda unit: _fail(unit, held, why, clock()))
    except Exception as fault:
        _logger.exception("import %d of client %d failed", held.run_id, held.client_id)
        why = f"a fault of the program: {type(fault).__name__}"
        await database.run(held.client_id, lambda unit: _fail(unit, held, why, clock()))
    await database.run(held.client_id, lambda unit: _forget(unit, held.run_id))
    return True


async def forget_abandoned(unit: Unit, now: datetime) -> None:
    """Give up uploads that nobody went on with, of all clients."""
    old = (RunRow.state == UPLOADING) & (RunRow.created_at < now - ABANDONED)
    gone = update(RunRow).where(old).values(state=FAILED, error="the file never came whole", finished_at=now)
    given_up = (await unit.connection.execute(gone.returning(RunRow.client_id, RunRow.id))).all()
    for client_id, run_id in given_up:
        own = UploadPartRow.client_id == client_id, UploadPartRow.run_id == run_id
        await unit.connection.execute(delete(UploadPartRow).where(*own))


async def _claim(unit: Unit) -> _Claim | None:
    due = (
        select(RunRow)
        .where(
            RunRow.kind == "import",
            RunRow.cause.like("upload:%"),
            or_(
                RunRow.state == UPLOADED,
                (RunRow.state == IMPORTING) & (RunRow.leased_until <= DatabaseNow()),
            ),
        )
        .order_by(RunRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = await unit.session.scalar(due)
    if row is None:
        return None
    await unit.connection.execute(
        update(RunRow)
        .where(RunRow.client_id == row.client_id, RunRow.id == row.id)
        .values(state=IMPORTING, lease=secrets.randbits(62), leased_until=DatabaseNow() + LEASE // _MICROSECOND)
    )
    return _Claim(row.client_id, row.id, row.operation_id, row.data["format"], row.data["sha256"])


async def _assemble(database: Database, held: _Claim, file: Path) -> Path:
    """The pieces as one file, a piece in memory at a time."""
    own = UploadPartRow.client_id == held.client_id, UploadPartRow.run_id == held.run_id
    after = -1
    with file.open("wb") as out:
        while True:
            query = select(UploadPartRow.start, UploadPartRow.content).where(*own, UploadPartRow.start > after)
            async with database.reading(held.client_id) as unit:
                part = (await unit.connection.execute(query.order_by(UploadPartRow.start).limit(1))).one_or_none()
            if part is None:
                return file
            after = part.start
            await asyncio.to_thread(out.write, part.content)


async def _fail(unit: Unit, held: _Claim, why: str, now: datetime) -> None:
    row = await unit.session.get_one(RunRow, (unit.client_id, held.run_id), with_for_update=True)
    row.state, row.error, row.finished_at, row.lease, row.leased_until = FAILED, why[:1000], now, None, None
    await unit.session.flush()


async def _forget(unit: Unit, run_id: int) -> None:
    own = UploadPartRow.client_id == unit.client_id, UploadPartRow.run_id == run_id
    await unit.connection.execute(delete(UploadPartRow).where(*own))
