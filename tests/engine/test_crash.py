"""
Workers killed at random: every pass moves exactly once per cause, nothing is missed, every letter is sent.

Short in `make test`, with 100,000 passes in `make test-all`, with 20,000 for each of SOAK_MINUTES in `make soak`.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from walletpass.lifecycle import issue
from walletpass.matrix import Matrix
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine.births import Birth, store_new
from walletpass_server.engine.firing import fire
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.recount import recount
from walletpass_server.engine.subjects import Subject
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import FactRow, OutboxRow, PassRow, RunRow, TimerRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import Shop, open_shop

NOW = START + timedelta(days=20)
BATCH = 500
"""Letters a sender holds at most: what one kill can make it send again."""
MATRIX: Matrix = small_matrix(
    {"new": {"gate": {"type": "text", "required": False}}, "open": {"gate": {"type": "text", "required": False}},
     "late": {}, "over": {}},
    [
        {"name": "opened", "from": "new", "to": "open", "at": "2027-03-10T00:00"},
        {"name": "gate", "from": "open", "to": "open", "on": "gate.changed", "set": {"gate": "event.gate"}},
        {"name": "slow", "from": "open", "to": "late", "after": {"event": "gate.changed", "delay": {"hours": 1}}},
        {"name": "over", "from": "late", "to": "over", "at": "2027-03-15T00:00", "when": "pass.serial != ''"},
    ],
    {"gate.changed": {"gate": "text"}},
)  # fmt: skip
WAY = ["opened", "gate", "slow", "over"]
FACTS = 8
"""Of each pass: issued, four moves, the event, the delay it planned, the new gate."""


async def _passes(shop: Shop, operation: int, count: int) -> None:
    """Each is on one phone; every second one at Google too."""
    for first in range(0, count, 1000):
        async with shop.database.writing(shop.client_id) as unit:
            live = await load_operation(unit, operation)
            ids = await unit.new_ids(min(1000, count - first))
            births = [Birth(n, issue(*live.rules, f"C-{n}", {}, START)) for n in ids]
            await store_new(unit, live, shop.keyring, births, START)
    async with shop.database.writing(ALL_CLIENTS) as unit:
        for statement in (
            "INSERT INTO device (client_id, id, pass_type_identifier, library_identifier, push_token, created_at,"
            " registered_at) SELECT client_id, id, '-', 'phone-' || id, 't', 0, 0 FROM pass",
            "INSERT INTO registration (client_id, device_id, pass_id, change, created_at)"
            " SELECT client_id, id, id, 1, 0 FROM pass",
            "UPDATE pass SET apple_holdings = 1, google_holdings = id % 2",
        ):
            await unit.connection.execute(text(statement))


def _start(url: str, folder: Path) -> subprocess.Popen[bytes]:
    program = Path(__file__).with_name("crash_worker.py")
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, str(program), url, str(folder), NOW.isoformat()], stdout=log, stderr=log
        )


async def _left(database: Database) -> int:
    """Work that is not done."""
    async with database.reading(ALL_CLIENTS) as unit:
        runs = select(func.count()).select_from(RunRow).where(RunRow.state != "done", RunRow.due_at <= NOW)
        open_ = (await unit.connection.execute(runs)).scalar_one()
        timers = (await unit.connection.execute(select(func.count()).select_from(TimerRow))).scalar_one()
        letters = (await unit.connection.execute(select(func.count()).select_from(OutboxRow))).scalar_one()
        return open_ + timers + letters


async def _kill_until_done(url: str, database: Database, folder: Path, *, kills: int, within: float) -> int:
    """Workers, of which one is killed now and then; returns how many were."""
    workers = [_start(url, folder) for _ in range(2)]
    killed = 0
    try:
        end = time.monotonic() + within
        while await _left(database):
            assert time.monotonic() < end, f"not done in time: {(folder / 'log').read_text()[-2000:]}"
            await asyncio.sleep(random.uniform(0.3, 1.0) if killed < kills else 0.2)
            if killed < kills:
                victim = random.randrange(len(workers))
                workers[victim].kill()
                workers[victim].wait()
                workers[victim] = _start(url, folder)
                killed += 1
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return killed


async def _accept(shop: Shop, now: datetime) -> None:
    async def work(unit: Unit) -> None:
        await fire(unit, "gate.changed", Subject(operation="op"), {"gate": "B4"}, now, key="gate-1")

    await shop.database.run(shop.client_id, work)
    await shop.database.run(shop.client_id, work)  # a repeat


async def _check(shop: Shop, operation: int, folder: Path, passes: int, killed: int) -> None:
    async with shop.database.reading(shop.client_id) as unit:
        found = select(PassRow.model, PassRow.version, PassRow.fact_count, func.count()).group_by(
            PassRow.model, PassRow.version, PassRow.fact_count
        )
        assert [tuple(row) for row in await unit.connection.execute(found)] == [("over", 5, FACTS, passes)]
        moves = select(FactRow.pass_id, FactRow.data, FactRow.number).where(FactRow.name == "pass.moved")
        ways: dict[int, list[str]] = {}
        for pass_id, data, _ in await unit.connection.execute(moves.order_by(FactRow.pass_id, FactRow.number)):
            ways.setdefault(pass_id, []).append(data["trigger"])
        assert Counter(map(tuple, ways.values())) == {tuple(WAY): passes}
        ids = set(ways)
        assert (await unit.connection.execute(select(func.count()).select_from(FactRow))).scalar_one() == FACTS * passes
        assert await recount(unit, shop.client_id, operation) == []
        runs = (await unit.session.scalars(select(RunRow).where(RunRow.kind.in_(("at", "event"))))).all()
        assert sorted((run.kind, run.state, run.moved) for run in runs) == [
            ("at", "done", 0),  # its passes came to its Model later, and moved at once
            ("at", "done", passes),
            ("event", "done", passes),
        ]
    for channel, wanted in (("apns", ids), ("google", {pass_id for pass_id in ids if pass_id % 2})):
        sent = Counter(map(int, (folder / channel).read_text().split()))
        assert sent.keys() == wanted
        twice = sum(sent.values()) - len(WAY) * len(wanted)
        # letters of several changes may have been merged, so fewer than one a move; more only by being killed
        assert twice <= killed * BATCH


async def _crash(url: str, tmp_path: Path, *, passes: int, kills: int, within: float) -> None:
    database = await Database.open(url)
    shop = await open_shop(database)
    operation = await shop.open(MATRIX, small_operation(), START)
    await _passes(shop, operation, passes)
    # accepted while the first date is still under way or not begun: what was due earlier goes first
    await _accept(shop, START + timedelta(days=10))
    killed = await _kill_until_done(url, database, tmp_path, kills=kills, within=within)
    await _check(shop, operation, tmp_path, passes, killed)
    await database.close()


async def test_killed_workers_move_every_pass_exactly_once(url: str, tmp_path: Path) -> None:
    await _crash(url, tmp_path, passes=800, kills=6, within=90)


@pytest.mark.long
async def test_killed_workers_move_a_hundred_thousand_passes_exactly_once(url: str, tmp_path: Path) -> None:
    minutes = float(os.environ.get("SOAK_MINUTES", "0"))
    passes = max(100_000, int(minutes * 20_000))
    await _crash(url, tmp_path, passes=passes, kills=passes // 1000, within=passes / 50)
