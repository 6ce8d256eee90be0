"""
The writer: one for each process, through which its requests write.

A commit costs a disk a fixed time, so up to `BATCH` waiting requests share one. Unless all are done by one call, each
call runs in a savepoint of its own: one that fails is undone alone. Nobody is answered before the commit that holds
their work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Self, TypeVar, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from walletpass.errors import DatabaseBusy, WriterBusy
from walletpass_server.persistence.database import TRIES, Database, Work
from walletpass_server.persistence.failures import out_of_reach, worth_another_try
from walletpass_server.persistence.unit_of_work import Unit

Item = TypeVar("Item")
T = TypeVar("T")
BATCH = 32
"""Requests committed together at most."""
PATIENCE = 0.01
"""Seconds at most that a transaction waits for another to end, so as to take along who asks meanwhile."""
QUEUE = 1024
"""Requests that may wait; more are refused, so that a flood is answered instead of kept."""
STOP_SECONDS = 10.0
"""How long a writer that stops goes on with what it has accepted."""
_LETTING_GO = 1.0
"""Seconds that a commit which is given up may take to let go of its connection."""

Together = Callable[[Unit, Sequence[Item]], Awaitable[Sequence[T | Exception]]]
"""Does the same for many items in few statements: an outcome for each, in order, an Exception for one that is refused.

