"""
One round for one endpoint: take it, read what is due, keep what came of it, hand it back.

A killed worker's endpoint is free again when its lease ends; what it had delivered without saying so is delivered
again. What fails waits longer each time, and whatever follows on it in its lane waits with it.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update

from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.telling import tell
from walletpass_server.hooks.envelopes import parcels
from walletpass_server.hooks.outcomes import Attempt, Parcel
from walletpass_server.hooks.wishes import PYTHON
from walletpass_server.persistence.sql import among
from walletpass_server.persistence.tables import HookDeliveryRow, HookEndpointRow
from walletpass_server.persistence.unit_of_work import Unit

LEASE = timedelta(seconds=60)
"""How long the endpoint of a killed worker waits."""
BATCH = 500
"""Deliveries of a round."""
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""After each attempt that failed, give or take a fifth."""
GIVEN_UP = timedelta(days=3)
"""How long a delivery is tried, and how long an endpoint may fail at everything before it is paused."""
LONGEST_REST = timedelta(minutes=30)
"""How long an endpoint that fails at everything is left alone at most; then one delivery is tried."""
UNWELL = frozenset({None, 429, 502, 503, 504})
"""Answers that speak of the endpoint; others may be about one event."""
FRUITLESS = 3
"""Rounds in which nothing arrived, after which any answer speaks of the endpoint."""
WORKER = Actor("server", "worker")

_WAITING = (HookDeliveryRow.delivered_at.is_(None), HookDeliveryRow.dead_at.is_(None))


@dataclass(frozen=True, slots=True)
class Held:
    """An endpoint that a worker holds, and what it is to bring there."""

    endpoint: HookEndpointRow
    lease: int
    lanes: Sequence[Sequence[Parcel]]
    lost: Sequence[int] = ()
    """Deliveries that nothing is known of any more: they are erased."""


