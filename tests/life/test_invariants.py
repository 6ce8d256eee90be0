"""Rules of the lifecycle that hold for any Matrix and any sequence of causes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.errors import LifecycleError
from walletpass.lifecycle import (
    MAX_CHAIN,
    Decision,
    DelayDue,
    Holding,
    InstantReached,
    Pass,
    accept_event,
    decide,
    edit,
    follow,
    issue,
    register,
    unregister,
    void,
)
from walletpass.matrix import Matrix, lint_matrix
from walletpass.testing.life import START, matrix_document, small_operation
from walletpass.trigger import MAX_PENDING

MODELS = ["a", "b", "c"]
VARIABLES = {"points": {"type": "number", "default": 0}}
EARN = {"points": "pass.points + 7"}
EVENTS = {"used": {"amount": "number"}, "seen": {}}
OPERATION = small_operation(notifications={"max": 4, "min_interval": {"hours": 3}})

_models = st.sampled_from(MODELS)
_event = st.sampled_from(["used", "seen", "pass.added", "pass.deleted", "pass.moved"])
_delay = st.fixed_dictionaries(
    {"event": _event, "delay": st.sampled_from([{"hours": 5}, {"days": 1, "unit": "working"}]),
     "rearm": st.sampled_from(["first", "restart", "each"])},
    optional={"cancel": st.just({"event": "seen", "when": "pass.points < 50"})},
)  # fmt: skip
_cause = (
    st.fixed_dictionaries({"on": _event})
    | st.fixed_dictionaries({"after": _delay})
    | st.just({"on": "pass.changed", "when": "pass.points > 20"})
    | st.just({"at": "2027-03-02T10:00"})
)
_trigger = st.tuples(_models, _models, _cause, st.booleans(), st.booleans())
_step = st.tuples(
    st.sampled_from(["used", "seen", "add", "delete", "edit", "timers", "instants", "void"]),
    st.integers(0, 40), st.sampled_from(["apple", "google"]),
)  # fmt: skip


def matrix_of(triggers: list[Any]) -> Matrix | None:
    """A Matrix of random arrows, if they make sense."""
    written = [
        {"from": one, "to": other, **cause, "priority": n, "notify": notify, "set": EARN if sets else {}}
        for n, (one, other, cause, notify, sets) in enumerate(triggers)
    ]
    start = (
        {"from": "a", "to": "b", "on": "used", "priority": 98},
        {"from": "b", "to": "c", "on": "used", "priority": 99},
    )
    document = matrix_document(dict.fromkeys(MODELS, VARIABLES), [*written, *start], EVENTS)
    return None if any(f.severity == "error" for f in lint_matrix(document)) else Matrix.read(document)


@settings(max_examples=120, deadline=None)
@given(st.lists(_trigger, max_size=5), st.lists(_step, max_size=14))
def test_any_life_keeps_the_rules(triggers: list[Any], steps: list[Any]) -> None:
    matrix = matrix_of(triggers)
    if matrix is None:
        return
    now = START
    decisions = follow(matrix, OPERATION, issue(matrix, OPERATION, "C-1", {}, now), now)
    for act, amount, wallet in steps:
        now += timedelta(hours=amount)
        state = decisions[-1].state
        for first in commands(matrix, state, act, amount, wallet, now):
            played = follow(matrix, OPERATION, first, now)
            check(matrix, state, played)
            state = played[-1].state
            decisions += played
    moves = [d.transition for d in decisions if d.transition]
    at_moves = [move.trigger for move in moves if matrix.trigger[move.trigger].at]
    assert len(at_moves) == len(set(at_moves))
    added = sum(f.name == "pass.added" for d in decisions for f in d.facts)
    deleted = sum(f.name == "pass.deleted" for d in decisions for f in d.facts)
    assert added - deleted == len(decisions[-1].state.wallets)


def commands(matrix: Matrix, state: Pass, act: str, amount: int, wallet: Any, now: Any) -> list[Decision]:
    """What one step does; what is refused does nothing."""
    try:
        if act in EVENTS:
            happened = accept_event(matrix, OPERATION, act, {"amount": amount} if act == "used" else {}, now)
            return [decide(matrix, OPERATION, state, happened, now)]
        if act == "timers":
            return [decide(matrix, OPERATION, state, DelayDue(timer), now) for timer in state.timers[:1]]
        if act == "instants":
            return [decide(matrix, OPERATION, state, InstantReached(t.name), now) for t in matrix.triggers if t.at][:1]
        if act == "add":
            return [register(matrix, OPERATION, state, Holding(wallet, "d"), now)]
        if act == "delete":
            return [unregister(matrix, OPERATION, state, Holding(wallet, "d"), now)]
        return [
            void(matrix, OPERATION, state, now)
            if act == "void"
            else edit(matrix, OPERATION, state, {"points": amount}, now)
        ]
    except LifecycleError:
        return []


def check(matrix: Matrix, before: Pass, played: list[Decision]) -> None:
    """One cause and all it led to."""
    chain = [decision.transition.trigger for decision in played if decision.transition]
    assert len(chain) == len(set(chain)) <= MAX_CHAIN
    for previous, decision in zip([None, *played], played, strict=False):
        start = previous.state if previous else before
        state, move = decision.state, decision.transition
        assert state.version - start.version in (0, 1)
        assert (move is not None) == (decision.why == "moved")
        if move:
            assert (move.from_model, move.to_model) == (start.model, state.model)
            assert not start.voided
        else:
            assert state.model == start.model
        assert all(timer in state.timers for timer in decision.armed)
        assert all(sum(t.trigger == timer.trigger for t in state.timers) <= MAX_PENDING for timer in state.timers)
        assert not (state.voided and state.timers)
