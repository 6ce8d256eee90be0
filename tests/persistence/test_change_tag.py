from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import bindparam, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from walletpass.errors import UsageError
from walletpass.testing.postgres import PostgresServer
from walletpass_server.persistence.backup import back_up
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.epochs import new_epoch
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import PassRow
from walletpass_server.persistence.tag import Changes, changed_since, current_tag
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.testing import PASS_TYPE, SeededOperation, seed_device, seed_operation, seed_passes

_TOUCH = (
    update(PassRow)
    .where(PassRow.id == bindparam("touched"))
    .values(change=CurrentChange(), version=PassRow.version + 1)
)


async def _touch(connection: AsyncConnection, pass_id: int) -> None:
    await connection.execute(_TOUCH, {"touched": pass_id})


async def _ask(database: Database, tag: str | None, device: str = "phone") -> Changes:
    async with database.reading(ALL_CLIENTS) as unit:
        return await changed_since(unit.connection, device, PASS_TYPE, tag)


async def _three_passes(database: Database, shop: SeededOperation) -> list[int]:
    async with database.writing(ALL_CLIENTS) as unit:
        passes = await seed_passes(unit, shop, 3)
        await seed_device(unit, shop, passes)
    return passes


async def test_a_phone_without_a_tag_gets_every_pass(database: Database, shop: SeededOperation) -> None:
    passes = await _three_passes(database, shop)
    changes = await _ask(database, None)
    assert changes.serials == tuple(sorted(f"P-{p}" for p in passes))
    assert changes.tag is not None


async def test_with_the_tag_just_given_nothing_is_new(database: Database, shop: SeededOperation) -> None:
    await _three_passes(database, shop)
    first = await _ask(database, None)
    assert await _ask(database, first.tag) == Changes((), None)


async def test_only_what_changed_since_is_listed(database: Database, shop: SeededOperation) -> None:
    passes = await _three_passes(database, shop)
    first = await _ask(database, None)
    async with database.writing(shop.client_id) as unit:
        await _touch(unit.connection, passes[1])
    second = await _ask(database, first.tag)
    assert second.serials == (f"P-{passes[1]}",)
    assert (await _ask(database, second.tag)).serials == ()


async def test_a_pass_registered_later_is_new_to_that_device(database: Database, shop: SeededOperation) -> None:
    passes = await _three_passes(database, shop)
    async with database.writing(ALL_CLIENTS) as unit:
        await seed_device(unit, shop, passes[:1], library="tablet")
    first = await _ask(database, None, "tablet")
    async with database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(
            text(
                "INSERT INTO registration (client_id, device_id, pass_id, change, created_at)"
                " SELECT client_id, id, :pass_id, :change, 0 FROM device WHERE library_identifier = 'tablet'"
            ),
            {"pass_id": passes[2], "change": await unit.connection.scalar(CurrentChange().select())},
        )
    assert (await _ask(database, first.tag, "tablet")).serials == (f"P-{passes[2]}",)


@pytest.mark.parametrize(
    "tag", ["", "nonsense", "0123456789ab.1", "x.", ".5", "1.2.3", "é.1", "a" * 300, "0.-1", "1e5"]
)
async def test_a_tag_of_another_epoch_or_nonsense_gives_everything(
    database: Database, shop: SeededOperation, tag: str
) -> None:
    passes = await _three_passes(database, shop)
    assert len((await _ask(database, tag)).serials) == len(passes)


async def test_a_cursor_from_the_future_gives_everything(database: Database, shop: SeededOperation) -> None:
    await _three_passes(database, shop)
    async with database.reading(ALL_CLIENTS) as unit:
        epoch = (await current_tag(unit.connection)).partition(".")[0]
    assert len((await _ask(database, f"{epoch}.{10**17}")).serials) == 3


async def test_a_new_epoch_gives_everything_once(database: Database, shop: SeededOperation) -> None:
    await _three_passes(database, shop)
    first = await _ask(database, None)
    await new_epoch(database, "a test")
    second = await _ask(database, first.tag)
    assert len(second.serials) == 3
    assert (await _ask(database, second.tag)).serials == ()


async def test_another_pass_type_or_device_sees_nothing(database: Database, shop: SeededOperation) -> None:
    await _three_passes(database, shop)
    assert await _ask(database, None, "stranger") == Changes((), None)
    async with database.reading(ALL_CLIENTS) as unit:
        assert await changed_since(unit.connection, "phone", "pass.example.other", None) == Changes((), None)


async def test_transactions_that_commit_out_of_order_are_not_missed(postgres_url: str) -> None:
    """The older transaction commits after a younger one was read: with a plain counter its change would be lost."""
    database = await Database.open(postgres_url)
    async with database.writing(ALL_CLIENTS) as unit:
        shop = await seed_operation(unit)
    early_pass, late_pass, _ = await _three_passes(database, shop)
    seen = await _ask(database, None)
    async with database.write_connection() as early:
        await _touch(early, early_pass)  # has its transaction id now, and does not commit yet
        async with database.write_connection() as late:
            await _touch(late, late_pass)
        while_running = await _ask(database, seen.tag)
    afterwards = await _ask(database, while_running.tag)
    settled = await _ask(database, afterwards.tag)
    await database.close()
    assert while_running.serials == (f"P-{late_pass}",)
    assert f"P-{early_pass}" in afterwards.serials
    assert settled.serials == ()


