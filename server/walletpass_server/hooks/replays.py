"""
Tell again: the events since an instant, from the facts that are kept, under the ids they had.

Passes come one after the other, each with its events in order. A chunk goes in when little waits, so a replay of
millions needs no more room than one of a hundred.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, tuple_

from walletpass_server.hooks.rounds import BATCH, waiting_of
from walletpass_server.hooks.spreading import environments_of, event_happened, happened_of, put_deliveries
from walletpass_server.persistence.tables import FactRow, HookEndpointRow, HookEventRow
from walletpass_server.persistence.unit_of_work import Unit

CHUNK = 1000
"""Facts looked at in one transaction."""


async def anything_to_replay(unit: Unit) -> bool:
    """Whether a replay is under way: a look that disturbs no writer."""
    asked = HookEndpointRow.replay_from.is_not(None), HookEndpointRow.state == "active"
    return (await unit.connection.execute(select(HookEndpointRow.id).where(*asked).limit(1))).first() is not None


async def replay_some(unit: Unit, now: datetime) -> int:
    """
    The next chunk of every replay that has room for it.

    Args:
        unit: Of ALL_CLIENTS.
        now: The server's clock.

    Returns:
        How many events were put in, or facts passed over: call again while it is not 0.
    """
    rows = await unit.session.scalars(
        select(HookEndpointRow)
        .where(HookEndpointRow.replay_from.is_not(None), HookEndpointRow.state == "active")
        .order_by(HookEndpointRow.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    done = 0
    for endpoint in rows.all():
        if await waiting_of(unit, endpoint) <= 2 * BATCH:
            done += await _next_chunk(unit, endpoint, now)
    return done


async def _next_chunk(unit: Unit, endpoint: HookEndpointRow, now: datetime) -> int:
    since, until = endpoint.replay_from, endpoint.replay_until
    own = FactRow.client_id == endpoint.client_id
    place = tuple_(FactRow.pass_id, FactRow.number)
    found = await unit.connection.execute(
        select(FactRow.__table__)
        .where(own, place > (endpoint.replay_pass, endpoint.replay_number))
        .order_by(FactRow.pass_id, FactRow.number)
        .limit(CHUNK)
    )
    facts = found.all()
    if not facts:
        await _events_again(unit, endpoint, now)
        endpoint.replay_from = endpoint.replay_until = None
        return 1
    wanted = [fact for fact in facts if since is None or until is None or since <= fact.recorded_at <= until]
    environments = await environments_of(unit, endpoint.client_id, {fact.operation_id for fact in wanted})
    told = [one for fact in wanted for one in happened_of(fact, environments.get(fact.operation_id, ""))]
    await put_deliveries(unit, endpoint.client_id, [endpoint], told, now, again=True)
    endpoint.replay_pass, endpoint.replay_number = facts[-1].pass_id, facts[-1].number
    await unit.session.flush()
    return len(facts)


async def _events_again(unit: Unit, endpoint: HookEndpointRow, now: datetime) -> None:
    """What concerns no pass: little, so all at once."""
    rows = await unit.session.scalars(
        select(HookEventRow)
        .where(
            HookEventRow.client_id == endpoint.client_id,
            HookEventRow.occurred_at >= endpoint.replay_from,
            HookEventRow.occurred_at <= endpoint.replay_until,
            HookEventRow.type != "hook.test",
        )
        .order_by(HookEventRow.id)
    )
    told = [event_happened(row) for row in rows.all()]
    await put_deliveries(unit, endpoint.client_id, [endpoint], told, now, again=True)
