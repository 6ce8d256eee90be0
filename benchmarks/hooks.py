"""
Web hooks delivered a second: from letters in the outbox to the last answer, by one worker.

The bare loop posts as many bodies of the same size to the same receiver over httpx, with as few connections as is best.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import text

from benchmarks._figure import Figure, tell
from benchmarks._receiver import receiving
from walletpass.lifecycle import issue
from walletpass.testing.life import small_matrix, small_operation
from walletpass.testing.postgres import postgres_server
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.births import Birth, store_new
from walletpass_server.engine.operations import load_operation
from walletpass_server.hooks.dispatcher import Hooks
from walletpass_server.hooks.endpoints import NewSecret, Wish, add_endpoint
from walletpass_server.hooks.web import WebCarrier
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop, open_shop

LOCAL = ("127.0.0.0/8",)
BODY = b'{"type":"pass.issued",' + b" " * 500 + b'"data":{}}'
CONNECTIONS = (1, 8)


async def bare(url: str, count: int, connections: int) -> float:
    """Seconds for that many requests."""
    queue = deque([None] * count)
    headers = {"webhook-id": "evt_1_1", "webhook-timestamp": "1770886800", "webhook-signature": "v1," + "x" * 44}
    async with httpx.AsyncClient(headers=headers) as client:
        await client.post(url, content=BODY)

        async def work() -> None:
            while queue:
                queue.pop()
                assert (await client.post(url, content=BODY)).status_code == 200

        start = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(connections)))
        return time.perf_counter() - start


async def delivered(database_url: str, url: str, count: int) -> float:
    """Seconds from that many letters until all are delivered and noted."""
    database = await Database.open(database_url)
    shop = Shop(database, (await open_shop(database)).client_id)
    now = datetime.now(UTC)
    period = {"starts_at": (now - timedelta(days=1)).isoformat(), "ends_at": (now + timedelta(days=9)).isoformat()}
    operation_id = await shop.open(small_matrix({"active": {}}, [], {}), small_operation(**period), now)

    async def listen(unit: Unit) -> NewSecret:
        wish = Wish(name="Tool", url=url, events=["pass.issued"])
        return await add_endpoint(unit, shop.keyring, wish, Actor("staff", "benchmark"), now, private=LOCAL)

    async def born(unit: Unit) -> None:
        live = await load_operation(unit, operation_id)
        ids = await unit.new_ids(500)
        await store_new(unit, live, shop.keyring, [Birth(n, issue(*live.rules, f"C-{n}", {}, now)) for n in ids], now)

    await database.run(shop.client_id, listen)
    for _ in range(0, count, 500):
        await database.run(shop.client_id, born)
    hooks = Hooks(database, WebCarrier(shop.keyring, LOCAL))
    start = time.perf_counter()
    await hooks.drain()
    spent = time.perf_counter() - start
    await hooks.close()
    async with database.reading(shop.client_id) as unit:
        arrived = text("SELECT count(*) FROM hook_delivery WHERE delivered_at IS NOT NULL")
        assert (await unit.connection.execute(arrived)).scalar_one() == count, "each was delivered"
    await database.close()
    return spent


def _compared(engine: str, database_url: str, url: str, count: int) -> Figure:
    """Between two bare loops."""
    before = min(asyncio.run(bare(url, count, each)) for each in CONNECTIONS)
    spent = asyncio.run(delivered(database_url, url, count))
    after = min(asyncio.run(bare(url, count, each)) for each in CONNECTIONS)
    tell(f"  {engine}: bare {before:.1f} s, delivered {spent:.1f} s, bare {after:.1f} s")
    return Figure(
        what=f"{count:,} hooks delivered, {engine}: speed to bare httpx",
        value=(before + after) / 2 / spent,
        at_least=0.5,
        remark=f"{count / spent:,.0f}/s, bare {2 * count / (before + after):,.0f}",
    )


def measure(big: bool) -> Iterator[Figure]:
    """Both engines."""
    count = 50_000 if big else 2_000
    with receiving() as url, tempfile.TemporaryDirectory() as folder:
        yield _compared("SQLite", f"sqlite:///{Path(folder, 'hooks.db')}", url, count)
        with postgres_server(durable=True) as server:
            yield _compared("PostgreSQL", asyncio.run(server.create("hooks")), url, count)
