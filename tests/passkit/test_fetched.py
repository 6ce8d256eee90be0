"""`pass.fetched`: told of a phone that downloads a pass, where somebody subscribed to the very name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from walletpass_server.engine.audit import Actor
from walletpass_server.hooks.endpoints import Wish, add_endpoint
from walletpass_server.persistence.tables import HookEventRow


async def _listen(counter: Any, *events: str) -> None:
    wish = Wish(name="Tool", url="https://tool.example/hook", events=events)
    keyring, actor = counter.on.keyring, Actor("staff", "tester")
    await counter.on.database.run(
        counter.shop.client_id, lambda unit: add_endpoint(unit, keyring, wish, actor, counter.now)
    )


async def _told(counter: Any) -> list[tuple[int | None, dict[str, Any]]]:
    async with counter.on.database.reading(counter.shop.client_id) as unit:
        rows = await unit.session.scalars(select(HookEventRow).where(HookEventRow.type == "pass.fetched"))
        return [(row.pass_id, row.data) for row in rows.all()]


async def test_a_download_is_told_and_neither_a_look_nor_what_the_phone_has(counter: Any) -> None:
    await _listen(counter, "pass.fetched")
    pass_id = await counter.issue()
    answer = await counter.fetch()
    assert (await counter.http.head(counter.address(), headers=await counter.auth())).status_code == 200
    assert (await counter.fetch(since=answer.headers["last-modified"])).status_code == 304
    assert await _told(counter) == [(pass_id, {"wallet": "apple", "model": "a"})]


async def test_without_the_very_name_nothing_is_written(counter: Any, neighbour: Any) -> None:
    await _listen(counter, "*")
    await _listen(neighbour, "pass.fetched")
    await counter.issue()
    assert (await counter.fetch()).status_code == 200
    assert await _told(counter) == await _told(neighbour) == []


async def test_a_pass_is_served_though_nothing_can_be_written_of_it(counter: Any) -> None:
    await _listen(counter, "pass.fetched")
    await counter.issue()
    await counter.on.writer.stop()
    assert (await counter.fetch()).status_code == 200
    assert await _told(counter) == []
