"""Some rows into some files: what each process does, again and again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from walletpass.apple.maker import PassMaker
from walletpass.apple.signing import Signer
from walletpass.bulk.table import Row, RowFault
from walletpass.errors import SigningError, ValuesError, WalletPassError
from walletpass.files import folder_reader
from walletpass.inputs import read_pictures
from walletpass.model import PassModel
from walletpass.serials import file_stem
from walletpass.writing import write_file

_END_RECORD = b"PK\x05\x06"
_END_SIZE = 22


@dataclass(frozen=True, slots=True)
class Job:
    """
    What all rows of one run share. It travels to each process once.

    Attributes:
        model: The Model, its pictures read.
        signer: Makes the signer, in the process that uses it.
        pictures: Folder of the pictures that rows name.
        output: Folder of the passes.
        at: Signing time of all of them.
        keep: Whether a pass that is there already is left as it is.
    """

    model: PassModel
    signer: Callable[[], Signer]
    pictures: Path
    output: Path
    at: datetime
    keep: bool


@dataclass(slots=True)
class Outcome:
    """What became of some rows."""

    built: int = 0
    kept: int = 0
    size: int = 0
    faults: list[RowFault] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows that were looked at."""
        return self.built + self.kept + len({fault.row for fault in self.faults})


class ChunkBuilder:
    """Builds rows; made once in each process, since reading the key and laying out the pictures is the dear part."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.signer = job.signer()
        self._maker = PassMaker(job.model, self.signer)
        self._read = folder_reader(job.pictures)
        self._pictures = any(variable.type == "image" for variable in job.model.variables.values())
        self._folder = os.path.join(job.output, "")  # noqa: PTH118  (text: see write_file)

    def build(self, rows: Sequence[Row | RowFault]) -> Outcome:
        """
        Write the pass of each row. Faults of reading pass through, so that all come out in the order of the file.

        Raises:
            SigningError: No pass can be signed.
            OSError: No file can be written.
        """
        outcome = Outcome()
        for row in rows:
            if isinstance(row, RowFault):
                outcome.faults.append(row)
                continue
            try:
                self._build(row, outcome)
            except SigningError:
                raise
            except WalletPassError as fault:
                outcome.faults += _faults(row.number, fault)
        return outcome

    def _build(self, row: Row, outcome: Outcome) -> None:
        serial = row.serial or ""
        target = f"{self._folder}{file_stem(serial)}.pkpass"
        if self.job.keep and is_complete(target):
            outcome.kept += 1
            return
        values = read_pictures(self.job.model, row.values, self._read) if self._pictures else row.values
        made = self._maker.make(serial, values, at=self.job.at)
        write_file(target, made)
        outcome.built += 1
        outcome.size += len(made)


def _faults(row: int, fault: WalletPassError) -> Iterator[RowFault]:
    if isinstance(fault, ValuesError):
        for column, reason in fault.problems.items():
            yield RowFault(row, column, reason)
    else:
        yield RowFault(row, "", str(fault))


def is_complete(path: str) -> bool:
    """Whether a pass is there to its last byte: it ends as every archive we write, even after a loss of power."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  (text: see write_file)
            file.seek(-_END_SIZE, os.SEEK_END)
            return file.read(len(_END_RECORD)) == _END_RECORD
    except OSError:
        return False
