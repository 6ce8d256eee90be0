"""Where Google fetches pictures: names that change with the content, so that a URL always shows the same."""

from __future__ import annotations

import hashlib
import re
from typing import Protocol
from urllib.parse import urlsplit

from walletpass.errors import UsageError


class PictureUrls(Protocol):
    """Tells the public address of a picture. Google fetches it by itself: https, no log-in, no redirect."""

    def __call__(self, name: str, data: bytes) -> str:
        """The URL of the PNG `data`; `name` is its purpose ("hero")."""


def hashed_name(data: bytes, stem: str) -> str:
    """A file name that is never reused for other content: `logo-<16 hex digits of SHA-256>.png`."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", stem):
        raise UsageError(f"a picture cannot be called {stem!r} in a URL: use letters, digits, - and _")
    return f"{stem}-{hashlib.sha256(data).hexdigest()[:16]}.png"


def url_prefix(prefix: str) -> PictureUrls:
    """
    Pictures lie under one address, by their hashed names.

    Args:
        prefix: "https://img.example.com/p/"; the slash at the end may be left out.

    Raises:
        UsageError: Not https, or with query, fragment or password.
    """
    try:
        parts = urlsplit(prefix)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise UsageError(f"{prefix!r} cannot hold pictures for Google: give a plain https address")
    base = prefix.rstrip("/")
    return lambda name, data: f"{base}/{hashed_name(data, name)}"
