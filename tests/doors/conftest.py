"""A whole server of real processes, which may be killed, and phones around it."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select

from walletpass.errors import DatabaseBusy, DatabaseUnavailable, WebServiceFault
from walletpass.matrix import Matrix
from walletpass.operation import Operation
from walletpass.testing import Authority, FakeApns, FakePhone
from walletpass.testing.life import matrix_document
from walletpass_server.bootstrap import Platform, platform, prepare
from walletpass_server.engine.clients import create_client
from walletpass_server.engine.credentials import NewCredential, save_credential
from walletpass_server.engine.designs import save_matrix
from walletpass_server.engine.firing import fire
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import create_operation, find_operation
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.tokens import NewToken, mint
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import OutboxRow, RunRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.settings import Settings
from walletpass_server.wallets.provider import Download

SERVE = ("-m", "walletpass", "serve", "--no-jobs")
WORKER = ("-m", "walletpass", "worker")
QUICK_WORKER = (str(Path(__file__).with_name("quick_worker.py")),)
PATIENCE = 60.0
"""Seconds until something that must happen should have happened, on a busy machine."""


@dataclass
class Process:
    """One process of the server."""

    words: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, *self.words], env={**os.environ, **self.environment}, stdout=log, stderr=log
            )

    def end(self, how: signal.Signals = signal.SIGKILL) -> int:
        """Stop it; its exit code."""
        assert self.running is not None
        self.running.send_signal(how)
        code = self.running.wait(30)
        self.running = None
        return code


@dataclass
class Company:
    """
    A server, APNs beside it, and a look into the database.

    Attributes:
        on: A platform of the test's own, which answers nobody.
        client_id: The client.
        live: Its operation.
        apns: Where the server pushes.
        root: What signatures of passes lead to, PEM.
        environment: The settings of its processes.
        links: Addresses of passes, one for each.
    """

    on: Platform
    client_id: int
    live: LiveOperation
    apns: FakeApns
    root: bytes
    environment: dict[str, str]
    folder: Path
    links: list[str] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    fired: int = 0

    async def start(self, *words: tuple[str, ...]) -> list[Process]:
        """Start processes; returns once the web server answers, if it is among them."""
        started = [Process(each, self.environment, self.folder / "log") for each in words]
        for process in started:
            process.start()
        self.processes += started
        if SERVE in words:
            await self.answers()
        return started

    async def answers(self) -> None:
        """Wait until the web server is ready."""

        async def ready() -> bool:
            try:
                return (await http.get(f"{self.on.settings.public_url}/readyz")).status_code == 200
            except httpx.HTTPError:
                return False

        async with httpx.AsyncClient() as http:
            await self.until(ready, "the server never became ready")

    async def mint(self, count: int) -> list[str]:
        """Links of so many passes."""
        new = [NewToken({"name": f"Person {number}"}, external_id=f"person-{number}") for number in range(count)]
        texts = await self.on.database.run(
            self.client_id, lambda unit: mint(unit, self.on.keyring, self.live, new, utc_now())
        )
        self.links = [f"{self.on.settings.public_url}/p/{text}" for text in texts]
        return self.links

    async def visit(self, serial: str | None = None, now: datetime | None = None) -> None:
        """Fire a Trigger on a pass, or on all; at another time than it is."""
        self.fired += 1
        key, name = f"visit-{self.fired}", self.live.row.name
        whom = Subject(serial=serial) if serial else Subject(operation=name)

        async def tell(unit: Unit) -> None:
            await fire(unit, "visit.counted", whom, {}, now or utc_now(), key=key)

        async def told() -> bool:
            with suppress(DatabaseBusy, DatabaseUnavailable):
                await self.on.database.run(self.client_id, tell)
                return True
            return False

        await self.until(told, "an event could not be told")

    async def newest(self, pass_id: int) -> bytes:
        """The bundle of a pass as it is now."""
        found = await self.on.wallets["apple"].hand_over(self.client_id, pass_id, utc_now())
        assert isinstance(found, Download)
        return b"".join(found.parts)

    async def work_left(self) -> int:
        """Runs that go on, and letters that wait."""
        async with self.on.database.reading(ALL_CLIENTS) as unit:
            runs = select(func.count()).select_from(RunRow).where(RunRow.state != "done", RunRow.due_at <= utc_now())
            letters = select(func.count()).select_from(OutboxRow).where(OutboxRow.channel == "apns")
            left = [(await unit.connection.execute(query)).scalar_one() for query in (runs, letters)]
            return sum(left)

    async def at_rest(self, phones: Collection[FakePhone] = (), within: float = PATIENCE) -> None:
        """Wait until the server has nothing left to do, and phones have answered what they heard."""

        async def rests() -> bool:
            calm = True
            for phone in phones:
                calm &= await settled(phone)
            return calm and await self.work_left() == 0

        await self.until(rests, "not at rest in time", within)
        for phone in phones:
            await phone.answer_pushes()

    async def until(self, true: Callable[[], object], else_: str, within: float = PATIENCE) -> None:
        """Wait for something."""
        end = time.monotonic() + within
        while not await true():  # type: ignore[misc]
            assert time.monotonic() < end, f"{else_}: {self.log()[-3000:]}"
            await asyncio.sleep(0.1)

    def log(self) -> str:
        """What all processes wrote."""
        return (self.folder / "log").read_text()

    def phone(self, http: httpx.AsyncClient) -> FakePhone:
        """A phone that hears this server's pushes."""
        made = FakePhone(http, anchors=[self.root])
        self.apns.listen(made.hear)
        return made


