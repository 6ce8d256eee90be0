"""Serial numbers: the name of a pass, unique within its pass type, never changed."""

from __future__ import annotations

import re
from hashlib import sha256
from uuid import uuid4

from walletpass.errors import ValuesError

MAX_SERIAL = 128
"""Longest serial, in characters. Apple names no limit; ours keeps file names, URLs and Google ids within theirs."""

_PLAIN = re.compile(
    r"(?!(?i:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))"  # what Windows keeps for devices
    r"(?!.*-[0-9a-f]{16}$)"  # what could be another serial's hashed name
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?",
    re.ASCII,
)
"""A serial that is its own file name."""


def check_serial(serial: str) -> str:
    """
    The serial itself, when it is one: 1 to 128 printable characters, no space at either end.

    Raises:
        ValuesError: It is not.
    """
    if not isinstance(serial, str) or not serial:
        raise ValuesError({"serial": "missing: a pass needs a serial number"})
    if len(serial) > MAX_SERIAL:
        raise ValuesError({"serial": f"has {len(serial)} characters, at most {MAX_SERIAL} are allowed"})
    if not serial.isprintable() or serial != serial.strip():
        raise ValuesError({"serial": "has a control character, or a space at one end"})
    return serial


def make_serial() -> str:
    """A fresh serial that nobody can guess: a random UUID."""
    return str(uuid4())


def file_stem(serial: str) -> str:
    """A file name for a serial, safe on every system. Different serials never share one, where case counts."""
    return serial if _PLAIN.fullmatch(serial) else _hashed(serial)


def _hashed(serial: str) -> str:
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", serial).strip("-")[:60]
    return f"{kept or 'pass'}-{sha256(serial.encode()).hexdigest()[:16]}"
