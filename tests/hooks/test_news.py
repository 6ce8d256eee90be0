"""What happens in masses: told to who subscribed to the very name, and costing nothing where nobody did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from walletpass.errors import DatabaseUnavailable, UsageError
from walletpass.hooks import HIGH_VOLUME, Event
from walletpass_server.engine import news, phones
from walletpass_server.engine.erasure import erase
from walletpass_server.engine.news import Listeners, News, tell_news
from walletpass_server.hooks.tidying import UNDELIVERED_KEPT
from walletpass_server.persistence.tables import FactRow, HookEventRow, PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.testing import open_shop


async def _fetched(scene: Any, pass_id: int) -> None:
    about = News(
        type="pass.fetched",
        operation_id=scene.operation_id,
        pass_id=pass_id,
        data={"wallet": "apple", "model": "active"},
    )
    await scene.run(lambda unit: tell_news(unit, [about], scene.now, cause="apple.fetch"))


async def _events(scene: Any) -> int:
    async with scene.shop.database.reading(scene.shop.client_id) as unit:
        return int((await unit.connection.execute(select(func.count()).select_from(HookEventRow))).scalar_one())


async def test_only_the_very_name_makes_a_client_listen(scene: Any) -> None:
    await scene.listen("*", "pass.*", "link.opened")
    other = await open_shop(scene.shop.database, "other")
    listeners = Listeners(scene.shop.database)
    wanted = {name for name in HIGH_VOLUME if await listeners.want(scene.shop.client_id, name)}
    assert wanted == {"link.opened"}
    assert not await listeners.want(other.client_id, "link.opened")


async def test_who_listens_is_read_again_after_a_while(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(news, "monotonic", lambda: clock[0])
    listeners, client_id = Listeners(scene.shop.database), scene.shop.client_id
    clock[0] = 1.0
    assert not await listeners.want(client_id, "pass.fetched")
    await scene.listen("pass.fetched")
    assert not await listeners.want(client_id, "pass.fetched"), "nothing is read"
    clock[0] += news.FRESH
    assert await listeners.want(client_id, "pass.fetched")


async def test_nothing_is_written_where_nobody_listens(scene: Any) -> None:
    await scene.listen("*")
    pass_id, before = await scene.issue(), await _events(scene)
    told = News(type="notification.sent", operation_id=scene.operation_id, pass_id=pass_id)
    await Listeners(scene.shop.database).tell(scene.shop.client_id, [told], scene.now, cause="apns")
    assert await _events(scene) == before


async def test_a_database_that_is_away_undoes_nothing_that_was_done(
    scene: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await scene.listen("notification.sent")
    listeners = Listeners(scene.shop.database)

    async def away(*_: object) -> None:
        raise DatabaseUnavailable("the database is away")

    monkeypatch.setattr(listeners, "_read", away)
    told = News(type="notification.sent", operation_id=scene.operation_id)
    await listeners.tell(scene.shop.client_id, [told], scene.now, cause="apns")
    assert "1 events of client" in caplog.text


async def test_it_is_told_with_the_pass_and_to_filters_too(scene: Any) -> None:
    await scene.listen("pass.fetched", models=["active"], operations=[scene.operation_id], environment="test")
    await scene.listen("pass.fetched", models=["used"])
    pass_id = await scene.issue()
    await _fetched(scene, pass_id)
    assert await scene.told() == ["pass.fetched"]
    event = Event.read(scene.receiver.accepted[0].event)
    assert (event.cause.type, event.environment) == ("apple.fetch", "test")
    pass_told = event.data["pass"]
    assert (pass_told["id"], pass_told["model"], pass_told["wallet"]) == (pass_id, "active", "apple")


async def test_of_a_person_who_was_erased_nothing_more_is_told(scene: Any) -> None:
    await scene.listen("pass.fetched")
    pass_id = await scene.issue()
    await _fetched(scene, pass_id)
    async with scene.shop.database.reading(scene.shop.client_id) as unit:
        serial = (await unit.session.get_one(PassRow, (scene.shop.client_id, pass_id))).serial
    await erase(scene.shop.database, scene.shop.client_id, scene.now, serial=serial)
    assert await scene.told() == []
    async with scene.shop.database.reading(ALL_CLIENTS) as unit:
        about = select(HookEventRow).where(HookEventRow.pass_id.is_not(None))
        assert (await unit.session.scalars(about)).all() == []


async def test_the_facts_of_who_was_erased_say_nothing_of_the_phone(scene: Any) -> None:
    await scene.listen("*")
    pass_id = await scene.issue()
    keyring, where = scene.shop.keyring, (scene.operation_id, pass_id, "phone-1", "push-1", scene.now)
    await scene.run(lambda unit: phones.register(unit, *where, keyring=keyring))

    async def facts() -> list[dict[str, Any]]:
        async with scene.shop.database.reading(scene.shop.client_id) as unit:
            rows = await unit.session.scalars(select(FactRow).where(FactRow.name == "pass.added"))
            return [row.data for row in rows.all()]

    ((device, first),) = [(data["device"], data["first"]) for data in await facts()]
    assert (device[:2], len(device), first) == ("h:", 34, True)
    async with scene.shop.database.reading(scene.shop.client_id) as unit:
        serial = (await unit.session.get_one(PassRow, (scene.shop.client_id, pass_id))).serial
    await erase(scene.shop.database, scene.shop.client_id, scene.now, serial=serial)
    (data,) = await facts()
    assert (data.get("device"), data["first"]) == (None, True)


async def test_it_is_forgotten_when_no_delivery_waits_any_longer(scene: Any) -> None:
    await scene.listen("pass.fetched")
    await _fetched(scene, await scene.issue())
    await scene.told()
    worker, before = scene.worker(), await _events(scene)
    scene.now += UNDELIVERED_KEPT + timedelta(days=1)
    await worker.tidy()
    assert await _events(scene) == before - 1


async def test_a_subscriber_in_process_says_what_it_wants_to_hear_of(scene: Any) -> None:
    everything: list[str] = []
    chosen: list[str] = []

    def picky(event: Event) -> None:
        chosen.append(event.type)

    picky.events = ("pass.fetched", "pass.issued")  # type: ignore[attr-defined] # as packages do
    scene.subscribers.update(picky=picky, curious=lambda event: everything.append(event.type))
    await scene.listen("hook.test")
    pass_id = await scene.issue()
    await scene.add(pass_id)
    await _fetched(scene, pass_id)
    await scene.told()
    assert sorted(chosen) == ["pass.fetched", "pass.issued"]
    assert sorted(everything) == ["device.registered", "pass.added", "pass.issued"]
    picky.events = ("pass.gone",)  # type: ignore[attr-defined]
    scene.hooks = None
    with pytest.raises(UsageError, match=r"the subscriber picky: pass\.gone: no such event"):
        scene.worker()
