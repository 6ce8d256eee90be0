"""A shop whose passes are signed, its web service, and phones that ask by hand."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from walletpass.lifecycle import accept_event, decide, edit, void
from walletpass.matrix import Matrix
from walletpass.operation import Operation
from walletpass.testing.authority import Authority, IssuedCertificate
from walletpass.testing.life import START, matrix_document, small_operation
from walletpass_server.bootstrap import Platform, platform
from walletpass_server.engine.credentials import NewCredential, change_credential, save_credential
from walletpass_server.http.app import create_app
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import OperationRow, PassRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.settings import Settings
from walletpass_server.testing import Shop, open_shop
from walletpass_server.wallets.apple.provider import AppleProvider

PUBLIC = "https://passes.example"


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (87, 87), "#145c3a").save(buffer, "PNG")
    return buffer.getvalue()


def _matrix() -> Matrix:
    news = {"key": "news", "label": "News", "value": "{{ news }}", "change_message": "%@"}
    variables = {
        "news": {"type": "text", "required": False, "default": "none"},
        "amount": {"type": "money", "default": "1.00 EUR"},
    }
    document = matrix_document(
        {"a": variables, "b": variables},
        [
            {"from": "a", "to": "b", "on": "coupon.used", "set": {"news": "'used'"}, "notify": True},
            {"from": "b", "to": "a", "on": "coupon.given-back", "set": {"news": "'again'"}},
        ],
        {"coupon.used": {}, "coupon.given-back": {}},
    )
    for model in document["models"].values():
        model |= {
            "images": {"icon": {"data": _picture()}},
            "fields": {"back": [news]},
            "barcode": {"format": "qr", "message": "{{ serial }}"},
        }
    return Matrix.read(document)


@pytest.fixture(scope="session")
def matrix() -> Matrix:
    return _matrix()


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create(key="ec", now=START, valid_days=400)


@pytest.fixture(scope="session")
def certificate(authority: Authority) -> IssuedCertificate:
    return authority.issue_pass_certificate("pass.example.one", "TEAMONE", key="ec")


def credential(issued: IssuedCertificate, pass_type: str, team: str, **more: Any) -> NewCredential:
    """A credential of a client, as the command line keeps it."""
    parts = {"certificate": issued.certificate_pem, "key": issued.key_pem(), "intermediate": issued.intermediate_pem}
    return NewCredential(
        wallet="apple",
        name="main",
        secret={name: b64encode(content).decode() for name, content in parts.items()},
        public=issued.certificate_pem,
        pass_type_identifier=pass_type,
        team_identifier=team,
        **more,
    )


@dataclass
class Counter:
    """
    One process of a server with one operation, and what phones may ask of it.

    Attributes:
        now: The clock of the web service.
        device: Who asks, where nobody else is named.
    """

    on: Platform
    shop: Shop
    matrix: Matrix
    operation_id: int
    http: httpx.AsyncClient
    operation: Operation
    now: datetime = START
    device: str = "phone"
    pass_type: str = "pass.example.one"
    passes: dict[str, int] = field(default_factory=dict)

    @property
    def apple(self) -> AppleProvider:
        provider = self.on.wallets["apple"]
        assert isinstance(provider, AppleProvider)
        return provider

    async def issue(self, serial: str = "C-1", values: Mapping[str, object] | None = None) -> int:
        self.passes[serial] = await self.shop.issue(self.operation_id, values or {}, self.now, serial)
        return self.passes[serial]

    async def secret(self, serial: str = "C-1") -> str:
        asked = await self.apple.reads.by_id(self.shop.client_id, self.passes[serial])
        assert asked is not None
        return self.apple.secret(asked)

    async def auth(self, serial: str = "C-1") -> dict[str, str]:
        return {"Authorization": f"ApplePass {await self.secret(serial)}"}

    def registration(self, serial: str | None = "C-1", device: str | None = None) -> str:
        tail = "" if serial is None else f"/{quote(serial, safe='')}"
        return f"/passkit/v1/devices/{quote(device or self.device, safe='')}/registrations/{self.pass_type}{tail}"

    def address(self, serial: str = "C-1") -> str:
        return f"/passkit/v1/passes/{self.pass_type}/{quote(serial, safe='')}"

    async def register(self, serial: str = "C-1", device: str | None = None, token: str = "ab" * 32) -> httpx.Response:
        path = self.registration(serial, device)
        return await self.http.post(path, json={"pushToken": token}, headers=await self.auth(serial))

    async def unregister(self, serial: str = "C-1", device: str | None = None) -> httpx.Response:
        return await self.http.delete(self.registration(serial, device), headers=await self.auth(serial))

    async def changed(self, since: str | None = None, device: str | None = None) -> httpx.Response:
        params = {} if since is None else {"passesUpdatedSince": since}
        return await self.http.get(self.registration(None, device), params=params)

    async def fetch(self, serial: str = "C-1", since: str | None = None) -> httpx.Response:
        headers = await self.auth(serial) | ({} if since is None else {"If-Modified-Since": since})
        return await self.http.get(self.address(serial), headers=headers)

    async def fire(self, event: str = "coupon.used", serial: str = "C-1") -> None:
        cause = accept_event(self.matrix, self.operation, event, {}, self.now)
        await self.shop.carry_out(
            self.operation_id,
            self.passes[serial],
            lambda state: decide(self.matrix, self.operation, state, cause, self.now),
            self.now,
        )

    async def edit(self, values: Mapping[str, object], serial: str = "C-1") -> None:
        await self.shop.carry_out(
            self.operation_id,
            self.passes[serial],
            lambda state: edit(self.matrix, self.operation, state, values, self.now),
            self.now,
        )

    async def void(self, serial: str = "C-1") -> None:
        await self.shop.carry_out(
            self.operation_id,
            self.passes[serial],
            lambda state: void(self.matrix, self.operation, state, self.now),
            self.now,
        )

    async def row(self, serial: str = "C-1") -> PassRow:
        async with self.shop.database.reading(self.shop.client_id) as unit:
            return await unit.session.get_one(PassRow, (self.shop.client_id, self.passes[serial]))

    def later(self, **delay: float) -> None:
        self.now += timedelta(**delay)


async def sign_with(shop: Shop, operation_id: int, new: NewCredential, now: datetime = START) -> None:
    """Let an operation sign with a credential."""

    async def work(unit: Unit) -> None:
        row = await save_credential(unit, shop.keyring, new, now)
        operation = await unit.session.get_one(OperationRow, (shop.client_id, operation_id))
        await change_credential(unit, operation, row, now)

    await shop.database.run(shop.client_id, work)


@pytest.fixture
async def counter(url: str, matrix: Matrix, certificate: IssuedCertificate) -> AsyncIterator[Counter]:
    """A counter that is open."""
    settings = Settings(database_url=url, secret_keys=Keyring.new_key("test"), public_url=PUBLIC)
    async with platform(settings) as on:
        shop = replace(await open_shop(on.database), keyring=on.keyring)
        operation = small_operation(notifications={"quiet": {"from": "21:00", "to": "08:00"}})
        operation_id = await shop.open(matrix, operation)
        await sign_with(shop, operation_id, credential(certificate, "pass.example.one", "TEAMONE"))
        app = create_app(on, clock=lambda: opened.now)
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type] # Litestar's own ASGI types
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as http:
            opened = Counter(on, shop, matrix, operation_id, http, operation)
            yield opened


@pytest.fixture
async def neighbour(counter: Counter, authority: Authority) -> Counter:
    """Another client of the same server, with a pass type and team of its own."""
    shop = replace(await open_shop(counter.shop.database, "neighbour"), keyring=counter.shop.keyring)
    operation_id = await shop.open(counter.matrix, counter.operation)
    issued = authority.issue_pass_certificate("pass.example.two", "TEAMTWO", key="ec")
    await sign_with(shop, operation_id, credential(issued, "pass.example.two", "TEAMTWO"))
    return replace(counter, shop=shop, operation_id=operation_id, pass_type="pass.example.two", passes={})
