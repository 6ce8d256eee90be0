"""The key desk of a process: it knows who asks. Keys that arrive at once are looked up by one query."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from walletpass.errors import KeyRefused, StorageError
from walletpass_server.engine.keys import USE_NOTED, Key, find_keys, key_digest, looks_like_key, note_use
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.persistence.writer import Writer

_logger = logging.getLogger(__name__)


class KeyDesk:
    """
    Finds the key of a request. Nothing is kept from one request to the next: a revoked key is refused at once.

    ```python
    desk = KeyDesk(database, writer)
    key = await desk.find("wp_test_...")
    ```
    """

    def __init__(
        self, database: Database, writer: Writer, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock
        self._asked: dict[bytes, list[asyncio.Future[Key]]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._noted: dict[int, datetime] = {}

    async def find(self, text: str) -> Key:
        """
        The key of this text.

        Raises:
            KeyRefused: It is unknown, revoked or over: which of them is nobody's business.
        """
        if not looks_like_key(text):
            raise unknown_key()
        caller: asyncio.Future[Key] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(key_digest(text), []).append(caller)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_up(), name="key-look-up")
        key = await caller
        await self._note_use(key)
        return key

    async def _look_up(self) -> None:
        """Until nobody asks: those who came while the database answered are the next round."""
        while self._asked:
            asked, self._asked = self._asked, {}
            failure: Exception = unknown_key()
            found: dict[bytes, Key] = {}
            try:
                async with self._database.reading(ALL_CLIENTS, single=True) as unit:
                    found = await find_keys(unit, list(asked), self._clock())
            except Exception as fault:  # noqa: BLE001 - every caller waits for an answer, whatever went wrong
                failure = fault
            for digest, callers in asked.items():
                for caller in callers:
                    if caller.done():  # went away meanwhile
                        continue
                    if digest in found:
                        caller.set_result(found[digest])
                    else:
                        caller.set_exception(failure)
        self._looking = None

    async def _note_use(self, key: Key) -> None:
        now = self._clock()
        noted = max(filter(None, (key.last_used_at, self._noted.get(key.id))), default=None)
        if noted is not None and now - noted < USE_NOTED:
            return
        self._noted[key.id] = now
        try:
            await self._writer.write(key.client_id, lambda unit: note_use(unit, key, now))
        except StorageError as fault:  # the request itself may still succeed
            _logger.warning("the last use of key %d was not noted: %s", key.id, fault)


def unknown_key() -> KeyRefused:
    """What whoever has no good key is told."""
    return KeyRefused("no key, or one that is not good any more: send 'Authorization: Bearer wp_…'")
