"""The key desk of a process: it knows who asks. A key that comes many times at once is looked up once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from walletpass.errors import KeyRefused, StorageError
from walletpass_server.engine.keys import USE_NOTED, Key, KeyReads, key_digest, looks_like_key, note_use
from walletpass_server.persistence.database import Database
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
        self._reads = KeyReads(database)
        self._writer = writer
        self._clock = clock
        self._asked: dict[bytes, list[asyncio.Future[Key]]] = {}
        self._looking: dict[bytes, asyncio.Task[None]] = {}
        self._noted: dict[int, datetime] = {}

    async def find(self, text: str) -> Key:
        """
        The key of this text.

        Raises:
            KeyRefused: It is unknown, revoked or over: which of them is nobody's business.
        """
        if not looks_like_key(text):
            raise unknown_key()
        digest = key_digest(text)
        caller: asyncio.Future[Key] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(digest, []).append(caller)
        if digest not in self._looking:
            self._looking[digest] = asyncio.create_task(self._look_up(digest), name="key-look-up")
        key = await caller
        await self._note_use(key)
        return key

    async def close(self) -> None:
        """Close its connections."""
        await self._reads.close()

    async def _look_up(self, digest: bytes) -> None:
        """Until nobody asks: those who came while the database answered are the next round."""
        while callers := self._asked.pop(digest, None):
            try:
                key = await self._reads.find(digest, self._clock())
                failure: Exception = unknown_key()
            except Exception as fault:  # noqa: BLE001 - every caller waits for an answer, whatever went wrong
                key, failure = None, fault
            for caller in callers:
                if caller.done():  # went away meanwhile
                    continue
                if key is not None:
                    caller.set_result(key)
                else:
                    caller.set_exception(failure)
        del self._looking[digest]

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
