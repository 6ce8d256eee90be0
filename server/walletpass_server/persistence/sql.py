"""SQL that the two engines spell differently. Everything else is written once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Dialect,
    LargeBinary,
    SelectBase,
    any_,
    bindparam,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from walletpass_server.persistence.columns import Base

_OFFSET = "(SELECT change_offset FROM epoch ORDER BY number DESC LIMIT 1)"
_COUNTED = "(SELECT value FROM counter WHERE name = 'change')"


class DatabaseNow(FunctionElement[int]):
    """
    The database's clock, in microseconds since 1970.

    Leases and rates go by it, because the clocks of several hosts differ. PostgreSQL's is that of
    the statement, so that an index can serve `due_at <= DatabaseNow()`. SQLite's has a resolution of one millisecond.
    """

    type = BigInteger()
    inherit_cache = True


class CurrentChange(FunctionElement[int]):
    """The change tag that this transaction writes into rows. Only in a transaction that writes."""

    type = BigInteger()
    inherit_cache = True


class ChangeCursor(FunctionElement[int]):
    """
    Up to where, exclusively, the statement's snapshot has seen every change.

    PostgreSQL: the oldest transaction still running; younger ones that committed already are listed again next time.
    SQLite: writers come one at a time, so it is simply the next number.
    """

    type = BigInteger()
    inherit_cache = True


class NextRowId(FunctionElement[int]):
    """A new surrogate key for each row of an `INSERT ... SELECT`; `Unit.insert_selected` keeps the counter."""

    type = BigInteger()
    inherit_cache = True


@compiles(DatabaseNow, "postgresql")
def _(element: DatabaseNow, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001
    return "CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS BIGINT)"


@compiles(DatabaseNow, "sqlite")
def _(element: DatabaseNow, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001
    return "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000"


@compiles(CurrentChange, "postgresql")
def _(element: CurrentChange, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001
    return f"(CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) + {_OFFSET})"


@compiles(CurrentChange, "sqlite")
def _(element: CurrentChange, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001
    return _COUNTED


@compiles(ChangeCursor, "postgresql")
def _(element: ChangeCursor, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001
    return f"(CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT) + {_OFFSET})"


@compiles(ChangeCursor, "sqlite")
def _(element: ChangeCursor, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001
    return f"({_COUNTED} + 1)"


@compiles(NextRowId, "postgresql")
def _(element: NextRowId, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001
    return "nextval('row_id')"


@compiles(NextRowId, "sqlite")
def _(element: NextRowId, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001
    return "((SELECT value FROM counter WHERE name = 'row_id') + row_number() OVER ())"


def among(dialect: Dialect, column: InstrumentedAttribute[int], ids: Collection[int]) -> ColumnElement[bool]:
    """Whether a column is one of many ids, as one parameter: the statement is compiled once for any number of them."""
    if dialect.name == "postgresql":
        return column == any_(literal(list(ids), postgresql.ARRAY(BigInteger)))
    each = func.json_each(literal(json.dumps(list(ids)))).table_valued("value")
    return column.in_(select(each.c.value))


def one_of(dialect: Dialect, column: InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """Whether a column is one of the values bound by a name: one parameter, so one statement for any number of them."""
    if dialect.name == "postgresql":
        return column == any_(bindparam(name, type_=postgresql.ARRAY(column.type)))
    if isinstance(column.type, LargeBinary):  # JSON has no bytes
        return column.in_(bindparam(name, expanding=True))
    each = func.json_each(bindparam(name, type_=JSON)).table_valued("value")
    return column.in_(select(each.c.value))


def one_selected(dialect: Dialect, column: InstrumentedAttribute[Any], query: SelectBase) -> ColumnElement[bool]:
    """Whether a column is one of what a query gives, which is run once: PostgreSQL may run an IN for each row again."""
    if dialect.name == "postgresql":
        return column == any_(func.array(query.scalar_subquery()))
    return column.in_(query)


def upsert(dialect: Dialect, row: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows `on_conflict_do_update` and `on_conflict_do_nothing`, which both engines spell alike."""
    return postgresql.insert(row) if dialect.name == "postgresql" else sqlite.insert(row)


async def insert_new(
    connection: AsyncConnection, row: type[Base], rows: Sequence[Mapping[str, Any]], conflict: Sequence[str]
) -> int:
    """
    Insert many rows, all with the same columns; those that conflict with a row that is there are left out.

    Returns:
        How many were written.
    """
    names = list(rows[0])
    if connection.dialect.name == "sqlite":
        statement = sqlite.insert(row).on_conflict_do_nothing(index_elements=conflict)
        done = await connection.execute(statement, rows, execution_options={"preserve_rowcount": True})
        return done.rowcount
    # One array for each column: the statement stays short, whatever the number of rows.
    types = {name: row.__table__.c[name].type for name in names}
    arrays = [literal([each[name] for each in rows], postgresql.ARRAY(types[name])) for name in names]
    each = func.unnest(*arrays).table_valued(*(column(name, types[name]) for name in names)).render_derived()
    of_arrays = postgresql.insert(row).from_select(names, select(each), include_defaults=False)
    return (await connection.execute(of_arrays.on_conflict_do_nothing(index_elements=conflict))).rowcount
