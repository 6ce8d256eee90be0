"""The database of the server: opened once, then asked for transactions."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import URL, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from walletpass.errors import DatabaseBusy, DatabaseUnavailable, NotStorable
from walletpass_server.persistence.engine import WRITES, create_engine, database_url
from walletpass_server.persistence.failures import not_storable, out_of_reach, worth_another_try
from walletpass_server.persistence.sqlite_driver import SqliteConnection
from walletpass_server.persistence.tables import CounterRow
from walletpass_server.persistence.unit_of_work import Unit

T = TypeVar("T")
Work = Callable[[Unit], Awaitable[T]]
"""What is done in one transaction. It may run more than once, so it does nothing that the database cannot take back."""

TRIES = 5
_logger = logging.getLogger(__name__)


class Database:
    """
    An open database.

    ```python
    database = await Database.open("sqlite:///data/walletpass.db")
    async with database.writing(client_id) as unit:
        unit.session.add(row)
    await database.close()
    ```
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite lets waiting writers in by chance; those of one process queue here first, in the order they came.
        self._turn = asyncio.Lock() if self.is_sqlite else nullcontext()

    @classmethod
    async def open(cls, url: str | URL, *, pool_size: int = 8, migrate: bool = True) -> Self:
        """
        Open a database and bring its tables up to date.

        Args:
            url: `sqlite:///path` (the file and its folder are made) or `postgresql://user:secret@host/name`.
            pool_size: Connections kept at most.
            migrate: Make or update the tables. With False they must be up to date already.

        Raises:
            UsageError: The URL is of no database we support.
            DatabaseUnavailable: It cannot be opened or reached.
            SchemaOutdated: The tables are not those of this version.
        """
        from walletpass_server.persistence.epochs import notice_restore
        from walletpass_server.persistence.schema import require_current, upgrade

        parsed = url if isinstance(url, URL) else database_url(url)
        if parsed.get_backend_name() == "sqlite":
            _make_file(Path(str(parsed.database)))
        database = cls(create_engine(parsed, pool_size=pool_size))
        try:
            await (upgrade(database) if migrate else require_current(database))
            await notice_restore(database)
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    @asynccontextmanager
    async def reading(self, client_id: int, *, long: bool = False) -> AsyncIterator[Unit]:
        """
        A transaction that only reads: on SQLite it sees one state throughout, and waits for nobody.

        Args:
            client_id: Whose rows the unit sees, or ALL_CLIENTS.
            long: Some statement takes more than a few milliseconds (a report, a chunk of a run): on SQLite it then
                runs in a thread. Short ones are many times faster without.
        """
        async with self.transaction(writes=False, long=long) as connection, _unit(connection, client_id) as unit:
            yield unit

    @asynccontextmanager
    async def writing(self, client_id: int, *, long: bool = False) -> AsyncIterator[Unit]:
        """A transaction that writes: committed at the end of the block, undone by an exception in it. See `reading`."""
        async with self.write_connection(long=long) as connection, _unit(connection, client_id) as unit:
            yield unit

    async def run(self, client_id: int, work: Work[T], *, tries: int = TRIES, long: bool = False) -> T:
        """
        Do work in one writing transaction, again from the start when another writer was in the way.

        Raises:
            DatabaseBusy: It was in the way each time.
        """
        for attempt in range(tries):
            try:
                async with self.writing(client_id, long=long) as unit:
                    return await work(unit)
            except DatabaseBusy:
                if attempt == tries - 1:
                    raise
                await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads load, hides nothing
        raise AssertionError("tries is at least 1")

    @asynccontextmanager
    async def write_connection(self, *, long: bool = False) -> AsyncIterator[AsyncConnection]:
        """A writing transaction without a unit, for many units in one commit."""
        async with self.transaction(writes=True, long=long) as connection:
            if self.is_sqlite:  # PostgreSQL numbers its transactions itself
                await connection.execute(_NEXT_CHANGE)
            yield connection

    @asynccontextmanager
    async def transaction(self, *, writes: bool, long: bool = True) -> AsyncIterator[AsyncConnection]:
        """A bare transaction. `writing`, `reading` and `write_connection` are what is wanted nearly always."""
        async with self._turn if writes else nullcontext(), self._transaction(writes, long) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, writes: bool, long: bool) -> AsyncIterator[AsyncConnection]:
        connection = await self._connect()
        try:
            await connection.execution_options(**{WRITES: writes})
            driver = (await connection.get_raw_connection()).driver_connection
            if isinstance(driver, SqliteConnection):
                driver.reads_only = not writes
                driver.at_once = not (writes or long)  # to begin writing may mean to wait for another writer
            async with connection.begin():
                if isinstance(driver, SqliteConnection):
                    driver.at_once = not long
                yield connection
        except (DBAPIError, OverflowError, UnicodeEncodeError) as exc:
            raise _translated(exc, self.engine.url) from exc
        finally:
            await connection.close()

    async def _connect(self) -> AsyncConnection:
        try:
            return await self.engine.connect()
        except (OSError, DBAPIError) as exc:
            raise DatabaseUnavailable(_says(self.engine.url, exc)) from exc


_NEXT_CHANGE = update(CounterRow).where(CounterRow.name == "change").values(value=CounterRow.value + 1)


@asynccontextmanager
async def _unit(connection: AsyncConnection, client_id: int) -> AsyncIterator[Unit]:
    unit = Unit(connection, client_id)
    async with unit.session:
        yield unit
        await unit.session.commit()


def _translated(exc: Exception, url: URL) -> Exception:
    """The error as ours where it concerns the database as a whole, else unchanged."""
    if worth_another_try(exc):
        return DatabaseBusy("the database is busy with other writers: nothing was changed, try again")
    if out_of_reach(exc):
        return DatabaseUnavailable(_says(url, exc))
    if not_storable(exc):
        return NotStorable("a text or number given is none that can be kept or looked up: check the ids and texts")
    return exc


def _says(url: URL, exc: Exception) -> str:
    why = str(getattr(exc, "orig", None) or exc).partition("\n")[0]
    hint = "is it running, with room on its disk, and the URL right?"
    return f"the database {url.render_as_string()} does not answer: {why}; {hint}"


def _make_file(file: Path) -> None:
    """An empty file that only its owner reads: it will hold what people are called. SQLite's files beside it follow."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as exc:
        raise DatabaseUnavailable(f"{file}: the database cannot be made or opened: {exc.strerror}") from exc
