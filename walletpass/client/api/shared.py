"""
Answers that several resources give.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from walletpass.client.call import Answer


class CredentialOut(Answer):
    """A credential, without its secrets."""

    id: int
    wallet: str
    name: str
    source: str
    """client; or provider: for tests only, and its passes are never transferable."""
    environment: str
    pass_type_identifier: str | None
    team_identifier: str | None
    issuer_id: str | None
    fingerprint: str
    not_after: datetime | None
    """When the certificate ends."""
    stopped_why: str | None
    """Why nothing is sent with it; null while all is well."""
    created_at: datetime


class PassOut(Answer):
    """A pass."""

    id: int
    operation_id: int
    serial: str
    """What the wallets call it."""
    external_id: str | None
    """What you call its holder."""
    model: str
    """The Model it has now, by its name in the Matrix."""
    version: int
    """Up by one with every change that a phone sees; also its ETag."""
    values: dict[str, Any]
    """What its variables hold, pictures in base64; those with a default are left out until they differ."""
    voided: bool
    devices: dict[str, int]
    """Wallet to the places that hold it now."""
    source: str
    """`utm_source` of the link its holder followed; empty when nothing was said."""
    created_at: datetime
    changed_at: datetime
