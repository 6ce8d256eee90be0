"""How hooks fare, for metrics and doctor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from walletpass_server.doctor import work
from walletpass_server.hooks.endpoints import pause_endpoint
from walletpass_server.hooks.health import Health, look
from walletpass_server.hooks.rounds import GIVEN_UP, WORKER
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS


async def _look(scene: Any) -> tuple[Health, Any]:
    async with scene.shop.database.reading(ALL_CLIENTS) as unit:
        return await look(unit, scene.now), await work.hooks(unit, scene.now)


async def test_what_arrives_is_well(scene: Any) -> None:
    await scene.listen("pass.issued")
    await scene.issue()
    await scene.told()
    found, check = await _look(scene)
    assert (found.waiting, found.dead, found.paused, found.failing, check.ok) == (0, 0, 0, 0, True)


async def test_what_waits_for_a_worker_is_told_with_its_age(scene: Any) -> None:
    await scene.listen("pass.issued")
    await scene.issue()
    await scene.worker().spread()
    scene.now += timedelta(minutes=20)
    found, check = await _look(scene)
    assert (found.waiting, found.oldest, check.ok) == (1, timedelta(minutes=20), False)
    assert "the oldest for 20 min" in check.says


async def test_endpoints_that_fail_or_are_paused_are_named_with_why(scene: Any) -> None:
    new = await scene.listen("pass.issued")
    scene.receiver.answer = lambda _: 500
    await scene.issue()
    await scene.told()
    found, check = await _look(scene)
    assert (found.failing, found.waiting, check.ok) == (1, 1, False)
    assert "Tool (500" in check.says
    await scene.run(lambda unit: pause_endpoint(unit, new.row.id, WORKER, scene.now, "moving house"))
    found, check = await _look(scene)
    assert (found.paused, found.failing, found.held, found.waiting) == (1, 0, 1, 0)
    assert "moving house" in check.says


async def test_what_was_given_up_is_told(scene: Any) -> None:
    await scene.listen("pass.issued")
    pass_id = await scene.issue()
    scene.receiver.answer = lambda received: 500 if received.event["data"]["pass"]["id"] == pass_id else 200
    await scene.told()
    scene.now += GIVEN_UP + timedelta(hours=1)
    await scene.issue()
    await scene.told()
    found, check = await _look(scene)
    assert (found.dead, found.failing, check.ok) == (1, 0, False)
    assert "'walletpass hook dead'" in check.says
