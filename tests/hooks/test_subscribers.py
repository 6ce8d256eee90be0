"""Subscribers in process: the same stream as web hooks, at least once, one that fails holds nobody up."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from walletpass.errors import UsageError
from walletpass.hooks import ENTRY_POINTS, Event, check_subscriptions
from walletpass.testing.receiver import receiver
from walletpass_server.hooks import subscribers


async def test_functions_and_coroutines_are_told_everything_in_order(scene: Any) -> None:
    told: list[str] = []
    awaited: list[str] = []

    async def later(event: Event) -> None:
        awaited.append(event.type)

    scene.subscribers.update(at_once=lambda event: told.append(event.type), later=later)
    await scene.listen("pass.issued")
    pass_id = await scene.issue()
    await scene.add(pass_id)
    await scene.fire("coupon.used", pass_id)
    assert await scene.told() == ["pass.issued"]
    wanted = ["pass.issued", "device.registered", "pass.added", "event.received", "trigger.fired", "pass.model_changed"]
    assert told == awaited == wanted


async def test_one_that_fails_is_told_again_and_holds_nobody_up(scene: Any) -> None:
    told: list[str] = []
    failures = iter([True, True, False])

    def unlucky(event: Event) -> None:
        if event.type == "pass.added" and next(failures, False):
            raise RuntimeError("a fault of the package")
        told.append(event.type)

    seen: list[str] = []
    scene.subscribers.update(unlucky=unlucky, other=lambda event: seen.append(event.type))
    await scene.listen("pass.issued")
    pass_id, other = await scene.issue(), await scene.issue()
    await scene.add(pass_id)
    await scene.fire("coupon.used", pass_id)
    await scene.told()
    assert seen.count("trigger.fired") == 1
    assert "trigger.fired" not in told  # it comes after what failed
    assert told.count("pass.issued") == 2, f"{other} is another pass"
    for _ in range(3):
        scene.now += timedelta(minutes=10)
        await scene.told()
    assert [each for each in told if each in ("pass.added", "trigger.fired")] == ["pass.added", "trigger.fired"]
    assert set(Counter(told).values()) <= {1, 2}


async def test_holders_are_known_to_subscribers_in_process(scene: Any) -> None:
    told: list[Event] = []
    scene.subscribers.update(mailer=told.append)
    await scene.listen("hook.test")
    await scene.issue(holder="Ada")
    await scene.told()
    assert told[0].data["pass"]["holder"]["values"]["holder"] == "Ada"


async def test_a_slow_endpoint_does_not_hold_up_the_others(scene: Any) -> None:
    async with receiver() as slow:
        slow.delay = 3.0
        await scene.listen("pass.issued", url=slow.url)
        await scene.listen("pass.issued")
        await scene.issue()
        await scene.worker().spread()
        rounds = [asyncio.create_task(scene.worker().deliver()) for _ in range(2)]
        async with asyncio.timeout(2.9):
            while not scene.receiver.accepted:
                await asyncio.sleep(0.02)
        assert slow.accepted == []
        assert await asyncio.gather(*rounds) == [True, True]


def test_packages_offer_subscribers_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("finder", "walletpass.hooks:check_subscriptions", ENTRY_POINTS)
    monkeypatch.setattr(subscribers, "entry_points", lambda group: [point] if group == ENTRY_POINTS else [])
    assert subscribers.installed() == {"finder": check_subscriptions}
    for broken, why in (("no_such_package:x", "cannot be loaded"), ("walletpass.hooks:MAX_CHAIN", "is no function")):
        point = EntryPoint("broken", broken, ENTRY_POINTS)
        with pytest.raises(UsageError, match=why):
            subscribers.installed()
