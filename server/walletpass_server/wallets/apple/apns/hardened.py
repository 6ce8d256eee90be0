"""
aioapns 4.0, hardened: the one file that leans on its inside, which is why the version is pinned.

Of aioapns we keep the protocol over h2, the connection, and the pool that holds connections. What it lacks is here: a
host of our choice, ALPN, `:authority`, a limit of time for each push, answers without a body, streams that are
reset, GOAWAY, windows that are refilled, one write to the socket for all pushes of a turn of the loop, waiting for room
without polling, and rest between vain tries to connect.

Every push that is accepted for sending ends, with an answer or an error: `Connection.push` never waits for more than
an answer that has its deadline, and `Pool.push` never for more than room on connections that have one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aioapns.connection import APNsBaseClientProtocol, APNsBaseConnectionPool, APNsTLSClientProtocol
from aioapns.exceptions import ConnectionClosed
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from hpack import Encoder
from hpack.struct import HeaderTuple, NeverIndexedHeaderTuple

from walletpass.errors import ApnsRefusesCertificate, ApnsUnreachable
from walletpass_server.wallets.apple.apns.client import Answer, Push
from walletpass_server.wallets.apple.apns.identity import Identity

ANSWER_SECONDS = 10.0
"""How long a push waits for its answer, once it was sent."""
CONNECT_SECONDS = 10.0
LOOK_SECONDS = 1.0
"""Between two looks for pushes that waited too long."""
PING_SECONDS = 3600.0
"""After that long without a word a connection is asked whether it is there, as Apple advises."""
CONNECTIONS = 4
STREAMS = 100
"""Pushes at once on a connection, where the server allows more: h2 counts all open streams with each new one."""
TRIES = 3
"""Connections tried for one push, when each is lost under way."""
LONGEST_REST = 20.0
"""Seconds between two tries to connect, at most."""
BODY = b"{}"

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Exchange:
    """A push under way."""

    answer: asyncio.Future[Answer]
    sent_at: float
    status: int = 0
    body: bytearray = field(default_factory=bytearray)


class _PlainEncoder(Encoder):
    """Headers without Huffman coding, which saves a few bytes of each push and takes an eighth of its time."""

    def encode(self, headers: Any, huffman: bool = False) -> bytes:
        """As `Encoder.encode`."""
        return super().encode(headers, huffman)


_CONFIGURATION = H2Configuration(
    client_side=True,
    header_encoding=None,
    validate_outbound_headers=False,  # they are written below, a push at a time
    normalize_outbound_headers=False,
    validate_inbound_headers=False,  # of an answer only the status is looked at
    normalize_inbound_headers=False,
)


class Connection(APNsTLSClientProtocol):
    """One connection. It is ready once the server has said how many streams it takes."""

    def __init__(self, pool: Pool, authority: str) -> None:
        super().__init__("", pool.loop)
        self.conn = H2Connection(_CONFIGURATION)
        self.conn.encoder = _PlainEncoder()
        self.ready: asyncio.Future[None] = pool.loop.create_future()
        self._pool = pool
        self._constant = (
            HeaderTuple(":method", "POST"),
            HeaderTuple(":scheme", "https"),
            HeaderTuple(":authority", authority),
        )
        self._waiting: dict[int, _Exchange] = {}
        self._limit = STREAMS
        self._closing = False
        self._flushing = False
        self._heard_at = pool.loop.time()
        self._asked_at = float("inf")
        self._look_later = pool.loop.call_later(LOOK_SECONDS, self._look)

    @property
    def is_busy(self) -> bool:
        """Whether another push has to wait, or go elsewhere."""
        full = len(self._waiting) >= self._limit
        return self._closing or full or self.conn.outbound_flow_control_window < len(BODY)

    async def push(self, push: Push, authorization: str | None) -> Answer:
        """
        Send one push; only while not `is_busy`.

        Raises:
            ConnectionClosed: It was lost on the way; whether APNs has it is not known.
            TimeoutError: The connection is there, and no answer came.
        """
        try:
            stream = self.conn.get_next_available_stream_id()
            self.conn.send_headers(stream, self._headers(push, authorization))
            self.conn.send_data(stream, BODY, end_stream=True)
        except ProtocolError as exc:  # such as: all numbers of streams are used up
            self._abort(repr(exc))
            raise ConnectionClosed(repr(exc)) from exc
        self.flush()
        exchange = self._waiting[stream] = _Exchange(self.loop.create_future(), self.loop.time())
        try:
            return await exchange.answer
        finally:
            if self._waiting.pop(stream, None) is not None:  # the caller was cancelled
                self._drop(stream)

    def _headers(self, push: Push, authorization: str | None) -> list[HeaderTuple]:
        """What is the same in all pushes is kept in the table of headers that both sides share; the rest is not."""
        headers = [
            *self._constant,
            NeverIndexedHeaderTuple(":path", f"/3/device/{push.token}"),
            NeverIndexedHeaderTuple("apns-id", push.apns_id),
            HeaderTuple("apns-topic", push.topic),
            HeaderTuple("apns-priority", str(push.priority)),
            HeaderTuple("apns-expiration", str(push.expires_at)),
        ]
        if push.push_type is not None:
            headers.append(HeaderTuple("apns-push-type", push.push_type))
        if authorization is not None:
            headers.append(HeaderTuple("authorization", authorization))
        return headers

    def data_received(self, data: bytes) -> None:
        """Bytes of the server."""
        self._heard_at, self._asked_at = self.loop.time(), float("inf")
        try:
            events = self.conn.receive_data(data)
        except ProtocolError as exc:
            self._abort(repr(exc))
            return
        for event in events:
            self._handle(event)
        self.flush()

    def _handle(self, event: Event) -> None:
        if isinstance(event, ResponseReceived):
            if event.stream_id in self._waiting:
                status = next(value for name, value in event.headers if name == b":status")
                self._waiting[event.stream_id].status = int(status)
        elif isinstance(event, DataReceived):
            self.conn.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if event.stream_id in self._waiting:
                self._waiting[event.stream_id].body += event.data
        elif isinstance(event, StreamEnded):
            exchange = self._waiting.pop(event.stream_id, None)
            if exchange is not None:
                self._end(exchange, _answer(exchange.status, exchange.body))
        elif isinstance(event, StreamReset):
            exchange = self._waiting.pop(event.stream_id, None)
            if exchange is not None:
                self._end(exchange, ConnectionClosed(f"the stream was reset: {event.error_code}"))
        elif isinstance(event, RemoteSettingsChanged):
            streams = event.changed_settings.get(SettingCodes.MAX_CONCURRENT_STREAMS)
            if streams is not None:
                self._limit = min(STREAMS, streams.new_value)
            if not self.ready.done():
                self.ready.set_result(None)
            self._pool.room_for(self._limit)
        elif isinstance(event, ConnectionTerminated):
            why = (event.additional_data or b"").decode("utf-8", "replace")
            self._abort(f"GOAWAY {event.error_code} {why}")  # h2 takes nothing more; what is under way goes again

    def _end(self, exchange: _Exchange, result: Answer | Exception) -> None:
        if not exchange.answer.done():
            if isinstance(result, Exception):
                exchange.answer.set_exception(result)
            else:
                exchange.answer.set_result(result)
        self._pool.room_for(1)

    def flush(self) -> None:
        """Write what h2 has, once for all pushes of this turn of the loop."""
        if not self._flushing:
            self._flushing = True
            self.loop.call_soon(self._write)

    def _write(self) -> None:
        self._flushing = False
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(self.conn.data_to_send())

    def refresh_inactivity_timer(self) -> None:
        """Connections stay open: Apple takes opening and closing many for an attack."""

    def _look(self) -> None:
        """Once a second: pushes that waited too long, and whether anybody is there."""
        now = self.loop.time()
        self._look_later = self.loop.call_later(LOOK_SECONDS, self._look)
        if now - self._asked_at > ANSWER_SECONDS:
            self._abort("no answer to PING")
            return
        for stream, exchange in list(self._waiting.items()):  # the oldest first
            if now - exchange.sent_at < ANSWER_SECONDS:
                break
            if self._heard_at < exchange.sent_at:
                self._abort(f"nothing heard for {ANSWER_SECONDS:.0f} seconds")
                return
            del self._waiting[stream]
            self._drop(stream)
            self._end(exchange, TimeoutError(f"no answer within {ANSWER_SECONDS:.0f} seconds"))
        if self._asked_at == float("inf") and now - self._heard_at > PING_SECONDS:
            self._asked_at = now
            self.conn.ping(b"are you?")
            self.flush()

    def _drop(self, stream: int) -> None:
        """Nobody waits for this answer any more: free the stream at the server too."""
        with suppress(ProtocolError):
            self.conn.reset_stream(stream, ErrorCodes.CANCEL)
        self.flush()
        self._pool.room_for(1)

    def close(self) -> None:
        """Cut it."""
        self._abort("closed")

    def _abort(self, why: str) -> None:
        _logger.info("connection to APNs ended: %s", why)
        if self.transport is not None:
            self.transport.abort()
        self._fail(ConnectionClosed(why))

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone."""
        self.transport = None
        self._fail(exc or ConnectionClosed("the server closed the connection"))

    def _fail(self, exc: Exception) -> None:
        if self._closing:
            return
        self._closing = True
        self._look_later.cancel()
        self._pool.discard_connection(self)
        if not self.ready.done():
            self.ready.set_exception(exc)
        under_way, self._waiting = list(self._waiting.values()), {}
        for exchange in under_way:
            self._end(exchange, ConnectionClosed(str(exc)))
        self._pool.room_for(self._limit)


