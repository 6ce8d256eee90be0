"""Who asks, and whether the key allows it: before anything of the request is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from walletpass.errors import KeyRefused, RequestInvalid, ScopeMissing
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.key_desk import unknown_key
from walletpass_server.engine.keys import Key
from walletpass_server.engine.pace import Allowance
from walletpass_server.engine.traffic import belongs

SCOPE = "scope"
"""What each handler says of itself: the scope that it needs; None where no key is asked for."""
_ALLOWANCE = "allowance"


async def authorise(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """
    Let a request in whose key is good, within its client's pace, and allowed to do this.

    Raises:
        KeyRefused, TooManyRequests, ScopeMissing, RequestInvalid: In this order.
    """
    if connection.scope.get("method") == "OPTIONS":  # answered by the framework; what methods there are is no secret
        return
    needed = handler.opt[SCOPE]
    if needed is None:
        return
    on = connection.app.state["on"]
    key = await on.keys.find(_bearer(connection.headers.get("authorization", "")))
    connection.scope["auth"] = key
    belongs(connection.scope, key.client_id)
    connection.state[_ALLOWANCE] = await on.pace.take(key.client_id)
    if needed not in key.scopes:
        raise ScopeMissing(f"this key may not do that: it needs the scope {needed}; create a key with it")
    _refuse_null(connection)


def _refuse_null(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Litestar reads the word null as nothing given: a filter for it would let everything through."""
    queries = connection.query_params.multi_items() if connection.scope["query_string"] else ()
    given = [("query", name, value) for name, value in queries]
    given += [("header", name, connection.headers.get(name, "")) for name in ("if-match", "idempotency-key")]
    faults: list[dict[str, object]] = [
        {"type": "parameter", "loc": (place, name), "msg": "null is no value: leave it out"}
        for place, name, value in given
        if str(value).lower() == "null"
    ]
    if faults:
        raise RequestInvalid(faults)


def _bearer(header: str) -> str:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise unknown_key()
    return text.strip()


async def caller(request: Request[Any, Key, Any], on: NamedDependency[Platform]) -> Key:  # noqa: ARG001
    """The key of the request. It asks for `on` so as to come after it: to have both at once costs a task for each."""
    if not isinstance(request.scope.get("auth"), Key):
        raise KeyRefused("this needs a key")
    return request.auth


def tell_pace(app: ASGIApp) -> ASGIApp:
    """Middleware: the client's pace goes with each answer, refusals too; no answer is to be kept by anybody."""

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_headers(scope, message["headers"])]
            await send(message)

        await app(scope, receive, send_told)

    return told


def _headers(scope: Scope, own: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    allowance = scope["state"].get(_ALLOWANCE)
    if isinstance(allowance, Allowance):
        yield b"ratelimit-limit", str(allowance.limit).encode()
        yield b"ratelimit-remaining", str(allowance.remaining).encode()
        yield b"ratelimit-reset", str(allowance.reset).encode()
    if not any(name.lower() == b"cache-control" for name, _ in own):
        yield b"cache-control", b"no-store"
