"""
Random Matrices, and random lives of passes under them: the database agrees with the pure lifecycle in everything.

Workers are behind, stop or are killed in the middle of a run, take turns; the server starts again; clocks go back.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import cel  # noqa: F401 - it draws a random number when it is loaded, which a strategy may not
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from walletpass.errors import WalletPassError
from walletpass.events import Fact
from walletpass.lifecycle import (
    Holding,
    Pass,
    accept_event,
    decide,
    display,
    edit,
    register,
    unregister,
    void,
)
from walletpass.matrix import Matrix
from walletpass.reporting import NOTHING, Counts, fold
from walletpass.testing.life import START, small_operation
from walletpass.testing.lives import Command, Lives
from walletpass.testing.matrices import matrices
from walletpass.testing.postgres import PostgresServer
from walletpass_server.engine import phones, runs
from walletpass_server.engine.firing import edit_values, fire, void_pass
from walletpass_server.engine.recount import recount
from walletpass_server.engine.running import Sizes
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.values import to_json
from walletpass_server.engine.worker import Worker
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.facts import Bucket, stored_days
from walletpass_server.persistence.tables import FactRow, RegistrationRow, RunRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import Shop, open_shop

OPERATION = small_operation(
    ends_at="2027-03-09T10:00", grace={"hours": 20},
    notifications={"max": 5, "min_interval": {"hours": 3}, "quiet": {"from": "22:00", "to": "06:00"}},
)  # fmt: skip
MINUTE = timedelta(minutes=1)
Fresh = Callable[[], str]
"""Gives the URL of a fresh database."""

PASSES = st.integers(0, 5)
EVENTS = st.one_of(
    st.just(("coupon.back", {})),
    st.tuples(
        st.just("coupon.used"),
        st.fixed_dictionaries({"amount": st.integers(0, 9)}, optional={"store": st.sampled_from(["Lyon", "Nice"])}),
    ),
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "points": st.none() | st.integers(0, 9),
        "balance": st.none() | st.sampled_from(["3.50 EUR", "9 EUR"]),
        "note": st.none() | st.sampled_from(["x", "y"]),
        "flag": st.none() | st.booleans(),
    },
)
STEPS = st.sampled_from([5, 30, 60, 5 * 60, 26 * 60, 3 * 24 * 60, 40 * 24 * 60])


class LivesOfPasses(RuleBasedStateMachine):
    """Everything is done twice, in the database and to plain values, then compared."""

    def __init__(self, fresh: Fresh) -> None:
        super().__init__()
        self.fresh = fresh
        self.runner = asyncio.Runner()
        self.nonces = itertools.count()
        self.answers: list[tuple[str, Subject, str, dict[str, Any], Any]] = []

    def do(self, work: Awaitable[Any]) -> Any:
        async def done() -> Any:
            return await work

        return self.runner.run(done())

    @initialize(matrix=matrices())
    def begin(self, matrix: Matrix) -> None:
        self.matrix, self.rules, self.now = matrix, (matrix, OPERATION), START
        self.lives = Lives(*self.rules)
        self.url = self.fresh()
        self.database: Database = self.do(Database.open(self.url))
        self.shop: Shop = self.do(open_shop(self.database))
        self.operation = self.do(self.shop.open(matrix, OPERATION, START))
        self.issue({})

    def teardown(self) -> None:
        try:
            if hasattr(self, "shop"):
                self.drain()
        finally:
            if hasattr(self, "database"):
                self.do(self.database.close())
            self.runner.close()

    # What people, phones and clients do

    @rule(given=VALUES)
    def issue(self, given: dict[str, Any]) -> None:
        serial = f"C-{len(self.lives.of)}"
        with self.refused_alike(lambda: Lives(*self.rules).issue(0, serial, given, self.now)) as alike:
            number = self.do(self.shop.issue(self.operation, given, self.now, serial))
        if alike():
            self.lives.issue(number, serial, given, self.now)

    @rule(which=PASSES, happens=EVENTS)
    def event(self, which: int, happens: tuple[str, dict[str, Any]]) -> None:
        name, data = happens
        now, key = self.now, f"key-{next(self.nonces)}"
        subject = Subject(pass_id=self.number(which))

        def command(state: Pass) -> Any:
            return decide(*self.rules, state, accept_event(*self.rules, name, data, now), now)

        self.both(which, command, lambda unit: self.fire(unit, name, subject, data, key))

    @rule(happens=EVENTS)
    def event_for_all(self, happens: tuple[str, dict[str, Any]]) -> None:
        name, data = happens
        key, subject = f"key-{next(self.nonces)}", Subject(operation=OPERATION.operation)
        accepted = lambda: accept_event(*self.rules, name, data, self.now)  # noqa: E731
        with self.refused_alike(accepted) as alike:
            self.run(lambda unit: self.fire(unit, name, subject, data, key))
        if alike():
            self.lives.event_for_all(accepted())

    @precondition(lambda self: self.answers)
    @rule(which=st.integers(0, 9))
    def event_again(self, which: int) -> None:
        name, subject, key, data, answer = self.answers[which % len(self.answers)]
        again = self.run(lambda unit: fire(unit, name, subject, data, self.now, key=key))
        assert again == answer

    @rule(which=PASSES, given=VALUES)
    def edit(self, which: int, given: dict[str, Any]) -> None:
        now, subject = self.now, Subject(pass_id=self.number(which))
        self.both(
            which,
            lambda state: edit(*self.rules, state, given, now),
            lambda unit: edit_values(unit, subject, given, now),
        )

    @rule(which=PASSES)
    def void(self, which: int) -> None:
        now, subject = self.now, Subject(pass_id=self.number(which))
        self.both(which, lambda state: void(*self.rules, state, now), lambda unit: void_pass(unit, subject, now))

    @rule(which=PASSES, wallet=st.sampled_from(["apple", "google"]))
    def display(self, which: int, wallet: Any) -> None:
        now, pass_id = self.now, self.number(which)
        self.both(
            which,
            lambda state: display(*self.rules, state, wallet, now),
            lambda unit: phones.display(unit, self.operation, pass_id, wallet, now),
        )

    @rule(which=PASSES, device=st.sampled_from(["phone", "watch"]), here=st.sampled_from([True, True, False]))
    def apple(self, which: int, device: str, here: bool) -> None:
        now, pass_id, holding = self.now, self.number(which), Holding("apple", device)
        if (holding in self.lives.of[pass_id].state.holdings) is here:
            return  # nothing to be done, nothing that fell due is looked at
        command = register if here else unregister

        def work(unit: Unit) -> Awaitable[Any]:
            if here:
                return phones.register(unit, self.operation, pass_id, device, "token", now)
            return phones.unregister(unit, self.operation, pass_id, device, now)

        self.both(which, lambda state: command(*self.rules, state, holding, now), work)

    @rule(which=PASSES, here=st.sampled_from([True, True, False]))
    def google(self, which: int, here: bool) -> None:
        now, pass_id, nonce = self.now, self.number(which), str(next(self.nonces))
        command, event = (register, "save") if here else (unregister, "del")
        self.both(
            which,
            lambda state: command(*self.rules, state, Holding("google", "google"), now),
            lambda unit: phones.google_told(unit, self.operation, pass_id, event, nonce, now),
        )

    # What time, workers and servers do

    @rule(minutes=STEPS)
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule()
    def next_instant_comes(self) -> None:
        """To the very instant at which something falls due."""
        due = [run.due for run in self.lives.runs]
        due += [timer.due for life in self.lives.of.values() for timer in life.state.timers]
        self.now = min((instant for instant in due if instant > self.now), default=self.now)

    @rule(minutes=st.sampled_from([5, 30]))
    def clock_is_set_back(self, minutes: int) -> None:
        self.now -= minutes * MINUTE

    @rule()
    def restart(self) -> None:
        self.do(self.database.close())
        self.database = self.do(Database.open(self.url))
        self.shop = replace(self.shop, database=self.database)

    @rule(chunks=st.integers(1, 3), killed=st.booleans())
    def part_of_a_run(self, chunks: int, killed: bool) -> None:
        """A worker takes up one run, and stops or is killed before its end."""
        before = self.cursors()
        self.do(self.some_chunks(self.worker(1), chunks, killed))
        after = self.cursors()
        for run in self.lives.due_runs(self.now):
            key = self.key_of(run)
            if after[key] != before[key]:
                state, cursor = after[key]
                for number in sorted(run.waiting):
                    if number <= cursor or state == "done":
                        self.lives.visit(run, number, self.now)
                run.over = state == "done"

    @rule()
    def drain(self) -> None:
        """Two workers of different sizes take turns until nothing is left to do."""
        workers = itertools.cycle([self.worker(1), self.worker(3)])
        idle = 0
        while idle < 2:
            idle = 0 if self.do(next(workers).move()) else idle + 1
        self.lives.drain(self.now)
        self.do(self.compare())

    # How

    def number(self, which: int) -> int:
        return list(self.lives.of)[which % len(self.lives.of)]

    def worker(self, size: int) -> Worker:
        sizes = Sizes(moved=size, decided=size)
        return Worker(
            database=self.database, clock=lambda: self.now, pause=timedelta(0), lease=timedelta(0), sizes=sizes
        )

    def run(self, work: Callable[[Unit], Awaitable[Any]]) -> Any:
        return self.do(self.database.run(self.shop.client_id, work))

    async def fire(self, unit: Unit, name: str, subject: Subject, data: dict[str, Any], key: str) -> None:
        answer = await fire(unit, name, subject, data, self.now, key=key)
        self.answers.append((name, subject, key, data, answer))

    def both(self, which: int, command: Command, work: Callable[[Unit], Awaitable[Any]]) -> None:
        with self.refused_alike(lambda: self.lives.command(self.number(which), command, self.now)):
            self.run(work)

    @contextmanager
    def refused_alike(self, pure: Callable[[], Any]) -> Iterator[Callable[[], bool]]:
        """What the pure side refuses, the database refuses for the same reason."""
        try:
            pure()
        except WalletPassError as refused:
            with pytest.raises(type(refused)):
                yield lambda: False
        else:
            yield lambda: True

    async def some_chunks(self, worker: Worker, chunks: int, killed: bool) -> None:
        held = await self.database.run(ALL_CLIENTS, lambda unit: runs.claim(unit, self.now, lease=worker.lease))
        if held is None:
            return
        for _ in range(chunks):
            if not await self.database.run(held.client_id, lambda unit: worker._advance(unit, held)):
                return
        if not killed:
            await self.database.run(held.client_id, lambda unit: runs.release(unit, held))

    def cursors(self) -> dict[tuple[str, int], tuple[str, int]]:
        """Trigger, or place among the events for all, to the state and cursor of its run."""

        async def read() -> Any:
            async with self.database.reading(self.shop.client_id) as unit:
                return (await unit.session.scalars(select(RunRow).order_by(RunRow.id))).all()

        found, events = {}, itertools.count()
        for row in self.do(read()):
            if row.kind != "late":
                key = (row.trigger, 0) if row.kind == "at" else ("", next(events))
                found[key] = row.state, row.cursor
        return found

    def key_of(self, run: Any) -> tuple[str, int]:
        if run.covers_later:
            return run.cause.trigger, 0
        return "", [one for one in self.lives.runs if not one.covers_later].index(run)

    # The comparison

    async def compare(self) -> None:
        async with self.database.reading(self.shop.client_id) as unit:
            told = (await unit.connection.execute(select(FactRow.__table__).order_by(FactRow.number))).all()
            held = (await unit.connection.execute(select(RegistrationRow.pass_id))).scalars().all()
            assert await recount(unit, self.shop.client_id, self.operation) == []
            stored = await stored_days(unit, self.shop.client_id, self.operation)
        for number, life in self.lives.of.items():
            own = [fact for fact in told if fact.pass_id == number]
            assert [_stored(fact) for fact in own] == [_pure(fact) for fact in life.facts]
            assert [fact.number for fact in own] == list(range(1, len(own) + 1))
            assert _plain(await self.shop.state(self.operation, number)) == _plain(life.state)
            assert held.count(number) == sum(holding.wallet == "apple" for holding in life.state.holdings)
        expected: dict[Bucket, Counts] = {}
        for key, counts in fold((f for life in self.lives.of.values() for f in life.facts), OPERATION.tz).items():
            bucket = Bucket(key.day, key.model, key.wallet, key.source)
            expected[bucket] = expected.get(bucket, NOTHING) + counts
        assert _counted(stored) == _counted(expected)


def _plain(state: Pass) -> Any:
    """A pass without what has another form in the database: names of devices, the order of delays."""
    timers = sorted(state.timers, key=lambda timer: (timer.trigger, timer.due, timer.anchored_at, str(timer.event)))
    return replace(state, timers=tuple(timers), holdings=frozenset()), sorted(h.wallet for h in state.holdings)


def _stored(row: Any) -> tuple[Any, ...]:
    return row.name, row.wallet, row.model, row.occurred_at, row.recorded_at, row.data


def _pure(fact: Fact) -> tuple[Any, ...]:
    data = json.loads(json.dumps(to_json(fact.data)))
    return fact.name, fact.wallet, fact.model, fact.occurred_at, fact.recorded_at, data


def _counted(days: dict[Any, Counts]) -> dict[Any, Counts]:
    return {key: counts for key, counts in days.items() if counts != NOTHING}


def _play(fresh: Fresh, *, examples: int, steps: int, repeatable: bool) -> None:
    run_state_machine_as_test(
        lambda: LivesOfPasses(fresh),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=repeatable,
            # Making a failure small takes minutes: the long test does that.
            phases=[Phase.generate] if repeatable else list(Phase),
            database=None,
            print_blob=not repeatable,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def fresh_sqlite(sqlite_template: Path, tmp_path: Path) -> Fresh:
    def fresh() -> str:
        return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / f'{next(numbers)}.db')}"

    numbers = itertools.count()
    return fresh


@pytest.fixture
def fresh_postgres(postgres: PostgresServer, postgres_template: str) -> Iterator[Fresh]:
    names: list[str] = []

    def fresh() -> str:
        if names:
            asyncio.run(postgres.drop(names.pop()))
        names.append(f"walletpass_m_{os.getpid()}_{next(numbers)}")
        return asyncio.run(postgres.create(names[-1], template=postgres_template))

    numbers = itertools.count()
    yield fresh
    for name in names:
        asyncio.run(postgres.drop(name))


def test_any_matrix_lives_alike_in_sqlite(fresh_sqlite: Fresh) -> None:
    _play(fresh_sqlite, examples=15, steps=15, repeatable=True)


def test_any_matrix_lives_alike_in_postgresql(fresh_postgres: Fresh) -> None:
    _play(fresh_postgres, examples=4, steps=15, repeatable=True)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_any_matrix_lives_alike_for_long(engine: str, request: pytest.FixtureRequest) -> None:
    fresh = request.getfixturevalue(f"fresh_{engine}")
    _play(fresh, examples=400 if engine == "sqlite" else 60, steps=40, repeatable=False)
