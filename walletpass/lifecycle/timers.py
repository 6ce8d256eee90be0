"""Delays of a pass: started by their anchor, called off, dropped when the pass leaves their Model."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from walletpass.errors import ConditionError
from walletpass.events import TRIGGER_SCHEDULED, TRIGGER_SKIPPED, Fact
from walletpass.lifecycle.facts import fact
from walletpass.lifecycle.state import EventHappened, Pass, Timer
from walletpass.matrix import Matrix
from walletpass.operation import Operation
from walletpass.trigger import MAX_PENDING, Cancel


def cancel(matrix: Matrix, operation: Operation, state: Pass, cause: EventHappened) -> tuple[Pass, tuple[Timer, ...]]:
    """Call off the delays that this event ends; the next anchor arms them anew."""
    ended = {
        trigger.name
        for trigger in matrix.delays
        if trigger.after and trigger.after.cancel and _ends(trigger.after.cancel, operation, state, cause)
    }
    if not ended:
        return state, ()
    dropped = tuple(timer for timer in state.timers if timer.trigger in ended)
    kept = tuple(timer for timer in state.timers if timer.trigger not in ended)
    return replace(state, timers=kept, armed=state.armed - ended), dropped


def arm(
    matrix: Matrix, operation: Operation, state: Pass, cause: EventHappened, now: datetime
) -> tuple[Pass, tuple[Timer, ...], tuple[Timer, ...], tuple[Fact, ...]]:
    """Start the delays that count from this event: (pass, started, replaced, facts about them all)."""
    started: list[Timer] = []
    replaced: list[Timer] = []
    facts: list[Fact] = []
    for trigger in matrix.delays:
        after = trigger.after
        if after is None or after.event != cause.event or (after.rearm == "first" and trigger.name in state.armed):
            continue
        running = [timer for timer in state.timers if timer.trigger == trigger.name]
        if after.rearm == "each" and len(running) >= MAX_PENDING:
            why = f"{MAX_PENDING} delays are running already"
            facts.append(fact(matrix, operation, state, TRIGGER_SKIPPED, now, {"trigger": trigger.name, "why": why}))
            continue
        if after.rearm == "restart":
            replaced += running
            state = replace(state, timers=tuple(timer for timer in state.timers if timer not in running))
        read = {path.removeprefix("event.") for path in trigger.paths if path.startswith("event.")}
        timer = Timer(
            trigger.name,
            after.delay.after(cause.occurred_at, operation.tz),
            cause.occurred_at,
            {name: value for name, value in cause.data.items() if name in read},
        )
        started.append(timer)
        planned = {"trigger": trigger.name, "kind": trigger.kind, "due": timer.due, "event": cause.event}
        facts.append(fact(matrix, operation, state, TRIGGER_SCHEDULED, now, planned))
        state = replace(state, timers=(*state.timers, timer), armed=state.armed | {trigger.name})
    return state, tuple(started), tuple(replaced), tuple(facts)


def drop_left(matrix: Matrix, state: Pass, left: str) -> tuple[Pass, tuple[Timer, ...]]:
    """Drop the delays that wait in a Model the pass has left; a move to the same Model leaves nothing."""
    if state.model == left or not state.timers:
        return state, ()
    dropped = tuple(timer for timer in state.timers if matrix.trigger[timer.trigger].from_model == left)
    return replace(state, timers=tuple(timer for timer in state.timers if timer not in dropped)), dropped


def _ends(called_off: Cancel, operation: Operation, state: Pass, cause: EventHappened) -> bool:
    if called_off.event != cause.event:
        return False
    if called_off.when is None:
        return True
    known = {**state.values, "serial": state.serial, "model": state.model}
    try:
        return called_off.when.holds({"pass": known, "event": cause.data, "operation": operation.scope})
    except ConditionError:
        return False
