"""A file imported over a connection that keeps breaking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import func, select

from walletpass.client import AsyncClient
from walletpass.client.api.imports import ImportOut
from walletpass.errors import FileMissing, UsageError
from walletpass_server.engine.uploads import carry_out_one
from walletpass_server.http.app import create_app
from walletpass_server.persistence.tables import TokenRow

DROPS = 10


@pytest.fixture
def server_url(url: str) -> str:
    """Both engines."""
    return url


class Cutting:
    """A line to a server that is cut whenever that many more bytes have gone up, a number of times."""

    def __init__(self, port: int, every: int, times: int) -> None:
        self.port, self.every, self.left = port, every, times
        self._going: set[asyncio.Task[None]] = set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.port)
        back = asyncio.create_task(self._pipe(up_reader, writer, None))
        budget = self.every if self.left else None
        if await self._pipe(reader, up_writer, budget):
            self.left -= 1
            for each in (writer, up_writer):
                each.transport.abort()
        back.cancel()
        await asyncio.gather(back, return_exceptions=True)
        for each in (writer, up_writer):
            each.close()

    @staticmethod
    async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int | None) -> bool:
        """Pass on all that comes; True when it was cut."""
        with suppress(ConnectionError):
            while part := await reader.read(65536):
                writer.write(part if budget is None else part[:budget])
                await writer.drain()
                if budget is not None:
                    budget -= len(part)
                    if budget <= 0:
                        await asyncio.sleep(0.05)  # so that what was sent is there before the line is cut
                        return True
        writer.close()
        return False


@asynccontextmanager
async def served(connected: Any, every: int, times: int) -> AsyncIterator[tuple[AsyncClient, Cutting]]:
    """The server on a port, behind such a line."""
    config = uvicorn.Config(create_app(connected.on), port=0, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    line = Cutting(server.servers[0].sockets[0].getsockname()[1], every, times)
    listening = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with AsyncClient(f"http://127.0.0.1:{port}", connected.key) as api:
        yield api, line
    listening.close()
    server.should_exit = True
    await running


async def work(connected: Any) -> None:
    """What a worker does meanwhile."""
    while True:
        if not await carry_out_one(connected.on.database, connected.on.keyring, lambda: datetime.now(UTC)):
            await asyncio.sleep(0.05)


async def tokens_of(connected: Any) -> tuple[int, int]:
    query = select(func.count(), func.count(TokenRow.external_id.distinct())).select_from(TokenRow)
    async with connected.on.database.reading(connected.client_id) as unit:
        found = (await unit.connection.execute(query)).one()
        return found[0], found[1]


def write(folder: Path, rows: int) -> Path:
    file = folder / "people.csv"
    with file.open("w", encoding="utf-8") as target:
        target.write("external_id,points\n")
        target.writelines(f"K-{n},{n % 1000}\n" for n in range(rows))
    return file


async def import_over_broken_lines(connected: Any, folder: Path, rows: int) -> ImportOut:
    file = write(folder, rows)
    worker = asyncio.create_task(work(connected))
    try:
        async with served(connected, file.stat().st_size // (DROPS + 2), DROPS) as (api, line):
            done = await api.import_file(connected.operation_id, file)
            assert line.left == 0
            assert await api.import_file(connected.operation_id, file) == done
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    assert (done.state, done.added, done.known, done.faulty) == ("done", rows, 0, 0)
    assert await tokens_of(connected) == (rows, rows)
    return done


async def test_a_file_over_ten_broken_connections_makes_each_token_once(connected: Any, tmp_path: Path) -> None:
    await import_over_broken_lines(connected, tmp_path, 20_000)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_a_million_rows_over_ten_broken_connections_make_a_million_tokens(connected: Any, tmp_path: Path) -> None:
    await import_over_broken_lines(connected, tmp_path, 1_000_000)


async def test_a_file_that_cannot_be_imported_is_refused_before_anything_is_sent(
    connected: Any, tmp_path: Path
) -> None:
    with pytest.raises(FileMissing, match=r"none\.csv"):
        await connected.api.import_file(connected.operation_id, tmp_path / "none.csv")
    for name, text in (("people.csv", ""), ("people.xls", "a")):
        (tmp_path / name).write_text(text)
        with pytest.raises(UsageError, match="not empty"):
            await connected.api.import_file(connected.operation_id, tmp_path / name)
