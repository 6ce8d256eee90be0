"""
Apple's web service over HTTP, on both databases, against a no-op route of the same server.

100,000 registrations, a million with `--big`. The server is `walletpass serve`; phones are connections of this process.
Rates are the wall clock's, taken in turns with the no-op route; signing is counted by the server's CPU seconds, as the
raw RSA rate is.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import insert, text

from benchmarks import _wrk
from benchmarks._figure import Figure, tell
from benchmarks._phones import Answers, ask_all, get
from benchmarks._rate import per_cpu_second
from benchmarks._sample import document, pictures, serial, values
from walletpass.lifecycle import issue, read_values
from walletpass.matrix import Matrix
from walletpass.testing.authority import Authority, IssuedCertificate
from walletpass.testing.life import small_operation
from walletpass.testing.postgres import postgres_server
from walletpass_server.engine.births import Birth, store_new
from walletpass_server.engine.credentials import NewCredential, change_credential, save_credential
from walletpass_server.engine.operations import load_operation
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import DeviceRow, OperationRow, PassRow, RegistrationRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.testing import Shop, open_shop

ASKED = 8_000
"""Passes that phones ask for: their secrets are real, and they are more than are fetched in a round."""
CHUNK = 1_000
LINES = 16
ROUNDS = 5
SECONDS = 2.0
PACE = 500
TYPE = "pass.example.benchmark"
KEY = Keyring.new_key("benchmark")
NOW = datetime.now(UTC).replace(microsecond=0)

_NUMBERS = {
    "postgresql": "generate_series(1, {n}) AS s(n)",
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {n}) SELECT n FROM s)",
}


@dataclass(frozen=True)
class Asked:
    """A pass that is on a phone: how it is fetched, and listed."""

    serial: str
    secret: str

    def fetch(self, since: str | None = None) -> bytes:
        """The request for its bundle."""
        more = {} if since is None else {"If_Modified_Since": since}
        return get(f"/passkit/v1/passes/{TYPE}/{self.serial}", Authorization=f"ApplePass {self.secret}", **more)

    def listed(self, tag: str | None = None) -> bytes:
        """The request for what changed on its phone."""
        query = "" if tag is None else f"?passesUpdatedSince={tag}"
        return get(f"/passkit/v1/devices/phone-{self.serial}/registrations/{TYPE}{query}")


async def fill(url: str, registrations: int) -> list[Asked]:
    """A shop with that many passes on phones; those that will be asked for."""
    database = await Database.open(url)
    shop = await open_shop(database)
    shop = Shop(database, shop.client_id, Keyring.parse(KEY))
    card = Matrix.read({"matrix": "cards", "pass_type": "loyalty", "start": "card", "models": {"card": _card()}})
    operation = small_operation(
        matrix="cards", starts_at=(NOW - timedelta(days=1)).isoformat(), ends_at=(NOW + timedelta(days=30)).isoformat()
    )
    operation_id = await shop.open(card, operation, NOW)
    await database.run(shop.client_id, lambda unit: _sign(unit, shop, operation_id))
    for start in range(0, ASKED, CHUNK):
        await database.run(shop.client_id, lambda unit, start=start: _issue(unit, shop, operation_id, start))
    await _crowd(database, shop.client_id, registrations - ASKED)
    async with database.reading(shop.client_id) as unit:
        rows = (
            await unit.connection.execute(text("SELECT id, serial, secret FROM pass WHERE serial LIKE 'BENCH-%'"))
        ).all()
    await database.close()
    return [Asked(row.serial, shop.keyring.unseal(row.secret, "pass", "secret", row.id).decode()) for row in rows]


def _card() -> dict[str, Any]:
    images = {place: {"data": content} for place, content in pictures("small").items()}
    return document(images)


async def _sign(unit: Unit, shop: Shop, operation_id: int) -> None:
    issued: IssuedCertificate = Authority.create().issue_pass_certificate(TYPE, "BENCHTEAM")
    parts = {"certificate": issued.certificate_pem, "key": issued.key_pem(), "intermediate": issued.intermediate_pem}
    credential = NewCredential(
        wallet="apple",
        name="main",
        secret={name: b64encode(content).decode() for name, content in parts.items()},
        public=issued.certificate_pem,
        pass_type_identifier=TYPE,
        team_identifier="BENCHTEAM",
    )
    row = await save_credential(unit, shop.keyring, credential, NOW)
    await change_credential(unit, await unit.session.get_one(OperationRow, (shop.client_id, operation_id)), row, NOW)


async def _issue(unit: Unit, shop: Shop, operation_id: int, start: int) -> None:
    """Passes with values, each on a phone."""
    live = await load_operation(unit, operation_id)
    ids = await unit.new_ids(CHUNK)
    births = [
        Birth(row_id, issue(*live.rules, serial(n), read_values(*live.rules, values(n)), NOW))
        for n, row_id in enumerate(ids, start)
    ]
    await store_new(unit, live, shop.keyring, births, NOW)
    devices = [
        {"client_id": shop.client_id, "id": row_id, "pass_type_identifier": TYPE, "push_token": f"token-{n}",
         "library_identifier": f"phone-{serial(n)}", "created_at": NOW, "registered_at": NOW}
        for n, row_id in enumerate(await unit.new_ids(CHUNK), start)
    ]  # fmt: skip
    await unit.connection.execute(insert(DeviceRow), devices)
    held = [
        {"client_id": shop.client_id, "device_id": device["id"], "pass_id": row_id, "created_at": NOW}
        for device, row_id in zip(devices, ids, strict=True)
    ]
    await unit.connection.execute(insert(RegistrationRow).values(change=CurrentChange()), held)


_CROWD = (
    "INSERT INTO pass (id, serial, {columns}) SELECT 1000000000 + n, 'crowd-' || n, {columns}"
    " FROM (SELECT {columns} FROM pass LIMIT 1) AS one, {numbers}",
    "INSERT INTO device (client_id, id, pass_type_identifier, library_identifier, push_token, created_at,"
    " registered_at) SELECT {client}, 2000000000 + n, '{type}', 'crowd-' || n, 'token', 0, 0 FROM {numbers}",
    "INSERT INTO registration (client_id, device_id, pass_id, change, created_at)"
    " SELECT {client}, 2000000000 + n, 1000000000 + n, 1, 0 FROM {numbers}",
)


async def _crowd(database: Database, client_id: int, count: int) -> None:
    """The other passes and phones, copied from one, so that the tables are as large as they would be."""
    numbers = _NUMBERS[database.engine.dialect.name].format(n=count)
    columns = ", ".join(column.name for column in PassRow.__table__.columns if column.name not in ("id", "serial"))
    async with database.writing(client_id) as unit:
        if not database.is_sqlite:  # the rows are known to fit: checking each reference would take minutes
            await unit.connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in _CROWD:
            written = statement.format(columns=columns, numbers=numbers, client=client_id, type=TYPE)
            await unit.connection.execute(text(written))
    async with database.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))


class Server:
    """`walletpass serve` beside this process."""

    def __init__(self, url: str, folder: str, workers: int = 1) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port: int = found.getsockname()[1]
        environment = {
            **os.environ, "WALLETPASS_DATABASE_URL": url, "WALLETPASS_SECRET_KEY": KEY, "WALLETPASS_DATA": folder,
            "WALLETPASS_PUBLIC_URL": "https://passes.example",
        }  # fmt: skip
        command = [sys.executable, "-m", "walletpass", "serve", "--no-jobs", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*command, "--workers", str(workers)], env=environment, stderr=subprocess.DEVNULL
        )

    async def ready(self) -> None:
        """Wait until it answers."""
        async with httpx.AsyncClient() as http:
            for _ in range(300):
                try:
                    if (await http.get(f"http://127.0.0.1:{self.port}/healthz")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        raise RuntimeError("the server does not start")

    def cpu(self) -> float:
        """Seconds of processor it has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)


