"""
Reports from rolled-up counts, lists behind figures, and counting every fact again in bounded memory; on both engines.

200,000 facts; 10,000,000 with `--big`. They are made by a few set-based statements, over a year, twenty operations, two
Models, two wallets and three sources.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks import _child
from benchmarks._figure import Figure
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass.testing.postgres import postgres_server
from walletpass_server.engine.figures import report
from walletpass_server.engine.listing import passes_behind
from walletpass_server.engine.recount import recount
from walletpass_server.persistence.database import Database
from walletpass_server.testing import open_shop

MATRIX = small_matrix(["a", "b"], [{"from": "a", "to": "b", "on": "coupon.used"}], {"coupon.used": {}})
OPERATIONS = 20
DAYS = 365
FACTS_OF_A_PASS = 5
"""Issued, displayed, registered, added; of every third pass deleted, of the others moved."""
ROUNDS = 7
_PLACE = ":client, p.n, {number}, :operation, '{name}', {wallet}, {model}, {day}, {at}, {at}, NULL, {source}, {data}"
_FACTS = (
    ("pass.issued", 1, "''", "{}"),
    ("pass.displayed", 2, None, '{"first": true, "added_before": false}'),
    ("device.registered", 3, None, "{}"),
    ("pass.added", 4, None, None),
)


def measure(big: bool) -> Iterator[Figure]:
    """Milliseconds of a report, the best of some; seconds and memory of a recount, in a process of its own."""
    facts = 10_000_000 if big else 200_000
    with tempfile.TemporaryDirectory(prefix="walletpass-reports-") as name:
        yield from _figures("SQLite", f"sqlite:///{Path(name) / 'walletpass.db'}", facts)
    with postgres_server(durable=False) as server:
        yield from _figures("PostgreSQL", asyncio.run(server.create("benchmark")), facts)


def _figures(engine: str, url: str, facts: int) -> Iterator[Figure]:
    told = asyncio.run(_measure(url, facts))
    of = f"of {facts:,} facts on {engine}"
    rows = f"{told['rows']:,} daily counts"
    for what in ("everything", "by operation, model, wallet, source", "by day, one operation"):
        yield Figure(what=f"report {what}, {of}", value=told[what] * 1000, unit="ms", at_most=300, remark=rows)
    yield Figure(what=f"page of 50 passes behind a figure, {of}", value=told["page"] * 1000, unit="ms")
    command = [sys.executable, "-m", "benchmarks.reports", url, str(told["operation"])]
    cost = _child.run(command, watch=True)
    remark = f"{cost.largest / 2**20:.0f} MiB at the peak"
    spent = json.loads(cost.output.splitlines()[-1])
    one = facts // OPERATIONS
    yield Figure(what=f"recount {one:,} {of}", value=one / spent, unit="facts/s", remark=remark)


async def _measure(url: str, facts: int) -> dict[str, Any]:
    database = await Database.open(url)
    shop = await open_shop(database)
    operations = [
        await shop.open(MATRIX, small_operation(operation=f"op-{number}"), START) for number in range(OPERATIONS)
    ]
    passes = facts // FACTS_OF_A_PASS // OPERATIONS
    for number, operation in enumerate(operations):
        await _fill(database, shop.client_id, operation, number * passes, passes)
    async with database.write_connection(long=True) as connection:
        await connection.execute(text(_COUNT[connection.dialect.name]))
        rows = (await connection.execute(text("SELECT count(*) FROM daily_count"))).scalar_one()
        await connection.execute(text("ANALYZE"))
    last = START.date() + timedelta(days=DAYS)
    questions: dict[str, dict[str, Any]] = {
        "everything": {},
        "by operation, model, wallet, source": {"by": ["operation", "model", "wallet", "source"]},
        "by day, one operation": {"by": ["day"], "operation_id": operations[7], "first": START.date()},
    }
    told: dict[str, Any] = {"rows": rows, "operation": operations[0]}
    async with database.reading(shop.client_id, long=True) as unit:
        for what, question in questions.items():
            times = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                lines = await report(unit, shop.client_id, last=last, **question)
                times.append(time.perf_counter() - start)
            assert sum(line.figures.added for line in lines) in (passes, passes * OPERATIONS)
            told[what] = sorted(times)[len(times) // 2]
        start = time.perf_counter()
        page = await passes_behind(unit, shop.client_id, "active", operation_id=operations[9], last=last, limit=50)
        assert len(page) == 50
        told["page"] = time.perf_counter() - start
    await database.close()
    return told


async def _fill(database: Database, client_id: int, operation: int, first: int, passes: int) -> None:
    """The facts of some passes, by set-based statements."""
    on_sqlite = database.is_sqlite
    numbers = (
        "(WITH RECURSIVE p(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM p WHERE n + 1 < :end) SELECT n FROM p)"
        if on_sqlite
        else "(SELECT generate_series(CAST(:first AS bigint), CAST(:end AS bigint) - 1) AS n)"
    )
    day = "date('{first}', '+' || (p.n % {days}) || ' days')" if on_sqlite else "date '{first}' + (p.n % {days})::int"
    words: dict[str, str] = {
        "day": day.format(first=START.date(), days=DAYS),
        "at": f"CAST({int(START.timestamp())} AS bigint) * 1000000 + (p.n % {DAYS}) * 86400000000",
        "wallet": "CASE p.n / 3 % 2 WHEN 0 THEN 'apple' ELSE 'google' END",
        "model": "CASE p.n / 5 % 2 WHEN 0 THEN 'a' ELSE 'b' END",
        "source": "CASE p.n / 7 % 3 WHEN 0 THEN '' WHEN 1 THEN 'mail' ELSE 'poster' END",
    }
    json_of = (lambda sql: sql) if on_sqlite else (lambda sql: f"CAST({sql} AS jsonb)")
    added = f'\'{{"first": true, "displayed_under": "\' || {words["model"]} || \'"}}\''
    known = {"client": client_id, "operation": operation, "first": first, "end": first + passes}
    async with database.write_connection(long=True) as connection:
        for name, number, wallet, data in _FACTS:
            told = json_of(added if data is None else f"'{data}'")
            wanted = {**words, "wallet": wallet if wallet is not None else words["wallet"]}
            columns = _PLACE.format(number=number, name=name, data=told, **wanted)
            await _insert(connection, columns, numbers, known, "")
        for name, condition in (("pass.deleted", "p.n % 3 = 0"), ("pass.moved", "p.n % 3 > 0")):
            told = json_of("'{\"certain\": false}'")
            columns = _PLACE.format(number=5, name=name, data=told, **words)
            await _insert(connection, columns, numbers, known, f"WHERE {condition}")


async def _insert(connection: Any, columns: str, numbers: str, known: dict[str, int], where: str) -> None:
    names = "client_id, pass_id, number, operation_id, name, wallet, model, day, occurred_at, recorded_at, run_id"
    statement = f"INSERT INTO fact ({names}, source, data) SELECT {columns} FROM {numbers} AS p {where}"  # noqa: S608
    await connection.execute(text(statement), known)


def _one(condition: str) -> str:
    return f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"


_DISPLAYED, _ADDED, _DELETED, _REGISTERED = (
    _one(f"name = '{name}'") for name in ("pass.displayed", "pass.added", "pass.deleted", "device.registered")
)
_COUNTS = (
    "INSERT INTO daily_count (client_id, operation_id, day, model, wallet, source, shard, displayed, generated, added,"  # noqa: S608 - our own words
    " deleted, devices_registered, devices_unregistered)"
    " SELECT client_id, operation_id, day, model, wallet, source, {shard},"
    f" {_DISPLAYED}, {_DISPLAYED} - {_ADDED}, {_ADDED}, {_DELETED}, {_REGISTERED}, 0"
    " FROM fact WHERE wallet <> '' AND name <> 'pass.moved'"
    " GROUP BY client_id, operation_id, day, model, wallet, source, {shard}"
)
_COUNT = {"sqlite": _COUNTS.format(shard="pass_id % 1"), "postgresql": _COUNTS.format(shard="pass_id % 4")}
"""As one process of SQLite counts them, and four of PostgreSQL."""


async def _recount(url: str, operation_id: int) -> None:
    """Count one operation again, and say how long it took."""
    database = await Database.open(url)
    async with database.reading(0, long=True) as unit:
        client_id = (await unit.connection.execute(text("SELECT min(id) FROM client"))).scalar_one()
        start = time.perf_counter()
        found = await recount(unit, client_id, operation_id)
        print(time.perf_counter() - start)
    await database.close()
    assert found == [], found[:3]


if __name__ == "__main__":
    asyncio.run(_recount(sys.argv[1], int(sys.argv[2])))
