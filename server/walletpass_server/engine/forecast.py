"""How long what waits for Google will take: its rate bounds a change of many passes, not our speed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from walletpass_server.persistence.sql import DatabaseNow
from walletpass_server.persistence.tables import CredentialRow, OutboxRow
from walletpass_server.persistence.unit_of_work import Unit

USUAL_PER_SECOND = 15.0
"""Calls for one issuer, unless its credential says otherwise; Google publishes a limit of 20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """
    The letters of one channel that wait, of one client.

    Attributes:
        channel: apns, google or hook.
        waiting: How many are due, or under way.
        later: How many are due later.
        left: About how long those due will take; None where nothing bounds it.
    """

    channel: str
    waiting: int
    later: int
    left: timedelta | None


async def queues(unit: Unit) -> list[Queue]:
    """
    What waits in the outbox of the unit's client.

    An issuer's rate is shared by all clients that send for it, so everyone's letters for Google count for how long.
    """
    due = OutboxRow.due_at <= DatabaseNow()
    under_way = OutboxRow.lease.is_not(None)
    counted = (
        select(OutboxRow.channel, func.count().filter(due | under_way), func.count())
        .where(OutboxRow.client_id == unit.client_id, OutboxRow.dead_at.is_(None))
        .group_by(OutboxRow.channel)
        .order_by(OutboxRow.channel)
    )
    rows = (await unit.connection.execute(counted)).all()
    left = await google_left(unit) if any(row[0] == "google" for row in rows) else None
    return [
        Queue(channel=channel, waiting=now, later=all_ - now, left=left if channel == "google" else None)
        for channel, now, all_ in rows
    ]


async def google_left(unit: Unit) -> timedelta:
    """About how long Google will take for what waits for the issuers of the unit's client."""
    own = (await unit.session.scalars(select(CredentialRow).where(CredentialRow.wallet == "google"))).all()
    pace = min((float(row.settings.get("requests_per_second") or USUAL_PER_SECOND) for row in own), default=0.0)
    if not pace:
        return timedelta(0)
    sharing = select(CredentialRow.client_id).where(CredentialRow.issuer_id.in_({row.issuer_id for row in own}))
    letters = await unit.connection.execute(
        select(func.count()).where(
            OutboxRow.channel == "google",
            OutboxRow.dead_at.is_(None),
            OutboxRow.due_at <= DatabaseNow() + 60_000_000,  # those under way, whose leases end soon, too
            OutboxRow.client_id.in_(sharing),
        )
    )
    return timedelta(seconds=letters.scalar_one() / pace)
