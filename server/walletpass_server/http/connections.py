"""
A connection of a client, bounded in bytes and in time.

uvicorn reads heads of any size, waits for ever for a body that does not come, and for a client that does not read. A
server on the open internet must not. `Connection` keeps uvicorn's parsing and adds the bounds; `WebServer` looks at the
clocks of all connections once a second, which costs less than a timer for each request.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from math import inf
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from walletpass_server.http.one_write import OneWrite

HEAD_BYTES = 32 * 1024
"""A request's line and headers together."""
URL_BYTES = 8 * 1024
HEADERS = 100
CONNECTIONS = 1000
"""Of one process; beyond it idle ones are closed, then new ones refused."""
HEAD_SECONDS = 10.0
"""From the first byte to the end of the head; also from connecting to the first byte."""
BODY_SECONDS = 30.0
WRITE_SECONDS = 60.0
"""How long a client may leave unread what waits for it."""
LINGER_SECONDS = 2.0
"""How long what a refused client still sends is thrown away, so that it reads the answer before the line is cut."""
KEEP_ALIVE_SECONDS = 30
STOP_SECONDS = 3.0
"""How long a client that sends or reads slowly is waited for when the server stops."""


class _Refused(Exception):
    """The request being read is not read further: raised inside the parser's callbacks."""


class Connection(HttpToolsProtocol):
    """
    One connection.

    ```python
    uvicorn.Config(app, http=Connection, ws="none")
    ```
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._due = inf
        """When what the client is sending must be here."""
        self._unread_due = inf
        """When the client must have read what waits for it."""
        self._in_head = False
        self._in_body = False
        self._head_bytes = 0
        self._refusal = HTTPStatus.BAD_REQUEST
        self._refused = False

    def expire(self, now: float) -> None:
        """Close the connection if its client took too long; `now` is the loop's time."""
        if now > self._unread_due or (self._refused and now > self._due):
            self.transport.abort()
        elif now > self._due:
            if self._in_head or (self._in_body and not self.cycle.response_started):
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)
            else:
                self._cut()

    def shutdown(self) -> None:
        """The server stops: what was asked is answered, but whoever is slow has little time left."""
        super().shutdown()
        soon = self.loop.time() + STOP_SECONDS
        if self._in_head or self._in_body:
            self._due = min(self._due, soon)
        if self._unread_due < inf:
            self._unread_due = min(self._unread_due, soon)

    @property
    def idle(self) -> bool:
        """Whether a request was answered and the next has not begun."""
        return self.cycle is not None and self.cycle.response_complete and not (self._in_head or self._in_body)

    # What asyncio calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        full = len(self.connections) >= CONNECTIONS
        super().connection_made(transport)
        self._due = self.loop.time() + HEAD_SECONDS
        if full and not self._make_room():
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def data_received(self, data: bytes) -> None:
        if self._refused or self.transport.is_closing():
            return
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES and not self._refused:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_due = self.loop.time() + WRITE_SECONDS

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread_due = inf

    # What the parser calls

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._due = self.loop.time() + HEAD_SECONDS

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > URL_BYTES:
            raise self._refusing(HTTPStatus.REQUEST_URI_TOO_LONG)

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body = False, True
        self._due = self.loop.time() + BODY_SECONDS
        if len(self.headers) > HEADERS or sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES:
            raise self._refusing(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if self.parser.should_upgrade() and self._announces_body():
            raise self._refusing(HTTPStatus.BAD_REQUEST)  # the parser would take the body for the next request
        super().on_headers_complete()
        if self.scope["method"] != "HEAD":
            self.cycle.transport = OneWrite(self.cycle)  # type: ignore[assignment] # all that a cycle calls

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_body = False
        self._due = inf if not self.cycle.response_complete else self._rest()

    def on_response_complete(self) -> None:
        # Not uvicorn's, which starts a timer after each answer: `expire` looks at the clock of every connection anyway.
        self.server_state.total_requests += 1
        now = self.loop.time()
        if self._in_body:  # answered before it was read, a body too large for instance
            self._due = now + LINGER_SECONDS
        elif not self._in_head and not self.pipeline:
            self._due = self._rest()
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
        if self.transport.get_write_buffer_size():
            self._unread_due = now + WRITE_SECONDS

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the parser's own words may hold what was sent
        self._refuse(self._refusal)

    def _cut(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # closing would wait for a client that does not read
        else:
            self.transport.close()

    def _rest(self) -> float:
        """Empty lines between two requests keep no connection open."""
        return self.loop.time() + KEEP_ALIVE_SECONDS

    def _announces_body(self) -> bool:
        return any(name in {b"content-length", b"transfer-encoding"} and value != b"0" for name, value in self.headers)

    def _refusing(self, status: HTTPStatus) -> _Refused:
        self._refusal = status
        return _Refused()

    def _make_room(self) -> bool:
        idle = next((other for other in self.connections if isinstance(other, Connection) and other.idle), None)
        if idle is not None:
            idle.transport.close()
        return idle is not None

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with a status and nothing else, then throw away what still comes, for a moment."""
        self._refused = True
        self._due = self.loop.time() + LINGER_SECONDS
        if self.cycle is not None and not self.cycle.response_complete:  # its handler need not wait for the rest
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(
            b"".join(
                [
                    STATUS_LINE[status],
                    *(b"%b: %b\r\n" % header for header in self.server_state.default_headers),
                    b"content-length: 0\r\nconnection: close\r\n\r\n",
                ]
            )
        )
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
