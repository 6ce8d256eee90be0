"""uvicorn as part of a process: it starts and stops with the others, and keeps an eye on slow clients."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from litestar import Litestar

from walletpass.errors import UsageError
from walletpass_server.http.connections import Connection

GRACE_SECONDS = 30
"""How long requests in flight may take to be answered when the server stops."""
BACKLOG = 2048
"""Connections the system keeps that no process has taken yet."""
_TICKS = 10
"""uvicorn ticks ten times a second."""


class WebServer(uvicorn.Server):
    """
    uvicorn for one application.

    ```python
    server = WebServer(app)
    task = group.create_task(server.serve([listener]))
    server.should_exit = True  # requests in flight are answered, then the task ends
    ```
    """

    def __init__(self, app: Litestar) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                log_config=None,
                access_log=False,  # its lines hold paths; `Frame` logs routes
                proxy_headers=False,  # done inside, by WALLETPASS_TRUSTED_PROXIES
                server_header=False,
                date_header=False,  # `Frame` sends it
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's, not the web server's: others have to stop too."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Once a second, close the connections of clients that took too long."""
        if counter % _TICKS == 0:
            self._expire()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was asked; clients' clocks go on, although uvicorn ticks no more."""
        looking = asyncio.create_task(self._go_on_expiring())
        try:
            await super().shutdown(sockets)
        finally:
            looking.cancel()

    async def _go_on_expiring(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._expire()

    def _expire(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection):
                connection.expire(now)


def listen(host: str, port: int) -> socket.socket:
    """
    A socket that listens. Clients may connect at once; they are answered when the server has started.

    Args:
        host: A name or an address.
        port: 0 for one that is free.

    Raises:
        UsageError: The port is in use, or the address is not of this machine.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(
            address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6()
        )
    except OSError as exc:
        raise UsageError(f"{host}:{port}: cannot listen there: {exc.strerror}; choose with --host and --port") from exc
    listener.setblocking(False)
    return listener


def allow_many_files() -> None:
    """Let this process hold as many connections as the system lets it; the usual limit is lower than ours."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
