"""
A campaign from its certificates to its report, played on the platform as people and phones would.

Ada adds her card to an iPhone, Ben his to an Android phone, Cleo looks at hers and adds nothing. The till counts a
visit and makes Ada's card gold; Ada deletes it. Then the report must say: 1 generated, 2 added, 1 deleted, 1 active.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import httpx

from walletpass.reporting import DEFINITIONS
from walletpass.testing.held_pass import HeldPass
from walletpass.testing.phone import FakePhone
from walletpass_server.bootstrap import Platform
from walletpass_server.demo.fakes import Fakes
from walletpass_server.demo.stage import PEOPLE, Person, Stage
from walletpass_server.demo.telling import Telling
from walletpass_server.engine.figures import report
from walletpass_server.engine.firing import fire
from walletpass_server.engine.subjects import Subject

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 "
    "Mobile Safari/537.36"
)
EXPECTED = {"generated": 1, "added": 2, "deleted": 1, "active": 1}
PATIENCE = 20.0
"""Seconds to wait for what must happen."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """
    Who and what takes part.

    Attributes:
        on: The platform, whose server is answering.
        fakes: Apple and Google.
        stage: What was set up.
        telling: Takes down what happens.
        root: The sample root that the phone trusts.
    """

    on: Platform
    fakes: Fakes
    stage: Stage
    telling: Telling
    root: Path

    async def play(self) -> None:
        """
        The whole of it.

        Raises:
            WalletPassError: Something was not as it must be.
        """
        tell, (ada, ben, cleo) = self.telling, self.stage.people
        async with (
            httpx.AsyncClient(headers={"User-Agent": IPHONE, "Accept-Language": "en"}, timeout=PATIENCE) as safari,
            FakePhone(safari, anchors=[self.root.read_bytes()], language="en") as phone,
        ):
            self.fakes.apns.listen(phone.hear)
            await self._open_links(safari)
            await self._look(safari, cleo)
            held = await self._add_to_iphone(phone, ada)
            object_id = await self._add_to_android(ben)
            await self._visit(phone, held, ben, object_id)
            await self._upgrade(phone, held)
            await phone.delete(held)
            tell.step("deleted", f"{ada.name} deletes the card from the iPhone")
        await self._report()
        tell.step("pictures", f"all on one sheet: {tell.sheet()}")

    async def _open_links(self, safari: httpx.AsyncClient) -> None:
        answer = await safari.get(self.stage.link)
        self.telling.check(answer.status_code == 200, f"the operation link answers {answer.status_code}")
        page = self.telling.folder / "page.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(answer.content)
        self.telling.step("link opened", f"{self.stage.link}: a page of {len(answer.content) / 1000:.0f} kB")

    async def _look(self, safari: httpx.AsyncClient, person: Person) -> None:
        answer = await safari.get(f"{person.link}.pkpass")
        kind = answer.headers.get("content-type", "")
        self.telling.check(kind == "application/vnd.apple.pkpass", f"the pass came as {answer.status_code} {kind}")
        HeldPass.read(answer.content, [self.root.read_bytes()])
        size = f"{len(answer.content) / 1000:.0f} kB, signature verified"
        self.telling.step("displayed", f"{person.name} looks at a card ({size}) and adds nothing")

    async def _add_to_iphone(self, phone: FakePhone, person: Person) -> HeldPass:
        held = await phone.add(f"{person.link}.pkpass")
        self.telling.check(held.serial == person.serial, f"{person.name} got pass {held.serial}")
        self.telling.apple(held, f"{person.name}: added")
        self.telling.step("added", f"{person.name} adds card {held.serial} to an iPhone, which registers")
        return held

    async def _add_to_android(self, person: Person) -> str:
        async with httpx.AsyncClient(headers={"User-Agent": ANDROID}, timeout=PATIENCE) as chrome:
            answer = await chrome.get(f"{person.link}/google")
        link = answer.headers.get("location", "")
        self.telling.check(answer.is_redirect, f"the link for Google answers {answer.status_code}")
        (saved,) = await asyncio.to_thread(self.fakes.google.save, link)
        callback = self.fakes.google.callbacks[-1]
        self.telling.check(callback.arrived, f"Google's callback was answered {callback.statuses}")
        await self.telling.google(self.fakes.google, saved.object_id, f"{person.name}: added")
        self.telling.step("added", f"{person.name} saves object {saved.object_id}; Google calls back")
        return saved.object_id

    async def _visit(self, phone: FakePhone, held: HeldPass, ben: Person, object_id: str) -> None:
        for serial in (held.serial, ben.serial):
            await self._tell("visit.counted", serial)
        self.telling.step("event", "the till counts a visit of both")
        await self._told(phone, held, "visit")
        await self._until(lambda: self._balance(object_id) == 1, "Google's object never showed the visit")
        await self.telling.google(self.fakes.google, object_id, f"{ben.name}: a visit")
        self.telling.step("patched", "Google's object shows the visit")

    async def _upgrade(self, phone: FakePhone, held: HeldPass) -> None:
        await self._tell("gold.earned", held.serial)
        self.telling.step("event", "the till makes the card gold")
        await self._told(phone, held, "gold")

    async def _told(self, phone: FakePhone, held: HeldPass, what: str) -> None:
        began = monotonic()
        try:
            await phone.wait_for_push(PATIENCE)
        except TimeoutError:
            self.telling.check(False, f"no push came within {PATIENCE:.0f} s")
        waited = monotonic() - began
        shown = await phone.answer_pushes()
        self.telling.check(len(shown) == 1, f"the lock screen shows {[notice.text for notice in shown]}")
        newest = phone.passes[held.key]
        self.telling.apple(newest, f"{PEOPLE[0]}: {what}")
        says = f"after {waited:.1f} s; the phone fetches the card and shows: {shown[0].text}"
        self.telling.step("pushed", says)

    async def _tell(self, event: str, serial: str) -> None:
        fired = await self.on.writer.write(
            self.stage.client_id, lambda unit: fire(unit, event, Subject(serial=serial), {}, datetime.now(UTC))
        )
        self.telling.check(fired.moved == 1, f"{event} moved {fired.moved} cards: {fired.reasons}")

    async def _report(self) -> None:
        today = datetime.now(self.stage.live.operation.tz).date()
        async with self.on.database.reading(self.stage.client_id) as unit:
            (line,) = await report(unit, self.stage.client_id, operation_id=self.stage.live.row.id, last=today)
        found = {name: count for name, count in line.values().items() if name in EXPECTED}
        self.telling.check(found == EXPECTED, f"the report says {found}, and should say {EXPECTED}")
        self.telling.step("report", ", ".join(f"{name} {count}" for name, count in found.items()))
        for name in EXPECTED:
            self.telling.say(f"{'':12}{name}: {DEFINITIONS[name].counts}, {DEFINITIONS[name].kind}")

    def _balance(self, object_id: str) -> int | None:
        object_ = self.fakes.google.object_(object_id) or {}
        found: int | None = object_.get("loyaltyPoints", {}).get("balance", {}).get("int")
        return found

    async def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        deadline = monotonic() + PATIENCE
        while not holds():
            self.telling.check(monotonic() < deadline, otherwise)
            await asyncio.sleep(0.05)
