"""
APNs on this machine: HTTP/2 over TLS, the checks Apple makes, and the ways in which it fails.

    async with FakeApns() as apns:
        apns.listen(phone.pushed, token=phone.push_token)
        ...                       # a server with WALLETPASS_APNS_URL=apns.url, WALLETPASS_APNS_CA=apns.ca_file
        apns.fault = Fault.SILENT_TENTH
        apns.refuse("0b1c", Reply(410, "Unregistered", timestamp=1_800_000_000_000))
        assert apns.accepted[0].topic == "pass.example.sample"

It runs in the event loop of whoever starts it, and holds what it took in memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from walletpass.testing.apns_connection import Connection
from walletpass.testing.apns_rules import Reply, Rules, TeamKey
from walletpass.testing.localhost import LocalhostCertificate

__all__ = ["FakeApns", "Fault", "ReceivedPush", "Reply", "TeamKey"]


class Fault(StrEnum):
    """How the whole server fails, until told otherwise."""

    NONE = "none"
    ALL_GONE = "all-gone"
    """Each push is answered 410 Unregistered, gone as of now."""
    BARE_503 = "bare-503"
    """Each push is answered 503 without a body."""
    RESET_TENTH = "reset-tenth"
    """Each tenth stream is reset instead of answered."""
    SILENT_TENTH = "silent-tenth"
    """Each tenth push is never answered."""
    GOAWAY = "goaway"
    """Half a second after each connect the connection is told to go away, and closed."""
    STREAMS_100 = "streams-100"
    """No more than 100 pushes at once, on connections made from now on."""
    STREAMS_1 = "streams-1"
    """No more than one push at once, on connections made from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedPush:
    """
    A push as it came in.

    Attributes:
        token: The device's push token, from the path.
        topic: `apns-topic`, or the pass type of the client certificate.
        apns_id: `apns-id`, which the answer repeats.
        headers: All headers, by name.
        body: As it was sent.
        certificate: The pass type of the client certificate; None where there was none.
        reply: What was answered; None where nothing was.
    """

    token: str
    topic: str
    apns_id: str
    headers: Mapping[str, str]
    body: bytes
    certificate: str | None
    reply: Reply | None


Listener = Callable[[ReceivedPush], Awaitable[None] | None]
"""Told of a push that was accepted: a phone."""


@dataclass(slots=True, kw_only=True)
class FakeApns:
    """
    A push server.

    Attributes:
        client_roots: PEM of the roots whose pass certificates may push. With these or `keys`, a push needs a sender.
        keys: Keys for provider tokens (.p8), by key id.
        fault: How it fails just now.
        goaway_after: Seconds from connect to GOAWAY, under that fault.
        latency: Seconds from a push to its answer.
        port: Where it listens on 127.0.0.1; 0 takes a free one at the first start, then keeps it.
        clock: Seconds since 1970, to judge provider tokens by.
        received: Every whole push, refused ones and those never answered included, in order.
        connects: Connections made so far.
    """

    client_roots: bytes = b""
    keys: Mapping[str, TeamKey] = field(default_factory=dict)
    fault: Fault = Fault.NONE
    goaway_after: float = 0.5
    latency: float = 0.0
    port: int = 0
    clock: Callable[[], float] = time.time
    received: list[ReceivedPush] = field(default_factory=list)
    connects: int = 0
    _refusals: dict[str, Reply] = field(default_factory=dict)
    _listeners: list[tuple[str | None, Listener]] = field(default_factory=list)
    _seen: int = 0
    _certificate: LocalhostCertificate = field(default_factory=LocalhostCertificate.create)
    _folder: TemporaryDirectory[str] | None = None
    _server: asyncio.Server | None = None
    _connections: set[Connection] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """What WALLETPASS_APNS_URL takes."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca_pem(self) -> bytes:
        """The root of its own certificate."""
        return self._certificate.root_pem

    @property
    def ca_file(self) -> Path:
        """The same as a file, which WALLETPASS_APNS_CA takes; it goes with `close`."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="fake-apns-")
        file = Path(self._folder.name, "root.pem")
        file.write_bytes(self.ca_pem)
        return file

    @property
    def accepted(self) -> list[ReceivedPush]:
        """The pushes that were answered 200."""
        return [push for push in self.received if push.reply is not None and push.reply.status == 200]

    def listen(self, listener: Listener, *, token: str | None = None) -> None:
        """Tell somebody of each push that is accepted, of one push token or of all."""
        self._listeners.append((token, listener))

    def refuse(self, token: str, reply: Reply) -> None:
        """Answer pushes to this token so, as long as they are right otherwise, until `allow`."""
        self._refusals[token] = reply

    def allow(self, token: str) -> None:
        """No longer refuse it."""
        self._refusals.pop(token, None)

    async def start(self) -> None:
        """Listen: at the beginning, and again after `stop`, on the same port."""
        context = self._certificate.server_context(client_roots=self.client_roots)
        context.set_alpn_protocols(["h2"])
        rules = Rules(self.keys, bool(self.client_roots or self.keys), clock=self.clock)

        def connect() -> Connection:
            streams = {Fault.STREAMS_100: 100, Fault.STREAMS_1: 1}.get(self.fault, 1000)
            return Connection(rules=rules, streams=streams, answer=self._answer, opened=self._opened)

        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(connect, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go down: connections are cut, new ones refused."""
        if self._server is not None:
            self._server.close()
            for connection in list(self._connections):
                connection.abort()
            await self._server.wait_closed()
            self._server = None

    async def close(self) -> None:
        """Stop for good."""
        await self.stop()
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _opened(self, connection: Connection, is_open: bool) -> None:
        if not is_open:
            self._connections.discard(connection)
            return
        self.connects += 1
        self._connections.add(connection)
        if self.fault is Fault.GOAWAY:
            asyncio.get_running_loop().call_later(self.goaway_after, connection.go_away)

    def _answer(self, connection: Connection, stream: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Decide about one whole request."""
        self._seen += 1
        tenth = self._seen % 10 == 0
        named = dict(headers)
        token = named.get(":path", "").rpartition("/")[2]
        reply: Reply | None = connection.rules.judge(connection.sender, headers, body)
        if reply == Reply():
            if self.fault is Fault.ALL_GONE:
                reply = Reply(410, "Unregistered", int(self.clock() * 1000))
            elif self.fault is Fault.BARE_503:
                reply = Reply(503)
            elif tenth and self.fault in (Fault.RESET_TENTH, Fault.SILENT_TENTH):
                reply = None
            else:
                reply = self._refusals.get(token, reply)
        push = ReceivedPush(
            token=token,
            topic=named.get("apns-topic", connection.sender.topic or ""),
            apns_id=named.get("apns-id", ""),
            headers=named,
            body=body,
            certificate=connection.sender.topic,
            reply=reply,
        )
        self.received.append(push)
        if reply is not None:
            self._later(lambda: connection.reply(stream, push.apns_id, reply))
        elif self.fault is Fault.RESET_TENTH:
            self._later(lambda: connection.reset(stream))
        if reply is not None and reply.status == 200:
            self._tell(push)

    def _later(self, act: Callable[[], None]) -> None:
        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, act)
        else:
            act()

    def _tell(self, push: ReceivedPush) -> None:
        for token, listener in self._listeners:
            if token is None or token == push.token:
                waiting = listener(push)
                if waiting is not None:
                    task = asyncio.ensure_future(_await(waiting))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)


async def _await(waiting: Awaitable[None]) -> None:
    await waiting
