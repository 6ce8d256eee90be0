"""Passes decided one by one: by a command, or in a chunk of a run or of delays, which is written together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from walletpass.lifecycle import Cause, Decision, Pass, decide, follow
from walletpass_server.engine.apply import Command, Outcome, apply
from walletpass_server.engine.catching_up import catch_up
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.state import Stored, load
from walletpass_server.persistence.tables import RunRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Pending:
    """
    `at` Triggers that are due and whose runs are still under way.

    Attributes:
        cursors: Trigger to the last pass its run has done.
    """

    cursors: dict[str, int]

    def of(self, pass_id: int) -> list[str]:
        """Those whose run has not come to this pass yet."""
        return [trigger for trigger, cursor in self.cursors.items() if cursor < pass_id]


NONE_PENDING = Pending({})


async def pending_instants(unit: Unit, live: LiveOperation, until: datetime) -> Pending:
    """The `at` Triggers due up to an instant whose runs have not finished. Paused and cancelled ones are not due."""
    if not any(live.operation.instant(t) <= until for triggers in live.matrix.instants.values() for t in triggers):
        return NONE_PENDING
    rows = await unit.connection.execute(
        select(RunRow.trigger, RunRow.cursor).where(
            RunRow.client_id == live.row.client_id,
            RunRow.operation_id == live.row.id,
            RunRow.kind == "at",
            RunRow.state.in_(("waiting", "running")),
            RunRow.due_at <= until,
        )
    )
    return Pending({trigger: cursor for trigger, cursor in rows if trigger is not None})


@dataclass(frozen=True, slots=True)
class Ahead:
    """An event for all that is under way: accepted when, and the passes it has yet to come to, ids above `after`."""

    accepted_at: datetime
    after: int
    last: int


def event_ahead() -> ColumnElement[bool]:
    """That a run carries an event for all, and has not ended. Paused and failed ones hold nothing up."""
    return (RunRow.kind == "event") & RunRow.state.in_(("waiting", "running"))


async def events_ahead(unit: Unit, live: LiveOperation) -> list[Ahead]:
    """The events for all that are under way in an operation."""
    rows = await unit.connection.execute(
        select(RunRow.due_at, RunRow.cursor, RunRow.upper).where(
            RunRow.client_id == live.row.client_id, RunRow.operation_id == live.row.id, event_ahead()
        )
    )
    return [Ahead(row.due_at, row.cursor, row.upper or 0) for row in rows]


def _until(pass_id: int, until: datetime, ahead: Sequence[Ahead]) -> datetime:
    return min([until, *(event.accepted_at for event in ahead if event.after < pass_id <= event.last)])


def decide_one(
    live: LiveOperation, stored: Stored, cause: Cause | None, until: datetime, now: datetime, pending: Pending
) -> list[Decision]:
    """All that becomes of a locked pass: first what was due before, then the cause and what it causes."""
    decisions = catch_up(live, stored.state, until, now, pending.of(stored.id))
    if cause is not None:
        state = decisions[-1].state if decisions else stored.state
        decisions += follow(*live.rules, decide(*live.rules, state, cause, now), now)
    return decisions


async def carry_out(
    unit: Unit,
    live: LiveOperation,
    stored: Stored,
    command: Command,
    now: datetime,
    *,
    actor: str | None = None,
    causes: Sequence[str] = (),
) -> Outcome:
    """Decide what was due before for a locked pass, then a command and all it causes, and store it."""
    pending = await pending_instants(unit, live, now)
    due = catch_up(live, stored.state, now, now, pending.of(stored.id))
    state = due[-1].state if due else stored.state
    outcome = Outcome(stored, [*due, *follow(*live.rules, command(state), now)], causes)
    await apply(unit, live, [outcome], now, actor=actor)
    return outcome


async def decide_chunk(
    unit: Unit,
    live: LiveOperation,
    ids: Sequence[int],
    cause: Cause | None,
    *,
    until: datetime,
    now: datetime,
    run_id: int | None = None,
    chosen: Callable[[Pass], bool] = lambda _: True,
    ahead: Sequence[Ahead] = (),
    causes: Sequence[str] = (),
) -> tuple[int, int]:
    """
    Lock passes, decide each, store all; returns how many were chosen and how many moved.

    Args:
        cause: What befalls them; None when only what fell due is to be decided.
        until: What was due up to here comes first.
        run_id: The run that does it.
        chosen: Which of them it concerns, asked when they are locked.
        causes: Ids of the events of hooks in answer to which it was asked.
        ahead: Events that have yet to come to some of them; what is due later waits for those.
    """
    pending = await pending_instants(unit, live, until)
    outcomes = []
    for stored in await load(unit, live, ids):
        if chosen(stored.state):
            decisions = decide_one(live, stored, cause, _until(stored.id, until, ahead), now, pending)
            outcomes.append(Outcome(stored, decisions or [Decision(state=stored.state, why="recorded")], causes))
    await apply(unit, live, outcomes, now, run_id=run_id)
    return len(outcomes), sum(any(d.transition for d in outcome.decisions) for outcome in outcomes)