class Pool(APNsBaseConnectionPool):
    """The connections of one credential: an `ApnsClient`."""

    def __init__(self, host: str, port: int, who: Identity) -> None:
        super().__init__(max_connections=CONNECTIONS)
        self._host, self._port, self._who = host, port, who
        self._authority = host if port == 443 else f"{host}:{port}"
        self._connecting: asyncio.Task[None] | None = None
        self._queue: deque[asyncio.Future[None]] = deque()
        self._failed_tries = 0
        self._rest_until = 0.0
        self._trouble: Exception = ConnectionClosed("not tried yet")
        self._closed = False

    async def push(self, push: Push) -> Answer:
        """See `ApnsClient.push`."""
        renewed = False
        tries = 0
        while True:
            connection = await self._with_room()
            authorization = self._who.token.header() if self._who.token is not None else None
            try:
                answer = await connection.push(push, authorization)
            except ConnectionClosed as exc:
                tries += 1
                if tries == TRIES or self._closed:
                    raise ApnsUnreachable(f"{self._authority} lost the push {tries} times: {exc}") from exc
                continue
            except TimeoutError as exc:
                raise ApnsUnreachable(f"{self._authority} gives {exc}") from exc
            if answer.reason == "ExpiredProviderToken" and self._who.token and authorization and not renewed:
                self._who.token.expired(authorization)
                renewed = True
                continue
            return answer

    def close(self) -> None:
        """See `ApnsClient.close`."""
        self._closed = True
        for connection in list(self.connections):
            connection.close()
        if self._connecting is not None:
            self._connecting.cancel()
        self.room_for(len(self._queue))

    def discard_connection(self, connection: APNsBaseClientProtocol) -> None:
        """A connection has ended."""
        if connection in self.connections:
            self.connections.remove(connection)

    def room_for(self, pushes: int) -> None:
        """That many who wait may look again."""
        while pushes > 0 and self._queue:
            waiting = self._queue.popleft()
            if not waiting.done():
                waiting.set_result(None)
                pushes -= 1

    async def _with_room(self) -> Connection:
        """A connection that takes a push, as soon as there is one."""
        while True:
            if self._closed:
                raise ApnsUnreachable("pushing was stopped: the letter stays")
            for connection in self.connections:
                if isinstance(connection, Connection) and not connection.is_busy:
                    return connection
            resting = self.loop.time() < self._rest_until
            if resting and not self.connections:
                raise _told(self._trouble, self._authority)
            if self._connecting is None and not resting and len(self.connections) < self.max_connections:
                self._connecting = self.loop.create_task(self._connect())
            waiting = self.loop.create_future()
            self._queue.append(waiting)
            try:
                await waiting
            except asyncio.CancelledError:
                if waiting.done() and not waiting.cancelled():
                    self.room_for(1)  # the next one takes its turn
                raise

    async def _connect(self) -> None:
        """One more connection, to wherever the name leads now; rests for longer with each vain try."""
        try:
            connection = await self._opened()
        except (OSError, ConnectionClosed, TimeoutError) as exc:
            self._failed_tries += 1
            rest = min(LONGEST_REST, 2.0 ** (self._failed_tries - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load
            self._rest_until, self._trouble = self.loop.time() + rest, exc
            _logger.warning("no connection to APNs at %s, next try in %.1f s: %r", self._authority, rest, exc)
            if self.connections:  # those who wait for room on the others do not wait for this
                self.loop.call_later(rest, self.room_for, 1)
            else:
                self.loop.call_soon(self.room_for, len(self._queue))
        else:
            self._failed_tries = 0
            self.connections.append(connection)
            self.loop.call_soon(self.room_for, STREAMS)
        finally:
            self._connecting = None

    async def _opened(self) -> Connection:
        made = Connection(self, self._authority)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self.loop.create_connection(lambda: made, self._host, self._port, ssl=self._who.tls)
                await made.ready
        except BaseException:
            made.close()
            if not made.ready.cancelled():
                made.ready.exception()  # seen: it is what is raised here, or came of it
            raise
        return made


def _answer(status: int, body: bytearray) -> Answer:
    try:
        told = json.loads(body) if body else {}
    except ValueError:
        told = {}
    if not isinstance(told, dict):
        return Answer(status)
    stamp = told.get("timestamp")
    since = None
    if isinstance(stamp, int | float):
        with suppress(OverflowError, ValueError, OSError):
            since = datetime.fromtimestamp(stamp / 1000, UTC)
    return Answer(status, str(told.get("reason") or ""), since)


def _told(trouble: Exception, authority: str) -> ApnsUnreachable | ApnsRefusesCertificate:
    """Why nobody answers, as the error of it."""
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return ApnsUnreachable(f"{authority} is not who it should be ({trouble.reason}): check WALLETPASS_APNS_CA")
    alert = (trouble.reason or "") if isinstance(trouble, ssl.SSLError) else ""
    if "ALERT" in alert and ("CERTIFICATE" in alert or "UNKNOWN_CA" in alert):
        return ApnsRefusesCertificate(f"{authority} refuses our certificate ({alert}): renew it with Apple")
    return ApnsUnreachable(f"{authority} does not answer: {trouble or type(trouble).__name__}: is it reachable?")
