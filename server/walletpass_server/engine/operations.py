"""Operations: created from a Matrix, which this freezes, and loaded to decide by."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Row, Select, bindparam, select

from walletpass.errors import NotFound, OperationError
from walletpass.findings import Severity
from walletpass.operation import Operation, check_operation
from walletpass_server.engine.credentials import find_credential
from walletpass_server.engine.designs import find_matrix, freeze, load_matrix
from walletpass_server.engine.instants import plan_instants
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.production import admit
from walletpass_server.engine.quotas import allow_operation
from walletpass_server.engine.reach import EVERYTHING, Reach
from walletpass_server.engine.telling import announce, tell_of_operation, tells
from walletpass_server.persistence import outbox
from walletpass_server.persistence.sql import one_of
from walletpass_server.persistence.tables import ClientRow, MatrixRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit

LINK_BYTES = 9
"""Random bytes of an operation link: it is public, but cannot be guessed from another."""
KNOWN = 256
"""Operations that a process keeps read."""

_known: OrderedDict[int, tuple[Row[*tuple[Any, ...]], LiveOperation]] = OrderedDict()


async def create_operation(
    unit: Unit,
    operation: Operation,
    now: datetime,
    *,
    matrix_version: int | None = None,
    apple_credential: str | None = None,
    google_credential: str | None = None,
) -> OperationRow:
    """
    Put a Matrix in force. Its version is frozen from now on, for ever.

    Args:
        unit: Of the client.
        operation: What `files.load_operation` or `Operation.read` gives; `matrix` is the name of a Matrix.
        matrix_version: By default the newest.
        apple_credential, google_credential: Their names.

    Raises:
        NotFound: No such Matrix or credential.
        OperationError: It does not fit its Matrix.
        ProductionRefused: In production, when credentials, a notification plan or acceptances are missing.
        QuotaReached: The client has as many operations as its plan allows.
    """
    if operation.cancelled is not None:
        raise OperationError(f"{operation.operation}: cancelled_at: is no part of a document: open it, then cancel it")
    await allow_operation(unit, now)
    matrix_row = await find_matrix(unit, operation.matrix, matrix_version)
    matrix = await load_matrix(unit, matrix_row)
    faults = tuple(
        f"{found.where}: {found.says}"
        for found in check_operation(operation, matrix)
        if found.severity is Severity.ERROR
    )
    if faults:
        raise OperationError(f"{operation.operation}: {'; '.join(faults)}", faults)
    named = (("apple", apple_credential), ("google", google_credential))
    credentials = [
        await find_credential(unit, wallet, name, operation.environment) for wallet, name in named if name is not None
    ]
    await admit(unit, operation, credentials, now)
    chosen = {f"{credential.wallet}_credential_id": credential.id for credential in credentials}
    await freeze(unit, matrix_row, now)
    row = OperationRow(
        client_id=unit.client_id,
        id=await unit.new_id(),
        link=secrets.token_urlsafe(LINK_BYTES),
        matrix_id=matrix_row.id,
        pass_type=matrix.pass_type,
        state="open",
        created_at=now,
        **chosen,
        **_columns(operation),
    )
    unit.session.add(row)
    await unit.session.flush()
    await plan_instants(unit, row, matrix, read_operation(row, matrix_row.name), now)
    if row.google_credential_id is not None:  # the classes that passes share are there before the first pass
        await outbox.put(unit, [outbox.NewLetter("google", f"classes/{row.id}", {"classes": row.id})])
    await tell_of_operation(
        unit, "operation.created", row, now, matrix=matrix_row.name, matrix_version=matrix_row.version
    )
    await announce(unit, row, now)
    return row


async def load_operation(unit: Unit, operation_id: int, *, lock: bool = False) -> LiveOperation:
    """
    An operation with its Matrix.

    Args:
        unit: The transaction; of ALL_CLIENTS it finds any client's.
        operation_id: Which.
        lock: Until the end of the transaction nobody else changes its row.

    Raises:
        NotFound: There is none, or it is another client's.
    """
    found = (await unit.session.execute(_LOCKED if lock else _FOUND, {"id": operation_id})).one_or_none()
    if found is None:
        raise NotFound(f"there is no operation {operation_id}: look it up in the list of operations")
    row, matrix_row, settings, max_passes = found
    return LiveOperation(
        row=row,
        matrix=await load_matrix(unit, matrix_row),
        operation=read_operation(row, matrix_row.name),
        tells_hooks=tells(settings),
        max_passes=max_passes,
    )


async def known_operations(unit: Unit, ids: Collection[int]) -> dict[int, LiveOperation]:
    """
    Operations of the unit's client to decide by; what a process has read before is read again when its row changed.

    Returns:
        Id to operation; those that are not there are left out. Their rows are of no session: to be read only.
    """
    rows = await unit.connection.execute(_told(unit.connection.dialect), {"client": unit.client_id, "ids": list(ids)})
    found: dict[int, LiveOperation] = {}
    for row in rows.all():
        told, live = _known.get(row.id, (None, None))
        if live is None or told != row:
            live = await load_operation(unit, row.id)
            unit.session.expunge(live.row)
            _known[row.id] = row, live
        _known.move_to_end(row.id)
        found[row.id] = live
    while len(_known) > KNOWN:
        _known.popitem(last=False)
    return found


async def find_operation(
    unit: Unit, *, link: str | None = None, name: str | None = None, reach: Reach = EVERYTHING
) -> LiveOperation:
    """
    The operation of a link, or the newest of a name within reach.

    Raises:
        NotFound: There is none.
    """
    query = select(OperationRow.id).where(*reach.conditions()).order_by(OperationRow.id.desc()).limit(1)
    query = query.where(OperationRow.link == link) if link is not None else query.where(OperationRow.name == name)
    found = await unit.session.scalar(query)
    if found is None:
        raise NotFound(f"there is no operation {name or 'with this link'}: check what was copied")
    return await load_operation(unit, found)


async def move_instant(unit: Unit, operation_id: int, trigger: str, moved_to: datetime, now: datetime) -> LiveOperation:
    """
    Move an `at` Trigger of a live operation.

    Raises:
        NotFound: No such operation, or its Matrix has no such Trigger.
        InstantPassed: It is due already.
        OperationError: The new instant is past, or it is no `at` Trigger.
    """
    live = await load_operation(unit, operation_id, lock=True)
    found = live.matrix.trigger.get(trigger)
    if found is None:
        raise NotFound(f"{live.row.name}: its Matrix has no Trigger {trigger}: check the name")
    moved = live.operation.with_instant(found, moved_to, now)
    live.row.at = {name: instant.isoformat() for name, instant in moved.at.items()}
    await unit.session.flush()
    await plan_instants(unit, live.row, live.matrix, moved, now, only=trigger)
    return replace(live, operation=moved)


def read_operation(row: OperationRow, matrix: str) -> Operation:
    """The library's value of a row."""
    grace = {"seconds": row.grace_seconds} if row.grace_seconds else None
    document: Mapping[str, object] = {
        "operation": row.name,
        "matrix": matrix,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "zone": row.zone,
        "environment": row.environment,
        "notifications": row.notifications or {},
        "at": row.at or {},
        "limits": row.limits or {},
        "grace": grace,
        "cancelled_at": row.cancelled_at.isoformat() if row.cancelled_at else None,
    }
    return Operation.read(document, name=row.name)


