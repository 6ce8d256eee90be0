from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

from sqlalchemy import select, text, update

from walletpass.events import ADDED, DELETED, DISPLAYED, Fact
from walletpass.reporting import Counts
from walletpass_server.engine.recount import Difference, recount
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.facts import Bucket, Told, record, stored_days
from walletpass_server.persistence.tables import DailyCountRow, FactRow, OperationRow, PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import STARTED, SeededOperation, seed_passes


def _fact(name: str, at: datetime = STARTED, **data: object) -> Fact:
    return Fact(name=name, serial="P", occurred_at=at, recorded_at=at, wallet="apple", model="active", data=data)


async def _record(unit: Unit, shop: SeededOperation, pass_id: int, *facts: Fact) -> None:
    operation = await unit.session.get_one(OperationRow, (shop.client_id, shop.operation_id))
    row = await unit.session.get_one(PassRow, (shop.client_id, pass_id), with_for_update=True)
    numbered = [Told(pass_id, row.fact_count + n, fact, fact.data) for n, fact in enumerate(facts, start=1)]
    await record(unit, operation, numbered)
    row.fact_count += len(facts)


async def test_facts_of_a_pass_are_numbered_without_a_gap_and_counted(
    database: Database, shop: SeededOperation
) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        (pass_id,) = await seed_passes(unit, shop, 1)
    added = _fact(ADDED, first=True, displayed_under="active")
    for facts in ([_fact(DISPLAYED, first=True)], [added, _fact(DELETED, STARTED + timedelta(hours=15, minutes=30))]):
        async with database.writing(shop.client_id) as unit:
            await _record(unit, shop, pass_id, *facts)
    async with database.reading(shop.client_id) as unit:
        numbers = (await unit.session.scalars(select(FactRow.number).order_by(FactRow.number))).all()
        days = await stored_days(unit, shop.client_id, shop.operation_id)
        differences = await recount(unit, shop.client_id, shop.operation_id)
    assert list(numbers) == [1, 2, 3]
    assert days == {
        Bucket(date(2027, 3, 20), "active", "apple"): Counts(displayed=1, generated=0, added=1),
        Bucket(date(2027, 3, 21), "active", "apple"): Counts(deleted=1),  # 23:30 UTC is the next day in Paris
    }
    assert differences == []


async def test_counts_of_many_writers_add_up(database: Database, shop: SeededOperation) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        passes = await seed_passes(unit, shop, 12)
    await asyncio.gather(
        *(
            database.run(shop.client_id, lambda unit, p=p: _record(unit, shop, p, _fact(DISPLAYED, first=True)))
            for p in passes
        )
    )
    async with database.reading(shop.client_id) as unit:
        days = await stored_days(unit, shop.client_id, shop.operation_id)
        assert await recount(unit, shop.client_id, shop.operation_id) == []
    assert days[Bucket(date(2027, 3, 20), "active", "apple")] == Counts(displayed=12, generated=12)


async def test_a_recount_names_each_figure_that_is_wrong(database: Database, shop: SeededOperation) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        (pass_id,) = await seed_passes(unit, shop, 1)
        await _record(unit, shop, pass_id, _fact(DISPLAYED, first=True))
        await unit.connection.execute(update(DailyCountRow).values(displayed=5))
    async with database.reading(shop.client_id) as unit:
        differences = await recount(unit, shop.client_id, shop.operation_id)
    assert differences == [
        Difference(
            Bucket(date(2027, 3, 20), "active", "apple"),
            Counts(displayed=1, generated=1),
            Counts(displayed=5, generated=1),
        )
    ]


async def test_facts_outlive_an_erased_pass(database: Database, shop: SeededOperation) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        (pass_id,) = await seed_passes(unit, shop, 1)
        await _record(unit, shop, pass_id, _fact(DISPLAYED, first=True))
        await unit.session.flush()
        await unit.connection.execute(text("DELETE FROM pass"))
    async with database.reading(shop.client_id) as unit:
        assert await recount(unit, shop.client_id, shop.operation_id) == []
        assert len((await unit.session.scalars(select(FactRow))).all()) == 1
