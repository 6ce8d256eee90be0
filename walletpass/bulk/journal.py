"""What a run was started with, kept beside its passes: so that `--resume` goes on with the same, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from walletpass.errors import UsageError
from walletpass.writing import write_file

NAME = ".walletpass-rows.json"


@dataclass(frozen=True, slots=True)
class Journal:
    """
    One run.

    Attributes:
        model: Hash of the Model and its pictures.
        rows: SHA-256 of the CSV file.
        seed: Secret from which missing serials are made, hexadecimal: the same row gets the same serial again.
    """

    model: str
    rows: str
    seed: str

    def serial(self, row: int) -> str:
        """The serial of a row that has none, as a UUID that nobody can guess."""
        digest = hmac.digest(bytes.fromhex(self.seed), str(row).encode(), hashlib.sha256)
        return str(UUID(bytes=digest[:16], version=4))


def open_journal(folder: Path, *, model: str, rows: str, resume: bool, force: bool) -> Journal:
    """
    The journal of a new run, or of the one to go on with.

    Args:
        folder: Of the passes; made if need be.
        model: Hash of the Model.
        rows: Hash of the CSV file.
        resume: Go on, if there was a run.
        force: Start anew although the folder is not empty.

    Raises:
        UsageError: The folder holds something else, or what another Model or other rows gave.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder with -o")
    path = folder / NAME
    filled = folder.is_dir() and any(folder.iterdir())
    if filled and resume:
        earlier = _read(path)
        for what, before, now in (("model", earlier.model, model), ("rows", earlier.rows, rows)):
            if before != now:
                raise UsageError(f"{folder}: the {what} changed since it was started: build all again with --force")
        return earlier
    if filled and not force:
        raise UsageError(f"{folder} is not empty: go on with --resume, build into it with --force, or name another -o")
    journal = Journal(model, rows, secrets.token_hex(16))
    write_file(path, json.dumps(asdict(journal)).encode(), private=True)
    return journal


def _read(path: Path) -> Journal:
    try:
        document = json.loads(path.read_bytes())
        journal = Journal(str(document["model"]), str(document["rows"]), str(document["seed"]))
        bytes.fromhex(journal.seed)
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(
            f"{path.parent}: no run to go on with: build into it with --force, or name another -o"
        ) from None
    return journal
