"""
The worker: carries out runs, ends delays, empties the outbox. Any number of processes may run one.

Nothing is kept in memory that is not in the database, so a worker may be killed at any point.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

from sqlalchemy import update

from walletpass.errors import DatabaseBusy, DatabaseUnavailable
from walletpass_server.engine import runs
from walletpass_server.engine.running import POSTGRESQL, SQLITE, Sizes, advance, count
from walletpass_server.engine.scheduler import due_delays, fire_delays
from walletpass_server.engine.sending import Round, Senders, send_some
from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import RunRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

Clock = Callable[[], datetime]
PAUSE = timedelta(milliseconds=5)
"""Between two chunks, so that other writers get in: SQLite's waiting is not fair."""
IDLE = timedelta(milliseconds=500)
"""Between two looks when nothing is due."""
GATHER = timedelta(milliseconds=250)
"""After a batch that was not full, so that letters which trickle in share the next one: few cost as much as many."""
TROUBLE = timedelta(seconds=5)
"""Between two tries when the database is out of reach."""
AT_ONCE = {"apns": 3}
"""Batches of a channel under way in one worker, where more than one helps: claims and acknowledgements then overlap
with sending."""
BATCH = {"apns": 1000, "google": 100}
"""Letters in a batch, where more than 500 help, or fewer are what can be sent in a turn."""
FAIR = {"google"}
"""Channels of a slow pace for each client: none waits behind the letters of another."""
FAULTY = timedelta(minutes=1)
"""How long the delays of an operation rest after a fault of the program."""

_logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Worker:
    """
    One worker.

    ```python
    worker = Worker(database=database, senders={"apns": push, "google": calls})
    loop.add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    ```

    Attributes:
        database: Where the work is.
        senders: Who empties which channel of the outbox; channels without one are left to other workers.
        clock: What time it is, aware.
        pause: Between two chunks.
        idle: Between two looks when nothing is due.
        lease: How long a run waits for a worker that was killed.
        sending_lease: The same for letters.
        sizes: Passes in a chunk; by default what fits the engine.
    """

    database: Database
    senders: Senders = field(default_factory=dict)
    clock: Clock = utc_now
    pause: timedelta = PAUSE
    idle: timedelta = IDLE
    lease: timedelta = runs.LEASE
    sending_lease: timedelta = outbox.LEASE
    sizes: Sizes | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when passes were moved here, so that their letters are looked for at once, and when it stops."""
    _faulty: dict[int, datetime] = field(default_factory=dict)

    def stop(self) -> None:
        """Finish the chunk and the letters in hand, hand back leases, end."""
        self._stopping.set()
        self._stirred.set()

    async def run(self) -> None:
        """Work until `stop`."""
        loops = [self._forever(self.move, "runs and delays")]
        for channel in self.senders:
            loops += [self._forever(partial(self._send, channel), channel) for _ in range(AT_ONCE.get(channel, 1))]
        async with asyncio.TaskGroup() as working:  # unlike gather, it waits until all have handed back what they held
            for loop in loops:
                working.create_task(loop)

    async def drain(self) -> None:
        """Do all that is due, letters included, then return: `walletpass worker --once`."""
        while await self.move() and not self._stopping.is_set():
            pass
        for channel in self.senders:
            while (done := await self._round(channel)).claimed and not (done.rest or self._stopping.is_set()):
                pass

    async def move(self) -> bool:
        """Go on with what is due first: one run, as far as it goes, or one chunk of delays; whether there was any."""
        held = await self.database.run(ALL_CLIENTS, lambda unit: runs.claim(unit, self.clock(), lease=self.lease))
        if held is not None:
            await self._carry_out(held)
        delays = await self._end_delays()
        return held is not None or delays

    async def _carry_out(self, held: runs.Claim) -> None:
        """A claimed run, chunk after chunk."""
        try:
            await self._count(held)
            looked = monotonic()
            while await self._chunk(held):
                if self._stopping.is_set():
                    await self.database.run(held.client_id, lambda unit: runs.release(unit, held))
                    return
                await asyncio.sleep(self.pause.total_seconds())
                if monotonic() > looked + self.idle.total_seconds():
                    await self._end_delays()
                    looked = monotonic()
        except (DatabaseBusy, DatabaseUnavailable):
            raise
        except Exception as exc:
            _logger.exception("run %d of client %d failed", held.run_id, held.client_id)
            why = f"{type(exc).__name__}: {exc}"
            await self.database.run(held.client_id, lambda unit: runs.fail(unit, held, why, self.clock()))

    async def _chunk(self, held: runs.Claim) -> bool:
        more = await self.database.run(held.client_id, lambda unit: self._advance(unit, held), long=True)
        self._stirred.set()
        return more

    async def _advance(self, unit: Unit, held: runs.Claim) -> bool:
        sizes = self.sizes or (SQLITE if self.database.is_sqlite else POSTGRESQL)
        return await advance(unit, held, self.clock(), sizes, lease=self.lease)

    async def _count(self, held: runs.Claim) -> None:
        """The total, for the progress: counted beside the chunks, since it may take a while."""
        async with self.database.reading(held.client_id) as unit:
            total = await count(unit, held)

        async def keep(unit: Unit) -> None:
            await unit.connection.execute(
                update(RunRow)
                .where(RunRow.client_id == held.client_id, RunRow.id == held.run_id, RunRow.total.is_(None))
                .values(total=total)
            )

        await self.database.run(held.client_id, keep)

    async def _end_delays(self) -> bool:
        now = self.clock()
        size = (self.sizes or (SQLITE if self.database.is_sqlite else POSTGRESQL)).decided
        async with self.database.reading(ALL_CLIENTS) as unit:
            due = await due_delays(unit, now, size, without=[o for o, until in self._faulty.items() if until > now])
        for (client_id, operation_id), passes in due.items():
            try:
                await self.database.run(client_id, _delays_of(operation_id, passes, now))
                self._stirred.set()
            except (DatabaseBusy, DatabaseUnavailable):
                raise
            except Exception:  # one operation must not hold up the others
                _logger.exception("delays of operation %d of client %d", operation_id, client_id)
                self._faulty[operation_id] = now + FAULTY
            await asyncio.sleep(self.pause.total_seconds())
        return bool(due)

    async def _send(self, channel: str) -> bool:
        done = await self._round(channel)
        few = 0 < done.claimed < _batch(channel)
        await self._sleep(max(done.rest, GATHER) if few else done.rest, self._stopping)
        return done.claimed > 0

    async def _round(self, channel: str) -> Round:
        sender, most = self.senders[channel], _batch(channel)
        return await send_some(
            self.database, channel, sender, limit=most, lease=self.sending_lease, fair=channel in FAIR
        )

    async def _forever(self, step: Callable[[], Awaitable[bool]], what: str) -> None:
        while not self._stopping.is_set():
            wait = self.idle
            try:
                if await step():
                    continue
            except (DatabaseBusy, DatabaseUnavailable) as exc:
                _logger.warning("%s: %s", what, exc)
                wait = TROUBLE
            except Exception:
                _logger.exception("%s: a fault of the program, tried again", what)
                wait = TROUBLE
            if not self._stopping.is_set():
                self._stirred.clear()
                await self._sleep(wait, self._stopping if wait is TROUBLE else self._stirred)

    async def _sleep(self, wait: timedelta, until: asyncio.Event) -> None:
        if not wait:
            return
        try:
            async with asyncio.timeout(wait.total_seconds()):
                await until.wait()
        except TimeoutError:
            pass


def _batch(channel: str) -> int:
    return BATCH.get(channel, 500)


def _delays_of(operation_id: int, passes: list[int], now: datetime) -> Callable[[Unit], Awaitable[int]]:
    async def work(unit: Unit) -> int:
        return await fire_delays(unit, operation_id, passes, now)

    return work
