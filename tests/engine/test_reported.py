"""What tills and readers say of a pass: redeemed, scanned. No Matrix declares it, each Trigger can wait for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from walletpass.errors import EventError
from walletpass.events import MAX_REPORTED
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine.firing import fire, void_pass
from walletpass_server.engine.firing_together import Firing, fire_together
from walletpass_server.engine.reach import EVERYTHING
from walletpass_server.engine.subjects import Subject
from walletpass_server.persistence.tables import FactRow
from walletpass_server.testing import Shop

NOW = START + timedelta(days=1)
MATRIX = small_matrix(
    ["full", "used"],
    [{"name": "spent", "from": "full", "to": "used", "on": "pass.redeemed", "when": "event.value >= 10.0"}],
)


async def _facts(shop: Shop, *names: str) -> list[tuple[str, dict[str, Any]]]:
    async with shop.database.reading(shop.client_id) as unit:
        rows = await unit.session.scalars(select(FactRow).order_by(FactRow.pass_id, FactRow.number))
        return [(row.name, row.data) for row in rows.all() if row.name in names]


async def test_a_redemption_is_kept_with_where_and_by_whom_and_moves_the_pass(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START, "C-1")
    given = {"by": "till-2", "place": "Lyon", "value": 12}
    for key in ("ticket-1", "ticket-1", "ticket-2"):
        fired = await shop.database.run(
            shop.client_id,
            lambda unit, key=key: fire(unit, "pass.redeemed", Subject(serial="C-1"), given, NOW, key=key),
        )
    assert (fired.moved, dict(fired.reasons)) == (0, {"nobody-waits": 1})
    assert await _facts(shop, "pass.redeemed") == [("pass.redeemed", given)] * 2
    ((_, moved),) = await _facts(shop, "pass.moved")
    assert (moved["trigger"], moved["event"], moved["back"]) == ("spent", "pass.redeemed", 1)
    assert (await shop.state(operation, pass_id)).model == "used"


async def test_it_is_told_among_others_and_a_condition_reads_what_came_along(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    passes = [await shop.issue(operation, {}, START) for _ in range(3)]
    firings = [
        Firing(event=event, subject=Subject(pass_id=pass_id), data=data, environment="test", reach=EVERYTHING)
        for pass_id, event, data in zip(
            passes,
            ("pass.redeemed", "pass.redeemed", "pass.scanned"),
            ({"value": 9}, {"value": 10}, {"place": "Nice"}),
            strict=True,
        )
    ]
    answers = await shop.database.run(shop.client_id, lambda unit: fire_together(unit, firings, NOW))
    assert [getattr(answer, "moved", answer) for answer in answers] == [0, 1, 0]
    assert await _facts(shop, "pass.scanned") == [("pass.scanned", {"place": "Nice"})]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"by": "x" * (MAX_REPORTED + 1)}, "at most 200"),
        ({"amount": 3}, "not declared"),
        ({"value": "3"}, "not a number"),
    ],
)
async def test_what_does_not_fit_is_refused(shop: Shop, data: dict[str, object], why: str) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    with pytest.raises(EventError, match=why):
        await shop.database.run(
            shop.client_id, lambda unit: fire(unit, "pass.redeemed", Subject(pass_id=pass_id), data, NOW)
        )


async def test_a_void_pass_cannot_be_redeemed(shop: Shop) -> None:
    operation = await shop.open(MATRIX, small_operation(), START)
    pass_id = await shop.issue(operation, {}, START)
    subject = Subject(pass_id=pass_id)
    await shop.database.run(shop.client_id, lambda unit: void_pass(unit, subject, NOW))
    fired = await shop.database.run(shop.client_id, lambda unit: fire(unit, "pass.redeemed", subject, {}, NOW))
    assert dict(fired.reasons) == {"void": 1}
    assert await _facts(shop, "pass.redeemed") == []
