"""
What clients have taken: a plan, perhaps the connector with it, and how much of everything.

Quotas count tests and production together. An empty quota is no limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select, update

from walletpass.errors import NotFound, UsageError
from walletpass_server.engine.audit import Actor, record
from walletpass_server.persistence.tables import ClientRow, MatrixRow, ModelRow, OperationRow, PassRow
from walletpass_server.persistence.unit_of_work import Unit

Feature = Literal["api", "hooks", "pages"]

FEATURES: Mapping[str, frozenset[Feature]] = {
    "full_service": frozenset(),
    "connector": frozenset({"api", "hooks"}),
    "platform": frozenset({"pages"}),
}
"""What each plan opens to the client's own people and programs; the provider's staff may do everything."""
ADD_ON: frozenset[Feature] = frozenset({"api", "hooks"})
"""What the connector adds to another plan."""
QUOTAS = ("max_models", "max_matrices", "max_operations", "max_passes", "requests_per_minute")


@dataclass(frozen=True, slots=True)
class Usage:
    """
    How much a client has of what its plan bounds.

    Attributes:
        operations: That have not ended.
        passes: Issued and still kept.
        active: Passes that a wallet holds now.
    """

    models: int
    matrices: int
    operations: int
    passes: int
    active: int


def features(client: ClientRow) -> frozenset[Feature]:
    """What a client may use by itself."""
    own = FEATURES.get(client.plan, frozenset())
    return own | ADD_ON if client.connector else own


async def change_plan(unit: Unit, actor: Actor, now: datetime, **changes: Any) -> ClientRow:
    """
    Give a client another plan or other quotas. Keys of a client that no longer has the API are refused from now on.

    Args:
        unit: Of the client.
        actor: Who.
        now: The instant.
        changes: `plan`, `connector`, or any of `QUOTAS`: a number, or None for no limit.

    Raises:
        UsageError: No such plan, or a quota below 0.
    """
    row = await own_row(unit, lock=True)
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        if name == "plan" and value not in FEATURES:
            raise UsageError(f"{value}: no such plan; there are: {', '.join(FEATURES)}")
        if name in QUOTAS and value is not None and not (1 if name == "requests_per_minute" else 0) <= value < 2**31:
            raise UsageError(f"{name} {value}: is no quota: give a number, or none for no limit")
        setattr(row, name, value)
    if changes.get("max_passes") is not None and before["max_passes"] is None:
        counted = select(func.count(PassRow.id)).where(PassRow.client_id == unit.client_id)
        row.issued = (await unit.connection.execute(counted)).scalar_one()
    if before != changes:
        await record(unit, actor, "client.plan-changed", f"client:{row.slug}", now, before=before, after=changes)
    await unit.session.flush()
    return row


async def own_row(unit: Unit, *, lock: bool = False) -> ClientRow:
    """The unit's client; raises NotFound when it was removed."""
    query = select(ClientRow).where(ClientRow.id == unit.client_id, ClientRow.removed_at.is_(None))
    row = await unit.session.scalar(query.with_for_update(key_share=True) if lock else query)
    if row is None:
        raise NotFound("there is no such client any more: it was removed")
    return row


async def usage(unit: Unit, now: datetime) -> Usage:
    """What the unit's client has now."""
    own = unit.client_id
    held = (PassRow.apple_holdings > 0) | (PassRow.google_holdings > 0)
    counts = (
        select(func.count(ModelRow.id)).where(ModelRow.client_id == own),
        select(func.count(func.distinct(MatrixRow.name))).where(MatrixRow.client_id == own),
        select(func.count(OperationRow.id)).where(OperationRow.client_id == own, OperationRow.ends_at > now),
        select(func.count(PassRow.id)).where(PassRow.client_id == own),
        select(func.count(PassRow.id)).where(PassRow.client_id == own, held),
    )
    return Usage(*[(await unit.connection.execute(query)).scalar_one() for query in counts])


async def count_issued(unit: Unit, more: int) -> None:
    """Add to the passes that a bounded client has issued."""
    await unit.connection.execute(
        update(ClientRow).where(ClientRow.id == unit.client_id).values(issued=ClientRow.issued + more)
    )
