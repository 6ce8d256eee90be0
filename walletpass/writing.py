"""Files written whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

PART = ".part"
"""Suffix of a file still being written; one that is left over belongs to a process that was killed."""


def write_file(path: str | os.PathLike[str], data: bytes, *, private: bool = False) -> Path:
    """
    Write a file so that readers see the old content or all of the new, whatever happens meanwhile.

    Args:
        path: Its folder is made if need be.
        data: The content.
        private: Readable by its owner only: for keys.

    Raises:
        OSError: Full disk, no right: nothing is left behind, an older file stays as it was.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{secrets.token_hex(8)}{PART}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666), "wb") as file:
            file.write(data)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    return target


def remove_parts(folder: Path) -> int:
    """Remove what killed processes left half written in a folder; how many there were."""
    parts = list(folder.glob(f".*{PART}"))
    for part in parts:
        part.unlink(missing_ok=True)
    return len(parts)
