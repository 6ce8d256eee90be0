"""
What fell due for a pass before something else happens to it.

Workers may be behind, or may have been down; each pass still sees its causes in due order, because whatever is about
to decide on a pass first decides what was due earlier.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from walletpass.lifecycle import Decision, InstantReached, Pass, decide, follow, next_due
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
    waiting = set(instants)
    while cause := next_due(*live.rules, state, until, waiting):
        if isinstance(cause, InstantReached):
            waiting.discard(cause.trigger)
        decisions += follow(*live.rules, decide(*live.rules, state, cause, now), now)
        state = decisions[-1].state
    return decisions
