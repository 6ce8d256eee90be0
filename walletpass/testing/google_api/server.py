"""A small HTTP server on this machine, in a thread of its own, that can be told to misbehave."""

from __future__ import annotations

import gzip
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from typing import Any

Headers = Mapping[str, str]
MAX_BODY = 20 * 1024 * 1024
REMEMBERED = 100_000
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Seen:
    """
    A request that came in.

    Attributes:
        at: When, in seconds of the machine's monotonic clock.
        method, path: As asked, the path with its query.
        status: The answer; 0 when the connection was dropped without one.
        body: As sent.
    """

    at: float
    method: str
    path: str
    status: int
    body: bytes = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Fault:
    """
    How to misbehave.

    Attributes:
        status: Answer this, without doing the work. 0: drop the connection without an answer. None: work as usual.
        times: For so many requests; None: until healed.
        path: For requests whose path contains this.
        method: For requests of this method; empty: of all.
        retry_after: Seconds, in the header Retry-After.
        reason: Google's word for it.
        wait: Seconds until anything happens.
        lost: Do the work first: only the answer is bad.
    """

    status: int | None = 500
    times: int | None = 1
    path: str = ""
    method: str = ""
    retry_after: int | None = None
    reason: str = "backendError"
    wait: float = 0
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    headers: Headers = field(default_factory=dict)


Handle = Callable[[str, str, Headers, bytes], Answer]
"""Method, path with query, headers, body."""


class LocalServer:
    """
    Serves one function on a free port of 127.0.0.1.

    Attributes:
        url: Without a slash at the end.
        requests: The last 100,000 that came in, in order of their answers.
    """

    def __init__(self, handle: Handle, fault_answer: Callable[[Fault], Answer], port: int = 0) -> None:
        self.requests: deque[Seen] = deque(maxlen=REMEMBERED)
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._work = handle
        self._fault_answer = fault_answer
        self._server = _QuietServer(("127.0.0.1", port), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="fake-google", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, and drop who is connected."""
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                end_connection(connection)
        self._server.server_close()

    def fail(self, fault: Fault) -> None:
        """Misbehave from now on; the first fault that fits a request counts."""
        with self._lock:
            self._faults.append(fault)

    def heal(self) -> None:
        """Behave again."""
        with self._lock:
            self._faults.clear()

    def connected(self, connection: socket.socket, *, ended: bool) -> None:
        """A client came, or left."""
        with self._lock:
            (self._open.discard if ended else self._open.add)(connection)

    def answer(self, method: str, path: str, headers: Headers, body: bytes) -> Answer | None:
        """Do what a request asks, or what a fault says; None: drop the connection."""
        at = monotonic()
        fault = self._fault_for(method, path)
        if fault and fault.wait:
            sleep(fault.wait)
        answer: Answer | None = None
        if fault is None or fault.status is None or fault.lost:
            answer = self._work(method, path, headers, body)
        if fault and fault.status is not None:
            answer = self._fault_answer(fault) if fault.status else None
        with self._lock:
            self.requests.append(Seen(at, method, path, answer.status if answer else 0, body))
        return answer

    def _fault_for(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.path in path and fault.method in ("", method) and fault.times != 0:
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None


class _QuietServer(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """A client that went away in the middle is not worth a word."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(*_)


def end_connection(connection: socket.socket) -> None:
    """End a connection that may have ended already."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _handler(owner: LocalServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # headers and body leave together

        def setup(self) -> None:
            super().setup()
            owner.connected(self.connection, ended=False)

        def finish(self) -> None:
            owner.connected(self.connection, ended=True)
            try:
                super().finish()
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            """Say nothing: `requests` has it all."""

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY:
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = owner.answer(self.command, self.path, headers, self.rfile.read(length))
            if answer is None:
                self.close_connection = True
                end_connection(self.connection)
                return
            try:
                self._send(answer, headers)
            except OSError:  # the client did not wait
                self.close_connection = True

        def _send(self, answer: Answer, asked: Headers) -> None:
            body = answer.body
            self.send_response(answer.status)
            if "gzip" in asked.get("accept-encoding", "") and "gzip" in asked.get(
                "user-agent", ""
            ):  # Google wants both
                body = gzip.compress(body)
                self.send_header("Content-Encoding", "gzip")
            for name, value in {"Content-Type": "application/json; charset=UTF-8", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names that the base class looks for

    return Handler
