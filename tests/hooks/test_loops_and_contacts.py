"""Answers to events form chains that end; holders are found by number or address."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from walletpass.errors import HookLoop, UsageError
from walletpass.hooks import MAX_CHAIN
from walletpass_server.engine.contacts import Contact, contact_digest, count_contacts, set_contacts
from walletpass_server.engine.erasure import erase
from walletpass_server.engine.firing import edit_values, fire
from walletpass_server.engine.subjects import Subject, find_passes
from walletpass_server.persistence.tables import HolderContactRow, PassRow


async def test_a_system_that_answers_every_event_is_stopped(scene: Any) -> None:
    await scene.listen("pass.updated")
    pass_id = await scene.issue()

    async def answer(cause: str | None, points: int) -> str:
        subject, given = Subject(pass_id=pass_id), {"points": points}
        await scene.run(lambda unit: edit_values(unit, subject, given, scene.now, cause=cause))
        await scene.told()
        event = scene.receiver.accepted[-1].event
        assert len(event["cause"]["chain"]) == points
        return str(event["id"])

    cause = None
    for points in range(MAX_CHAIN + 1):
        cause = await answer(cause, points)
    with pytest.raises(HookLoop, match="two systems answer each other"):
        await answer(cause, 99)


async def test_a_trigger_moves_a_pass_once_in_a_chain(scene: Any) -> None:
    await scene.listen("trigger.fired")
    pass_id = await scene.issue()
    await scene.fire("points.earned", pass_id, {"points": 1})
    await scene.told()
    cause = scene.receiver.accepted[-1].event["id"]
    answer = await scene.run(
        lambda unit: fire(unit, "points.earned", Subject(pass_id=pass_id), {"points": 2}, scene.now, cause=cause)
    )
    assert (answer.moved, dict(answer.reasons)) == (0, {"already-in-chain": 1})
    await scene.fire("points.earned", pass_id, {"points": 3})
    assert await scene.told() == ["trigger.fired", "trigger.fired"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+33 6 12.34-56 78", "0033612345678"), ("+1 (202) 555-0100", "+12025550100"),
        ("Ada@Example.COM ", "ada@example.com"),
    ],
)  # fmt: skip
def test_a_contact_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert Contact.read(one) == Contact.read(other)


@pytest.mark.parametrize(
    "text", ["", "0612345678", "+44", "+3361234567890123", "ada@", "@example.com", "a b@c.d", "ada"]
)
def test_what_is_no_contact_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        Contact.read(text)
    assert not text or text not in str(refused.value)
    assert "612345678" not in repr(Contact.read("+33612345678"))


async def test_events_reach_passes_by_contact_of_which_a_hash_is_kept(scene: Any) -> None:
    keyring, pass_id, other = scene.shop.keyring, await scene.issue(), await scene.issue()
    phone, mail = Contact.read("+33612345678"), Contact.read("ada@example.com")

    async def by(contact: Contact) -> list[int]:
        async def work(unit: Any) -> list[int]:
            digest = await contact_digest(unit, keyring, contact)
            return [found.pass_id for found in await find_passes(unit, Subject(contact=digest or ""))]

        found: list[int] = await scene.run(work)
        return found

    assert await by(phone) == []
    await scene.run(lambda unit: set_contacts(unit, keyring, pass_id, [phone, mail, phone], scene.now))
    await scene.run(lambda unit: set_contacts(unit, keyring, other, [mail], scene.now))
    assert (await by(phone), await by(mail)) == ([pass_id], [pass_id, other])
    counted = await scene.run(lambda unit: count_contacts(unit, pass_id))
    assert counted == {"msisdn": 1, "email": 1}
    rows = await scene.run(lambda unit: unit.session.scalars(select(HolderContactRow.digest)))
    assert all(len(digest) == 32 and b"612345678" not in digest for digest in rows.all())
    serial = await scene.run(lambda unit: unit.session.scalar(select(PassRow.serial).where(PassRow.id == pass_id)))
    await erase(scene.shop.database, scene.shop.client_id, scene.now, serial=serial)
    assert (await by(phone), await by(mail)) == ([], [other])
    await scene.run(lambda unit: set_contacts(unit, keyring, other, [], scene.now))
    assert await by(mail) == []
