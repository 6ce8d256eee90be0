"""
Secrets at rest: AES-256-GCM under keys from the settings, each bound to the place where it is stored.

A sealed secret is `0x01 | length of key id | key id | nonce (12 bytes) | ciphertext with tag`. Table, column and row
are authenticated with it, so a secret copied into another row does not open there. Nonces are random, which is safe
for 2^32 secrets under one key: rotate before a key has sealed a billion.
"""

from __future__ import annotations

import binascii
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from walletpass.errors import SecretUnreadable, UsageError

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = 1
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}", re.ASCII)


class Keyring:
    """The keys that seal and open secrets. The first seals; the others open what was sealed before."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """
        Args:
            keys: Key id to 32 bytes, the one to seal with first.

        Raises:
            UsageError: None at all, an id or a length that is not right.
        """
        if not keys:
            raise UsageError("no key for secrets: set WALLETPASS_SECRET_KEY, or WALLETPASS_SECRET_KEY_FILE")
        for key_id, key in keys.items():
            if not _KEY_ID.fullmatch(key_id):
                raise UsageError(f"the key id {key_id!r} is not 1 to 32 letters, digits, '.', '_' or '-'")
            if len(key) != KEY_BYTES:
                raise UsageError(
                    f"the key {key_id} for secrets has {len(key)} bytes, 32 are needed: openssl rand -base64 32"
                )
        self.current = next(iter(keys))
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read keys as settings write them: `id:base64` separated by commas or newlines, the one to seal with first.

        Raises:
            UsageError: Not of that form.
        """
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(filter(None, re.split(r"[,\s]+", text)), start=1):
            key_id, colon, encoded = entry.partition(":")
            if not colon or key_id in keys:
                raise UsageError(f"entry {number} of the keys for secrets is not `id:base64`, or its id comes twice")
            try:
                keys[key_id] = b64decode(encoded, validate=True)
            except binascii.Error as exc:
                raise UsageError(
                    f"the key {key_id} for secrets is not base64: openssl rand -base64 32 makes one"
                ) from exc
        return cls(keys)

    @staticmethod
    def new_key(key_id: str) -> str:
        """A fresh key, written as `parse` reads it."""
        return f"{key_id}:{b64encode(os.urandom(KEY_BYTES)).decode()}"

    def seal(self, secret: bytes, table: str, column: str, row: int | str) -> bytes:
        """Encrypt a secret for one place."""
        nonce = os.urandom(_NONCE_BYTES)
        key_id = self.current.encode()
        sealed = self._ciphers[self.current].encrypt(nonce, secret, _place(table, column, row))
        return bytes((_VERSION, len(key_id))) + key_id + nonce + sealed

    def unseal(self, sealed: bytes, table: str, column: str, row: int | str) -> bytes:
        """
        Decrypt the secret of a place.

        Raises:
            SecretUnreadable: Its key is not on the ring, or the bytes were changed or belong elsewhere.
        """
        where = f"{table}.{column} of row {row}"
        key_id = self.key_id(sealed, where)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SecretUnreadable(
                f"{where}: sealed with key {key_id}, which is missing: add it to WALLETPASS_SECRET_KEY"
            )
        start = 2 + len(key_id)
        nonce, rest = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, rest, _place(table, column, row))
        except (InvalidTag, ValueError) as exc:
            raise SecretUnreadable(f"{where}: changed, moved, or sealed with another key named {key_id}") from exc

    @staticmethod
    def key_id(sealed: bytes, where: str = "a secret") -> str:
        """
        Which key sealed it.

        Raises:
            SecretUnreadable: It is no sealed secret.
        """
        if len(sealed) < 2 + _NONCE_BYTES or sealed[0] != _VERSION:
            raise SecretUnreadable(f"{where}: is not a sealed secret")
        try:
            return sealed[2 : 2 + sealed[1]].decode("ascii")
        except UnicodeDecodeError as exc:
            raise SecretUnreadable(f"{where}: is not a sealed secret") from exc


def _place(table: str, column: str, row: int | str) -> bytes:
    return f"{table}:{column}:{row}".encode()
