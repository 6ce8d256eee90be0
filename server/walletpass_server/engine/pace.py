"""
The pace of each client's requests to the API, over all processes together.

The truth is the row of `rate`, which knows when the next request may start. To write it for every request would cost
more than the request, so a process takes a second's worth of requests from it at a time and counts those off in memory.
However many processes there are, together they never let through more than the pace and what may come at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from sqlalchemy import select

from walletpass.errors import TooManyRequests
from walletpass_server.persistence import rate
from walletpass_server.persistence.tables import ClientRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.persistence.writer import Writer

PER_MINUTE = 120_000
"""Requests of a client, unless `client.requests_per_minute` says otherwise."""
AT_ONCE = 10.0
"""Seconds' worth of requests that may come at once."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """
    What a client is told with each answer.

    Attributes:
        limit: Requests in a minute.
        remaining: That may come at once now.
        reset: Seconds until that is everything again.
    """

    limit: int
    remaining: int
    reset: int


@dataclass(slots=True)
class _Purse:
    """Requests of one client that this process may still let through."""

    limit: int = PER_MINUTE
    left: int = 0
    beyond: float = 0.0
    """Requests that may come at once besides, as of the last look."""
    usable_at: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def take(self) -> Allowance:
        self.left -= 1
        remaining = self.left + int(self.beyond)
        most = self.limit / 60 * AT_ONCE
        return Allowance(self.limit, remaining, round(max(0.0, most - remaining) / (self.limit / 60) + 0.5))


class Pace:
    """
    Lets requests through.

    ```python
    allowance = await pace.take(client_id)
    ```
    """

    def __init__(self, writer: Writer, *, clock: Callable[[], float] = monotonic) -> None:
        self._writer = writer
        self._clock = clock
        self._purses: dict[int, _Purse] = {}

    async def take(self, client_id: int) -> Allowance:
        """
        Let one request through.

        Raises:
            TooManyRequests: With the seconds to wait. Asking meanwhile does not make them more.
        """
        purse = self._purses.setdefault(client_id, _Purse())
        if not purse.left:
            async with purse.turn:
                if not purse.left:  # another caller may have filled it meanwhile
                    await self._fill(client_id, purse)
        wait = purse.usable_at - self._clock()
        if wait > 0 or not purse.left:
            raise TooManyRequests(f"more than {purse.limit:,} requests a minute: wait, then go on", max(wait, 1.0))
        return purse.take()

    async def _fill(self, client_id: int, purse: _Purse) -> None:
        """A second's worth, which may be good only a while from now."""
        purse.limit, slots = await self._writer.write(client_id, _reserve)
        most = slots.interval.total_seconds()
        ahead = slots.wait.total_seconds() - AT_ONCE
        purse.usable_at = self._clock() + max(0.0, ahead)
        purse.beyond = max(0.0, -ahead / most - slots.count)
        purse.left = slots.count


async def _reserve(unit: Unit) -> tuple[int, rate.Slots]:
    own = await unit.connection.scalar(select(ClientRow.requests_per_minute).where(ClientRow.id == unit.client_id))
    limit = own or PER_MINUTE
    return limit, await rate.reserve(unit, f"api:{unit.client_id}", max(1, limit // 60), per_second=limit / 60)
