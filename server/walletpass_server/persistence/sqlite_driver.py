"""
A connection to SQLite that spares short statements the way to another thread.

`aiosqlite` hands each step of each statement to a thread, which costs many times what the statement itself takes.
Between `BEGIN` and `COMMIT` nothing waits for a lock or the disk: there a statement of some microseconds runs at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import aiosqlite
from sqlalchemy import URL

_FETCHED_AT_ONCE = 64


class SqliteConnection(aiosqlite.Connection):
    """
    An `aiosqlite` connection that may run statements in the event loop's own thread.

    Attributes:
        reads_only: Its transaction writes nothing, so even its COMMIT waits for nobody.
        at_once: Run statements here and now. For transactions whose statements are short; never while one is running.
    """

    at_once = False
    reads_only = False
    _elsewhere = 0
    """Steps that the thread has not finished; a cancelled caller may have left one behind."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.at_once and not self._elsewhere and (self.reads_only or fn.__name__ != "commit"):
            return fn(*args, **kwargs)
        self._elsewhere += 1

        def step() -> Any:
            try:
                return fn(*args, **kwargs)
            finally:
                self._elsewhere -= 1

        return await super()._execute(step)  # type: ignore[no-untyped-call] # aiosqlite leaves this one untyped


async def connect(url: URL) -> SqliteConnection:
    """Open the file of a URL."""
    connection = SqliteConnection(lambda: sqlite3.connect(str(url.database), check_same_thread=False), _FETCHED_AT_ONCE)
    connection._thread.daemon = True  # as SQLAlchemy does: a forgotten connection keeps no process alive
    await connection
    return connection
