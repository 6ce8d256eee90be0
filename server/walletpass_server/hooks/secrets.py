"""Secrets that sign: made here, shown once, kept sealed; two of them sign while one takes the other's place."""

from __future__ import annotations

import os
from base64 import b64encode
from datetime import datetime

from walletpass.errors import UsageError
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import HookEndpointRow

PREFIX = "whsec_"
BYTES = 32
_TABLE = "hook_endpoint"


def new_secret() -> str:
    """As Standard Webhooks writes them."""
    return PREFIX + b64encode(os.urandom(BYTES)).decode()


def seal_secret(keyring: Keyring, secret: str, endpoint_id: int) -> bytes:
    """For the column `sealed`."""
    return keyring.seal(secret.encode(), _TABLE, "sealed", endpoint_id)


def seal_before(keyring: Keyring, endpoint: HookEndpointRow) -> bytes:
    """The secret there is, for the column `sealed_before`."""
    return keyring.seal(_unseal(keyring, endpoint, "sealed"), _TABLE, "sealed_before", endpoint.id)


def signing_secrets(keyring: Keyring, endpoint: HookEndpointRow, now: datetime) -> list[str]:
    """Those that sign now, the newest first."""
    secrets = [_unseal(keyring, endpoint, "sealed").decode()]
    if endpoint.before_until is not None and now < endpoint.before_until:
        secrets.append(_unseal(keyring, endpoint, "sealed_before").decode())
    return secrets


def _unseal(keyring: Keyring, endpoint: HookEndpointRow, column: str) -> bytes:
    sealed: bytes | None = getattr(endpoint, column)
    if sealed is None:
        raise UsageError(f"the hook {endpoint.name} is a subscriber in process: it has no secret")
    return keyring.unseal(sealed, _TABLE, column, endpoint.id)
