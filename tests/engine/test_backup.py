"""Backup and restore by the commands of docs/engine.md, of a database in which passes change all the while."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from walletpass.testing.life import START, small_matrix, small_operation
from walletpass.testing.postgres import PostgresServer
from walletpass_server.engine import phones
from walletpass_server.engine.figures import report
from walletpass_server.engine.recount import recount
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.epochs import notice_restore
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import EpochRow, FactRow, PassRow
from walletpass_server.testing import Shop, open_shop

DOCUMENT = Path(__file__).parents[2] / "docs" / "engine.md"
MATRIX = small_matrix(["a", "b"], [{"from": "a", "to": "b", "on": "coupon.used"}], {"coupon.used": {}})
PAST = START.date() + timedelta(days=5)
"""Last day of the figures of before the backup; what changes during it is of today."""
PASSES = 12


def commands(place: int) -> str:
    """The block of commands of that number in the chapter on backups."""
    _, _, chapter = DOCUMENT.read_text(encoding="utf-8").partition("\n## Backup and restore\n")
    blocks = re.findall(r"```sh\n(.*?)```", chapter.partition("\n## ")[0], re.DOTALL)
    assert len(blocks) == 4
    return str(blocks[place])


@dataclass
class Site:
    """A server's folder, its database and where the restored one will be."""

    folder: Path
    url: str
    restored_url: str
    backup: int
    restore: int

    async def run(self, place: int) -> None:
        """A block of the document, as an operator types it."""
        tools = [str(Path(sys.executable).parent), *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
        own = {
            "PATH": os.pathsep.join([*sorted(tools, reverse=True), os.environ["PATH"]]),
            "WALLETPASS_DATABASE_URL": self.url,
            "WALLETPASS_SECRET_KEY": Keyring.new_key("test"),
            "RESTORED_URL": self.restored_url,
            "BACKUP": str(self.folder / "backup"),
        }
        shell = await asyncio.create_subprocess_exec(
            "sh", "-e", "-c", commands(place), cwd=self.folder, env={**os.environ, **own},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await shell.communicate()
        assert shell.returncode == 0, said.decode()[-2000:]


@pytest.fixture
def sqlite_site(sqlite_template: Path, tmp_path: Path) -> Site:
    file = tmp_path / "data" / "walletpass.db"
    file.parent.mkdir()
    shutil.copy(sqlite_template, file)
    return Site(tmp_path, f"sqlite:///{file}", f"sqlite:///{file}", 0, 1)


@pytest.fixture
async def postgres_site(postgres: PostgresServer, postgres_template: str, tmp_path: Path) -> AsyncIterator[Site]:
    name = f"walletpass_backup_{os.getpid()}"
    url = await postgres.create(name, template=postgres_template)
    yield Site(tmp_path, url, postgres.database_url("walletpass_restored"), 2, 3)
    await postgres.drop("walletpass_restored")
    await postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(f"{request.param}_site")
    return found


async def _season(shop: Shop) -> tuple[int, list[int]]:
    """Passes with a past: shown, added, some deleted again."""
    now = datetime.now(UTC)
    period = {"starts_at": START.isoformat(), "ends_at": (max(now, START) + timedelta(days=90)).isoformat()}
    operation = await shop.open(MATRIX, small_operation(**period), START)
    passes = [await shop.issue(operation, {}, START) for _ in range(PASSES)]
    for number, pass_id in enumerate(passes):
        at = START + timedelta(days=number % 5)
        async with shop.database.writing(shop.client_id) as unit:
            await phones.display(unit, operation, pass_id, "google", at, {"utm_source": "mail"} if number % 2 else None)
            await phones.google_found(unit, operation, pass_id, held=number % 3 > 0, now=at)
    return operation, passes


async def _change(shop: Shop, operation: int, passes: list[int], changed: asyncio.Event) -> None:
    """A server at work: passes come and go until it is stopped."""
    now = START + timedelta(days=20)
    for turn in range(1_000_000):
        for pass_id in passes:
            async with shop.database.writing(shop.client_id) as unit:
                await phones.google_found(unit, operation, pass_id, held=turn % 2 == 0, now=now)
            changed.set()
        now += timedelta(minutes=1)


async def _figures(shop: Shop, last: date) -> Any:
    async with shop.database.reading(shop.client_id) as unit:
        by = ["pass_type", "operation", "model", "wallet", "source", "day"]
        return [line.values() for line in await report(unit, shop.client_id, by=by, last=last)]  # type: ignore[arg-type]  # words of Dimension


async def _facts(shop: Shop) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    async with shop.database.reading(shop.client_id) as unit:
        columns = (FactRow.pass_id, FactRow.number, FactRow.name, FactRow.recorded_at, FactRow.source)
        for row in await unit.connection.execute(select(*columns).order_by(*columns[:2])):
            found[row.pass_id].append(tuple(row))
    return found


async def _epoch(database: Database) -> str:
    async with database.reading(0) as unit:
        query = select(EpochRow.value).order_by(EpochRow.number.desc()).limit(1)
        return str((await unit.connection.execute(query)).scalar_one())


async def test_a_copy_made_while_passes_change_is_whole_and_tells_the_same_figures(site: Site) -> None:
    database = await Database.open(site.url)
    await notice_restore(database)
    shop = await open_shop(database)
    operation, passes = await _season(shop)
    past, epoch = await _figures(shop, PAST), await _epoch(database)
    begun = asyncio.Event()
    work = asyncio.create_task(_change(shop, operation, passes, begun))
    await begun.wait()
    before = sum(map(len, (await _facts(shop)).values()))
    await site.run(site.backup)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    told = await _facts(shop)
    assert sum(map(len, told.values())) > before, "nothing changed while the copy was made"
    await database.close()
    await site.run(site.restore)

    restored = await Database.open(site.restored_url)
    await notice_restore(restored)
    copy = Shop(restored, shop.client_id, shop.keyring)
    assert await _figures(copy, PAST) == past
    kept = await _facts(copy)
    assert kept.keys() == told.keys()
    assert all(facts == told[pass_id][: len(facts)] for pass_id, facts in kept.items())
    assert sum(map(len, kept.values())) >= before
    async with restored.reading(copy.client_id) as unit:
        assert await recount(unit, copy.client_id, operation) == []
        counted = {row[0]: row[1] for row in await unit.connection.execute(select(PassRow.id, PassRow.fact_count))}
        active = (await unit.connection.execute(select(func.sum(PassRow.google_holdings)))).scalar_one()
        (line,) = await report(unit, copy.client_id, last=START.date() + timedelta(days=90))
    assert counted == {pass_id: len(facts) for pass_id, facts in kept.items()}
    assert line.figures.active == active
    assert await _epoch(restored) != epoch
    async with restored.writing(copy.client_id) as unit:  # and life goes on
        late = START + timedelta(days=60)
        held = line.figures.active < PASSES
        changes = [await phones.google_found(unit, operation, each, held=held, now=late) for each in passes]
        assert any(changes)
        assert await recount(unit, copy.client_id, operation) == []
    await restored.close()
