"""A server whose callbacks a fake Google signs, and the passes they are about."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from walletpass.google.ids import object_suffix
from walletpass.testing import FakeGoogle, sample_service_account
from walletpass.testing.google_api import CallbackSigner
from walletpass.testing.life import small_matrix, small_operation
from walletpass_server.bootstrap import Platform, platform
from walletpass_server.engine.credentials import NewCredential, change_credential, save_credential
from walletpass_server.engine.recount import recount
from walletpass_server.http.app import create_app
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import FactRow, GoogleClassRow, GoogleObjectRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.settings import Settings
from walletpass_server.testing import Shop, open_shop

ISSUER = "3388000000000000001"
PUBLIC = "https://passes.example"
SERVICE_ACCOUNT = sample_service_account()


@dataclass
class Counter:
    """One operation of a client whose passes are at Google."""

    on: Platform
    shop: Shop
    operation_id: int
    google: FakeGoogle
    http: httpx.AsyncClient
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    class_id: str = f"{ISSUER}.program"

    @property
    def signer(self) -> CallbackSigner:
        return self.google.signer

    async def issue(self, serial: str = "C-1") -> int:
        return await self.shop.issue(self.operation_id, {}, self.now - timedelta(hours=1), serial)

    def body(self, event: str, serial: str = "C-1", **parts: Any) -> bytes:
        """A callback about a pass, as Google signs it."""
        object_id = parts.pop("object_id", f"{ISSUER}.{object_suffix(serial)}")
        class_id = parts.pop("class_id", self.class_id)
        return self.signer.callback(class_id, object_id, event, parts.pop("now", self.now), **parts)

    async def post(self, body: bytes, issuer: str = ISSUER) -> httpx.Response:
        headers = {"content-type": "application/json"}
        return await self.http.post(f"/google/callback/{issuer}", content=body, headers=headers)

    async def tell(self, event: str, serial: str = "C-1", **parts: Any) -> int:
        return (await self.post(self.body(event, serial, **parts))).status_code

    async def facts(self) -> list[str]:
        """Names of the facts about Google, in their order; the counts agree with them."""
        own = (FactRow.client_id == self.shop.client_id, FactRow.wallet == "google")
        named = select(FactRow.name).where(*own, FactRow.name.in_(["pass.added", "pass.deleted"]))
        async with self.shop.database.reading(self.shop.client_id) as unit:
            assert await recount(unit, self.shop.client_id, self.operation_id) == []
            found = await unit.connection.execute(named.order_by(FactRow.recorded_at, FactRow.number))
            return list(found.scalars())

    async def sent(self, pass_id: int, object_id: str, class_id: str | None = None) -> None:
        """What the sender keeps of a pass that it brought to Google."""

        async def work(unit: Unit) -> None:
            known = await unit.session.get(GoogleClassRow, (self.shop.client_id, class_id or self.class_id))
            if known is None:
                await unit.connection.execute(
                    insert(GoogleClassRow).values(
                        client_id=self.shop.client_id,
                        class_id=class_id or self.class_id,
                        credential_id=await self.credential_id(),
                        google_type="offer",
                        content={},
                        content_hash="x",
                        changed_at=self.now,
                    )
                )
            await unit.connection.execute(
                insert(GoogleObjectRow).values(
                    client_id=self.shop.client_id,
                    pass_id=pass_id,
                    object_id=object_id,
                    class_id=class_id or self.class_id,
                    changed_at=self.now,
                )
            )

        await self.shop.database.run(self.shop.client_id, work)

    async def beside(self, slug: str) -> Counter:
        """Another client's counter on the same server, of the same issuer."""
        shop, operation_id = await open_operation(self.on, slug)
        return replace(self, shop=shop, operation_id=operation_id)

    async def credential_id(self) -> int:
        async with self.shop.database.reading(self.shop.client_id) as unit:
            row = await unit.session.get_one(OperationRow, (self.shop.client_id, self.operation_id))
            assert row.google_credential_id is not None
            return row.google_credential_id


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    with FakeGoogle() as google:
        google.register(SERVICE_ACCOUNT, ISSUER)
        yield google


async def open_operation(on: Platform, slug: str = "shop", issuer_id: str = ISSUER) -> tuple[Shop, int]:
    """A new client with an operation whose passes go to an issuer."""
    shop = replace(await open_shop(on.database, slug), keyring=on.keyring)
    now = datetime.now(UTC)
    dates = {"starts_at": (now - timedelta(days=1)).isoformat(), "ends_at": (now + timedelta(days=30)).isoformat()}
    operation_id = await shop.open(small_matrix(["a"]), small_operation(**dates), now)
    account = b64encode(json.dumps(SERVICE_ACCOUNT).encode()).decode()
    new = NewCredential(
        wallet="google", name="main", secret={"service_account": account}, public=b"x", issuer_id=issuer_id
    )

    async def work(unit: Unit) -> None:
        row = await save_credential(unit, shop.keyring, new, now)
        row.settings = {"requests_per_second": 2000}  # tests do not wait
        operation = await unit.session.get_one(OperationRow, (shop.client_id, operation_id))
        await change_credential(unit, operation, row, now)

    await shop.database.run(shop.client_id, work)
    return shop, operation_id


@asynccontextmanager
async def open_counter(url: str, google: FakeGoogle) -> AsyncIterator[Counter]:
    settings = Settings(
        database_url=url,
        secret_keys=Keyring.new_key("test"),
        public_url=PUBLIC,
        google_api_url=google.url,
        google_root_keys_url=google.root_keys_url,
    )
    async with platform(settings) as on:
        shop, operation_id = await open_operation(on)
        transport = httpx.ASGITransport(create_app(on))  # type: ignore[arg-type] # Litestar's own ASGI types
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as http:
            yield Counter(on, shop, operation_id, google, http)


@pytest.fixture
async def counter(url: str, google: FakeGoogle) -> AsyncIterator[Counter]:
    async with open_counter(url, google) as counter:
        yield counter


@pytest.fixture
async def door(sqlite_url: str, google: FakeGoogle) -> AsyncIterator[Counter]:
    """The same on one engine, for what the database has no part in."""
    async with open_counter(sqlite_url, google) as counter:
        yield counter
