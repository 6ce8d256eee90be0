"""What every request passes through, whatever door it is for: who asks, how it is logged and measured, safe headers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from secrets import token_hex
from time import perf_counter, time
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from walletpass_server import metrics
from walletpass_server.engine.traffic import Traffic
from walletpass_server.logs import request_id

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
PROBES = frozenset({"/healthz", "/readyz"})
"""Asked every few seconds by machines: not worth a line each."""
NOWHERE = "-"
"""The route of requests that no route fits."""
DEFAULTS: dict[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
"""Sent where a door sends none of its own."""
HSTS = (b"strict-transport-security", b"max-age=31536000")

_logger = logging.getLogger("walletpass_server.requests")


class Frame:
    """
    An ASGI application around another.

    ```python
    app.asgi_handler = Frame(app.asgi_handler, allowed={"/healthz": "GET, HEAD, OPTIONS"}, https=True)
    ```
    """

    def __init__(
        self, app: ASGIApp, *, allowed: Mapping[str, str], https: bool, traffic: Traffic | None = None
    ) -> None:
        """
        Args:
            app: What answers.
            allowed: Route to the methods it takes. Litestar 2 tells OPTIONS those of one handler only.
            https: Whether browsers may be told never to come by plain http.
            traffic: Where requests and bytes of each client are counted.
        """
        self._app = app
        self._traffic = traffic or Traffic()
        self._allowed = {route: methods.encode() for route, methods in allowed.items()}
        self._defaults = [*DEFAULTS.items(), *([HSTS] if https else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        ident = token_hex(8)
        request_id.set(ident)
        status = size = 0

        async def send_framed(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._headers(scope, list(message["headers"]), ident)
            elif message["type"] == "http.response.body":
                size += len(message["body"])
            await send(message)

        try:
            await self._app(scope, receive, send_framed)
        finally:
            _observe(scope, status, perf_counter() - started)
            self._traffic.count(scope, size)

    def _headers(self, scope: Any, headers: list[tuple[bytes, bytes]], ident: str) -> list[tuple[bytes, bytes]]:
        if scope["method"] == "OPTIONS" and (methods := self._allowed.get(scope.get("path_template", ""))):
            headers = [(name, value) for name, value in headers if name.lower() != b"allow"]
            headers.append((b"allow", methods))
        own = {name.lower() for name, _ in headers}
        headers += [(name, value) for name, value in self._defaults if name not in own]
        # uvicorn's own is up to a second late: a pass just changed would be younger than its answer
        headers += [(b"x-request-id", ident.encode()), (b"date", _date(int(time())))]
        return headers


@lru_cache(2)
def _date(seconds: int) -> bytes:
    return formatdate(seconds, usegmt=True).encode()


@lru_cache(1024)
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Looking up labels costs more than counting."""
    return metrics.REQUESTS.labels(method, route, status), metrics.REQUEST_SECONDS.labels(route)


def _observe(scope: Any, status: int, seconds: float) -> None:
    """The route, never the path: a path holds tokens, and there is no end of them."""
    route = scope.get("path_template") or NOWHERE
    method = scope["method"] if scope["method"] in METHODS else "other"
    answered, took = _series(method, route, status)
    answered.inc()
    took.observe(seconds)
    extra = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    _logger.log(logging.DEBUG if route in PROBES else logging.INFO, "request", extra=extra)