def _columns(operation: Operation) -> dict[str, Any]:
    document = operation.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {
        "name": operation.operation,
        "environment": operation.environment,
        "starts_at": operation.start,
        "ends_at": operation.end,
        "zone": operation.zone,
        "grace_seconds": int((operation.events_end - operation.end).total_seconds()),
        "notifications": document.get("notifications", {}),
        "at": document.get("at", {}),
        "limits": document.get("limits", {}),
    }


_FOUND = (
    select(OperationRow, MatrixRow, ClientRow.settings, ClientRow.max_passes)
    .join(MatrixRow, (MatrixRow.client_id == OperationRow.client_id) & (MatrixRow.id == OperationRow.matrix_id))
    .join(ClientRow, ClientRow.id == OperationRow.client_id)
    .where(OperationRow.id == bindparam("id"))
)
_LOCKED = _FOUND.with_for_update(of=OperationRow)


@lru_cache(8)
def _told(dialect: Dialect) -> Select[*tuple[Any, ...]]:
    """All of what `load_operation` makes an operation from, but its Matrix: that one is frozen."""
    own = OperationRow.client_id == bindparam("client"), one_of(dialect, OperationRow.id, "ids")
    told = select(OperationRow.__table__, ClientRow.settings, ClientRow.max_passes)
    return told.join(ClientRow, ClientRow.id == OperationRow.client_id).where(*own)
