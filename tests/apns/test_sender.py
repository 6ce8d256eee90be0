"""From a Trigger to a push, and what each answer of APNs does, on both engines."""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from walletpass.errors import ApnsRefusesCertificate
from walletpass.testing.apns import Fault, Reply
from walletpass_server.engine.credentials import resume_credential, stop_credential
from walletpass_server.persistence import outbox
from walletpass_server.persistence.tables import CredentialRow, DeviceRow, FactRow, OutboxRow, PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.wallets.apple.apns.client import Answer, Push
from walletpass_server.wallets.apple.apns.identity import Identity

TOKEN = "0a" * 32
OTHER = "0b" * 32
LONG_AGO = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
NOW = int(datetime(2027, 6, 1, tzinfo=UTC).timestamp() * 1000)


async def test_a_phone_is_pushed_once_however_many_of_its_passes_changed_how_often(rig: Any) -> None:
    for serial in ("C-1", "C-2", "C-3"):
        await rig.add(serial, TOKEN)
    await rig.change()
    await rig.change("C-1")
    await rig.send()
    (push,) = rig.apns.received
    assert (push.token, push.topic, push.body, push.certificate) == (TOKEN, "pass.example.sample", b"{}", push.topic)
    assert push.headers["apns-push-type"] == "background"
    assert push.headers["apns-priority"] == "5"
    assert 5 * 86400 < int(push.headers["apns-expiration"]) - time.time() < 9 * 86400
    assert uuid.UUID(push.apns_id).version == 4
    assert push.headers[":authority"] == f"127.0.0.1:{rig.apns.port}"
    assert await rig.letters() == []


async def test_each_phone_of_a_pass_is_pushed(rig: Any) -> None:
    await rig.add("C-1", TOKEN)
    await rig.add("C-1", OTHER)
    await rig.change()
    await rig.send()
    assert Counter(push.token for push in rig.apns.accepted) == {TOKEN: 1, OTHER: 1}


async def test_a_phone_that_has_passes_of_two_clients_under_one_pass_type_is_pushed_once(
    rig: Any, open_another: Any
) -> None:
    another = await open_another()
    for each in (rig, another):
        await each.add("C-1" if each is rig else "D-1", TOKEN)
        await each.change()
    await rig.send()
    assert [push.token for push in rig.apns.received] == [TOKEN]
    assert [await rig.letters(), await another.letters()] == [[], []]


async def test_the_push_without_a_type_has_priority_ten(rig: Any) -> None:
    rig.connect(apns_push_type="none")
    await rig.add("C-1", TOKEN)
    await rig.change()
    await rig.send()
    (push,) = rig.apns.accepted
    assert "apns-push-type" not in push.headers
    assert push.headers["apns-priority"] == "10"


@pytest.mark.parametrize(
    "reply", [Reply(410, "Unregistered", NOW), Reply(410, "ExpiredToken", NOW), Reply(400, "BadDeviceToken")]
)
async def test_a_token_that_is_gone_takes_its_passes_along_and_its_letter_is_done(rig: Any, reply: Reply) -> None:
    await rig.add("C-1", TOKEN)
    await rig.add("C-1", OTHER)
    rig.apns.refuse(TOKEN, reply)
    await rig.change()
    await rig.send()
    assert await rig.devices() == {OTHER}
    assert await rig.registrations() == 1
    assert await rig.letters() == []
    rig.apns.refuse(OTHER, reply)
    await rig.change()
    await rig.send()
    (deleted,) = await _facts(rig, "pass.deleted")
    assert (deleted.data["certain"], deleted.data["reason"]) == (False, reply.reason)


async def test_a_phone_that_registered_after_the_410_keeps_its_passes_and_is_pushed_again(rig: Any) -> None:
    await rig.add("C-1", TOKEN, device="phone")
    rig.apns.refuse(TOKEN, Reply(410, "Unregistered", LONG_AGO))
    await rig.change()
    await rig.send()
    assert await rig.devices() == {TOKEN}
    await rig.add("C-1", OTHER, device="phone")
    await rig.hasten()
    await rig.send()
    assert [push.token for push in rig.apns.accepted] == [OTHER]
    assert await rig.letters() == []


