"""Workers, Triggers and faults together: at rest every phone of a changed pass was pushed, whatever happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from walletpass.testing.apns import Fault
from walletpass_server.engine.worker import Worker
from walletpass_server.wallets.apple.apns import hardened, sender

PHONES = 10
SCALE = 200
"""Times as fast: ten minutes are three seconds."""
ANSWER_SECONDS = 2.0
"""Shorter than Apple's, and still longer than a busy machine takes for an answer."""


@pytest.fixture
def scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of the sender and its connections, that much shorter."""
    for module, name in (
        (hardened, "LOOK_SECONDS"), (hardened, "LONGEST_REST"), (sender, "FIRST_REST"), (sender, "LONGEST_REST"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, getattr(module, name) / SCALE)
    monkeypatch.setattr(hardened, "ANSWER_SECONDS", ANSWER_SECONDS)


def worker_of(rig: Any) -> Worker:
    return Worker(
        database=rig.shop.database,
        senders={"apns": rig.sender},
        clock=lambda: rig.now,
        idle=timedelta(milliseconds=20),
    )


@asynccontextmanager
async def at_work(rig: Any) -> AsyncIterator[None]:
    """A worker, which ends whatever becomes of the test."""
    worker = worker_of(rig)
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run())
        try:
            yield
        finally:
            worker.stop()


async def until_nothing_waits(rig: Any, tokens: list[str]) -> None:
    async with asyncio.timeout(100):
        while await rig.letters() or not set(tokens) <= {push.token for push in rig.apns.accepted}:
            await asyncio.sleep(0.05)
            await rig.hasten()


@pytest.mark.usefixtures("scaled")
async def test_when_apns_is_down_for_ten_minutes_every_push_of_that_time_is_delivered_after_it(rig: Any) -> None:
    tokens = await rig.add_many(PHONES)
    async with at_work(rig):
        await rig.change(*list(rig.passes)[:3])
        await rig.apns.stop()
        await rig.change(*list(rig.passes)[3:])
        await asyncio.sleep(600 / SCALE)
        assert len(await rig.letters()) >= PHONES - 3
        assert all(letter.dead_at is None for letter in await rig.letters())
        await rig.apns.start()
        await until_nothing_waits(rig, tokens)


@pytest.mark.usefixtures("scaled")
async def test_under_one_fault_after_the_other_no_push_is_lost(rig: Any) -> None:
    tokens = await rig.add_many(PHONES)
    rig.apns.goaway_after = 0.2
    async with at_work(rig):
        for fault in (fault for fault in Fault if fault is not Fault.ALL_GONE):
            rig.apns.fault = fault
            rig.apns.received.clear()
            await rig.change()
            await asyncio.sleep(0.1)
            rig.apns.fault = Fault.NONE
            await until_nothing_waits(rig, tokens)
    assert await rig.registrations() == PHONES


async def test_a_worker_that_is_cancelled_while_it_sends_hands_its_letters_back(rig: Any) -> None:
    tokens = await rig.add_many(5)
    await rig.change()
    rig.apns.latency = 3600.0
    working = asyncio.create_task(worker_of(rig).run())
    try:
        async with asyncio.timeout(60):
            while len(rig.apns.received) < 5:
                await asyncio.sleep(0.02)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert [letter.attempts for letter in await rig.letters()] == [0] * 5
    rig.apns.latency = 0.0
    await rig.send()
    assert {push.token for push in rig.apns.accepted} == set(tokens)
    assert await rig.letters() == []
