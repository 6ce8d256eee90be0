"""One transaction, seen by one client."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import CursorResult, Insert, bindparam, event, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import LoaderCriteriaOption, ORMExecuteState, Session, with_loader_criteria

from walletpass.errors import WrongClient
from walletpass_server.persistence.columns import OwnedByClient
from walletpass_server.persistence.tables import ROW_IDS, CounterRow

ALL_CLIENTS: Final = 0
"""Instead of a client id: work of the server itself (schedulers, senders, device paths), never a client's request."""


_MARGIN = 1_000_000


class _ServerSession(Session):
    """Sees every client."""


class _ClientSession(Session):
    """Sees one client, by the two listeners below."""


class Unit:
    """
    One transaction. Get one from `Database.reading`, `Database.writing`, `Database.run` or a `Writer`.

    Through `session` a unit of a client sees, changes and adds rows of that client alone. `connection` is for set-based
    Core statements, which name `client_id` themselves.

    Attributes:
        client_id: The client, or ALL_CLIENTS.
        session: ORM session on the transaction. Flush it; committing is done by whoever opened the unit. A flush that
            fails undoes the whole unit, unless it is inside `session.begin_nested()`.
        connection: The same transaction for Core statements; flush the session before it must see its changes.
    """

    def __init__(self, connection: AsyncConnection, client_id: int) -> None:
        self.client_id = client_id
        self.connection = connection
        self.session = AsyncSession(
            connection,
            expire_on_commit=False,
            join_transaction_mode="rollback_only",
            sync_session_class=_ServerSession if client_id == ALL_CLIENTS else _ClientSession,
            info={"client_id": client_id},
        )

    async def new_ids(self, count: int) -> list[int]:
        """That many new surrogate keys, ascending. Unused ones are lost, which does no harm."""
        if count < 1:
            return []
        if self.connection.dialect.name == "postgresql":
            drawn = await self.connection.execute(_DRAWN, {"count": count})
            return sorted(drawn.scalars())
        last = await self._advance_row_ids(count)
        return list(range(last - count + 1, last + 1))

    async def new_id(self) -> int:
        """One new surrogate key."""
        return (await self.new_ids(1))[0]

    async def reserve_ids(self, span: int) -> int:
        """The first of that many surrogate keys in a row, for rows that come from elsewhere and keep their order."""
        if self.connection.dialect.name == "postgresql":
            # Others may draw a few between the reading and the setting: far fewer than are left out here.
            taken = text("SELECT setval('row_id', last_value + :margin + :span) - :span + 1 FROM row_id")
            known = {"margin": _MARGIN, "span": span}
            return int((await self.connection.execute(taken, known)).scalar_one())
        return await self._advance_row_ids(span) - span + 1

    async def insert_selected(self, statement: Insert, known: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """Run an `INSERT ... SELECT` whose id column is `sql.NextRowId()`; `known` are its bound parameters."""
        done = await self.connection.execute(statement, known)
        if self.connection.dialect.name == "sqlite" and done.rowcount > 0:
            await self._advance_row_ids(done.rowcount)
        return done

    async def _advance_row_ids(self, count: int) -> int:
        return int((await self.connection.execute(_ADVANCED, {"more": count})).scalar_one())


_DRAWN = select(ROW_IDS.next_value()).select_from(text("generate_series(1, :count)"))
_ADVANCED = (
    update(CounterRow)
    .where(CounterRow.name == "row_id")
    .values(value=CounterRow.value + bindparam("more"))
    .returning(CounterRow.value)
)


@event.listens_for(_ClientSession, "do_orm_execute")
def _only_own_rows(state: ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load:
        return
    state.statement = state.statement.options(_of_client(state.session.info["client_id"]))


@lru_cache(1024)
def _of_client(client_id: int) -> LoaderCriteriaOption:
    return with_loader_criteria(OwnedByClient, lambda row: row.client_id == client_id, include_aliases=True)


@event.listens_for(_ClientSession, "before_flush")
def _refuse_foreign_rows(session: Session, *_: object) -> None:
    client_id: int = session.info["client_id"]
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, OwnedByClient) and row.client_id != client_id:
            raise WrongClient(f"a unit of client {client_id} touched a {type(row).__name__} of client {row.client_id}")
