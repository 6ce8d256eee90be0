"""Alarms before certificates end: at 60, 30, 7 and 1 days, and when they have ended; each once, however often asked."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from walletpass_server.engine.telling import tell
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import CredentialRow, OperationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

STEPS = (60, 30, 7, 1, 0)
"""Days before the end."""

_logger = logging.getLogger(__name__)


async def warn_of_ends(database: Database, now: datetime) -> list[str]:
    """
    Say which certificates end soon: in the log, and as `credential.expiring` or `credential.expired`.

    One that no operation signs with any more, and that has a successor, is not worth an alarm.

    Returns:
        What was said now.
    """
    soon = CredentialRow.not_after <= now + timedelta(days=STEPS[0])
    query = select(CredentialRow.client_id, CredentialRow.id).where(soon, CredentialRow.retired_at.is_(None), _needed())
    async with database.reading(ALL_CLIENTS) as unit:
        found = (await unit.connection.execute(query.order_by(CredentialRow.not_after))).all()
    said = []
    for client_id, credential_id in found:
        line = await database.run(client_id, partial(_warn, credential_id=credential_id, now=now))
        if line is not None:
            _logger.warning("%s", line)
            said.append(line)
    return said


def step_of(not_after: datetime, now: datetime) -> int | None:
    """The smallest step that is reached; None while the end is further off than all of them."""
    reached = [days for days in STEPS if not_after - now <= timedelta(days=days)]
    return min(reached, default=None)


async def _warn(unit: Unit, *, credential_id: int, now: datetime) -> str | None:
    row = await unit.session.scalar(select(CredentialRow).where(CredentialRow.id == credential_id).with_for_update())
    if row is None or row.not_after is None:
        return None
    step = step_of(row.not_after, now)
    if step is None or (row.warned_days is not None and row.warned_days <= step):
        return None
    row.warned_days = step
    whose = row.pass_type_identifier or row.issuer_id
    data = {
        "credential": {"id": row.id, "wallet": row.wallet, "name": row.name, "for": whose, "source": row.source},
        "not_after": row.not_after.isoformat(),
        "days": step,
    }
    kind = "credential.expired" if step == 0 else "credential.expiring"
    await tell(unit, kind, data, now, cause="clock", environment=row.environment)
    await unit.session.flush()
    if step == 0:
        return f"credential {row.id} for {whose} ended on {row.not_after:%Y-%m-%d}: nothing can be signed: renew it"
    left = max(0, (row.not_after - now).days)
    return f"credential {row.id} for {whose} ends on {row.not_after:%Y-%m-%d}, in {left} days: renew it, then roll over"


def _needed() -> ColumnElement[bool]:
    """An operation signs with it, or nothing has come after it."""
    later = aliased(CredentialRow)
    used = select(OperationRow.id).where(
        OperationRow.client_id == CredentialRow.client_id,
        or_(
            OperationRow.apple_credential_id == CredentialRow.id, OperationRow.google_credential_id == CredentialRow.id
        ),
    )
    succeeded = select(later.id).where(
        later.client_id == CredentialRow.client_id,
        later.pass_type_identifier == CredentialRow.pass_type_identifier,
        later.environment == CredentialRow.environment,
        later.retired_at.is_(None),
        later.not_after > CredentialRow.not_after,
    )
    return used.exists() | ~succeeded.exists()
