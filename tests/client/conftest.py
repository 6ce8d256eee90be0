"""A client that talks to a server in the same process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from walletpass.client import AsyncClient
from walletpass.testing.life import small_matrix, small_operation
from walletpass_server.bootstrap import Platform, platform
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.keys import SCOPES, create_key
from walletpass_server.http.app import create_app
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.settings import Settings
from walletpass_server.testing import Shop, open_shop

MATRIX = small_matrix(
    {"active": {"points": {"type": "number", "required": False}}, "used": {}},
    [{"name": "redeemed", "from": "active", "to": "used", "on": "coupon.used"}],
    {"coupon.used": {"amount": "number"}},
)


@dataclass(frozen=True, slots=True)
class Connected:
    """A client of a shop with one operation, and its server."""

    on: Platform
    api: AsyncClient
    key: str
    client_id: int
    operation_id: int


@pytest.fixture
def server_url(sqlite_url: str) -> str:
    """Of the server's database; for modules to override where the engine matters."""
    return sqlite_url


@pytest.fixture
async def connected(server_url: str) -> AsyncIterator[Connected]:
    settings = Settings(
        database_url=server_url,
        secret_keys=Keyring.new_key("test"),
        public_url="https://pass.example",
        hooks_private=("127.0.0.0/8",),
    )
    async with platform(settings) as on:
        shop = Shop(on.database, (await open_shop(on.database, "shop")).client_id, on.keyring)
        now = datetime.now(UTC)
        period = {"starts_at": (now - timedelta(days=1)).isoformat(), "ends_at": (now + timedelta(days=9)).isoformat()}
        operation_id = await shop.open(MATRIX, small_operation(**period), now)

        async def key(unit: Unit) -> str:
            return (await create_key(unit, "Till", "test", SCOPES, Actor("staff", "tester"), now)).text

        text = await on.database.run(shop.client_id, key)
        http = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(on)))
        async with AsyncClient("https://pass.example", text, http=http) as api:
            yield Connected(on, api, text, shop.client_id, operation_id)
