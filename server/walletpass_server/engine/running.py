"""What one chunk of a run does, by the kind of the run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, select, union_all

from walletpass.conditions import Expression
from walletpass.errors import ConditionError
from walletpass.events import ISSUED, MOVED
from walletpass.lifecycle import Cause, InstantReached, Pass, accept_event
from walletpass_server.engine.chunks import decide_chunk
from walletpass_server.engine.instants import SETTLE
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.rollover import KIND, sign_again
from walletpass_server.engine.runs import LEASE, Claim, hold
from walletpass_server.engine.set_based import Span, candidates, move_set, reach, set_move
from walletpass_server.persistence.tables import FactRow, PassRow, RunRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    Passes in a chunk. Smaller ones let other writers in sooner, larger ones cost less a pass.

    Attributes:
        moved: Of those that statements move together.
        decided: Of those decided one by one.
    """

    moved: int
    decided: int


SQLITE = Sizes(moved=500, decided=50)
"""With `worker.PAUSE` between two, other writers wait some 10 ms."""
POSTGRESQL = Sizes(moved=1000, decided=200)


@dataclass(frozen=True, slots=True)
class Done:
    """
    What a chunk did.

    Attributes:
        cursor: The last pass looked at; None when there was none left.
    """

    cursor: int | None
    seen: int = 0
    matched: int = 0
    moved: int = 0


Kind = Callable[[Unit, LiveOperation, RunRow, datetime, Sizes], Awaitable[Done]]


async def advance(unit: Unit, held: Claim, now: datetime, sizes: Sizes, *, lease: timedelta = LEASE) -> bool:
    """
    Do one chunk of a claimed run.

    Args:
        unit: Of the run's client; everything of the chunk is its transaction.
        now: The server's clock. When it was set back behind the run's instant, that counts.

    Returns:
        Whether there may be more to do.
    """
    row = await hold(unit, held, lease=lease)
    if row is None:
        return False
    live = await load_operation(unit, row.operation_id)
    now = max(now, row.due_at)
    done = await KINDS[row.kind](unit, live, row, now, sizes)
    row.seen += done.seen
    row.moved += done.moved
    if "where" in row.data:
        row.data = {**row.data, "matched": row.data.get("matched", 0) + done.matched}
    if done.cursor is None:
        row.state, row.finished_at, row.lease, row.leased_until = "done", now, None, None
        return False
    row.cursor = done.cursor
    return True


async def count(unit: Unit, held: Claim) -> int:
    """How many passes a run has before it; for its progress, so it needs no lock."""
    row = (await unit.session.scalars(select(RunRow).where(RunRow.id == held.run_id))).one()
    live = await load_operation(unit, row.operation_id)
    query = select(func.count()).select_from(PassRow)
    if row.kind == KIND:
        query = query.where(*_of(live), PassRow.id <= row.upper, PassRow.apple_holdings > 0)
    elif row.kind == "event":
        query = query.where(*_of(live), PassRow.id <= row.upper)
    else:
        query = query.where(*_of(live), PassRow.model == live.matrix.trigger[row.trigger or ""].from_model)
    return (await unit.connection.execute(query.where(PassRow.id > row.cursor))).scalar_one()


async def _at(unit: Unit, live: LiveOperation, row: RunRow, now: datetime, sizes: Sizes) -> Done:
    """The instant of a Trigger: statements where they can, the rest pass by pass."""
    trigger = live.matrix.trigger[row.trigger or ""]
    move = set_move(live, trigger, now)
    size = sizes.moved if move else sizes.decided
    last, seen = await reach(unit, live, trigger, row.cursor, size)
    if last is None:
        return Done(None)
    span = Span(row.cursor, last)
    moved = await move_set(unit, live, move, span, row.id, now, row.due_at) if move else 0
    if moved < seen:
        query = select(PassRow.id).where(candidates(live, trigger), span.condition)
        rest = (await unit.connection.execute(query)).scalars().all()
        _, more = await decide_chunk(unit, live, rest, None, until=row.due_at, now=now, run_id=row.id)
        moved += more
    return Done(last, seen, seen, moved)


