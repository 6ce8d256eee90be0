"""PNG files, looked at without decoding them: the size they state, and whether they are whole."""

from __future__ import annotations

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_LENGTH = 13


class BrokenPng(Exception):
    """Begins as a PNG but is cut off or damaged."""


def png_size(data: bytes) -> tuple[int, int] | None:
    """
    Width and height in pixels; None if it is no PNG.

    Every chunk's length and checksum is checked up to the last, IEND. Source: W3C, PNG (third edition).
    """
    if not data.startswith(_SIGNATURE):
        return None
    size: tuple[int, int] | None = None
    at = len(_SIGNATURE)
    view = memoryview(data)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">L4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            raise BrokenPng("it is cut off")
        (checksum,) = struct.unpack_from(">L", data, end)
        if zlib.crc32(view[at + 4 : end]) != checksum:
            raise BrokenPng("a checksum in it is wrong")
        if size is None:
            if kind != b"IHDR" or length != _HEADER_LENGTH:
                raise BrokenPng("it does not begin with its header")
            size = struct.unpack_from(">2L", data, at + 8)
        at = end + 4
        if kind == b"IEND":
            break
    else:
        raise BrokenPng("it is cut off")
    if size is None or 0 in size:
        raise BrokenPng("it has no pixels")
    return size
