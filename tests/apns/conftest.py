"""A shop with passes on phones, a fake APNs, and the sender between them."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from walletpass.lifecycle import accept_event, decide
from walletpass.testing.apns import FakeApns
from walletpass.testing.authority import Authority, IssuedCertificate
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import phones
from walletpass_server.engine.credentials import NewCredential, save_credential
from walletpass_server.engine.designs import save_matrix
from walletpass_server.engine.operations import create_operation
from walletpass_server.engine.worker import Worker
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import CredentialRow, DeviceRow, OutboxRow, PassRow, RegistrationRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.settings import Settings
from walletpass_server.testing import Shop, open_shop
from walletpass_server.wallets.apple.apns.clients import Connect
from walletpass_server.wallets.apple.apns.sender import ApnsSender

PASS_TYPE = "pass.example.sample"
MATRIX = small_matrix(
    ["a", "b"], [{"from": "a", "to": "b", "on": "flip"}, {"from": "b", "to": "a", "on": "flip"}], {"flip": {}}
)
OPERATION = small_operation()


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create(key="ec")


@pytest.fixture(scope="session")
def issued(authority: Authority) -> IssuedCertificate:
    return authority.issue_pass_certificate(PASS_TYPE, "TEAM", key="ec")


@pytest.fixture
async def apns(authority: Authority) -> AsyncIterator[FakeApns]:
    async with FakeApns(client_roots=authority.root_pem) as running:
        yield running


def apple_credential(issued: IssuedCertificate, **more: Any) -> NewCredential:
    """As the command line keeps it."""
    parts = {"certificate": issued.certificate_pem, "key": issued.key_pem(), "intermediate": issued.intermediate_pem}
    secret = {name: b64encode(content).decode() for name, content in parts.items()} | more.pop("secret", {})
    given = {"pass_type_identifier": PASS_TYPE, "team_identifier": "TEAM", "name": "main"} | more
    return NewCredential(wallet="apple", secret=secret, public=issued.certificate_pem, **given)


@dataclass
class Rig:
    """Passes of one operation, the phones that hold them, and what pushes."""

    shop: Shop
    apns: FakeApns
    operation: int
    issued: IssuedCertificate
    now: datetime = START + timedelta(hours=1)
    passes: dict[str, int] = field(default_factory=dict)
    senders: list[ApnsSender] = field(default_factory=list)

    def connect(self, connect: Connect | None = None, **settings: Any) -> None:
        """Push from now on by a sender of its own."""
        place = Settings(apns_url=self.apns.url, apns_ca=self.apns.ca_file, **settings)
        database, keyring = self.shop.database, self.shop.keyring
        self.senders.append(ApnsSender(place, database, keyring, connect=connect, clock=lambda: self.now))

    @property
    def sender(self) -> ApnsSender:
        return self.senders[-1]

    async def run(self, work: Any) -> Any:
        return await self.shop.database.run(self.shop.client_id, work)

    async def add(self, serial: str, token: str, device: str = "") -> None:
        """A phone adds a pass."""
        if serial not in self.passes:
            self.passes[serial] = await self.shop.issue(self.operation, {}, START, serial)
        pass_id = self.passes[serial]
        await self.run(lambda unit: phones.register(unit, self.operation, pass_id, device or token, token, START))

    async def add_many(self, count: int) -> list[str]:
        """As many passes, each on a phone of its own; their push tokens."""
        phones_of = {f"P-{number}": secrets.token_hex(32) for number in range(count)}
        for serial in phones_of:
            self.passes[serial] = await self.shop.issue(self.operation, {}, START, serial)

        async def work(unit: Unit) -> None:
            for serial, token in phones_of.items():
                await phones.register(unit, self.operation, self.passes[serial], token, token, START)

        await self.run(work)
        return list(phones_of.values())

    async def hasten(self) -> None:
        """Letters that wait after a failure are due now; those being sent stay with their sender."""
        past = START - timedelta(days=3650)
        waiting = update(OutboxRow).where(OutboxRow.lease.is_(None)).values(due_at=past)
        await self.run(lambda unit: unit.connection.execute(waiting))

    async def change(self, *serials: str) -> None:
        """A Trigger moves passes; all of them without names."""
        cause = accept_event(MATRIX, OPERATION, "flip", {}, START)
        for serial in serials or list(self.passes):
            await self.shop.carry_out(
                self.operation,
                self.passes[serial],
                lambda state: decide(MATRIX, OPERATION, state, cause, START),
                START,
            )

    async def send(self) -> None:
        """A worker empties the outbox, until nothing is due or APNs is out of reach."""
        await Worker(database=self.shop.database, senders={"apns": self.sender}, clock=lambda: START).drain()

    async def save_credential(self, issued: IssuedCertificate | None = None, **more: Any) -> None:
        """A newer one of the same pass type."""
        new = apple_credential(issued or self.issued, **more)
        await self.run(lambda unit: save_credential(unit, self.shop.keyring, new, START))

    async def letters(self) -> Sequence[Any]:
        return await self._rows(OutboxRow)

    async def devices(self) -> set[str]:
        return {row.push_token for row in await self._rows(DeviceRow)}

    async def registrations(self) -> int:
        return len(await self._rows(RegistrationRow))

    async def credential(self) -> Any:
        return (await self._rows(CredentialRow))[-1]

    async def change_tags(self) -> list[int]:
        return [row.change for row in await self._rows(PassRow)]

    async def _rows(self, table: Any) -> Sequence[Any]:
        query = (
            select(table.__table__).where(table.client_id == self.shop.client_id).order_by(*table.__table__.primary_key)
        )
        async with self.shop.database.reading(self.shop.client_id) as unit:
            return (await unit.connection.execute(query)).all()


async def open_rig(database: Database, apns: FakeApns, issued: IssuedCertificate, slug: str = "shop") -> Rig:
    shop = await open_shop(database, slug)
    provider: dict[str, Any] = {} if slug == "shop" else {"source": "provider", "consent": {"text": "yes"}}

    async def work(unit: Unit) -> int:
        await save_credential(unit, shop.keyring, apple_credential(issued, **provider), START)
        await save_matrix(unit, MATRIX, START)
        return (await create_operation(unit, OPERATION, START, apple_credential="main")).id

    operation = await database.run(shop.client_id, work)
    rig = Rig(shop, apns, operation, issued)
    rig.connect()
    return rig


@pytest.fixture
async def rig(database: Database, apns: FakeApns, issued: IssuedCertificate) -> AsyncIterator[Rig]:
    opened = await open_rig(database, apns, issued)
    yield opened
    for sender in opened.senders:
        await sender.close()


@pytest.fixture
def open_another(rig: Rig) -> Callable[[], Awaitable[Rig]]:
    """A second client, with the provider's credential of the same pass type."""
    return lambda: open_rig(rig.shop.database, rig.apns, rig.issued, "other")
