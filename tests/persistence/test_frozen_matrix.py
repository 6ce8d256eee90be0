from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from walletpass_server.engine.designs import keep_asset
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.testing import SeededOperation, seed_operation

_FORBIDDEN = [
    "UPDATE matrix SET content = '{}'",
    "UPDATE matrix SET content_hash = 'other'",
    "UPDATE matrix SET frozen_at = NULL",
    "UPDATE matrix SET version = 2",
    "DELETE FROM matrix",
    "INSERT INTO matrix SELECT * FROM matrix",
    "INSERT INTO matrix_model (client_id, matrix_id, key, content, content_hash)"
    " SELECT client_id, id, 'more', '{}', '0' FROM matrix",
]


@pytest.mark.parametrize("statement", _FORBIDDEN)
async def test_a_frozen_matrix_cannot_change_by_any_path(
    database: Database, shop: SeededOperation, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="a frozen matrix cannot change"):
        async with database.writing(ALL_CLIENTS) as unit:
            await unit.connection.execute(text(statement))


async def test_a_frozen_matrix_can_be_retired(database: Database, shop: SeededOperation) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        done = await unit.connection.execute(text("UPDATE matrix SET retired_at = 1"))
    assert done.rowcount == 1


async def test_an_operation_keeps_its_matrix_and_needs_a_frozen_one(database: Database, shop: SeededOperation) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(
            text(
                "INSERT INTO matrix (client_id, id, name, version, pass_type, content, content_hash, created_at)"
                " SELECT client_id, 999, name, 2, pass_type, content, content_hash, created_at FROM matrix"
            )
        )
    with pytest.raises(DBAPIError, match="keeps its matrix"):
        async with database.writing(ALL_CLIENTS) as unit:
            await unit.connection.execute(text("UPDATE operation SET matrix_id = 999"))
    with pytest.raises(DBAPIError, match="needs a frozen matrix"):
        async with database.writing(ALL_CLIENTS) as unit:
            await unit.connection.execute(
                text(
                    "INSERT INTO operation (client_id, id, name, link, matrix_id, pass_type, environment, state,"
                    " starts_at, ends_at, zone, notifications, at, limits, created_at)"
                    " SELECT client_id, 998, name, 'other', 999, pass_type, environment, state,"
                    " starts_at, ends_at, zone, notifications, at, limits, created_at FROM operation"
                )
            )


async def test_sqlite_replaces_neither_a_frozen_matrix_nor_an_operation(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url)
    try:
        async with database.writing(ALL_CLIENTS) as unit:
            await seed_operation(unit)
        for table, says in (("matrix", "a frozen matrix cannot change"), ("operation", "keeps its matrix")):
            with pytest.raises(DBAPIError, match=says):
                async with database.writing(ALL_CLIENTS) as unit:
                    await unit.connection.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"))  # noqa: S608
    finally:
        await database.close()


async def test_the_bytes_of_a_picture_never_change(database: Database, shop: SeededOperation) -> None:
    async with database.writing(shop.client_id) as unit:
        await keep_asset(unit, b"<svg/>", datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(DBAPIError, match="never change"):
        async with database.writing(ALL_CLIENTS) as unit:
            await unit.connection.execute(text("UPDATE asset SET content = :other"), {"other": b"<svg />"})
