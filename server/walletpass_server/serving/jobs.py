"""What a process does besides answering: moving passes, sending letters, tidying, saying that it is alive."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select

from walletpass.errors import StorageError
from walletpass_server import metrics
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.ends import tell_of_ends
from walletpass_server.engine.housekeeping import tidy
from walletpass_server.engine.sending import Delivery, Sender
from walletpass_server.engine.traffic import EVERY
from walletpass_server.engine.uploads import carry_out_one, forget_abandoned
from walletpass_server.engine.worker import Worker, utc_now
from walletpass_server.hooks.health import look
from walletpass_server.persistence.outbox import Letter
from walletpass_server.persistence.sql import DatabaseNow, upsert
from walletpass_server.persistence.tables import CredentialRow, OutboxRow, RunRow, WorkerRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

TIDY_EVERY = timedelta(hours=6)
IMPORT_EVERY = timedelta(seconds=2)
"""How often uploaded files are looked for."""
HOOKS_EVERY = timedelta(milliseconds=500)
"""How often events to tell are looked for."""
ENDS_EVERY = timedelta(minutes=10)
"""How often passes that are no longer good are looked for, where somebody wants to hear of them."""
HOOKS_AT_ONCE = 4
"""Endpoints served at the same time, so that a slow one does not hold up the others."""
BEAT_EVERY = timedelta(seconds=15)
"""How often a worker says that it is alive."""
FORGOTTEN = timedelta(days=1)
"""After that a worker that died without a word is no longer told of."""
LOOK_EVERY = timedelta(seconds=15)
"""How often outbox and runs are counted for the metrics."""

_MICROSECOND = timedelta(microseconds=1)
_logger = logging.getLogger(__name__)


class Jobs:
    """
    The jobs of a process.

    ```python
    jobs = Jobs(on)
    task = group.create_task(jobs.run())
    jobs.stop()  # what is in hand is finished, then the task ends
    ```
    """

    def __init__(self, on: Platform, *, works: bool = True) -> None:
        """
        Args:
            on: The process's platform.
            works: Move passes and send letters; without, only the metrics are kept up to date.
        """
        self._on = on
        self._works = works
        senders = {channel: _Counted(channel, sender) for channel, sender in on.senders.items()}
        self._worker = Worker(database=on.database, senders=senders)
        self._stopping = asyncio.Event()
        self._name = f"{socket.gethostname()}/{os.getpid()}"[:200]

    def stop(self) -> None:
        """Finish what is in hand, then end."""
        self._worker.stop()
        self._stopping.set()

    async def run(self) -> None:
        """Work until `stop`."""
        await asyncio.gather(*self._tasks())
        await self._add_traffic()  # of the last minute

    async def once(self) -> None:
        """Do what is due now, letters included."""
        while await self._import():
            pass
        await self._worker.drain()
        await self._tell_of_ends()
        if self._on.hooks is not None:
            await self._on.hooks.drain()
        await self._tidy()

    def _tasks(self) -> list[Awaitable[None]]:
        tasks: list[Awaitable[None]] = [self._every(EVERY, self._add_traffic)]
        if self._on.settings.metrics_port:
            tasks.append(self._every(LOOK_EVERY, self._look))
        if self._works:
            tasks += [self._worker.run(), self._every(TIDY_EVERY, self._tidy), self._beat()]
            tasks += [self._every(IMPORT_EVERY, self._import), self._every(ENDS_EVERY, self._tell_of_ends)]
            rounds = [each for wallet in self._on.wallets.values() for each in wallet.rounds()]
            tasks += [self._every(each.every, each.work) for each in rounds]
            if (hooks := self._on.hooks) is not None:
                tasks.append(self._every(HOOKS_EVERY, hooks.spread))
                tasks += [self._every(HOOKS_EVERY, hooks.deliver) for _ in range(HOOKS_AT_ONCE)]
        return tasks

    async def _every(self, period: timedelta, work: Callable[[], Awaitable[bool | None]]) -> None:
        """Work, then wait; work that says True goes on at once."""
        while not self._stopping.is_set():
            try:
                if await work():
                    continue
            except StorageError as exc:
                _logger.warning("left for the next turn: %s", exc)
            except Exception:
                _logger.exception("a fault of the program, left for the next turn")
            try:
                async with asyncio.timeout(period.total_seconds()):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def _add_traffic(self) -> None:
        try:
            await self._on.traffic.flush(self._on.database)
        except StorageError as exc:
            _logger.warning("traffic is counted later: %s", exc)

    async def _import(self) -> bool:
        return await carry_out_one(self._on.database, self._on.keyring, utc_now)

    async def _tell_of_ends(self) -> None:
        await tell_of_ends(self._on.database, utc_now())

    async def _tidy(self) -> None:
        await self._on.database.run(ALL_CLIENTS, lambda unit: forget_abandoned(unit, utc_now()))
        done = await tidy(self._on.database, utc_now(), facts_kept=self._on.settings.facts_kept)
        for fault in done.faults:
            _logger.error("%s", fault)
        if self._on.hooks is not None:
            await self._on.hooks.tidy()

    async def _beat(self) -> None:
        await self._every(BEAT_EVERY, self._alive)
        try:
            await self._on.database.run(ALL_CLIENTS, self._leave)
        except StorageError as exc:
            _logger.warning("this worker will be missed by the doctor for a while: %s", exc)

    async def _alive(self) -> None:
        await self._on.database.run(ALL_CLIENTS, self._enter)

    async def _enter(self, unit: Unit) -> None:
        entry = upsert(unit.connection.dialect, WorkerRow).values(
            name=self._name, started_at=DatabaseNow(), seen_at=DatabaseNow()
        )
        await unit.connection.execute(
            entry.on_conflict_do_update(index_elements=["name"], set_={"seen_at": entry.excluded.seen_at})
        )
        await unit.connection.execute(
            delete(WorkerRow).where(WorkerRow.seen_at < DatabaseNow() - FORGOTTEN // _MICROSECOND)
        )

    async def _leave(self, unit: Unit) -> None:
        await unit.connection.execute(delete(WorkerRow).where(WorkerRow.name == self._name))

    async def _look(self) -> None:
        metrics.WRITER_QUEUE.set(self._on.writer.waiting)
        async with self._on.database.reading(ALL_CLIENTS, long=True) as unit:
            await _look_at_outbox(unit, sorted(self._on.senders))
            await _look_at_runs(unit)
            await _look_at_credentials(unit)
            await _look_at_hooks(unit)


@dataclass(frozen=True, slots=True)
class _Counted:
    """A sender whose letters are counted."""

    channel: str
    sender: Sender

    async def send(self, letters: Sequence[Letter]) -> Delivery:
        delivery = await self.sender.send(letters)
        metrics.LETTERS.labels(self.channel, "sent").inc(len(delivery.sent))
        metrics.LETTERS.labels(self.channel, "failed").inc(len(delivery.failed))
        return delivery


async def _look_at_outbox(unit: Unit, channels: Sequence[str]) -> None:
    dead = OutboxRow.dead_at.is_not(None)
    lag = DatabaseNow() - func.min(OutboxRow.due_at).filter(~dead)
    counted = select(OutboxRow.channel, func.count().filter(~dead), func.count().filter(dead), lag)
    found = {row[0]: row[1:] for row in await unit.connection.execute(counted.group_by(OutboxRow.channel))}
    for channel in sorted({*channels, *found}):
        waiting, given_up, microseconds = found.get(channel, (0, 0, 0))
        metrics.OUTBOX.labels(channel, "waiting").set(waiting)
        metrics.OUTBOX.labels(channel, "dead").set(given_up)
        metrics.OUTBOX_LAG.labels(channel).set(max(0.0, (microseconds or 0) / 1_000_000))


async def _look_at_runs(unit: Unit) -> None:
    states = ("waiting", "running", "paused", "failed")
    counted = select(RunRow.state, func.count()).where(RunRow.state.in_(states)).group_by(RunRow.state)
    found = {row[0]: row[1] for row in await unit.connection.execute(counted)}
    for state in states:
        metrics.RUNS.labels(state).set(found.get(state, 0))


async def _look_at_hooks(unit: Unit) -> None:
    found = await look(unit, utc_now())
    for state, count in (("waiting", found.waiting), ("held", found.held), ("dead", found.dead)):
        metrics.HOOKS.labels(state).set(count)
    metrics.HOOKS_LAG.set(found.oldest.total_seconds())
    for state, count in (("paused", found.paused), ("failing", found.failing)):
        metrics.ENDPOINTS.labels(state).set(count)


async def _look_at_credentials(unit: Unit) -> None:
    stopped = CredentialRow.stopped_at.is_not(None) & CredentialRow.retired_at.is_(None)
    counted = select(func.count()).select_from(CredentialRow).where(stopped)
    metrics.CREDENTIALS_STOPPED.set((await unit.connection.execute(counted)).scalar_one())