A refused item must have written nothing. When the whole raises, all is undone and each item is done alone.
"""

_logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Request:
    client_id: int
    together: Together[Any, Any]
    item: Any
    answer: asyncio.Future[Any]
    outcome: Any = None
    failure: Exception | None = field(default=None)


class Writer:
    """
    Commits the writing requests of a process, many at a time.

    ```python
    async with Writer(database) as writer:
        passed = await writer.write(client_id, lambda unit: issue(unit, token))
    ```
    """

    def __init__(self, database: Database, *, batch: int = BATCH, queue: int = QUEUE, lanes: int | None = None) -> None:
        """
        Args:
            database: Where to.
            batch: Requests committed together at most.
            queue: Requests that may wait.
            lanes: Transactions at the same time: 1 on SQLite, which has one writer anyway, else 4.
        """
        self._database = database
        self._batch = batch
        self._most = queue
        self._queue: asyncio.Queue[_Request | None] = asyncio.Queue()  # None ends a lane
        self._lanes = 1 if database.is_sqlite else lanes or 4
        self._tasks: list[asyncio.Task[None]] = []
        self._gathering = asyncio.Lock()
        self._ended = asyncio.Event()
        self._stopping = False
        self._unanswered: set[asyncio.Future[Any]] = set()
        self._began: dict[int, float] = {}
        """Lane to when its commit in hand began."""

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._serve(n), name=f"writer-{n}") for n in range(self._lanes)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def write(self, client_id: int, work: Work[T]) -> T:
        """
        Do work in a transaction and wait until it is committed.

        Args:
            client_id: Whose rows the unit may touch.
            work: May run more than once; each time from the start, on what is then in the database.

        Raises:
            WriterBusy: The queue is full, or the writer is stopping.
            DatabaseBusy: Other processes were writing all the time.
            Exception: Whatever `work` raised; then nothing of it was written.
        """
        return await self.join(client_id, _alone, work)

    async def join(self, client_id: int, together: Together[Item, T], item: Item) -> T:
        """
        Like `write`, for what many ask at the same time: the items that wait are done in the same few statements.

        Args:
            client_id: Whose rows the unit may touch; items of different clients are never joined.
            together: The same function for all that may be joined.
            item: What this caller wants.
        """
        if self._stopping or not self._tasks:
            raise WriterBusy("the server is stopping: nothing was written, try again in a moment")
        if self._queue.qsize() >= self._most:
            raise WriterBusy(f"{self._most} requests wait already: nothing was written, try again")
        request = _Request(client_id, together, item, asyncio.get_running_loop().create_future())
        self._unanswered.add(request.answer)
        request.answer.add_done_callback(self._unanswered.discard)
        self._queue.put_nowait(request)
        return cast(T, await request.answer)

    async def stop(self, *, patience: float = STOP_SECONDS) -> None:
        """
        Write what was accepted, then end. New requests are refused from now on.

        Args:
            patience: Seconds that may take. Who still waits then gets WriterBusy; of a commit that was in hand it is
                not known whether it came about.
        """
        if self._stopping or not self._tasks:
            return
        self._stopping = True
        for _ in self._tasks:
            self._queue.put_nowait(None)
        ended, late = await asyncio.wait(self._tasks, timeout=patience)
        for lane in late:
            lane.cancel()
        if late:
            self._give_up()
            await asyncio.wait(late, timeout=_LETTING_GO)
        for lane in ended:
            lane.result()

    def _give_up(self) -> None:
        """Answer all who wait, whatever becomes of the lanes: a lost database keeps no process from ending."""
        _logger.error("the writer stops, and %d requests are not written: no commit ends", len(self._unanswered))
        why = "the server stopped while this was being written: look, or repeat it with the same key"
        for answer in list(self._unanswered):
            if not answer.done():  # a lane may have answered in this very turn of the loop
                answer.set_exception(WriterBusy(why))

    @property
    def waiting(self) -> int:
        """Requests that wait for their turn."""
        return self._queue.qsize()

    def busy_for(self) -> float:
        """Seconds the longest commit in hand has lasted; 0 when there is none."""
        now = monotonic()
        return now - min(self._began.values(), default=now)

    async def _serve(self, lane: int) -> None:
        last = False
        while not last:
            async with self._gathering:
                requests, last = await self._gather()
                self._began[lane] = monotonic()
            await self._commit([request for request in requests if not request.answer.done()])
            del self._began[lane]
            self._ended.set()

    async def _gather(self) -> tuple[list[_Request], bool]:
        """The requests of the next commit, and whether the lane ends with it."""
        first = await self._queue.get()
        if first is None:
            return [], True
        if self._began and self._queue.qsize() < self._batch - 1:  # few at a time cost nearly as much as many
            self._ended.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._ended.wait()
        requests = [first]
        while len(requests) < self._batch and not self._queue.empty():
            request = self._queue.get_nowait()
            if request is None:
                return requests, True
            requests.append(request)
        return requests, False

    async def _commit(self, requests: Sequence[_Request]) -> None:
        if not requests:
            return
        groups = _joined(requests)
        for attempt in range(TRIES):
            try:
                await self._try(groups)
            except DatabaseBusy as exc:
                failure: Exception = exc
                await asyncio.sleep(0.01 * 2**attempt)
            except Exception as exc:  # noqa: BLE001 - every caller waits for an answer, whatever went wrong
                failure = exc
                if len(groups) > 1 or len(requests) == 1:
                    break
            else:
                _answer(requests)
                return
            groups = [[request] for request in requests]
        if len(requests) == 1:
            requests[0].failure = failure
            _answer(requests)
            return
        _logger.warning("%d requests could not be committed together, now one by one: %s", len(requests), failure)
        for request in requests:
            await self._commit([request])

    async def _try(self, groups: Sequence[Sequence[_Request]]) -> None:
        async with self._database.write_connection() as connection:
            if len(groups) == 1:  # nothing beside it that a failure may not undo
                await _perform(groups[0], connection)
                return
            for group in groups:
                if not await _perform_apart(group, connection):
                    for request in group:
                        await _perform_apart([request], connection)


def _joined(requests: Sequence[_Request]) -> list[list[_Request]]:
    """Requests that one call may do, in the order of their first."""
    groups: dict[object, list[_Request]] = {}
    for request in requests:
        key: object = id(request) if request.together is _alone else (request.client_id, request.together)
        groups.setdefault(key, []).append(request)
    return list(groups.values())


async def _alone(unit: Unit, works: Sequence[Work[T]]) -> Sequence[T | Exception]:
    return [await work(unit) for work in works]


async def _perform(requests: Sequence[_Request], connection: AsyncConnection) -> None:
    """Do requests of one kind and keep their outcomes until the commit."""
    for request in requests:
        request.outcome = request.failure = None
    unit = Unit(connection, requests[0].client_id)
    async with unit.session:
        outcomes = await requests[0].together(unit, [request.item for request in requests])
        await unit.session.commit()
    for request, outcome in zip(requests, outcomes, strict=True):
        if isinstance(outcome, Exception):
            request.failure = outcome
        else:
            request.outcome = outcome


async def _perform_apart(requests: Sequence[_Request], connection: AsyncConnection) -> bool:
    """The same in a savepoint; False to do each alone."""
    savepoint = await connection.begin_nested()
    try:
        await _perform(requests, connection)
        await savepoint.commit()
    except Exception as exc:
        if worth_another_try(exc) or out_of_reach(exc):  # concerns the whole transaction
            raise
        if savepoint.is_active:  # a failed flush has undone it already
            await savepoint.rollback()
        if len(requests) > 1:
            return False
        requests[0].failure = exc
    return True


def _answer(requests: Sequence[_Request]) -> None:
    for request in requests:
        if request.answer.done():  # the caller went away meanwhile
            continue
        if request.failure is not None:
            request.answer.set_exception(request.failure)
        else:
            request.answer.set_result(request.outcome)
