"""
What a date costs: an `at` Trigger over many passes, beside the bare SQL of the same rows, on both engines.

The bare statements write state, facts and outbox of as many passes of another operation, in chunks of the same size
with the same pauses, in turns with the engine's; meanwhile another writer keeps asking for small transactions.
"""

# ruff: noqa: S608 - constants of this file
from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from benchmarks._figure import Figure, tell
from walletpass.testing.life import small_matrix, small_operation
from walletpass.testing.postgres import postgres_server
from walletpass_server.engine import runs
from walletpass_server.engine.running import POSTGRESQL, SQLITE, advance
from walletpass_server.engine.worker import PAUSE
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import Shop, open_shop

START = datetime(2027, 3, 1, 8, tzinfo=UTC)
DUE = datetime(2027, 4, 1, 8, tzinfo=UTC)
MATRIX = small_matrix(
    ["active", "expired"], [{"name": "the-end", "from": "active", "to": "expired", "at": "operation.ends_at"}]
)
FACT = '{"from": "active", "to": "expired", "trigger": "the-end", "kind": "at", "chain": ["the-end"]}'

_NUMBERS = {
    "postgresql": "generate_series(1, {n}) AS s(n)",
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {n}) SELECT n FROM s)",
}
_FILL = (
    "INSERT INTO pass (client_id, id, operation_id, pass_type_identifier, serial, secret, variables, model, change,"
    " changed_at, last_modified, fired, armed, displayed_under, added_under, notified, apple_holdings, google_holdings,"
    " fact_count, created_at) SELECT :client, :first + n, :operation, 'pass.example', 'P-' || (:first + n), :blob,"
    " '{\"name\": \"Ada Lovelace\"}', 'active', 1, 0, 0, '[]', '[]', '{}', '{\"apple\": \"active\"}', '{}', 1,"
    " n % 2, 3, 0 FROM ",
    "INSERT INTO device (client_id, id, pass_type_identifier, library_identifier, push_token, created_at,"
    " registered_at) SELECT :client, :first + n, 'pass.example', 'device-' || (:first + n), 'token', 0, 0 FROM ",
    "INSERT INTO registration (client_id, device_id, pass_id, change, created_at)"
    " SELECT :client, :first + n, :first + n, 1, 0 FROM ",
)
"""Each pass is on one phone, every second one at Google too."""

_SPAN = "client_id = :client AND operation_id = :operation AND id > :cursor AND id <= :last"
_BARE = {
    "update": "UPDATE pass SET model = 'expired', version = version + 1, change = :change, changed_at = 1,"
    f" last_modified = 1, fired = '[\"the-end\"]', fact_count = fact_count + 1, last_run = 1 WHERE {_SPAN}"
    " AND model = 'active'",
    "facts": "INSERT INTO fact (client_id, pass_id, number, operation_id, name, wallet, model, day, occurred_at,"
    " recorded_at, run_id, data) SELECT client_id, id, fact_count, operation_id, 'pass.moved', '', 'expired',"
    f" '2027-04-01', 1, 1, 1, '{FACT}' FROM pass WHERE {_SPAN}",
    "apns": "INSERT INTO outbox (client_id, id, channel, coalesce_key, body, due_at, attempts, created_at)"
    " SELECT r.client_id, :ids + row_number() OVER (), 'apns', CAST(r.device_id AS VARCHAR), '{}', 1, 0, 1"
    " FROM pass p JOIN registration r ON r.client_id = p.client_id AND r.pass_id = p.id"
    " WHERE p.client_id = :client AND p.operation_id = :operation AND p.id > :cursor AND p.id <= :last",
    "google": "INSERT INTO outbox (client_id, id, channel, coalesce_key, body, due_at, attempts, created_at)"
    " SELECT client_id, :more + row_number() OVER (), 'google', CAST(id AS VARCHAR), '{}', 1, 0, 1"
    f" FROM pass WHERE {_SPAN} AND google_holdings > 0",
}


@dataclass(slots=True)
class Spell:
    """What chunks of as many passes took, pauses included, and what the other writer waited (seconds)."""

    passes: int
    fired: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


async def fill(shop: Shop, passes: int, ends: datetime) -> tuple[int, int]:
    """An operation with that many passes; its id, and the id before the first pass."""
    operation = await shop.open(MATRIX, small_operation(ends_at=ends.isoformat()), START)
    numbers = _NUMBERS[shop.database.engine.dialect.name].format(n=passes)
    async with shop.database.writing(ALL_CLIENTS) as unit:
        first = (await unit.new_ids(passes + 1))[0]
        known = {"client": shop.client_id, "operation": operation, "first": first, "blob": b"s" * 60}
        for statement in _FILL:
            used = {name: value for name, value in known.items() if f":{name}" in statement}
            await unit.connection.execute(text(statement + numbers), used)
    async with shop.database.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
    return operation, first


