"""Reports from the daily counts, and counting again: figures, differences, seals."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select, update

from walletpass.errors import FiguresDiffer
from walletpass.events import DISPLAYED, Fact
from walletpass.lifecycle import accept_event, decide, display, register, unregister
from walletpass.reporting import Figures, figures, fold
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine.figures import Dimension, report
from walletpass_server.engine.housekeeping import drop_facts, seal_days, tidy
from walletpass_server.engine.recount import recount, repair
from walletpass_server.engine.seals import sealed_days
from walletpass_server.engine.state import GOOGLE, apple_holding
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.facts import Told, record
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import DailyCountRow, DaySealRow, FactRow, OperationRow, RegistrationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import SeededOperation, Shop, open_shop, seed_device

MATRIX = small_matrix(["a", "b"], [{"from": "a", "to": "b", "on": "coupon.used"}], {"coupon.used": {}})
OPERATION = small_operation()
DAY = START.date()
NEXT = DAY + timedelta(days=1)


async def _do(shop: Shop, operation: int, pass_id: int, now: datetime, command: Any, *arguments: Any) -> None:
    await shop.carry_out(operation, pass_id, lambda state: command(MATRIX, OPERATION, state, *arguments), now)


async def _add_in_apple(shop: Shop, operation: int, pass_id: int, library: str, now: datetime) -> None:
    """A device registers: what the engine's door does, without its checks."""
    async with shop.database.writing(shop.client_id) as unit:
        device = await seed_device(unit, SeededOperation(shop.client_id, 0, operation), [], library=library)
    await _do(shop, operation, pass_id, now, register, apple_holding(device), now)
    async with shop.database.writing(shop.client_id) as unit:
        row = {"client_id": shop.client_id, "device_id": device, "pass_id": pass_id, "created_at": now}
        await unit.connection.execute(insert(RegistrationRow).values(change=CurrentChange(), **row))


async def _season(shop: Shop) -> int:
    """Three passes over three days, in two Models and both wallets."""
    operation = await shop.open(MATRIX, OPERATION, START)
    one, two, three = [await shop.issue(operation, {}, START, f"C-{n}") for n in range(3)]
    at = [START + timedelta(days=day) for day in range(3)]
    await _do(shop, operation, one, at[0], display, "apple", at[0])
    await _do(shop, operation, two, at[0], display, "google", at[0])
    await _add_in_apple(shop, operation, one, "phone", at[1])
    await _do(shop, operation, three, at[1], decide, accept_event(MATRIX, OPERATION, "coupon.used", {}, at[1]), at[1])
    await _do(shop, operation, three, at[1], register, GOOGLE, at[1])
    await _add_in_apple(shop, operation, one, "watch", at[2])
    await _do(shop, operation, three, at[2], unregister, GOOGLE, at[2])
    return operation


async def _facts(shop: Shop) -> list[Fact]:
    async with shop.database.reading(shop.client_id) as unit:
        rows = (await unit.connection.execute(select(FactRow.__table__))).all()
    return [
        Fact(
            name=row.name, serial="", occurred_at=row.occurred_at, recorded_at=row.recorded_at, wallet=row.wallet,
            model=row.model, data=row.data,
        )
        for row in rows
    ]  # fmt: skip


async def _report(shop: Shop, **options: Any) -> list[dict[str, Any]]:
    async with shop.database.reading(shop.client_id) as unit:
        lines = await report(unit, shop.client_id, **{"last": DAY + timedelta(days=9), **options})
    return [line.values() for line in lines]


async def _damage(shop: Shop, operation: int) -> None:
    async with shop.database.writing(shop.client_id) as unit:
        await unit.connection.execute(
            update(DailyCountRow).where(DailyCountRow.added > 0).values(added=DailyCountRow.added + 7)
        )


@pytest.fixture
async def season(shop: Shop) -> int:
    return await _season(shop)


async def test_a_report_tells_what_the_library_folds_from_the_facts(shop: Shop, season: int) -> None:
    days = fold(await _facts(shop), ZoneInfo("Europe/Paris"))
    for first, last in ((DAY, DAY), (NEXT, NEXT), (DAY, DAY + timedelta(days=2)), (NEXT, DAY + timedelta(days=9))):
        async with shop.database.reading(shop.client_id) as unit:
            (line,) = await report(unit, shop.client_id, operation_id=season, first=first, last=last)
            by_wallet = await report(unit, shop.client_id, by=["model", "wallet"], first=first, last=last)
        assert line.figures == figures(days, first, last)
        for each in by_wallet:
            some = {k: v for k, v in days.items() if (k.model, k.wallet) == (each.of["model"], each.of["wallet"])}
            assert each.figures == figures(some, first, last)


