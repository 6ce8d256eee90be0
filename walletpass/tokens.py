"""Tokens of links: unguessable, looked up by digest, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

TOKEN_BYTES = 20
"""Random bytes of a token: 160 bits, above the 128 the design asks for."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,64}")


def new_token() -> str:
    """A fresh token of 27 letters, digits, `-` and `_`, safe in a URL, from the system's random source."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def looks_like_token(text: str) -> bool:
    """Whether a text has the form of a token, so that nonsense is refused before any look-up."""
    return _TOKEN.fullmatch(text) is not None


def digest(token: str) -> bytes:
    """
    SHA-256 of a token: what is stored and looked up, so that the table does not give tokens away.

    A plain hash is enough: there are too many tokens to try, so there is nothing to slow down.
    """
    return hashlib.sha256(token.encode()).digest()


def matches(token: str, stored_digest: bytes) -> bool:
    """Whether a token is the one behind a digest, in time that does not tell how much of it fits."""
    return hmac.compare_digest(digest(token), stored_digest)
