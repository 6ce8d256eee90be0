"""Production: refused until everything is there, in one line that names all that is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from walletpass.errors import CredentialUnfit, ProductionRefused, UsageError
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.credentials import change_credential, find_credential, stop_credential
from walletpass_server.engine.designs import save_matrix
from walletpass_server.engine.operations import create_operation
from walletpass_server.engine.policies import POLICIES, accept, acceptances
from walletpass_server.persistence.tables import AuditRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop

ADA = Actor("person", "ada@example.com")
PLAN = {"notifications": {"max": 6}}


async def _open(shop: Shop, credential: str | None, **changes: Any) -> OperationRow:
    async def work(unit: Unit) -> OperationRow:
        await save_matrix(unit, small_matrix(["a"]), START)
        operation = small_operation(**{"environment": "production", **changes})
        return await create_operation(unit, operation, START, apple_credential=credential)

    return await shop.database.run(shop.client_id, work)


async def _accept(shop: Shop, wallet: str = "apple") -> None:
    version = POLICIES[wallet].version
    await shop.database.run(shop.client_id, lambda unit: accept(unit, wallet, version, "Ada Buyer", ADA, START))


async def test_all_that_is_missing_is_named_at_once(shop: Shop, keep: Any) -> None:
    with pytest.raises(ProductionRefused) as refused:
        await _open(shop, None)
    assert [line.partition(":")[0] for line in refused.value.missing] == [
        "it has no credentials", "it has no notification plan",
    ]  # fmt: skip
    await keep("old", not_after=START - timedelta(days=1))
    with pytest.raises(ProductionRefused) as refused:
        await _open(shop, "old")
    assert len(refused.value.missing) == 3
    says = str(refused.value)
    assert "\n" not in says
    assert [part in says for part in ("ended on", "no notification plan", "not accepted the rules of apple")] == [
        True, True, True,
    ]  # fmt: skip


async def test_with_credentials_plan_and_acceptance_it_opens(shop: Shop, keep: Any) -> None:
    await keep("main", not_after=START + timedelta(days=300))
    with pytest.raises(ProductionRefused, match="has not accepted"):
        await _open(shop, "main", **PLAN)
    await _accept(shop, "google")  # the other wallet's rules do not count
    with pytest.raises(ProductionRefused, match="has not accepted"):
        await _open(shop, "main", **PLAN)
    await _accept(shop)
    assert (await _open(shop, "main", **PLAN)).environment == "production"


async def test_a_test_needs_none_of_it(shop: Shop) -> None:
    assert (await _open(shop, None, environment="test")).environment == "test"


async def test_a_credential_that_is_stopped_or_for_tests_does_not_do(shop: Shop, keep: Any) -> None:
    await _accept(shop)
    row = await keep("main")
    await shop.database.run(shop.client_id, lambda unit: stop_credential(unit, row.id, "refused by Apple", START))
    with pytest.raises(ProductionRefused, match="is stopped"):
        await _open(shop, "main", **PLAN)
    await keep("tests", environment="test")
    with pytest.raises(ProductionRefused, match="is for tests"):
        await _open(shop, "tests", **PLAN)


async def test_of_two_credentials_of_a_name_the_one_of_the_environment_is_taken(shop: Shop, keep: Any) -> None:
    await _accept(shop)
    own = await keep("main")
    await keep("main", environment="test")
    assert (await _open(shop, "main", **PLAN)).apple_credential_id == own.id


async def test_a_live_operation_in_production_takes_no_credential_that_does_not_do(shop: Shop, keep: Any) -> None:
    await _accept(shop)
    await keep("main")
    operation = await _open(shop, "main", **PLAN)
    await keep("over", not_after=START)

    async def change(unit: Unit) -> None:
        row = await unit.session.get_one(OperationRow, (shop.client_id, operation.id))
        await change_credential(unit, row, await find_credential(unit, "apple", "over"), START)

    with pytest.raises(CredentialUnfit, match="ended on"):
        await shop.database.run(shop.client_id, change)


async def test_an_acceptance_says_who_when_and_which_text_and_is_kept_once(shop: Shop) -> None:
    await _accept(shop)
    await _accept(shop)
    async with shop.database.reading(shop.client_id) as unit:
        (row,) = await acceptances(unit)
        (change,) = (await unit.session.scalars(select(AuditRow))).all()
    assert (row.wallet, row.version, row.accepted_by, row.accepted_at) == (
        "apple", POLICIES["apple"].version, "Ada Buyer", START,
    )  # fmt: skip
    assert (change.actor_kind, change.action, change.subject) == ("person", "policy.accepted", "policy:apple")


async def test_a_text_that_is_not_in_force_cannot_be_accepted(shop: Shop) -> None:
    for version, by in (("2020-01", "Ada"), (POLICIES["apple"].version, "")):
        with pytest.raises(UsageError):
            await shop.database.run(
                shop.client_id, lambda unit, v=version, b=by: accept(unit, "apple", v, b, ADA, START)
            )
