"""Who may ask, how often, and what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from walletpass_server.engine.audit import Actor
from walletpass_server.engine.keys import KeyReads, key_digest, revoke_key, rotate_key
from walletpass_server.persistence.tables import ApiKeyRow, AuditRow, ClientRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

TESTER = Actor("staff", "tester")


async def _status(tenant: Any, key: str | None) -> int:
    headers = {"authorization": f"Bearer {key}" if key is not None else ""}
    return int((await tenant.http.get("/v1/passes", headers=headers)).status_code)


async def _row(tenant: Any, key: str) -> ApiKeyRow:
    async with tenant.on.database.reading(tenant.shop.client_id) as unit:
        found: ApiKeyRow = (
            await unit.session.scalars(select(ApiKeyRow).where(ApiKeyRow.digest == key_digest(key)))
        ).one()
        return found


async def test_only_a_good_key_opens(tenant: Any) -> None:
    assert tenant.key.startswith("wp_test_")
    wrong = tenant.key[:-1] + ("A" if tenant.key[-1] != "A" else "B")
    assert [await _status(tenant, key) for key in (tenant.key, None, "", "x", wrong)] == [200, 401, 401, 401, 401]
    refused = await tenant.http.get("/v1/passes", headers={"authorization": f"Basic {tenant.key}"})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="walletpass"')
    assert tenant.key not in refused.text


async def test_a_revoked_key_is_refused_at_once(tenant: Any) -> None:
    key = await tenant.new_key()
    assert await _status(tenant, key) == 200
    row = await _row(tenant, key)
    now = datetime.now(UTC)
    await tenant.on.database.run(tenant.shop.client_id, lambda unit: revoke_key(unit, row.id, TESTER, now))
    assert await _status(tenant, key) == 401


async def test_a_rotated_key_is_good_for_the_overlap(tenant: Any) -> None:
    key = await tenant.new_key(["passes:read"])
    row = await _row(tenant, key)
    now = datetime.now(UTC)
    new = await tenant.on.database.run(
        tenant.shop.client_id, lambda unit: rotate_key(unit, row.id, TESTER, now, overlap=timedelta(hours=1))
    )
    assert new.row.scopes == row.scopes
    assert [await _status(tenant, each) for each in (key, new.text)] == [200, 200]
    reads = KeyReads(tenant.on.database)
    try:
        later = [await reads.find(key_digest(text), now + timedelta(hours=1)) for text in (key, new.text)]
    finally:
        await reads.close()
    assert [found and found.id for found in later] == [None, new.row.id]


async def test_a_key_without_the_scope_is_told_which_it_needs(tenant: Any) -> None:
    key = await tenant.new_key(["passes:read"])
    refused = await tenant.http.post("/v1/events", content=b"{", headers={"authorization": f"Bearer {key}"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/v1/problems/scope-missing")
    assert "events:write" in refused.json()["detail"]


async def test_a_key_reaches_only_its_environment_and_its_operations(tenant: Any) -> None:
    made = await tenant.issue()
    live = await tenant.new_key(environment="production")
    held = await tenant.new_key(operations=[tenant.operation_id])
    for key, status in ((live, 404), (held, 200)):
        answer = await tenant.http.get(f"/v1/passes/{made['id']}", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == status
        event = {"type": "coupon.back", "subject": {"external_id": "nobody"}}
        answer = await tenant.http.post("/v1/events", json=event, headers={"authorization": f"Bearer {key}"})
        assert (answer.status_code, answer.json()["matched"]) == (202, 0)
    assert live.startswith("wp_live_")


async def test_the_last_use_is_noted(tenant: Any) -> None:
    key = await tenant.new_key()
    assert (await _row(tenant, key)).last_used_at is None
    await _status(tenant, key)
    used = (await _row(tenant, key)).last_used_at
    assert used is not None
    await _status(tenant, key)
    assert (await _row(tenant, key)).last_used_at == used


async def test_each_change_of_a_key_is_logged_without_its_secret(tenant: Any) -> None:
    key = await tenant.new_key(["passes:read"])
    row = await _row(tenant, key)
    async with tenant.on.database.reading(tenant.shop.client_id) as unit:
        logged = (await unit.session.scalars(select(AuditRow).where(AuditRow.subject == f"key:{row.id}"))).one()
    assert (logged.action, logged.actor_kind, logged.actor) == ("key.created", "staff", "tester")
    assert logged.after == {"name": "Till", "environment": "test", "scopes": ["passes:read"], "operations": None}
    assert key not in repr((logged.before, logged.after))


async def test_a_client_that_asks_too_fast_is_told_when_to_come_back(tenant: Any) -> None:
    async with tenant.on.database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(
            update(ClientRow).where(ClientRow.id == tenant.shop.client_id).values(requests_per_minute=60)
        )
    answers = [await tenant.http.get("/v1/passes") for _ in range(12)]
    assert [each.status_code for each in answers] == [200] * 11 + [429]
    assert [each.headers["ratelimit-remaining"] for each in answers[:2]] == ["9", "8"]
    assert answers[0].headers["ratelimit-limit"] == "60"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].json()["type"] == "/v1/problems/too-many-requests"
