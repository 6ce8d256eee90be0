"""
The one function that decides what a Trigger does to a pass.

Everything else (scheduler, runs, simulation) finds causes and stores what is decided here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from walletpass.conditions import Expression, Scope
from walletpass.errors import ConditionError
from walletpass.events import (
    CHANGED,
    MOVED,
    NOTIFICATION_DEFERRED,
    NOTIFICATION_SUPPRESSED,
    REPORTED,
    TRIGGER_FAILED,
    TRIGGER_SKIPPED,
)
from walletpass.lifecycle.commands import due_instants
from walletpass.lifecycle.facts import fact
from walletpass.lifecycle.notices import Notice, plan_notice
from walletpass.lifecycle.state import (
    Cause,
    Decision,
    DelayDue,
    EventHappened,
    InstantReached,
    Pass,
    Transition,
    Why,
)
from walletpass.lifecycle.timers import arm, cancel, drop_left
from walletpass.lifecycle.values import changed_names
from walletpass.matrix import Matrix
from walletpass.model.variables import Value, Variable
from walletpass.operation import Operation
from walletpass.trigger import Assigned, Trigger

MAX_CHAIN = 8
"""Triggers that may follow from one another without anything from outside."""


def decide(matrix: Matrix, operation: Operation, state: Pass, cause: Cause, now: datetime) -> Decision:
    """
    What a cause does to a pass.

    Args:
        matrix, operation: The rules.
        state: The pass as it is, locked.
        cause: What happened, or fell due.
        now: The server's clock, aware.

    Returns:
        A move, or why there is none. Never raises: a condition or value that fails leaves the pass where it is, with
        the fact `trigger.failed`.
    """
    if isinstance(cause, InstantReached):
        return _instant(matrix, operation, state, cause, now)
    if isinstance(cause, DelayDue):
        return _delay(matrix, operation, state, cause, now)
    return _event(matrix, operation, state, cause, now)


def follow(matrix: Matrix, operation: Operation, first: Decision, now: datetime) -> list[Decision]:
    """
    A Decision and all that it causes, in order; the last one holds the pass as it ends up.

    Together they are one chain, whichever way it branches: at most `MAX_CHAIN` moves, each Trigger once.
    """
    decisions = [first]
    waiting = deque(first.causes)
    fired = (first.transition.trigger,) if first.transition else ()
    while waiting:
        cause = waiting.popleft()
        if not isinstance(cause, DelayDue):
            cause = replace(cause, chain=(*fired, *(name for name in cause.chain if name not in fired)))
        decision = decide(matrix, operation, decisions[-1].state, cause, now)
        if decision.transition:
            fired = (*fired, decision.transition.trigger)
        decisions.append(decision)
        waiting.extend(decision.causes)
    return decisions


def constants(trigger: Trigger, matrix: Matrix, operation: Operation) -> dict[str, Value]:
    """
    What `set` gives every pass, for a Trigger that `is_set_based`.

    Raises:
        ConditionError: An expression gives no value, so the Trigger fails for every pass.
    """
    return _assignments(matrix, operation, trigger, {"operation": operation.scope})


def _instant(matrix: Matrix, operation: Operation, state: Pass, cause: InstantReached, now: datetime) -> Decision:
    trigger = matrix.trigger[cause.trigger]
    why: Why | None = (
        "void" if state.voided
        else "not-due" if operation.instant(trigger) > now
        else "already-fired" if trigger.name in state.fired
        else "elsewhere" if state.model != trigger.from_model
        else _chain_fault(trigger, cause.chain)
    )  # fmt: skip
    if why:
        return _nothing(matrix, operation, state, why, trigger, now)
    due = {"due": operation.instant(trigger)}
    decision = _take(matrix, operation, state, trigger, {}, now, cause.chain, due)
    if decision.transition or decision.why == "failed":  # told once, though whoever is behind asks again
        return replace(decision, state=replace(decision.state, fired=decision.state.fired | {trigger.name}))
    return decision


def _delay(matrix: Matrix, operation: Operation, state: Pass, cause: DelayDue, now: datetime) -> Decision:
    timer, trigger = cause.timer, matrix.trigger[cause.timer.trigger]
    if timer not in state.timers:
        return Decision(state=state, why="timer-gone")
    if timer.due > now:
        return Decision(state=state, why="not-due")
    state = replace(state, timers=_without_one(state.timers, timer))
    why: Why | None = (
        "void" if state.voided
        else "operation-ended" if timer.due >= operation.events_end
        else "elsewhere" if state.model != trigger.from_model
        else None
    )  # fmt: skip
    if why:
        skipped = fact(
            matrix,
            operation,
            state,
            TRIGGER_SKIPPED,
            now,
            {"trigger": trigger.name, "kind": trigger.kind, "why": why, "due": timer.due},
        )
        return Decision(state=state, why=why, detail=trigger.name, dropped=(timer,), facts=(skipped,))
    decision = _take(matrix, operation, state, trigger, timer.event, now, (), {"due": timer.due})
    return replace(decision, dropped=(timer, *decision.dropped))


def _event(matrix: Matrix, operation: Operation, state: Pass, cause: EventHappened, now: datetime) -> Decision:
    why: Why | None = (
        "void" if state.voided
        else "issued-later" if state.issued_at > cause.accepted_at
        else "operation-ended" if cause.accepted_at >= operation.events_end
        else None
    )  # fmt: skip
    if why:
        return Decision(state=state, why=why, detail=cause.event)
    told: tuple[Any, ...] = ()
    if cause.event in matrix.events or cause.event in REPORTED:
        kept = cause.data if cause.event in REPORTED else None
        told = (fact(matrix, operation, state, cause.event, now, kept, occurred_at=cause.occurred_at),)
    state, cancelled = cancel(matrix, operation, state, cause)
    state, armed, replaced, planned = arm(matrix, operation, state, cause, now)
    because = {"event": cause.event, **({"back": 1 + len(planned)} if told else {})}
    decision = _choose(matrix, operation, state, cause, now, because)
    return replace(
        decision,
        armed=tuple(timer for timer in armed if timer in decision.state.timers),
        dropped=(*cancelled, *replaced, *(timer for timer in decision.dropped if timer not in armed)),
        facts=(*told, *planned, *decision.facts),
    )


def _choose(
    matrix: Matrix,
    operation: Operation,
    state: Pass,
    cause: EventHappened,
    now: datetime,
    because: Mapping[str, Any],
) -> Decision:
    """The first Trigger, by priority, whose condition holds."""
    why: Why = "nobody-waits"
    for trigger in matrix.ways_out.get((state.model, cause.event), ()):
        fault = _chain_fault(trigger, cause.chain)
        if fault:
            why = fault
            continue
        if cause.event == CHANGED and _held_before(matrix, operation, state, trigger, cause):
            why = "no-edge"
            continue
        decision = _take(matrix, operation, state, trigger, cause.data, now, cause.chain, because)
        if decision.why != "condition-false":
            return decision
        why = "condition-false"
    if why == "chain-too-long":
        skipped = fact(matrix, operation, state, TRIGGER_SKIPPED, now, {"why": why, "chain": list(cause.chain)})
        return Decision(state=state, why=why, detail=cause.event, facts=(skipped,))
    return Decision(state=state, why=why, detail=cause.event)


def _take(
    matrix: Matrix,
    operation: Operation,
    state: Pass,
    trigger: Trigger,
    event: Mapping[str, Value],
    now: datetime,
    chain: tuple[str, ...],
    because: Mapping[str, Any],
) -> Decision:
    """
    Move a pass by a Trigger whose turn it is, if its condition holds and its values can be had.

    `because` is what the facts say of why it is its turn: when it was `due`, or by which `event`, whose own fact stands
    so many places `back`.
    """
    scope = _scope(matrix, operation, state, state.values, event)
    try:
        if trigger.when and not trigger.when.holds(scope):
            return Decision(state=state, why="condition-false", detail=trigger.name)
        values = {**state.values, **_assignments(matrix, operation, trigger, scope)}
        values = {name: value for name, value in values.items() if value is not None}
        target = matrix.models[trigger.to_model].variables
        lacking = sorted(name for name, variable in target.items() if variable.needed and name not in values)
        if lacking:
            raise ConditionError(f"{trigger.to_model} needs {', '.join(lacking)}, which the pass does not hold")
    except ConditionError as fault:
        data = {"trigger": trigger.name, "kind": trigger.kind, "why": str(fault), **because}
        failed = fact(matrix, operation, state, TRIGGER_FAILED, now, data)
        return Decision(state=state, why="failed", detail=f"{trigger.name}: {fault}", facts=(failed,))
    return _moved(matrix, operation, state, trigger, values, now, (*chain, trigger.name), because)


def _moved(
    matrix: Matrix,
    operation: Operation,
    state: Pass,
    trigger: Trigger,
    values: Mapping[str, Value],
    now: datetime,
    chain: tuple[str, ...],
    because: Mapping[str, Any],
) -> Decision:
    before, left = state.values, state.model
    changed = changed_names(before, values)
    state = replace(state, model=trigger.to_model, values=values, version=state.version + 1)
    state, dropped = drop_left(matrix, state, left)
    state, notices = _notify(operation, state, trigger, now)
    way: dict[str, Value] = {"from": left, "to": trigger.to_model, "trigger": trigger.name}
    facts = [fact(matrix, operation, state, MOVED, now, {**way, "kind": trigger.kind, "chain": list(chain), **because})]
    causes: list[Cause] = []
    if changed:
        told = {"changed": changed, "reason": trigger.name, "from": left}
        facts.append(fact(matrix, operation, state, CHANGED, now, told))
    for notice in notices:
        if notice.outcome != "sent":
            name = NOTIFICATION_DEFERRED if notice.outcome == "deferred" else NOTIFICATION_SUPPRESSED
            data = {"trigger": trigger.name, "why": notice.reason, "until": notice.at}
            facts.append(fact(matrix, operation, state, name, now, data, wallet=notice.wallet))
    if left != trigger.to_model:
        causes += due_instants(matrix, operation, trigger.to_model, now, chain)
    if MOVED in matrix.awaited:
        causes.append(EventHappened(event=MOVED, data=way, occurred_at=now, accepted_at=now, chain=chain))
    if changed and CHANGED in matrix.awaited:
        causes.append(EventHappened(event=CHANGED, occurred_at=now, accepted_at=now, before=before, chain=chain))
    transition = Transition(trigger.name, left, trigger.to_model, tuple(changed))
    return Decision(
        state=state, why="moved", transition=transition, detail=trigger.name,
        dropped=dropped, notices=notices, facts=tuple(facts), causes=tuple(causes),
    )  # fmt: skip


def _notify(operation: Operation, state: Pass, trigger: Trigger, now: datetime) -> tuple[Pass, tuple[Notice, ...]]:
    if not (trigger.notifies and state.holdings):
        return state, ()
    notices = tuple(
        plan_notice(operation, wallet, state.notified.get(wallet, ()), now, essential=trigger.essential)
        for wallet in state.wallets
    )
    shown = {n.wallet: (*state.notified.get(n.wallet, ()), n.at) for n in notices if n.outcome != "suppressed"}
    return replace(state, notified={**state.notified, **shown}), notices


def _assignments(matrix: Matrix, operation: Operation, trigger: Trigger, scope: Scope) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, assigned in trigger.set.items():
        variable = matrix.variables[name]
        try:
            found[name] = _assigned(assigned, variable, scope, operation)
        except ValueError as fault:
            raise ConditionError(f"set.{name}: {fault}") from None
    return found


def _assigned(assigned: Assigned, variable: Variable, scope: Scope, operation: Operation) -> Value:
    if not isinstance(assigned, Expression):
        return assigned
    if variable.type == "money":
        return assigned.money(scope, variable.currency)
    value = assigned.evaluate(scope)
    return None if value is None else variable.read(value, operation.tz)


def _held_before(matrix: Matrix, operation: Operation, state: Pass, trigger: Trigger, cause: EventHappened) -> bool:
    """Whether the condition was true of the values before, so that there is no edge. What fails is not true."""
    if cause.before is None or trigger.when is None:
        return False
    try:
        return trigger.when.holds(_scope(matrix, operation, state, cause.before, cause.data))
    except ConditionError:
        return False


def _scope(
    matrix: Matrix, operation: Operation, state: Pass, values: Mapping[str, Value], event: Mapping[str, Value]
) -> dict[str, Mapping[str, Value]]:
    defaults: dict[str, Value] = {
        name: variable.read(variable.default, operation.tz)
        for name, variable in matrix.models[state.model].variables.items()
        if variable.default is not None and name not in values
    }
    known: dict[str, Value] = {**defaults, **values, "serial": state.serial, "model": state.model}
    return {"pass": known, "event": event, "operation": operation.scope}


def _chain_fault(trigger: Trigger, chain: tuple[str, ...]) -> Why | None:
    if trigger.name in chain:
        return "already-in-chain"
    return "chain-too-long" if len(chain) >= MAX_CHAIN else None


def _nothing(matrix: Matrix, operation: Operation, state: Pass, why: Why, trigger: Trigger, now: datetime) -> Decision:
    if why != "chain-too-long":
        return Decision(state=state, why=why, detail=trigger.name)
    skipped = fact(matrix, operation, state, TRIGGER_SKIPPED, now, {"trigger": trigger.name, "why": why})
    return Decision(state=state, why=why, detail=trigger.name, facts=(skipped,))


def _without_one(timers: tuple[Any, ...], timer: Any) -> tuple[Any, ...]:
    position = timers.index(timer)
    return (*timers[:position], *timers[position + 1 :])
