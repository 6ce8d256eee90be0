"""Files written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

PART = ".part"
"""Suffix of a file still being written; one that is left over belongs to a process that was killed."""


def write_file(path: str | os.PathLike[str], data: bytes, *, private: bool = False) -> Path:
    """
    Write a file so that readers see the old content or all of the new, whatever happens meanwhile.

    Args:
        path: Its folder is made if need be. A link leads to the file it names; a device or a pipe is written to.
        data: The content.
        private: Readable by its owner only: for keys.

    Raises:
        OSError: Full disk, no right: nothing is left behind, an older file stays as it was.
    """
    name = os.fspath(path)
    try:
        if _is_stream(name):
            _fill(os.open(name, os.O_WRONLY | _BINARY), data)
        else:
            _write_whole(os.path.realpath(name) if os.path.islink(name) else name, data, 0o600 if private else 0o666)  # noqa: PTH114  (see _write_whole)
    except OSError as fault:
        if fault.filename is None or os.fspath(fault.filename).endswith(PART):
            fault.filename, fault.filename2 = name, None  # the one that the caller knows
        raise
    return Path(name)


_BINARY = getattr(os, "O_BINARY", 0)


def _is_stream(path: str) -> bool:
    """Whether something is there that takes bytes and is no file: putting a file in its place would destroy it."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  (see _write_whole)
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _write_whole(target: str, data: bytes, mode: int) -> None:
    folder, _ = os.path.split(target)  # text, not Path: a bulk build comes here thousands of times a second
    part = os.path.join(folder, f".{secrets.token_hex(8)}{PART}")  # noqa: PTH118  (as above)
    try:
        descriptor = _create(part, mode)
    except FileNotFoundError:
        Path(folder).mkdir(parents=True, exist_ok=True)
        descriptor = _create(part, mode)
    try:
        _fill(descriptor, data)
        os.replace(part, target)  # noqa: PTH105  (as above)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)  # noqa: PTH108  (as above)
        raise


def _create(path: str, mode: int) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)


def _fill(descriptor: int, data: bytes) -> None:
    """Write all of it, and close."""
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def remove_parts(folder: Path) -> int:
    """Remove what killed processes left half written in a folder; how many there were."""
    parts = list(folder.glob(f".*{PART}"))
    for part in parts:
        part.unlink(missing_ok=True)
    return len(parts)
