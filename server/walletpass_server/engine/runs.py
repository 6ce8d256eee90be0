"""
Runs: work over many passes of an operation, in chunks that are one transaction each.

A run belongs to one worker at a time (a lease), so that chunks do not crowd out other writers. Exactness does not come
from the lease: each chunk reads the cursor from the locked row and moves it in the transaction that moves the passes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, exists, func, literal, not_, or_, select, update
from sqlalchemy.orm import aliased

from walletpass.errors import NotFound, RunOver
from walletpass_server.persistence.columns import Instant
from walletpass_server.persistence.sql import DatabaseNow
from walletpass_server.persistence.tables import RunRow
from walletpass_server.persistence.unit_of_work import Unit

LEASE = timedelta(seconds=30)
"""How long a run waits for a worker that was killed before another goes on with it."""
OPEN = ("waiting", "running")
"""States of a run that has work left and may do it."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that this worker goes on with until its lease ends."""

    client_id: int
    run_id: int
    operation_id: int
    lease: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    How far a run is.

    Attributes:
        state: waiting, running, paused, cancelled, done or failed.
        total: Passes it will look at, as counted when it began; None before.
        seen: Passes looked at so far.
        moved: Passes moved so far.
        matched: Passes that its filter chose so far; those seen when there is none.
        left: How long it will still take at the pace so far; None when that cannot be told.
        error: Why it failed.
    """

    run_id: int
    kind: str
    trigger: str | None
    state: str
    due_at: datetime
    total: int | None
    seen: int
    moved: int
    matched: int
    left: timedelta | None
    error: str | None


async def claim(unit: Unit, now: datetime, *, lease: timedelta = LEASE) -> Claim | None:
    """
    Take the run that is due longest and that nobody works on; None when there is none.

    Of one operation, a run due later waits for those due earlier, unless they are paused.
    """
    earlier = aliased(RunRow)
    first = not_(
        exists().where(
            earlier.client_id == RunRow.client_id,
            earlier.operation_id == RunRow.operation_id,
            earlier.state.in_(OPEN),
            or_(earlier.due_at < RunRow.due_at, and_(earlier.due_at == RunRow.due_at, earlier.id < RunRow.id)),
        )
    )
    free = or_(RunRow.leased_until.is_(None), RunRow.leased_until <= DatabaseNow())
    due: Select[int, int] = (
        select(RunRow.client_id, RunRow.id)
        .where(RunRow.state.in_(OPEN), RunRow.due_at <= now, free, first)
        .order_by(RunRow.due_at, RunRow.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=RunRow)
    )
    found = (await unit.connection.execute(due)).one_or_none()
    if found is None:
        return None
    holder = secrets.randbits(62)
    taken = await unit.connection.execute(
        update(RunRow)
        .where(RunRow.client_id == found.client_id, RunRow.id == found.id)
        .values(
            state="running",
            lease=holder,
            leased_until=DatabaseNow() + lease // _MICROSECOND,
            started_at=func.coalesce(RunRow.started_at, literal(now, Instant)),
        )
        .returning(RunRow.operation_id)
    )
    return Claim(found.client_id, found.id, taken.scalar_one(), holder)


async def hold(unit: Unit, held: Claim, *, lease: timedelta = LEASE) -> RunRow | None:
    """The claimed run, locked, its lease extended; None when it was paused, ended or taken over."""
    row = await _find(unit, held.run_id, lock=True)
    if row is None or row.state != "running" or row.lease != held.lease:
        return None
    await unit.connection.execute(
        update(RunRow)
        .where(RunRow.client_id == row.client_id, RunRow.id == row.id)
        .values(leased_until=DatabaseNow() + lease // _MICROSECOND)
    )
    return row


async def release(unit: Unit, held: Claim) -> None:
    """Hand a run back on a graceful stop: another worker goes on with it at once."""
    await unit.connection.execute(
        update(RunRow)
        .where(RunRow.client_id == held.client_id, RunRow.id == held.run_id, RunRow.lease == held.lease)
        .values(leased_until=None, lease=None)
    )


async def fail(unit: Unit, held: Claim, error: str, now: datetime) -> None:
    """Give a run up: what it did stays, `resume` tries again from there."""
    await unit.connection.execute(
        update(RunRow)
        .where(RunRow.client_id == held.client_id, RunRow.id == held.run_id, RunRow.lease == held.lease)
        .values(state="failed", error=error[:1000], finished_at=now, leased_until=None, lease=None)
    )


async def pause(unit: Unit, run_id: int) -> None:
    """
    Stop after the chunk that is under way, until `resume`. A paused run is not due: later ones go ahead.

    Raises:
        NotFound: The client has no such run.
        RunOver: It has ended.
    """
    row = await _open(unit, run_id, (*OPEN, "paused"), "paused")
    row.state, row.lease, row.leased_until = "paused", None, None


async def resume(unit: Unit, run_id: int) -> None:
    """
    Let a paused or failed run go on from where it stopped.

    Raises:
        NotFound: The client has no such run.
        RunOver: It has ended otherwise.
    """
    row = await _open(unit, run_id, (*OPEN, "paused", "failed"), "resumed")
    if row.state in ("paused", "failed"):
        row.state, row.error, row.finished_at = ("running" if row.started_at else "waiting"), None, None


async def cancel(unit: Unit, run_id: int, now: datetime) -> None:
    """
    End a run after the chunk that is under way. What it moved stays moved.

    Raises:
        NotFound: The client has no such run.
        RunOver: It has ended otherwise.
    """
    row = await _open(unit, run_id, (*OPEN, "paused", "failed", "cancelled"), "cancelled")
    if row.state != "cancelled":
        row.state, row.finished_at, row.lease, row.leased_until = "cancelled", now, None, None


async def progress(unit: Unit, run_id: int, now: datetime) -> Progress:
    """
    How far a run is.

    Raises:
        NotFound: The client has no such run.
    """
    row = await _find(unit, run_id)
    if row is None:
        raise NotFound(f"there is no run {run_id}: look it up in the list of runs")
    return progress_of(row, now)


async def runs_of(unit: Unit, operation_id: int, now: datetime) -> list[Progress]:
    """Every run of an operation, in the order of their instants."""
    rows = await unit.session.scalars(
        select(RunRow).where(RunRow.operation_id == operation_id).order_by(RunRow.due_at, RunRow.id)
    )
    return [progress_of(row, now) for row in rows.all()]


def progress_of(row: RunRow, now: datetime) -> Progress:
    """How far the run of a row is."""
    left = None
    if row.state == "running" and row.total is not None and row.seen and row.started_at is not None:
        left = max(now - row.started_at, timedelta(0)) / row.seen * max(row.total - row.seen, 0)
    return Progress(
        run_id=row.id,
        kind=row.kind,
        trigger=row.trigger,
        state=row.state,
        due_at=row.due_at,
        total=row.total,
        seen=row.seen,
        moved=row.moved,
        matched=row.data.get("matched", row.seen),
        left=left,
        error=row.error,
    )


async def _find(unit: Unit, run_id: int, *, lock: bool = False) -> RunRow | None:
    query = select(RunRow).where(RunRow.id == run_id)
    return await unit.session.scalar(query.with_for_update() if lock else query)


async def _open(unit: Unit, run_id: int, states: tuple[str, ...], what: str) -> RunRow:
    row = await _find(unit, run_id, lock=True)
    if row is None:
        raise NotFound(f"there is no run {run_id}: look it up in the list of runs")
    if row.state not in states:
        raise RunOver(f"run {run_id}: is {row.state} and can no longer be {what}")
    return row
