"""A server on a real socket, in the loop of the test."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from walletpass_server.bootstrap import Platform, platform
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.serving.process import serve
from walletpass_server.serving.web import listen
from walletpass_server.settings import Settings


@dataclass(frozen=True)
class Answer:
    """What came back on a connection."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Serving:
    """A server that answers on a port of this machine."""

    on: Platform
    port: int
    stop: Callable[[], None]

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, *chunks: bytes, head: bool = False) -> Answer:
        """Send bytes as they are on a connection of their own; the answer."""
        reader, writer = await self.connect()
        try:
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass  # refused while we were sending: what it said can still be read
        try:
            return await read_answer(reader, head=head)
        finally:
            writer.close()

    async def get(self, target: str, *headers: str, method: str = "GET") -> Answer:
        lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers, "", ""]
        return await self.ask("\r\n".join(lines).encode("latin-1"), head=method == "HEAD")


async def read_answer(reader: asyncio.StreamReader, *, head: bool = False) -> Answer:
    """One answer, until its end; `head` has none of the body it announces."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    status = int(lines[0].split()[1])
    body = await reader.readexactly(0 if head else int(headers.get("content-length", 0)))
    return Answer(status, headers, body)


@pytest.fixture
def read_answers() -> Callable[..., Awaitable[list[Answer]]]:
    async def read(reader: asyncio.StreamReader, count: int) -> list[Answer]:
        return [await read_answer(reader) for _ in range(count)]

    return read


def _settings(folder: Path, url: str) -> Settings:
    environment = {
        "WALLETPASS_DATA": str(folder),
        "WALLETPASS_DATABASE_URL": url,
        "WALLETPASS_SECRET_KEY": Keyring.new_key("test"),
    }
    return Settings.from_env(environment)


@pytest.fixture
def settings_of_both(url: str) -> dict[str, str]:
    """What to start with where the database matters: SQLite, then PostgreSQL."""
    return {"database_url": url}


@pytest_asyncio.fixture(loop_scope="module")
async def start(tmp_path: Path, sqlite_url: str) -> AsyncIterator[Callable[..., Awaitable[Serving]]]:
    """Start a server with settings changed; it stops when the test is over."""
    async with AsyncExitStack() as stack:

        async def begin(**changes: Any) -> Serving:
            return await stack.enter_async_context(_serving(replace(_settings(tmp_path, sqlite_url), **changes)))

        yield begin


@pytest.fixture(scope="module")
def server_changes() -> dict[str, Any]:
    """Settings in which a module's server differs; for modules to override."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, server_changes: dict[str, Any]
) -> AsyncIterator[Serving]:
    """A server that the tests of a module share."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(sqlite_template, folder / "walletpass.db")
    settings = _settings(folder, f"sqlite:///{folder / 'walletpass.db'}")
    async with _serving(replace(settings, **server_changes)) as serving:
        yield serving


@asynccontextmanager
async def _serving(settings: Settings) -> AsyncIterator[Serving]:
    stopping = asyncio.Event()
    listener = listen("127.0.0.1", 0)
    async with platform(settings) as on, asyncio.TaskGroup() as group:
        group.create_task(serve(on, listener, stopping, jobs=False))
        yield Serving(on, listener.getsockname()[1], stopping.set)
        stopping.set()
