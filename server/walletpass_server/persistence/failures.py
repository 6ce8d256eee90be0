"""What the drivers raise, told apart: worth another try, out of reach, or a fault of ours."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

_SERIALIZATION = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialization failure, deadlock, lock not available."""
_DATA = "22"
"""PostgreSQL: the class of values that do not fit, such as a text with a NUL or one too long."""
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
    }
)
"""SQLite: the file, or the disk below it, takes nothing for the time being."""


def worth_another_try(exc: BaseException) -> bool:
    """Whether the same transaction, begun again, may well succeed: another writer was in the way."""
    if not isinstance(exc, DBAPIError) or exc.orig is None:
        return False
    if getattr(exc.orig, "sqlstate", None) in _SERIALIZATION:
        return True
    code = getattr(exc.orig, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _SQLITE_BUSY  # the low byte; the rest is a refinement


def out_of_reach(exc: BaseException) -> bool:
    """Whether the database cannot be opened or the connection was lost."""
    if not isinstance(exc, DBAPIError) or exc.orig is None:
        return False
    sqlstate: str = getattr(exc.orig, "sqlstate", None) or ""
    if sqlstate:
        return sqlstate.startswith(("08", "57P", "53", "3D", "28"))
    if isinstance(exc.orig, sqlite3.Error):
        code: int = getattr(exc.orig, "sqlite_errorcode", 0) & 0xFF
        return code in _SQLITE_AWAY
    return exc.connection_invalidated or isinstance(exc, InterfaceError | OperationalError)


def not_storable(exc: BaseException) -> bool:
    """Whether a value of the caller is one that no column can hold: an integer of 65 bits, half a character."""
    if isinstance(exc, OverflowError | UnicodeEncodeError):  # sqlite3, as they are
        return True
    if not isinstance(exc, DBAPIError) or exc.orig is None:
        return False
    sqlstate: str = getattr(exc.orig, "sqlstate", None) or ""
    return sqlstate.startswith(_DATA) or isinstance(exc.orig.__cause__, OverflowError | ValueError)
