"""What hooks are told of pushes: for the passes that they are about, once it is certain what became of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from walletpass.testing.apns import Fault, Reply
from walletpass_server.engine.audit import Actor
from walletpass_server.hooks.endpoints import Wish, add_endpoint
from walletpass_server.persistence.tables import HookEventRow, PassRow

TOKENS = ("a1" * 32, "b2" * 32)


@pytest.fixture
async def heard(rig: Any) -> Any:
    """Two passes on a phone and one on another, and somebody who listens."""
    rig.connect()
    for serial, token in (("A", TOKENS[0]), ("B", TOKENS[0]), ("C", TOKENS[1])):
        await rig.add(serial, token, device=token[:8])
    wish = Wish(name="Tool", url="https://tool.example/hook", events=("notification.sent", "notification.failed"))
    keyring, actor = rig.shop.keyring, Actor("staff", "tester")
    await rig.run(lambda unit: add_endpoint(unit, keyring, wish, actor, rig.now))
    return rig


async def _notice(rig: Any, *serials: str) -> None:
    """A change that is to be noticed."""
    await rig.change(*serials)

    async def promise(unit: Any) -> None:
        for serial in serials:
            row = await unit.session.get_one(PassRow, (rig.shop.client_id, rig.passes[serial]))
            row.notified = {"apple": [int(row.changed_at.timestamp() * 1_000_000)]}

    await rig.run(promise)


async def _told(rig: Any) -> list[tuple[str, int | None, str | None]]:
    async with rig.shop.database.reading(rig.shop.client_id) as unit:
        rows = (await unit.session.scalars(select(HookEventRow).order_by(HookEventRow.id))).all()
        assert {row.data["wallet"] for row in rows} <= {"apple"}
        assert all(row.data["device_hash"].startswith("h:") for row in rows)
        return [(row.type, row.pass_id, row.data.get("error")) for row in rows]


async def test_each_pass_that_is_to_be_noticed_is_told_once_its_push_was_taken(heard: Any) -> None:
    await heard.change("B")  # silent
    await _notice(heard, "A", "C")
    await heard.send()
    assert await _told(heard) == [
        ("notification.sent", heard.passes["A"], None),
        ("notification.sent", heard.passes["C"], None),
    ]


async def test_what_may_still_arrive_is_not_told_and_what_never_will_is(heard: Any) -> None:
    await _notice(heard, "A", "C")
    heard.apns.refuse(
        TOKENS[0], Reply(410, "Unregistered", timestamp=int((heard.now + timedelta(days=1)).timestamp() * 1000))
    )
    heard.apns.refuse(TOKENS[1], Reply(429, "TooManyRequests"))
    await heard.send()
    assert await _told(heard) == [("notification.failed", heard.passes["A"], "410 Unregistered")]
    heard.apns.allow(TOKENS[1])
    await heard.hasten()
    await heard.send()
    assert (await _told(heard))[1:] == [("notification.sent", heard.passes["C"], None)]


async def test_an_outage_tells_nothing(heard: Any) -> None:
    await _notice(heard, "A")
    heard.apns.fault = Fault.BARE_503
    await heard.send()
    assert await _told(heard) == []
