"""Events from outside, edits, voiding: whom they concern, what is answered, what a repeat does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from walletpass import tokens
from walletpass.errors import (
    EventError,
    IdempotencyKeyReused,
    NotFound,
    OperationEnded,
    PassVoid,
    UsageError,
    ValuesError,
)
from walletpass.testing.life import END, START, small_matrix, small_operation
from walletpass_server.engine.fired import Fired
from walletpass_server.engine.firing import edit_values, fire, void_pass
from walletpass_server.engine.recount import recount
from walletpass_server.engine.runs import progress
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.worker import Worker
from walletpass_server.persistence.tables import FactRow, PassRow, TokenRow, ValueHistoryRow
from walletpass_server.testing import Shop, open_shop

NOW = START + timedelta(days=1)
WEALTHY = "has(pass.points) && pass.points > 100"
MATRIX = small_matrix(
    {
        "active": {"points": {"type": "number", "required": False}, "store": {"type": "text", "required": False}},
        "used": {"store": {"type": "text", "required": False}},
    },
    [
        {
            "name": "redeemed", "from": "active", "to": "used", "on": "coupon.used", "when": "event.amount >= 10",
            "set": {"store": "event.store"},
        },
        {"name": "gold", "from": "active", "to": "used", "on": "pass.changed", "when": WEALTHY},
        {"name": "risky", "from": "active", "to": "used", "on": "coupon.risky", "when": "pass.points > 5"},
    ],
    {"coupon.used": {"amount": "number", "store": "text"}, "coupon.risky": {}},
)  # fmt: skip
GOOD = {"amount": 12, "store": "Lyon"}


async def _open(shop: Shop, **changes: Any) -> int:
    return await shop.open(MATRIX, small_operation(**changes), START)


async def _fire(
    shop: Shop, subject: Subject, data: Mapping[str, object] = GOOD, now: datetime = NOW, event: str = "coupon.used",
    **more: Any,
) -> Fired:  # fmt: skip
    return await shop.database.run(shop.client_id, lambda unit: fire(unit, event, subject, data, now, **more))


async def _drain(shop: Shop, now: datetime = NOW) -> None:
    await Worker(database=shop.database, clock=lambda: now, pause=timedelta(0)).drain()


async def _names(shop: Shop, pass_id: int) -> list[str]:
    async with shop.database.reading(shop.client_id) as unit:
        query = select(FactRow.name).where(FactRow.pass_id == pass_id).order_by(FactRow.number)
        return list((await unit.session.scalars(query)).all())


async def test_an_event_moves_the_pass_it_names_by_id_or_serial(shop: Shop) -> None:
    operation = await _open(shop)
    first, second = [await shop.issue(operation, {}, START, serial) for serial in ("C-1", "C-2")]
    assert await _fire(shop, Subject(pass_id=first)) == Fired(matched=1, moved=1, reasons={})
    assert await _fire(shop, Subject(serial="C-2")) == Fired(matched=1, moved=1, reasons={})
    assert {(await shop.state(operation, pass_id)).model for pass_id in (first, second)} == {"used"}
    assert (await shop.state(operation, first)).values == {"store": "Lyon"}


async def test_an_event_moves_the_pass_behind_a_token(shop: Shop) -> None:
    operation = await _open(shop)
    pass_id = await shop.issue(operation, {}, START)
    async with shop.database.writing(shop.client_id) as unit:
        unit.session.add_all(
            TokenRow(
                client_id=shop.client_id, id=number, operation_id=operation, digest=tokens.digest(token),
                sealed=b"", pass_id=opened, created_at=START,
            )
            for number, token, opened in ((901, "opened", pass_id), (902, "unopened", None))
        )  # fmt: skip
    assert (await _fire(shop, Subject(token="opened"))).moved == 1
    for unknown in ("unopened", "nobody's"):
        with pytest.raises(NotFound, match="not been opened yet"):
            await _fire(shop, Subject(token=unknown))


async def test_an_external_id_may_name_none_or_several(shop: Shop) -> None:
    old = await _open(shop, operation="old", starts_at="2027-01-01T00:00", ends_at="2027-03-01T12:00")
    new = await _open(shop)
    passes = [await shop.issue(operation, {}, START) for operation in (old, new)]
    async with shop.database.writing(shop.client_id) as unit:
        await unit.connection.execute(PassRow.__table__.update().values(external_id="customer-7"))
    assert await _fire(shop, Subject(external_id="nobody")) == Fired(matched=0, moved=0, reasons={})
    assert (await _fire(shop, Subject(external_id="customer-7"))).matched == 1
    assert (await shop.state(old, passes[0])).model == "active"
    assert (await shop.state(new, passes[1])).model == "used"
    with pytest.raises(OperationEnded):
        await _fire(shop, Subject(external_id="customer-7", operation="old"))


async def test_what_does_not_exist_is_not_found(shop: Shop) -> None:
    operation = await _open(shop)
    pass_id = await shop.issue(operation, {}, START)
    for subject in (Subject(pass_id=404), Subject(serial="C-404"), Subject(operation="nothing")):
        with pytest.raises(NotFound):
            await _fire(shop, subject)
    other = await open_shop(shop.database, "other")
    with pytest.raises(NotFound):
        await _fire(other, Subject(pass_id=pass_id))
    with pytest.raises(NotFound):
        await _fire(other, Subject(operation="op"))


@pytest.mark.parametrize(
    "names",
    [{}, {"serial": "C-1", "pass_id": 1}, {"where": "true"}, {"serial": "C-1", "operation": "op", "where": "x"}],
)
def test_a_subject_is_named_in_one_way(names: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Subject(**names)


@pytest.mark.parametrize(
    ("event", "data", "says"),
    [
        ("coupon.lost", {}, "not an event of the Matrix"),
        ("pass.added", {}, "not an event of the Matrix"),
        ("coupon.used", {"amount": "twelve", "store": "Lyon"}, "amount: 'twelve' is not a number"),
        ("coupon.used", {"amount": 12}, "store: missing"),
        ("coupon.used", {**GOOD, "colour": "red"}, "colour: not declared"),
        ("coupon.used", {"amount": 12, "store": "x" * 20_000}, "bytes of data"),
    ],
)
async def test_a_bad_event_is_refused_and_does_nothing(
    shop: Shop, event: str, data: dict[str, object], says: str
) -> None:
    operation = await _open(shop)
    pass_id = await shop.issue(operation, {}, START)
    for subject in (Subject(pass_id=pass_id), Subject(operation="op")):
        with pytest.raises(EventError, match=says):
            await _fire(shop, subject, data, event=event, key="order-1")
    assert await _names(shop, pass_id) == ["pass.issued"]
    assert (await _fire(shop, Subject(pass_id=pass_id), key="order-1")).moved == 1  # the key was not used up


async def test_an_event_of_tomorrow_is_refused(shop: Shop) -> None:
    operation = await _open(shop)
    pass_id = await shop.issue(operation, {}, START)
    with pytest.raises(EventError, match="check the sender's clock"):
        await _fire(shop, Subject(pass_id=pass_id), occurred_at=NOW + timedelta(minutes=6))
    assert (await _fire(shop, Subject(pass_id=pass_id), occurred_at=NOW + timedelta(minutes=4))).moved == 1


async def test_after_the_end_events_are_refused_until_the_grace_is_over(shop: Shop) -> None:
    for name, more in (("strict", {}), ("kind", {"grace": {"days": 7, "unit": "calendar"}})):
        operation = await _open(shop, operation=name, **more)
        await shop.issue(operation, {}, START, f"C-{name}")
    for subject in (Subject(serial="C-strict"), Subject(operation="strict")):
        with pytest.raises(OperationEnded, match="events are refused"):
            await _fire(shop, subject, now=END)
    assert (await _fire(shop, Subject(serial="C-kind"), now=END + timedelta(days=6))).moved == 1


async def test_a_condition_that_fails_leaves_the_pass_and_records_it(shop: Shop) -> None:
    operation = await _open(shop)
    pass_id = await shop.issue(operation, {}, START)
    fired = await _fire(shop, Subject(pass_id=pass_id), {}, event="coupon.risky")
    assert fired == Fired(matched=1, moved=0, reasons={"failed": 1})
    assert (await shop.state(operation, pass_id)).model == "active"
    assert await _names(shop, pass_id) == ["pass.issued", "coupon.risky", "trigger.failed"]


async def test_the_same_key_gives_the_same_answer_and_changes_nothing(shop: Shop) -> None:
    operation = await _open(shop)
    pass_id = await shop.issue(operation, {}, START)
    subject = Subject(pass_id=pass_id)
    first = await _fire(shop, subject, {"amount": 1, "store": "Lyon"}, key="order-77")
    assert first == Fired(matched=1, moved=0, reasons={"condition-false": 1})
    before = await _names(shop, pass_id)
    again = await _fire(shop, subject, {"amount": 1, "store": "Lyon"}, NOW + timedelta(hours=1), key="order-77")
    assert again == first
    assert await _names(shop, pass_id) == before
    with pytest.raises(IdempotencyKeyReused):
        await _fire(shop, subject, GOOD, key="order-77")
    assert (await shop.state(operation, pass_id)).model == "active"


async def test_many_repeats_at_once_move_once(shop: Shop) -> None:
    operation = await _open(shop)
    pass_id = await shop.issue(operation, {}, START)
    answers = await asyncio.gather(*(_fire(shop, Subject(pass_id=pass_id), key="order-1") for _ in range(8)))
    assert answers == [Fired(matched=1, moved=1, reasons={})] * 8
    assert (await _names(shop, pass_id)).count("coupon.used") == 1


async def test_an_event_for_all_covers_the_passes_issued_before_it_was_accepted(shop: Shop) -> None:
    operation = await _open(shop)
    before = [await shop.issue(operation, {}, START) for _ in range(5)]
    fired = await _fire(shop, Subject(operation="op"), key="all-1")
    assert (fired.matched, fired.moved) == (5, None)
    after = await shop.issue(operation, {}, NOW + timedelta(seconds=1))
    assert await _fire(shop, Subject(operation="op"), key="all-1") == fired
    await _drain(shop, NOW + timedelta(minutes=1))
    assert {(await shop.state(operation, pass_id)).model for pass_id in before} == {"used"}
    assert (await shop.state(operation, after)).model == "active"
    async with shop.database.reading(shop.client_id) as unit:
        found = await progress(unit, fired.run_id or 0, NOW)
        assert (found.state, found.total, found.seen, found.moved) == ("done", 5, 5, 5)
        assert await recount(unit, shop.client_id, operation) == []


async def test_a_filter_chooses_among_the_passes_of_an_operation(shop: Shop) -> None:
    operation = await _open(shop)
    passes = [await shop.issue(operation, {"points": n} if n else {}, START) for n in (0, 10, 50)]
    fired = await _fire(shop, Subject(operation="op", where="pass.points > 20"))
    assert fired.matched is None
    await _drain(shop)
    assert [(await shop.state(operation, p)).model for p in passes] == ["active", "active", "used"]
    nobody = await _fire(shop, Subject(operation="op", where="pass.points > 2000"))
    await _drain(shop)
    async with shop.database.reading(shop.client_id) as unit:
        assert (await progress(unit, fired.run_id or 0, NOW)).matched == 1
        assert (await progress(unit, nobody.run_id or 0, NOW)).matched == 0


@pytest.mark.parametrize("where", ["pass.points", "pass.colour == 'red'", "pass.points >", "event.amount > 3"])
async def test_a_filter_that_is_no_condition_is_refused(shop: Shop, where: str) -> None:
    await _open(shop)
    with pytest.raises(EventError, match="where: "):
        await _fire(shop, Subject(operation="op", where=where))


async def test_an_edit_keeps_the_old_values_and_wakes_conditions(shop: Shop) -> None:
    operation = await _open(shop)
    pass_id = await shop.issue(operation, {"points": 5}, START)
    subject = Subject(pass_id=pass_id)

    async def change(values: dict[str, object], key: str | None = None) -> Fired:
        return await shop.database.run(
            shop.client_id, lambda unit: edit_values(unit, subject, values, NOW, actor="ada", key=key)
        )

    assert (await change({"points": 50}, "e-1")).moved == 0
    assert (await change({"points": 50}, "e-1")).moved == 0
    with pytest.raises(ValuesError, match="unknown variable"):
        await change({"colour": "red"})
    with pytest.raises(ValuesError, match="points"):
        await change({"points": "many"})
    assert (await change({"points": 200})).moved == 1
    async with shop.database.reading(shop.client_id) as unit:
        history = (await unit.session.scalars(select(ValueHistoryRow).order_by(ValueHistoryRow.version))).all()
    assert [(h.version, h.actor, h.before, h.after) for h in history] == [
        (2, "ada", {"points": 5}, {"points": 50}),
        (3, "ada", {"points": 50}, {"points": 200}),
    ]


async def test_a_void_pass_stays_void(shop: Shop) -> None:
    operation = await _open(shop)
    pass_id = await shop.issue(operation, {}, START)
    subject = Subject(pass_id=pass_id)
    for _ in range(2):
        await shop.database.run(shop.client_id, lambda unit: void_pass(unit, subject, NOW, reason="fraud"))
    assert await _names(shop, pass_id) == ["pass.issued", "pass.voided"]
    assert await _fire(shop, subject) == Fired(matched=1, moved=0, reasons={"void": 1})
    with pytest.raises(PassVoid):
        await shop.database.run(shop.client_id, lambda unit: edit_values(unit, subject, {"points": 1}, NOW))
    await _fire(shop, Subject(operation="op"))
    await _drain(shop, datetime(2027, 6, 1, tzinfo=UTC))
    assert (await shop.state(operation, pass_id)).voided
