"""Erasing a person: what was known goes, figures and their facts stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from walletpass.errors import NotFound
from walletpass.events import DELETED
from walletpass.testing.life import END, START, small_matrix, small_operation
from walletpass_server.engine import phones
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.erasure import Erased, erase
from walletpass_server.engine.figures import report
from walletpass_server.engine.issuing import open_token
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.recount import recount
from walletpass_server.engine.retention import clear_all, empty_ended, keep_for
from walletpass_server.engine.tokens import NewToken, find_token, mint
from walletpass_server.engine.tombstones import KEPT
from walletpass_server.persistence.tables import (
    AuditRow,
    DeviceRow,
    FactRow,
    GoogleObjectRow,
    OutboxRow,
    PassRow,
    RegistrationRow,
    TimerRow,
    TokenRow,
    ValueHistoryRow,
)
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop, open_shop

MATRIX = small_matrix(
    {"a": {"name": {"type": "text", "required": False}}},
    [
        {
            "from": "a",
            "to": "a",
            "after": {"event": "pass.added", "delay": {"days": 3, "unit": "calendar"}},
            "set": {"name": "'late'"},
        }
    ],
)
LATER = START + timedelta(hours=1)


async def _ada(shop: Shop, operation: int, *, external_id: str = "ada", library: str = "adas-phone") -> int:
    """A pass opened by its token, added on a phone and in Google Wallet; returns its id."""

    async def work(unit: Unit) -> int:
        live = await load_operation(unit, operation)
        token = NewToken({"name": "Ada"}, external_id)
        (text,) = await mint(unit, shop.keyring, live, [token], START)
        opened = await open_token(unit, shop.keyring, (await find_token(unit, text)).id, START)
        await phones.display(unit, operation, opened.pass_id, "apple", START)
        await phones.register(unit, operation, opened.pass_id, library, f"push-{library}", START)
        await phones.google_told(unit, operation, opened.pass_id, "save", f"n-{external_id}", START)
        await unit.connection.execute(
            insert(GoogleObjectRow).values(
                client_id=shop.client_id, pass_id=opened.pass_id, object_id=f"33.{external_id}", class_id="33.c",
                changed_at=START,
            )
        )  # fmt: skip
        return opened.pass_id

    return await shop.database.run(shop.client_id, work)


async def _rows(shop: Shop, *tables: Any) -> dict[str, int]:
    async with shop.database.reading(shop.client_id) as unit:
        return {
            table.__tablename__: (await unit.connection.scalar(select(func.count()).select_from(table))) or 0
            for table in tables
        }


PERSONAL = (PassRow, TokenRow, DeviceRow, RegistrationRow, GoogleObjectRow, TimerRow, ValueHistoryRow)


async def test_nothing_personal_is_left_and_every_fact_stays(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await _ada(shop, operation)
    facts = (await _rows(shop, FactRow))["fact"]
    purged: list[int] = []
    gone = await erase(shop.database, shop.client_id, LATER, external_id="ada", purge=[purged.append])
    assert gone == Erased(1, 1, on_phones=1)
    assert purged == [pass_id]
    assert await _rows(shop, *PERSONAL) == {
        "pass": 1, "token": 0, "device": 1, "registration": 1, "google_object": 0, "timer": 0, "value_history": 0,
    }  # fmt: skip
    async with shop.database.reading(shop.client_id) as unit:
        left = await unit.session.get_one(PassRow, (shop.client_id, pass_id))
    assert (left.variables, left.external_id, left.source, left.erased_at, left.voided_at) == (
        {},
        None,
        "",
        LATER,
        LATER,
    )
    async with shop.database.reading(shop.client_id) as unit:
        kept = (await unit.connection.execute(select(FactRow.pass_id, FactRow.name, FactRow.data))).all()
    assert len(kept) == facts + 4  # a device and a pass go, in each wallet
    assert pass_id not in {row.pass_id for row in kept}
    assert len({row.pass_id for row in kept}) == 1
    assert [row.data for row in kept if row.name == DELETED] == [{"certain": False, "reason": "erased"}] * 2


async def test_the_figures_stay_and_nobody_counts_as_active_any_more(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await _ada(shop, operation)
    await erase(shop.database, shop.client_id, LATER, external_id="ada")
    async with shop.database.reading(shop.client_id) as unit:
        (line,) = await report(unit, shop.client_id, last=LATER.date())
        assert await recount(unit, shop.client_id, operation) == []
    assert line.values() == {"displayed": 1, "generated": 0, "added": 2, "deleted": 2, "active": 0, "devices": 0}


async def test_other_holders_keep_their_passes_and_a_shared_phone(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await _ada(shop, operation, library="family")
    other = await _ada(shop, operation, external_id="bob", library="family")
    await erase(shop.database, shop.client_id, LATER, external_id="ada")
    left = await _rows(shop, *PERSONAL)
    assert left == {
        "pass": 2, "token": 1, "device": 1, "registration": 2, "google_object": 1, "timer": 1, "value_history": 0,
    }  # fmt: skip
    assert (await shop.state(operation, other)).wallets == ("apple", "google")


async def test_google_is_told_to_empty_the_object(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await _ada(shop, operation)
    await erase(shop.database, shop.client_id, LATER, external_id="ada")
    async with shop.database.reading(shop.client_id) as unit:
        letters = (
            await unit.connection.execute(select(OutboxRow.channel, OutboxRow.coalesce_key, OutboxRow.body))
        ).all()
    google = [(row.coalesce_key, row.body) for row in letters if row.channel == "google"]
    assert google == [("empty/33.ada", {"empty": "33.ada", "class": "33.c"})]
    assert str(pass_id) not in {row.coalesce_key for row in letters}


async def test_a_token_that_was_never_opened_goes_too(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)

    async def work(unit: Unit) -> None:
        live = await load_operation(unit, operation)
        await mint(unit, shop.keyring, live, [NewToken({"name": "Ada"}, "ada"), NewToken({}, "bob")], START)

    await shop.database.run(shop.client_id, work)
    assert await erase(shop.database, shop.client_id, LATER, external_id="ada") == Erased(0, 1)
    assert (await _rows(shop, TokenRow))["token"] == 1


async def test_one_pass_is_erased_by_its_serial(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await shop.issue(operation, {"name": "Ada"}, START, "C-1")
    await shop.issue(operation, {"name": "Bob"}, START, "C-2")
    assert await erase(shop.database, shop.client_id, LATER, serial="C-1") == Erased(1, 0)
    async with shop.database.reading(shop.client_id) as unit:
        assert (await unit.session.scalars(select(PassRow.serial))).all() == ["C-2"]


async def test_who_is_not_known_or_another_clients_is_not_found(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await _ada(shop, operation)
    other = await open_shop(shop.database, "other")
    for client_id, external_id in ((shop.client_id, "eve"), (other.client_id, "ada")):
        with pytest.raises(NotFound, match="nothing was erased"):
            await erase(shop.database, client_id, LATER, external_id=external_id)
    assert (await _rows(shop, PassRow))["pass"] == 1


async def test_the_empty_pass_goes_with_its_last_phone_and_is_counted_nowhere(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await _ada(shop, operation)
    await erase(shop.database, shop.client_id, LATER, external_id="ada")
    facts = await _rows(shop, FactRow)

    async def leave(unit: Unit) -> bool:
        return await phones.unregister(unit, operation, pass_id, "adas-phone", LATER)

    assert await shop.database.run(shop.client_id, leave)
    assert set((await _rows(shop, *PERSONAL)).values()) == {0}
    assert await _rows(shop, FactRow) == facts


async def test_the_empty_pass_goes_when_apns_says_that_its_phone_is_gone(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await _ada(shop, operation)
    await erase(shop.database, shop.client_id, LATER, external_id="ada")

    async def refuse(unit: Unit) -> list[int]:
        device = (await unit.session.scalars(select(DeviceRow))).one()
        return await phones.push_refused(unit, device.id, device.push_token, "Unregistered", LATER, LATER)

    assert await shop.database.run(shop.client_id, refuse) == []
    assert set((await _rows(shop, *PERSONAL)).values()) == {0}


async def test_after_thirty_days_the_empty_pass_goes_by_itself(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await _ada(shop, operation)
    await erase(shop.database, shop.client_id, LATER, external_id="ada")
    for later, left in ((LATER + KEPT, 1), (LATER + KEPT + timedelta(seconds=1), 0)):
        await clear_all(shop.database, later)
        assert (await _rows(shop, PassRow))["pass"] == left


async def test_the_receipt_is_kept_and_names_nobody(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await _ada(shop, operation)
    await erase(shop.database, shop.client_id, LATER, external_id="ada", actor=Actor("person", "dpo@example.com"))
    async with shop.database.reading(shop.client_id) as unit:
        (row,) = (await unit.session.scalars(select(AuditRow).where(AuditRow.action == "person.erased"))).all()
    assert row.after is not None
    assert (row.actor, row.after["passes"], row.after["on_phones"]) == ("dpo@example.com", 1, 1)
    assert "backups" in row.after
    assert "ada" not in str(row.after).lower()


async def test_what_an_operation_knows_of_its_holders_goes_when_its_time_is_over(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await _ada(shop, operation)
    await _ada(shop, operation, external_id="bob", library="bobs-phone")

    async def work(unit: Unit) -> None:
        live = await load_operation(unit, operation)
        await mint(unit, shop.keyring, live, [NewToken({"name": "Eve"}, "eve")], START)
        await keep_for(unit, operation, 10, Actor("staff", "tester"), START)

    await shop.database.run(shop.client_id, work)
    facts = await _rows(shop, FactRow)
    assert await empty_ended(shop.database, END + timedelta(days=10, seconds=-1)) == 0
    assert await _rows(shop, FactRow) == facts
    assert await empty_ended(shop.database, END + timedelta(days=10)) == 1
    assert await empty_ended(shop.database, END + timedelta(days=11)) == 0
    async with shop.database.reading(shop.client_id) as unit:
        passes = (await unit.session.scalars(select(PassRow))).all()
        assert await recount(unit, shop.client_id, operation) == []
    assert [(row.variables, row.external_id) for row in passes] == [({}, None)] * 2
    assert (await _rows(shop, TokenRow))["token"] == 0
