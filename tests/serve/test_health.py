"""Alive, ready, and what an operator can read about it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from walletpass_server import metrics
from walletpass_server.http import health
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.serving.jobs import Jobs
from walletpass_server.serving.web import listen

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_sound_server_is_alive_and_ready(start: Any, settings_of_both: Any) -> None:
    server = await start(**settings_of_both)
    assert (await server.get("/healthz")).body == b"ok\n"
    answer = await server.get("/readyz")
    assert (answer.status, json.loads(answer.body)) == (200, {"ready": True, "reason": None})
    assert (await server.get("/healthz", method="HEAD")).headers["content-length"] == "3"


async def test_it_is_not_ready_when_another_version_owns_the_tables(start: Any, settings_of_both: Any) -> None:
    server = await start(**settings_of_both)
    async with server.on.database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    answer = await server.get("/readyz")
    assert (answer.status, json.loads(answer.body)["reason"]) == (503, "schema-outdated")
    assert (await server.get("/healthz")).status == 200


async def test_it_is_not_ready_when_a_commit_does_not_end(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = await start()
    monkeypatch.setattr(health, "STUCK", 0.05)
    forever = asyncio.Event()

    async def work(unit: object) -> None:
        await forever.wait()

    stuck = asyncio.create_task(server.on.writer.write(ALL_CLIENTS, work))
    try:
        while server.on.writer.busy_for() <= health.STUCK:
            await asyncio.sleep(0.01)
        assert json.loads((await server.get("/readyz")).body)["reason"] == "writer-stuck"
    finally:
        forever.set()  # else the server would never end
    await stuck
    assert server.on.writer.busy_for() == 0


async def test_asking_often_asks_the_database_once(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    async def look(database: object) -> None:
        nonlocal looks
        looks += 1

    monkeypatch.setattr(health, "require_current", look)
    monkeypatch.setattr(health, "KEPT", 60.0)
    began = monotonic()
    readiness = health.Readiness(server.on)
    assert await asyncio.gather(*(readiness.reason() for _ in range(50))) == [None] * 50
    assert (looks, monotonic() - began < 60) == (1, True)


async def test_metrics_have_routes_and_no_paths(server: Any) -> None:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    with metrics.exposed("127.0.0.1", port):
        for path in ("/healthz", "/p/Zk9secretsecretsecret", "/nothing/at/all", "/passkit/v1/passes/pass.x/S-1"):
            await server.get(path)
        await Jobs(server.on, works=False)._look()
        async with httpx.AsyncClient() as client:
            told = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    lines = [line for line in told.splitlines() if line.startswith("walletpass_")]
    assert any('route="/healthz"' in line and "requests_total" in line for line in lines)
    assert any('route="/p/{token}"' in line for line in lines)
    assert any('route="-",status="404"' in line for line in lines)
    assert any(line.startswith('walletpass_outbox_letters{channel="apns",state="waiting"} 0') for line in lines)
    assert not any(secret in told for secret in ("Zk9secret", "nothing/at", "S-1"))


async def test_workers_say_that_they_are_alive_and_when_they_leave(start: Any, settings_of_both: Any) -> None:
    server = await start(**settings_of_both)
    jobs = Jobs(server.on)
    working = asyncio.create_task(jobs.run())

    async def alive() -> int:
        async with server.on.database.reading(ALL_CLIENTS) as unit:
            return int((await unit.connection.execute(text("SELECT count(*) FROM worker"))).scalar_one())

    while not await alive():
        await asyncio.sleep(0.02)
    jobs.stop()
    await working
    assert await alive() == 0


async def test_a_port_of_metrics_that_is_taken_is_one_line(tmp_path: Path) -> None:
    from walletpass.errors import UsageError

    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match="WALLETPASS_METRICS_PORT"), metrics.exposed("127.0.0.1", port):
            pass
