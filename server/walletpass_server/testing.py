"""Rows to test with: a client, an operation, passes and the devices that hold them, made fast."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import (
    ClientRow,
    DeviceRow,
    MatrixRow,
    OperationRow,
    PassRow,
    RegistrationRow,
)
from walletpass_server.persistence.unit_of_work import Unit

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
