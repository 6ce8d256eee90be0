"""
What fell due for a pass before something else happens to it.

Workers may be behind, or may have been down; each pass still sees its causes in due order, because whatever is about
to decide on a pass first decides what was due earlier.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from walletpass.lifecycle import Decision, DelayDue, InstantReached, Pass, decide, follow
from walletpass_server.engine.live import LiveOperation


def catch_up(
    live: LiveOperation, state: Pass, until: datetime, now: datetime, instants: Collection[str] = ()
) -> list[Decision]:
    """
    Decide what fell due up to an instant, in due order; nothing when nothing did.

    Args:
        live: The operation of the pass.
        state: The pass, locked.
        until: The instant, itself included.
        now: The server's clock, not before `until`.
        instants: `at` Triggers whose run has not come to this pass yet.
    """
    decisions: list[Decision] = []
    tried: set[str] = set()
    while due := min(_due(live, state, until, set(instants) - tried), default=None, key=lambda one: one[:2]):
        cause = due[2]
        if isinstance(cause, InstantReached):
            tried.add(cause.trigger)
        decisions += follow(*live.rules, decide(*live.rules, state, cause, now), now)
        state = decisions[-1].state
    return decisions


def _due(
    live: LiveOperation, state: Pass, until: datetime, instants: Collection[str]
) -> Iterator[tuple[datetime, int, InstantReached | DelayDue]]:
    """What is due, with its instant; at one instant, dates come before delays."""
    for position, trigger in enumerate(live.matrix.instants.get(state.model, ())):
        if trigger.name in instants and trigger.name not in state.fired:
            instant = live.operation.instant(trigger)
            if instant <= until:
                yield instant, position, InstantReached(trigger.name)
    for position, timer in enumerate(state.timers, start=1000):
        if timer.due <= until:
            yield timer.due, position, DelayDue(timer)
