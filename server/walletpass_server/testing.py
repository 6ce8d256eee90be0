"""To test with: rows made fast, and a client whose operations are driven by the engine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from walletpass.lifecycle import Pass, follow, issue
from walletpass.matrix import Matrix
from walletpass.operation import Operation
from walletpass.serials import make_serial
from walletpass_server.engine.apply import Command, Outcome, apply
from walletpass_server.engine.births import Birth, store_new
from walletpass_server.engine.clients import create_client
from walletpass_server.engine.designs import save_matrix
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import create_operation, load_operation
from walletpass_server.engine.state import load, load_one
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import (
    ClientRow,
    DeviceRow,
    MatrixRow,
    OperationRow,
    PassRow,
    RegistrationRow,
)
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

PASS_TYPE = "pass.example.sample"
STARTED = datetime(2027, 3, 20, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SeededOperation:
    """A client with one operation on a frozen matrix whose start Model is `active`."""

    client_id: int
    matrix_id: int
    operation_id: int


async def seed_operation(unit: Unit, *, slug: str = "shop", days: int = 30) -> SeededOperation:
    """A new client and operation. The unit must be of ALL_CLIENTS, since the client is new."""
    client_id, matrix_id, operation_id = await unit.new_ids(3)
    unit.session.add(ClientRow(id=client_id, slug=slug, name=slug, settings={}, created_at=STARTED))
    await unit.session.flush()
    content = {"matrix": "spring", "pass_type": "coupon", "start": "active", "models": {"active": {}}}
    unit.session.add(
        MatrixRow(
            client_id=client_id,
            id=matrix_id,
            name="spring",
            version=1,
            pass_type="coupon",
            content=content,
            content_hash=hashlib.sha256(repr(content).encode()).hexdigest(),
            frozen_at=STARTED,
            created_at=STARTED,
        )
    )
    await unit.session.flush()
    unit.session.add(
        OperationRow(
            client_id=client_id,
            id=operation_id,
            name="spring-2027",
            link=f"link-{operation_id}",
            matrix_id=matrix_id,
            pass_type="coupon",
            environment="test",
            state="open",
            starts_at=STARTED,
            ends_at=STARTED + timedelta(days=days),
            zone="Europe/Paris",
            created_at=STARTED,
        )
    )
    await unit.session.flush()
    return SeededOperation(client_id, matrix_id, operation_id)


async def seed_passes(unit: Unit, owner: SeededOperation, count: int, *, model: str = "active") -> list[int]:
    """That many passes, with serials `P-<id>`; returns their ids."""
    ids = await unit.new_ids(count)
    rows = [
        {
            "client_id": owner.client_id,
            "id": pass_id,
            "operation_id": owner.operation_id,
            "pass_type_identifier": PASS_TYPE,
            "serial": f"P-{pass_id}",
            "secret": b"sealed",
            "variables": {"name": "Ada"},
            "model": model,
            "changed_at": STARTED,
            "last_modified": int(STARTED.timestamp()),
            "created_at": STARTED,
        }
        for pass_id in ids
    ]
    if rows:
        await unit.connection.execute(insert(PassRow).values(change=CurrentChange()), rows)
    return ids


async def seed_device(unit: Unit, owner: SeededOperation, passes: Sequence[int], *, library: str = "phone") -> int:
    """A device that holds these passes; returns its id."""
    device_id = await unit.new_id()
    await unit.connection.execute(
        insert(DeviceRow).values(
            client_id=owner.client_id,
            id=device_id,
            pass_type_identifier=PASS_TYPE,
            library_identifier=library,
            push_token=f"token-of-{library}",
            created_at=STARTED,
            registered_at=STARTED,
        )
    )
    rows = [{"client_id": owner.client_id, "device_id": device_id, "pass_id": p, "created_at": STARTED} for p in passes]
    if rows:
        await unit.connection.execute(insert(RegistrationRow).values(change=CurrentChange()), rows)
    return device_id


@dataclass(frozen=True, slots=True)
class Shop:
    """A client with a database to itself: the engine's functions, each in a transaction of its own, for tests."""

    database: Database
    client_id: int
    keyring: Keyring = field(default_factory=lambda: Keyring.parse(Keyring.new_key("test")))

    async def open(self, matrix: Matrix, operation: Operation, now: datetime = STARTED) -> int:
        """Keep a Matrix, create an operation from it; returns the operation's id."""

        async def work(unit: Unit) -> int:
            await save_matrix(unit, matrix, now)
            return (await create_operation(unit, operation, now)).id

        return await self.database.run(self.client_id, work)

    async def live(self, operation_id: int) -> LiveOperation:
        """The operation as it is now."""
        async with self.database.reading(self.client_id) as unit:
            return await load_operation(unit, operation_id)

    async def issue(
        self, operation_id: int, values: Mapping[str, object], now: datetime, serial: str | None = None
    ) -> int:
        """A pass, without a token; returns its id."""

        async def work(unit: Unit) -> int:
            live = await load_operation(unit, operation_id)
            birth = Birth(await unit.new_id(), issue(*live.rules, serial or make_serial(), values, now))
            await store_new(unit, live, self.keyring, [birth], now)
            return birth.id

        return await self.database.run(self.client_id, work)

    async def carry_out(self, operation_id: int, pass_id: int, command: Command, now: datetime) -> Outcome:
        """A command of the lifecycle for one pass, with all it causes; what fell due before stays for a worker."""

        async def work(unit: Unit) -> Outcome:
            live = await load_operation(unit, operation_id)
            stored = await load_one(unit, live, pass_id)
            assert stored is not None  # noqa: S101 - tests name passes that exist
            outcome = Outcome(stored, follow(*live.rules, command(stored.state), now))
            await apply(unit, live, [outcome], now)
            return outcome

        return await self.database.run(self.client_id, work)

    async def state(self, operation_id: int, pass_id: int) -> Pass:
        """A pass as the database has it."""
        async with self.database.reading(self.client_id) as unit:
            live = await load_operation(unit, operation_id)
            (stored,) = await load(unit, live, [pass_id], lock=False)
            return stored.state


async def open_shop(database: Database, slug: str = "shop") -> Shop:
    """A new client."""
    async with database.writing(ALL_CLIENTS) as unit:
        row = await create_client(unit, slug, slug.title(), STARTED)
    return Shop(database, row.id)
