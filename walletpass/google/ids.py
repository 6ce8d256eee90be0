"""Ids of classes and objects: `<issuer>.<suffix>`, permanent at Google, so made from what never changes."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from walletpass.errors import IdInvalid
from walletpass.serials import check_serial
from walletpass.templates.google import ID_PATTERN

MAX_SUFFIX = 100
"""Longest suffix, in characters. Source: walletpass.templates.google.ID_PATTERN."""

_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-")
_ESCAPE = re.compile(r"_([0-9a-f]{2})")
_ISSUER = re.compile("[0-9]{1,20}")


def check_issuer(issuer_id: str) -> str:
    """The issuer id itself, when it is one. Raises IdInvalid."""
    if not _ISSUER.fullmatch(issuer_id):
        raise IdInvalid(f"issuer id {issuer_id!r}: write the digits that the Google Wallet console shows")
    return issuer_id


def object_suffix(serial: str) -> str:
    """
    A serial in the letters Google allows; different serials never share one.

    Letters, digits, `.` and `-` stay; every other byte of its UTF-8, the underscore too, becomes `_` and two hex
    digits. What would be longer than 100 characters becomes `_h` and the SHA-256 of the serial: `h` is no hex digit,
    so it cannot be an escaped serial.

    Raises:
        ValuesError: Not a serial.
    """
    data = check_serial(serial).encode()
    suffix = "".join(chr(byte) if byte in _SAFE else f"_{byte:02x}" for byte in data)
    return suffix if len(suffix) <= MAX_SUFFIX else f"_h{hashlib.sha256(data).hexdigest()}"


def serial_of(object_id: str) -> str | None:
    """The serial an object id was made from; None when it was hashed, or was made elsewhere."""
    suffix = split_id(object_id)[1]
    if suffix.startswith("_h"):
        return None
    try:
        data = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), suffix).encode("latin-1")
        return data.decode()
    except UnicodeDecodeError:
        return None


def class_suffix_of(base: str, content: dict[str, Any]) -> str:
    """The suffix of the class with this content, among those made from one Model: 12 hex digits of its SHA-256."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{base}-{hashlib.sha256(canonical.encode()).hexdigest()[:12]}"


def split_id(google_id: str) -> tuple[str, str]:
    """
    Issuer and suffix; the first dot parts them.

    Raises:
        IdInvalid: Not an id.
    """
    match = re.fullmatch(ID_PATTERN, google_id, re.ASCII)
    if match is None:
        raise IdInvalid(f"id {google_id!r}: write <issuer>.<suffix>, the suffix of A-Z a-z 0-9 . _ - only")
    return match["issuer"], match["suffix"]
