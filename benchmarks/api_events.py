"""
Events for single passes told to the API, on both databases, against a no-op route of the same server.

The server is `walletpass serve` in one process, jobs left out; 32 callers are connections of this process. Each event
has an idempotency key of its own and changes a pass that is on a phone: before its answer, state, values, history,
facts, counts, the answer's key and the letter to the phone are committed.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import insert, text, update

from benchmarks._figure import Figure
from benchmarks._phones import Answers, ask_all, get, post
from benchmarks.webservice import KEY, serving
from walletpass.lifecycle import issue
from walletpass.testing.life import small_matrix, small_operation
from walletpass.testing.postgres import postgres_server
from walletpass_server.engine.audit import Actor
from walletpass_server.engine.births import Birth, store_new
from walletpass_server.engine.keys import create_key
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.plans import change_plan
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.engine import create_engine, database_url
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import DeviceRow, PassRow, RegistrationRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop, open_shop

CALLERS = 32
PASSES = 2_000
ROUNDS = 5
SECONDS = 2.0
PACE = 500
PACED = 10.0
"""Seconds at that pace."""
PER_MINUTE = 10_000_000
"""So that no caller is held back."""
STAFF = Actor("staff", "benchmark")
MATRIX = small_matrix(
    {"card": {"points": {"type": "number", "required": False}}},
    [
        {"name": "bought", "from": "card", "to": "card", "on": "points.told", "when": "event.points >= 0",
         "set": {"points": "event.points"}},
    ],
    {"points.told": {"points": "number"}},
)  # fmt: skip
"""A card whose points each event tells: every one makes a new version."""


async def fill(url: str) -> str:
    """A shop with passes on phones; the key of its till."""
    database = await Database.open(url)
    shop = Shop(database, (await open_shop(database)).client_id, Keyring.parse(KEY))
    now = datetime.now(UTC)
    period = {"starts_at": (now - timedelta(days=1)).isoformat(), "ends_at": (now + timedelta(days=30)).isoformat()}
    operation_id = await shop.open(MATRIX, small_operation(**period), now)

    async def work(unit: Unit) -> str:
        await change_plan(unit, STAFF, now, requests_per_minute=PER_MINUTE)
        await _issue(unit, shop, operation_id, now)
        return (await create_key(unit, "Till", "test", ["events:write"], STAFF, now)).text

    key = await database.run(shop.client_id, work)
    await database.close()
    return key


async def analyse(url: str) -> None:
    """Statistics for the planner, which PostgreSQL gathers by itself in the first minutes of a database."""
    engine = create_engine(database_url(url))
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
    await engine.dispose()


async def _issue(unit: Unit, shop: Shop, operation_id: int, now: datetime) -> None:
    """Each on one phone."""
    live = await load_operation(unit, operation_id)
    ids = await unit.new_ids(PASSES)
    births = [Birth(pass_id, issue(*live.rules, f"CARD-{n}", {}, now)) for n, pass_id in enumerate(ids)]
    await store_new(unit, live, shop.keyring, births, now)
    devices = [
        {"client_id": shop.client_id, "id": device_id, "pass_type_identifier": "-", "push_token": f"token-{n}",
         "library_identifier": f"phone-{n}", "created_at": now, "registered_at": now}
        for n, device_id in enumerate(await unit.new_ids(PASSES))
    ]  # fmt: skip
    await unit.connection.execute(insert(DeviceRow), devices)
    held = [
        {"client_id": shop.client_id, "device_id": device["id"], "pass_id": pass_id, "created_at": now}
        for device, pass_id in zip(devices, ids, strict=True)
    ]
    await unit.connection.execute(insert(RegistrationRow).values(change=CurrentChange()), held)
    await unit.connection.execute(update(PassRow).where(PassRow.client_id == shop.client_id).values(apple_holdings=1))


def told(key: str) -> Iterator[bytes]:
    """Events without end, each another."""
    for n in itertools.count():
        event = {
            "type": "points.told", "subject": {"serial": f"CARD-{n * 7 % PASSES}"}, "data": {"points": n},
            "idempotency_key": f"sale-{n}",
        }  # fmt: skip
        yield post(
            "/v1/events", json.dumps(event).encode(), Authorization=f"Bearer {key}", Content_Type="application/json"
        )


async def figures(url: str, folder: str) -> list[Figure]:
    """The lines of one database."""
    engine = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
    events = told(await fill(url))
    nothing = [get("/healthz")]
    rounds: list[tuple[Answers, Answers, float]] = []
    async with serving(url, folder) as server:
        for number in range(ROUNDS + 1):
            base = await ask_all(server.port, nothing, lines=CALLERS, seconds=SECONDS)
            requests = list(itertools.islice(events, int(SECONDS * 3_000)))
            before = server.cpu()
            answers = await ask_all(server.port, requests, lines=CALLERS, seconds=SECONDS, most=len(requests))
            rounds.append((answers, base, (server.cpu() - before) / len(answers.seconds)))
            if number == 0:
                await analyse(url)
        requests = list(itertools.islice(events, int(PACE * (PACED + 1))))
        paced = await ask_all(server.port, requests, lines=CALLERS, seconds=PACED, pace=PACE)
    kept = rounds[1:]
    assert {status for answers, *_ in kept for status in answers.statuses} == {202}, [a.statuses for a, *_ in kept]
    cpu = median(cpu for *_, cpu in kept) * 1e3
    ratio = median(answers.rate / base.rate for answers, base, _ in kept)
    idle = median(base.rate for _, base, _ in kept)
    return [
        Figure(
            what=f"{engine}: event by API, {CALLERS} callers", value=median(a.rate for a, *_ in kept), unit="/s",
            at_least=1_000, remark=f"{cpu:.2f} ms CPU each; {ratio:.2f} of no-op ({idle:,.0f}/s)",
        ),
        Figure(
            what=f"{engine}: event by API at {PACE}/s, p99", value=paced.at(0.99) * 1e3, unit="ms", at_most=60,
            remark=f"p50 {paced.at(0.5) * 1e3:.1f} ms; answers {sorted(paced.statuses)}",
        ),
    ]  # fmt: skip


def measure(big: bool) -> Iterator[Figure]:  # noqa: ARG001 - as every benchmark; this one has one size
    """Both engines."""
    with tempfile.TemporaryDirectory(prefix="walletpass-events-") as folder:
        yield from asyncio.run(figures(f"sqlite:///{Path(folder) / 'walletpass.db'}", folder))
        with postgres_server(durable=True) as server:
            yield from asyncio.run(figures(asyncio.run(server.create("benchmark")), folder))