def _matrix() -> Matrix:
    """A card that counts visits."""
    picture = io.BytesIO()
    Image.new("RGB", (87, 87), "#145c3a").save(picture, "PNG")
    visits = {"key": "visits", "label": "VISITS", "value": "{{ visits | integer }}", "change_message": "Visit %@"}
    visited = {
        "from": "card",
        "to": "card",
        "on": "visit.counted",
        "set": {"visits": "pass.visits + 1"},
        "notify": True,
    }
    card = {"name": {"type": "text"}, "visits": {"type": "number", "default": 0}}
    document = matrix_document({"card": card}, [{**visited, "notify": True}], {"visit.counted": {}})
    document["models"]["card"] |= {
        "images": {"icon": {"data": picture.getvalue()}},
        "fields": {"back": [visits, {"key": "member", "label": "MEMBER", "value": "{{ name }}"}]},
        "barcode": {"format": "qr", "message": "{{ serial }}"},
    }
    return Matrix.read(document)


async def _found(on: Platform, authority: Authority) -> tuple[int, LiveOperation]:
    """A client with a credential, and an operation in force."""
    now, issued = utc_now(), authority.issue_pass_certificate("pass.example.doors", "TEAMDOORS", key="ec")
    parts = {"certificate": issued.certificate_pem, "key": issued.key_pem(), "intermediate": issued.intermediate_pem}
    credential = NewCredential(
        wallet="apple",
        name="main",
        secret={name: b64encode(content).decode() for name, content in parts.items()},
        public=issued.certificate_pem,
        pass_type_identifier="pass.example.doors",
        team_identifier="TEAMDOORS",
    )
    matrix = _matrix()
    period = {"starts_at": (now - timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(days=9)).isoformat()}
    operation = Operation.model_validate(
        {"operation": "visits", "matrix": matrix.matrix, "zone": "Europe/Paris", "environment": "test", **period}
    )

    async def work(unit: Unit) -> LiveOperation:
        await save_credential(unit, on.keyring, credential, now)
        await save_matrix(unit, matrix, now)
        await create_operation(unit, operation, now, apple_credential="main")
        return await find_operation(unit, name="visits")

    async with on.database.writing(ALL_CLIENTS) as unit:
        client_id = (await create_client(unit, "shop", "Shop", now)).id
    return client_id, await on.database.run(client_id, work)


async def settled(phone: FakePhone) -> bool:
    """Let a phone do what is left; whether all went well."""
    try:
        await phone.retry()
        await phone.answer_pushes()
    except WebServiceFault:
        return False
    return True


@pytest.fixture
def open_company(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Company]]:
    """Opens a company on a database."""

    @asynccontextmanager
    async def opened(url: str, **more: str) -> AsyncIterator[Company]:
        folder = tmp_path / "data"
        folder.mkdir()
        authority = Authority.create(key="ec")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        async with FakeApns(client_roots=authority.root_pem) as apns:
            environment = {
                "WALLETPASS_DATA": str(folder),
                "WALLETPASS_DATABASE_URL": url,
                "WALLETPASS_PORT": str(port),
                "WALLETPASS_ALLOW_HTTP": "1",
                "WALLETPASS_APNS_URL": apns.url,
                "WALLETPASS_APNS_CA": str(apns.ca_file),
                **more,
            }
            settings = Settings.from_env(environment)
            await prepare(settings)
            async with platform(settings) as on:
                client_id, live = await _found(on, authority)
                company = Company(on, client_id, live, apns, authority.root_pem, environment, tmp_path)
                try:
                    yield company
                finally:
                    for process in company.processes:
                        if process.running is not None:
                            with suppress(ProcessLookupError):
                                process.end()

    return opened
