"""`at` Triggers: each fires once, at the right instant, whoever runs and whatever the clock does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from walletpass.errors import InstantPassed, OperationError
from walletpass.lifecycle import accept_event, decide
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import phones
from walletpass_server.engine.firing import fire
from walletpass_server.engine.operations import move_instant
from walletpass_server.engine.runs import Progress, runs_of
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.worker import Worker
from walletpass_server.persistence.tables import FactRow, RunRow
from walletpass_server.testing import Shop


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = START
    asked: int = field(default=0)

    def __call__(self) -> datetime:
        self.asked += 1
        return self.now


def _worker(shop: Shop, clock: Clock) -> Worker:
    return Worker(database=shop.database, clock=clock, pause=timedelta(0))


def _dated(at: str, **trigger: Any) -> Any:
    return small_matrix(
        ["a", "b"],
        [{"name": "the-end", "from": "a", "to": "b", "at": at, **trigger}, {"from": "b", "to": "a", "on": "back"}],
        {"back": {}},
    )


async def _runs(shop: Shop, operation: int) -> list[Progress]:
    async with shop.database.reading(shop.client_id) as unit:
        return await runs_of(unit, operation, START)


async def _facts(shop: Shop, name: str) -> list[Any]:
    async with shop.database.reading(shop.client_id) as unit:
        query = select(FactRow.__table__).where(FactRow.name == name).order_by(FactRow.pass_id, FactRow.number)
        return list((await unit.connection.execute(query)).all())


async def _many(shop: Shop, operation: int, count: int) -> list[int]:
    return [await shop.issue(operation, {}, START) for _ in range(count)]


@pytest.mark.parametrize(
    ("zone", "at", "instant"),
    [
        ("Europe/Paris", "2027-03-28T02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # the hour is left out
        ("Europe/Paris", "2027-10-31T02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # the hour comes twice
        ("Europe/Paris", "2028-02-29T23:59", datetime(2028, 2, 29, 22, 59, tzinfo=UTC)),  # leap day
        ("Europe/Paris", "2027-04-30T23:59:59", datetime(2027, 4, 30, 21, 59, 59, tzinfo=UTC)),  # end of a month
        ("Pacific/Auckland", "2027-04-04T02:30", datetime(2027, 4, 3, 13, 30, tzinfo=UTC)),
    ],
)
async def test_a_date_fires_once_at_its_instant(shop: Shop, zone: str, at: str, instant: datetime) -> None:
    operation = await shop.open(_dated(at), small_operation(zone=zone, ends_at="2028-12-31T00:00"), START)
    (pass_id,) = await _many(shop, operation, 1)
    clock = Clock(instant - timedelta(microseconds=1))
    await _worker(shop, clock).drain()
    assert (await shop.state(operation, pass_id)).model == "a"
    clock.now = instant
    await _worker(shop, clock).drain()
    await _worker(shop, clock).drain()
    state = await shop.state(operation, pass_id)
    assert (state.model, state.version) == ("b", 2)
    assert [fact.recorded_at for fact in await _facts(shop, "pass.moved")] == [instant]


async def test_two_schedulers_fire_a_date_once(shop: Shop) -> None:
    operation = await shop.open(_dated("operation.ends_at"), small_operation(), START)
    passes = await _many(shop, operation, 12)
    clock = Clock(START + timedelta(days=90))
    await asyncio.gather(*(_worker(shop, clock).drain() for _ in range(3)))
    assert {(await shop.state(operation, pass_id)).version for pass_id in passes} == {2}
    assert len(await _facts(shop, "pass.moved")) == 12
    async with shop.database.reading(shop.client_id) as unit:
        assert (await unit.connection.execute(select(func.count()).select_from(RunRow))).scalar_one() == 2


async def test_a_clock_set_back_during_a_run_misses_nobody(shop: Shop) -> None:
    operation = await shop.open(_dated("2027-03-10T00:00"), small_operation(), START)
    passes = await _many(shop, operation, 4)
    ahead = datetime(2027, 3, 10, tzinfo=UTC)

    class Jumping(Clock):
        def __call__(self) -> datetime:
            super().__call__()
            return ahead if self.asked == 1 else START

    await _worker(shop, Jumping()).move()
    assert {(await shop.state(operation, pass_id)).model for pass_id in passes} == {"b"}
    await _worker(shop, Clock(ahead + timedelta(hours=1))).drain()
    assert len(await _facts(shop, "pass.moved")) == 4


async def test_what_fell_due_in_downtime_fires_late_in_due_order(shop: Shop) -> None:
    matrix = small_matrix(
        ["a", "b", "c", "d"],
        [
            {"name": "third", "from": "c", "to": "d", "at": "2027-03-04T00:00"},
            {"name": "first", "from": "a", "to": "b", "at": "2027-03-02T00:00"},
            {"name": "second", "from": "b", "to": "c", "after": {"event": "pass.issued", "delay": {"hours": 40}}},
        ],
    )
    operation = await shop.open(matrix, small_operation(), START)
    (pass_id,) = await _many(shop, operation, 1)
    await _worker(shop, Clock(datetime(2027, 3, 20, tzinfo=UTC))).drain()
    assert [f.data["trigger"] for f in await _facts(shop, "pass.moved")] == ["first", "second", "third"]
    assert (await shop.state(operation, pass_id)).model == "d"


async def test_a_delay_due_before_a_date_goes_first_even_when_both_are_late(shop: Shop) -> None:
    matrix = small_matrix(
        ["a", "b", "c"],
        [
            {"name": "the-end", "from": "a", "to": "b", "at": "2027-03-04T00:00"},
            {"name": "gone", "from": "a", "to": "c", "after": {"event": "pass.issued", "delay": {"hours": 1}}},
        ],
    )
    operation = await shop.open(matrix, small_operation(), START)
    (pass_id,) = await _many(shop, operation, 1)
    await _worker(shop, Clock(datetime(2027, 3, 20, tzinfo=UTC))).drain()
    assert (await shop.state(operation, pass_id)).model == "c"
    assert [f.data["trigger"] for f in await _facts(shop, "pass.moved")] == ["gone"]


async def test_an_event_finds_a_late_date_done_first(shop: Shop) -> None:
    operation = await shop.open(_dated("2027-03-04T00:00"), small_operation(), START)
    (pass_id,) = await _many(shop, operation, 1)
    now = datetime(2027, 3, 5, tzinfo=UTC)
    await shop.database.run(shop.client_id, lambda u: fire(u, "back", Subject(pass_id=pass_id), {}, now))
    state = await shop.state(operation, pass_id)
    assert (state.model, state.version) == ("a", 3)
    await _worker(shop, Clock(now)).drain()
    assert (await shop.state(operation, pass_id)).version == 3


async def test_a_pass_that_comes_behind_the_cursor_of_a_run_moves_too(shop: Shop) -> None:
    matrix = small_matrix(
        ["a", "b", "c"],
        [{"from": "a", "to": "b", "on": "go"}, {"name": "the-end", "from": "b", "to": "c", "at": "2027-03-04T00:00"}],
        {"go": {}},
    )
    operation = await shop.open(matrix, small_operation(), START)
    (pass_id,) = await _many(shop, operation, 1)
    live = await shop.live(operation)
    end = live.operation.instant(live.matrix.trigger["the-end"])
    await _worker(shop, Clock(end)).drain()
    before = end - timedelta(seconds=1)  # decided just before the instant, committed when the run has passed by
    go = accept_event(*live.rules, "go", {}, before)
    await shop.carry_out(operation, pass_id, lambda state: decide(*live.rules, state, go, before), before)
    assert (await shop.state(operation, pass_id)).model == "b"
    await _worker(shop, Clock(end + timedelta(minutes=2))).drain()
    await _worker(shop, Clock(end + timedelta(minutes=3))).drain()
    state = await shop.state(operation, pass_id)
    assert (state.model, state.version) == ("c", 3)


async def test_a_moved_instant_fires_when_it_says(shop: Shop) -> None:
    operation = await shop.open(_dated("2027-03-04T00:00"), small_operation(), START)
    (pass_id,) = await _many(shop, operation, 1)
    later = datetime(2027, 3, 9, 12, tzinfo=UTC)
    await shop.database.run(shop.client_id, lambda u: move_instant(u, operation, "the-end", later, START))
    clock = Clock(later - timedelta(seconds=1))
    await _worker(shop, clock).drain()
    assert (await shop.state(operation, pass_id)).model == "a"
    clock.now = later
    await _worker(shop, clock).drain()
    assert (await shop.state(operation, pass_id)).model == "b"


async def test_an_instant_that_is_due_cannot_be_moved(shop: Shop) -> None:
    operation = await shop.open(_dated("2027-03-04T00:00"), small_operation(), START)
    due = datetime(2027, 3, 4, tzinfo=UTC)
    with pytest.raises(InstantPassed, match="can no longer be moved"):
        await shop.database.run(
            shop.client_id, lambda u: move_instant(u, operation, "the-end", due + timedelta(days=1), due)
        )
    with pytest.raises(OperationError, match="in the past"):
        await shop.database.run(
            shop.client_id, lambda u: move_instant(u, operation, "the-end", START - timedelta(days=1), START)
        )


async def test_an_instant_whose_run_began_on_a_faster_clock_cannot_be_moved(shop: Shop) -> None:
    operation = await shop.open(_dated("2027-03-04T00:00"), small_operation(), START)
    await _worker(shop, Clock(datetime(2027, 3, 4, tzinfo=UTC))).drain()
    with pytest.raises(InstantPassed, match="run has begun"):
        await shop.database.run(
            shop.client_id,
            lambda u: move_instant(u, operation, "the-end", START + timedelta(days=9), START + timedelta(hours=1)),
        )
    assert (await shop.live(operation)).operation.at == {}


async def test_a_failing_condition_leaves_the_pass_and_says_so_once(shop: Shop) -> None:
    matrix = small_matrix(
        {"a": {"left": {"type": "number", "required": False}}, "b": {}},
        [{"name": "t", "from": "a", "to": "b", "at": "2027-03-04T00:00", "when": "pass.left > 1"}],
    )
    operation = await shop.open(matrix, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    due = datetime(2027, 3, 4, tzinfo=UTC)
    # something else happens to it while the run is on its way
    await shop.database.run(shop.client_id, lambda unit: phones.display(unit, operation, pass_id, "apple", due))
    await _worker(shop, Clock(START + timedelta(days=30))).drain()
    await _worker(shop, Clock(START + timedelta(days=31))).drain()
    (failed,) = await _facts(shop, "trigger.failed")
    assert failed.pass_id == pass_id
    assert failed.data["trigger"] == "t"
    assert (await shop.state(operation, pass_id)).model == "a"
    assert {run.state for run in await _runs(shop, operation)} == {"done"}
