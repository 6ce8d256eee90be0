"""Web hooks: what is told, signed how, in which order, and what happens when it does not arrive."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from walletpass.hooks import Event
from walletpass.testing.life import small_matrix, small_operation
from walletpass.testing.receiver import Received, receiver
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.erasure import erase
from walletpass_server.hooks import web
from walletpass_server.hooks.endpoints import (
    counts_of,
    deliver_again,
    find_endpoint,
    remove_endpoint,
    replay,
    resume_endpoint,
    rotate_secret,
    send_test,
)
from walletpass_server.hooks.secrets import signing_secrets
from walletpass_server.persistence.rotation import seal_again
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import AuditRow, HookDeliveryRow, OutboxRow, PassRow
from walletpass_server.testing import Shop

TESTER = Actor("staff", "tester")
MATRIX = small_matrix({"active": {}}, [], {})


async def test_an_event_arrives_signed_with_its_envelope(scene: Any) -> None:
    new = await scene.listen("pass.*")
    pass_id = await scene.issue(holder="Ada")
    await scene.add(pass_id)
    assert await scene.told() == ["pass.issued", "pass.added"]
    request = scene.receiver.accepted[-1]
    assert Webhook(new.secret).verify(request.body, dict(request.headers)) == request.event
    event = Event.read(request.event)
    assert (event.type, event.client, event.environment) == ("pass.added", "shop", "test")
    assert event.id == request.headers["webhook-id"]
    assert event.cause.type == "apple.register"
    told = event.data["pass"]
    assert (told["id"], told["model"], told["wallet"], told["pass_type"]) == (pass_id, "active", "apple", "coupon")
    assert (event.data["first"], event.data["active_devices"]) == (True, 1)
    assert "Ada" not in request.body.decode()
    assert json.loads(request.body) == event.document()


async def test_a_secret_is_rotated_with_two_signatures_for_a_while(scene: Any) -> None:
    old = await scene.listen("pass.issued")
    new = await scene.run(
        lambda unit: rotate_secret(unit, scene.shop.keyring, old.row.id, TESTER, scene.now, overlap=timedelta(hours=1))
    )
    await scene.issue()
    await scene.told()
    (request,) = scene.receiver.accepted
    for secret in (old.secret, new.secret):
        Webhook(secret).verify(request.body, dict(request.headers))


async def test_a_move_is_told_as_trigger_and_as_change_of_model(scene: Any) -> None:
    await scene.listen("trigger.*", "pass.model_changed", "pass.updated")
    pass_id = await scene.issue()
    await scene.fire("points.earned", pass_id, {"points": 10})
    await scene.fire("coupon.used", pass_id)
    assert await scene.told() == ["trigger.fired", "pass.updated", "trigger.fired", "pass.model_changed"]
    events = [request.event for request in scene.receiver.accepted]
    assert events[1]["data"]["changed_fields"] == ["points"]
    assert events[2]["data"]["trigger"] == {"id": "redeemed", "kind": "on"}
    assert (events[3]["data"]["from_model"], events[3]["data"]["to_model"]) == ("active", "used")
    assert [event["sequence"] for event in events] == sorted({event["sequence"] for event in events})


async def test_what_fails_is_tried_again_and_holds_up_its_own_pass_only(scene: Any) -> None:
    await scene.listen("pass.*")
    poisoned, fine = await scene.issue(), await scene.issue()
    await scene.add(poisoned)
    await scene.add(fine)

    def answer(request: Received) -> int:
        event = request.event
        return 500 if (event["type"], event["data"]["pass"]["id"]) == ("pass.issued", poisoned) else 200

    scene.receiver.answer = answer
    await scene.told()
    assert [(r.event["type"], r.event["data"]["pass"]["id"]) for r in scene.receiver.accepted] == [
        ("pass.issued", fine), ("pass.added", fine),
    ]  # fmt: skip
    scene.receiver.answer = lambda _: 200
    assert await scene.told() == ["pass.issued", "pass.added"], "not yet"
    scene.now += timedelta(seconds=10)
    assert await scene.told() == ["pass.issued", "pass.added"] * 2
    first, *_, last = [r for r in scene.receiver.received if r.event["data"]["pass"]["id"] == poisoned]
    assert first.headers["webhook-id"] != last.headers["webhook-id"]
    assert len({r.headers["webhook-id"] for r in scene.receiver.received}) == 4


async def test_with_random_failures_each_pass_is_told_in_order_and_nothing_is_lost(scene: Any) -> None:
    await scene.listen("pass.*", "trigger.fired")
    random, refused = Random(7), Counter[str]()

    def unlucky(request: Received) -> int:
        refuses = refused[request.event["id"]] < 4 and random.random() < 0.4  # never for three days
        refused[request.event["id"]] += refuses
        return 503 if refuses else 200

    scene.receiver.answer = unlucky
    passes = [await scene.issue() for _ in range(6)]
    for number in range(4):
        for pass_id in passes:
            await scene.fire("points.earned", pass_id, {"points": number + 1})
        scene.now += timedelta(seconds=1)
        await scene.told()
    for _ in range(80):
        scene.now += timedelta(hours=3)
        if len(await scene.told()) == 6 * 9:
            break
    arrived = [(r.event["data"]["pass"]["id"], r.event["sequence"]) for r in scene.receiver.accepted]
    assert len(arrived) == len(set(arrived)) == 6 * 9  # issued; then fired and updated, four times
    for pass_id in passes:
        order = [sequence for of, sequence in arrived if of == pass_id]
        assert order == sorted(order)


async def test_after_three_days_a_delivery_is_dead_and_can_be_given_another_round(scene: Any) -> None:
    new = await scene.listen("pass.issued")
    scene.receiver.answer = lambda request: 500 if request.event["data"]["pass"]["id"] == lost else 200
    lost = await scene.issue()
    for _ in range(9):
        await scene.told()
        scene.now += timedelta(hours=12)
        await scene.issue()  # others arrive, so that the endpoint is not paused
    async with scene.shop.database.reading(scene.shop.client_id) as unit:
        ((_, dead),) = (await counts_of(unit, [new.row.id])).values()
    assert dead == 1
    attempts = sum(request.event["data"]["pass"]["id"] == lost for request in scene.receiver.received)
    assert 4 <= attempts <= 9
    scene.receiver.answer = lambda _: 200
    again = await scene.run(lambda unit: deliver_again(unit, new.row.id, TESTER, scene.now))
    await scene.told()
    assert again == 1
    assert lost in {request.event["data"]["pass"]["id"] for request in scene.receiver.accepted}


async def test_a_dead_endpoint_rests_and_is_paused_and_the_others_are_told(scene: Any) -> None:
    async with receiver(lambda _: 503) as dead:
        new = await scene.listen("pass.*", url=dead.url)
        await scene.listen("hook.paused")
        for _ in range(6):
            await scene.issue()
            await scene.told()
            scene.now += timedelta(hours=15)
        assert len(dead.received) < 15
        await scene.told()
    assert [request.event["type"] for request in scene.receiver.accepted] == ["hook.paused"]
    row = await scene.run(lambda unit: find_endpoint(unit, new.row.id))
    assert (row.state, row.last_status) == ("paused", 503)
    audited = await scene.run(lambda unit: unit.session.scalars(select(AuditRow.action)))
    assert "hook.paused" in audited.all()


async def test_gone_pauses_at_once_and_what_waited_comes_after_resuming(scene: Any) -> None:
    new = await scene.listen("pass.*")
    scene.receiver.answer = lambda _: 410
    pass_id = await scene.issue()
    assert await scene.told() == []
    await scene.add(pass_id)
    scene.receiver.answer = lambda _: 200
    assert await scene.told() == []
    scene.now += timedelta(days=5)
    await scene.run(lambda unit: resume_endpoint(unit, new.row.id, TESTER, scene.now))
    assert await scene.told() == ["pass.issued", "pass.added"]


async def test_the_time_that_an_endpoint_asks_for_is_given(scene: Any) -> None:
    await scene.listen("pass.*")
    scene.receiver.answer, scene.receiver.headers = (lambda _: 429), {"Retry-After": "1800"}
    await scene.issue()
    await scene.told()
    scene.receiver.answer = lambda _: 200
    scene.now += timedelta(minutes=20)
    assert await scene.told() == []
    scene.now += timedelta(minutes=11)
    assert await scene.told() == ["pass.issued"]


async def test_redirects_are_not_followed(scene: Any) -> None:
    async with receiver() as inside:
        await scene.listen("pass.*")
        scene.receiver.answer, scene.receiver.headers = (lambda _: 302), {"Location": inside.url}
        await scene.issue()
        await scene.told()
        assert (len(scene.receiver.received), inside.received) == (1, [])


async def test_a_replay_tells_again_what_was_with_the_same_ids(scene: Any) -> None:
    new = await scene.listen("pass.*")
    early = await scene.issue()
    scene.now += timedelta(hours=1)
    since = scene.now
    late = await scene.issue()
    await scene.add(early)
    await scene.told()
    first = [request.headers["webhook-id"] for request in scene.receiver.accepted]
    scene.now += timedelta(hours=1)
    await scene.run(lambda unit: replay(unit, new.row.id, since, TESTER, scene.now))
    await scene.told()
    again = [request.headers["webhook-id"] for request in scene.receiver.accepted][len(first) :]
    told = [(r.event["type"], r.event["data"]["pass"]["id"]) for r in scene.receiver.accepted][len(first) :]
    assert sorted(told) == [("pass.added", early), ("pass.issued", late)]
    assert set(again) < set(first)


async def test_a_new_endpoint_can_be_told_of_what_was_before_it(scene: Any) -> None:
    await scene.issue()
    await scene.told()
    new = await scene.listen("*")
    await scene.run(lambda unit: replay(unit, new.row.id, scene.now - timedelta(days=30), TESTER, scene.now))
    assert await scene.told() == ["pass.issued"]


async def test_an_endpoint_hears_of_its_operations_models_and_environment_only(scene: Any) -> None:
    await scene.listen("pass.*", environment="production")
    await scene.listen("pass.model_changed", models=["used"], operations=[scene.operation_id])
    await scene.listen("trigger.fired", models=["lost"])
    pass_id = await scene.issue()
    await scene.fire("coupon.used", pass_id)
    assert await scene.told() == ["pass.model_changed"]


async def test_a_holder_is_told_to_those_who_asked_for_it(scene: Any) -> None:
    await scene.listen("pass.issued", include=["holder"])
    await scene.issue(holder="Ada")
    await scene.told()
    assert scene.receiver.accepted[0].event["data"]["pass"]["holder"] == {"values": {"holder": "Ada"}}


async def test_of_an_erased_person_nothing_more_is_told(scene: Any) -> None:
    await scene.listen("pass.*")
    scene.receiver.answer = lambda _: 503
    pass_id = await scene.issue()
    await scene.told()
    async with scene.shop.database.reading(scene.shop.client_id) as unit:
        serial = await unit.session.scalar(select(PassRow.serial).where(PassRow.id == pass_id))
    await erase(scene.shop.database, scene.shop.client_id, scene.now, serial=serial)
    scene.receiver.answer = lambda _: 200
    scene.now += timedelta(days=1)
    assert await scene.told() == []


async def test_a_test_is_told_to_one_endpoint_whatever_it_subscribed_to(scene: Any) -> None:
    new = await scene.listen("pass.voided")
    await scene.listen("*", url=scene.receiver.url + "/other")
    await scene.run(lambda unit: send_test(unit, new.row.id, TESTER, scene.now))
    assert await scene.told() == ["hook.test"]


async def test_the_life_of_an_operation_is_told_when_it_comes(scene: Any) -> None:
    await scene.listen("operation.*", "matrix.*")
    now = datetime.now(UTC)  # letters go by the clock of the database
    period = {
        "starts_at": (now + timedelta(seconds=1)).isoformat(),
        "ends_at": (now + timedelta(seconds=2)).isoformat(),
    }
    await scene.shop.open(MATRIX, small_operation(**period), now)
    wanted = ["matrix.frozen", "matrix.versioned", "operation.created", "operation.ended", "operation.started"]
    while len(told := await scene.told()) < len(wanted):  # ended by the time-out of the test
        await asyncio.sleep(0.05)
    assert sorted(told) == wanted


async def test_a_removed_endpoint_is_told_nothing(scene: Any) -> None:
    new = await scene.listen("*")
    await scene.run(lambda unit: remove_endpoint(unit, new.row.id, TESTER, scene.now))
    await scene.issue()
    assert await scene.told() == []
    async with scene.shop.database.reading(scene.shop.client_id) as unit:
        letters = await unit.session.scalars(select(OutboxRow.coalesce_key).where(OutboxRow.channel == "hook"))
        assert [key for key in letters.all() if not key.startswith("operation.")] == []


async def test_an_endpoint_that_is_too_slow_has_failed(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "TIMEOUT", 0.1)
    new = await scene.listen("pass.issued")
    scene.receiver.delay = 1.0
    await scene.issue()
    await scene.told()
    row = await scene.run(lambda unit: find_endpoint(unit, new.row.id))
    assert (row.last_status, row.failures) == (None, 1)
    assert "no answer" in row.last_error


async def test_secrets_can_be_sealed_with_another_key(scene: Any) -> None:
    one, two = Keyring.new_key("one"), Keyring.new_key("two")
    scene.shop = Shop(scene.shop.database, scene.shop.client_id, Keyring.parse(one))
    old = await scene.listen("pass.issued")
    await scene.run(lambda unit: rotate_secret(unit, scene.shop.keyring, old.row.id, TESTER, scene.now))
    assert await seal_again(scene.shop.database, Keyring.parse(f"{two},{one}")) >= 2
    row = await scene.run(lambda unit: find_endpoint(unit, old.row.id))
    assert signing_secrets(Keyring.parse(two), row, scene.now)[1] == old.secret


async def test_what_is_long_over_is_forgotten(scene: Any) -> None:
    new = await scene.listen("pass.*")
    await scene.issue()
    await scene.told()
    scene.receiver.answer = lambda _: 410
    await scene.issue()
    await scene.told()

    async def kept() -> int:
        async with scene.shop.database.reading(scene.shop.client_id) as unit:
            rows = await unit.session.scalars(select(HookDeliveryRow).where(HookDeliveryRow.endpoint_id == new.row.id))
            return len(rows.all())

    for days, left in ((1, 2), (4, 1), (31, 0)):
        scene.now += timedelta(days=days)
        await scene.worker().tidy()
        assert await kept() == left
