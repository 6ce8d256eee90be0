"""
What the plan of a client bounds: Models, Matrices, operations, passes. Checked in the transaction that adds one.

The client's row is the turnstile: two transactions at once do not both slip in. So two that make the next version of
the same Matrix come one after the other too.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from walletpass.errors import QuotaReached
from walletpass_server.engine.telling import tell
from walletpass_server.persistence.tables import ClientRow, MatrixRow, ModelRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit


async def allow_model(unit: Unit, name: str) -> None:
    """Let a Model of a new name in; raises QuotaReached."""
    await _allow_name(unit, "Models", ClientRow.max_models, ModelRow, name)


async def allow_matrix(unit: Unit, name: str) -> None:
    """Let a Matrix of a new name in, whatever the number of its versions; raises QuotaReached."""
    await _allow_name(unit, "Matrices", ClientRow.max_matrices, MatrixRow, name)


async def allow_operation(unit: Unit, now: datetime) -> None:
    """Let one more operation in; those that have ended or were called off do not count. Raises QuotaReached."""
    most = await _turnstile(unit, ClientRow.max_operations)
    if most is None:
        return
    live = select(func.count(OperationRow.id)).where(
        OperationRow.client_id == unit.client_id, OperationRow.ends_at > now, OperationRow.cancelled_at.is_(None)
    )
    there = (await unit.connection.execute(live)).scalar_one()
    if there >= most:
        raise reached("operations that have not ended", most)
    if there + 1 == most:
        await tell_reached(unit, "operations that have not ended", most, now)


async def room_for_passes(unit: Unit, most: int | None) -> int | None:
    """
    How many more passes the client may issue; None when there is no limit. Until the commit nobody else issues any.

    Args:
        unit: Of the client.
        most: As read with the operation; asked again only where it bounds.
    """
    if most is None:
        return None
    query = select(ClientRow.max_passes, ClientRow.issued).where(ClientRow.id == unit.client_id)
    found = (await unit.connection.execute(query.with_for_update(key_share=True))).one()
    return None if found.max_passes is None else max(0, found.max_passes - found.issued)


async def tell_reached(unit: Unit, what: str, most: int, now: datetime) -> None:
    """Tell that the last place is being taken, before anybody is refused: in the transaction that takes it."""
    await tell(unit, "quota.reached", {"what": what, "limit": most}, now)


def reached(what: str, most: int) -> QuotaReached:
    """The refusal."""
    return QuotaReached(f"the plan has room for {most:,} {what}, and they are there: ask for a larger one", what, most)


async def _allow_name(
    unit: Unit,
    what: str,
    quota: InstrumentedAttribute[int | None],
    row: type[ModelRow] | type[MatrixRow],
    name: str,
) -> None:
    most = await _turnstile(unit, quota)
    if most is None:
        return
    names = set((await unit.session.scalars(select(row.name).distinct())).all())
    if name in names:
        return
    if len(names) >= most:
        raise reached(what, most)
    if len(names) + 1 == most:
        await tell_reached(unit, what, most, datetime.now(UTC))


async def _turnstile(unit: Unit, quota: InstrumentedAttribute[int | None]) -> int | None:
    query = select(quota).where(ClientRow.id == unit.client_id).with_for_update(key_share=True)
    found: int | None = (await unit.connection.execute(query)).scalar_one_or_none()
    return found
