from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.exc import IntegrityError

from walletpass.errors import DatabaseBusy, DatabaseUnavailable, NotStorable
from walletpass.testing.postgres import PostgresServer
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import PASS_TYPE, SeededOperation, seed_passes

_OPEN = """
import asyncio, sys
from walletpass_server.persistence.database import Database
asyncio.run(asyncio.wait_for(Database.open(sys.argv[1]), 60)).engine.sync_engine.dispose(close=False)
"""


async def test_a_block_that_fails_writes_nothing(database: Database, shop: SeededOperation) -> None:
    async def seed_and_fail(unit: Unit) -> None:
        await seed_passes(unit, shop, 3)
        raise KeyError("too late")

    with pytest.raises(KeyError):
        await database.run(shop.client_id, seed_and_fail)
    async with database.reading(shop.client_id) as unit:
        assert (await unit.session.scalars(select(PassRow))).all() == []


async def test_a_serial_is_unique_in_its_pass_type_for_the_whole_server(
    database: Database, shop: SeededOperation
) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        await seed_passes(unit, shop, 1)
    copy = text(
        "INSERT INTO pass (client_id, id, operation_id, pass_type_identifier, serial, secret, variables, model, change,"
        " changed_at, last_modified, fired, armed, displayed_under, added_under, notified, created_at)"
        " SELECT client_id, 999, operation_id, pass_type_identifier, serial, secret, variables, model, change,"
        " changed_at, last_modified, fired, armed, displayed_under, added_under, notified, created_at FROM pass"
    )
    with pytest.raises(IntegrityError):
        async with database.writing(ALL_CLIENTS) as unit:
            await unit.connection.execute(copy)
    assert PASS_TYPE.startswith("pass.")


async def test_ids_never_repeat_however_many_ask(database: Database) -> None:
    async def draw(unit: Unit) -> list[int]:
        return await unit.new_ids(50)

    drawn = await asyncio.gather(*(database.run(ALL_CLIENTS, draw) for _ in range(6)))
    ids = [row_id for ids in drawn for row_id in ids]
    assert len(set(ids)) == 300
    assert all(ids == sorted(ids) for ids in drawn)


async def test_work_that_was_in_the_way_is_done_again(database: Database, shop: SeededOperation) -> None:
    tries: list[int] = []

    async def stumble(unit: Unit) -> int:
        tries.append(1)
        if len(tries) < 3:
            raise DatabaseBusy("another writer was in the way")
        return len(await seed_passes(unit, shop, 2))

    assert await database.run(shop.client_id, stumble) == 2
    assert len(tries) == 3


async def test_work_that_is_always_in_the_way_gives_up(database: Database) -> None:
    async def stumble(unit: Unit) -> None:
        raise DatabaseBusy("another writer was in the way")

    with pytest.raises(DatabaseBusy):
        await database.run(ALL_CLIENTS, stumble, tries=2)


async def test_two_that_lock_each_other_out_both_end_well(postgres_url: str) -> None:
    """A deadlock: PostgreSQL ends one of them, which is then done again."""
    database = await Database.open(postgres_url)
    async with database.writing(ALL_CLIENTS) as unit:
        for key in "ab":
            await unit.connection.execute(text("INSERT INTO rate (key, interval) VALUES (:key, 0)"), {"key": key})
    met = asyncio.Barrier(2)
    tries: list[str] = []

    async def cross(unit: Unit, keys: str) -> None:
        tries.append(keys)
        for number, key in enumerate(keys):
            if number == 1 and len(tries) <= 2:
                await met.wait()
            await unit.connection.execute(text("UPDATE rate SET free_at = free_at + 1 WHERE key = :key"), {"key": key})

    await asyncio.gather(*(database.run(ALL_CLIENTS, lambda unit, k=keys: cross(unit, k)) for keys in ("ab", "ba")))
    async with database.reading(ALL_CLIENTS) as unit:
        counted = (await unit.connection.execute(text("SELECT free_at FROM rate"))).scalars().all()
    await database.close()
    assert counted == [2, 2]
    assert len(tries) == 3


async def test_a_database_that_cannot_be_reached_says_so_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        await Database.open(f"postgresql://nobody:hidden@/none?host={tmp_path}")
    assert "hidden" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "walletpass.db").write_text("no database at all, but long enough to be read as one. " * 20)
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        await Database.open(f"sqlite:///{tmp_path / 'walletpass.db'}")


async def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(DatabaseUnavailable, match="cannot be made or opened"):
        await Database.open(f"sqlite:///{tmp_path / 'data' / 'inner' / 'walletpass.db'}")


async def _open_in_two_processes(url: str) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", _OPEN, url], stderr=subprocess.PIPE) for _ in range(2)]
    errors = [process.communicate(timeout=90)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    database = await Database.open(url, migrate=False)
    async with database.reading(ALL_CLIENTS) as unit:
        assert (await unit.connection.execute(text("SELECT count(*) FROM epoch"))).scalar_one() == 1
    await database.close()


async def test_processes_that_start_together_migrate_a_new_file_once(tmp_path: Path) -> None:
    await _open_in_two_processes(f"sqlite:///{tmp_path / 'data' / 'walletpass.db'}")


async def test_processes_that_start_together_migrate_a_new_postgres_once(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    name = f"walletpass_new_{tmp_path.name}"
    await _open_in_two_processes(await postgres.create(name))
    await postgres.drop(name)


@pytest.mark.parametrize("condition", [PassRow.id == 2**80, PassRow.serial == "\udcff", PassRow.id == -(2**63) - 1])
async def test_a_value_that_no_column_can_hold_is_the_callers_fault(
    database: Database, shop: SeededOperation, condition: ColumnElement[bool]
) -> None:
    with pytest.raises(NotStorable, match="check the ids and texts"):
        async with database.reading(shop.client_id) as unit:
            await unit.session.scalars(select(PassRow).where(condition))


async def test_only_the_owner_reads_the_file_of_a_new_database(tmp_path: Path) -> None:
    file = tmp_path / "data" / "new.db"
    await (await Database.open(f"sqlite:///{file}")).close()
    assert file.stat().st_mode & 0o077 == 0


async def test_a_full_disk_is_told_as_such(sqlite_url: str) -> None:
    async def fill(unit: Unit) -> None:
        pages = (await unit.connection.execute(text("PRAGMA page_count"))).scalar_one()
        await unit.connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        await unit.connection.execute(text("CREATE TABLE filling AS SELECT randomblob(1000000) AS much"))

    database = await Database.open(sqlite_url)
    with pytest.raises(DatabaseUnavailable, match="database or disk is full"):
        await database.run(ALL_CLIENTS, fill)
    await database.close()


@pytest.mark.parametrize("rested", [-1.0, 3600.0])
async def test_a_connection_that_died_in_the_pool_is_not_handed_out(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, rested: float
) -> None:
    """Whether it rested long enough to be asked, or the driver was told."""
    monkeypatch.setattr("walletpass_server.persistence.engine.RESTED", rested)
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    database = await Database.open(postgres_url)

    async def count(unit: Unit, counted: str) -> int:
        return int((await unit.connection.execute(text(f"SELECT count({counted}) {others}"))).scalar_one())

    try:
        async with database.reading(ALL_CLIENTS) as one, database.reading(ALL_CLIENTS) as two:
            assert await count(one, "*") == await count(two, "*") == 1
        async with database.reading(ALL_CLIENTS) as unit:
            assert await count(unit, "pg_terminate_backend(pid, 10000)") == 1
            async with database.reading(ALL_CLIENTS) as other:
                assert await count(other, "*") == 1
    finally:
        await database.close()
