"""Google is asked, now and then, who holds what; where callbacks did not come, its answer becomes a fact."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from walletpass.errors import DatabaseBusy
from walletpass.testing import Fault
from walletpass_server.engine import switches
from walletpass_server.persistence import rate
from walletpass_server.persistence.outbox import NewLetter, put
from walletpass_server.persistence.tables import CredentialRow, FactRow, GoogleClassRow, GoogleObjectRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.serving.jobs import Jobs
from walletpass_server.wallets.google import reconcile
from walletpass_server.wallets.google.due import LEASE, claim
from walletpass_server.wallets.google.reconcile import GRACE, ROUND
from walletpass_server.wallets.provider import Round

Counter = Any
"""Of conftest.py."""
ISSUER = "3388000000000000001"


async def bring(counter: Counter, serial: str, *, held: bool = False) -> int:
    """A pass that is at Google, as its sender leaves it there."""
    pass_id: int = await counter.issue(serial)
    object_id = f"{ISSUER}.{serial}"
    await counter.sent(pass_id, object_id)
    resources = counter.google.resources
    if resources.find("Class", counter.class_id) is None:
        offer = {"title": "Ten off", "provider": "Shop", "redemptionChannel": "INSTORE", "issuerName": "Shop"}
        resources.insert("offer", "Class", {"id": counter.class_id, "reviewStatus": "UNDER_REVIEW", **offer}, {ISSUER})
    resources.insert("offer", "Object", {"id": object_id, "classId": counter.class_id, "state": "ACTIVE"}, {ISSUER})
    if held:
        resources.users[object_id].add("somebody")
    return pass_id


async def look(counter: Counter, now: datetime) -> int:
    """Look at all that is due; gives how many pages that were."""
    pages = 0
    while (due := await claim(counter.on.database, now)) is not None:
        pages += 1
        if not await counter.on.wallets["google"].parts.reconciler.look(due, now):
            break
    return pages


async def rows(counter: Counter) -> list[tuple[bool | None, bool]]:
    """What Google said of each object, and whether that is in doubt."""
    query = select(GoogleObjectRow.has_users, GoogleObjectRow.differs_since).order_by(GoogleObjectRow.pass_id)
    async with counter.shop.database.reading(counter.shop.client_id) as unit:
        return [(has, since is not None) for has, since in await unit.connection.execute(query)]


def lists(counter: Counter) -> int:
    return len(counter.google.calls("offerObject?"))


async def test_a_save_that_no_callback_told_of_becomes_a_fact_after_the_grace(counter: Counter) -> None:
    await bring(counter, "C-1", held=True)
    await look(counter, counter.now)
    assert await counter.facts() == []
    assert await rows(counter) == [(True, True)]
    await look(counter, counter.now + GRACE)
    assert await counter.facts() == ["pass.added"]
    assert await rows(counter) == [(True, False)]


async def test_a_deletion_that_no_callback_told_of_becomes_a_fact_after_the_grace(counter: Counter) -> None:
    await bring(counter, "C-1")
    await counter.tell("save", "C-1")
    await look(counter, counter.now)
    await look(counter, counter.now + GRACE)
    assert await counter.facts() == ["pass.added", "pass.deleted"]
    async with counter.shop.database.reading(counter.shop.client_id) as unit:
        data = await unit.session.scalar(select(FactRow.data).where(FactRow.name == "pass.deleted"))
    assert data == {"certain": True, "reason": "Google was asked"}


async def test_what_google_and_the_facts_agree_on_is_left_alone(door: Counter) -> None:
    await bring(door, "C-1", held=True)
    await bring(door, "C-2")
    await door.tell("save", "C-1")
    for hours in (0, 2, 30):
        await look(door, door.now + timedelta(hours=hours))
    assert await door.facts() == ["pass.added"]
    assert await rows(door) == [(True, False), (False, False)]


async def test_a_callback_that_comes_within_the_grace_settles_it(door: Counter) -> None:
    await bring(door, "C-1", held=True)
    await look(door, door.now)
    await door.tell("save", "C-1")
    assert await rows(door) == [(True, False)]
    await look(door, door.now + GRACE)
    assert await door.facts() == ["pass.added"]


async def test_a_deletion_by_one_of_two_holders_is_taken_back(counter: Counter) -> None:
    await bring(counter, "C-1", held=True)
    await look(counter, counter.now)
    await counter.tell("save", "C-1")
    await counter.tell("del", "C-1")
    assert await counter.facts() == ["pass.added", "pass.deleted"]
    await look(counter, counter.now + GRACE + timedelta(minutes=1))  # soon, and not only tomorrow
    assert await rows(counter) == [(True, True)]
    await look(counter, counter.now + 2 * GRACE + timedelta(minutes=2))
    assert await counter.facts() == ["pass.added", "pass.deleted", "pass.added"]


async def test_a_class_is_looked_at_page_by_page_and_then_rests_for_a_day(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "PAGE", 2)
    for number in range(5):
        await bring(counter, f"C-{number}", held=number == 4)
    assert await look(counter, counter.now) == 3
    assert lists(counter) == 3
    assert await rows(counter) == [(False, False)] * 4 + [(True, True)]
    assert await look(counter, counter.now + GRACE) == 3
    assert await counter.facts() == ["pass.added"]
    assert await look(counter, counter.now + GRACE + ROUND - timedelta(seconds=1)) == 0
    assert await look(counter, counter.now + GRACE + ROUND) == 3


async def test_another_process_goes_on_where_one_was_killed(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "PAGE", 1)
    for number in range(2):
        await bring(counter, f"C-{number}", held=True)
    due = await claim(counter.on.database, counter.now)
    assert due is not None
    assert await counter.on.wallets["google"].parts.reconciler.look(due, counter.now)
    killed = await claim(counter.on.database, counter.now)
    assert killed is not None
    assert killed.token
    assert await claim(counter.on.database, counter.now) is None
    assert await look(counter, counter.now + LEASE) == 1
    assert [has for has, _ in await rows(counter)] == [True, True]


async def test_it_gives_way_to_letters(door: Counter) -> None:
    pass_id = await bring(door, "C-1", held=True)

    async def letter(unit: Unit) -> None:
        await put(unit, [NewLetter("google", str(pass_id))])

    await door.shop.database.run(door.shop.client_id, letter)
    assert await claim(door.on.database, door.now + timedelta(minutes=1)) is None


async def test_it_takes_a_tenth_of_the_pace(door: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    reserved: list[tuple[str, float]] = []
    reserve = rate.reserve

    async def noted(unit: Unit, key: str, count: int, *, per_second: float) -> rate.Slots:
        reserved.append((key, per_second))
        return await reserve(unit, key, count, per_second=per_second)

    monkeypatch.setattr(rate, "reserve", noted)
    await bring(door, "C-1")
    assert await look(door, door.now) == 1
    assert (f"google-reconcile:{ISSUER}", 200) in reserved


async def test_a_turn_that_is_far_away_is_left_to_another_time(door: Counter) -> None:
    await bring(door, "C-1")
    far = rate.reserve

    async def book(unit: Unit) -> None:
        await far(unit, f"google-reconcile:{ISSUER}", 1000, per_second=1)

    await door.shop.database.run(ALL_CLIENTS, book)
    await look(door, door.now)
    assert lists(door) == 0


async def test_a_stopped_wallet_is_not_asked(door: Counter) -> None:
    await bring(door, "C-1")
    for client_id in (door.shop.client_id, ALL_CLIENTS):

        async def stop(unit: Unit, client_id: int = client_id) -> None:
            await switches.stop(unit, client_id, "google", "trial", door.now)

        async def start(unit: Unit, client_id: int = client_id) -> None:
            await switches.start(unit, client_id, "google")

        await door.shop.database.run(ALL_CLIENTS, stop)
        assert await claim(door.on.database, door.now) is None
        await door.shop.database.run(ALL_CLIENTS, start)
    assert await claim(door.on.database, door.now) is not None


@pytest.mark.parametrize("status", [429, 500, 0])
async def test_a_google_in_trouble_is_asked_again_later(door: Counter, status: int) -> None:
    await bring(door, "C-1", held=True)
    door.google.fail(Fault(status=status, path="offerObject?"))
    assert await look(door, door.now) == 1
    assert await rows(door) == [(None, False)]
    assert await look(door, door.now + LEASE) == 1
    assert await rows(door) == [(True, True)]


async def test_a_class_that_google_does_not_have_waits_for_its_next_turn(door: Counter) -> None:
    await door.sent(await door.issue(), f"{ISSUER}.C-1")
    assert await look(door, door.now) == 1
    assert await look(door, door.now + ROUND - timedelta(seconds=1)) == 0


async def test_a_credential_that_was_stopped_is_not_used(door: Counter) -> None:
    await bring(door, "C-1")

    async def stop(unit: Unit) -> None:
        await unit.connection.execute(update(CredentialRow).values(stopped_at=door.now, stopped_why="trial"))

    await door.shop.database.run(door.shop.client_id, stop)
    assert await look(door, door.now) == 1
    assert lists(door) == 0


async def test_an_answer_that_says_nothing_of_holders_changes_nothing(
    door: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bring(door, "C-1", held=True)
    monkeypatch.setattr(type(door.google.resources), "answer", lambda _, found: dict(found.content))
    for hours in (0, 1, 25):
        await look(door, door.now + timedelta(hours=hours))
    assert await door.facts() == []
    assert await rows(door) == [(None, False)]


async def test_a_class_without_credential_holds_up_no_other(door: Counter) -> None:
    await bring(door, "C-1", held=True)

    async def lose(unit: Unit) -> None:
        lost = {"client_id": door.shop.client_id, "class_id": f"{ISSUER}.lost", "credential_id": 999}
        row = {**lost, "google_type": "offer", "content": {}, "content_hash": "x", "changed_at": door.now}
        await unit.connection.execute(insert(GoogleClassRow).values(row))

    await door.shop.database.run(door.shop.client_id, lose)
    assert await look(door, door.now) == 2
    assert await rows(door) == [(True, True)]


async def test_workers_ask_by_themselves(door: Counter) -> None:
    await bring(door, "C-1", held=True)
    jobs = Jobs(door.on)
    working = asyncio.create_task(jobs.run())
    async with asyncio.timeout(20):
        while await rows(door) != [(True, True)]:
            await asyncio.sleep(0.05)
    jobs.stop()
    await working
    assert lists(door) == 1


async def test_a_round_goes_on_at_once_while_there_is_more_and_outlives_a_fault(door: Counter) -> None:
    steps = [True, True, DatabaseBusy("busy"), RuntimeError("a fault"), True, False]
    done = asyncio.Event()

    async def work() -> bool:
        step = steps.pop(0) if steps else False
        if not steps:
            done.set()
        if isinstance(step, Exception):
            raise step
        return step

    class Wallet:
        def rounds(self) -> list[Round]:
            return [Round("trial", timedelta(milliseconds=10), work)]

    jobs = Jobs(replace(door.on, wallets={"trial": Wallet()}, senders={}))
    working = asyncio.create_task(jobs.run())
    async with asyncio.timeout(20):
        await done.wait()
    jobs.stop()
    await working
    assert steps == []