async def test_bad_tokens_that_are_many_stop_the_credential_and_delete_nothing(
    rig: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for token in await rig.add_many(11):
        rig.apns.refuse(token, Reply(400, "BadDeviceToken"))
    await rig.change()
    with caplog.at_level(logging.CRITICAL):
        await rig.send()
    assert await rig.registrations() == 11
    assert "BadDeviceToken" in (await rig.credential()).stopped_why
    assert len(caplog.records) == 1
    assert [letter.attempts for letter in await rig.letters()] == [0] * 11


@pytest.mark.parametrize(
    "reply",
    [Reply(403, "BadCertificate"), Reply(400, "DeviceTokenNotForTopic"), Reply(400, "BadPriority")],
)
async def test_a_refusal_that_is_our_fault_stops_the_credential_and_keeps_every_letter(
    rig: Any, caplog: pytest.LogCaptureFixture, reply: Reply
) -> None:
    await rig.add("C-1", TOKEN)
    rig.apns.refuse(TOKEN, reply)
    await rig.change()
    with caplog.at_level(logging.CRITICAL):
        await rig.send()
    assert reply.reason in (await rig.credential()).stopped_why
    assert "its letters wait" in caplog.text
    assert TOKEN not in caplog.text
    await rig.change()
    await rig.hasten()
    await rig.send()
    assert len(rig.apns.received) == 1  # nothing more is pushed with it
    (letter,) = await rig.letters()
    assert (letter.attempts, letter.dead_at) == (0, None)

    rig.apns.allow(TOKEN)
    assert await rig.run(lambda unit: resume_credential(unit, "apple", "main"))
    await rig.hasten()
    await rig.send()
    assert len(rig.apns.accepted) == 1
    assert await rig.letters() == []


async def test_a_renewed_certificate_pushes_what_the_stopped_one_left(rig: Any) -> None:
    await rig.add("C-1", TOKEN)
    await rig.run(_stop_credential)
    await rig.change()
    await rig.send()
    assert rig.apns.received == []
    await rig.save_credential()
    await rig.hasten()
    await rig.send()
    assert len(rig.apns.accepted) == 1


async def test_a_device_that_was_pushed_too_often_is_left_alone_for_minutes(rig: Any) -> None:
    await rig.add("C-1", TOKEN)
    await rig.add("C-1", OTHER)
    rig.apns.refuse(TOKEN, Reply(429, "TooManyRequests"))
    await rig.change()
    await rig.send()
    (letter,) = await rig.letters()
    assert await _waits(rig) >= timedelta(minutes=4)
    assert letter.last_error == "429 TooManyRequests"
    await rig.send()
    assert len(rig.apns.received) == 2


@pytest.mark.parametrize("fault", [Fault.BARE_503, None])
async def test_an_outage_is_no_letters_fault_and_all_are_delivered_after_it(rig: Any, fault: Fault | None) -> None:
    await rig.add_many(20)
    await rig.change()
    if fault is None:
        await rig.apns.stop()
    else:
        rig.apns.fault = fault
    for _ in range(3):
        await rig.send()
    assert [(letter.attempts, letter.last_error) for letter in await rig.letters()] == [(0, None)] * 20
    if fault is None:
        await rig.apns.start()
        rig.connect()
    rig.apns.fault = Fault.NONE
    await rig.send()
    assert len({push.token for push in rig.apns.accepted}) == 20
    assert await rig.letters() == []


async def test_letters_of_devices_that_are_gone_are_done(rig: Any) -> None:
    await rig.add("C-1", TOKEN)
    await rig.change()
    await rig.run(lambda unit: unit.connection.execute(DeviceRow.__table__.delete()))
    await rig.send()
    assert (rig.apns.received, await rig.letters()) == ([], [])


async def test_a_credential_that_no_key_opens_keeps_its_letters(rig: Any, caplog: pytest.LogCaptureFixture) -> None:
    await rig.add("C-1", TOKEN)
    await rig.change()
    await rig.run(lambda unit: unit.connection.execute(update(CredentialRow).values(sealed=b"broken")))
    await rig.send()
    (letter,) = await rig.letters()
    assert (letter.attempts, rig.apns.received) == (0, [])
    assert caplog.records


async def test_a_certificate_that_apns_refuses_stops_the_credential(rig: Any) -> None:
    rig.connect(RefusedCertificate)
    await rig.add("C-1", TOKEN)
    await rig.change()
    await rig.send()
    assert (await rig.credential()).stopped_why == "it is revoked"
    assert [letter.attempts for letter in await rig.letters()] == [0]


async def test_a_deferred_notification_makes_the_pass_new_before_its_phones_are_pushed(rig: Any) -> None:
    for token in (TOKEN, OTHER):
        await rig.add("C-1", token)
    before = await rig.change_tags()
    pass_id = rig.passes["C-1"]
    instant = 2_000_000_000_000_000
    body = {"pass": pass_id, "notice": "2033-05-18T03:33:20+00:00"}

    async def promise(unit: Unit) -> None:
        changed = {"notified": {"apple": [instant]}, "changed_at": datetime(2033, 5, 18, tzinfo=UTC)}
        await unit.connection.execute(update(PassRow).values(changed))
        devices = (await unit.connection.execute(select(DeviceRow.id))).scalars().all()
        names = [f"{device}/{pass_id}@20330518T033320" for device in devices]
        await outbox.put(unit, [outbox.NewLetter("apns", name, body) for name in names])

    await rig.run(promise)
    at = datetime(2033, 5, 18, 4, tzinfo=UTC)
    rig.now = at
    await rig.send()
    assert sorted(push.token for push in rig.apns.accepted) == [TOKEN, OTHER]
    assert (await rig.change_tags())[0] > before[0]
    assert await rig.letters() == []


class RefusedCertificate:
    """A client that APNs does not let in."""

    def __init__(self, host: str, port: int, who: Identity) -> None:
        self.tls = who.tls

    async def push(self, push: Push) -> Answer:
        raise ApnsRefusesCertificate("it is revoked")

    def close(self) -> None:
        """Nothing is open."""


async def _facts(rig: Any, name: str) -> Any:
    async with rig.shop.database.reading(rig.shop.client_id) as unit:
        return (await unit.connection.execute(select(FactRow.data).where(FactRow.name == name))).all()


async def _waits(rig: Any) -> timedelta:
    async with rig.shop.database.reading(ALL_CLIENTS) as unit:
        due = (await unit.connection.execute(select(func.min(OutboxRow.due_at)))).scalar_one()
    return due - datetime.now(UTC)


async def _stop_credential(unit: Unit) -> None:
    row = (await unit.connection.execute(select(CredentialRow.id))).scalar_one()
    await stop_credential(unit, row, "BadCertificate", datetime.now(UTC))
