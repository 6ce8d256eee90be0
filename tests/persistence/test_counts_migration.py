"""Figures of before sources were counted are the same after the migration, sealed ones too."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from walletpass.reporting import Counts
from walletpass.testing.postgres import PostgresServer
from walletpass_server.engine.seals import sealed_days
from walletpass_server.persistence import schema
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.engine import create_engine, database_url
from walletpass_server.persistence.facts import Bucket, stored_days
from walletpass_server.persistence.tables import OperationRow

DAY = date(2027, 3, 20)
OLD = "INSERT INTO daily_count VALUES (1, 2, '2027-03-20', 'a', 'apple', :measure, :shard, :count)"
SEAL = (
    "INSERT INTO day_seal (client_id, operation_id, day, figures, digest, sealed_at)"
    """ VALUES (1, 2, '2027-03-20', '{"a"\\: {"apple"\\: {"added"\\: 5}}}', :digest, 0)"""
)


async def _before_sources(database: Database) -> None:
    await schema.upgrade(database, "0007")
    async with database.write_connection() as connection:
        for measure, shard, count in (("displayed", 0, 4), ("added", 0, 3), ("added", 1, 2), ("generated", 1, -1)):
            await connection.execute(text(OLD), {"measure": measure, "shard": shard, "count": count})
        await connection.execute(
            text("INSERT INTO client (id, slug, name, settings, created_at) VALUES (1, 's', 'S', '{}', 0)")
        )
        await connection.execute(text(SEAL), {"digest": b"?" * 32})


@pytest.fixture(params=["sqlite", "postgres"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    name = f"walletpass_old_{os.getpid()}"
    yield await postgres.create(name)
    await postgres.drop(name)


async def test_counts_and_seals_of_before_sources_say_the_same_afterwards(empty_url: str) -> None:
    old = Database(create_engine(database_url(empty_url), pool_size=1))
    await _before_sources(old)
    await old.close()
    database = await Database.open(empty_url)
    async with database.reading(1) as unit:
        assert await stored_days(unit, 1, 2) == {Bucket(DAY, "a", "apple"): Counts(displayed=4, added=5, generated=-1)}
        (seal,) = await sealed_days(unit, OperationRow(client_id=1, id=2))
    assert seal.counts == {Bucket(DAY, "a", "apple"): Counts(added=5)}
    await database.close()
