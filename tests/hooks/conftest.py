"""A client with an operation, somebody on the web who listens, and the hooks of a worker at a clock of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from walletpass.hooks import Subscriber
from walletpass.lifecycle import Holding, register, unregister
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass.testing.receiver import Receiver, receiver
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.firing import fire
from walletpass_server.engine.subjects import Subject
from walletpass_server.hooks.dispatcher import Hooks
from walletpass_server.hooks.endpoints import NewSecret, Wish, add_endpoint
from walletpass_server.hooks.web import WebCarrier
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop, open_shop

LOCAL = ("127.0.0.0/8",)
TESTER = Actor("staff", "tester")
MATRIX = small_matrix(
    {
        "active": {"points": {"type": "number", "required": False}, "holder": {"type": "text", "required": False}},
        "used": {},
    },
    [
        {"name": "earned", "from": "active", "to": "active", "on": "points.earned", "set": {"points": "event.points"}},
        {"name": "redeemed", "from": "active", "to": "used", "on": "coupon.used"},
    ],
    {"points.earned": {"points": "number"}, "coupon.used": {}},
)


@dataclass
class Scene:
    """What the tests of hooks play with."""

    shop: Shop
    operation_id: int
    receiver: Receiver
    now: datetime = START + timedelta(days=1)
    subscribers: dict[str, Subscriber] = field(default_factory=dict)
    hooks: Hooks | None = None

    async def listen(self, *events: str, url: str = "", **more: Any) -> NewSecret:
        """An endpoint at the receiver."""
        wish = Wish(name="Tool", url=url or self.receiver.url, events=events or ("*",), **more)

        async def work(unit: Unit) -> NewSecret:
            return await add_endpoint(unit, self.shop.keyring, wish, TESTER, self.now, private=LOCAL)

        return await self.run(work)

    async def run(self, work: Any) -> Any:
        """In a transaction of the client."""
        return await self.shop.database.run(self.shop.client_id, work)

    async def issue(self, **values: object) -> int:
        """A pass."""
        return await self.shop.issue(self.operation_id, values, self.now)

    async def add(self, pass_id: int, device: str = "phone") -> None:
        """A phone has it."""
        command = partial(register, *(await self.shop.live(self.operation_id)).rules)
        holding = Holding("apple", device)
        await self.shop.carry_out(self.operation_id, pass_id, lambda state: command(state, holding, self.now), self.now)

    async def remove(self, pass_id: int, device: str = "phone") -> None:
        """A phone no longer has it."""
        command = partial(unregister, *(await self.shop.live(self.operation_id)).rules)
        holding = Holding("apple", device)
        await self.shop.carry_out(self.operation_id, pass_id, lambda state: command(state, holding, self.now), self.now)

    async def fire(self, event: str, pass_id: int, data: Mapping[str, object] | None = None, **more: Any) -> None:
        """An event from outside."""
        await self.run(lambda unit: fire(unit, event, Subject(pass_id=pass_id), data or {}, self.now, **more))

    def worker(self) -> Hooks:
        """The hooks of a worker."""
        if self.hooks is None:
            web = WebCarrier(self.shop.keyring, LOCAL)
            self.hooks = Hooks(self.shop.database, web, self.subscribers, clock=lambda: self.now)
        return self.hooks

    async def told(self) -> Sequence[str]:
        """Do all that is due; the types of the events accepted so far."""
        await self.worker().drain()
        return [request.event["type"] for request in self.receiver.accepted]


@pytest.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    """A client, and a receiver on this machine."""
    shop = await open_shop(database)
    operation_id = await shop.open(MATRIX, small_operation(), START)
    async with receiver() as listening:
        found = Scene(shop, operation_id, listening)
        yield found
        if found.hooks is not None:
            await found.hooks.close()
