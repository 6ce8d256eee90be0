"""Decisions stored: every table of one cause in one transaction, each time exactly once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text

from walletpass.lifecycle import DelayDue, Holding, accept_event, decide, display, edit, register, unregister, void
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass.values import Money
from walletpass_server.engine.chunks import carry_out
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.recount import recount
from walletpass_server.engine.state import load_one
from walletpass_server.persistence.facts import stored_days
from walletpass_server.persistence.tables import FactRow, OutboxRow, PassRow, TimerRow, ValueHistoryRow
from walletpass_server.testing import Shop

MATRIX = small_matrix(
    {
        "a": {
            "store": {"type": "text", "required": False},
            "balance": {"type": "money", "currency": "EUR", "required": False},
            "when": {"type": "date-time", "required": False},
        },
        "b": {"store": {"type": "text", "required": False}},
    },
    [
        {"from": "a", "to": "b", "on": "coupon.used", "set": {"store": "event.store"}, "notify": True},
        {
            "from": "a",
            "to": "a",
            "after": {"event": "pass.added", "delay": {"hours": 2}, "rearm": "each"},
            "set": {"store": "'soon'"},
        },
    ],
    {"coupon.used": {"store": "text"}},
)


def _rules(command: Any, *arguments: Any) -> Any:
    """A lifecycle command as the engine wants it: everything given but the pass."""
    return lambda state: command(MATRIX, small_operation(), state, *arguments)


def _use(now: Any) -> Any:
    return _rules(decide, accept_event(MATRIX, small_operation(), "coupon.used", {"store": "Lyon"}, now), now)


async def _rows(shop: Shop, table: Any) -> list[Any]:
    async with shop.database.reading(shop.client_id) as unit:
        return list((await unit.connection.execute(select(table.__table__))).all())


async def test_a_new_pass_is_stored_with_its_fact(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await shop.issue(operation, {"balance": "12.50 EUR", "when": "2027-04-01T10:00"}, START, "C-1")
    state = await shop.state(operation, pass_id)
    assert (state.serial, state.model, state.version, state.issued_at) == ("C-1", "a", 1, START)
    assert state.values["balance"] == Money.parse("12.50 EUR")
    (row,) = await _rows(shop, PassRow)
    (fact,) = await _rows(shop, FactRow)
    assert (fact.name, fact.number, row.fact_count) == ("pass.issued", 1, 1)
    assert row.change > 0
    assert shop.keyring.unseal(row.secret, "pass", "secret", pass_id)


async def test_a_move_writes_state_version_history_facts_and_a_letter_in_one_transaction(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    await shop.carry_out(operation, pass_id, _rules(register, Holding("google", "google"), START), START)
    before = (await _rows(shop, PassRow))[0]
    now = START + timedelta(hours=1)
    outcome = await shop.carry_out(operation, pass_id, _use(now), now)
    (row,) = await _rows(shop, PassRow)
    assert (row.model, row.version, row.variables) == ("b", 2, {"store": "Lyon"})
    assert row.change > before.change
    assert row.last_modified == int(now.timestamp())
    assert list(row.notified) == ["google"]
    (history,) = await _rows(shop, ValueHistoryRow)
    assert (history.version, history.cause, history.before, history.after) == (2, "t0", {}, {"store": "Lyon"})
    facts = sorted(await _rows(shop, FactRow), key=lambda fact: fact.number)
    assert [fact.number for fact in facts] == list(range(1, row.fact_count + 1))
    assert [fact.name for fact in facts[-3:]] == ["coupon.used", "pass.moved", "pass.changed"]
    (letter,) = await _rows(shop, OutboxRow)
    assert (letter.channel, letter.coalesce_key) == ("google", str(pass_id))
    assert await _rows(shop, TimerRow) == []  # leaving the Model dropped it
    assert outcome.state == await shop.state(operation, pass_id)


async def test_a_cause_that_fails_half_way_leaves_nothing_behind(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    before = [await _rows(shop, table) for table in (PassRow, FactRow, ValueHistoryRow, OutboxRow)]

    async def interrupted() -> None:
        async with shop.database.writing(shop.client_id) as unit:
            live = await load_operation(unit, operation)
            stored = await load_one(unit, live, pass_id)
            assert stored
            await carry_out(unit, live, stored, _use(START), START)
            raise RuntimeError("pulled the plug")

    with pytest.raises(RuntimeError, match="pulled the plug"):
        await interrupted()
    assert [await _rows(shop, table) for table in (PassRow, FactRow, ValueHistoryRow, OutboxRow)] == before


async def test_the_same_again_changes_nothing(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    holding = Holding("google", "google")
    for _ in range(2):
        await shop.carry_out(operation, pass_id, _rules(register, holding, START), START)
        await shop.carry_out(operation, pass_id, _rules(edit, {"store": "Nice"}, START), START)
    (row,) = await _rows(shop, PassRow)
    names = [fact.name for fact in await _rows(shop, FactRow)]
    assert (row.version, row.google_holdings) == (2, 1)
    assert sorted(names) == ["device.registered", "pass.added", "pass.changed", "pass.issued", "trigger.scheduled"]


async def test_delays_are_rows_that_come_back_as_they_were(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    holding = Holding("google", "google")
    for minute in range(3):
        now = START + timedelta(minutes=minute)
        await shop.carry_out(operation, pass_id, _rules(register, holding, now), now)
        await shop.carry_out(operation, pass_id, _rules(unregister, holding, now), now)
    state = await shop.state(operation, pass_id)
    assert [timer.due - START for timer in state.timers] == [timedelta(hours=2, minutes=minute) for minute in range(3)]
    assert sorted(row.slot for row in await _rows(shop, TimerRow)) == [0, 1, 2]
    now = START + timedelta(hours=2)
    outcome = await shop.carry_out(operation, pass_id, _rules(decide, DelayDue(state.timers[0]), now), now)
    assert outcome.decisions[0].why == "moved"
    assert sorted(row.slot for row in await _rows(shop, TimerRow)) == [1, 2]
    again = await shop.carry_out(operation, pass_id, _rules(decide, DelayDue(state.timers[0]), now), now)
    assert again.decisions[0].why == "timer-gone"


async def test_a_void_pass_loses_its_delays_and_keeps_its_place(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    await shop.carry_out(operation, pass_id, _rules(register, Holding("google", "google"), START), START)
    await shop.carry_out(operation, pass_id, _rules(void, START, "lost"), START)
    (row,) = await _rows(shop, PassRow)
    assert (row.voided_at, row.version) == (START, 2)
    assert await _rows(shop, TimerRow) == []
    again = await shop.carry_out(operation, pass_id, _use(START), START)
    assert again.decisions[0].why == "void"


async def test_counts_are_what_the_facts_say(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    for _ in range(3):
        pass_id = await shop.issue(operation, {}, START)
        await shop.carry_out(operation, pass_id, _rules(display, "google", START), START)
        await shop.carry_out(operation, pass_id, _rules(register, Holding("google", "google"), START), START)
    async with shop.database.reading(shop.client_id) as unit:
        assert await recount(unit, shop.client_id, operation) == []
        (counts,) = (await stored_days(unit, shop.client_id, operation)).values()
    assert (counts.displayed, counts.generated, counts.added) == (3, 0, 3)


async def test_a_deferred_notification_has_a_letter_of_its_own(shop: Shop) -> None:
    quiet = small_operation(notifications={"quiet": {"from": "00:00", "to": "12:00"}})
    operation = await shop.open(MATRIX, quiet, START)
    pass_id = await shop.issue(operation, {}, START)
    command = partial(register, MATRIX, quiet, holding=Holding("google", "google"), now=START)
    await shop.carry_out(operation, pass_id, command, START)
    cause = accept_event(MATRIX, quiet, "coupon.used", {"store": "Lyon"}, START)
    await shop.carry_out(operation, pass_id, lambda state: decide(MATRIX, quiet, state, cause, START), START)
    letters = sorted(await _rows(shop, OutboxRow), key=lambda letter: letter.due_at)
    assert [letter.coalesce_key.partition("/")[0] for letter in letters] == [str(pass_id)] * 2
    waits = letters[1].due_at - letters[0].due_at
    assert abs(waits - timedelta(hours=3)) < timedelta(seconds=1)  # 9 to 12 in Paris


async def test_hooks_are_told_only_where_the_client_has_some(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await shop.issue(operation, {}, START)
    assert await _rows(shop, OutboxRow) == []
    async with shop.database.writing(0) as unit:
        await unit.connection.execute(text("UPDATE client SET settings = '{\"hooks\": true}'"))
    pass_id = await shop.issue(operation, {}, START)
    (letter,) = await _rows(shop, OutboxRow)
    assert (letter.channel, letter.body) == ("hook", {"pass": pass_id, "first": 1, "last": 1})