async def bare(shop: Shop, operation: int, first: int, last: int) -> None:
    """The statements alone, for the passes after `first` up to `last`."""
    known = {
        "client": shop.client_id, "operation": operation, "cursor": first, "last": last, "change": 2,
        "ids": 10**12 + 2 * first, "more": 10**12 + first + last,
    }  # fmt: skip
    async with shop.database.transaction(writes=True) as connection:
        for statement in _BARE.values():
            used = {name: value for name, value in known.items() if f":{name}" in statement}
            await connection.execute(text(statement), used)


async def write_beside(shop: Shop, waits: list[float]) -> None:
    """Small transactions, 50 a second, until cancelled; what each took."""

    async def touch(unit: Unit) -> None:
        await unit.connection.execute(
            text("UPDATE client SET name = :name WHERE id = :id"), {"id": shop.client_id, "name": str(len(waits))}
        )

    while True:
        start = time.perf_counter()
        await shop.database.run(shop.client_id, touch)
        waits.append(time.perf_counter() - start)
        await asyncio.sleep(0.02)


async def spell(url: str, passes: int) -> Spell:
    """A chunk of the engine, a chunk of the bare statements, in turns, so that what disturbs one disturbs both."""
    database = await Database.open(url)
    shop = await open_shop(database, f"shop-{passes}")
    sizes = SQLITE if database.is_sqlite else POSTGRESQL
    other, first = await fill(shop, passes, DUE + timedelta(days=30))
    await fill(shop, passes, DUE)
    held = await database.run(ALL_CLIENTS, lambda unit: runs.claim(unit, DUE))
    assert held is not None, "the date is due"
    found = Spell(passes)
    writer = asyncio.create_task(write_beside(shop, found.waits))
    for low in range(first, first + passes, sizes.moved):
        start = time.perf_counter()
        await database.run(held.client_id, lambda unit: advance(unit, held, DUE, sizes), long=True)
        await asyncio.sleep(PAUSE.total_seconds())
        middle = time.perf_counter()
        await bare(shop, other, low, min(low + sizes.moved, first + passes))
        await asyncio.sleep(PAUSE.total_seconds())
        found.fired.append(middle - start)
        found.bare.append(time.perf_counter() - middle)
    writer.cancel()
    with suppress(asyncio.CancelledError):
        await writer
    async with database.reading(ALL_CLIENTS) as unit:
        moved = await unit.connection.execute(
            text("SELECT count(*) FROM pass WHERE last_run = :run"), {"run": held.run_id}
        )
        assert moved.scalar_one() == passes, "the engine moved every pass of its operation"
    await database.close()
    return found


def figures(engine: str, found: list[Spell]) -> Iterator[Figure]:
    """The lines of one engine."""
    for one in found:
        what = f"a date over {one.passes:,} passes, {engine}"
        fired, bare_ = sum(one.fired), sum(one.bare)
        remark = f"{one.passes / fired:,.0f} passes/s, bare {one.passes / bare_:,.0f}"
        yield Figure(what=f"{what}: speed to bare SQL", value=bare_ / fired, at_least=0.5, remark=remark)
        cuts = statistics.quantiles(one.waits, n=100, method="inclusive")
        remark = f"p50 {cuts[49] * 1e3:.1f}, max {max(one.waits) * 1e3:.0f}"
        yield Figure(what=f"{what}: other writers, p99", value=cuts[98] * 1e3, unit="ms", at_most=50, remark=remark)
    costs = [1e6 * statistics.median(one.fired) * len(one.fired) / one.passes for one in (found[0], found[-1])]
    what = f"cost a pass, {found[-1].passes:,} to {found[0].passes:,}, {engine}"
    remark = f"{costs[0]:.0f} and {costs[1]:.0f} µs, by the median chunk"
    yield Figure(what=what, value=costs[1] / costs[0], at_most=1.5, remark=remark)


def measure(big: bool) -> Iterator[Figure]:
    """Both engines."""
    sizes = (10_000, 1_000_000, 3_000_000) if big else (10_000, 100_000)
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for passes in sizes:
            found.append(asyncio.run(spell(f"sqlite:///{Path(folder) / f'{passes}.db'}", passes)))
            tell(f"  SQLite, {passes:,}: done")
        yield from figures("SQLite", found)
    with postgres_server(durable=True) as server:
        found = []
        for passes in sizes:
            found.append(asyncio.run(spell(asyncio.run(server.create(f"firing_{passes}")), passes)))
            tell(f"  PostgreSQL, {passes:,}: done")
        yield from figures("PostgreSQL", found)
