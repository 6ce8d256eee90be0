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
    target = os.fspath(path)
    folder, _ = os.path.split(target)  # text, not Path: a bulk build comes here thousands of times a second
    part = os.path.join(folder, f".{secrets.token_hex(8)}{PART}")  # noqa: PTH118  (as above)
    try:
        descriptor = _create(part, 0o600 if private else 0o666)
    except FileNotFoundError:
        Path(folder).mkdir(parents=True, exist_ok=True)
        descriptor = _create(part, 0o600 if private else 0o666)
    try:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
        finally:
            os.close(descriptor)
        os.replace(part, target)  # noqa: PTH105  (as above)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)  # noqa: PTH108  (as above)
        raise
    return Path(target)


def _create(path: str, mode: int) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)


def remove_parts(folder: Path) -> int:
    """Remove what killed processes left half written in a folder; how many there were."""
    parts = list(folder.glob(f".*{PART}"))
    for part in parts:
        part.unlink(missing_ok=True)
    return len(parts)
