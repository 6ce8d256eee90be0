"""
Phones by the thousand: keep-alive connections that send one ready-made request after another.

Written straight on asyncio's protocols, so that one core of it keeps a server busy.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Answers:
    """
    What came back.

    Attributes:
        seconds: Of each answer.
        statuses: How often each came.
        took: Wall-clock seconds from the first request to the last answer.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    took: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.took

    def at(self, share: float) -> float:
        """The seconds within which this share of the answers came."""
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1))]


class _Line(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""
        self._answered: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, request: bytes) -> asyncio.Future[int]:
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        status = int(self._buffer[9:12])
        place = self._buffer.find(b"content-length:", 0, head)
        length = 0 if place < 0 else int(self._buffer[place + 15 : self._buffer.index(b"\r\n", place)])
        if status not in (204, 304) and len(self._buffer) < head + 4 + length:
            return
        self._buffer = b""
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("the server closed"))


async def ask_all(
    port: int, requests: Iterable[bytes], *, lines: int, seconds: float, pace: float = 0, most: int = 0
) -> Answers:
    """
    Ask for so many seconds.

    Args:
        port: Of the server, on this machine.
        requests: Repeated for ever.
        lines: Connections at once.
        seconds: How long.
        pace: Requests a second in all; 0 for as many as are answered.
        most: Requests in all; 0 for no limit.
    """
    loop = asyncio.get_running_loop()
    made = [(await loop.create_connection(_Line, "127.0.0.1", port))[1] for _ in range(lines)]
    source: Iterator[bytes] = itertools.cycle(list(requests))
    answers = Answers()
    start = time.perf_counter()
    turn = itertools.count()

    async def talk(line: _Line) -> None:
        while (now := time.perf_counter()) < start + seconds:
            number = next(turn)
            if most and number >= most:
                return
            if pace:
                due = start + number / pace  # counted from when it was due: a server that is late is not spared
                await asyncio.sleep(max(0.0, due - now))
                now = due
            status = await line.ask(next(source))
            answers.seconds.append(time.perf_counter() - now)
            answers.statuses[status] = answers.statuses.get(status, 0) + 1

    await asyncio.gather(*(talk(line) for line in made))
    answers.took = time.perf_counter() - start
    for line in made:
        line._transport.close()
    return answers


def get(path: str, **headers: str) -> bytes:
    """A GET request as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *(f"{n.replace('_', '-')}: {v}" for n, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A POST request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{n.replace('_', '-')}: {v}" for n, v in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
