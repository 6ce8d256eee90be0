"""Matrices are read before a write needs them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from walletpass.matrix import Matrix
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import designs
from walletpass_server.engine.firing import fire
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.warming import warm_for, warm_in_force
from walletpass_server.testing import Shop

NOW = START + timedelta(days=1)
TRIGGERS = [{"name": "redeemed", "from": "active", "to": "used", "on": "coupon.used"}]
MATRIX = small_matrix({"active": {}, "used": {}}, TRIGGERS, {"coupon.used": {}})


@pytest.fixture(autouse=True)
def as_in_a_new_process() -> Iterator[None]:
    designs._frozen.clear()
    yield
    designs._frozen.clear()


async def _fire_without_reading(shop: Shop, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> int | None:
    monkeypatch.setattr(Matrix, "read", lambda *_, **__: pytest.fail("a Matrix was read within a write"))
    fired = await shop.database.run(shop.client_id, lambda unit: fire(unit, "coupon.used", subject, {}, NOW))
    return fired.matched


async def test_an_event_about_one_pass_finds_its_matrix_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await shop.issue(operation, {}, START, "C-1")
    designs._frozen.clear()
    await warm_for(shop.database, shop.client_id, Subject(serial="C-1"))
    assert await _fire_without_reading(shop, Subject(serial="C-1"), monkeypatch) == 1


async def test_an_event_about_an_operation_finds_its_matrix_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = small_operation()
    await shop.issue(await shop.open(MATRIX, operation, START), {}, START)
    designs._frozen.clear()
    everyone = Subject(operation=operation.operation)
    await warm_for(shop.database, shop.client_id, everyone)
    assert await _fire_without_reading(shop, everyone, monkeypatch) == 1


async def test_a_process_begins_with_the_operations_in_force(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    await shop.issue(operation, {}, START, "C-1")
    designs._frozen.clear()
    await warm_in_force(shop.database, START - timedelta(days=1000))
    assert not designs._frozen
    await warm_in_force(shop.database, NOW)
    assert await _fire_without_reading(shop, Subject(serial="C-1"), monkeypatch) == 1


async def test_a_subject_that_is_not_there_is_left_to_the_event(shop: Shop) -> None:
    for subject in (Subject(serial="nobody's"), Subject(operation="none")):
        await warm_for(shop.database, shop.client_id, subject)
    assert not designs._frozen