async def test_the_devices_stand_beside_the_figures(shop: Shop, season: int) -> None:
    (line,) = await _report(shop)
    assert line == {"displayed": 2, "generated": 1, "added": 2, "deleted": 1, "active": 1, "devices": 2}


async def test_by_day_every_day_of_the_period_has_a_line_and_the_stocks_run_on(shop: Shop, season: int) -> None:
    lines = await _report(shop, by=["day"], first=NEXT, last=DAY + timedelta(days=3))
    assert [(line["day"], line["displayed"], line["added"], line["active"], line["generated"]) for line in lines] == [
        (DAY + timedelta(days=1), 0, 2, 2, 1),
        (DAY + timedelta(days=2), 0, 0, 1, 1),
        (DAY + timedelta(days=3), 0, 0, 1, 1),
    ]


async def test_a_report_without_a_first_day_starts_with_the_first_that_counted(shop: Shop, season: int) -> None:
    lines = await _report(shop, by=["day", "wallet"], last=NEXT)
    assert [(line["day"], line["wallet"]) for line in lines] == [
        (DAY, "apple"), (NEXT, "apple"), (DAY, "google"), (NEXT, "google"),
    ]  # fmt: skip


@pytest.mark.parametrize(("dimension", "values"), [("operation", ["op"]), ("pass_type", ["coupon"])])
async def test_figures_can_be_asked_by_what_they_are_kept_for(
    shop: Shop, season: int, dimension: Dimension, values: Sequence[str]
) -> None:
    assert [line[dimension] for line in await _report(shop, by=[dimension])] == values


async def test_a_client_without_passes_has_one_line_of_zeros(database: Database, shop: Shop, season: int) -> None:
    other = await open_shop(database, "other")
    async with database.reading(other.client_id) as unit:
        (line,) = await report(unit, other.client_id, last=NEXT)
        assert await report(unit, other.client_id, by=["model"], last=NEXT) == []
    assert (line.figures, line.devices) == (Figures(0, 0, 0, 0, 0), 0)


async def test_repairing_puts_the_counts_right_and_a_second_time_finds_nothing(shop: Shop, season: int) -> None:
    right = await _report(shop)
    await _damage(shop, season)
    assert await _report(shop) != right
    found = await repair(shop.database, shop.client_id, season)
    assert {(d.bucket.day, d.bucket.model, d.stored.added - d.counted.added) for d in found} == {
        (NEXT, "a", 7),
        (NEXT, "b", 7),
    }
    assert await repair(shop.database, shop.client_id, season) == []
    assert await _report(shop) == right


async def test_a_count_without_any_fact_is_a_difference(shop: Shop, season: int) -> None:
    async with shop.database.writing(shop.client_id) as unit:
        await unit.connection.execute(
            insert(DailyCountRow).values(
                client_id=shop.client_id, operation_id=season, day=NEXT, model="ghost", wallet="apple", source="",
                shard=0, added=1,
            )
        )  # fmt: skip
        (found,) = await recount(unit, shop.client_id, season)
    assert (found.bucket.model, found.counted.added, found.stored.added) == ("ghost", 0, 1)


async def _row(unit: Unit, operation: int) -> OperationRow:
    return (await unit.session.scalars(select(OperationRow).where(OperationRow.id == operation))).one()


async def _seal(shop: Shop, operation: int, now: datetime) -> list[date]:
    async with shop.database.reading(shop.client_id) as unit:
        row = await _row(unit, operation)
    return await seal_days(shop.database, row, now)


async def test_days_are_sealed_once_when_they_are_long_over(shop: Shop, season: int) -> None:
    assert await _seal(shop, season, START + timedelta(days=1)) == []
    assert await _seal(shop, season, START + timedelta(days=2)) == [DAY]
    assert await _seal(shop, season, START + timedelta(days=9)) == [NEXT, DAY + timedelta(days=2)]
    assert await _seal(shop, season, START + timedelta(days=99)) == []
    async with shop.database.reading(shop.client_id) as unit:
        assert [seal.intact for seal in await sealed_days(unit, await _row(unit, season))] == [True] * 3
        assert await recount(unit, shop.client_id, season) == []


