"""What the doctor says about certificates, workers, and what is outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from walletpass.testing.apns import FakeApns
from walletpass_server.doctor import examine, outside, work
from walletpass_server.doctor.storage import rehearsal
from walletpass_server.engine.credentials import NewCredential, save_credential
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.outbox import NewLetter, put
from walletpass_server.persistence.tables import WorkerRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.serving.web import listen
from walletpass_server.settings import Settings
from walletpass_server.testing import open_shop, seed_operation

on_server = pytest.mark.asyncio(loop_scope="module")
"""In the loop of the server that a module's tests share."""

NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("left", "ok", "says"),
    [
        (timedelta(days=61), True, "none ends within 60 days"),
        (timedelta(days=59), True, "plan its renewal"),
        (timedelta(days=29), False, "renew it with Apple"),
        (timedelta(days=6), False, "this week"),
        (timedelta(hours=20), False, "today"),
        (timedelta(hours=-1), False, "no pass can be signed"),
    ],
)
async def test_the_end_of_a_certificate_is_told_more_and_more_urgently(
    database: Database, left: timedelta, ok: bool, says: str
) -> None:
    shop = await open_shop(database)
    credential = NewCredential(
        wallet="apple", name="main", secret={}, public=b"", pass_type_identifier="pass.example", not_after=NOW + left
    )
    await database.run(shop.client_id, lambda unit: save_credential(unit, shop.keyring, credential, NOW))
    async with database.reading(ALL_CLIENTS) as unit:
        found = await work.credentials(unit, NOW)
    assert (found.ok, says in found.says) == (ok, True), found


async def test_work_that_waits_without_a_worker_is_a_fault(database: Database) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        owner = await seed_operation(unit)
        assert (await work.workers(unit)).ok
        await put(unit, [NewLetter("apns", "1", delay=timedelta(minutes=-20))], client_id=owner.client_id)
    now = datetime.now(UTC)
    async with database.writing(ALL_CLIENTS) as unit:
        waiting, alone = await work.outbox(unit), await work.workers(unit)
        await unit.connection.execute(insert(WorkerRow).values(name="host/7", started_at=now, seen_at=now))
        helped = await work.workers(unit)
    assert (waiting.ok, "the first due for 20 min" in waiting.says) == (False, True)
    assert (alone.ok, "walletpass worker" in alone.says) == (False, True)
    assert (helped.ok, helped.says) == (True, "1 alive: host/7")


async def test_rehearsal_settings_are_named(database: Database) -> None:
    settings = Settings.from_env({"WALLETPASS_APNS_URL": "https://127.0.0.1:1"})
    async with database.reading(ALL_CLIENTS) as unit:
        assert "WALLETPASS_APNS_URL" in (await rehearsal(unit, settings)).says


async def _outside(settings: Settings) -> dict[str, Any]:
    return {check.name: check async for check in outside.examine(settings, datetime.now(UTC))}


@on_server
async def test_the_public_url_is_asked_whether_it_is_this_server(server: Any) -> None:
    here = f"http://127.0.0.1:{server.port}"
    away = replace(server.on.settings, apns_url="https://127.0.0.1:9", google_api_url="http://127.0.0.1:9")
    found = await _outside(replace(away, public_url=here))
    assert (found["public url"].ok, "reaches this server" in found["public url"].says) == (True, True)
    assert found["google"].says.startswith("left out")
    other = await _outside(replace(away, public_url=f"{here}/elsewhere"))
    assert "of this machine alone" in other["public url"].says
    unsafe = await _outside(replace(away, public_url="http://passes.example.com"))
    assert (unsafe["public url"].ok, "phones need https" in unsafe["public url"].says) == (False, True)


@on_server
async def test_apple_out_of_reach_is_a_fault_when_google_answers(server: Any) -> None:
    with listen("127.0.0.1", 0) as closed:
        port = closed.getsockname()[1]
    here = f"http://127.0.0.1:{server.port}"
    apart = {"google_api_url": here, "public_url": here, "apns_url": f"https://127.0.0.1:{port}"}
    found = await _outside(replace(server.on.settings, **apart))
    assert (found["apns"].ok, "check firewall" in found["apns"].says) == (False, True)
    assert found["google"].ok
    assert found["clock outside"].ok


@on_server
async def test_files_that_settings_name_and_that_are_not_there_are_told(server: Any, tmp_path: Path) -> None:
    named = {"apns_ca": tmp_path / "root.pem", "badges": tmp_path / "badges", "google_api_url": "http://127.0.0.1:9"}
    found = {check.name: check async for check in examine(replace(server.on.settings, **named), datetime.now(UTC))}
    assert (found["apns"].ok, f"WALLETPASS_APNS_CA={tmp_path / 'root.pem'}" in found["apns"].says) == (False, True)
    assert (found["badges"].ok, "WALLETPASS_BADGES" in found["badges"].says) == (False, True)


@on_server
async def test_apple_is_reached_although_it_speaks_first(server: Any) -> None:
    async with FakeApns() as apns:
        trusting = {"apns_url": apns.url, "apns_ca": apns.ca_file}
        for _ in range(5):  # the server's first words come before, during or after our goodbye
            assert (await _outside(replace(server.on.settings, **trusting)))["apns"].ok
