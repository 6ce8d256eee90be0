"""Bring the tables of a database up to date. The migrations are beside, one file a step."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from walletpass.errors import SchemaOutdated
from walletpass_server.persistence.database import Database

_LOCK = 7_263_541
"""PostgreSQL's advisory lock: processes that start together migrate one after the other."""


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration: the packaged migrations, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database, revision: str = "head") -> None:
    """Run the missing migrations, all in one transaction: they are done together or not at all."""
    async with database.transaction(writes=True) as connection:
        await connection.run_sync(_upgrade, revision)


def _upgrade(connection: Connection, revision: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    _refuse_newer(connection)
    if revision == "head" and _current(connection) == head():
        return
    command.upgrade(configuration(connection), revision)


async def require_current(database: Database) -> None:
    """
    Check that the tables are those of this version.

    Raises:
        SchemaOutdated: They are older or newer.
    """
    async with database.transaction(writes=False) as connection:
        found = await connection.run_sync(_current)
    if found != head():
        raise SchemaOutdated(
            f"the database is at step {found or 'none'}, this version needs {head()}:"
            " run the migrations with 'walletpass server init'"
        )


def head() -> str:
    """The newest migration of this version."""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    assert newest is not None  # noqa: S101 - the package always carries one
    return newest


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection) -> None:
    found = _current(connection)
    if found is not None and found not in {
        s.revision for s in ScriptDirectory.from_config(configuration()).walk_revisions()
    }:
        raise SchemaOutdated(
            f"the database is at step {found}, made by a newer version: install that version of walletpass"
        )
