"""Whoever decides on a pass first decides what was due for it before; of what is due at once, priority decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from walletpass.lifecycle import edit
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import phones
from walletpass_server.engine.firing import fire
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.worker import Worker
from walletpass_server.testing import Shop

LATE = START + timedelta(days=10)
Told = Callable[[Any, int, int], Awaitable[Any]]
PHONES: dict[str, tuple[str, Told]] = {
    "display": ("pass.displayed", lambda unit, o, p: phones.display(unit, o, p, "apple", LATE)),
    "register": ("pass.added", lambda unit, o, p: phones.register(unit, o, p, "phone", "token", LATE)),
    "google": ("pass.added", lambda unit, o, p: phones.google_told(unit, o, p, "save", "nonce", LATE)),
}


def _worker(shop: Shop) -> Worker:
    return Worker(database=shop.database, clock=lambda: LATE, pause=timedelta(0))


@pytest.mark.parametrize(("event", "told"), PHONES.values(), ids=PHONES)
async def test_a_phone_finds_late_dates_and_delays_done_first(shop: Shop, event: str, told: Told) -> None:
    matrix = small_matrix(
        ["a", "b", "c", "d"],
        [
            {"from": "a", "to": "b", "at": "2027-03-04T00:00"},
            {"from": "b", "to": "c", "after": {"event": "pass.issued", "delay": {"days": 5, "unit": "wall"}}},
            {"from": "a", "to": "d", "on": event},
        ],
    )
    operation = await shop.open(matrix, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    await shop.database.run(shop.client_id, lambda unit: told(unit, operation, pass_id))
    assert (await shop.state(operation, pass_id)).model == "c"


async def test_of_two_delays_that_end_at_once_the_lower_priority_goes_first(shop: Shop) -> None:
    after = {"event": "pass.issued", "delay": {"hours": 5}}
    matrix = small_matrix(
        ["a", "b", "c"],
        [
            {"name": "aa", "from": "a", "to": "b", "after": after, "priority": 2},
            {"name": "zz", "from": "a", "to": "c", "after": after, "priority": 1},
        ],
    )
    operation = await shop.open(matrix, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    await _worker(shop).drain()
    assert (await shop.state(operation, pass_id)).model == "c"


async def test_a_date_asks_its_condition_when_it_comes_and_not_again_a_minute_later(shop: Shop) -> None:
    matrix = small_matrix(
        {"a": {"points": {"type": "number", "default": 0}}, "b": {}},
        [{"name": "t", "from": "a", "to": "b", "at": "2027-03-04T00:00", "when": "pass.points > 5.0"}],
    )
    operation = await shop.open(matrix, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    live = await shop.live(operation)
    clock = live.operation.instant(matrix.trigger["t"])
    worker = Worker(database=shop.database, clock=lambda: clock, pause=timedelta(0))
    await worker.drain()
    clock += timedelta(seconds=10)
    await shop.carry_out(operation, pass_id, lambda state: edit(*live.rules, state, {"points": 9}, clock), clock)
    clock += timedelta(minutes=5)
    await worker.drain()
    assert (await shop.state(operation, pass_id)).model == "a"


async def test_delays_wait_for_an_event_for_all_that_was_accepted_before_they_ended(shop: Shop) -> None:
    matrix = small_matrix(
        ["a", "b", "c"],
        [
            {"from": "a", "to": "a", "at": "2027-03-02T00:00"},
            {"from": "a", "to": "b", "on": "gone"},
            {"from": "a", "to": "c", "after": {"event": "pass.issued", "delay": {"days": 5, "unit": "wall"}}},
        ],
        {"gone": {}},
    )
    operation = await shop.open(matrix, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    accepted = START + timedelta(days=3)
    await shop.database.run(shop.client_id, lambda unit: fire(unit, "gone", Subject(operation="op"), {}, accepted))
    await _worker(shop).drain()
    assert (await shop.state(operation, pass_id)).model == "b"
