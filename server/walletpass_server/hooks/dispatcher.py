"""The hooks of a process: what a worker does again and again to have events spread and delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from walletpass_server.hooks import rounds
from walletpass_server.hooks.outcomes import Attempt, Carrier
from walletpass_server.hooks.replays import anything_to_replay, replay_some
from walletpass_server.hooks.spreading import anything_to_spread, spread
from walletpass_server.hooks.subscribers import ProcessCarrier, Subscribers, subscriptions_of
from walletpass_server.hooks.tidying import forget_some
from walletpass_server.hooks.wishes import PYTHON
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

PAUSE = 0.005
"""Seconds between two chunks of tidying, in which other writers get their turn."""


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


class Hooks:
    """
    Spreads and delivers: `spread` and `deliver` are repeated while they say True, in any number of workers.

    Several `deliver` at the same time serve several endpoints.

    ```python
    hooks = Hooks(database, WebCarrier(keyring), {"mailer": tell_mailer})
    await hooks.drain()
    ```
    """

    def __init__(
        self,
        database: Database,
        web: Carrier,
        subscribers: Subscribers | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        lease: timedelta = rounds.LEASE,
    ) -> None:
        """
        Args:
            database: Where.
            web: What posts.
            subscribers: Those in process.
            clock: What time it is, aware.
            lease: How long the endpoint of a killed worker waits.

        Raises:
            UsageError: A subscriber in process subscribes to what never comes.
        """
        self._database = database
        self._web = web
        self._subscribers = dict(subscribers or {})
        self._subscriptions = subscriptions_of(self._subscribers)
        self._process = ProcessCarrier(self._subscribers)
        self._clock = clock
        self._lease = lease

    async def spread(self) -> bool:
        """Letters to deliveries, and some of what is to be told again; whether there was any."""
        async with self._database.reading(ALL_CLIENTS) as unit:
            letters, replays = await anything_to_spread(unit), await anything_to_replay(unit)
        now, done = self._clock(), 0
        if letters:
            done += await self._database.run(ALL_CLIENTS, lambda unit: spread(unit, self._subscriptions, now))
        if replays:
            done += await self._database.run(ALL_CLIENTS, lambda unit: replay_some(unit, now), long=True)
        return done > 0

    async def deliver(self) -> bool:
        """One round for one endpoint; whether anything was due."""
        now = self._clock()
        async with self._database.reading(ALL_CLIENTS) as unit:
            if not await rounds.anything_due(unit, self._subscribers, now):
                return False
        held = await self._database.run(
            ALL_CLIENTS, lambda unit: rounds.take(unit, self._subscribers, now, lease=self._lease)
        )
        if held is None:
            return False
        carrier = self._process if held.endpoint.url.startswith(PYTHON) else self._web
        attempts: list[Attempt] = []
        try:
            if held.lanes:
                attempts = await carrier.carry(held.endpoint, held.lanes)
            _count(attempts)
        finally:  # even after a fault of the program the endpoint is handed back; what was not tried stays due
            ended = self._clock()
            keeping = self._database.run(held.endpoint.client_id, lambda unit: rounds.keep(unit, held, attempts, ended))
            await asyncio.shield(keeping)
        return True

    async def drain(self) -> None:
        """Until nothing is due."""
        while await self.spread() or await self.deliver():
            pass

    async def tidy(self) -> None:
        """Forget what is long over."""
        now = self._clock()
        while await self._database.run(ALL_CLIENTS, lambda unit: forget_some(unit, now)):
            await asyncio.sleep(PAUSE)

    async def close(self) -> None:
        """Close connections."""
        await self._web.close()


def _count(attempts: Sequence[Attempt]) -> None:
    from walletpass_server import metrics  # read once the process has said where its figures go

    arrived = sum(attempt.arrived for attempt in attempts)
    metrics.DELIVERIES.labels("delivered").inc(arrived)
    metrics.DELIVERIES.labels("failed").inc(len(attempts) - arrived)
