"""
Routes of the API: keys.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from walletpass.client.call import Answer, Call, Page, call


class KeyOut(Answer):
    """A key, without its text."""

    id: int
    name: str
    environment: str
    """test or production."""
    hint: str
    """How its text begins."""
    scopes: list[str]
    operations: list[int] | None
    """The only operations it reaches; null for all of its environment."""
    state: str
    """good, expiring, over or revoked."""
    replaces: int | None
    """The key it was rotated from."""
    created_at: datetime
    last_used_at: datetime | None
    """Right to a minute."""
    expires_at: datetime | None
    revoked_at: datetime | None


class KeyMade(Answer):
    """A key that was just made. Its text is shown this once."""

    key: KeyOut
    text: str
    """What goes into `Authorization: Bearer …`."""


def list_keys(*, cursor: str | None = None, limit: int | None = None) -> Call[Page[KeyOut]]:
    """
    List the keys of this environment, the newest first; those that are no longer good too.

    Args:
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call("GET", "/v1/keys", Page[KeyOut].model_validate_json, query={"cursor": cursor, "limit": limit})


def make_key(*, name: str, scopes: Sequence[str], operations: Sequence[int] | None = None) -> Call[KeyMade]:
    """
    Make a key. Its text is shown once, and kept nowhere: an Idempotency-Key would be of no use here.

    Args:
        name: Who uses it.
        scopes: What it may do: a part of what the key that asks may.
        operations: The only operations it reaches; by default those of the key that asks.
    """
    return call(
        "POST", "/v1/keys", KeyMade.model_validate_json, body={"name": name, "scopes": scopes, "operations": operations}
    )


def read_key(key_id: int) -> Call[KeyOut]:
    """Read a key, without its text."""
    return call("GET", "/v1/keys/{key_id}", KeyOut.model_validate_json, at={"key_id": key_id})


def replace_key(key_id: int, *, overlap_hours: int | None = None) -> Call[KeyMade]:
    """
    Make a key in place of another, with the same rights. The old one stays good for the overlap.

    Args:
        overlap_hours: How long the old key is still good.
    """
    return call(
        "POST",
        "/v1/keys/{key_id}/rotate",
        KeyMade.model_validate_json,
        at={"key_id": key_id},
        body={"overlap_hours": overlap_hours},
    )


def revoke_key(key_id: int) -> Call[KeyOut]:
    """Revoke a key: it is refused from now on, for good. Again, it changes nothing."""
    return call("POST", "/v1/keys/{key_id}/revoke", KeyOut.model_validate_json, at={"key_id": key_id})