@asynccontextmanager
async def serving(url: str, folder: str, workers: int = 1) -> AsyncIterator[Server]:
    """A server that answers."""
    server = Server(url, folder, workers)
    try:
        await server.ready()
        yield server
    finally:
        server.stop()


async def figures(url: str, folder: str, registrations: int) -> list[Figure]:
    """The lines of one database."""
    engine, least = ("SQLite", 0.6) if url.startswith("sqlite") else ("PostgreSQL", 0.3)
    start = time.perf_counter()
    passes = await fill(url, registrations)
    tell(f"  {engine}: {registrations:,} registrations made in {time.perf_counter() - start:.0f} s")
    found: list[Figure] = []
    async with serving(url, folder) as server:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
            told = (await http.get(f"/passkit/v1/devices/phone-{passes[0].serial}/registrations/{TYPE}")).json()
        later = "Thu, 01 Jan 2099 00:00:00 GMT"
        cases: Mapping[str, Sequence[bytes]] = {
            "no-op": [get("/healthz")],
            "304": [one.fetch(later) for one in passes],
            "list, nothing new": [one.listed(told["lastUpdated"]) for one in passes],
            "list, one pass": [one.listed() for one in passes],
        }
        rounds: dict[str, list[Answers]] = {name: [] for name in cases}
        for _ in range(ROUNDS + 1):
            for name, requests in cases.items():
                rounds[name].append(await ask_all(server.port, requests, lines=LINES, seconds=SECONDS))
        for name in list(cases)[1:]:
            kept = list(zip(rounds[name], rounds["no-op"], strict=True))[1:]
            ratio = median(one.rate / base.rate for one, base in kept)
            rate = median(one.rate for one, _ in kept)
            remark = f"{rate:,.0f}/s; answers {_statuses(rounds[name])}"
            what = f"{engine}, {registrations:,} registrations: {name}"
            found.append(Figure(what=what, value=ratio, unit="of no-op", at_least=least, remark=remark))
        mix = [request for pair in zip(cases["304"], cases["list, nothing new"], strict=True) for request in pair]
        paced = await ask_all(server.port, mix, lines=LINES, seconds=10, pace=PACE)
        what, remark = f"{engine}: 304 and list at {PACE}/s, p99", f"p50 {paced.at(0.5) * 1e3:.1f} ms"
        found.append(Figure(what=what, value=paced.at(0.99) * 1e3, unit="ms", at_most=25, remark=remark))
        found.append(await _signing(server, passes, engine))
    return found