async def _late(unit: Unit, live: LiveOperation, row: RunRow, now: datetime, sizes: Sizes) -> Done:
    """The second look, at passes that came to the Model just before the instant (see `instants.SETTLE`)."""
    trigger = live.matrix.trigger[row.trigger or ""]
    instant = live.operation.instant(trigger)
    came = exists().where(
        FactRow.client_id == PassRow.client_id,
        FactRow.pass_id == PassRow.id,
        FactRow.name.in_((ISSUED, MOVED)),
        FactRow.recorded_at >= instant - SETTLE,
        FactRow.recorded_at < instant,
    )
    recent = candidates(live, trigger) & (PassRow.changed_at >= instant - SETTLE) & came
    ids = await _next(unit, recent, row.cursor, sizes.decided)
    return await _decided(unit, live, row, ids, InstantReached(trigger.name), instant, now)


async def _event(unit: Unit, live: LiveOperation, row: RunRow, now: datetime, sizes: Sizes) -> Done:
    """An event from outside, for the passes issued before it was accepted."""
    accepted_at = datetime.fromisoformat(row.data["accepted_at"])
    occurred_at = datetime.fromisoformat(row.data["occurred_at"])
    cause = accept_event(*live.rules, row.data["event"], row.data["given"], accepted_at, occurred_at=occurred_at)
    ids = await _next_of_all(unit, live, row, sizes.decided)
    chosen = where(live, row.data.get("where"))
    return await _decided(unit, live, row, ids, cause, accepted_at, now, chosen)


async def _resign(unit: Unit, live: LiveOperation, row: RunRow, now: datetime, sizes: Sizes) -> Done:
    """A new certificate: passes that phones hold are signed and fetched again."""
    held = PassRow.apple_holdings > 0
    ids = await _next(unit, _of(live)[0] & _of(live)[1] & held & (PassRow.id <= row.upper), row.cursor, sizes.decided)
    if not ids:
        return Done(None)
    await sign_again(unit, live.row.id, ids, now)
    return Done(ids[-1], len(ids), len(ids), len(ids))


KINDS: dict[str, Kind] = {"at": _at, "late": _late, "event": _event, KIND: _resign}


def where(live: LiveOperation, source: str | None) -> Callable[[Pass], bool]:
    """A filter by a condition on passes; one whose condition cannot be told of a pass leaves it out."""
    if source is None:
        return lambda _: True
    condition = Expression.parse(source)

    def holds(state: Pass) -> bool:
        known = {**state.values, "serial": state.serial, "model": state.model}
        try:
            return condition.holds({"pass": known, "event": {}, "operation": live.operation.scope})
        except ConditionError:
            return False

    return holds


async def _decided(
    unit: Unit,
    live: LiveOperation,
    row: RunRow,
    ids: Sequence[int],
    cause: Cause,
    until: datetime,
    now: datetime,
    chosen: Callable[[Pass], bool] = lambda _: True,
) -> Done:
    if not ids:
        return Done(None)
    matched, moved = await decide_chunk(
        unit, live, ids, cause, until=until, now=now, run_id=row.id, chosen=chosen, causes=row.data.get("causes", ())
    )  # fmt: skip
    return Done(ids[-1], len(ids), matched, moved)


def _of(live: LiveOperation) -> tuple[ColumnElement[bool], ...]:
    return PassRow.client_id == live.row.client_id, PassRow.operation_id == live.row.id


async def _next(unit: Unit, which: ColumnElement[bool], cursor: int, size: int) -> Sequence[int]:
    query = select(PassRow.id).where(which, PassRow.id > cursor).order_by(PassRow.id).limit(size)
    return (await unit.connection.execute(query)).scalars().all()


async def _next_of_all(unit: Unit, live: LiveOperation, row: RunRow, size: int) -> Sequence[int]:
    """The next passes, whatever their Model: from the index of each Model, however many other passes the client has."""
    each = [
        select(
            select(PassRow.id)
            .where(*_of(live), PassRow.model == model, PassRow.id > row.cursor, PassRow.id <= row.upper)
            .order_by(PassRow.id)
            .limit(size)
            .subquery()
        )
        for model in live.matrix.models
    ]
    found = union_all(*each).subquery()
    query = select(found.c.id).order_by(found.c.id).limit(size)
    return (await unit.connection.execute(query)).scalars().all()