async def test_a_day_whose_counts_are_wrong_is_not_sealed(shop: Shop, season: int) -> None:
    await _damage(shop, season)
    with pytest.raises(FiguresDiffer, match="2 daily counts are not what the facts say"):
        await _seal(shop, season, START + timedelta(days=9))
    async with shop.database.reading(shop.client_id) as unit:
        assert (await unit.connection.scalar(select(func.count()).select_from(DaySealRow))) == 0


async def test_a_changed_seal_breaks_itself_and_every_later_one(shop: Shop, season: int) -> None:
    await _seal(shop, season, START + timedelta(days=9))
    async with shop.database.writing(shop.client_id) as unit:
        await unit.connection.execute(
            update(DaySealRow).where(DaySealRow.day == NEXT).values(figures={"a": {"apple": {"added": 9}}})
        )
    async with shop.database.reading(shop.client_id) as unit:
        seals = await sealed_days(unit, await _row(unit, season))
        differences = await recount(unit, shop.client_id, season)
    assert [seal.intact for seal in seals] == [True, False, True]
    assert {difference.bucket.day for difference in differences} == {NEXT}


async def test_figures_of_sealed_days_outlive_their_facts(shop: Shop, season: int) -> None:
    before = await _report(shop, by=["day", "model", "wallet"])
    now = START + timedelta(days=2)
    done = await tidy(shop.database, now, facts_kept=timedelta(0))
    assert (done.sealed, done.faults) == (1, ())
    async with shop.database.reading(shop.client_id) as unit:
        days = (await unit.connection.scalars(select(FactRow.day).distinct().order_by(FactRow.day))).all()
        assert days == [NEXT, DAY + timedelta(days=2)]  # the day that is not sealed keeps its facts
        assert await recount(unit, shop.client_id, season) == []
    assert await _report(shop, by=["day", "model", "wallet"]) == before


async def test_facts_are_dropped_a_chunk_at_a_time(shop: Shop, season: int) -> None:
    await _seal(shop, season, START + timedelta(days=9))
    dropped = []
    while True:
        async with shop.database.writing(shop.client_id) as unit:
            dropped.append(await drop_facts(unit, await _row(unit, season), NEXT, limit=2))
        if not dropped[-1]:
            break
    assert dropped == [2, 2, 1, 0]  # three issued, two displayed on the first day; the later days stay


async def test_without_a_limit_of_time_facts_stay_for_ever(shop: Shop, season: int) -> None:
    before = len(await _facts(shop))
    done = await tidy(shop.database, START + timedelta(days=999))
    assert (done.sealed, done.dropped, len(await _facts(shop))) == (3, 0, before)


async def test_tidying_tells_which_operation_has_wrong_counts_and_goes_on(shop: Shop, season: int) -> None:
    await _damage(shop, season)
    second = await shop.open(MATRIX, small_operation(operation="second"), START)
    shown = await shop.issue(second, {}, START)
    await _do(shop, second, shown, START, display, "apple", START)
    done = await tidy(shop.database, START + timedelta(days=9))
    assert done.sealed == 1
    assert [fault.partition(":")[0] for fault in done.faults] == ["op"]


async def test_what_is_counted_while_someone_recounts_is_no_difference(shop: Shop, season: int) -> None:
    """Facts and counts are seen by one statement: here both are written between two of them."""
    async with shop.database.reading(shop.client_id) as unit:
        assert await recount(unit, shop.client_id, season) == []
        async with shop.database.writing(ALL_CLIENTS) as writing:
            operation = await _row(writing, season)
            told = Fact(
                name=DISPLAYED,
                serial="C-9",
                occurred_at=START,
                recorded_at=START,
                wallet="apple",
                model="a",
                data={"first": True},
            )
            await record(writing, operation, [Told(999, 1, told, told.data)])
        assert await recount(unit, shop.client_id, season) == []


async def test_two_who_repair_at_once_put_right_once(shop: Shop, season: int) -> None:
    right = await _report(shop)
    await _damage(shop, season)
    await asyncio.gather(*(repair(shop.database, shop.client_id, season) for _ in range(3)))
    assert await _report(shop) == right


async def test_two_who_seal_at_once_make_one_chain(shop: Shop, season: int) -> None:
    sealed = await asyncio.gather(*(_seal(shop, season, START + timedelta(days=9)) for _ in range(3)))
    assert sorted(map(len, sealed)) == [0, 0, 3]
    async with shop.database.reading(shop.client_id) as unit:
        assert [seal.intact for seal in await sealed_days(unit, await _row(unit, season))] == [True] * 3
