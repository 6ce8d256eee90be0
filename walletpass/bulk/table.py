"""The rows of a CSV file: UTF-8, comma or semicolon, read as a stream."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from walletpass.errors import FileMissing, TableError
from walletpass.model import PassModel

SERIAL = "serial"
"""The column that names pass and file."""

MAX_LINE = 1_000_000
"""Bytes of one line."""
_MAX_COLUMNS = 1000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row.

    Attributes:
        number: As a spreadsheet counts lines, from 1; the header is the first that is not blank.
        serial: None when it has to be made.
        values: Variable to cell; empty cells are left out.
    """

    number: int
    serial: str | None
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row gave no pass. `column` is empty when it is the row as a whole."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """
    A CSV file that can be read to its end.

    Attributes:
        path: The file.
        delimiter: Comma or semicolon.
        columns: The header.
        lines: How many lines it has without the header: at least as many as rows.
        digest: SHA-256 of the content, hexadecimal.
    """

    path: Path
    delimiter: str
    columns: tuple[str, ...]
    lines: int
    digest: str

    def rows(self) -> Iterator[Row | RowFault]:
        """Every row in turn; blank lines are skipped, above the header too."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            records = csv.reader(file, delimiter=self.delimiter, strict=True)
            number, headed = 0, False
            while True:
                number += 1
                try:
                    cells = next(records)
                except StopIteration:
                    return
                except csv.Error as fault:
                    yield RowFault(number, "", f"not CSV: {fault}")
                    continue
                if cells and headed:
                    yield self._row(number, cells)
                headed = headed or bool(cells)

    def _row(self, number: int, cells: list[str]) -> Row | RowFault:
        if len(cells) != len(self.columns):
            return RowFault(number, "", f"has {len(cells)} cells, the header {len(self.columns)}")
        values = {column: cell for column, cell in zip(self.columns, cells, strict=True) if cell}
        return Row(number, values.pop(SERIAL, None), values)


def open_table(path: Path) -> Table:
    """
    Look through a CSV file once, before anything is made of it.

    Raises:
        FileMissing: It cannot be opened.
        TableError: Not UTF-8, a line too long, a header without names or with the same name twice.
    """
    digest = hashlib.sha256()
    header = ""
    number = header_at = 0
    try:
        with path.open("rb") as file:
            while line := file.readline(MAX_LINE + 1):
                number += 1
                text = _decoded(path, number, line)
                if not header.strip("\r\n"):  # blank lines above it
                    header, header_at = text.removeprefix("\ufeff"), number
                digest.update(line)
    except OSError as fault:
        raise FileMissing(f"{path}: cannot be read ({fault.strerror}): check the name and the rights") from None
    delimiter = ";" if header.count(";") > header.count(",") else ","
    return Table(path, delimiter, _columns(path, header, delimiter), number - header_at, digest.hexdigest())


def check_columns(table: Table, model: PassModel) -> None:
    """
    TableError unless each column is a variable, and each variable that every pass has to give is a column.
    """
    known = ", ".join((SERIAL, *model.variables))
    unknown = [name for name in table.columns if name != SERIAL and name not in model.variables]
    if unknown:
        raise TableError(f"{table.path}: unknown column {', '.join(map(repr, unknown))}; the model has: {known}")
    missing = [name for name, variable in model.variables.items() if variable.needed and name not in table.columns]
    if missing:
        raise TableError(f"{table.path}: column {', '.join(missing)} is missing: each pass needs it, add it")


def _decoded(path: Path, number: int, line: bytes) -> str:
    if len(line) > MAX_LINE:
        raise TableError(f"{path}: line {number} has more than {MAX_LINE:,} bytes: is it a CSV file?")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as fault:
        guess = "UTF-16" if number == 1 and line.startswith(_UTF16) else "another encoding"
        raise TableError(
            f"{path}: line {number}, byte {fault.start + 1} is not UTF-8, it looks like {guess}: save it as CSV UTF-8"
        ) from None


def _columns(path: Path, header: str, delimiter: str) -> tuple[str, ...]:
    def refuse(says: str) -> NoReturn:
        raise TableError(f"{path}: {says}: the first row names the columns")

    try:
        cells = next(csv.reader([header], delimiter=delimiter, strict=True), [])
    except csv.Error as fault:
        refuse(f"the header is not CSV ({fault})")
    columns = tuple(cell.strip() for cell in cells)
    if not any(columns):
        refuse("no header")
    if len(columns) > _MAX_COLUMNS:
        refuse(f"{len(columns)} columns, {_MAX_COLUMNS} are the most")
    if "" in columns:
        refuse(f"column {columns.index('') + 1} has no name")
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        refuse(f"column {', '.join(repeated)} stands twice")
    return columns
