from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from walletpass.errors import IdempotencyKeyReused, UsageError
from walletpass_server.persistence import idempotency
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.idempotency import Remembered, begin, finish, forget_old, request_digest
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.testing import SeededOperation

REQUEST = request_digest("POST", "/events", b'{"amount": 12}')


async def _do(unit: Unit, work: list[int], environment: str = "test", request: bytes = REQUEST) -> dict[str, object]:
    remembered = await begin(unit, environment, "order-77", request)
    if remembered is not None:
        return {**remembered.answer, "again": True}
    work.append(1)
    await finish(unit, environment, "order-77", {"moved": 1})
    return {"moved": 1}


async def test_the_same_request_again_gives_the_same_answer_and_works_once(
    database: Database, shop: SeededOperation
) -> None:
    work: list[int] = []
    answers = await asyncio.gather(*(database.run(shop.client_id, lambda unit: _do(unit, work)) for _ in range(6)))
    assert sum(work) == 1
    assert sorted(len(answer) for answer in answers) == [1, 2, 2, 2, 2, 2]
    assert {answer["moved"] for answer in answers} == {1}


async def test_the_same_key_with_another_body_is_refused(database: Database, shop: SeededOperation) -> None:
    work: list[int] = []
    async with database.writing(shop.client_id) as unit:
        await _do(unit, work)
    with pytest.raises(IdempotencyKeyReused, match="order-77"):
        async with database.writing(shop.client_id) as unit:
            await _do(unit, work, request=request_digest("POST", "/events", b"{}"))


async def test_environments_and_clients_have_keys_of_their_own(database: Database, shop: SeededOperation) -> None:
    work: list[int] = []
    for client, environment in ((shop.client_id, "test"), (shop.client_id, "production"), (shop.client_id + 1, "test")):
        async with database.writing(client) as unit:
            await _do(unit, work, environment)
    assert sum(work) == 3


async def test_work_that_failed_leaves_the_key_free(database: Database, shop: SeededOperation) -> None:
    async def fail(unit: Unit) -> None:
        await begin(unit, "test", "order-77", REQUEST)
        raise KeyError("the work failed")

    with pytest.raises(KeyError):
        await database.run(shop.client_id, fail)
    async with database.writing(shop.client_id) as unit:
        assert await begin(unit, "test", "order-77", REQUEST) is None


async def test_old_keys_are_forgotten(database: Database, shop: SeededOperation) -> None:
    async with database.writing(shop.client_id) as unit:
        await _do(unit, [])
    async with database.writing(ALL_CLIENTS) as unit:
        assert await forget_old(unit) == 0
        assert await forget_old(unit, kept=timedelta(seconds=-1)) == 1
    assert timedelta(days=30) == idempotency.KEPT


async def test_an_answer_survives_as_it_was_given(database: Database, shop: SeededOperation) -> None:
    answer = {"moved": [1, 2.5, None, "é"], "nested": {"a": {}}}
    async with database.writing(shop.client_id) as unit:
        await begin(unit, "test", "k", REQUEST)
        await finish(unit, "test", "k", answer)
    async with database.writing(shop.client_id) as unit:
        assert await begin(unit, "test", "k", REQUEST) == Remembered(answer)


def test_parts_of_a_request_do_not_run_into_each_other() -> None:
    assert request_digest("ab", "c") != request_digest("a", "bc")


@pytest.mark.parametrize("key", ["", "k" * 256, "a\0b", "\udcff"])
async def test_a_key_that_is_none_is_refused(database: Database, shop: SeededOperation, key: str) -> None:
    async with database.writing(shop.client_id) as unit:
        with pytest.raises(UsageError, match="1 to 255 printable characters"):
            await begin(unit, "test", key, REQUEST)