async def test_a_transaction_without_an_id_when_read_is_not_missed(postgres_url: str) -> None:
    """It began before the reading and wrote after it."""
    database = await Database.open(postgres_url)
    async with database.writing(ALL_CLIENTS) as unit:
        shop = await seed_operation(unit)
    passes = await _three_passes(database, shop)
    async with database.write_connection() as begun:
        await begun.execute(text("SELECT 1"))
        seen = await _ask(database, None)
        await _touch(begun, passes[0])
    changes = await _ask(database, seen.tag)
    await database.close()
    assert changes.serials == (f"P-{passes[0]}",)


async def test_a_polling_reader_misses_nothing_that_many_writers_change(
    database: Database, shop: SeededOperation
) -> None:
    """The reader keeps what a phone would keep: for each pass the version it fetched after being told to."""
    async with database.writing(ALL_CLIENTS) as unit:
        passes = await seed_passes(unit, shop, 8)
        await seed_device(unit, shop, passes)
    fetched: dict[str, int] = {}
    tag: str | None = None
    running = True

    async def write(offset: int) -> None:
        for step in range(25):
            async with database.writing(shop.client_id) as unit:
                await _touch(unit.connection, passes[(offset * 3 + step) % len(passes)])
                await asyncio.sleep(0.001 * (offset % 3) if not database.is_sqlite else 0)

    async def poll() -> None:
        nonlocal tag
        async with database.reading(ALL_CLIENTS) as unit:
            changes = await changed_since(unit.connection, "phone", PASS_TYPE, tag)
        tag = changes.tag or tag
        for serial in changes.serials:  # fetched later than listed, as phones do
            async with database.reading(ALL_CLIENTS) as unit:
                version = await unit.connection.scalar(
                    text("SELECT version FROM pass WHERE serial = :serial"), {"serial": serial}
                )
            fetched[serial] = version

    async def keep_polling() -> None:
        while running:
            await poll()
            await asyncio.sleep(0)

    reader = asyncio.create_task(keep_polling())
    await asyncio.gather(*(write(n) for n in range(4)))
    running = False
    await reader
    await poll()
    async with database.reading(ALL_CLIENTS) as unit:
        stored = dict((await unit.connection.execute(text("SELECT serial, version FROM pass"))).all())
    assert fetched == stored
    assert sum(stored.values()) == len(passes) + 4 * 25


async def test_a_restored_sqlite_backup_makes_phones_ask_for_everything(sqlite_url: str, tmp_path: Path) -> None:
    database = await Database.open(sqlite_url)
    async with database.writing(ALL_CLIENTS) as unit:
        shop = await seed_operation(unit)
    passes = await _three_passes(database, shop)
    before = await _ask(database, None)
    await back_up(database, tmp_path / "copy.db")
    async with database.writing(shop.client_id) as unit:
        await _touch(unit.connection, passes[0])
    lost = await _ask(database, before.tag)  # the phone has a version that the backup does not know
    untouched = await _ask(database, lost.tag)
    await database.close()
    restored = await Database.open(f"sqlite:///{tmp_path / 'copy.db'}")
    again = await _ask(restored, lost.tag)
    settled = await _ask(restored, again.tag)
    await restored.close()
    assert untouched.serials == ()
    assert len(again.serials) == 3
    assert settled.serials == ()
    assert sorted(p.name for p in tmp_path.glob("copy.db*")) == ["copy.db"]


async def test_a_backup_never_overwrites_a_file(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    database = await Database.open(sqlite_url)
    with pytest.raises(UsageError, match="exists"):
        await back_up(database, tmp_path / "copy.db")
    await database.close()
    assert (tmp_path / "copy.db").read_text() == "precious"


async def test_a_restored_postgres_is_noticed_by_itself(postgres: PostgresServer, postgres_url: str) -> None:
    """A copy is what a restored dump is: the same rows in another database."""
    database = await Database.open(postgres_url)
    async with database.writing(ALL_CLIENTS) as unit:
        shop = await seed_operation(unit)
    await _three_passes(database, shop)
    seen = await _ask(database, None)
    await database.close()
    name = postgres_url.rpartition("/")[2].partition("?")[0]
    restored = await Database.open(await postgres.create(f"{name}_restored", template=name))
    again = await _ask(restored, seen.tag)
    settled = await _ask(restored, again.tag)
    await restored.close()
    await postgres.drop(f"{name}_restored")
    assert len(again.serials) == 3
    assert settled.serials == ()


async def test_changes_after_a_restore_onto_a_younger_server_stay_above_the_stored_ones(
    database: Database, shop: SeededOperation
) -> None:
    """A new PostgreSQL cluster counts its transactions from the beginning again."""
    passes = await _three_passes(database, shop)
    async with database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(text("UPDATE pass SET change = 4000000000000"))
    await new_epoch(database, "restored onto a younger server")
    seen = await _ask(database, None)
    async with database.writing(shop.client_id) as unit:
        await _touch(unit.connection, passes[2])
    changes = await _ask(database, seen.tag)
    assert changes.serials == (f"P-{passes[2]}",)
    assert (await _ask(database, changes.tag)).serials == ()
