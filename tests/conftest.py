"""Databases for tests: SQLite and PostgreSQL, each time a fresh one copied from a migrated one."""

from __future__ import annotations

import asyncio
import faulthandler
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from walletpass.testing.postgres import PostgresServer, postgres_server
from walletpass_server.persistence.database import Database

_numbers = itertools.count()
TEARDOWN_SECONDS = 120
"""What a test may take to end. The time-out of pytest-timeout is over once a test has failed."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """A fixture that waits without end is a failure, not a run without end."""
    faulthandler.dump_traceback_later(TEARDOWN_SECONDS, exit=True)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


async def _migrate(url: str) -> None:
    await (await Database.open(url)).close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(_migrate(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> Iterator[str]:
    name = f"walletpass_template_{os.getpid()}"
    asyncio.run(_migrate(asyncio.run(postgres.create(name))))
    yield name
    asyncio.run(postgres.drop(name))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = tmp_path / "walletpass.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
async def postgres_url(postgres: PostgresServer, postgres_template: str) -> AsyncIterator[str]:
    name = f"walletpass_{os.getpid()}_{next(_numbers)}"
    yield await postgres.create(name, template=postgres_template)
    await postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """URL of a fresh, migrated database."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = await Database.open(url)
    yield opened
    await opened.close()
