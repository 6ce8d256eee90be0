"""
Endpoints of web hooks: added, listed, tested, paused, resumed, rotated, told again, removed.

Every change is in the log of changes. Subscribers in process are endpoints too; they come with their package, and only
pausing, resuming and telling again makes sense for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from walletpass.errors import NotFound, QuotaReached, UsageError
from walletpass.hooks import check_subscriptions
from walletpass.values import is_readable
from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.telling import announce_all
from walletpass_server.hooks import rounds
from walletpass_server.hooks.network import Networks, check_url
from walletpass_server.hooks.secrets import new_secret, seal_before, seal_secret
from walletpass_server.hooks.wishes import PYTHON
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import (
    ClientRow,
    HookDeliveryRow,
    HookEndpointRow,
    HookEventRow,
    OperationRow,
)
from walletpass_server.persistence.unit_of_work import Unit

INCLUDABLE = ("holder",)
"""Personal data that an endpoint may be told."""
OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=30)
MOST = 50
"""Endpoints of one client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What an endpoint is to hear of.

    Attributes:
        name: For people.
        url: Where events are posted.
        events: Names and wildcards.
        environment: test or production; None for both.
        operations: Ids of the only operations; None for all.
        models: Names of the only Models; None for all.
        include: Of `INCLUDABLE`.
    """

    name: str
    url: str
    events: Sequence[str] = ("*",)
    environment: str | None = None
    operations: Sequence[int] | None = None
    models: Sequence[str] | None = None
    include: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint with the secret that signs from now on: the only time that it is shown."""

    row: HookEndpointRow
    secret: str


async def add_endpoint(
    unit: Unit, keyring: Keyring, wish: Wish, actor: Actor, now: datetime, *, private: Networks = ()
) -> NewSecret:
    """
    A new endpoint of the unit's client. It hears of what happens from now on; `replay` tells it of what was before.

    Raises:
        UsageError: An address that is not public https, or an event that never comes.
        QuotaReached: There are `MOST` already.
        NotFound: The client has no such operation.
    """
    if not is_readable(wish.name, 200):
        raise UsageError("the name of a hook is one line of 1 to 200 characters: say who listens")
    if unknown := sorted(set(wish.include) - set(INCLUDABLE)):
        raise UsageError(f"{', '.join(unknown)[:100]}: cannot be included; there is: {', '.join(INCLUDABLE)}")
    url, events = check_url(wish.url, private), check_subscriptions(wish.events)
    if wish.operations is not None:
        await _check_operations(unit, wish)
    if (await unit.session.scalars(select(func.count()).select_from(HookEndpointRow))).one() >= MOST:
        raise QuotaReached(f"there are {MOST} hooks already: remove one, or let one hear of more", "hooks", MOST)
    secret, row_id = new_secret(), await unit.new_id()
    row = HookEndpointRow(
        client_id=unit.client_id,
        id=row_id,
        name=wish.name,
        url=url,
        environment=wish.environment,
        events=events,
        operations=None if wish.operations is None else sorted(set(wish.operations)),
        models=None if wish.models is None else sorted(set(wish.models)),
        include=sorted(set(wish.include)),
        sealed=seal_secret(keyring, secret, row_id),
        state="active",
        created_at=now,
    )
    unit.session.add(row)
    await unit.session.flush()
    await record(unit, actor, "hook.created", f"hook:{row_id}", now, after=_told(row))
    await _listens(unit, True)
    await announce_all(unit, now)
    await unit.session.refresh(row)
    return NewSecret(row, secret)


async def find_endpoint(unit: Unit, endpoint_id: int, *, lock: bool = False) -> HookEndpointRow:
    """An endpoint of the unit's client; raises NotFound."""
    query = select(HookEndpointRow).where(HookEndpointRow.id == endpoint_id)
    row = await unit.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound(f"there is no hook {endpoint_id}: look it up in the list of hooks")
    return row