async def _signing(server: Server, passes: Sequence[Asked], engine: str) -> Figure:
    """Fresh bundles by the server's CPU second, against bare signatures by this process's."""
    key, padding, digest = rsa.generate_private_key(65537, 2048), PKCS1v15(), SHA256()
    raw = per_cpu_second(lambda: key.sign(b"x" * 32, padding, digest), 1.0)
    await _each_once(server.port, [passes[-1].fetch()])  # its pictures are prepared once
    rates = [raw()]
    before, start = server.cpu(), time.perf_counter()
    asked = passes[:4000]
    fetched = 0
    for part in range(0, len(asked), 1000):
        requests = [one.fetch() for one in asked[part : part + 1000]]
        fetched += await _each_once(server.port, requests)
        rates.append(raw())
    used = server.cpu() - before
    remark = f"{fetched / used:,.0f} a CPU second, raw {median(rates):,.0f}; {time.perf_counter() - start:.0f} s in all"
    return Figure(
        what=f"{engine}: pass signed and fetched", value=fetched / used / median(rates), unit="of raw", at_least=0.5,
        remark=remark,
    )  # fmt: skip


async def _each_once(port: int, requests: Sequence[bytes]) -> int:
    """Ask for each once, over a few connections; how many were answered."""
    parts = [requests[n::LINES] for n in range(min(LINES, len(requests)))]
    answers = await asyncio.gather(*(ask_all(port, part, lines=1, seconds=60, most=len(part)) for part in parts))
    assert all(set(one.statuses) == {200} for one in answers), [one.statuses for one in answers]
    return sum(len(one.seconds) for one in answers)


async def two_workers(url: str, folder: str) -> Figure:
    """Fresh bundles of two worker processes against one's, by the wall clock; each start has signed nothing yet."""
    passes = await fill(url, ASKED + 1)
    warming, requests = ([one.fetch() for one in some] for some in (passes[:200], passes[200:]))
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):
        for workers in rates:
            async with serving(url, folder, workers) as server:
                await _each_once(server.port, warming)
                rates[workers].append(await _rate_of(server.port, requests))
    who = "the phones are wrk's" if _wrk.is_installed() else "the phones, of Python, take much of the same cores"
    return Figure(
        what="two workers sign and serve", value=max(rates[2]) / max(rates[1]), unit="of one", at_least=1.7,
        remark=f"{max(rates[2]):,.0f}/s, {max(rates[1]):,.0f}/s; {who}",
    )  # fmt: skip


async def _rate_of(port: int, requests: Sequence[bytes]) -> float:
    if _wrk.is_installed():
        return await asyncio.to_thread(_wrk.rate_of, port, requests, lines=LINES, seconds=2)
    start = time.perf_counter()
    return await _each_once(port, requests[:3000]) / (time.perf_counter() - start)


def _statuses(rounds: Sequence[Answers]) -> str:
    return ", ".join(str(status) for status in sorted({status for one in rounds for status in one.statuses}))


def measure(big: bool) -> Iterator[Figure]:
    """Both engines."""
    registrations = 1_000_000 if big else 100_000
    with tempfile.TemporaryDirectory(prefix="walletpass-webservice-") as folder:
        yield from asyncio.run(figures(f"sqlite:///{Path(folder) / 'walletpass.db'}", folder, registrations))
        yield asyncio.run(two_workers(f"sqlite:///{Path(folder) / 'two.db'}", folder))
        with postgres_server(durable=True) as server:
            yield from asyncio.run(figures(asyncio.run(server.create("benchmark")), folder, registrations))
