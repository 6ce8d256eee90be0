"""A client that is removed, and a person who is erased: Google is told, and receipts say where copies still are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.client_removal import PATIENCE, finish_removals, remove_client
from walletpass_server.engine.erasure import Erased
from walletpass_server.persistence.tables import CredentialRow, GoogleObjectRow, OutboxRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import Shop

STAFF = Actor("staff", "tester")
NOW = datetime(2027, 6, 1, tzinfo=UTC)


async def _at_google(shop: Shop, keep: Any) -> list[int]:
    """Passes with an object at Google; their ids."""
    await keep("main", wallet="google", pass_type_identifier=None, team_identifier=None, issuer_id="33")
    operation = await shop.open(small_matrix(["a"]), small_operation())
    passes = [await shop.issue(operation, {}, START) for _ in range(3)]

    async def work(unit: Unit) -> None:
        for each in passes:
            known = {"object_id": f"33.{each}", "class_id": "33.c", "changed_at": START}
            unit.session.add(GoogleObjectRow(client_id=shop.client_id, pass_id=each, **known))

    await shop.database.run(shop.client_id, work)
    return sorted(passes)


async def _left(shop: Shop) -> tuple[int, int]:
    """Letters and credentials."""
    async with shop.database.reading(ALL_CLIENTS) as unit:
        counts = [
            await unit.session.scalar(select(func.count()).select_from(table)) or 0
            for table in (OutboxRow, CredentialRow)
        ]
    return counts[0], counts[1]


async def test_objects_at_google_are_emptied_before_what_that_needs_is_gone(shop: Shop, keep: Any) -> None:
    passes = await _at_google(shop, keep)
    gone = await remove_client(shop.database, shop.client_id, STAFF, NOW)
    assert (gone["google_object"], gone["pass"], "credential" in gone) == (3, 3, False)
    async with shop.database.reading(ALL_CLIENTS) as unit:
        letters = await unit.connection.execute(select(OutboxRow.coalesce_key, OutboxRow.body).order_by(OutboxRow.id))
        found = [tuple(row) for row in letters]
    assert found == [(f"empty/33.{each}", {"empty": f"33.{each}", "class": "33.c"}) for each in passes]
    await finish_removals(shop.database, NOW)
    assert await _left(shop) == (3, 1)

    async def answered(unit: Unit) -> None:
        own = OutboxRow.client_id == shop.client_id
        await unit.connection.execute(delete(OutboxRow).where(own, OutboxRow.coalesce_key != f"empty/33.{passes[0]}"))
        await unit.connection.execute(update(OutboxRow).where(own).values(dead_at=NOW))

    await shop.database.run(shop.client_id, answered)
    await finish_removals(shop.database, NOW)
    assert await _left(shop) == (0, 0)


async def test_an_issuer_that_never_answers_keeps_nothing_for_ever(shop: Shop, keep: Any) -> None:
    await _at_google(shop, keep)
    await remove_client(shop.database, shop.client_id, STAFF, NOW)
    await finish_removals(shop.database, NOW + PATIENCE)
    assert await _left(shop) == (3, 1)
    await finish_removals(shop.database, NOW + PATIENCE + timedelta(seconds=1))
    assert await _left(shop) == (0, 0)


def test_a_receipt_says_until_when_backups_hold_the_person() -> None:
    assert "nobody has set how long they are kept" in Erased(1, 1).receipt(NOW)["backups"]
    kept = Erased(1, 1, backups_kept=timedelta(days=30)).receipt(NOW)["backups"]
    assert "still hold it until 2027-07-01, since they are kept for 30 days" in kept
