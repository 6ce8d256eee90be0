"""An operation with a Google credential, and a Google to send it to."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from sqlalchemy import select

from walletpass.lifecycle import EventHappened, Holding, decide, register, void
from walletpass.matrix import Matrix
from walletpass.testing import sample_service_account
from walletpass.testing.google_api import FakeGoogle
from walletpass.testing.life import matrix_document, small_operation
from walletpass_server.engine.credentials import NewCredential, save_credential
from walletpass_server.engine.designs import save_matrix
from walletpass_server.engine.operations import create_operation
from walletpass_server.engine.sending import Round, send_some
from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import FactRow, GoogleClassRow, GoogleObjectRow, OutboxRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.settings import Settings
from walletpass_server.testing import Shop, open_shop
from walletpass_server.wallets.google import accounts
from walletpass_server.wallets.google.provider import GoogleProvider

ISSUER = "3388000000000000001"
GOOGLE = Holding("google", "google")
ACCOUNT = sample_service_account()
POINTS = {"points": {"type": "number", "default": 0}, "note": {"type": "text", "required": False}}


_load_account = cache(accounts.load_account)


def card(name: str, **changes: Any) -> dict[str, Any]:
    """A Model whose points are told when they change."""
    points = {"key": "points", "label": "Points", "value": "{{ points }}", "change_message": "You have %@ points"}
    return {
        "model": name,
        "pass_type": "coupon",
        "function": f"coupon {name}",
        "organization": "Maison Verte",
        "description": "Ten percent off",
        "variables": POINTS,
        "images": {"logo": {"url": "https://img.example.com/logo.png"}},
        "barcode": {"format": "qr", "message": "{{ serial }}"},
        "fields": {"secondary": [points, {"key": "note", "value": "{{ note }}"}]},
        **changes,
    }


def campaign_matrix(**changes: Any) -> Matrix:
    """Points that grow with each visit, silently or not, until the coupon is used."""
    document = matrix_document(
        ("active", "used"),
        [
            {"from": "active", "to": "active", "on": "visit", "set": {"points": "event.points"}, "notify": True},
            {"from": "active", "to": "active", "on": "quietly", "set": {"points": "event.points"}},
            {"from": "active", "to": "used", "on": "coupon.used", "notify": False},
        ],
        {"visit": {"points": "number"}, "quietly": {"points": "number"}, "coupon.used": {}},
    )
    document["models"] = {"active": card("active"), "used": card("used", state="used")}
    return Matrix.read({**document, **changes})


@dataclass
class Campaign:
    """The operation, and what tests do with it."""

    shop: Shop
    fake: FakeGoogle
    settings: Settings
    operation_id: int
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    providers: list[GoogleProvider] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.shop.database

    def provider(self, **settings: Any) -> GoogleProvider:
        """One more process."""
        changed = Settings(**{name: getattr(self.settings, name) for name in self.settings.__slots__} | settings)
        provider = GoogleProvider(changed, self.database, self.shop.keyring)
        provider.parts.sender._clock = lambda: self.now
        self.providers.append(provider)
        return provider

    async def issue(self, serial: str | None = None, **values: Any) -> int:
        return await self.shop.issue(self.operation_id, values, self.now, serial)

    async def save(self, pass_id: int) -> None:
        """Somebody saved it, and Google told."""
        live = await self.shop.live(self.operation_id)
        self.shop_users(pass_id)
        await self.shop.carry_out(
            self.operation_id, pass_id, lambda state: register(*live.rules, state, GOOGLE, self.now), self.now
        )

    def shop_users(self, pass_id: int) -> None:
        for object_id in self.fake.object_ids():
            self.fake.resources.users[object_id].add("somebody")

    async def happens(self, pass_id: int, event: str, **data: Any) -> None:
        self.now += timedelta(seconds=1)
        live = await self.shop.live(self.operation_id)
        cause = EventHappened(event=event, data=data, occurred_at=self.now, accepted_at=self.now)
        await self.shop.carry_out(
            self.operation_id, pass_id, lambda state: decide(*live.rules, state, cause, self.now), self.now
        )

    async def void(self, pass_id: int) -> None:
        live = await self.shop.live(self.operation_id)
        await self.shop.carry_out(
            self.operation_id, pass_id, lambda state: void(*live.rules, state, self.now, "lost"), self.now
        )

    async def send(self, provider: GoogleProvider | None = None) -> Round:
        """One turn of a sender."""
        return await send_some(self.database, "google", provider or self.providers[0])

    async def deliver(self, provider: GoogleProvider | None = None) -> None:
        """Turns until nothing waits; what failed is due at once."""
        for _ in range(200):
            await self.send(provider)
            if not await self.letters():
                return
            await self.hurry()
        raise AssertionError("letters still wait")

    async def hurry(self) -> None:
        """What waits is due now."""
        async with self.database.writing(ALL_CLIENTS) as unit:
            for row in (await unit.session.scalars(select(OutboxRow))).all():
                row.due_at = datetime(2020, 1, 1, tzinfo=UTC)

    async def letters(self) -> list[OutboxRow]:
        async with self.database.reading(ALL_CLIENTS) as unit:
            query = select(OutboxRow).where(OutboxRow.channel == "google").order_by(OutboxRow.id)
            return list((await unit.session.scalars(query)).all())

    async def put(self, key: str, body: dict[str, Any] | None = None) -> None:
        letter = outbox.NewLetter("google", key, body or {})
        await self.database.run(self.shop.client_id, lambda unit: outbox.put(unit, [letter]))

    async def known(self, pass_id: int) -> GoogleObjectRow:
        async with self.database.reading(self.shop.client_id) as unit:
            return await unit.session.get_one(GoogleObjectRow, (self.shop.client_id, pass_id))

    async def classes(self) -> list[GoogleClassRow]:
        async with self.database.reading(self.shop.client_id) as unit:
            return list((await unit.session.scalars(select(GoogleClassRow))).all())

    async def facts(self, name: str) -> list[FactRow]:
        async with self.database.reading(self.shop.client_id) as unit:
            return list((await unit.session.scalars(select(FactRow).where(FactRow.name == name))).all())

    async def object_of(self, pass_id: int) -> dict[str, Any]:
        found = self.fake.object_((await self.known(pass_id)).object_id)
        assert found is not None
        return found

    async def link(self, pass_id: int, provider: GoogleProvider | None = None) -> str:
        handed = await (provider or self.providers[0]).hand_over(self.shop.client_id, pass_id, self.now)
        return handed.url


@pytest.fixture(autouse=True)
def keys_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """To check an RSA key takes longer than all else that a test does."""
    monkeypatch.setattr(accounts, "load_account", _load_account)


@pytest.fixture
def fake() -> Iterator[FakeGoogle]:
    with FakeGoogle(checks_contract=True) as google:
        google.register(_load_account(json.dumps(ACCOUNT).encode(), ISSUER), ISSUER)
        yield google


@pytest.fixture
def settings(fake: FakeGoogle) -> Settings:
    return Settings(public_url="https://passes.example.com", google_api_url=fake.url)


@pytest.fixture
def matrix() -> Matrix:
    return campaign_matrix()


async def open_campaign(
    database: Database, fake: FakeGoogle, settings: Settings, matrix: Matrix, beside: Campaign | None = None
) -> Campaign:
    """An operation with a Google credential; the pace is no Google's, so that tests are short."""
    shop = await open_shop(database, "other" if beside else "shop")
    if beside:
        shop = replace(shop, keyring=beside.shop.keyring)
    campaign = Campaign(shop, fake, settings, 0)
    credential = NewCredential(
        wallet="google",
        name="main",
        secret={"service_account": b64encode(json.dumps(ACCOUNT).encode()).decode()},
        public=b"main",
        issuer_id=ISSUER,
        settings={"requests_per_second": 400.0},
    )
    start = campaign.now - timedelta(days=1)
    operation = small_operation(starts_at=start.isoformat(), ends_at=(start + timedelta(days=30)).isoformat())

    async def work(unit: Unit) -> int:
        await save_credential(unit, shop.keyring, credential, campaign.now)
        await save_matrix(unit, matrix, campaign.now)
        return (await create_operation(unit, operation, campaign.now, google_credential="main")).id

    campaign.operation_id = await database.run(shop.client_id, work)
    campaign.provider()
    return campaign


@pytest.fixture
async def campaign(database: Database, fake: FakeGoogle, settings: Settings, matrix: Matrix) -> AsyncIterator[Campaign]:
    opened = await open_campaign(database, fake, settings, matrix)
    yield opened
    for provider in opened.providers:
        await provider.close()


@pytest.fixture
async def other(campaign: Campaign) -> AsyncIterator[Campaign]:
    """Another client's operation, of the same issuer."""
    opened = await open_campaign(campaign.database, campaign.fake, campaign.settings, campaign_matrix(), campaign)
    yield opened
    for provider in opened.providers:
        await provider.close()


@pytest.fixture
async def held(campaign: Campaign) -> int:
    """A pass that somebody saved."""
    pass_id = await campaign.issue("C-1")
    await campaign.link(pass_id)
    await campaign.save(pass_id)
    await campaign.deliver()
    return pass_id
