"""
Issuing: tokens opened by 32 callers at once, each answered after the commit that holds its pass.

Each opening looks the token up, issues the pass with its fact, and is committed to disk. 20,000 tokens; 200,000 with
`--big`.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks._figure import Figure, tell
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass.testing.postgres import postgres_server
from walletpass_server.engine.desk import IssuingDesk
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.tokens import NewToken, mint
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.persistence.writer import Writer
from walletpass_server.testing import Shop, open_shop

CALLERS = 32
CHUNK = 1000
MATRIX = small_matrix({"active": {"name": {"type": "text"}, "points": {"type": "number", "default": 0}}})


def measure(big: bool) -> Iterator[Figure]:
    """Tokens a second, on both engines."""
    tokens = 200_000 if big else 20_000
    with tempfile.TemporaryDirectory(prefix="walletpass-issuing-") as folder:
        rate, slow = asyncio.run(_issue(f"sqlite:///{Path(folder) / 'walletpass.db'}", tokens))
    yield Figure(what="issuing on SQLite", value=rate, unit="tokens/s", at_least=1500, remark=slow)
    with postgres_server(durable=True) as server:
        rate, slow = asyncio.run(_issue(asyncio.run(server.create("benchmark")), tokens))
    yield Figure(what="issuing on PostgreSQL", value=rate, unit="tokens/s", remark=slow)


async def _issue(url: str, count: int) -> tuple[float, str]:
    database = await Database.open(url)
    shop = await open_shop(database)
    operation = await shop.open(MATRIX, small_operation(), START)
    texts = [text for start in range(0, count, CHUNK) for text in await _mint(shop, operation, start)]
    tell(f"  {count:,} tokens minted")
    waits: list[float] = []
    left = iter(texts)

    async def caller(desk: IssuingDesk) -> None:
        for text in left:
            asked = time.perf_counter()
            opened = await desk.open(text)
            waits.append(time.perf_counter() - asked)
            assert opened.first

    async with Writer(database) as writer:
        desk = IssuingDesk(database, writer, shop.keyring, clock=lambda: START)
        start = time.perf_counter()
        await asyncio.gather(*(caller(desk) for _ in range(CALLERS)))
        seconds = time.perf_counter() - start
    await database.close()
    waits.sort()
    return (
        count / seconds,
        f"{CALLERS} callers wait {waits[count // 2] * 1e3:.0f} ms, p99 {waits[count * 99 // 100] * 1e3:.0f} ms",
    )


async def _mint(shop: Shop, operation: int, start: int) -> list[str]:
    async def work(unit: Unit) -> list[str]:
        live = await load_operation(unit, operation)
        new = [NewToken({"name": f"Ada {number}"}, f"K-{number}") for number in range(start, start + CHUNK)]
        return await mint(unit, shop.keyring, live, new, START)

    return await shop.database.run(shop.client_id, work)
