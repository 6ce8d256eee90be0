"""
Spread letters: for each event, a delivery for each endpoint that wants it.

All of it is one transaction, and only one is under way at a time: deliveries of a pass come to be in the order of its
facts. What a paused endpoint wants waits for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, literal, select, text, tuple_

from walletpass.hooks import place_of, tellings
from walletpass_server.engine.telling import CHANNEL, operation_data
from walletpass_server.hooks.sets import put_set
from walletpass_server.hooks.wishes import PYTHON, wants
from walletpass_server.persistence.columns import Instant
from walletpass_server.persistence.sql import DatabaseNow, among, upsert
from walletpass_server.persistence.tables import (
    FactRow,
    HookDeliveryRow,
    HookEndpointRow,
    HookEventRow,
    OperationRow,
    OutboxRow,
)
from walletpass_server.persistence.unit_of_work import Unit

LETTERS = 500
"""Spread in one transaction."""
_LOCK = 7_263_542
"""PostgreSQL's advisory lock of whoever spreads; on SQLite there is one writer anyway."""

Subscriptions = Mapping[str, Sequence[str]]
"""Names of subscribers in process to what they want to hear of."""

Number = tuple[int, int]
"""A pass, and the number of a fact of it."""


@dataclass(frozen=True, slots=True)
class _Happened:
    """An event, as far as it matters to whom it goes."""

    pass_id: int
    place: int
    type: str
    environment: str | None
    operation_id: int | None
    models: tuple[str, ...] = ()


async def spread(unit: Unit, subscribers: Subscriptions, now: datetime, *, limit: int = LETTERS) -> int:
    """
    Spread letters that are due, the oldest first.

    Args:
        unit: Of ALL_CLIENTS.
        subscribers: What those in process subscribe to, by their names: of every client.
        now: The server's clock.
        limit: Letters at most; one about a set of passes counts as many.

    Returns:
        How many letters there were.
    """
    if not await _alone(unit):
        return 0
    due = (
        select(OutboxRow.id, OutboxRow.client_id, OutboxRow.body)
        .where(OutboxRow.channel == CHANNEL, OutboxRow.dead_at.is_(None), OutboxRow.due_at <= DatabaseNow())
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(limit)
    )
    letters = _as_many(limit, (await unit.connection.execute(due)).all())
    bodies: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for letter in letters:
        bodies[letter.client_id].append(letter.body)
    for client_id, mine in bodies.items():
        endpoints = await endpoints_of(unit, client_id, subscribers, now)
        single = [body for body in mine if "run" not in body]
        await put_deliveries(unit, client_id, endpoints, await _happened(unit, client_id, single), now)
        sets = [body for body in mine if "run" in body]
        environments = await environments_of(unit, client_id, {body["operation"] for body in sets}) if sets else {}
        for body in sets:
            await put_set(unit, client_id, endpoints, body, environments.get(body["operation"]), now)
    if letters:
        done = among(unit.connection.dialect, OutboxRow.id, [letter.id for letter in letters])
        await unit.connection.execute(delete(OutboxRow).where(done))
    return len(letters)


def _as_many(limit: int, letters: Sequence[Any]) -> Sequence[Any]:
    """As many letters as tell of so many passes, at least one."""
    room = limit
    for number, letter in enumerate(letters):
        room -= letter.body.get("passes", 1)
        if room < 0:
            return letters[: max(number, 1)]
    return letters


async def anything_to_spread(unit: Unit) -> bool:
    """Whether there is something for `spread`: a look that disturbs no writer."""
    due = OutboxRow.channel == CHANNEL, OutboxRow.dead_at.is_(None), OutboxRow.due_at <= DatabaseNow()
    return (await unit.connection.execute(select(OutboxRow.id).where(*due).limit(1))).first() is not None


async def endpoints_of(
    unit: Unit, client_id: int, subscribers: Subscriptions, now: datetime
) -> Sequence[HookEndpointRow]:
    """The endpoints of a client; a subscriber in process becomes one when it is first met."""
    query = select(HookEndpointRow).where(HookEndpointRow.client_id == client_id).order_by(HookEndpointRow.id)
    query = query.with_for_update()  # what failed meanwhile is seen, and holds up what comes after it
    found = list((await unit.session.scalars(query)).all())
    known = {row.url.removeprefix(PYTHON): row for row in found if row.url.startswith(PYTHON)}
    for name in sorted(subscribers):
        if name in known:
            known[name].events = list(subscribers[name])  # its package may have changed its mind
            continue
        row = HookEndpointRow(
            client_id=client_id,
            id=await unit.new_id(),
            name=name,
            url=PYTHON + name,
            events=list(subscribers[name]),
            include=["holder"],
            state="active",
            created_at=now,
        )
        unit.session.add(row)
        found.append(row)
    await unit.session.flush()
    return found


