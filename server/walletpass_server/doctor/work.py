"""Credentials, outbox, runs, workers: whether the server does what it should."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from walletpass_server.doctor.check import Check
from walletpass_server.hooks.health import look
from walletpass_server.persistence.columns import from_microseconds
from walletpass_server.persistence.sql import DatabaseNow
from walletpass_server.persistence.tables import CredentialRow, OutboxRow, RunRow, TimerRow, WorkerRow
from walletpass_server.persistence.unit_of_work import Unit

PLAN = timedelta(days=60)
"""How early the end of a certificate is told."""
RENEW = timedelta(days=30)
"""... and since when it is a fault."""
LATE = timedelta(minutes=15)
"""How long something may have been due before it is a fault."""
ALIVE = timedelta(minutes=1)
"""Since when a worker must have been heard of."""


async def credentials(unit: Unit, now: datetime) -> Check:
    """Those that Apple or Google refused, and the certificate that ends first."""
    used = select(CredentialRow).where(CredentialRow.retired_at.is_(None))
    refused = (await unit.session.scalars(used.where(CredentialRow.stopped_at.is_not(None)).limit(1))).one_or_none()
    if refused is not None:
        hint = "load a good one, or 'walletpass client resume' when it is one"
        says = f"{refused.name} is stopped: {refused.stopped_why}: {hint}"
        return Check("credentials", False, says)
    ending = used.where(CredentialRow.not_after < now + PLAN).order_by(CredentialRow.not_after).limit(1)
    first = (await unit.session.scalars(ending)).one_or_none()
    if first is None or first.not_after is None:
        return Check("credentials", True, f"none ends within {PLAN.days} days")
    left = first.not_after - now
    says = f"{first.name} for {first.pass_type_identifier} {_ends(first.not_after, left)}"
    return Check("credentials", left > RENEW, says)


def _ends(end: datetime, left: timedelta) -> str:
    if left <= timedelta(0):
        return f"ended on {end:%Y-%m-%d}: no pass can be signed; renew it with Apple and load the new one"
    urgency = next(
        words
        for most, words in (
            (timedelta(days=1), "renew it with Apple today"),
            (timedelta(days=7), "renew it with Apple this week"),
            (RENEW, "renew it with Apple"),
            (PLAN, "plan its renewal with Apple"),
        )
        if left <= most
    )
    return f"ends on {end:%Y-%m-%d}, in {max(1, left.days)} days: {urgency}"


async def outbox(unit: Unit) -> Check:
    """Letters that wait, since when, and those that were given up."""
    dead = OutboxRow.dead_at.is_not(None)
    lag = DatabaseNow() - func.min(OutboxRow.due_at).filter(~dead)
    counted = select(func.count().filter(~dead), func.count().filter(dead), lag).select_from(OutboxRow)
    waiting, given_up, microseconds = (await unit.connection.execute(counted)).one()
    if given_up:
        return Check(
            "outbox", False, f"letters given up: {given_up:,}, waiting: {waiting:,}: see 'walletpass outbox dead'"
        )
    late = timedelta(microseconds=max(0, microseconds or 0))
    if late > LATE:
        since = f"the first due for {late.total_seconds() / 60:,.0f} min"
        return Check(
            "outbox", False, f"letters waiting: {waiting:,}, {since}: is a worker running, is the wallet reached?"
        )
    return Check("outbox", True, f"letters waiting: {waiting:,}")


async def hooks(unit: Unit, now: datetime) -> Check:
    """Endpoints that are paused or take nothing, events that were given up or wait for long."""
    found = await look(unit, now)
    if found.paused or found.failing:
        says = f"endpoints paused: {found.paused}, failing: {found.failing}, such as {found.worst}"
        return Check("hooks", False, f"{says}: mend it, then 'walletpass hook resume'; {found.held:,} events held")
    if found.dead:
        return Check("hooks", False, f"events given up: {found.dead:,}: 'walletpass hook dead' tries them again")
    if found.oldest > LATE:
        since = f"the oldest for {found.oldest.total_seconds() / 60:,.0f} min"
        return Check("hooks", False, f"events waiting: {found.waiting:,}, {since}: is a worker running?")
    return Check("hooks", True, f"events waiting: {found.waiting:,}")


async def runs(unit: Unit) -> Check:
    """Runs over many passes that failed."""
    failed = await unit.session.scalars(select(RunRow).where(RunRow.state == "failed").order_by(RunRow.id).limit(1))
    first = failed.one_or_none()
    if first is not None:
        says = f"run {first.id} ({first.cause}) failed: {first.error}: then 'walletpass run resume {first.id}'"
        return Check("runs", False, says)
    return Check("runs", True, "none failed")


async def workers(unit: Unit) -> Check:
    """Whether somebody does the jobs, or nothing is to be done."""
    now = from_microseconds((await unit.connection.execute(select(DatabaseNow()))).scalar_one())
    alive = (await unit.session.scalars(select(WorkerRow).where(WorkerRow.seen_at > now - ALIVE))).all()
    if alive:
        return Check("workers", True, f"{len(alive)} alive: {', '.join(sorted(row.name for row in alive)[:10])}")
    due = [
        (await unit.connection.execute(query)).scalar_one()
        for query in (
            select(func.min(TimerRow.due_at)),
            select(func.min(RunRow.due_at)).where(RunRow.state.in_(("waiting", "running"))),
            select(func.min(OutboxRow.due_at)).where(OutboxRow.dead_at.is_(None)),
        )
    ]
    first = min((instant for instant in due if instant is not None), default=None)
    if first is not None and first < now - LATE:
        says = (
            f"none alive, and work is due since {first:%Y-%m-%d %H:%M}: run 'walletpass serve' or 'walletpass worker'"
        )
        return Check("workers", False, says)
    return Check("workers", True, "none alive now, and nothing has been due for long")
