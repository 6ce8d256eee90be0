"""
Bulk import of tokens from a CSV file, values checked, tokens sealed, external ids unique; on both engines.

100,000 rows; 1,000,000 with `--big`.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks._figure import Figure
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass.testing.postgres import postgres_server
from walletpass_server.bootstrap import collect_rarely
from walletpass_server.engine.import_files import open_import
from walletpass_server.engine.importing import import_tokens
from walletpass_server.persistence.database import Database
from walletpass_server.testing import open_shop

MATRIX = small_matrix({"active": {"name": {"type": "text"}, "points": {"type": "number", "default": 0}}})


def measure(big: bool) -> Iterator[Figure]:
    """Rows a second, by the clock and of CPU time of this process."""
    rows = 1_000_000 if big else 100_000
    collect_rarely()  # as each process of the server does
    with tempfile.TemporaryDirectory(prefix="walletpass-import-") as name:
        folder = Path(name)
        file = folder / "customers.csv"
        with file.open("w") as out:
            out.write("external_id,name,points\n")
            out.writelines(f"K-{number},Ada {number},{number % 500}\n" for number in range(rows))
        yield _figure("SQLite", asyncio.run(_import(f"sqlite:///{folder / 'walletpass.db'}", file)), rows)
        with postgres_server(durable=True) as server:
            yield _figure("PostgreSQL", asyncio.run(_import(asyncio.run(server.create("benchmark")), file)), rows)


async def _import(url: str, file: Path) -> tuple[float, float]:
    database = await Database.open(url)
    shop = await open_shop(database)
    operation = await shop.open(MATRIX, small_operation(), START)
    clock, cpu = time.perf_counter(), time.process_time()
    done = await import_tokens(
        database, shop.keyring, shop.client_id, operation, open_import(file), clock=lambda: START
    )
    spent = time.perf_counter() - clock, time.process_time() - cpu
    await database.close()
    assert (done.added, done.faulty) == (done.lines, 0)
    return spent


def _figure(engine: str, spent: tuple[float, float], rows: int) -> Figure:
    clock, cpu = spent
    remark = f"{rows / cpu:,.0f} a CPU second of this process"
    return Figure(
        what=f"import of {rows:,} rows on {engine}", value=rows / clock, unit="rows/s", at_least=20_000, remark=remark
    )
