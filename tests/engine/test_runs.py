"""Runs are paused, resumed, cancelled, taken over; delays end; workers stop without leaving anything held."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from walletpass.errors import NotFound, RunOver
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import running, runs
from walletpass_server.engine.firing import fire
from walletpass_server.engine.running import Sizes
from walletpass_server.engine.sending import Delivery, send_some
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.worker import Worker
from walletpass_server.persistence import outbox
from walletpass_server.persistence.sql import DatabaseNow
from walletpass_server.persistence.tables import FactRow, OutboxRow, RunRow, TimerRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import Shop, open_shop

DUE = datetime(2027, 3, 10, tzinfo=UTC)
DATED = small_matrix(
    ["a", "b"], [{"name": "t", "from": "a", "to": "b", "at": "2027-03-10T00:00", "when": "pass.serial != ''"}]
)
SMALL = Sizes(moved=2, decided=2)


def _worker(shop: Shop, now: datetime = DUE, **more: Any) -> Worker:
    return Worker(database=shop.database, clock=lambda: now, pause=timedelta(0), sizes=SMALL, **more)


async def _opened(shop: Shop, passes: int, matrix: Any = DATED) -> tuple[int, list[int]]:
    operation = await shop.open(matrix, small_operation(), START)
    return operation, [await shop.issue(operation, {}, START) for _ in range(passes)]


async def _run(shop: Shop, kind: str = "at") -> RunRow:
    async with shop.database.reading(shop.client_id) as unit:
        return (await unit.session.scalars(select(RunRow).where(RunRow.kind == kind))).one()


async def _do(shop: Shop, work: Any) -> Any:
    return await shop.database.run(shop.client_id, work)


async def _models(shop: Shop, operation: int, passes: Sequence[int]) -> Counter[str]:
    return Counter([(await shop.state(operation, pass_id)).model for pass_id in passes])


async def _one_chunk(shop: Shop, worker: Worker) -> None:
    """A claim and a chunk, as a worker that is killed after it leaves them."""
    held = await shop.database.run(ALL_CLIENTS, lambda unit: runs.claim(unit, worker.clock(), lease=worker.lease))
    assert held is not None
    await shop.database.run(held.client_id, lambda unit: worker._advance(unit, held))


async def test_a_paused_run_stays_where_it_is_until_it_is_resumed(shop: Shop) -> None:
    operation, passes = await _opened(shop, 5)
    await _one_chunk(shop, _worker(shop))
    run_id = (await _run(shop)).id
    await _do(shop, lambda unit: runs.pause(unit, run_id))
    await _worker(shop).drain()
    assert await _models(shop, operation, passes) == {"a": 3, "b": 2}
    await _do(shop, lambda unit: runs.resume(unit, run_id))
    await _worker(shop).drain()
    assert await _models(shop, operation, passes) == {"b": 5}


async def test_a_cancelled_run_keeps_what_it_moved_and_moves_no_more(shop: Shop) -> None:
    operation, passes = await _opened(shop, 5)
    await _one_chunk(shop, _worker(shop))
    run_id = (await _run(shop)).id
    await _do(shop, lambda unit: runs.cancel(unit, run_id, DUE))
    await _do(shop, lambda unit: runs.cancel(unit, run_id, DUE))
    await _worker(shop).drain()
    assert await _models(shop, operation, passes) == {"a": 3, "b": 2}
    for change in (runs.pause, runs.resume):
        with pytest.raises(RunOver, match="is cancelled"):
            await _do(shop, lambda unit, change=change: change(unit, run_id))


async def test_a_run_of_another_client_is_not_found(shop: Shop) -> None:
    await _opened(shop, 1)
    run_id = (await _run(shop)).id
    other = await open_shop(shop.database, "other")
    for change in (runs.pause, runs.resume, lambda unit, one: runs.cancel(unit, one, DUE)):
        with pytest.raises(NotFound):
            await _do(other, lambda unit, change=change: change(unit, run_id))
    with pytest.raises(NotFound):
        await _do(other, lambda unit: runs.progress(unit, run_id, DUE))


async def test_progress_tells_how_far_and_how_long(shop: Shop) -> None:
    await _opened(shop, 5)
    worker = _worker(shop)
    held = await shop.database.run(ALL_CLIENTS, lambda unit: runs.claim(unit, DUE))
    assert held is not None
    await worker._count(held)
    await shop.database.run(held.client_id, lambda unit: worker._advance(unit, held))
    async with shop.database.reading(shop.client_id) as unit:
        found = await runs.progress(unit, held.run_id, DUE + timedelta(seconds=10))
    assert (found.state, found.total, found.seen, found.moved) == ("running", 5, 2, 2)
    assert found.left == timedelta(seconds=15)


async def test_a_run_whose_worker_was_killed_is_taken_over_when_its_lease_ends(shop: Shop) -> None:
    operation, passes = await _opened(shop, 5)
    await _one_chunk(shop, _worker(shop, lease=timedelta(hours=1)))
    await _worker(shop).drain()
    assert await _models(shop, operation, passes) == {"a": 3, "b": 2}
    an_hour_ago = DatabaseNow() - 3_600_000_000
    await _do(shop, lambda unit: unit.connection.execute(update(RunRow).values(leased_until=an_hour_ago)))
    await _worker(shop).drain()
    assert await _models(shop, operation, passes) == {"b": 5}


async def test_a_worker_that_lost_its_lease_does_no_more(shop: Shop) -> None:
    operation, passes = await _opened(shop, 3)
    lease = timedelta(0)
    slow = await shop.database.run(ALL_CLIENTS, lambda unit: runs.claim(unit, DUE, lease=lease))
    quick = await shop.database.run(ALL_CLIENTS, lambda unit: runs.claim(unit, DUE))
    assert slow is not None
    assert quick is not None
    worker = _worker(shop)
    assert not await shop.database.run(slow.client_id, lambda unit: worker._advance(unit, slow))
    assert await _models(shop, operation, passes) == {"a": 3}
    assert await shop.database.run(quick.client_id, lambda unit: worker._advance(unit, quick))


async def test_a_stopped_worker_finishes_its_chunk_and_hands_the_run_back(shop: Shop) -> None:
    operation, passes = await _opened(shop, 5)
    stopping = _worker(shop)
    stopping.stop()
    await stopping.move()
    assert await _models(shop, operation, passes) == {"a": 3, "b": 2}
    assert (await _run(shop)).leased_until is None
    await _worker(shop).drain()
    assert await _models(shop, operation, passes) == {"b": 5}


async def test_a_worker_runs_until_it_is_stopped(shop: Shop) -> None:
    operation, passes = await _opened(shop, 3)
    worker = _worker(shop, idle=timedelta(milliseconds=20))
    task = asyncio.create_task(worker.run())
    for _ in range(200):
        if await _models(shop, operation, passes) == {"b": 3}:
            break
        await asyncio.sleep(0.02)
    worker.stop()
    await asyncio.wait_for(task, 10)
    assert await _models(shop, operation, passes) == {"b": 3}


async def test_letters_of_passes_moved_here_are_not_left_to_the_next_look(shop: Shop, monkeypatch: Any) -> None:
    looked, move, look, chunk = asyncio.Event(), Worker.move, Worker._send, running.KINDS["at"]

    async def move_once_the_sender_has_looked(worker: Worker) -> bool:
        await looked.wait()
        return await move(worker)

    async def look_and_say_so(worker: Worker, channel: str) -> bool:
        done = await look(worker, channel)
        looked.set()
        return done

    async def move_and_write(unit: Unit, *args: Any) -> running.Done:
        await outbox.put(unit, [outbox.NewLetter("test", "device-1")], client_id=shop.client_id)
        return await chunk(unit, *args)

    monkeypatch.setattr(Worker, "move", move_once_the_sender_has_looked)
    monkeypatch.setattr(Worker, "_send", look_and_say_so)
    monkeypatch.setitem(running.KINDS, "at", move_and_write)
    await _opened(shop, 1)
    taking = Taking()
    worker = _worker(shop, senders={"test": taking}, idle=timedelta(days=1))
    task = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(60):
            await taking.taken.wait()
    finally:
        worker.stop()
        await task


async def test_a_run_that_fails_says_why_and_can_be_resumed(shop: Shop, monkeypatch: Any) -> None:
    operation, passes = await _opened(shop, 3)

    async def broken(*_: object) -> running.Done:
        raise ZeroDivisionError("a fault of the program")

    with monkeypatch.context() as patched:
        patched.setitem(running.KINDS, "at", broken)
        await _worker(shop).drain()
    failed = await _run(shop)
    assert (failed.state, failed.error) == ("failed", "ZeroDivisionError: a fault of the program")
    await _do(shop, lambda unit: runs.resume(unit, failed.id))
    await _worker(shop).drain()
    assert await _models(shop, operation, passes) == {"b": 3}


async def test_runs_of_one_operation_go_in_the_order_they_fell_due(shop: Shop) -> None:
    matrix = small_matrix(
        ["a", "b", "c"],
        [
            {"name": "t", "from": "a", "to": "b", "at": "2027-03-10T00:00"},
            {"name": "used", "from": "a", "to": "c", "on": "use"},
        ],
        {"use": {}},
    )
    operation, passes = await _opened(shop, 3, matrix)
    await _do(shop, lambda unit: fire(unit, "use", Subject(operation="op"), {}, DUE - timedelta(hours=9)))
    await asyncio.gather(*(_worker(shop, DUE + timedelta(days=1)).drain() for _ in range(2)))
    await _worker(shop, DUE + timedelta(days=1)).drain()
    assert await _models(shop, operation, passes) == {"c": 3}


async def test_delays_end_once_with_several_workers_and_after_downtime(shop: Shop) -> None:
    matrix = small_matrix(
        ["a", "b"],
        [
            {"name": "nudge", "from": "a", "to": "a", "after": {"event": "pass.issued", "delay": {"hours": 1}}},
            {"name": "last", "from": "a", "to": "b", "after": {"event": "pass.issued", "delay": {"hours": 2}}},
        ],
    )
    operation, passes = await _opened(shop, 7, matrix)
    now = START + timedelta(days=5)
    await asyncio.gather(*(_worker(shop, now).drain() for _ in range(2)))
    assert await _models(shop, operation, passes) == {"b": 7}
    async with shop.database.reading(shop.client_id) as unit:
        rows = (await unit.session.scalars(select(FactRow).where(FactRow.name == "pass.moved"))).all()
        assert (await unit.session.scalars(select(TimerRow))).all() == []
    ways = {
        p: [row.data["trigger"] for row in sorted(rows, key=lambda r: r.number) if row.pass_id == p] for p in passes
    }
    assert set(map(tuple, ways.values())) == {("nudge", "last")}


async def test_a_delay_that_ends_after_the_operation_is_skipped(shop: Shop) -> None:
    after = {"event": "pass.issued", "delay": {"days": 90, "unit": "calendar"}}
    operation, passes = await _opened(shop, 1, small_matrix(["a", "b"], [{"from": "a", "to": "b", "after": after}]))
    await _worker(shop, START + timedelta(days=120)).drain()
    assert await _models(shop, operation, passes) == {"a": 1}
    async with shop.database.reading(shop.client_id) as unit:
        names = (await unit.session.scalars(select(FactRow.name))).all()
    assert "trigger.skipped" in names


class Taking:
    """A sender that takes all letters, and says so."""

    def __init__(self) -> None:
        self.taken = asyncio.Event()

    async def send(self, letters: Sequence[outbox.Letter]) -> Delivery:
        self.taken.set()
        return Delivery(sent=letters)


class Postbox:
    """A sender that takes some letters, refuses some and does not try the rest."""

    async def send(self, letters: Sequence[outbox.Letter]) -> Delivery:
        gone = outbox.Failure(letters[1], "410", final=True)
        return Delivery(sent=letters[:1], failed=[gone])


class Broken:
    """A sender with a fault."""

    async def send(self, letters: Sequence[outbox.Letter]) -> Delivery:
        raise OSError("no route")


async def _letters(shop: Shop) -> list[OutboxRow]:
    async with shop.database.reading(shop.client_id) as unit:
        return list((await unit.session.scalars(select(OutboxRow).order_by(OutboxRow.coalesce_key))).all())


async def _put(shop: Shop, *keys: str) -> None:
    async def work(unit: Unit) -> None:
        await outbox.put(unit, [outbox.NewLetter("apns", key) for key in keys])

    await shop.database.run(shop.client_id, work)


async def test_letters_that_were_not_tried_are_handed_back(shop: Shop) -> None:
    await _put(shop, "1", "2", "3")
    assert (await send_some(shop.database, "apns", Postbox())).claimed == 3
    left = await _letters(shop)
    assert sorted((row.dead_at is None, row.attempts, row.lease) for row in left) == [(False, 1, None), (True, 0, None)]


async def test_a_sender_with_a_fault_loses_nothing(shop: Shop) -> None:
    await _put(shop, "1", "2")
    assert (await send_some(shop.database, "apns", Broken())).claimed == 2
    assert [(row.attempts, row.last_error, row.dead_at) for row in await _letters(shop)] == [
        (1, "OSError: no route", None)
    ] * 2
    assert (await send_some(shop.database, "apns", Broken())).claimed == 0
