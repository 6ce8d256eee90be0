from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from walletpass.errors import WriterBusy, WrongClient
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import ModelRow, PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.persistence.writer import BATCH, Writer
from walletpass_server.testing import STARTED, SeededOperation


def _model(shop: SeededOperation, row_id: int, name: str) -> ModelRow:
    return ModelRow(
        client_id=shop.client_id,
        id=row_id,
        name=name,
        pass_type="coupon",
        content={"name": name},
        content_hash="0",
        created_at=STARTED,
        changed_at=STARTED,
    )


async def _count(database: Database) -> int:
    async with database.reading(ALL_CLIENTS) as unit:
        return (await unit.session.execute(select(func.count()).select_from(ModelRow))).scalar_one()


def _commits(database: Database) -> list[int]:
    counted = [0]
    event.listen(database.engine.sync_engine, "commit", lambda _: counted.__setitem__(0, counted[0] + 1))
    return counted


async def test_requests_that_wait_together_are_committed_together(database: Database, shop: SeededOperation) -> None:
    async def add(unit: Unit, name: str) -> int:
        row_id = await unit.new_id()
        unit.session.add(_model(shop, row_id, name))
        return row_id

    async with Writer(database, lanes=1) as writer:
        commits = _commits(database)
        writes = [writer.write(shop.client_id, lambda unit, n=n: add(unit, f"model-{n}")) for n in range(2 * BATCH)]
        ids = await asyncio.gather(*writes)
    assert commits[0] == 2
    assert len(set(ids)) == 2 * BATCH == await _count(database)


async def test_a_failing_request_is_undone_alone(database: Database, shop: SeededOperation) -> None:
    async def add(unit: Unit, name: str, fail: str) -> str:
        unit.session.add(_model(shop, await unit.new_id(), name))
        if fail == "by hand":
            raise KeyError(name)
        if fail == "late, in the database":
            await unit.session.flush()
            await unit.connection.execute(select(func.count()).select_from(PassRow))
            unit.session.add(_model(shop, await unit.new_id(), name))
        return name

    kinds = ["", "by hand", "late, in the database", ""] * 5
    async with Writer(database, lanes=1) as writer:
        writes = [
            writer.write(shop.client_id, lambda unit, n=n, fail=fail: add(unit, f"model-{n}", fail))
            for n, fail in enumerate(kinds)
        ]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
    expected = {"": str, "by hand": KeyError, "late, in the database": IntegrityError}
    assert [type(outcome) for outcome in outcomes] == [expected[kind] for kind in kinds]
    assert await _count(database) == kinds.count("")


async def test_nobody_is_answered_before_the_commit(database: Database, shop: SeededOperation) -> None:
    """Whoever gets an answer finds the row from another connection at once."""

    async def add(unit: Unit, n: int) -> int:
        row_id = await unit.new_id()
        unit.session.add(_model(shop, row_id, f"model-{n}"))
        return row_id

    async with Writer(database) as writer:

        async def write_and_look(n: int) -> bool:
            row_id = await writer.write(shop.client_id, lambda unit: add(unit, n))
            async with database.reading(shop.client_id) as unit:
                return await unit.session.get(ModelRow, (shop.client_id, row_id)) is not None

        assert all(await asyncio.gather(*(write_and_look(n) for n in range(40))))


async def test_a_full_queue_refuses_and_writes_nothing(database: Database, shop: SeededOperation) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def slow(unit: Unit) -> None:
        started.set()
        await go.wait()

    async def nothing(unit: Unit) -> None:
        await asyncio.sleep(0)

    async with Writer(database, queue=1, lanes=1) as writer:
        first = asyncio.create_task(writer.write(shop.client_id, slow))
        await started.wait()
        second = asyncio.create_task(writer.write(shop.client_id, nothing))
        await asyncio.sleep(0)
        with pytest.raises(WriterBusy, match="1 requests wait"):
            await writer.write(shop.client_id, nothing)
        go.set()
        await asyncio.gather(first, second)


async def test_stopping_writes_what_was_accepted_and_refuses_the_rest(
    database: Database, shop: SeededOperation
) -> None:
    async def add(unit: Unit, n: int) -> None:
        unit.session.add(_model(shop, await unit.new_id(), f"model-{n}"))

    writer = await Writer(database).__aenter__()
    writes = [asyncio.create_task(writer.write(shop.client_id, lambda unit, n=n: add(unit, n))) for n in range(100)]
    await asyncio.sleep(0)
    await writer.stop()
    await asyncio.gather(*writes)
    assert await _count(database) == 100
    with pytest.raises(WriterBusy, match="stopping"):
        await writer.write(shop.client_id, lambda unit: add(unit, 100))


