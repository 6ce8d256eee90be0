"""Workers killed while they deliver: nothing is lost, and each pass is told in order."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from walletpass.lifecycle import edit, follow, issue
from walletpass.testing.life import small_matrix, small_operation
from walletpass.testing.receiver import Received, receiver
from walletpass_server.engine.apply import Outcome, apply
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.births import Birth, store_new
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.state import load
from walletpass_server.hooks.endpoints import NewSecret, Wish, add_endpoint
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop, open_shop

MATRIX = small_matrix({"active": {"points": {"type": "number", "required": False}}}, [], {})
PASSES = 40
EDITS = 4
KILLS = 3


def _start(url: str, keys: str, folder: Path) -> subprocess.Popen[bytes]:
    program = Path(__file__).with_name("crash_worker.py")
    with (folder / "log").open("ab") as log:
        return subprocess.Popen([sys.executable, str(program), url, keys], stdout=log, stderr=log)


@contextmanager
def _workers(url: str, keys: str, folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    running = [_start(url, keys, folder) for _ in range(2)]
    try:
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.wait()


async def _live(shop: Shop, operation_id: int, now: datetime) -> None:
    """Passes, each changed some times while the workers are at it."""

    async def born(unit: Unit) -> list[int]:
        live = await load_operation(unit, operation_id)
        ids = await unit.new_ids(PASSES)
        await store_new(unit, live, shop.keyring, [Birth(n, issue(*live.rules, f"C-{n}", {}, now)) for n in ids], now)
        return ids

    async def changed(unit: Unit, ids: list[int], points: int) -> None:
        live = await load_operation(unit, operation_id)
        outcomes = [
            Outcome(one, follow(*live.rules, edit(*live.rules, one.state, {"points": points}, now), now))
            for one in await load(unit, live, ids)
        ]
        await apply(unit, live, outcomes, now)

    ids = await shop.database.run(shop.client_id, born)
    for points in range(EDITS):
        await shop.database.run(shop.client_id, partial(changed, ids=ids, points=points))
        await asyncio.sleep(0.2)


async def test_killed_workers_lose_nothing_and_keep_the_order_of_each_pass(url: str, tmp_path: Path) -> None:
    database, keys = await Database.open(url), Keyring.new_key("test")
    shop = Shop(database, (await open_shop(database)).client_id, Keyring.parse(keys))
    now = datetime.now(UTC)
    period = {"starts_at": (now - timedelta(days=1)).isoformat(), "ends_at": (now + timedelta(days=9)).isoformat()}
    operation_id = await shop.open(MATRIX, small_operation(**period), now)
    dice = random.Random(3)

    def answer(_: Received) -> int:
        return 503 if len(listening.received) in (30, 90) else 200

    async with receiver(answer) as listening:
        wish = Wish(name="Tool", url=listening.url, events=["pass.issued", "pass.updated"])
        listening.delay = 0.01

        async def listen(unit: Unit) -> NewSecret:
            actor = Actor("staff", "tester")
            return await add_endpoint(unit, shop.keyring, wish, actor, now, private=["127.0.0.0/8"])

        await database.run(shop.client_id, listen)
        with _workers(url, keys, tmp_path) as workers:
            changing = asyncio.create_task(_live(shop, operation_id, now))
            end, kills = time.monotonic() + 90, 0
            while len({request.headers["webhook-id"] for request in listening.accepted}) < PASSES * (1 + EDITS):
                assert time.monotonic() < end, (tmp_path / "log").read_text()[-2000:]
                await asyncio.sleep(dice.uniform(0.2, 0.5))
                if kills < KILLS and listening.accepted:
                    workers[kills % 2].kill()
                    workers[kills % 2].wait()
                    workers[kills % 2] = _start(url, keys, tmp_path)
                    kills += 1
            await changing
    first: dict[int, dict[int, None]] = defaultdict(dict)
    for request in listening.accepted:
        first[request.event["data"]["pass"]["id"]].setdefault(request.event["sequence"])
    assert len(first) == PASSES
    for order in first.values():
        assert list(order) == sorted(order)
        assert len(order) == 1 + EDITS
    assert kills == KILLS
    await database.close()
