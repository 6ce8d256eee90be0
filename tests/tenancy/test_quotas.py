"""Plans: how much a client may have, and what it may use by itself."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from walletpass.errors import QuotaReached, UsageError
from walletpass.model import PassModel
from walletpass.testing.life import END, START, model_document, small_matrix, small_operation
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.designs import keep_asset, save_matrix, save_model
from walletpass_server.engine.issuing import open_tokens
from walletpass_server.engine.keys import KeyReads, create_key, key_digest
from walletpass_server.engine.operations import create_operation, load_operation
from walletpass_server.engine.plans import change_plan, usage
from walletpass_server.engine.tokens import NewToken, find_token, mint
from walletpass_server.persistence.tables import AssetRow, AuditRow, ClientRow, HookEventRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop

STAFF = Actor("staff", "tester")


async def _plan(shop: Shop, **changes: Any) -> ClientRow:
    return await shop.database.run(shop.client_id, lambda unit: change_plan(unit, STAFF, START, **changes))


def _model(name: str, **changes: Any) -> PassModel:
    return PassModel.read(model_document(name, **changes), name=name)


async def test_a_new_model_or_matrix_beyond_the_quota_is_refused_an_old_one_is_not(shop: Shop) -> None:
    await _plan(shop, max_models=1, max_matrices=1)

    async def save(unit: Unit, name: str) -> None:
        await save_model(unit, _model(name), START)
        await save_matrix(unit, small_matrix(["a"], matrix=name), START)

    await shop.database.run(shop.client_id, lambda unit: save(unit, "one"))
    await shop.database.run(shop.client_id, lambda unit: save(unit, "one"))
    for what in ("Models", "Matrices"):
        with pytest.raises(QuotaReached, match=f"room for 1 {what}") as refused:
            await shop.database.run(
                shop.client_id,
                lambda unit, w=what: (
                    save_model(unit, _model("two"), START)
                    if w == "Models"
                    else save_matrix(unit, small_matrix(["a"], matrix="two"), START)
                ),
            )
        assert (refused.value.what, refused.value.limit) == (what, 1)


async def test_operations_that_have_ended_leave_room_for_others(shop: Shop) -> None:
    await _plan(shop, max_operations=1)
    await shop.open(small_matrix(["a"]), small_operation())
    with pytest.raises(QuotaReached, match="operations that have not ended"):
        await shop.open(small_matrix(["a"]), small_operation())
    later = END + timedelta(days=1)
    ahead = small_operation(starts_at=later.isoformat(), ends_at=(later + timedelta(days=1)).isoformat())
    assert await shop.open(small_matrix(["a"]), ahead, later)


async def test_taking_the_last_place_is_told_to_those_who_listen(shop: Shop) -> None:
    async def listen(unit: Unit) -> None:
        row = await unit.session.get_one(ClientRow, shop.client_id)
        row.settings = {"hooks": True}

    await shop.database.run(shop.client_id, listen)
    await _plan(shop, max_operations=2)
    for count in (0, 1):
        await shop.open(small_matrix(["a"]), small_operation())
        async with shop.database.reading(shop.client_id) as unit:
            told = select(HookEventRow.data).where(HookEventRow.type == "quota.reached")
            assert len((await unit.session.scalars(told)).all()) == count


async def _tokens(shop: Shop, operation_id: int, count: int) -> list[int]:
    async def work(unit: Unit) -> list[int]:
        live = await load_operation(unit, operation_id)
        texts = await mint(unit, shop.keyring, live, [NewToken() for _ in range(count)], START)
        return [(await find_token(unit, text)).id for text in texts]

    return await shop.database.run(shop.client_id, work)


async def test_passes_beyond_the_quota_are_not_issued_whoever_asks_at_once(shop: Shop) -> None:
    operation = await shop.open(small_matrix(["a"]), small_operation())
    tokens = await _tokens(shop, operation, 8)

    async def issue(ids: list[int]) -> list[object]:
        async def work(unit: Unit) -> list[object]:
            return list((await open_tokens(unit, shop.keyring, ids, START)).values())

        return await shop.database.run(shop.client_id, work, tries=20)

    await issue(tokens[:1])
    await _plan(shop, max_passes=4)  # the one that is there counts
    answers = await asyncio.gather(issue(tokens[1:4]), issue(tokens[4:]))
    refused = [answer for each in answers for answer in each if isinstance(answer, QuotaReached)]
    assert len(refused) == 4
    async with shop.database.reading(shop.client_id) as unit:
        assert (await usage(unit, START)).passes == 4
    await _plan(shop, max_passes=None)
    assert not [answer for answer in await issue(tokens) if isinstance(answer, QuotaReached)]


async def test_without_the_connector_no_key_is_made_and_those_there_open_nothing(shop: Shop) -> None:
    async def make(unit: Unit) -> str:
        return (await create_key(unit, "Till", "test", ["passes:read"], STAFF, START)).text

    async def good(text: str) -> bool:
        reads = KeyReads(shop.database)
        try:
            return await reads.find(key_digest(text), START) is not None
        finally:
            await reads.close()

    text = await shop.database.run(shop.client_id, make)
    assert await good(text)
    await _plan(shop, plan="full_service")
    assert not await good(text)
    with pytest.raises(UsageError, match="has no API"):
        await shop.database.run(shop.client_id, make)
    await _plan(shop, connector=True)
    assert await good(text)


async def test_a_change_of_plan_is_on_record_and_nonsense_is_refused(shop: Shop) -> None:
    await _plan(shop, max_models=3)
    for nonsense in ({"plan": "gold"}, {"max_models": -1}, {"requests_per_minute": 0}):
        with pytest.raises(UsageError):
            await _plan(shop, **nonsense)
    async with shop.database.reading(shop.client_id) as unit:
        (row,) = (await unit.session.scalars(select(AuditRow))).all()
    assert (row.action, row.before, row.after) == ("client.plan-changed", {"max_models": None}, {"max_models": 3})


async def test_two_who_save_a_matrix_at_the_same_time_make_two_versions(shop: Shop) -> None:
    async def save(model: str) -> int:
        async def work(unit: Unit) -> int:
            return (await save_matrix(unit, small_matrix([model]), START)).version

        return await shop.database.run(shop.client_id, work)

    assert sorted(await asyncio.gather(*[save(f"m{number}") for number in range(4)])) == [1, 2, 3, 4]
    assert len(set(await asyncio.gather(save("same"), save("same")))) == 1


async def test_a_picture_stays_while_a_frozen_matrix_shows_it(shop: Shop) -> None:
    content = b"\x89PNG shown"
    model = _model("a", images={"logo": "logo.png"}).with_pictures(lambda _: content)

    async def freeze_it(unit: Unit) -> None:
        await keep_asset(unit, b"\x89PNG not shown", START)
        await save_matrix(unit, small_matrix(["b"]).model_copy(update={"models": {"b": model}}), START)
        await create_operation(unit, small_operation(), START)

    await shop.database.run(shop.client_id, freeze_it)
    gone = delete(AssetRow).where(AssetRow.client_id == shop.client_id, AssetRow.content != content)
    async with shop.database.writing(shop.client_id) as unit:
        assert (await unit.connection.execute(gone)).rowcount == 1
    with pytest.raises(DBAPIError, match="shows this picture"):
        async with shop.database.writing(shop.client_id) as unit:
            await unit.connection.execute(delete(AssetRow).where(AssetRow.client_id == shop.client_id))
