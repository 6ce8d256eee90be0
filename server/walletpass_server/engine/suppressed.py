"""A Notification that the wallet itself would not show: the update went out, and the facts say that nobody was told."""

from __future__ import annotations

from datetime import datetime

from walletpass.events import NOTIFICATION_SUPPRESSED
from walletpass.lifecycle import Decision, Pass
from walletpass.lifecycle.facts import fact
from walletpass_server.engine.apply import Outcome, apply
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.state import load_one
from walletpass_server.persistence.unit_of_work import Unit


async def notice_suppressed(unit: Unit, operation_id: int, pass_id: int, shown_at: datetime, now: datetime) -> None:
    """
    Note that Google refused one more Notification today.

    Args:
        unit: Of the pass's client.
        operation_id, pass_id: Which.
        shown_at: The instant for which it was promised.
        now: The server's clock.
    """
    live = await load_operation(unit, operation_id)
    stored = await load_one(unit, live, pass_id)
    if stored is not None:
        await apply(unit, live, [Outcome(stored, [_suppressed(live, stored.state, shown_at, now)])], now)


def _suppressed(live: LiveOperation, state: Pass, shown_at: datetime, now: datetime) -> Decision:
    data = {"why": "google-limit", "until": shown_at}
    told = fact(*live.rules, state, NOTIFICATION_SUPPRESSED, now, data, wallet="google")
    return Decision(state=state, why="recorded", facts=(told,))
