from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from itertools import pairwise

from walletpass_server.persistence import rate
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

_WORKER = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from sqlalchemy import select
from walletpass_server.persistence import rate
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.sql import DatabaseNow
from walletpass_server.persistence.tables import RateRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

async def main():
    database = await Database.open(sys.argv[1], migrate=False)
    for _ in range(20):
        async with database.writing(ALL_CLIENTS) as unit:
            await rate.reserve(unit, "google:1", 3, per_second=15)
            print((await unit.connection.execute(select(RateRow.free_at))).scalar_one())
    await database.close()

asyncio.run(main())
"""


async def _reserve(database: Database, count: int, per_second: float = 10) -> rate.Slots:
    async with database.writing(ALL_CLIENTS) as unit:
        return await rate.reserve(unit, "google:1", count, per_second=per_second)


async def test_the_first_call_is_free_and_the_next_waits_for_those_before(database: Database) -> None:
    first, second = await _reserve(database, 50), await _reserve(database, 1)
    assert first.wait < timedelta(milliseconds=100)
    assert first.interval == timedelta(milliseconds=100)
    assert timedelta(seconds=3) < second.wait <= timedelta(seconds=5)


async def test_each_key_has_a_pace_of_its_own(database: Database) -> None:
    await _reserve(database, 50)
    async with database.writing(ALL_CLIENTS) as unit:
        other = await rate.reserve(unit, "google:2", 1, per_second=10)
    assert other.wait < timedelta(milliseconds=100)


async def test_a_retry_after_holds_everybody(database: Database) -> None:
    await _reserve(database, 1)
    async with database.writing(ALL_CLIENTS) as unit:
        await rate.hold(unit, "google:1", timedelta(minutes=5))
        await rate.hold(unit, "google:1", timedelta(minutes=1))  # a shorter one does not end it
    assert timedelta(minutes=4) < (await _reserve(database, 1)).wait <= timedelta(minutes=5)


async def test_several_processes_never_get_the_same_instant(database: Database, url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", _WORKER, url], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    printed = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    ends = sorted(int(instant) for lines in printed for instant in lines)
    assert len(ends) == 40
    interval = round(1_000_000 / 15)
    assert min(later - earlier for earlier, later in pairwise(ends)) >= 3 * interval
