"""
When the next call to an issuer may start: one pace for all processes, and a rest for a Google that is in trouble.

The pace is a row of `rate`, moved on a few calls at a time. A call that comes too late for its turn takes another one,
so that a process that was held up does not make up for it in a burst.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from time import monotonic

from walletpass.errors import GoogleUnavailable
from walletpass_server.engine.forecast import USUAL_PER_SECOND
from walletpass_server.persistence import rate
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

PER_SECOND = USUAL_PER_SECOND
MARGIN = 0.95
"""Part of the pace that is used, so that calls a little early or late never put more into a second."""
BOOKED = 4
"""Calls booked at a time: a write each would cost more than it tells."""
PATIENCE = 5.0
"""Seconds a call waits for its turn at most."""
FIRST_REST, LONGEST_REST = 0.5, 32.0
"""Seconds without calls while Google is in trouble, doubled each time it still is."""
TOLERATED = 2
"""Faults in a row that are taken for bad luck."""


@dataclass(slots=True)
class _Issuer:
    turns: deque[float] = field(default_factory=deque)
    """Booked instants of the process's monotonic clock."""
    booking: asyncio.Lock = field(default_factory=asyncio.Lock)
    resting_until: float = 0.0
    faults: int = 0
    """In a row, those during a rest aside."""


class Pace:
    """The pace of every issuer, as one process keeps to it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._issuers: dict[str, _Issuer] = {}

    async def turn(self, issuer_id: str, per_second: float) -> None:
        """
        Wait until one call may start.

        Raises:
            GoogleUnavailable: It would take too long, since Google is in trouble or many others wait.
        """
        issuer = self._of(issuer_id)
        interval = 1 / (per_second * MARGIN)
        while True:
            self._require_awake(issuer)
            async with issuer.booking:
                if not issuer.turns:
                    await self._book(issuer_id, issuer, per_second * MARGIN)
                at = issuer.turns.popleft() if issuer.turns else monotonic()
            await asyncio.sleep(max(0.0, at - monotonic()))
            if monotonic() - at <= interval:
                self._require_awake(issuer)
                return

    def rest(self, issuer_id: str) -> float:
        """Seconds until calls to an issuer may begin again; 0 when they may now."""
        return max(0.0, self._of(issuer_id).resting_until - monotonic())

    def answered(self, issuer_id: str) -> None:
        """Google did what it was asked."""
        self._of(issuer_id).faults = 0

    async def troubled(self, issuer_id: str, retry_after: float | None) -> None:
        """
        Google is in trouble, or wants fewer calls: let all processes rest.

        Args:
            issuer_id: Whose call it was.
            retry_after: Seconds, when Google said how long.
        """
        issuer = self._of(issuer_id)
        if monotonic() < issuer.resting_until and retry_after is None:
            return  # of calls that were under way together one counts
        issuer.faults += 1
        doubled = min(LONGEST_REST, FIRST_REST * 2.0 ** max(0, issuer.faults - TOLERATED - 1))
        own = doubled * random.uniform(0.5, 1) if issuer.faults > TOLERATED else 0.0  # noqa: S311 - spreads load
        seconds = own if retry_after is None else min(max(retry_after, own), 10 * LONGEST_REST)
        if seconds > 0:
            issuer.resting_until = max(issuer.resting_until, monotonic() + seconds)
            issuer.turns.clear()
            wait = timedelta(seconds=seconds)
            await self._database.run(ALL_CLIENTS, lambda unit: rate.hold(unit, _key(issuer_id), wait))

    async def _book(self, issuer_id: str, issuer: _Issuer, per_second: float) -> None:
        reserve = partial(rate.reserve, key=_key(issuer_id), count=BOOKED, per_second=per_second)
        slots = await self._database.run(ALL_CLIENTS, reserve)
        first, interval = monotonic() + slots.wait.total_seconds(), slots.interval.total_seconds()
        if slots.wait.total_seconds() > PATIENCE:
            issuer.resting_until = max(issuer.resting_until, first)
        else:
            issuer.turns.extend(first + number * interval for number in range(slots.count))

    def _require_awake(self, issuer: _Issuer) -> None:
        left = issuer.resting_until - monotonic()
        if left > 0:
            raise GoogleUnavailable(f"calls to Google rest for {left:.0f} s, since it could not take them", left)

    def _of(self, issuer_id: str) -> _Issuer:
        return self._issuers.setdefault(issuer_id, _Issuer())


def _key(issuer_id: str) -> str:
    return f"google:{issuer_id}"
