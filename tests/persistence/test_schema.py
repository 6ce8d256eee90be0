from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from walletpass.errors import SchemaOutdated, UsageError
from walletpass_server.persistence import tables
from walletpass_server.persistence.columns import Base
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.engine import database_url
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, Base.metadata))


def _primary_keys(connection: Connection) -> dict[str, list[str]]:
    inspector = inspect(connection)
    return {name: inspector.get_pk_constraint(name)["constrained_columns"] for name in Base.metadata.tables}


async def test_the_migrations_make_the_tables_that_the_code_declares(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_the_migrations_make_the_primary_keys_that_the_code_declares(database: Database) -> None:
    declared = {table.name: [c.name for c in table.primary_key.columns] for table in Base.metadata.sorted_tables}
    async with database.engine.connect() as connection:
        assert declared == await connection.run_sync(_primary_keys)


async def test_opening_a_second_time_changes_nothing(database: Database, url: str) -> None:
    again = await Database.open(url)
    async with again.reading(ALL_CLIENTS) as unit:
        epochs = (await unit.connection.execute(text("SELECT count(*) FROM epoch"))).scalar_one()
    await again.close()
    assert epochs == (1 if database.is_sqlite else 2)  # the template's copy is another PostgreSQL database


async def test_the_client_leads_the_key_of_every_table_that_grows() -> None:
    owned = [row for row in vars(tables).values() if isinstance(row, type) and hasattr(row, "client_id")]
    leading = {row.__tablename__: next(iter(row.__table__.primary_key.columns)).name for row in owned}
    leading.pop("pass_type")  # small, and the way from a pass type to its client
    assert set(leading.values()) == {"client_id"}
    assert {"pass", "token", "fact", "registration", "outbox", "timer", "device", "run"} <= set(leading)


async def test_a_database_of_a_newer_version_is_refused(database: Database, url: str) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaOutdated, match="newer version"):
        await Database.open(url)


async def test_without_migrating_an_old_database_is_refused(database: Database, url: str) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(SchemaOutdated, match="run the migrations"):
        await Database.open(url, migrate=False)


@pytest.mark.parametrize("text", ["sqlite://", "sqlite:///:memory:", "mysql://host/x", "nonsense"])
def test_a_url_that_no_engine_serves_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(UsageError, match="sqlite:///path"):
        database_url(text)
