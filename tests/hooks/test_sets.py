"""A date that moves a whole set at once: told pass by pass, as if each had been moved by itself."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import running
from walletpass_server.engine.erasure import erase
from walletpass_server.engine.running import Sizes
from walletpass_server.engine.set_based import move_set
from walletpass_server.engine.worker import Worker
from walletpass_server.hooks.tidying import ARRIVED_KEPT
from walletpass_server.persistence.tables import HookDeliveryRow, OutboxRow, PassRow

TITLE = {"title": {"type": "text", "required": False}}
DUE = START + timedelta(days=3)
MATRIX = small_matrix(
    {"a": TITLE, "b": TITLE},
    [{"name": "the-day", "from": "a", "to": "b", "at": DUE.isoformat(), "set": {"title": "'done'"}}],
)


async def _passes(scene: Any, operation: str) -> list[int]:
    """Some that are moved together, and some that have to be decided: they hold the new value already."""
    scene.operation_id = await scene.shop.open(MATRIX, small_operation(operation=operation), START)
    return [await scene.issue(**({"title": "done"} if number % 4 == 0 else {})) for number in range(11)]


async def _move(scene: Any) -> None:
    worker = Worker(
        database=scene.shop.database, clock=lambda: DUE, pause=timedelta(0), idle=timedelta(days=1),
        sizes=Sizes(moved=4, decided=2),
    )  # fmt: skip
    await worker.drain()
    scene.now = DUE


async def _told(scene: Any, passes: list[int]) -> list[list[tuple[str, dict[str, Any], int]]]:
    """For each pass, in its order: what was told."""
    scene.receiver.accepted.clear()
    await scene.told()
    found: dict[int, list[Any]] = defaultdict(list)
    for request in scene.receiver.accepted:
        event = request.event
        data = {name: value for name, value in event["data"].items() if name != "pass"}
        found[event["data"]["pass"]["id"]].append((event["type"], data, event["sequence"]))
    return [found[pass_id] for pass_id in passes]


async def test_a_set_is_told_as_each_pass_would_be(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.listen("trigger.fired", "pass.*")
    await scene.listen("pass.model_changed", models=["b"], operations=[scene.operation_id])
    together = []

    async def counting(*arguments: Any) -> int:
        moved = await move_set(*arguments)
        together.append(moved)
        return moved

    monkeypatch.setattr(running, "move_set", counting)
    found = []
    for name in ("by-sets", "one-by-one"):
        passes = await _passes(scene, name)
        await scene.told()
        if name == "one-by-one":
            monkeypatch.setattr(running, "set_move", lambda *_: None)
        await _move(scene)
        found.append(await _told(scene, passes))
        scene.now = START + timedelta(days=1)
    assert found[0] == found[1]
    assert sum(together) == 8
    types = [[type_ for type_, _, _ in each] for each in found[0]]
    assert types[1] == ["trigger.fired", "pass.model_changed", "pass.updated"]
    assert types[0] == types[1][:2]
    assert found[0][1][0][1]["due_at"] == DUE.isoformat()


async def test_one_letter_tells_of_many_and_what_failed_before_holds_it_up(scene: Any) -> None:
    await scene.listen("*")
    passes = await _passes(scene, "spring")
    scene.receiver.answer = lambda _: 500
    await scene.told()
    await _move(scene)
    async with scene.shop.database.reading(scene.shop.client_id) as unit:
        keys = (await unit.session.scalars(select(OutboxRow.coalesce_key).where(OutboxRow.channel == "hook"))).all()
    assert len([key for key in keys if key.startswith("run:")]) == 3
    scene.receiver.answer = lambda _: 200
    for _ in range(4):
        scene.now += timedelta(minutes=10)
        await scene.told()
    for pass_id in passes:
        told = [
            each.event for each in scene.receiver.accepted if each.event["data"].get("pass", {}).get("id") == pass_id
        ]
        assert [each["type"] for each in told][:2] == ["pass.issued", "trigger.fired"]
        assert [each["sequence"] for each in told] == sorted(each["sequence"] for each in told)


async def test_a_person_erased_before_the_letter_is_spread_is_not_told_of(scene: Any) -> None:
    await scene.listen("trigger.fired")
    passes = await _passes(scene, "spring")
    await scene.told()
    await _move(scene)
    async with scene.shop.database.reading(scene.shop.client_id) as unit:
        serial = (await unit.session.get_one(PassRow, (scene.shop.client_id, passes[1]))).serial
    await erase(scene.shop.database, scene.shop.client_id, DUE, serial=serial)
    told = await _told(scene, passes)
    assert [bool(each) for each in told] == [number != 1 for number in range(11)]
    scene.now += ARRIVED_KEPT + timedelta(days=1)
    await scene.worker().tidy()
    async with scene.shop.database.reading(scene.shop.client_id) as unit:
        assert (await unit.connection.execute(select(func.count()).select_from(HookDeliveryRow))).scalar_one() == 0
