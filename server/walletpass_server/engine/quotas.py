"""What the plan of a client bounds: Models, Matrices, passes."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from walletpass.errors import QuotaReached
from walletpass_server.persistence.tables import ClientRow, MatrixRow, ModelRow, PassRow
from walletpass_server.persistence.unit_of_work import Unit


async def allow_model(unit: Unit, name: str) -> None:
    """Let a Model of a new name in; raises QuotaReached."""
    await _allow(unit, "Models", ClientRow.max_models, ModelRow, name)


async def allow_matrix(unit: Unit, name: str) -> None:
    """Let a Matrix of a new name in, whatever the number of its versions; raises QuotaReached."""
    await _allow(unit, "Matrices", ClientRow.max_matrices, MatrixRow, name)


async def allow_passes(unit: Unit, more: int) -> None:
    """Let more passes be promised; raises QuotaReached."""
    most = await unit.session.scalar(select(ClientRow.max_passes).where(ClientRow.id == unit.client_id))
    if most is None:
        return
    there = await unit.session.scalar(select(func.count(PassRow.id)).where(PassRow.client_id == unit.client_id)) or 0
    if there + more > most:
        raise QuotaReached(f"the plan has room for {most:,} passes, {there:,} are issued: ask for a larger one")


async def _allow(
    unit: Unit,
    what: str,
    quota: InstrumentedAttribute[int | None],
    row: type[ModelRow] | type[MatrixRow],
    name: str,
) -> None:
    # The client's row is the turnstile: two requests at once do not both slip in.
    most = await unit.session.scalar(select(quota).where(ClientRow.id == unit.client_id).with_for_update())
    if most is None:
        return
    names = set((await unit.session.scalars(select(row.name).distinct())).all())
    if name not in names and len(names) >= most:
        raise QuotaReached(f"the plan has room for {most:,} {what}, and they are there: ask for a larger one")
