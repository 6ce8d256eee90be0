"""A client for each test, and an Apple credential of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from walletpass.testing.life import START
from walletpass_server.engine.credentials import NewCredential, save_credential
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import CredentialRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop, open_shop

Keep = Callable[..., Awaitable[CredentialRow]]


@pytest.fixture
async def shop(database: Database) -> Shop:
    """A client without any design yet."""
    return await open_shop(database)


@pytest.fixture
def keep(shop: Shop) -> Keep:
    """Keeps a credential for production, whatever it holds."""

    async def save(name: str, **changes: Any) -> CredentialRow:
        known = {
            "wallet": "apple", "name": name, "secret": {"key": "PEM"}, "public": name.encode(),
            "pass_type_identifier": "pass.example.one", "team_identifier": "TEAM", "environment": "production",
        }  # fmt: skip

        async def work(unit: Unit) -> CredentialRow:
            return await save_credential(unit, shop.keyring, NewCredential(**{**known, **changes}), START)

        return await shop.database.run(shop.client_id, work)

    return save