async def test_a_caller_that_goes_away_stops_nobody_else(database: Database, shop: SeededOperation) -> None:
    async def add(unit: Unit, n: int) -> None:
        await asyncio.sleep(0.01)
        unit.session.add(_model(shop, await unit.new_id(), f"model-{n}"))

    async with Writer(database, lanes=1) as writer:
        writes = [asyncio.create_task(writer.write(shop.client_id, lambda unit, n=n: add(unit, n))) for n in range(3)]
        await asyncio.sleep(0.005)
        writes[1].cancel()
        await asyncio.gather(writes[0], writes[2])
    assert await _count(database) in (2, 3)  # it may have been written already


async def test_a_unit_of_a_client_neither_sees_nor_adds_rows_of_another(
    database: Database, shop: SeededOperation
) -> None:
    other = shop.client_id + 1000
    async with database.writing(shop.client_id) as unit:
        unit.session.add(_model(shop, 7, "mine"))
    async with database.reading(other) as unit:
        assert (await unit.session.scalars(select(ModelRow))).all() == []
        assert await unit.session.get(ModelRow, (shop.client_id, 7)) is None
    with pytest.raises(WrongClient, match="ModelRow"):
        async with database.writing(other) as unit:
            unit.session.add(_model(shop, 8, "not mine"))


async def test_joined_requests_are_done_in_one_call_and_a_refused_one_alone_fails(
    database: Database, shop: SeededOperation
) -> None:
    calls: list[int] = []

    async def add_all(unit: Unit, names: Sequence[str]) -> list[int | Exception]:
        calls.append(len(names))
        ids = await unit.new_ids(len(names))
        good = [(row_id, name) for row_id, name in zip(ids, names, strict=True) if name != "refused"]
        unit.session.add_all([_model(shop, row_id, name) for row_id, name in good])
        return [KeyError(name) if name == "refused" else row_id for row_id, name in zip(ids, names, strict=True)]

    names = [f"model-{n}" for n in range(9)] + ["refused"]
    async with Writer(database, lanes=1) as writer:
        writes = [writer.join(shop.client_id, add_all, name) for name in names]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert calls == [10]
    assert [type(outcome) for outcome in outcomes] == [int] * 9 + [KeyError]
    assert await _count(database) == 9


async def test_joined_requests_that_fail_as_a_whole_are_done_one_by_one(
    database: Database, shop: SeededOperation
) -> None:
    async def add_all(unit: Unit, names: Sequence[str]) -> list[str | Exception]:
        unit.session.add_all(
            [_model(shop, row_id, name) for row_id, name in zip(await unit.new_ids(len(names)), names, strict=True)]
        )
        return list(names)

    async with Writer(database, lanes=1) as writer:
        writes = [writer.join(shop.client_id, add_all, name) for name in ("a", "b", "a", "c")]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str, str, IntegrityError, str]
    assert await _count(database) == 3


async def test_stopping_does_not_wait_for_ever_and_answers_all_who_wait(
    database: Database, shop: SeededOperation
) -> None:
    """One request is stuck in its transaction, one behind it is in the queue: neither holds up the end."""
    started, never = asyncio.Event(), asyncio.Event()

    async def stuck(unit: Unit) -> None:
        unit.session.add(_model(shop, await unit.new_id(), "stuck"))
        await unit.session.flush()
        started.set()
        await never.wait()

    async def nothing(unit: Unit) -> None:
        await unit.session.flush()

    writer = await Writer(database, lanes=1).__aenter__()
    first = asyncio.create_task(writer.write(shop.client_id, stuck))
    try:
        await started.wait()
        second = asyncio.create_task(writer.write(shop.client_id, nothing))
        await asyncio.sleep(0)
        await writer.stop(patience=0.01)
        answers = await asyncio.gather(first, second, return_exceptions=True)
    finally:
        never.set()
    assert [type(answer) for answer in answers] == [WriterBusy, WriterBusy]
    assert await _count(database) == 0


async def test_a_request_alone_in_its_commit_leaves_nothing_when_it_fails(
    database: Database, shop: SeededOperation
) -> None:
    async def add(unit: Unit) -> None:
        unit.session.add(_model(shop, await unit.new_id(), "refused"))
        await unit.session.flush()
        raise KeyError("refused")

    async with Writer(database, lanes=1) as writer:
        with pytest.raises(KeyError, match="refused"):
            await writer.write(shop.client_id, add)
    assert await _count(database) == 0


async def test_a_writer_that_gives_up_passes_over_what_was_answered_just_now(database: Database) -> None:
    writer = Writer(database)
    answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    writer._unanswered.add(answered)
    answered.set_result("written")
    writer._give_up()
    assert answered.result() == "written"
