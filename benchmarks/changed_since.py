"""How long a phone waits for "what changed since": a device with 50 passes among many, on both engines."""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from benchmarks._figure import Figure, tell
from walletpass.testing.postgres import postgres_server
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tag import changed_since, current_tag
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.testing import PASS_TYPE, SeededOperation, seed_operation

HELD = 50
"""Passes on each device; `fill` says it in SQL too."""
ASKED = 2000

_NUMBERS = {
    "postgresql": "generate_series(1, {n}) AS s(n)",
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {n}) SELECT n FROM s)",
}


async def fill(database: Database, passes: int) -> SeededOperation:
    """Passes 1..n; device d holds passes (d-1)*50+1 .. d*50."""
    numbers = _NUMBERS[database.engine.dialect.name]
    async with database.writing(ALL_CLIENTS) as unit:
        shop = await seed_operation(unit)
        known = {"client": shop.client_id, "operation": shop.operation_id, "type": PASS_TYPE, "blob": b"s" * 60}
        if not database.is_sqlite:  # the rows are known to fit: checking each reference would take minutes
            await unit.connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement, count in (
            (
                "INSERT INTO pass (client_id, id, operation_id, pass_type_identifier, serial, secret, variables, model,"
                " change, changed_at, last_modified, fired, armed, displayed_under, added_under, notified, created_at)"
                " SELECT :client, n, :operation, :type, 'P-' || n, :blob, '{\"name\": \"Ada Lovelace\"}', 'active',"
                " 1, 0, 0, '[]', '[]', '{}', '{}', '{}', 0 FROM ",
                passes,
            ),
            (
                "INSERT INTO device (client_id, id, pass_type_identifier, library_identifier, push_token, created_at,"
                " registered_at) SELECT :client, n, :type, 'device-' || n, 'token-' || n, 0, 0 FROM ",
                passes // HELD,
            ),
            (
                "INSERT INTO registration (client_id, device_id, pass_id, change, created_at)"
                " SELECT :client, (n - 1) / 50 + 1, n, 1, 0 FROM ",
                passes // HELD * HELD,
            ),
        ):
            used = {name: value for name, value in known.items() if f":{name}" in statement}
            await unit.connection.execute(text(statement + numbers.format(n=count)), used)
    async with database.engine.connect() as connection:
        analyse = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await analyse.execute(text("ANALYZE"))
    return shop


async def ask(database: Database, client_id: int, passes: int, *, changed: int) -> tuple[list[float], int]:
    """Seconds of each answer, and serials listed in all; `changed` passes of each device asked have changed."""
    seconds: list[float] = []
    listed = 0
    async with database.reading(ALL_CLIENTS) as unit:
        tag = await current_tag(unit.connection)
    chosen = [random.randrange(1, passes // HELD + 1) for _ in range(ASKED)]
    if changed:
        async with database.write_connection() as connection:
            for device in set(chosen):
                await connection.execute(
                    text("UPDATE pass SET change = :change WHERE client_id = :client AND id BETWEEN :low AND :high"),
                    {
                        "client": client_id,
                        "change": 10**15,
                        "low": (device - 1) * HELD + 1,
                        "high": (device - 1) * HELD + changed,
                    },
                )
    for device in chosen:
        start = time.perf_counter()
        async with database.reading(ALL_CLIENTS) as unit:
            changes = await changed_since(unit.connection, f"device-{device}", PASS_TYPE, tag)
        seconds.append(time.perf_counter() - start)
        listed += len(changes.serials)
    return seconds, listed


async def figures(url: str, passes: int) -> list[Figure]:
    """The lines of one database."""
    database = await Database.open(url)
    engine = "SQLite" if database.is_sqlite else "PostgreSQL"
    start = time.perf_counter()
    shop = await fill(database, passes)
    tell(f"  {engine}: {passes:,} passes made in {time.perf_counter() - start:.0f} s")
    found = []
    for changed in (0, 3):
        seconds, listed = await ask(database, shop.client_id, passes, changed=changed)
        cuts = statistics.quantiles(seconds, n=100)
        remark = f"p50 {cuts[49] * 1e3:.2f}, max {max(seconds) * 1e3:.2f}; {listed:,} serials in {ASKED:,} answers"
        what = f"changed since, {engine}, {changed} of {HELD} on the device changed, {passes:,} passes: p99"
        found.append(Figure(what=what, value=cuts[98] * 1e3, unit="ms", at_most=10, remark=remark))
    await database.close()
    return found


def measure(big: bool) -> Iterator[Figure]:
    """The 99th percentile on both engines."""
    passes = 3_000_000 if big else 100_000
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        yield from asyncio.run(figures(f"sqlite:///{Path(folder) / 'walletpass.db'}", passes))
    with postgres_server(durable=True) as server:
        url = asyncio.run(server.create("benchmark"))
        yield from asyncio.run(figures(url, passes))
