"""A ZIP writer that lies when asked to. Everything is stored or in stored deflate blocks: the same bytes everywhere."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field


@dataclass
class Member:
    """One entry. What is None is filled in truthfully."""

    name: bytes
    data: bytes
    method: int = 0
    flags: int = 0
    attributes: int = 0o100644 << 16
    crc: int | None = None
    size: int | None = None
    local_name: bytes | None = None
    local_size: int | None = None
    descriptor: bool = False
    descriptor_mark: bool = True
    offset: int | None = None
    extra: bytes = b""
    comment: bytes = b""
    before: bytes = b""


@dataclass
class Zip:
    """A whole archive and the lies around its entries."""

    members: list[Member] = field(default_factory=list)
    prefix: bytes = b""
    gap: bytes = b""
    suffix: bytes = b""
    comment: bytes = b""
    count: int | None = None
    disk: int = 0
    locator: bool = False

    def bytes(self) -> bytes:
        """The archive."""
        body, directory = bytearray(self.prefix), bytearray()
        for member in self.members:
            body += member.before
            offset = len(body) if member.offset is None else member.offset
            packed = stored_deflate(member.data) if member.method == 8 else member.data
            crc = zlib.crc32(member.data) if member.crc is None else member.crc
            size = len(member.data) if member.size is None else member.size
            flags = member.flags | (8 if member.descriptor else 0)
            local = (0, 0, 0) if member.descriptor else (crc, len(packed), size)
            if member.local_size is not None:
                local = (crc, len(packed), member.local_size)
            name = member.name if member.local_name is None else member.local_name
            if member.offset is None:
                body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, flags, member.method, 0, 0x21, *local, len(name), 0)
                body += name + packed
                if member.descriptor:
                    mark = b"PK\7\x08" if member.descriptor_mark else b""
                    body += mark + struct.pack("<3L", crc, len(packed), size)
            directory += struct.pack(
                "<4s6H3L5H2L",
                *(b"PK\1\2", 0x031E, 20, flags, member.method, 0, 0x21, crc, len(packed), size),
                *(len(member.name), len(member.extra), len(member.comment), 0, 0, member.attributes, offset),
            )
            directory += member.name + member.extra + member.comment
        body += self.gap
        start = len(body)
        body += directory
        if self.locator:
            body += struct.pack("<4sLQL", b"PK\6\7", 0, start, 1)
        count = len(self.members) if self.count is None else self.count
        end = (b"PK\5\6", self.disk, self.disk, count, count, len(body) - start, start, len(self.comment))
        return bytes(body) + struct.pack("<4s4H2LH", *end) + self.comment + self.suffix


def stored_deflate(data: bytes) -> bytes:
    """A deflate stream that compresses nothing: no release of zlib writes it otherwise."""
    chunks = [data[at : at + 65_535] for at in range(0, len(data), 65_535)] or [b""]
    return b"".join(
        struct.pack("<BHH", at == len(chunks) - 1, len(chunk), len(chunk) ^ 0xFFFF) + chunk
        for at, chunk in enumerate(chunks)
    )
