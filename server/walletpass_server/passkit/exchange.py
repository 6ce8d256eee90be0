"""Requests and answers of the device paths, straight on ASGI: a framework around them would cost more than they do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_tz
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from litestar.types import Receive, Scope, Send
from pydantic_core import from_json

BODY_BYTES = 64 * 1024
"""More than any phone sends: a push token, or some lines of log."""

JOINED_BYTES = 64 * 1024
"""Below it copying the parts of a body together costs less than one more call to send."""

Headers = list[tuple[bytes, bytes]]

_ALWAYS = (b"cache-control", b"private, no-store")
_PLAIN = (b"content-type", b"text/plain; charset=utf-8")


class Refusal(Exception):
    """A request that ends here, with this answer."""

    def __init__(self, status: HTTPStatus, says: str, **headers: str) -> None:
        super().__init__(says)
        self.status = status
        self.says = says
        self.headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]


async def answer(scope: Scope, send: Send, status: int, headers: Headers, *parts: bytes) -> None:
    """
    Send an answer. To HEAD it is the same without its body.

    Args:
        scope: Of the request.
        send: To the server.
        status: HTTP status.
        headers: Beside Content-Length and Cache-Control.
        parts: The body; large ones are sent one after the other without joining.
    """
    length = sum(map(len, parts))
    sent = [*headers, _ALWAYS]
    if status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        sent.append((b"content-length", b"%d" % length))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    if length < JOINED_BYTES:
        parts = (b"".join(parts),)
    body = (b"",) if scope["method"] == "HEAD" else parts  # type: ignore[typeddict-item] # HTTP scopes alone
    for part in body[:-1]:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": body[-1], "more_body": False})


async def refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Send a refusal: a line of text, for whoever looks at the traffic; phones read the status alone."""
    await answer(scope, send, refusal.status, [*refusal.headers, _PLAIN], f"{refusal.says}\n".encode())


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of that name, lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


async def read_object(receive: Receive) -> Mapping[str, Any]:
    """
    The body as a JSON object.

    Raises:
        Refusal: It is too large, or no JSON object.
    """
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionResetError
        body += message["body"]
        if len(body) > BODY_BYTES:
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {BODY_BYTES} bytes")
        if not message["more_body"]:
            break
    try:
        read = from_json(body)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the body is not a JSON object")
    return read


@lru_cache(4096)
def http_date(seconds: int) -> str:
    """Whole seconds since 1970 as HTTP writes them."""
    return formatdate(seconds, usegmt=True)


def read_http_date(text: str) -> int | None:
    """Any of the three forms of RFC 9110, in whole seconds since 1970; None for nonsense."""
    try:
        read = parsedate_tz(text)
        return None if read is None else int(datetime(*read[:6], tzinfo=UTC).timestamp()) - (read[9] or 0)
    except (ValueError, OverflowError, IndexError, TypeError):  # the parser promises none, and forgets some texts
        return None
