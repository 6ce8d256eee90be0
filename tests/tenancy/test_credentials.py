"""Certificates: asked for here, watched, and changed for the next while passes are on phones."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from walletpass.errors import CertificateExpired, CredentialUnfit, NotFound
from walletpass.testing import Authority
from walletpass.testing.life import START, small_matrix, small_operation
from walletpass_server.engine import phones, runs
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.credential_files import apple_credentials
from walletpass_server.engine.credential_requests import answer_request, keep_request, make_request
from walletpass_server.engine.credentials import open_credential
from walletpass_server.engine.designs import save_matrix
from walletpass_server.engine.expiry import STEPS, step_of, warn_of_ends
from walletpass_server.engine.operations import create_operation
from walletpass_server.engine.rollover import Rollover, roll_over
from walletpass_server.engine.worker import Worker
from walletpass_server.persistence.tables import (
    AuditRow,
    CredentialRequestRow,
    CredentialRow,
    OperationRow,
    OutboxRow,
    PassRow,
)
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop

ADA = Actor("person", "ada@example.com")
LATER = START + timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create(key="ec", now=START, valid_days=400)


async def _ask(shop: Shop, name: str = "main") -> CredentialRequestRow:
    made = make_request("Maison Verte", country="FR")
    return await shop.database.run(
        shop.client_id, lambda unit: keep_request(unit, shop.keyring, name, "test", made, ADA, START)
    )


async def _answer(shop: Shop, authority: Authority, certificate: bytes) -> CredentialRow:
    async def work(unit: Unit) -> CredentialRow:
        return await answer_request(
            unit, shop.keyring, certificate, ADA, START, intermediate=authority.intermediate_pem, environment="test"
        )

    return await shop.database.run(shop.client_id, work)


async def test_a_certificate_meets_the_request_it_was_made_of(shop: Shop, authority: Authority) -> None:
    first, second = await _ask(shop, "first"), await _ask(shop, "second")
    row = await _answer(shop, authority, authority.sign_request(first.request.encode(), "pass.example.a", "TEAMA"))
    assert (row.name, row.pass_type_identifier, row.team_identifier) == ("first", "pass.example.a", "TEAMA")
    loaded = apple_credentials(open_credential(shop.keyring, row))
    loaded.check(START, pass_type_identifier="pass.example.a", team_identifier="TEAMA")
    async with shop.database.reading(shop.client_id) as unit:
        answered = dict(
            (await unit.connection.execute(select(CredentialRequestRow.id, CredentialRequestRow.answered_at))).all()
        )
        actions = (await unit.session.scalars(select(AuditRow.action).order_by(AuditRow.id))).all()
    assert answered == {first.id: START, second.id: None}
    assert actions == ["credential.requested", "credential.requested", "credential.added"]
    assert b"PRIVATE" not in first.sealed


async def test_a_renewed_certificate_of_the_same_key_stands_beside_the_first(shop: Shop, authority: Authority) -> None:
    request = (await _ask(shop)).request.encode()
    rows = [
        await _answer(shop, authority, authority.sign_request(request, not_after=START + timedelta(days=days)))
        for days in (30, 300)
    ]
    assert [row.name for row in rows] == ["main", "main"]
    assert rows[0].fingerprint != rows[1].fingerprint


async def test_a_certificate_of_another_key_or_that_is_over_is_refused(shop: Shop, authority: Authority) -> None:
    stranger = make_request("Somebody")
    with pytest.raises(NotFound, match="no request of this client"):
        await _answer(shop, authority, authority.sign_request(stranger.request))
    own = await _ask(shop)
    over = authority.sign_request(own.request.encode(), not_after=START - timedelta(hours=1))
    with pytest.raises(CertificateExpired):
        await _answer(shop, authority, over)


def test_the_alarm_is_the_nearest_step() -> None:
    left = {61: None, 60: 60, 31: 60, 30: 30, 7: 7, 2: 7, 1: 1, 0: 0, -5: 0}
    assert {days: step_of(START + timedelta(days=days), START) for days in left} == left


async def test_each_alarm_is_given_once_however_often_it_is_asked(shop: Shop, keep: Any) -> None:
    end = START + timedelta(days=90)
    await keep("main", not_after=end)
    said: list[tuple[datetime, int]] = []
    for days in range(95):
        now = START + timedelta(days=days)
        for _ in range(2):
            said += [(now, (end - now).days) for _ in await warn_of_ends(shop.database, now)]
    assert [left for _, left in said] == list(STEPS)


async def test_what_has_a_successor_and_signs_nothing_gives_no_alarm(shop: Shop, keep: Any) -> None:
    await keep("old", not_after=START + timedelta(days=5), environment="test")
    await keep("new", not_after=START + timedelta(days=400), environment="test")
    assert await warn_of_ends(shop.database, START) == []
    await _operation(shop, "old")
    assert len(await warn_of_ends(shop.database, START)) == 1


async def _operation(shop: Shop, credential: str) -> int:
    async def work(unit: Unit) -> int:
        await save_matrix(unit, small_matrix(["a"]), START)
        return (await create_operation(unit, small_operation(), START, apple_credential=credential)).id

    return await shop.database.run(shop.client_id, work)


async def _roll(shop: Shop, credential_id: int) -> Rollover:
    return await shop.database.run(shop.client_id, lambda unit: roll_over(unit, credential_id, ADA, LATER))


async def test_a_rollover_signs_again_what_phones_hold_and_tells_each_phone_once(shop: Shop, keep: Any) -> None:
    await keep("main", environment="test")
    operation = await _operation(shop, "main")
    held = [await shop.issue(operation, {}, START) for _ in range(60)]
    loose = await shop.issue(operation, {}, START)

    async def hold(unit: Unit) -> None:
        for number, pass_id in enumerate(held):
            await phones.register(unit, operation, pass_id, f"phone-{number % 30}", f"push-{number}", START)

    await shop.database.run(shop.client_id, hold)
    new = await keep("renewed", environment="test")
    begun = await _roll(shop, new.id)
    assert begun.operations == (operation,)
    assert await _roll(shop, new.id) == Rollover((), ())
    await Worker(database=shop.database, senders={}, clock=lambda: LATER).drain()
    async with shop.database.reading(shop.client_id) as unit:
        assert (await unit.session.get_one(OperationRow, (shop.client_id, operation))).apple_credential_id == new.id
        passes = (await unit.session.scalars(select(PassRow))).all()
        letters = (await unit.session.scalars(select(OutboxRow.coalesce_key).where(OutboxRow.channel == "apns"))).all()
        progress = await runs.progress(unit, begun.runs[0], LATER)
    assert {row.id: row.version for row in passes} == {**dict.fromkeys(held, 2), loose: 1}
    assert all(row.last_modified >= int(LATER.timestamp()) for row in passes if row.id != loose)
    assert len(letters) == 30
    assert (progress.state, progress.seen, progress.moved) == ("done", 60, 60)


async def test_only_credentials_of_the_same_identity_are_replaced(shop: Shop, keep: Any) -> None:
    await keep("main", environment="test")
    operation = await _operation(shop, "main")
    for other in (
        await keep("elsewhere", environment="test", pass_type_identifier="pass.example.two"),
        await keep("team", environment="test", team_identifier="OTHER"),
        await keep("live"),
    ):
        assert await _roll(shop, other.id) == Rollover((), ())
    with pytest.raises(NotFound):
        await _roll(shop, operation)


async def test_in_production_a_certificate_that_is_over_takes_over_nothing(shop: Shop, keep: Any) -> None:
    await keep("main", environment="production")
    operation = await _operation(shop, "main")

    async def live(unit: Unit) -> None:
        row = await unit.session.get_one(OperationRow, (shop.client_id, operation))
        row.environment = "production"

    await shop.database.run(shop.client_id, live)
    over = await keep("over", not_after=START)
    with pytest.raises(CredentialUnfit, match="ended on"):
        await _roll(shop, over.id)
