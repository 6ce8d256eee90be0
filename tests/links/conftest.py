"""Links on a real platform, over ASGI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from walletpass_server.bootstrap import Platform, platform
from walletpass_server.http.app import create_app
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.settings import Settings
from walletpass_server.testing_links import FakeWallet, Street, open_street

PUBLIC = "https://pass.example.com"


@pytest.fixture
async def on(url: str) -> AsyncIterator[Platform]:
    settings = Settings(database_url=url, secret_keys=Keyring.new_key("1"), public_url=PUBLIC)
    async with platform(settings, senders={}) as opened:
        yield replace(opened, wallets={"apple": FakeWallet("apple", "apns"), "google": FakeWallet("google", "google")})


@pytest.fixture
async def http(on: Platform) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(on), client=("203.0.113.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        yield client


@pytest.fixture
async def street(on: Platform, http: httpx.AsyncClient) -> Street:
    return await open_street(on, http)
