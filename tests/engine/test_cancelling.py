"""An operation that is called off: nothing begins any more, and what is there stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from walletpass.errors import NotFound, OperationClosed, OperationEnded, OperationError
from walletpass.testing.life import END, START, small_matrix, small_operation
from walletpass_server.engine import phones
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.cancelling import cancel_operation
from walletpass_server.engine.firing import edit_values, fire, void_pass
from walletpass_server.engine.issuing import open_token
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.tokens import NewToken, find_token, mint
from walletpass_server.engine.worker import Worker
from walletpass_server.persistence.tables import AuditRow, FactRow, RunRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop, open_shop

TESTER = Actor("staff", "tester")
NOW = START + timedelta(days=1)
MATRIX = small_matrix(
    {"a": {"name": {"type": "text", "required": False}}, "b": {}},
    [
        {"name": "end", "from": "a", "to": "b", "at": "operation.ends_at"},
        {"name": "used", "from": "a", "to": "b", "on": "used"},
        {"name": "late", "from": "a", "to": "b", "after": {"event": "pass.added", "delay": {"hours": 30}}},
    ],
    {"used": {}},
)


async def _cancel(shop: Shop, operation: int) -> None:
    await shop.database.run(shop.client_id, lambda unit: cancel_operation(unit, operation, TESTER, NOW))


async def _token(shop: Shop, operation: int) -> int:
    async def work(unit: Unit) -> int:
        live = await load_operation(unit, operation)
        (text,) = await mint(unit, shop.keyring, live, [NewToken()], START)
        return (await find_token(unit, text)).id

    return await shop.database.run(shop.client_id, work)


async def test_nothing_is_issued_fired_or_taken_any_more(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    token, pass_id = await _token(shop, operation), await shop.issue(operation, {}, START)
    await shop.database.run(
        shop.client_id, lambda unit: phones.register(unit, operation, pass_id, "phone", "push", START)
    )
    await _cancel(shop, operation)
    later = NOW + timedelta(seconds=1)
    with pytest.raises(OperationClosed, match="was called off"):
        await shop.database.run(shop.client_id, lambda unit: open_token(unit, shop.keyring, token, later))
    with pytest.raises(OperationEnded, match="was called off"):
        await shop.database.run(shop.client_id, lambda unit: fire(unit, "used", Subject(pass_id=pass_id), {}, later))
    await Worker(database=shop.database, clock=lambda: END + timedelta(days=1)).drain()
    assert (await shop.state(operation, pass_id)).model == "a"
    async with shop.database.reading(shop.client_id) as unit:
        assert set(await unit.session.scalars(select(RunRow.state))) == {"cancelled"}
        facts = (await unit.session.scalars(select(FactRow).where(FactRow.name == "trigger.skipped"))).all()
        assert [fact.data["why"] for fact in facts] == ["operation-ended"]


async def test_what_is_there_stays_and_can_be_edited_and_voided(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    await _cancel(shop, operation)
    await _cancel(shop, operation)
    subject, later = Subject(pass_id=pass_id), NOW + timedelta(days=1)
    await shop.database.run(shop.client_id, lambda unit: edit_values(unit, subject, {"name": "Ada"}, later))
    await shop.database.run(shop.client_id, lambda unit: void_pass(unit, subject, later))
    state = await shop.state(operation, pass_id)
    assert (state.values, state.voided) == ({"name": "Ada"}, True)
    async with shop.database.reading(shop.client_id) as unit:
        actions = (await unit.session.scalars(select(AuditRow.action))).all()
        assert list(actions).count("operation.cancelled") == 1


async def test_what_is_over_or_another_clients_cannot_be_called_off(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    other = await open_shop(shop.database, "other")
    with pytest.raises(NotFound):
        await _cancel(other, operation)
    with pytest.raises(OperationEnded, match="ended on"):
        await shop.database.run(shop.client_id, lambda unit: cancel_operation(unit, operation, TESTER, END))
    with pytest.raises(OperationError, match="is no part of a document"):
        await shop.open(MATRIX, small_operation(operation="other", cancelled_at="2027-03-02T08:00Z"), START)
