"""
Stored ZIP members, laid out by hand so that those which passes share are laid out once.

Nothing varies but names and contents: time 1980-01-01 00:00, permissions 0644, no compression (pictures do not
shrink, and the rest is too small to matter), no data descriptors, no zip64.
Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

from walletpass.errors import BundleError

MOST_FILES = 65_534
"""One less than the count that announces zip64."""

LARGEST_ARCHIVE = 2**31 - 1
"""Bytes: what every reader opens without zip64."""

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_DIRECTORY_RECORD = struct.Struct("<4s6H3L5H2L")
_END_RECORD = struct.Struct("<4s4H2LH")

_VERSION_NEEDED = 20
_MADE_BY = 3 << 8 | _VERSION_NEEDED  # 3: Unix, so the permissions mean something
_UTF8_NAME = 1 << 11
_STORED = 0
_TIME, _DATE = 0, 1 << 5 | 1
_PERMISSIONS = 0o100644 << 16


class Member(NamedTuple):
    """A file in its archive form: `local` is header, name and content; the directory record lacks only its offset."""

    local: bytes
    record: bytes
    name: bytes

    def at(self, offset: int) -> bytes:
        """Its central-directory record when `local` begins at this offset of the archive."""
        return b"".join((self.record, offset.to_bytes(4, "little"), self.name))


def member(name: str, content: bytes) -> Member:
    """
    Lay out one file.

    Raises:
        BundleError: It is larger than an archive may be.
    """
    size = len(content)
    if size > LARGEST_ARCHIVE:
        raise BundleError(f"{name!r} has {size:,} bytes, {LARGEST_ARCHIVE:,} are the most: make it smaller")
    encoded = name.encode()
    flags = 0 if name.isascii() else _UTF8_NAME
    common = (_VERSION_NEEDED, flags, _STORED, _TIME, _DATE, crc32(content), size, size, len(encoded), 0)
    local = _LOCAL_HEADER.pack(b"PK\x03\x04", *common)
    record = _DIRECTORY_RECORD.pack(b"PK\x01\x02", _MADE_BY, *common, 0, 0, 0, _PERMISSIONS, 0)
    return Member(b"".join((local, encoded, content)), record[:-4], encoded)


def block(members: Iterable[Member], offset: int = 0) -> tuple[bytes, bytes]:
    """Members one after another from `offset` on: their bytes, and their central-directory records."""
    locals_: list[bytes] = []
    records: list[bytes] = []
    for each in members:
        if offset > LARGEST_ARCHIVE:
            break  # `end` refuses it; here only the offset must fit its four bytes
        records.append(each.at(offset))
        locals_.append(each.local)
        offset += len(each.local)
    return b"".join(locals_), b"".join(records)


def end(count: int, directory_offset: int, directory_size: int) -> bytes:
    """
    The record that ends an archive.

    Raises:
        BundleError: The archive would need zip64, which phones may not read.
    """
    total = directory_offset + directory_size + _END_RECORD.size
    if count > MOST_FILES or total > LARGEST_ARCHIVE:
        raise BundleError(
            f"{count:,} files and {total:,} bytes do not fit an archive "
            f"({MOST_FILES:,} files, {LARGEST_ARCHIVE:,} bytes): leave some out"
        )
    return _END_RECORD.pack(b"PK\x05\x06", 0, 0, count, count, directory_size, directory_offset, 0)
