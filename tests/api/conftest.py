"""A server with one client of a shop, and what a tool of that shop would speak to it with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from walletpass.testing.life import small_matrix, small_operation
from walletpass_server.bootstrap import Platform, platform
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.keys import SCOPES, create_key
from walletpass_server.http.app import create_app
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.settings import Settings
from walletpass_server.testing import Shop, open_shop

TESTER = Actor("staff", "tester")
MATRIX = small_matrix(
    {
        "active": {
            "points": {"type": "number", "required": False},
            "store": {"type": "text", "required": False},
            "holder": {"type": "text", "required": False, "max_length": 40},
        },
        "used": {"store": {"type": "text", "required": False}},
    },
    [
        {
            "name": "redeemed", "from": "active", "to": "used", "on": "coupon.used", "when": "event.amount >= 10",
            "set": {"store": "event.store"},
        },
        {"name": "back", "from": "used", "to": "active", "on": "coupon.back"},
    ],
    {"coupon.used": {"amount": "number", "store": "text"}, "coupon.back": {}},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tenant:
    """A client of the server, with an operation that is open now and a key that may do everything in it."""

    on: Platform
    shop: Shop
    operation_id: int
    key: str
    http: httpx.AsyncClient

    async def new_key(self, scopes: Iterable[str] = SCOPES, **more: Any) -> str:
        """Another key."""
        environment = more.pop("environment", "test")

        async def work(unit: Unit) -> str:
            now = datetime.now(UTC)
            return (await create_key(unit, "Till", environment, scopes, TESTER, now, **more)).text

        return await self.on.database.run(self.shop.client_id, work)

    async def issue(self, **values: object) -> dict[str, Any]:
        """A pass, as the API answers it."""
        pass_id = await self.shop.issue(self.operation_id, values, datetime.now(UTC))
        found: dict[str, Any] = (await self.http.get(f"/v1/passes/{pass_id}")).json()
        return found


@pytest.fixture
async def on(url: str) -> AsyncIterator[Platform]:
    """A process of the server on a fresh database."""
    settings = Settings(database_url=url, secret_keys=Keyring.new_key("test"), public_url="https://pass.example")
    async with platform(settings) as opened:
        yield opened


async def _open(on: Platform, slug: str, client: httpx.AsyncClient) -> Tenant:
    shop = Shop(on.database, (await open_shop(on.database, slug)).client_id, on.keyring)
    now = datetime.now(UTC)
    period = {"starts_at": (now - timedelta(days=1)).isoformat(), "ends_at": (now + timedelta(days=30)).isoformat()}
    operation_id = await shop.open(MATRIX, small_operation(**period), now)
    tenant = Tenant(on, shop, operation_id, "", client)
    key = await tenant.new_key()
    client.headers["authorization"] = f"Bearer {key}"
    return Tenant(on, shop, operation_id, key, client)


def _client(on: Platform) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(on)), base_url="https://pass.example")


@pytest.fixture
async def tenant(on: Platform) -> AsyncIterator[Tenant]:
    """A client."""
    async with _client(on) as client:
        yield await _open(on, "shop", client)


@pytest.fixture
async def other(on: Platform) -> AsyncIterator[Tenant]:
    """Another client of the same server."""
    async with _client(on) as client:
        yield await _open(on, "other", client)