async def put_deliveries(
    unit: Unit,
    client_id: int,
    endpoints: Sequence[HookEndpointRow],
    happened: Iterable[_Happened],
    now: datetime,
    *,
    again: bool = False,
) -> int:
    """
    Put in a delivery for each endpoint that wants an event.

    Args:
        again: Those delivered or given up before are to be delivered again.

    Returns:
        How many were put in.
    """
    wanted = [
        {
            "client_id": client_id,
            "endpoint_id": endpoint.id,
            "pass_id": one.pass_id,
            "place": one.place,
            "type": one.type,
        }
        for one in happened
        for endpoint in endpoints
        if wants(
            endpoint, one.type, environment=one.environment, operation_id=one.operation_id, models=one.models
        )
    ]  # fmt: skip
    if not wanted:
        return 0
    ids = await unit.new_ids(len(wanted))
    rows = [
        {
            **row,
            "id": row_id,
            "of_client": client_id,
            "of_endpoint": row["endpoint_id"],
            "of_pass": row["pass_id"],
        }
        for row_id, row in zip(ids, wanted, strict=True)
    ]
    # Not before what waits for the same pass already, which may have failed and be due later.
    table, earlier = HookDeliveryRow.__table__, HookDeliveryRow.__table__.alias("earlier")
    held_up = (
        select(func.max(earlier.c.due_at))
        .where(
            earlier.c.client_id == bindparam("of_client"), earlier.c.endpoint_id == bindparam("of_endpoint"),
            earlier.c.pass_id == bindparam("of_pass"), earlier.c.pass_id > 0,
            earlier.c.delivered_at.is_(None), earlier.c.dead_at.is_(None), earlier.c.due_at > now,
        )
        .scalar_subquery()
    )  # fmt: skip
    due = func.coalesce(held_up, literal(now, Instant))
    statement = upsert(unit.connection.dialect, HookDeliveryRow).values(due_at=due, created_at=now)
    place = [table.c.client_id, table.c.endpoint_id, table.c.pass_id, table.c.place]
    if again:
        new = statement.excluded
        fresh = {"due_at": new.due_at, "created_at": new.created_at, "attempts": 0}
        statement = statement.on_conflict_do_update(
            index_elements=place, set_={**fresh, "delivered_at": None, "dead_at": None}
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=place)
    await unit.connection.execute(statement, rows)
    return len(rows)


def happened_of(fact: Any, environment: str) -> Iterator[_Happened]:
    """What a fact is told as."""
    data: dict[str, Any] = fact.data
    moved = (str(data["from"]), str(data["to"])) if "from" in data and "to" in data else (fact.model,)
    for part, telling in enumerate(tellings(fact.name, fact.wallet, fact.model, data)):
        place = place_of(fact.number, part)
        yield _Happened(fact.pass_id, place, telling.type, environment, fact.operation_id, moved)


async def facts_of(unit: Unit, client_id: int, numbers: Sequence[Number]) -> Sequence[Any]:
    """Facts by pass and number, in this order."""
    if not numbers:
        return []
    found = await unit.connection.execute(
        select(FactRow.__table__)
        .where(FactRow.client_id == client_id, tuple_(FactRow.pass_id, FactRow.number).in_(numbers))
        .order_by(FactRow.pass_id, FactRow.number)
    )
    return found.all()


async def environments_of(unit: Unit, client_id: int, operations: Collection[int]) -> dict[int, str]:
    """Operation to test or production."""
    found = await unit.connection.execute(
        select(OperationRow.id, OperationRow.environment).where(
            OperationRow.client_id == client_id, OperationRow.id.in_(operations)
        )
    )
    return {row.id: row.environment for row in found}


async def _happened(unit: Unit, client_id: int, bodies: Sequence[dict[str, Any]]) -> list[_Happened]:
    numbers = [(body["pass"], n) for body in bodies if "pass" in body for n in range(body["first"], body["last"] + 1)]
    facts = await facts_of(unit, client_id, numbers)
    environments = await environments_of(unit, client_id, {fact.operation_id for fact in facts})
    told = [one for fact in facts for one in happened_of(fact, environments.get(fact.operation_id, ""))]
    ids = [body["event"] for body in bodies if "event" in body]
    ids += [row_id for body in bodies for row_id in body.get("events", ())]
    for body in bodies:
        if "operation" in body:
            ids += await _begun_or_over(unit, client_id, body)
    if ids:
        rows = await unit.session.scalars(
            select(HookEventRow).where(HookEventRow.client_id == client_id, HookEventRow.id.in_(ids))
        )
        told += [event_happened(row) for row in rows.all()]
    return told


def event_happened(row: HookEventRow) -> _Happened:
    """An event that no fact tells of: it stands alone, also where it concerns a pass."""
    models = (str(row.data["model"]),) if "model" in row.data else ()
    return _Happened(0, row.id, row.type, row.environment, row.operation_id, models)


async def _begun_or_over(unit: Unit, client_id: int, body: dict[str, Any]) -> list[int]:
    """The event of an operation that starts or ends now, unless it was cancelled."""
    row = await unit.session.get(OperationRow, (client_id, body["operation"]))
    if row is None or row.state == "cancelled":
        return []
    event = HookEventRow(
        client_id=client_id,
        id=await unit.new_id(),
        type=body["type"],
        environment=row.environment,
        operation_id=row.id,
        cause="clock",
        data=operation_data(row),
        occurred_at=datetime.fromisoformat(body["at"]),
    )
    unit.session.add(event)
    await unit.session.flush()
    return [event.id]


async def _alone(unit: Unit) -> bool:
    if unit.connection.dialect.name != "postgresql":
        return True
    locked = await unit.connection.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    return bool(locked.scalar_one())