def wait_after(attempts: int) -> timedelta:
    """How long a delivery waits after that many attempts."""
    return WAITS[min(attempts, len(WAITS)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load


async def take(unit: Unit, subscribers: Collection[str], now: datetime, *, lease: timedelta = LEASE) -> Held | None:
    """
    Take the endpoint that has waited longest of those with something to do.

    Args:
        unit: Of ALL_CLIENTS.
        subscribers: Those in process that this worker can tell.
        now: The server's clock.
        lease: Until when nobody else takes it.
    """
    endpoint = await unit.session.scalar(
        select(HookEndpointRow)
        .where(*_with_something_to_do(subscribers, now))
        .order_by(HookEndpointRow.served_at.nulls_first(), HookEndpointRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if endpoint is None:
        return None
    endpoint.lease = secrets.randbits(62)
    endpoint.leased_until, endpoint.served_at = now + lease, now
    await unit.session.flush()
    rows = await unit.session.scalars(
        select(HookDeliveryRow)
        .where(
            HookDeliveryRow.client_id == endpoint.client_id, HookDeliveryRow.endpoint_id == endpoint.id,
            *_WAITING, HookDeliveryRow.due_at <= now,
        )
        .order_by(HookDeliveryRow.due_at, HookDeliveryRow.pass_id, HookDeliveryRow.place)
        .limit(BATCH if endpoint.rests_until is None else 1)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    waiting = rows.all()
    found = await parcels(unit, endpoint, waiting)
    lost = sorted({row.id for row in waiting} - {parcel.row.id for parcel in found})
    unit.session.expunge_all()  # what is told of them outlives the transaction
    return Held(endpoint, endpoint.lease, _lanes(found), lost)


def _lanes(found: Sequence[Parcel]) -> list[list[Parcel]]:
    lanes: dict[tuple[int, int], list[Parcel]] = {}
    for parcel in found:
        lanes.setdefault(parcel.lane, []).append(parcel)
    return [sorted(lane, key=lambda parcel: parcel.row.place) for lane in lanes.values()]


async def keep(unit: Unit, held: Held, attempts: Sequence[Attempt], now: datetime) -> None:
    """Keep what came of a round, and hand the endpoint back; nothing, if another worker has taken it meanwhile."""
    endpoint = await unit.session.scalar(
        select(HookEndpointRow)
        .where(HookEndpointRow.id == held.endpoint.id, HookEndpointRow.lease == held.lease)
        .with_for_update()
    )
    if endpoint is None:
        return
    arrived = [attempt for attempt in attempts if attempt.arrived]
    failed = [attempt for attempt in attempts if not attempt.arrived]
    await _delivered(unit, arrived, now)
    await _failed(unit, endpoint, failed, now)
    if held.lost:
        gone = among(unit.connection.dialect, HookDeliveryRow.id, held.lost)
        await unit.connection.execute(delete(HookDeliveryRow).where(HookDeliveryRow.client_id == unit.client_id, gone))
    endpoint.lease = endpoint.leased_until = None
    endpoint.delivered += len(arrived)
    endpoint.failed += len(failed)
    for last in attempts[-1:]:
        endpoint.last_status, endpoint.last_error = last.status, last.error[:200] or None
    if arrived:
        if endpoint.rests_until is not None:  # it is back: what waited for another try need not wait on
            await all_due(unit, endpoint, now)
        endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
        endpoint.delivered_at = now
    elif failed:
        await _nothing_arrived(unit, endpoint, failed, now)


async def _delivered(unit: Unit, arrived: Sequence[Attempt], now: datetime) -> None:
    by_status: dict[int | None, list[int]] = {}
    for attempt in arrived:
        by_status.setdefault(attempt.status, []).append(attempt.parcel.row.id)
    for status, ids in by_status.items():
        await unit.connection.execute(
            update(HookDeliveryRow)
            .where(
                HookDeliveryRow.client_id == unit.client_id, among(unit.connection.dialect, HookDeliveryRow.id, ids)
            )
            .values(delivered_at=now, attempts=HookDeliveryRow.attempts + 1, status=status, error=None)
        )  # fmt: skip


async def _failed(unit: Unit, endpoint: HookEndpointRow, failed: Sequence[Attempt], now: datetime) -> None:
    for attempt in failed:
        row = attempt.parcel.row
        wait = max(wait_after(row.attempts + 1), attempt.wait or timedelta(0))
        tried = row.tried_at or now
        over = now - max(tried, endpoint.resumed_at or tried) >= GIVEN_UP
        changed = {
            "attempts": row.attempts + 1,
            "tried_at": tried,
            "status": attempt.status,
            "error": attempt.error[:200],
        }
        place = HookDeliveryRow.client_id == unit.client_id, HookDeliveryRow.id == row.id
        if over:
            await unit.connection.execute(update(HookDeliveryRow).where(*place).values(**changed, dead_at=now))
            continue
        await unit.connection.execute(update(HookDeliveryRow).where(*place).values(**changed, due_at=now + wait))
        if row.pass_id:
            await unit.connection.execute(
                update(HookDeliveryRow)
                .where(
                    HookDeliveryRow.client_id == unit.client_id, HookDeliveryRow.endpoint_id == endpoint.id,
                    HookDeliveryRow.pass_id == row.pass_id, *_WAITING,
                    HookDeliveryRow.due_at < now + wait, HookDeliveryRow.place > row.place,
                )
                .values(due_at=now + wait)
            )  # fmt: skip


async def all_due(unit: Unit, endpoint: HookEndpointRow, now: datetime) -> None:
    """What waits for another try need not wait on."""
    mine = HookDeliveryRow.client_id == unit.client_id, HookDeliveryRow.endpoint_id == endpoint.id
    await unit.connection.execute(
        update(HookDeliveryRow).where(*mine, *_WAITING, HookDeliveryRow.due_at > now).values(due_at=now)
    )


async def _nothing_arrived(unit: Unit, endpoint: HookEndpointRow, failed: Sequence[Attempt], now: datetime) -> None:
    """It rests, the longer the oftener; after days of that, or when it says so itself, it is paused."""
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    asked = max((attempt.wait or timedelta(0) for attempt in failed), default=timedelta(0))
    if endpoint.failures >= FRUITLESS or any(attempt.status in UNWELL for attempt in failed):
        endpoint.rests_until = now + max(min(wait_after(endpoint.failures), LONGEST_REST), asked)
    since = max(endpoint.failing_since, endpoint.resumed_at or endpoint.failing_since)
    if any(attempt.gone for attempt in failed):
        await pause(unit, endpoint, "it answered 410: gone", WORKER, now)
    elif now - since >= GIVEN_UP:
        days = GIVEN_UP.days
        await pause(unit, endpoint, f"nothing arrived for {days} days: {endpoint.last_error}", WORKER, now)


async def pause(unit: Unit, endpoint: HookEndpointRow, why: str, actor: Actor, now: datetime) -> None:
    """What is due waits until somebody resumes it; those who listen elsewhere are told."""
    endpoint.state, endpoint.paused_at, endpoint.paused_why = "paused", now, why[:200]
    subject = f"hook:{endpoint.id}"
    after = {"state": "paused", "why": why[:200]}
    await record(unit, actor, "hook.paused", subject, now, before={"state": "active"}, after=after)
    told = {"hook": {"id": endpoint.id, "name": endpoint.name}, "why": why[:200]}
    await tell(unit, "hook.paused", told, now, environment=endpoint.environment)


async def anything_due(unit: Unit, subscribers: Collection[str], now: datetime) -> bool:
    """Whether there is something for `take`: a look that disturbs no writer."""
    found = select(HookEndpointRow.id).where(*_with_something_to_do(subscribers, now)).limit(1)
    return (await unit.connection.execute(found)).first() is not None


def _with_something_to_do(subscribers: Collection[str], now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Asked of the endpoints, which are few; what waits for a paused one is not looked at."""
    due = exists().where(
        HookDeliveryRow.client_id == HookEndpointRow.client_id, HookDeliveryRow.endpoint_id == HookEndpointRow.id,
        *_WAITING, HookDeliveryRow.due_at <= now,
    )  # fmt: skip
    here = HookEndpointRow.url.in_([PYTHON + name for name in subscribers])
    return (
        HookEndpointRow.state == "active",
        or_(HookEndpointRow.leased_until.is_(None), HookEndpointRow.leased_until <= now),
        or_(HookEndpointRow.rests_until.is_(None), HookEndpointRow.rests_until <= now),
        or_(HookEndpointRow.url.not_like(f"{PYTHON}%"), here),
        due,
    )


async def waiting_of(unit: Unit, endpoint: HookEndpointRow) -> int:
    """How many deliveries wait."""
    mine = HookDeliveryRow.client_id == endpoint.client_id, HookDeliveryRow.endpoint_id == endpoint.id
    return (await unit.connection.execute(select(func.count()).where(*mine, *_WAITING))).scalar_one()
