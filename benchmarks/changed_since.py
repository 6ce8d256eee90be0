"""
How long a phone waits for "what changed since": a device with 50 passes among many, on both engines.

    python benchmarks/changed_since.py [--passes 300000] [--engine sqlite|postgres|both]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

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


async def ask(database: Database, passes: int, *, changed: int) -> tuple[list[float], int]:
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
                    text("UPDATE pass SET change = :change WHERE id BETWEEN :low AND :high"),
                    {"change": 10**15, "low": (device - 1) * HELD + 1, "high": (device - 1) * HELD + changed},
                )
    for device in chosen:
        start = time.perf_counter()
        async with database.reading(ALL_CLIENTS) as unit:
            changes = await changed_since(unit.connection, f"device-{device}", PASS_TYPE, tag)
        seconds.append(time.perf_counter() - start)
        listed += len(changes.serials)
    return seconds, listed


async def measure(url: str, passes: int) -> None:
    """Fill one database and print its lines of the table."""
    database = await Database.open(url)
    start = time.perf_counter()
    await fill(database, passes)
    print(f"{database.engine.dialect.name}: {passes:,} passes made in {time.perf_counter() - start:.0f} s", flush=True)
    for changed in (0, 3):
        seconds, listed = await ask(database, passes, changed=changed)
        cuts = statistics.quantiles(seconds, n=100)
        print(
            f"  {changed} of {HELD} changed: p50 {cuts[49] * 1e3:.2f} ms, p99 {cuts[98] * 1e3:.2f} ms,"
            f" max {max(seconds) * 1e3:.2f} ms; {listed} serials in {ASKED} answers",
            flush=True,
        )
    await database.close()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passes", type=int, default=300_000)
    parser.add_argument("--engine", choices=("sqlite", "postgres", "both"), default="both")
    options = parser.parse_args()
    random.seed(1)
    if options.engine != "postgres":
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(measure(f"sqlite:///{Path(folder) / 'walletpass.db'}", options.passes))
    if options.engine != "sqlite":
        with postgres_server(durable=True) as server:
            url = asyncio.run(server.create("benchmark"))
            asyncio.run(measure(url, options.passes))


if __name__ == "__main__":
    main()
