"""The issuing desk of a process: whoever opens a link asks here, and those who ask at once are served together."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from walletpass_server.engine.issuing import Answer, Opened, open_tokens, opened_before
from walletpass_server.engine.tokens import Token, find_tokens, unknown_token
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.persistence.writer import BATCH, Writer

T = TypeVar("T")
Waiting = dict[int, list[asyncio.Future[Opened]]]
"""Token to those who wait for its pass."""


class IssuingDesk:
    """
    Opens tokens.

    ```python
    desk = IssuingDesk(database, writer, keyring)
    opened = await desk.open("Zk9...")
    ```
    """

    def __init__(
        self,
        database: Database,
        writer: Writer,
        keyring: Keyring,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._writer = writer
        self._keyring = keyring
        self._clock = clock
        self._asked: dict[str, list[asyncio.Future[Token]]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._waiting: dict[int, Waiting] = defaultdict(dict)
        self._serving: dict[int, asyncio.Task[None]] = {}

    async def open(self, text: str) -> Opened:
        """
        The pass of a token, issued and committed if it was not before.

        Raises:
            NotFound: There is no such token.
            TokenRevoked, OperationClosed, ValuesError, WriterBusy: As `issue`.
        """
        return await self.issue(await self.find(text))

    async def find(self, text: str) -> Token:
        """A token by its text, and nothing else; raises NotFound."""
        caller: asyncio.Future[Token] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(text, []).append(caller)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_up(), name="issuing-look-up")
        return await caller

    async def issue(self, token: Token) -> Opened:
        """
        The pass of a token found just now; who was here before waits for nobody.

        Raises:
            TokenRevoked: It was revoked, or its pass is void.
            OperationClosed: Outside the period, or all passes are issued.
            ValuesError: Its values do not fit.
            WriterBusy: Too many wait already.
        """
        opened = opened_before(token)
        if opened is not None:
            return opened
        caller: asyncio.Future[Opened] = asyncio.get_running_loop().create_future()
        self._waiting[token.client_id].setdefault(token.id, []).append(caller)
        if token.client_id not in self._serving:
            serving = asyncio.create_task(self._serve(token.client_id), name=f"issuing-{token.client_id}")
            self._serving[token.client_id] = serving
        return await caller

    async def _look_up(self) -> None:
        """Find the tokens of all who ask, those who came meanwhile too."""
        while self._asked:
            asked, self._asked = self._asked, {}
            try:
                async with self._database.reading(ALL_CLIENTS) as unit:
                    found = await find_tokens(unit, asked)
            except Exception as failure:  # noqa: BLE001 - every caller waits for an answer, whatever went wrong
                _settle([caller for callers in asked.values() for caller in callers], failure)
                continue
            for text, callers in asked.items():
                _settle(callers, found.get(text) or unknown_token())
        self._looking = None

    async def _serve(self, client_id: int) -> None:
        """Issue for those who wait, and those who came meanwhile, until there is nobody."""
        waiting = self._waiting[client_id]
        while waiting:
            served = {token_id: waiting.pop(token_id) for token_id in list(waiting)[:BATCH]}
            await self._write(client_id, served)
        del self._waiting[client_id], self._serving[client_id]

    async def _write(self, client_id: int, served: Waiting) -> None:
        async def work(unit: Unit) -> dict[int, Answer]:
            return await open_tokens(unit, self._keyring, list(served), self._clock())

        try:
            answers = await self._writer.write(client_id, work)
        except Exception as failure:  # noqa: BLE001 - every caller waits for an answer, whatever went wrong
            _settle([caller for callers in served.values() for caller in callers], failure)
            return
        for token_id, callers in served.items():
            _settle(callers, answers[token_id])


def _settle(callers: list[asyncio.Future[T]], answer: T | Exception) -> None:
    for caller in callers:
        if caller.done():  # went away meanwhile
            continue
        if isinstance(answer, Exception):
            caller.set_exception(answer)
        else:
            caller.set_result(answer)
