"""
A stream of bytes under a passphrase: scrypt makes the key, AES-256-GCM seals one frame after the other.

    file   = "WPCLIENT1\\n"  log2 N (1 byte)  salt (16)  nonce prefix (7)  frame...
    frame  = length (4, big-endian)  sealed bytes with tag
    nonce  = prefix  number of the frame (4, big-endian)  1 for the last frame, else 0

The header is authenticated with every frame. Frames cannot be left out, swapped, or cut off at the end without notice
(the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár). Memory holds one frame.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from walletpass.errors import ArchiveUnreadable, UsageError

MAGIC = b"WPCLIENT1\n"
FRAME = 256 * 1024
"""Bytes of content in a frame, the last one aside."""
COST = 15
"""log2 of scrypt's N: a tenth of a second and 32 MB for each try at the passphrase."""
DEAREST = 20
"""A file that asks for more is not ours: it would take all memory."""
SHORTEST_PASSPHRASE = 12

_SALT, _PREFIX, _TAG = 16, 7, 16


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is guessed in no time; raises UsageError."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise UsageError(f"the passphrase has {len(passphrase)} characters: take {SHORTEST_PASSPHRASE} or more")


async def encrypt(content: AsyncIterator[bytes], passphrase: str) -> AsyncIterator[bytes]:
    """
    The file of a content, piece by piece.

    Raises:
        UsageError: The passphrase is too short.
    """
    check_passphrase(passphrase)
    salt, prefix = os.urandom(_SALT), os.urandom(_PREFIX)
    header = MAGIC + bytes((COST,)) + salt + prefix
    cipher = _cipher(passphrase, salt, COST)
    yield header
    number, waiting = 0, bytearray()
    async for piece in content:
        waiting += piece
        while len(waiting) > FRAME:
            yield _frame(cipher, header, prefix, number, bytes(waiting[:FRAME]), last=False)
            del waiting[:FRAME]
            number += 1
    yield _frame(cipher, header, prefix, number, bytes(waiting), last=True)


def decrypt(file: BinaryIO, passphrase: str) -> Iterator[bytes]:
    """
    The content of a file, piece by piece. Only after the last piece is it known to be whole.

    Raises:
        ArchiveUnreadable: It is no such file, is damaged or cut off, or the passphrase is another.
    """
    header = file.read(len(MAGIC) + 1 + _SALT + _PREFIX)
    if not header.startswith(MAGIC) or len(header) != len(MAGIC) + 1 + _SALT + _PREFIX:
        raise ArchiveUnreadable("the file is no archive of a client: name one made by 'walletpass client export'")
    cost, salt, prefix = header[len(MAGIC)], header[len(MAGIC) + 1 : -_PREFIX], header[-_PREFIX:]
    if not 1 <= cost <= DEAREST:
        raise ArchiveUnreadable("the header of the archive is damaged: take another copy")
    cipher = _cipher(passphrase, salt, cost)
    number, sealed = 0, _read(file)
    while sealed is not None:
        after = _read(file)
        nonce = _nonce(prefix, number, last=after is None)
        try:
            yield cipher.decrypt(nonce, sealed, header)
        except InvalidTag:
            hint = "is the passphrase right?" if number == 0 else "damaged or cut off: take another copy"
            raise ArchiveUnreadable(f"frame {number} of the archive does not open: {hint}") from None
        number, sealed = number + 1, after
    if number == 0:
        raise ArchiveUnreadable("the archive is cut off after its header: take another copy")


def _cipher(passphrase: str, salt: bytes, cost: int) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=1 << cost, r=8, p=1).derive(passphrase.encode()))


def _frame(cipher: AESGCM, header: bytes, prefix: bytes, number: int, content: bytes, *, last: bool) -> bytes:
    sealed = cipher.encrypt(_nonce(prefix, number, last=last), content, header)
    return len(sealed).to_bytes(4, "big") + sealed


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes((last,))


def _read(file: BinaryIO) -> bytes | None:
    """The next frame; None at the end of the file."""
    length = file.read(4)
    if not length:
        return None
    size = int.from_bytes(length, "big")
    if len(length) < 4 or not _TAG <= size <= FRAME + _TAG:
        raise ArchiveUnreadable("the archive is damaged or cut off: take another copy")
    sealed = file.read(size)
    if len(sealed) < size:
        raise ArchiveUnreadable("the archive is cut off: take another copy")
    return sealed
