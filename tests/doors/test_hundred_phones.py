"""
Phones register, update and delete at random while Triggers fire and processes are killed.

At rest every phone holds the newest version of each of its passes, which it heard of by a push, and the counts are
those of the phones. The seed is printed; WALLETPASS_SEED plays it again.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from walletpass.errors import WebServiceFault
from walletpass.testing import FakePhone, HeldPass
from walletpass_server.engine.figures import report
from walletpass_server.engine.recount import recount
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import DeviceRow, OutboxRow, PassRow, RegistrationRow

SERVE = ("-m", "walletpass", "serve", "--no-jobs")
WORKER = ("-m", "walletpass", "worker")
QUICK_WORKER = (str(Path(__file__).with_name("quick_worker.py")),)
DEEDS = {"add": 5, "delete": 4, "off": 1, "on": 1, "refresh": 1, "renew": 1}


pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Run:
    """
    How much happens.

    Attributes:
        phones: Phones.
        deeds: What each does that succeeds.
        passes: Passes, each on any number of phones.
        everyone: How many of the events are for all passes.
        kills: Processes killed; every third time it is the web server.
        worker: Which worker.
        rest: Seconds until all is at rest: a lease of a killed worker, and some.
    """

    phones: int
    deeds: int
    passes: int
    everyone: float
    kills: int
    worker: tuple[str, ...]
    rest: float


SHORT = Run(phones=15, deeds=12, passes=10, everyone=0.1, kills=3, worker=QUICK_WORKER, rest=60)
LONG = Run(phones=100, deeds=20, passes=150, everyone=0.01, kills=20, worker=WORKER, rest=300)


async def _do(phone: FakePhone, links: list[str], chance: random.Random) -> None:
    (deed,) = chance.choices(list(DEEDS), list(DEEDS.values()))
    if deed == "add" or not phone.passes:
        await phone.add(f"{chance.choice(links)}.pkpass")
        return
    held = chance.choice(list(phone.passes.values()))
    match deed:
        case "delete":
            await phone.delete(held)
        case "refresh":
            await phone.refresh(held)
        case "renew":
            await phone.renew_push_token()
        case _:
            await phone.turn_updates(held, on=deed == "on")


@dataclass
class Play:
    """
    A run that is going on.

    Attributes:
        killing: Whether processes are still being killed.
        going_on: Whether anybody still has something to do.
    """

    company: Any
    run: Run
    seed: str
    phones: list[FakePhone]
    killing: bool = True
    going_on: bool = True

    def chance(self, whose: object) -> random.Random:
        return random.Random(f"{self.seed} {whose}")

    async def play(self, links: list[str]) -> None:
        web, *workers = await self.company.start(SERVE, self.run.worker, self.run.worker)
        firing = asyncio.create_task(self._fire())
        lives = [self._live(number, phone, links) for number, phone in enumerate(self.phones)]
        try:
            await asyncio.gather(*lives, self._kill(web, workers))
        finally:
            self.going_on = False
            await firing
        await self.company.visit()  # the last word, for everyone

    async def _live(self, number: int, phone: FakePhone, links: list[str]) -> None:
        """What the owner of a phone does; what fails is left for later."""
        chance, done = self.chance(number), 0
        while done < self.run.deeds or self.killing:
            with suppress(WebServiceFault):  # a process was killed in the middle of it
                await phone.answer_pushes()
                await _do(phone, links, chance)
                done += 1
            await asyncio.sleep(chance.uniform(0.05, 0.5))

    async def _fire(self) -> None:
        """Triggers, of one pass or of all."""
        chance = self.chance("events")
        while self.going_on:
            serials = sorted({serial for phone in self.phones for _, serial in phone.passes})
            if serials:
                await self.company.visit(None if chance.random() < self.run.everyone else chance.choice(serials))
            await asyncio.sleep(chance.uniform(0.02, 0.3))

    async def _kill(self, web: Any, workers: list[Any]) -> None:
        """Processes die, and are started again by whoever watches over them."""
        chance = self.chance("kills")
        for number in range(self.run.kills):
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            victim = web if number % 3 == 1 else chance.choice(workers)
            await asyncio.to_thread(victim.end)
            victim.start()
            if victim is web:
                await self.company.answers()
        self.killing = False


async def _play(company: Any, run: Run) -> None:
    seed = os.environ.get("WALLETPASS_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"WALLETPASS_SEED={seed}")  # noqa: T201 - shown when it fails
    links = await company.mint(run.passes)
    async with httpx.AsyncClient(timeout=20) as http:
        phones = [company.phone(http) for _ in range(run.phones)]
        await Play(company, run, seed, phones).play(links)
        await company.at_rest(phones, run.rest)
        await _check(company, phones)


async def _check(company: Any, phones: list[FakePhone]) -> None:
    client, operation = company.client_id, company.live.row.id
    async with company.on.database.reading(client) as unit:
        placed = (RegistrationRow.client_id == DeviceRow.client_id) & (RegistrationRow.device_id == DeviceRow.id)
        which = (RegistrationRow.client_id == PassRow.client_id) & (RegistrationRow.pass_id == PassRow.id)
        found = select(DeviceRow.library_identifier, DeviceRow.push_token, PassRow.serial)
        on_phones = await unit.connection.execute(found.join(RegistrationRow, placed).join(PassRow, which))
        registered = {tuple(row) for row in on_phones}
        rows = (await unit.connection.execute(select(PassRow.serial, PassRow.id, PassRow.apple_holdings))).all()
        letters = (await unit.session.scalars(select(OutboxRow).where(OutboxRow.channel == "apns"))).all()
        differences = await recount(unit, client, operation)
        today = utc_now().astimezone(company.live.operation.tz).date()
        (line,) = await report(unit, client, operation_id=operation, last=today)
    ids = {serial: pass_id for serial, pass_id, _ in rows}
    wanted = {(phone.device, phone.push_token, key[1]) for phone in phones for key in phone.registered}
    assert registered == wanted
    assert {serial: held for serial, _, held in rows if held} == _count(serial for _, _, serial in wanted)
    assert letters == []
    assert differences == []
    figures = line.figures
    assert figures.active == len({serial for _, _, serial in wanted}) == figures.added - figures.deleted
    assert line.devices == len(wanted)
    newest = {serial: HeldPass.read(await company.newest(ids[serial]), [company.root]) for _, _, serial in wanted}
    for phone in phones:
        for key in phone.registered:
            assert phone.passes[key].files["pass.json"] == newest[key[1]].files["pass.json"], f"an old version: {key}"
    told = {
        "registrations": len(wanted),
        "events": company.fired,
        "pushes": len(company.apns.accepted),
        "notices": sum(len(phone.notices) for phone in phones),
    }
    print(told, f"{sum(len(phone.log) for phone in phones)} faults")  # noqa: T201 - shown when it fails
    assert all(told.values())  # something of everything happened


def _count(serials: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for serial in serials:
        counts[serial] = counts.get(serial, 0) + 1
    return counts


async def test_phones_hold_the_newest_version_though_processes_are_killed(
    url: str, open_company: Callable[..., Any]
) -> None:
    async with open_company(url) as company:
        await _play(company, SHORT)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_a_hundred_phones_hold_the_newest_version_though_processes_are_killed(
    url: str, open_company: Callable[..., Any]
) -> None:
    async with open_company(url) as company:
        await _play(company, LONG)
