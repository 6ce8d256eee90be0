"""
What a date costs: an `at` Trigger over many passes, beside the bare SQL of the same rows, on both engines.

The bare statements write state, facts and outbox of as many passes of another operation, in chunks of the same size
with the same pauses. They run before and after; meanwhile another writer keeps asking for small transactions.
"""

# ruff: noqa: S608 - constants of this file
from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from benchmarks._figure import Figure, tell
from walletpass.testing.life import small_matrix, small_operation
from walletpass.testing.postgres import postgres_server
from walletpass_server.engine.running import POSTGRESQL, SQLITE
from walletpass_server.engine.worker import PAUSE, Worker
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


@dataclass(frozen=True, slots=True)
class Spell:
    """How long passes took, and what other writers waited meanwhile (seconds)."""

    passes: int
    seconds: float
    waits: list[float]

    @property
    def rate(self) -> float:
        """Passes a second."""
        return self.passes / self.seconds


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


async def bare(shop: Shop, operation: int, first: int, passes: int, size: int) -> None:
    """The statements alone, chunk after chunk."""
    for cursor in range(first, first + passes, size):
        known = {
            "client": shop.client_id, "operation": operation, "cursor": cursor,
            "last": min(cursor + size, first + passes), "change": 2, "ids": 10**12 + 2 * cursor, "more": 10**12 + 2 * cursor + size,
        }  # fmt: skip
        async with shop.database.transaction(writes=True) as connection:
            for statement in _BARE.values():
                used = {name: value for name, value in known.items() if f":{name}" in statement}
                await connection.execute(text(statement), used)
        await asyncio.sleep(PAUSE.total_seconds())


async def beside_a_writer(shop: Shop, passes: int, work: Callable[[], Awaitable[object]]) -> Spell:
    """Do the work while somebody writes small transactions, 50 a second."""
    waits: list[float] = []

    async def touch(unit: Unit) -> None:
        await unit.connection.execute(
            text("UPDATE client SET name = :name WHERE id = :client"),
            {"client": shop.client_id, "name": str(len(waits))},
        )

    async def write() -> None:
        while True:
            start = time.perf_counter()
            await shop.database.run(shop.client_id, touch)
            waits.append(time.perf_counter() - start)
            await asyncio.sleep(0.02)

    writer = asyncio.create_task(write())
    start = time.perf_counter()
    await work()
    seconds = time.perf_counter() - start
    writer.cancel()
    with suppress(asyncio.CancelledError):
        await writer
    return Spell(passes, seconds, waits)


async def spells(url: str, passes: int) -> tuple[Spell, Spell]:
    """The engine's and the bare statements', of so many passes each."""
    database = await Database.open(url)
    shop = await open_shop(database, f"shop-{passes}")
    size = (SQLITE if database.is_sqlite else POSTGRESQL).moved
    raw = []
    for engine in (False, True, False):
        operation, first = await fill(shop, passes, DUE if engine else DUE + timedelta(days=30))
        if engine:
            worker = Worker(database=database, clock=lambda: DUE)
            fired = await beside_a_writer(shop, passes, worker.drain)
        else:
            raw.append(await beside_a_writer(shop, passes, lambda o=operation, f=first: bare(shop, o, f, passes, size)))
    async with database.reading(ALL_CLIENTS) as unit:
        moved = await unit.connection.execute(
            text("SELECT count(*) FROM pass WHERE 'the-end' = :t AND last_run > 1"), {"t": "the-end"}
        )
        assert moved.scalar_one() == passes, "the engine moved every pass of its operation"
    await database.close()
    return fired, Spell(2 * passes, sum(one.seconds for one in raw), [wait for one in raw for wait in one.waits])


def figures(engine: str, found: dict[int, tuple[Spell, Spell]]) -> Iterator[Figure]:
    """The lines of one engine."""
    for passes, (fired, raw) in found.items():
        what = f"a date over {passes:,} passes, {engine}"
        remark = f"{fired.rate:,.0f} passes/s, bare {raw.rate:,.0f}"
        yield Figure(what=f"{what}: speed to bare SQL", value=fired.rate / raw.rate, at_least=0.5, remark=remark)
        cuts = statistics.quantiles(fired.waits, n=100)
        remark = f"p50 {cuts[49] * 1e3:.1f}, max {max(fired.waits) * 1e3:.0f}; beside bare SQL p99 "
        remark += f"{statistics.quantiles(raw.waits, n=100)[98] * 1e3:.1f}"
        yield Figure(what=f"{what}: other writers, p99", value=cuts[98] * 1e3, unit="ms", at_most=50, remark=remark)
    (fewest, (small, _)), (most, (large, _)) = min(found.items()), max(found.items())
    what = f"cost a pass, {most:,} to {fewest:,}, {engine}"
    remark = f"{1e6 / small.rate:.0f} and {1e6 / large.rate:.0f} µs"
    yield Figure(what=what, value=small.rate / large.rate, at_most=1.5, remark=remark)


def measure(big: bool) -> Iterator[Figure]:
    """Both engines."""
    sizes = (10_000, 1_000_000, 3_000_000) if big else (10_000, 100_000)
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for passes in sizes:
            found[passes] = asyncio.run(spells(f"sqlite:///{Path(folder) / f'{passes}.db'}", passes))
            tell(f"  SQLite, {passes:,}: done")
        yield from figures("SQLite", found)
    with postgres_server(durable=True) as server:
        found = {}
        for passes in sizes:
            found[passes] = asyncio.run(spells(asyncio.run(server.create(f"firing_{passes}")), passes))
            tell(f"  PostgreSQL, {passes:,}: done")
        yield from figures("PostgreSQL", found)
