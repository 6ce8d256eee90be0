"""
The records of a ZIP file, read from its end, each in one strict form.

`zipfile` repairs and guesses where readers differ; a verifier must see what differs. Layout: PKWARE, APPNOTE 6.3.10.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

ZIP = "PKWARE, APPNOTE.TXT 6.3.10"

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCATOR_SIZE = 20
_LONGEST_COMMENT = 65_535

ENCRYPTED = 0x2041
"""Flag bits of encryption: plain, strong, and of the central directory."""
DESCRIPTOR = 0x0008
"""Flag bit: sizes and checksum stand behind the data."""
UTF8 = 0x0800
"""Flag bit: the name is UTF-8."""
_COMPARED_FLAGS = ENCRYPTED | DESCRIPTOR | UTF8

STORED, DEFLATED = 0, 8


class BrokenZip(Exception):
    """The archive cannot be read at all. `args` are rule, sentence, hint."""


@dataclass(frozen=True, slots=True)
class End:
    """The end record: where the central directory lies."""

    start: int
    entries: int
    directory: int
    comment: bytes


@dataclass(frozen=True, slots=True)
class Central:
    """One entry of the central directory."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    attributes: int
    extra: bytes
    comment: bytes

    @property
    def name(self) -> str:
        """UTF-8 as nearly every writer means it, flagged or not; else the code page ZIP was born with."""
        try:
            return self.raw_name.decode("utf-8")
        except UnicodeDecodeError:
            return self.raw_name.decode("cp437")

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder by its name."""
        return self.raw_name.endswith(b"/")

    @property
    def is_special(self) -> bool:
        """Whether its attributes say link or device, or folder against its name, on whatever system it claims."""
        kind = self.attributes >> 16 & 0o170000
        allowed = {0, 0o040000} if self.is_folder else {0, 0o100000}
        return kind not in allowed or (not self.is_folder and bool(self.attributes & 0x10))


@dataclass(frozen=True, slots=True)
class Local:
    """Where the data of one entry lies, and how its local header differs from the central directory."""

    data: int
    end: int
    differences: tuple[str, ...]


def read_end(archive: bytes) -> End:
    """The one end record whose comment reaches exactly to the end of the archive."""
    tail_start = max(0, len(archive) - _END.size - _LONGEST_COMMENT)
    found: list[tuple[int, tuple[int, ...]]] = []
    at = archive.rfind(b"PK\5\6", tail_start)
    seen = False
    while at >= 0:
        seen = True
        if at + _END.size <= len(archive):
            record = _END.unpack_from(archive, at)
            if at + _END.size + record[7] == len(archive):
                found.append((at, record))
        at = archive.rfind(b"PK\5\6", tail_start, at + 3)
    if len(found) == 1:
        return _end(archive, *found[0])
    if found:
        raise BrokenZip("archive-end-ambiguous", "it has two end records, so two readers may see two archives")
    if seen:
        raise BrokenZip("archive-trailing-data", "data follows the end of the archive, or its end is cut off")
    raise BrokenZip("archive-not-zip", "it is not a ZIP archive", "Give the .pkpass file itself, not a page or a text.")


def _end(archive: bytes, at: int, record: tuple[int, ...]) -> End:
    _, disk, directory_disk, entries_here, entries, size, directory, _ = record
    locator = archive[max(0, at - _LOCATOR_SIZE) : at]
    if 0xFFFF in (entries, entries_here) or 0xFFFFFFFF in (size, directory) or locator.startswith(b"PK\6\7"):
        raise BrokenZip("archive-zip64", "it uses the 64-bit form of ZIP, which no pass needs", "Pack it plainly.")
    if disk or directory_disk or entries != entries_here:
        raise BrokenZip("archive-directory-broken", "it claims to be one part of a split archive")
    if directory + size != at:
        raise BrokenZip("archive-directory-broken", "its list of files does not end where its end record says")
    return End(at, entries, directory, archive[at + _END.size :])


def read_central(archive: bytes, end: End) -> list[Central]:
    """Every entry of the central directory, which must fill its place exactly."""
    entries = []
    at = end.directory
    for _ in range(end.entries):
        if at + _CENTRAL.size > end.start or archive[at : at + 4] != b"PK\1\2":
            raise BrokenZip("archive-directory-broken", "its list of files is cut off or damaged")
        record = _CENTRAL.unpack_from(archive, at)
        flags, method, crc, packed, size, name_size, extra_size, comment_size, disk = (*record[3:5], *record[7:14])
        at += _CENTRAL.size
        raw_name, extra = archive[at : at + name_size], archive[at + name_size : at + name_size + extra_size]
        at += name_size + extra_size
        comment = archive[at : at + comment_size]
        at += comment_size
        if at > end.start or disk:
            raise BrokenZip("archive-directory-broken", "its list of files is cut off or damaged")
        if 0xFFFFFFFF in (packed, size, record[16]):
            raise BrokenZip("archive-zip64", "it uses the 64-bit form of ZIP, which no pass needs", "Pack it plainly.")
        entries.append(
            Central(raw_name, flags, method, crc, packed, size, record[16], record[15], extra, comment),
        )
    if at != end.start:
        raise BrokenZip("archive-directory-broken", "its list of files holds more or fewer than it counts")
    return entries


def read_local(archive: bytes, entry: Central, directory: int) -> Local | None:
    """The local header of an entry, compared with the central one; None if there is none at its offset."""
    at = entry.offset
    if at + _LOCAL.size > directory or archive[at : at + 4] != b"PK\3\4":
        return None
    _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _LOCAL.unpack_from(archive, at)
    data = at + _LOCAL.size + name_size + extra_size
    end = data + entry.packed
    if end > directory:
        return None
    name = archive[at + _LOCAL.size : at + _LOCAL.size + name_size]
    differences = []
    if name != entry.raw_name:
        differences.append("name")
    if method != entry.method:
        differences.append("compression")
    if (flags ^ entry.flags) & _COMPARED_FLAGS:
        differences.append("flags")
    stated, listed = (crc, packed, size), (entry.crc, entry.packed, entry.size)
    if stated != listed and not (
        entry.flags & DESCRIPTOR and all(v in (0, w) for v, w in zip(stated, listed, strict=True))
    ):
        differences.append("size or checksum")
    if entry.flags & DESCRIPTOR:
        width = _descriptor(archive[end : min(end + 16, directory)], struct.pack("<3L", *listed))
        end += width
        if not width:
            differences.append("size or checksum behind the data")
    return Local(data, end, tuple(differences))


def _descriptor(found: bytes, expected: bytes) -> int:
    """Size of a data descriptor, which may or may not begin with a signature; 0 if it is not as expected."""
    if found == b"PK\7\x08" + expected:
        return 16
    return 12 if found.startswith(expected) else 0


def extra_kinds(extra: bytes) -> set[int] | None:
    """The header ids in an extra field; None if it does not parse."""
    kinds = set()
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        kinds.add(kind)
        at += 4 + size
    return kinds if at == len(extra) else None
