"""
BER to definite lengths: what most passes of the field need before a DER reader takes them.

Apple's own samples use indefinite lengths and strings cut into pieces. Order and content are left as they are, since
what was signed was signed in that order. Source: ITU-T X.690, 8.1.3 and 8.7.
"""

from __future__ import annotations

_DEEPEST = 32
_OCTET_STRING = 0x04
_CONSTRUCTED = 0x20


class BrokenBer(Exception):
    """Not a complete BER value."""


def definite(data: bytes) -> bytes:
    """
    One BER value with definite, shortest lengths; its octet strings in one piece.

    Raises:
        BrokenBer: It is cut off, nests too deep, or more follows it.
    """
    value, end = _value(data, 0, len(data), 0)
    if end != len(data):
        raise BrokenBer(f"{len(data) - end} bytes follow it")
    return value


def _value(data: bytes, at: int, limit: int, depth: int) -> tuple[bytes, int]:
    """The value at an offset, rewritten, and where the next one begins."""
    if depth > _DEEPEST:
        raise BrokenBer("it nests too deep")
    tag_end = _tag_end(data, at, limit)
    tag = data[at:tag_end]
    length, start = _length(data, tag_end, limit)
    constructed = bool(tag[0] & _CONSTRUCTED)
    if length is not None and not constructed:
        return encode(tag, data[start : start + length]), start + length
    if not constructed:
        raise BrokenBer("a plain value has no length")
    parts: list[bytes] = []
    end = limit if length is None else start + length
    at = start
    while at < end:
        if length is None and data[at : at + 2] == b"\0\0":
            break
        part, at = _value(data, at, end, depth + 1)
        parts.append(part)
    else:
        if length is None:
            raise BrokenBer("it is cut off")
    after = at + 2 if length is None else end
    if tag == bytes([_OCTET_STRING | _CONSTRUCTED]):
        return encode(bytes([_OCTET_STRING]), b"".join(map(_content, parts))), after
    return encode(tag, b"".join(parts)), after


def _tag_end(data: bytes, at: int, limit: int) -> int:
    if at >= limit:
        raise BrokenBer("it is cut off")
    if data[at] & 0x1F != 0x1F:
        return at + 1
    raise BrokenBer("a tag is larger than any of a signature")


def _length(data: bytes, at: int, limit: int) -> tuple[int | None, int]:
    """The length at an offset (None: indefinite), and where the content begins."""
    if at >= limit:
        raise BrokenBer("it is cut off")
    first = data[at]
    if first == 0x80:
        return None, at + 1
    size = first & 0x7F if first & 0x80 else 0
    length = int.from_bytes(data[at + 1 : at + 1 + size]) if size else first
    start = at + 1 + size
    if size > 4 or start + length > limit:
        raise BrokenBer("it is cut off")
    return length, start


def _content(value: bytes) -> bytes:
    """The content of a value with definite length and one-byte tag, as `encode` wrote it."""
    if value[0] != _OCTET_STRING:
        raise BrokenBer("a piece of an octet string is none")
    return value[2 + (value[1] & 0x7F if value[1] & 0x80 else 0) :]


def encode(tag: bytes, content: bytes) -> bytes:
    """A value with its shortest definite length."""
    size = len(content)
    if size < 0x80:
        return tag + bytes([size]) + content
    width = (size.bit_length() + 7) // 8
    return tag + bytes([0x80 | width]) + size.to_bytes(width) + content
