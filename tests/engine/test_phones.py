"""What phones tell, on the database: the edge cases of docs/figures.md, and what becomes of devices."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from walletpass.errors import NotFound
from walletpass.lifecycle import Wallet, accept_event, decide, edit
from walletpass.reporting import Counts, Figures, Key, figures
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import phones
from walletpass_server.engine.recount import recount
from walletpass_server.persistence.facts import stored_days
from walletpass_server.persistence.tables import DeviceRow, FactRow, OutboxRow, PassRow, RegistrationRow
from walletpass_server.persistence.tag import changed_since, current_tag
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import Shop

OPTIONAL = {"store": {"type": "text", "required": False}}
MATRIX = small_matrix({"a": OPTIONAL, "b": {}}, [{"from": "a", "to": "b", "on": "coupon.used"}], {"coupon.used": {}})
OPERATION = small_operation()
FIRST, LAST = date(2027, 3, 1), date(2027, 4, 30)


class Book:
    """Passes of one operation and the phones that hold them."""

    def __init__(self, shop: Shop, operation: int) -> None:
        self.shop = shop
        self.operation = operation
        self.passes: dict[str, int] = {}
        self.now = START
        self.callbacks = 0

    async def _run(self, work: Any) -> Any:
        return await self.shop.database.run(self.shop.client_id, work)

    async def pass_id(self, serial: str) -> int:
        if serial not in self.passes:
            self.passes[serial] = await self.shop.issue(self.operation, {}, self.now, f"{self.operation}/{serial}")
        return self.passes[serial]

    async def open(self, serial: str = "C-1", wallet: Wallet = "apple") -> None:
        pass_id = await self.pass_id(serial)
        await self._run(lambda unit: phones.display(unit, self.operation, pass_id, wallet, self.now))

    async def add(self, serial: str = "C-1", device: str = "phone", token: str = "t") -> bool:
        pass_id = await self.pass_id(serial)
        new: bool = await self._run(
            lambda unit: phones.register(unit, self.operation, pass_id, device, token, self.now)
        )
        return new

    async def delete(self, serial: str = "C-1", device: str = "phone") -> bool:
        pass_id = await self.pass_id(serial)
        known: bool = await self._run(lambda unit: phones.unregister(unit, self.operation, pass_id, device, self.now))
        return known

    async def google(self, event: Any, serial: str = "C-1", nonce: str | None = None) -> bool:
        pass_id = await self.pass_id(serial)
        self.callbacks += 1
        told = nonce or f"nonce-{self.callbacks}"
        news: bool = await self._run(
            lambda unit: phones.google_told(unit, self.operation, pass_id, event, told, self.now)
        )
        return news

    async def refuse(self, device: str, token: str, at: datetime, reason: str = "Unregistered") -> list[int]:
        async with self.shop.database.reading(self.shop.client_id) as unit:
            device_id = await unit.session.scalar(select(DeviceRow.id).where(DeviceRow.library_identifier == device))
        assert device_id is not None
        lost: list[int] = await self._run(
            lambda unit: phones.push_refused(unit, device_id, token, reason, at, self.now)
        )
        return lost

    async def use(self, serial: str = "C-1") -> None:
        cause = accept_event(MATRIX, OPERATION, "coupon.used", {}, self.now)
        await self.shop.carry_out(
            self.operation,
            await self.pass_id(serial),
            lambda s: decide(MATRIX, OPERATION, s, cause, self.now),
            self.now,
        )

    async def edit(self, serial: str, store: str) -> None:
        await self.shop.carry_out(
            self.operation,
            await self.pass_id(serial),
            lambda s: edit(MATRIX, OPERATION, s, {"store": store}, self.now),
            self.now,
        )

    async def days(self) -> dict[Key, Counts]:
        async with self.shop.database.reading(self.shop.client_id) as unit:
            assert await recount(unit, self.shop.client_id, self.operation) == []
            stored = await stored_days(unit, self.shop.client_id, self.operation)
        return {Key("", "", "", model, wallet, day): counts for (day, model, wallet, _), counts in stored.items()}

    async def figures(self, first: date = FIRST, last: date = LAST, **only: str) -> Figures:
        days = await self.days()
        kept = {key: counts for key, counts in days.items() if all(getattr(key, n) == v for n, v in only.items())}
        return figures(kept, first, last)

    async def rows(self, table: Any) -> list[Any]:
        async with self.shop.database.reading(self.shop.client_id) as unit:
            return list((await unit.connection.execute(select(table.__table__))).all())


@pytest.fixture
async def book(shop: Shop) -> Book:
    return Book(shop, await shop.open(MATRIX, OPERATION, START))


async def test_the_same_pass_on_three_devices_is_one_pass_added(book: Book) -> None:
    for device in ("phone", "watch", "tablet"):
        assert await book.add(device=device)
    assert await book.delete(device="watch")
    total = sum((await book.days()).values(), Counts())
    assert await book.figures() == Figures(displayed=0, generated=0, added=1, deleted=0, active=1)
    assert (total.devices_registered, total.devices_unregistered) == (3, 1)


async def test_the_last_device_that_goes_deletes_the_pass(book: Book) -> None:
    await book.add(device="phone")
    await book.add(device="watch")
    await book.delete(device="phone")
    await book.delete(device="watch")
    assert await book.figures() == Figures(0, 0, added=1, deleted=1, active=0)
    assert await book.rows(DeviceRow) == []


async def test_adding_again_counts_again_and_generated_never_comes_back(book: Book) -> None:
    await book.open()
    await book.add()
    await book.delete()
    await book.open()
    await book.add()
    assert await book.figures() == Figures(displayed=1, generated=0, added=2, deleted=1, active=1)
    added = [fact.data["first"] for fact in await book.rows(FactRow) if fact.name == "pass.added"]
    assert sorted(added) == [False, True]


async def test_apple_unregistering_counts_as_deleted_and_is_marked_uncertain(book: Book) -> None:
    await book.add()
    await book.delete()
    assert (await book.figures()).deleted == 1
    assert [fact.data["certain"] for fact in await book.rows(FactRow) if fact.name == "pass.deleted"] == [False]


async def test_google_repeating_itself_counts_once(book: Book) -> None:
    assert [await book.google("save", nonce="one") for _ in range(3)] == [True, False, False]
    assert not await book.google("save", nonce="two")  # another phone of the same holder: no news
    assert await book.google("del", nonce="three")
    assert not await book.google("save", nonce="one")  # told again, late
    assert not await book.google("del", nonce="four")
    assert await book.figures() == Figures(0, 0, added=1, deleted=1, active=0)
    assert [fact.data["certain"] for fact in await book.rows(FactRow) if fact.name == "pass.deleted"] == [True]


async def test_an_open_that_never_adds_stays_generated(book: Book) -> None:
    await book.open("C-1")
    await book.open("C-1")
    await book.open("C-2")
    await book.add("C-2")
    assert await book.figures() == Figures(displayed=2, generated=1, added=1, deleted=0, active=1)


async def test_generated_is_a_stock_a_pass_added_later_leaves_it_that_day(book: Book) -> None:
    await book.open()
    book.now += timedelta(days=3)
    await book.add()
    by_day = [(await book.figures(last=date(2027, 3, day))).generated for day in (3, 4)]
    assert by_day == [1, 0]


async def test_a_pass_added_without_having_been_displayed_does_not_make_generated_negative(book: Book) -> None:
    await book.add()
    await book.open()
    assert await book.figures() == Figures(displayed=1, generated=0, added=1, deleted=0, active=1)


async def test_a_day_is_a_day_of_the_operations_zone(book: Book) -> None:
    book.now = START + timedelta(days=9, hours=15, minutes=30)  # 23:30 UTC
    await book.add()
    assert {key.day for key in await book.days()} == {date(2027, 3, 11)}


async def test_each_wallet_is_counted_by_itself(book: Book) -> None:
    await book.open(wallet="apple")
    await book.open(wallet="google")
    await book.add()
    assert await book.figures(wallet="apple") == Figures(1, 0, 1, 0, 1)
    assert await book.figures(wallet="google") == Figures(1, generated=1, added=0, deleted=0, active=0)


async def test_a_deletion_counts_for_the_model_under_which_the_pass_was_added(book: Book) -> None:
    await book.open()
    await book.add()
    await book.use()
    await book.delete()
    await book.add(device="d2")
    assert await book.figures(model="a") == Figures(displayed=1, generated=0, added=1, deleted=1, active=0)
    assert await book.figures(model="b") == Figures(displayed=0, generated=0, added=1, deleted=0, active=1)


async def test_registering_twice_is_known_and_the_newest_push_token_counts(book: Book) -> None:
    assert await book.add(token="old")
    assert not await book.add(token="new")
    (device,) = await book.rows(DeviceRow)
    assert device.push_token == "new"
    assert len(await book.rows(RegistrationRow)) == 1


async def test_a_refused_push_takes_every_pass_of_the_device_and_says_why(book: Book) -> None:
    await book.add("C-1", "phone")
    await book.add("C-2", "phone")
    await book.add("C-2", "watch", token="w")
    book.now += timedelta(days=1)
    lost = await book.refuse("phone", "t", book.now)
    assert sorted(lost) == sorted(book.passes.values())
    assert (await book.figures()).active == 1  # C-2 is still on the watch
    (deleted,) = [fact for fact in await book.rows(FactRow) if fact.name == "pass.deleted"]
    assert deleted.data == {"certain": False, "reason": "Unregistered"}
    assert [device.library_identifier for device in await book.rows(DeviceRow)] == ["watch"]


async def test_a_device_that_registered_after_the_refusal_keeps_its_passes(book: Book) -> None:
    await book.add()
    refused_at = book.now + timedelta(minutes=1)
    book.now += timedelta(minutes=2)
    await book.add()  # again, the same token
    assert await book.refuse("phone", "t", refused_at) == []
    await book.add(token="another")
    assert await book.refuse("phone", "t", book.now + timedelta(minutes=1)) == []
    assert (await book.figures()).active == 1


async def test_registering_a_stale_version_queues_a_push(book: Book) -> None:
    await book.open("C-1")
    await book.open("C-2")
    book.now += timedelta(minutes=1)
    await book.edit("C-1", "Lyon")
    book.now += timedelta(minutes=1)
    await book.add("C-1", "phone")
    await book.add("C-2", "watch")
    (device,) = [row for row in await book.rows(DeviceRow) if row.library_identifier == "phone"]
    letters = [(row.channel, row.coalesce_key) for row in await book.rows(OutboxRow)]
    assert letters == [("apns", str(device.id))]


async def test_registering_what_was_just_shown_queues_nothing(book: Book) -> None:
    await book.edit("C-1", "Lyon")
    book.now += timedelta(minutes=1)
    await book.open("C-1")
    await book.add("C-1")
    assert await book.rows(OutboxRow) == []


async def test_a_move_pushes_each_device_once_and_lists_the_pass_as_changed(book: Book) -> None:
    await book.add("C-1", "phone")
    await book.add("C-2", "phone")
    async with book.shop.database.reading(ALL_CLIENTS) as unit:
        tag = await current_tag(unit.connection)
    await book.use("C-1")
    await book.use("C-2")
    async with book.shop.database.reading(ALL_CLIENTS) as unit:
        changes = await changed_since(unit.connection, "phone", "-", tag)
    assert len(changes.serials) == 2
    assert len(await book.rows(OutboxRow)) == 1


async def test_a_phone_proves_itself_by_the_secret_of_the_pass(book: Book) -> None:
    pass_id = await book.pass_id("C-1")
    (row,) = await book.rows(PassRow)
    async with book.shop.database.reading(ALL_CLIENTS) as unit:
        served = await phones.find_served(unit, row.pass_type_identifier, row.serial)
        with pytest.raises(NotFound):
            await phones.find_served(unit, "pass.example.other", row.serial)
    secret = book.shop.keyring.unseal(row.secret, "pass", "secret", pass_id).decode()
    assert served.id == pass_id
    assert served.is_opened_by(secret, book.shop.keyring)
    assert not served.is_opened_by(secret + "x", book.shop.keyring)


async def test_devices_that_come_and_go_at_once_leave_the_figures_right(book: Book) -> None:
    serials = [f"C-{n}" for n in range(4)]
    for serial in serials:
        await book.pass_id(serial)
    moves = [
        move
        for serial in serials
        for device in ("phone", "watch")
        for move in (book.add(serial, device), book.delete(serial, device), book.add(serial, device))
    ]
    await asyncio.gather(*moves)
    registered = await book.rows(RegistrationRow)
    rows = {row.id: row for row in await book.rows(PassRow)}
    for pass_id, row in rows.items():
        assert row.apple_holdings == sum(one.pass_id == pass_id for one in registered)
    assert (await book.figures()).active == len({one.pass_id for one in registered})


async def test_nothing_is_told_of_a_pass_that_another_client_owns(book: Book, shop: Shop) -> None:
    pass_id = await book.pass_id("C-1")

    async def foreign(unit: Unit) -> None:
        await phones.display(unit, book.operation, pass_id, "apple", START)

    with pytest.raises(NotFound):
        await shop.database.run(shop.client_id + 1, foreign)
