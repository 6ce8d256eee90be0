"""Passes moved by statements end up as passes decided one by one, in every table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from walletpass.lifecycle import (
    Decision,
    Holding,
    Pass,
    accept_event,
    decide,
    follow,
    issue,
    register,
    unregister,
    void,
)
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import running
from walletpass_server.engine.apply import Outcome, apply
from walletpass_server.engine.births import Birth, store_new
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.recount import recount
from walletpass_server.engine.running import Sizes
from walletpass_server.engine.set_based import move_set
from walletpass_server.engine.state import GOOGLE, Stored, load
from walletpass_server.engine.worker import Worker
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import (
    DeviceRow,
    FactRow,
    OutboxRow,
    PassRow,
    RegistrationRow,
    TimerRow,
    ValueHistoryRow,
)
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop

DUE = START + timedelta(days=3)
DEVICE = 9_000_000
VARIABLES = {"a": {"title": {"type": "text", "default": "new"}, "left": {"type": "number", "required": False}},
             "b": {"title": {"type": "text", "required": False}}}  # fmt: skip


def _matrix(trigger: dict[str, Any]) -> Any:
    return small_matrix(
        VARIABLES,
        [
            {"name": "the-end", "from": "a", "to": "b", "at": "2027-03-04T09:00", **trigger},
            {"name": "nudge", "from": "a", "to": "a", "after": {"event": "pass.added", "delay": {"hours": 30}}},
            {"name": "leave", "from": "a", "to": "b", "on": "coupon.left"},
            {"name": "again", "from": "b", "to": "a", "on": "coupon.back"},
        ],
        {"coupon.back": {}, "coupon.left": {}},
    )


async def _passes(shop: Shop, operation: int) -> None:
    """Passes of every sort: held or not, in both wallets, voided, with values, notified already, with a delay due."""
    async with shop.database.writing(shop.client_id) as unit:
        live = await load_operation(unit, operation)
        births = [
            Birth(pass_id, issue(*live.rules, f"C-{number:03}", _values(number), START))
            for number, pass_id in enumerate(await unit.new_ids(24))
        ]
        await store_new(unit, live, shop.keyring, births, START)
        for number, stored in enumerate(await load(unit, live, [birth.id for birth in births])):
            decisions = [*_befalls(live, stored, number)]
            if decisions:
                await apply(unit, live, [Outcome(stored, decisions)], START)
            if number % 4 in (1, 3):
                await _register(unit, stored.id, DEVICE + number)


def _values(number: int) -> dict[str, object]:
    values: dict[str, object] = {"title": ["old", "done"][number % 2]} if number % 3 else {}
    return {**values, "left": number} if number % 5 == 0 else values


def _befalls(live: LiveOperation, stored: Stored, number: int) -> Iterator[Decision]:
    state, rules = stored.state, live.rules
    commands: list[Callable[[Pass], Decision]] = []
    if number % 4 in (1, 3):
        # a delay of 30 hours: due before the end for some, after it for others
        at = START + timedelta(hours=1 if number % 8 == 1 else 60)
        commands.append(lambda s: register(*rules, s, Holding("apple", str(DEVICE + number)), at))
    if number % 4 in (2, 3):
        commands.append(lambda s: register(*rules, s, GOOGLE, DUE - timedelta(hours=1)))
    if number % 12 == 6:
        commands.append(lambda s: unregister(*rules, s, GOOGLE, DUE - timedelta(minutes=9)))
    if number == 20:
        commands.append(lambda s: void(*rules, s, START + timedelta(hours=2)))
    for command in commands:
        for decision in follow(*rules, command(state), START):
            state = decision.state
            yield decision


async def _register(unit: Unit, pass_id: int, device: int) -> None:
    await unit.connection.execute(
        insert(DeviceRow).values(
            client_id=unit.client_id, id=device, pass_type_identifier="-", push_token="t",
            library_identifier=f"phone-{device}", created_at=START, registered_at=START,
        )
    )  # fmt: skip
    await unit.connection.execute(
        insert(RegistrationRow).values(
            client_id=unit.client_id, device_id=device, pass_id=pass_id, change=CurrentChange(), created_at=START
        )
    )


async def _tables(shop: Shop, operation: int) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a run writes, without the ids that differ between two operations."""
    async with shop.database.reading(shop.client_id) as unit:
        of = PassRow.operation_id == operation
        passes = (
            await unit.connection.execute(
                select(
                    PassRow.serial, PassRow.model, PassRow.version, PassRow.variables, PassRow.fired, PassRow.armed,
                    PassRow.notified, PassRow.fact_count, PassRow.changed_at, PassRow.last_modified, PassRow.voided_at,
                ).where(of).order_by(PassRow.serial)
            )
        ).all()  # fmt: skip
        facts = (
            await unit.connection.execute(
                select(
                    PassRow.serial, FactRow.number, FactRow.name, FactRow.model, FactRow.wallet, FactRow.day,
                    FactRow.recorded_at, FactRow.run_id.is_(None), FactRow.data,
                ).join(PassRow, PassRow.id == FactRow.pass_id).where(of).order_by(PassRow.serial, FactRow.number)
            )
        ).all()  # fmt: skip
        history = (
            await unit.connection.execute(
                select(PassRow.serial, ValueHistoryRow.version, ValueHistoryRow.cause, ValueHistoryRow.changed_at,
                       ValueHistoryRow.before, ValueHistoryRow.after)
                .join(PassRow, PassRow.id == ValueHistoryRow.pass_id).where(of)
                .order_by(PassRow.serial, ValueHistoryRow.version)
            )
        ).all()  # fmt: skip
        timers = (
            await unit.connection.execute(
                select(PassRow.serial, TimerRow.trigger, TimerRow.due_at)
                .join(PassRow, PassRow.id == TimerRow.pass_id).where(of).order_by(PassRow.serial)
            )
        ).all()  # fmt: skip
        serials = dict((await unit.connection.execute(select(PassRow.id, PassRow.serial))).all())
        letters = (
            await unit.connection.execute(select(OutboxRow.channel, OutboxRow.coalesce_key, OutboxRow.body))
        ).all()
        assert await recount(unit, shop.client_id, operation) == []
    told = sorted((c, serials.get(int(k), k) if k.isdigit() else k, b) for c, k, b in letters if "@" not in k)
    return {"passes": list(passes), "facts": list(facts), "history": list(history), "timers": list(timers),
            "letters": told}  # fmt: skip


TRIGGERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "sets values": {"set": {"title": "'done'", "left": None}},
    "clears a value": {"set": {"left": None}},
    "notifies": {"notify": True},
    "sets and notifies": {"set": {"title": "operation.name"}, "notify": True, "essential": True},
    "fails for all": {"set": {"left": "1 / 0"}},
    "stays": {"to": "a", "set": {"title": "'last'"}},
}


@pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
async def test_a_set_moves_as_each_pass_would(shop: Shop, trigger: dict[str, Any], monkeypatch: Any) -> None:
    matrix = _matrix(trigger)
    found = []
    by_statements = 0

    async def together(*arguments: Any) -> int:
        nonlocal by_statements
        moved = await move_set(*arguments)
        by_statements += moved
        return moved

    for by_sets in (True, False):
        operation = await shop.open(matrix, small_operation(), START)
        await _passes(shop, operation)
        async with shop.database.writing(shop.client_id) as unit:
            await unit.connection.execute(OutboxRow.__table__.delete())
        if not by_sets:
            monkeypatch.setattr(running, "set_move", lambda *_: None)
        else:
            monkeypatch.setattr(running, "move_set", together)
        worker = Worker(
            database=shop.database,
            clock=lambda: DUE,
            pause=timedelta(0),
            idle=timedelta(days=1),  # however slow the machine is, delays do not get in between two chunks
            sizes=Sizes(moved=7, decided=5),
        )
        await worker.drain()
        found.append(await _tables(shop, operation))
        await _forget(shop, operation)
    assert found[0] == found[1]
    moved = [row for row in found[0]["facts"] if row.name == "pass.moved" and row.data["trigger"] == "the-end"]
    fails = bool(trigger.get("set", {}).get("left"))
    assert len(moved) == (0 if fails else 23)
    assert (by_statements > 0) is not fails


async def _forget(shop: Shop, operation: int) -> None:
    """Only so that the same serials and devices can be used again."""
    async with shop.database.writing(shop.client_id) as unit:
        for table in (FactRow, OutboxRow):
            await unit.connection.execute(table.__table__.delete())
        await unit.connection.execute(PassRow.__table__.delete().where(PassRow.operation_id == operation))
        await unit.connection.execute(DeviceRow.__table__.delete())


async def test_a_pass_that_comes_back_is_not_moved_twice(shop: Shop) -> None:
    operation = await shop.open(_matrix({}), small_operation(), START)
    live = await shop.live(operation)
    pass_id = await shop.issue(operation, {}, START)
    worker = Worker(database=shop.database, clock=lambda: DUE, pause=timedelta(0))
    await worker.drain()
    assert (await shop.state(operation, pass_id)).model == "b"
    back = accept_event(*live.rules, "coupon.back", {}, DUE)
    await shop.carry_out(operation, pass_id, lambda s: decide(*live.rules, s, back, DUE), DUE)

    def later() -> datetime:
        return DUE + timedelta(hours=2)

    await Worker(database=shop.database, clock=later, pause=timedelta(0)).drain()
    state = await shop.state(operation, pass_id)
    assert (state.model, state.version, state.fired) == ("a", 3, frozenset({"the-end"}))
