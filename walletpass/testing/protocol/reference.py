"""
The smallest web service that keeps every rule, in memory: to read beside the rules, and to try the suite itself on.

It is an ASGI application. Passes come from `issue`; `change` and `void` make new versions and push.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

from walletpass.apple.compile import WebService
from walletpass.apple.maker import PassMaker
from walletpass.testing.web_service import PASS_MEDIA_TYPE, SCHEME

LARGEST_BODY = 65_536

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Push:
    """What a device hears: its token, and the pass type."""

    token: str
    topic: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request, its path cut into decoded parts."""

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Stored:
    """A pass: its newest version, when that was made, and the count of changes at that moment."""

    serial: str
    secret: str
    values: dict[str, object]
    bundle: bytes = b""
    voided: bool = False
    last_modified: int = 0
    change: int = 0


REFUSED = Answer(401, b'{"error":"unauthorized"}', {"Content-Type": "application/json"})
MALFORMED = Answer(400)


class ReferenceService:
    """
    A web service for the passes of one maker.

    Attributes:
        epoch: First part of its tags; a restore makes another one.
        passes: By serial.
        registrations: Per device: push token, and per serial the count of changes when it registered.
        pushes: Everything pushed so far.
        log: Lines that devices sent.
    """

    def __init__(self, maker: PassMaker, url: str, pass_type: str) -> None:
        """
        Args:
            maker: Makes the bundles.
            url: `webServiceURL` in them.
            pass_type: The pass type identifier that they carry.
        """
        self._maker = maker
        self._url = url
        self._pass_type = pass_type
        self.epoch = secrets.token_hex(8)
        self._changes = 0
        self._listeners: list[Callable[[Push], None]] = []
        self.passes: dict[str, Stored] = {}
        self.registrations: dict[str, tuple[str, dict[str, int]]] = {}
        self.pushes: list[Push] = []
        self.log: list[str] = []

    def issue(self, serial: str, values: Mapping[str, object] | None = None) -> bytes:
        """A new pass."""
        stored = self.passes[serial] = Stored(serial, secrets.token_hex(16), dict(values or {}))
        self._make(stored)
        return stored.bundle

    def change(self, serial: str, **values: object) -> None:
        """A new version of a pass, told to whoever registered."""
        stored = self.passes[serial]
        stored.values.update(values)
        self._make(stored)
        for token, held in self.registrations.values():
            if serial in held:
                self._push(Push(token, self._pass_type))

    def void(self, serial: str) -> None:
        """Take a pass back."""
        self.passes[serial].voided = True
        self.change(serial)

    def listen(self, listener: Callable[[Push], None]) -> None:
        """Tell somebody of each push."""
        self._listeners.append(listener)

    def _push(self, push: Push) -> None:
        self.pushes.append(push)
        for listener in self._listeners:
            listener(push)

    def _make(self, stored: Stored) -> None:
        self._changes += 1
        stored.change = self._changes
        stored.last_modified = self.next_date(stored)
        service = WebService(url=self._url, authentication_token=stored.secret)
        stored.bundle = self._maker.make(stored.serial, stored.values, web_service=service, voided=stored.voided)

    def next_date(self, stored: Stored) -> int:
        """
        The date of a version made now. HTTP dates have whole seconds, so two versions in one need two dates; those
        that would run further ahead share one, and are fetched again until the clock has come there.
        """
        now, before = int(time.time()), stored.last_modified
        return max(now, min(before + 1, now + 2), before)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            return
        body = b""
        while len(body) <= LARGEST_BODY:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        answer = self.answer(scope, body)
        headers = {"Content-Length": str(len(answer.body)), **answer.headers}
        if answer.status in (204, 304):
            del headers["Content-Length"]
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    def answer(self, scope: Scope, body: bytes) -> Answer:
        """The answer to one request."""
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        path = raw.partition(b"?")[0]
        path = b"/" + path.lstrip(b"/")  # webServiceURL may end in a slash
        if len(path) > 4096:
            return Answer(414)
        try:
            parts = tuple(unquote_to_bytes(part).decode() for part in path.split(b"/")[1:])
            query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
        except UnicodeDecodeError:
            return Answer(404)
        if any("\0" in part for part in parts):
            return Answer(404)
        if len(body) > LARGEST_BODY:
            return Answer(413)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        return self.route(Request(scope["method"], parts, query, headers, body))

    def route(self, request: Request) -> Answer:
        """Which of the five requests it is."""
        get = "GET" if request.method == "HEAD" else request.method
        match request.parts:
            case ["v1", "devices", device, "registrations", pass_type, serial]:
                handlers = {"POST": self.register, "DELETE": self.unregister}
                if get in handlers:
                    return handlers[get](request, device, pass_type, serial)
                return _not_allowed("POST, DELETE")
            case ["v1", "devices", device, "registrations", pass_type]:
                return self.list_changed(request, device, pass_type) if get == "GET" else _not_allowed("GET, HEAD")
            case ["v1", "passes", pass_type, serial]:
                return self.fetch(request, pass_type, serial) if get == "GET" else _not_allowed("GET, HEAD")
            case ["v1", "log"]:
                return self.take_log(request) if get == "POST" else _not_allowed("POST")
        return Answer(404)

    def register(self, request: Request, device: str, pass_type: str, serial: str) -> Answer:
        """A device wants updates of a pass."""
        if self.opened(request, pass_type, serial) is None:
            return REFUSED
        content = _object(request.body)
        token = content.get("pushToken") if content else None
        if not isinstance(token, str) or not 0 < len(token) <= 1000 or not token.isascii() or not token.isprintable():
            return MALFORMED
        _, held = self.registrations.get(device, ("", {}))
        self.registrations[device] = (token, held)  # the newest push token counts, also when nothing else is new
        if serial in held:
            return Answer(200)
        held[serial] = self._changes
        return Answer(201)

    def unregister(self, request: Request, device: str, pass_type: str, serial: str) -> Answer:
        """A device wants no more of them."""
        if self.opened(request, pass_type, serial) is None:
            return REFUSED
        _, held = self.registrations.get(device, ("", {}))
        held.pop(serial, None)
        if not held:
            self.registrations.pop(device, None)
        return Answer(200)

    def list_changed(self, request: Request, device: str, pass_type: str) -> Answer:
        """The passes on a device that changed since a tag, the boundary included."""
        _, held = self.registrations.get(device, ("", {}))
        epoch, _, count = request.query.get("passesUpdatedSince", [""])[0].partition(".")
        since = int(count) if epoch == self.epoch and count.isdecimal() and len(count) < 18 else 0
        since = since if since <= self._changes else 0
        new = [serial for serial, known in held.items() if max(known, self.passes[serial].change) >= since]
        if pass_type != self._pass_type or not new:
            return Answer(204)
        content = {"serialNumbers": sorted(new), "lastUpdated": f"{self.epoch}.{self._changes}"}
        return Answer(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def fetch(self, request: Request, pass_type: str, serial: str) -> Answer:
        """The newest version, unless the device has it."""
        stored = self.opened(request, pass_type, serial)
        if stored is None:
            return REFUSED
        if stored.last_modified <= _seconds(request.headers.get("if-modified-since", "")):
            return Answer(304)
        told = min(stored.last_modified, int(time.time()))  # a date that lies ahead is fetched again later
        headers = {"Content-Type": PASS_MEDIA_TYPE, "Last-Modified": formatdate(told, usegmt=True)}
        return Answer(200, stored.bundle, {**headers, "Cache-Control": "private, no-cache"})

    def take_log(self, request: Request) -> Answer:
        """What went wrong on a device."""
        content = _object(request.body)
        lines = content.get("logs") if content else None
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            return MALFORMED
        self.log += [line[:1000] for line in lines[:100]]
        return Answer(200)

    def opened(self, request: Request, pass_type: str, serial: str) -> Stored | None:
        """The pass, if the request brings its secret. A pass that is unknown is compared too: it takes as long."""
        stored = self.passes.get(serial) if pass_type == self._pass_type else None
        scheme, _, secret = request.headers.get("authorization", "").strip().partition(" ")
        known = hmac.compare_digest((stored.secret if stored else "").encode(), secret.strip().encode())
        return stored if stored and known and scheme == SCHEME else None


def _not_allowed(allow: str) -> Answer:
    return Answer(405, headers={"Allow": allow})


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _seconds(date: str) -> float:
    """An HTTP date in any of its three forms as seconds since 1970; nonsense lies before every version."""
    try:
        read = parsedate_to_datetime(date)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()  # the old C form names no zone
    except (ValueError, OverflowError, TypeError):
        return 0
