"""The files of a bulk import: CSV, or JSON lines; read as a stream, each fault named with its line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from walletpass.bulk.table import MAX_LINE, Row, RowFault, Table, open_table
from walletpass.errors import FileMissing, TableError

EXTERNAL_ID = "external_id"
"""The column, or key, with what the client calls the one a token is for."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """
    One line that could be read.

    Attributes:
        number: As an editor counts, from 1; the header of a CSV file is line 1.
        external_id: Empty when there is none.
        values: Variable to what stands there.
    """

    number: int
    external_id: str
    values: Mapping[str, object]


class ImportFile(Protocol):
    """A file that can be read to its end, again and again."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def lines(self) -> int:
        """How many there are, a header aside."""

    @property
    def digest(self) -> str:
        """SHA-256 of the content, hexadecimal."""

    def rows(self) -> Iterator[ImportRow | RowFault]:
        """Every row in turn."""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file: a header with `external_id` and names of variables, then a row for each token."""

    table: Table

    @property
    def path(self) -> Path:
        """The file."""
        return self.table.path

    @property
    def lines(self) -> int:
        """Lines without the header: at least as many as rows."""
        return self.table.lines

    @property
    def digest(self) -> str:
        """SHA-256 of the content, hexadecimal."""
        return self.table.digest

    def rows(self) -> Iterator[ImportRow | RowFault]:
        """Every row in turn; empty cells are left out."""
        for row in self.table.rows():
            yield row if isinstance(row, RowFault) else _from_csv(row)


@dataclass(frozen=True, slots=True)
class JsonLinesFile:
    """A file of JSON lines: `{"external_id": "K-1", "values": {"name": "Ada"}}`."""

    path: Path
    lines: int
    digest: str

    def rows(self) -> Iterator[ImportRow | RowFault]:
        """Every row in turn; blank lines are skipped."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _from_json(number, line)


def open_import(path: Path) -> ImportFile:
    """
    Look through a file once: `.csv`, or `.jsonl` (`.ndjson`).

    Raises:
        FileMissing: It cannot be opened.
        TableError: Another kind, not UTF-8, a line too long, or a header that is none.
    """
    if path.suffix.lower() == ".csv":
        table = open_table(path)
        if "serial" in table.columns:
            raise TableError(f"{path}: column serial: the server makes serials; your own ids go into {EXTERNAL_ID}")
        return CsvFile(table)
    if path.suffix.lower() not in (".jsonl", ".ndjson"):
        raise TableError(f"{path}: is neither .csv nor .jsonl: name the kind by the end of the file name")
    digest, lines = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while line := file.readline(MAX_LINE + 1):
                lines += 1
                if len(line) > MAX_LINE:
                    raise TableError(f"{path}: line {lines} has more than {MAX_LINE:,} bytes: one JSON object a line")
                digest.update(line)
    except OSError as fault:
        raise FileMissing(f"{path}: cannot be read ({fault.strerror}): check the name and the rights") from None
    return JsonLinesFile(path, lines, digest.hexdigest())


def _from_csv(row: Row) -> ImportRow:
    values: dict[str, object] = dict(row.values)
    return ImportRow(row.number, str(values.pop(EXTERNAL_ID, "")), values)


def _from_json(number: int, line: bytes) -> ImportRow | RowFault:
    try:
        found: Any = json.loads(line)
    except (ValueError, RecursionError):
        return RowFault(number, "", "is not a JSON object")
    if not isinstance(found, dict) or found.keys() - {EXTERNAL_ID, "values"}:
        return RowFault(number, "", f'is not of the form {{"{EXTERNAL_ID}": "…", "values": {{…}}}}')
    external_id, values = found.get(EXTERNAL_ID, ""), found.get("values", {})
    if not isinstance(external_id, str):
        return RowFault(number, EXTERNAL_ID, f"{EXTERNAL_ID}: {external_id!r} is not a text")
    if not isinstance(values, dict):
        return RowFault(number, "values", "values: is not an object")
    return ImportRow(number, external_id, values)
