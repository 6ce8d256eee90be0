from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import String, cast, select, text

from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.outbox import Claim, Failure, NewLetter
from walletpass_server.persistence.tables import DeviceRow, OutboxRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import SeededOperation, open_shop, seed_device


async def _put(database: Database, shop: SeededOperation, *keys: str, channel: str = "apns", body: int = 0) -> None:
    async with database.writing(shop.client_id) as unit:
        await outbox.put(unit, [NewLetter(channel, key, {"body": body}) for key in keys])


async def _claim(database: Database, *, limit: int = 500, lease: timedelta = outbox.LEASE) -> Claim:
    async with database.writing(ALL_CLIENTS) as unit:
        return await outbox.claim(unit, "apns", limit=limit, lease=lease)


async def _sent(database: Database, held: Claim) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        await outbox.sent(unit, held, held.letters)


async def _fail(database: Database, held: Claim, *, wait: timedelta | None = None, final: bool = False) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        await outbox.failed(
            unit, held, [Failure(letter, "410 Unregistered", wait, final) for letter in held.letters], max_attempts=2
        )


async def _make_due(database: Database) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(text("UPDATE outbox SET due_at = 0"))


def _keys(held: Claim) -> list[str]:
    return sorted(letter.coalesce_key for letter in held.letters)


async def test_what_waits_for_the_same_key_is_sent_once_with_the_newest_body(
    database: Database, shop: SeededOperation
) -> None:
    await _put(database, shop, "device-1", "device-2", "device-1")
    await _put(database, shop, "device-1", body=9)
    held = await _claim(database)
    assert {letter.coalesce_key: letter.body["body"] for letter in held.letters} == {"device-1": 9, "device-2": 0}


async def test_what_was_sent_is_gone(database: Database, shop: SeededOperation) -> None:
    await _put(database, shop, "device-1")
    await _sent(database, await _claim(database))
    async with database.reading(ALL_CLIENTS) as unit:
        assert await outbox.waiting(unit) == {}


async def test_a_change_while_a_letter_is_being_sent_is_sent_afterwards(
    database: Database, shop: SeededOperation
) -> None:
    await _put(database, shop, "device-1")
    held = await _claim(database)
    await _put(database, shop, "device-1", body=2)
    assert (await _claim(database)).letters == ()  # never two at a time
    await _sent(database, held)
    again = await _claim(database)
    assert [(letter.body["body"], letter.attempts) for letter in again.letters] == [(2, 1)]


async def test_two_senders_never_hold_the_same_letter(database: Database, shop: SeededOperation) -> None:
    await _put(database, shop, *(f"device-{n}" for n in range(60)))
    held = await asyncio.gather(*(_claim(database, limit=10) for _ in range(6)))
    ids = [letter.id for claim in held for letter in claim.letters]
    assert len(ids) == len(set(ids)) == 60


async def test_what_a_killed_sender_held_comes_back_and_its_late_answer_counts_for_nothing(
    database: Database, shop: SeededOperation
) -> None:
    await _put(database, shop, "device-1")
    killed = await _claim(database, lease=timedelta(seconds=-1))
    second = await _claim(database)
    await _sent(database, killed)
    async with database.reading(ALL_CLIENTS) as unit:
        assert await outbox.waiting(unit) == {"apns": 1}
    assert _keys(second) == ["device-1"]
    assert second.letters[0].attempts == 2


async def test_a_released_letter_is_due_at_once_and_lost_no_attempt(database: Database, shop: SeededOperation) -> None:
    await _put(database, shop, "device-1")
    held = await _claim(database)
    async with database.writing(ALL_CLIENTS) as unit:
        await outbox.release(unit, held)
    again = await _claim(database)
    assert [letter.attempts for letter in again.letters] == [1]


async def test_an_extended_lease_holds(database: Database, shop: SeededOperation) -> None:
    await _put(database, shop, "device-1")
    held = await _claim(database, lease=timedelta(seconds=-1))
    async with database.writing(ALL_CLIENTS) as unit:
        await outbox.extend(unit, held)
    assert (await _claim(database)).letters == ()


async def test_a_failed_sending_waits_as_long_as_it_was_told(database: Database, shop: SeededOperation) -> None:
    await _put(database, shop, "device-1")
    await _fail(database, await _claim(database), wait=timedelta(hours=1))
    await _put(database, shop, "device-1")  # a new change does not hurry it
    assert (await _claim(database)).letters == ()
    async with database.reading(ALL_CLIENTS) as unit:
        due, created = (await unit.connection.execute(text("SELECT due_at, created_at FROM outbox"))).one()
    hour = 3_600_000_000
    assert hour <= due - created <= hour + 60_000_000


async def test_a_letter_is_dead_after_its_attempts_and_can_be_sent_again(
    database: Database, shop: SeededOperation
) -> None:
    await _put(database, shop, "device-1")
    for _ in range(2):
        await _make_due(database)
        await _fail(database, await _claim(database))
    await _make_due(database)
    assert (await _claim(database)).letters == ()
    async with database.writing(shop.client_id) as unit:
        dead = await outbox.dead_letters(unit)
        assert [(letter.coalesce_key, letter.attempts, letter.last_error) for letter in dead] == [
            ("device-1", 2, "410 Unregistered")
        ]
        assert await outbox.send_again(unit, [dead[0].id]) == 1
        assert await outbox.dead_letters(unit) == []
    assert [letter.attempts for letter in (await _claim(database)).letters] == [1]


