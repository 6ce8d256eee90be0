"""A receiver of web hooks on this machine: keeps what it is sent, answers as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Received:
    """A request: its headers by lower-case name, its body as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The body read."""
        found: dict[str, Any] = json.loads(self.body)
        return found


def _always(_: Received) -> int:
    return 200


@dataclass(slots=True)
class Receiver:
    """
    What a receiver got and how it answers.

    Attributes:
        url: Where it listens.
        answer: Gives the status for a request.
        headers: Go with each answer.
        received: Every request, the refused ones too.
        accepted: Those answered by 2xx.
        delay: Seconds before each answer.
    """

    url: str = ""
    answer: Callable[[Received], int] = _always
    headers: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    accepted: list[Received] = field(default_factory=list)
    delay: float = 0.0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                await self._answer(reader, writer, line)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: bytes) -> None:
        headers: dict[str, str] = {}
        while line := (await reader.readline()).decode("latin-1").strip():
            name, _colon, value = line.partition(":")
            headers[name.lower()] = value.strip()
        request = Received(headers, await reader.readexactly(int(headers.get("content-length", "0"))))
        self.received.append(request)
        if self.delay:
            await asyncio.sleep(self.delay)
        status = self.answer(request)
        if 200 <= status < 300:
            self.accepted.append(request)
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        writer.write(f"HTTP/1.1 {status} x\r\n{more}content-length: 0\r\n\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def receiver(answer: Callable[[Received], int] = _always) -> AsyncIterator[Receiver]:
    """A receiver while the block lasts."""
    found = Receiver(answer=answer)
    server = await asyncio.start_server(found._serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
    try:
        yield found
    finally:
        server.close()