async def pause_endpoint(unit: Unit, endpoint_id: int, actor: Actor, now: datetime, why: str = "") -> HookEndpointRow:
    """Let events wait. May be repeated; raises NotFound."""
    row = await find_endpoint(unit, endpoint_id, lock=True)
    if row.state == "active":
        await rounds.pause(unit, row, why or "asked for", actor, now)
        await unit.session.flush()
    return row


async def resume_endpoint(unit: Unit, endpoint_id: int, actor: Actor, now: datetime) -> HookEndpointRow:
    """Go on, with what waited. May be repeated; raises NotFound."""
    row = await find_endpoint(unit, endpoint_id, lock=True)
    if row.state == "paused" or row.rests_until is not None:
        before = {"state": row.state, "why": row.paused_why}
        row.state, row.paused_at, row.paused_why = "active", None, None
        row.failures, row.failing_since, row.rests_until, row.resumed_at = 0, None, None, now
        await rounds.all_due(unit, row, now)
        await record(unit, actor, "hook.resumed", f"hook:{row.id}", now, before=before, after={"state": "active"})
    return row


async def rotate_secret(
    unit: Unit, keyring: Keyring, endpoint_id: int, actor: Actor, now: datetime, *, overlap: timedelta = OVERLAP
) -> NewSecret:
    """
    A new secret. Until the overlap is over, events carry two signatures, so that the receiver can change in peace.

    Raises:
        NotFound: The client has no such endpoint.
        UsageError: A subscriber in process has no secret; an overlap of more than thirty days.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise UsageError(f"the overlap {overlap} is not between none and {LONGEST_OVERLAP.days} days")
    row = await find_endpoint(unit, endpoint_id, lock=True)
    secret = new_secret()
    row.sealed_before, row.before_until = seal_before(keyring, row), now + overlap
    row.sealed = seal_secret(keyring, secret, row.id)
    await record(
        unit, actor, "hook.rotated", f"hook:{row.id}", now, after={"before_until": row.before_until.isoformat()}
    )
    return NewSecret(row, secret)


async def remove_endpoint(unit: Unit, endpoint_id: int, actor: Actor, now: datetime) -> None:
    """
    Forget an endpoint, with what waits for it.

    Raises:
        NotFound: The client has no such endpoint.
        UsageError: It is a subscriber in process: its package is removed instead.
    """
    row = await find_endpoint(unit, endpoint_id, lock=True)
    if row.url.startswith(PYTHON):
        raise UsageError(f"hook {endpoint_id}: is a subscriber in process: pause it, or remove its package")
    await record(unit, actor, "hook.removed", f"hook:{row.id}", now, before=_told(row))
    own = HookEndpointRow.client_id == unit.client_id, HookEndpointRow.id == endpoint_id
    await unit.connection.execute(delete(HookEndpointRow).where(*own))
    unit.session.expunge(row)
    web = HookEndpointRow.url.not_like(f"{PYTHON}%")
    if not await unit.session.scalar(select(func.count()).select_from(HookEndpointRow).where(web)):
        await _listens(unit, False)


async def send_test(unit: Unit, endpoint_id: int, actor: Actor, now: datetime) -> HookDeliveryRow:
    """Put in a `hook.test` for one endpoint, whatever it subscribed to; raises NotFound."""
    row = await find_endpoint(unit, endpoint_id, lock=True)
    event_id, delivery_id = await unit.new_ids(2)
    event = HookEventRow(
        client_id=unit.client_id, id=event_id, type="hook.test", environment=row.environment, cause="api",
        data={"hook": {"id": row.id, "name": row.name}}, occurred_at=now,
    )  # fmt: skip
    delivery = HookDeliveryRow(
        client_id=unit.client_id, id=delivery_id, endpoint_id=row.id, pass_id=0, place=event_id, type="hook.test",
        due_at=now, created_at=now,
    )  # fmt: skip
    unit.session.add_all([event, delivery])
    await unit.session.flush()
    await unit.session.refresh(delivery)
    await record(unit, actor, "hook.tested", f"hook:{row.id}", now)
    return delivery


async def replay(
    unit: Unit, endpoint_id: int, since: datetime, actor: Actor, now: datetime, *, until: datetime | None = None
) -> HookEndpointRow:
    """
    Tell an endpoint again of what happened, with the ids of the first time.

    A replay that is under way starts anew, over both periods.

    Args:
        since: From when on, as recorded here.
        until: Up to when; now by default.

    Raises:
        NotFound: The client has no such endpoint.
        UsageError: The period is empty.
    """
    end = min(until or now, now)
    if since >= end:
        raise UsageError(f"from {since.isoformat()} until {end.isoformat()} there is nothing to tell again")
    row = await find_endpoint(unit, endpoint_id, lock=True)
    row.replay_from = min(since, row.replay_from or since)
    row.replay_until = max(end, row.replay_until or end)
    row.replay_pass = row.replay_number = 0
    after = {"from": row.replay_from.isoformat(), "until": row.replay_until.isoformat()}
    await record(unit, actor, "hook.replayed", f"hook:{row.id}", now, after=after)
    return row


async def deliver_again(
    unit: Unit, endpoint_id: int, actor: Actor, now: datetime, deliveries: Sequence[int] | None = None
) -> int:
    """
    Give dead deliveries of an endpoint another three days: those named, or all; returns how many there were.

    Raises:
        NotFound: The client has no such endpoint.
    """
    row = await find_endpoint(unit, endpoint_id, lock=True)
    own = HookDeliveryRow.client_id == unit.client_id, HookDeliveryRow.endpoint_id == row.id
    dead = [*own, HookDeliveryRow.dead_at.is_not(None)]
    if deliveries is not None:
        dead.append(HookDeliveryRow.id.in_(deliveries))
    fresh = {"dead_at": None, "attempts": 0, "tried_at": None, "due_at": now, "created_at": now}
    done = await unit.connection.execute(update(HookDeliveryRow).where(*dead).values(**fresh))
    if done.rowcount:
        after = {"deliveries": done.rowcount}
        await record(unit, actor, "hook.delivered-again", f"hook:{row.id}", now, after=after)
    return done.rowcount


async def counts_of(unit: Unit, endpoint_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Endpoint to how many deliveries wait for it, and how many were given up; the log is not read for it."""
    dead = HookDeliveryRow.dead_at.is_not(None)
    waiting = HookDeliveryRow.delivered_at.is_(None), HookDeliveryRow.dead_at.is_(None)
    counted = []
    for which in (waiting, (dead,)):
        found = await unit.connection.execute(
            select(HookDeliveryRow.endpoint_id, func.count())
            .where(
                HookDeliveryRow.client_id == unit.client_id, HookDeliveryRow.endpoint_id.in_(endpoint_ids), *which
            )
            .group_by(HookDeliveryRow.endpoint_id)
        )  # fmt: skip
        counted.append(dict(found.all()))
    return {each: (counted[0].get(each, 0), counted[1].get(each, 0)) for each in endpoint_ids}


def _told(row: HookEndpointRow) -> dict[str, Any]:
    """For the log of changes: no secret."""
    return {
        "name": row.name, "url": row.url, "events": row.events, "environment": row.environment,
        "operations": row.operations, "models": row.models, "include": row.include,
    }  # fmt: skip


async def _check_operations(unit: Unit, wish: Wish) -> None:
    query = select(OperationRow.id).where(OperationRow.id.in_(wish.operations or ()))
    if wish.environment is not None:
        query = query.where(OperationRow.environment == wish.environment)
    missing = set(wish.operations or ()) - set((await unit.session.scalars(query)).all())
    if missing or not wish.operations:
        which = ", ".join(map(str, sorted(missing))) or "none"
        raise NotFound(f"operations {which}: there are none such: look them up in the list of operations")


async def _listens(unit: Unit, listens: bool) -> None:
    """From now on facts are told of, or no more."""
    client = await unit.session.get(
        ClientRow, unit.client_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if client is not None and bool(client.settings.get("hooks")) != listens:
        client.settings = {**client.settings, "hooks": listens}
        await unit.session.flush()
