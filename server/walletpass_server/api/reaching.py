"""What a key reaches, by id. What is beyond it does not exist: the same answer as for an id that nobody has."""

from __future__ import annotations

from typing import NoReturn

from sqlalchemy import Select, select

from walletpass.errors import NotFound
from walletpass_server.engine.keys import Key
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.persistence.tables import OperationRow, PassRow, RunRow, TokenRow
from walletpass_server.persistence.unit_of_work import Unit


async def reach_operation(unit: Unit, caller: Key, operation_id: int) -> LiveOperation:
    """An operation; raises NotFound."""
    live = await load_operation(unit, operation_id)
    if not caller.reach.covers(live.row):
        _none("operation", operation_id)
    return live


async def reach_operation_row(unit: Unit, caller: Key, operation_id: int) -> OperationRow:
    """Its row alone; raises NotFound."""
    row = await unit.session.scalar(
        select(OperationRow).where(OperationRow.id == operation_id, *caller.reach.conditions())
    )
    return row if row is not None else _none("operation", operation_id)


async def reach_pass(unit: Unit, caller: Key, pass_id: int, *, lock: bool = False) -> PassRow:
    """A pass; raises NotFound."""
    there = (PassRow.id == pass_id, PassRow.erased_at.is_(None))
    query = select(PassRow).where(*there, *caller.reach.within(caller.client_id, PassRow.operation_id))
    row = await unit.session.scalar(_locked(query) if lock else query)
    return row if row is not None else _none("pass", pass_id)


async def reach_token(unit: Unit, caller: Key, token_id: int) -> TokenRow:
    """A token; raises NotFound."""
    query = select(TokenRow).where(
        TokenRow.id == token_id, *caller.reach.within(caller.client_id, TokenRow.operation_id)
    )
    row = await unit.session.scalar(query)
    return row if row is not None else _none("token", token_id)


async def reach_run(unit: Unit, caller: Key, run_id: int) -> RunRow:
    """A run; raises NotFound."""
    query = select(RunRow).where(RunRow.id == run_id, *caller.reach.within(caller.client_id, RunRow.operation_id))
    row = await unit.session.scalar(query)
    return row if row is not None else _none("run", run_id)


def _locked(query: Select[PassRow]) -> Select[PassRow]:
    return query.with_for_update().execution_options(populate_existing=True)


def _none(what: str, number: int) -> NoReturn:
    raise NotFound(f"there is no {what} {number}: look it up in the list")
