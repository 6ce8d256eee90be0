"""One run: rows in, passes and `errors.csv` out."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from io import StringIO
from itertools import islice
from pathlib import Path
from time import monotonic

from walletpass.apple.signing import Signer
from walletpass.bulk.chunk import ChunkBuilder, Job, Outcome
from walletpass.bulk.journal import Journal, open_journal
from walletpass.bulk.pool import Chunk, build_in_processes, cores
from walletpass.bulk.table import SERIAL, Row, RowFault, check_columns, open_table
from walletpass.model import PassModel
from walletpass.writing import PART, remove_parts

ERRORS = "errors.csv"

_CHUNK = 64
"""Rows: a tenth of a second of signing or so."""
_WORTH_PROCESSES = 200
"""Lines from which starting other processes pays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """
    What became of a table.

    Attributes:
        built: Passes written.
        kept: Passes that were there already.
        failed: Rows without a pass; `errors` names them.
        size: Bytes written.
        seconds: How long it took.
        made_serials: Whether some serials were made, for lack of them in the table.
        errors: The file with row, column and reason; None when there are none.
    """

    built: int
    kept: int
    failed: int
    size: int
    seconds: float
    made_serials: bool
    errors: Path | None


def build_rows(
    model: PassModel,
    rows: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    signer: Callable[[], Signer],
    at: datetime | None = None,
    resume: bool = False,
    force: bool = False,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BulkResult:
    """
    Build one signed pass for each row of a CSV file, as `<serial>.pkpass`.

    Columns are variables; `serial` names the pass, and one is made where there is none. An empty cell takes the
    default. Pictures are paths beside the CSV. A row that cannot be built goes into `errors.csv`, the others go on.

    Args:
        model: The Model, its pictures read.
        rows: CSV in UTF-8, comma or semicolon, with a header.
        output: Folder of the passes; has to be empty, unless for `resume` or `force`.
        signer: Makes the signer; called in each process, so it must be picklable (a bound method of a dataclass is).
        at: Signing time of all passes (default: now).
        resume: Go on after a stop: passes that are there stay.
        force: Write into a folder that is not empty.
        processes: How many; one for each core by default.
        progress: Called with rows done and lines to do.

    Raises:
        FileMissing, TableError: The CSV cannot be read, or does not fit the Model: nothing was written.
        UsageError: The folder is not empty, or of another run.
        SigningError, PictureError: No pass can be made.
        OSError: The disk is full: what was written is whole, and `resume` goes on.
        WorkerLost: A process was ended from outside.
    """
    started = monotonic()
    output = Path(output)
    table = open_table(Path(rows))
    check_columns(table, model)
    job = Job(model, signer, table.path.parent, output, at or datetime.now(UTC), keep=resume)
    # Before the first file: a Model, a key or a certificate that is no good leaves nothing behind.
    builder = ChunkBuilder(job)
    builder.signer.sign(b"{}", job.at)
    journal = open_journal(output, model=model.content_hash, rows=table.digest, resume=resume, force=force)
    remove_parts(output)

    chunks = _chunks(_named(table.rows(), journal))
    processes = processes or cores()
    if processes == 1 or table.lines < _WORTH_PROCESSES:
        outcomes: Iterator[Outcome] = map(builder.build, chunks)  # starting others would take longer than the work
    else:
        outcomes = build_in_processes(job, chunks, processes)

    built = kept = failed = size = done = 0
    with _Errors(output / ERRORS) as errors:
        for outcome in outcomes:
            built += outcome.built
            kept += outcome.kept
            size += outcome.size
            failed += outcome.rows - outcome.built - outcome.kept
            errors.write(outcome.faults)
            done += outcome.rows
            if progress:
                progress(done, max(table.lines, done))
    return BulkResult(
        built=built,
        kept=kept,
        failed=failed,
        size=size,
        seconds=monotonic() - started,
        made_serials=SERIAL not in table.columns,
        errors=errors.path if failed else None,
    )


def _named(rows: Iterable[Row | RowFault], journal: Journal) -> Iterator[Row | RowFault]:
    """The same rows, each with a serial of its own; one that repeats a serial is a fault."""
    seen: set[bytes] = set()  # digests: 16 bytes each, however long the serials are
    for row in rows:
        if isinstance(row, RowFault):
            yield row
            continue
        serial = row.serial or journal.serial(row.number)
        digest = blake2b(serial.encode(), digest_size=16).digest()
        if digest in seen:
            yield RowFault(row.number, SERIAL, f"{serial!r} stands in an earlier row too: each pass has its own")
            continue
        seen.add(digest)
        yield Row(row.number, serial, row.values)


def _chunks(rows: Iterator[Row | RowFault]) -> Iterator[Chunk]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk


class _Errors:
    """`errors.csv`, written as it comes and in place only when the run has come to its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(f".{path.name}{PART}")
        self._any = False

    def __enter__(self) -> _Errors:
        self._file = self._part.open("w", encoding="utf-8", newline="")
        self._file.write("row,column,reason\r\n")
        return self

    def write(self, faults: Iterable[RowFault]) -> None:
        """Add some."""
        lines = StringIO()
        csv.writer(lines).writerows((fault.row, fault.column, fault.reason) for fault in faults)
        self._any = self._any or bool(lines.getvalue())
        self._file.write(lines.getvalue())

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self._file.close()
            if kind is None and self._any:
                self._part.replace(self.path)
            elif kind is None:
                self.path.unlink(missing_ok=True)
        finally:
            self._part.unlink(missing_ok=True)
