"""
To test links with: a platform with one operation, wallets that hand over something known, and people who follow links.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select, update

from walletpass.lifecycle import Wallet
from walletpass.matrix import Matrix
from walletpass.operation import Operation
from walletpass.testing.life import matrix_document
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.clients import create_client
from walletpass_server.engine.credentials import NewCredential, save_credential
from walletpass_server.engine.designs import save_matrix
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import create_operation, load_operation
from walletpass_server.engine.sending import Delivery
from walletpass_server.engine.tokens import NewToken, mint
from walletpass_server.persistence.outbox import Letter
from walletpass_server.persistence.tables import FactRow, OperationRow, PassRow, TokenRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.wallets.provider import Download, HandOver, Redirect

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 90"><circle cx="45" cy="45" r="40" fill="#b4531a"/></svg>'
)
DESIGN: dict[str, Any] = {
    "languages": ["fr", "en"],
    "description": {"fr": "10 % dans tous nos magasins", "en": "10 % off in every shop"},
    "images": {"logo": {"data": ICON}},
    "colors": {"background": "#0b3d2e"},
    "barcode": {"format": "qr", "message": "{{ serial }}"},
    "fields": {"primary": [{"key": "offer", "label": "Offre", "value": "10 %"}]},
}


@dataclass
class FakeWallet:
    """Hands over what a test knows, and remembers for whom."""

    wallet: Wallet
    channel: str
    handed: list[int] = field(default_factory=list)
    fails: Exception | None = None

    async def hand_over(self, client_id: int, pass_id: int, now: datetime) -> HandOver:  # noqa: ARG002 - the protocol's
        """A few bytes, or an address, with the id of the pass in it."""
        if self.fails is not None:
            raise self.fails
        self.handed.append(pass_id)
        if self.wallet == "google":
            return Redirect(f"https://pay.google.com/gp/v/save/{pass_id}")
        return Download((b"PK", b"-%d" % pass_id), "application/vnd.apple.pkpass", "pass.pkpass", 1_790_000_000)

    async def warm(self, live: LiveOperation) -> None:
        """It is always ready."""

    async def send(self, letters: Sequence[Letter]) -> Delivery:  # noqa: ARG002 - the protocol's
        """Nothing goes out."""
        return Delivery()

    def forget(self, client_id: int, pass_ids: Collection[int]) -> None:  # noqa: ARG002 - the protocol's
        """Passes were erased."""
        self.handed = [pass_id for pass_id in self.handed if pass_id not in pass_ids]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Street:
    """A platform with a client, its operation, and people who follow links."""

    on: Platform
    client_id: int
    operation_id: int
    link: str
    http: httpx.AsyncClient
    apple: FakeWallet
    google: FakeWallet

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """GET as an iPhone, unless a header (`user_agent`, `accept_language`...) says otherwise."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.get(path, headers={"user-agent": IPHONE, **given})

    async def token(self, values: Mapping[str, Any] | None = None) -> str:
        """A new token of the operation."""

        async def work(unit: Unit) -> str:
            live = await load_operation(unit, self.operation_id)
            (text,) = await mint(unit, self.on.keyring, live, [NewToken(values or {})], now())
            return text

        return await self.on.database.run(self.client_id, work)

    async def facts(self, name: str = "pass.displayed") -> list[tuple[str, dict[str, Any]]]:
        """Wallet and data of the facts of a name."""
        async with self.on.database.reading(ALL_CLIENTS) as unit:
            rows = await unit.connection.execute(
                select(FactRow.wallet, FactRow.data).where(FactRow.name == name).order_by(FactRow.recorded_at)
            )
            return [(wallet, data) for wallet, data in rows]

    async def counts(self) -> tuple[int, int]:
        """Tokens and passes there are."""
        async with self.on.database.reading(ALL_CLIENTS) as unit:
            tokens = (await unit.connection.execute(select(TokenRow.id))).all()
            return len(tokens), len((await unit.connection.execute(select(PassRow.id))).all())

    async def change(self, **values: object) -> None:
        """Change the operation's row behind the server's back."""
        async with self.on.database.writing(ALL_CLIENTS) as unit:
            await unit.connection.execute(
                update(OperationRow).where(OperationRow.id == self.operation_id).values(**values)
            )


def now() -> datetime:
    """The clock, as the doors read it."""
    return datetime.now(UTC)


def design(**changes: Any) -> Matrix:
    """A coupon that moves from active to used."""
    document = matrix_document(["active", "used"], [{"from": "active", "to": "used", "on": "coupon.used"}],
                               {"coupon.used": {}})  # fmt: skip
    for model in document["models"].values():
        model |= DESIGN | changes
    return Matrix.read(document)


def period(start: timedelta = timedelta(days=-1), end: timedelta = timedelta(days=30), **changes: Any) -> Operation:
    """An operation from then to then, counted from now."""
    day = now().replace(microsecond=0)
    document = {
        "operation": "spring", "matrix": "small", "zone": "Europe/Paris",
        "starts_at": (day + start).isoformat(), "ends_at": (day + end).isoformat(), **changes,
    }  # fmt: skip
    return Operation.read(document)


async def open_street(
    on: Platform,
    http: httpx.AsyncClient,
    matrix: Matrix | None = None,
    operation: Operation | None = None,
    *,
    slug: str = "shop",
) -> Street:
    """A client with an operation on a platform of fake wallets, and somebody's browser."""
    matrix, operation = matrix or design(), operation or period()
    apple, google = on.wallets["apple"], on.wallets["google"]
    if not (isinstance(apple, FakeWallet) and isinstance(google, FakeWallet)):
        raise TypeError("a street has fake wallets")

    async with on.database.writing(ALL_CLIENTS) as unit:
        client_id = (await create_client(unit, slug, slug.title(), now())).id

    async def work(unit: Unit) -> OperationRow:
        common: dict[str, Any] = {"name": "main", "secret": {"key": "none"}}
        await save_credential(unit, on.keyring, NewCredential(
            wallet="apple", public=b"a", pass_type_identifier=f"pass.example.{slug}", team_identifier="T", **common
        ), now())  # fmt: skip
        await save_credential(
            unit, on.keyring, NewCredential(wallet="google", public=b"g", issuer_id="3388", **common), now()
        )
        await save_matrix(unit, matrix, now())
        return await create_operation(unit, operation, now(), apple_credential="main", google_credential="main")

    row = await on.database.run(client_id, work)
    return Street(on, client_id, row.id, row.link, http, apple, google)