async def test_a_final_failure_is_dead_at_once_and_a_new_change_revives_it(
    database: Database, shop: SeededOperation
) -> None:
    await _put(database, shop, "device-1")
    await _fail(database, await _claim(database), final=True)
    async with database.reading(shop.client_id) as unit:
        assert len(await outbox.dead_letters(unit)) == 1
    await _put(database, shop, "device-1", body=3)
    assert [letter.body["body"] for letter in (await _claim(database)).letters] == [3]


async def test_another_client_sees_no_dead_letters_and_sends_none(database: Database, shop: SeededOperation) -> None:
    await _put(database, shop, "device-1")
    held = await _claim(database)
    await _fail(database, held, final=True)
    async with database.writing(shop.client_id + 1000) as unit:
        assert await outbox.dead_letters(unit) == []
        assert await outbox.send_again(unit, [held.letters[0].id]) == 0


async def test_a_letter_may_be_put_in_for_later_or_ahead_of_others(database: Database, shop: SeededOperation) -> None:
    await _put(database, shop, "device-1")
    async with database.writing(shop.client_id) as unit:
        await outbox.put(unit, [NewLetter("apns", "later", delay=timedelta(hours=1))])
        await outbox.put(unit, [NewLetter("apns", "urgent", delay=timedelta(hours=-1))])
    assert _keys(await _claim(database, limit=1)) == ["urgent"]
    assert _keys(await _claim(database)) == ["device-1"]


async def test_a_query_puts_in_a_letter_for_each_of_its_rows(database: Database, shop: SeededOperation) -> None:
    chosen = select(DeviceRow.client_id, cast(DeviceRow.id, String)).where(DeviceRow.client_id == shop.client_id)
    async with database.writing(ALL_CLIENTS) as unit:
        devices = [await seed_device(unit, shop, [], library=f"phone-{n}") for n in range(5)]
        await outbox.put(unit, [NewLetter("apns", str(devices[0]))], client_id=shop.client_id)
        await outbox.put_selected(unit, "apns", chosen, body={"why": "moved"})
        await outbox.put_selected(unit, "google", chosen)
    held = await _claim(database)
    assert _keys(held) == sorted(map(str, devices))
    assert {letter.body["why"] for letter in held.letters} == {"moved"}
    async with database.writing(ALL_CLIENTS) as unit:
        ids = (await unit.connection.execute(select(OutboxRow.id))).scalars().all()
        assert len(ids) == len(set(ids)) == 10
        assert await unit.new_id() > max(ids)


async def test_a_change_that_is_undone_tells_nobody(database: Database, shop: SeededOperation) -> None:
    async def put_and_fail(unit: Unit) -> None:
        await outbox.put(unit, [NewLetter("apns", "device-1")])
        raise KeyError("undone")

    with pytest.raises(KeyError):
        await database.run(shop.client_id, put_and_fail)
    assert (await _claim(database)).letters == ()


async def test_a_letter_needs_a_client(database: Database) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        with pytest.raises(ValueError, match="client_id"):
            await outbox.put(unit, [NewLetter("apns", "device-1")])


def test_the_wait_grows_with_the_attempts_and_has_a_bound() -> None:
    waits = [max(outbox.backoff(attempts) for _ in range(200)) for attempts in (1, 4, 40)]
    assert waits[0] <= outbox.FIRST_WAIT < waits[1] <= outbox.FIRST_WAIT * 8 < waits[2] <= outbox.LONGEST_WAIT


async def test_what_was_postponed_is_due_later_and_not_counted(database: Database, shop: SeededOperation) -> None:
    await _put(database, shop, "device-1")
    for _ in range(3):
        held = await _claim(database)
        async with database.writing(ALL_CLIENTS) as unit:
            late = [Failure(letter, "503 out of reach", timedelta(hours=1)) for letter in held.letters]
            await outbox.postponed(unit, held, late)
        assert not (await _claim(database)).letters
        await _make_due(database)
    (letter,) = (await _claim(database)).letters
    assert letter.attempts == 1


async def test_letters_of_clients_left_out_stay_where_they_are(database: Database, shop: SeededOperation) -> None:
    await _put(database, shop, "device-1")
    async with database.writing(ALL_CLIENTS) as unit:
        assert not (await outbox.claim(unit, "apns", without=[shop.client_id])).letters
        assert len((await outbox.claim(unit, "apns", without=[shop.client_id + 1])).letters) == 1


async def test_a_fair_claim_leaves_no_client_behind_the_letters_of_another(
    database: Database, shop: SeededOperation
) -> None:
    other = await open_shop(database, "other")
    await _put(database, shop, *(f"many-{number}" for number in range(7)))
    async with database.writing(other.client_id) as unit:
        await outbox.put(unit, [NewLetter("apns", "few", delay=timedelta(microseconds=1))])
    async with database.writing(ALL_CLIENTS) as unit:
        held = await outbox.claim(unit, "apns", limit=3, fair=True)
    assert [key[:4] for key in _keys(held)] == ["few", "many", "many", "many"]
    await _sent(database, held)
    assert len((await _claim(database)).letters) == 4
