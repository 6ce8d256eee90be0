"""
The head of an answer waits for the beginning of its body, so that both leave in one write.

uvicorn writes them one after the other, and the event loop passes each on at once: two system calls and two packets,
where most answers fit into one.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class OneWrite:
    """
    Stands between one request's cycle and its transport. Not for HEAD: there no body follows.

    ```python
    cycle.transport = OneWrite(cycle)
    ```
    """

    __slots__ = ("_cycle", "_head", "_transport")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._transport: asyncio.Transport = cycle.transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Keep the first part of the answer until there is a second; an empty one will do."""
        if self._head:
            self._transport.writelines((self._head, data))
            self._head = b""
        elif self._head is None and self._cycle.response_started:
            self._head = data
        else:  # 100 Continue, or more of the body
            self._transport.write(data)

    def close(self) -> None:
        """Write what waits, then close."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""
        self._transport.close()

    def is_closing(self) -> bool:
        """As the transport says."""
        return self._transport.is_closing()
