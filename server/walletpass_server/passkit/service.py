"""
Apple's web service: what an iPhone asks about the passes it holds.

Paths, codes and headers are Apple's; what they mean here is in docs/apple-web-service.md. A pass is opened by its own
secret alone, and whoever has not got it learns nothing, not even whether there is such a pass.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from litestar.types import Receive, Scope, Send
from pydantic_core import to_json

from walletpass.errors import (
    CredentialUnfit,
    DatabaseBusy,
    DatabaseUnavailable,
    NotFound,
    SecretUnreadable,
    SigningError,
    WriterBusy,
)
from walletpass_server.bootstrap import Platform
from walletpass_server.engine import device_log, phones
from walletpass_server.engine.news import News
from walletpass_server.engine.traffic import belongs
from walletpass_server.passkit.exchange import Refusal, answer, header, http_date, read_http_date, read_object, refuse
from walletpass_server.passkit.paths import TEMPLATES, Route, Target, target_of
from walletpass_server.persistence.device_reads import PassAsked, is_storable
from walletpass_server.persistence.last_modified import told_last_modified, unmodified
from walletpass_server.wallets.apple.provider import AppleProvider

LONGEST_NAME = 200
"""Of a device identifier, and of a push token: what their columns hold. Apple's are 32 and 64."""

_SCHEME = "ApplePass "
_JSON = (b"content-type", b"application/json")
_RETRY_SOON = "5"
_RETRY_LATER = "300"
"""Seconds until somebody may have looked at a certificate."""

Handler = Callable[[Target, Scope, Receive, Send], Awaitable[None]]

_logger = logging.getLogger(__name__)


class PassKitService:
    """The web service as an ASGI application. One for each process."""

    def __init__(self, on: Platform, apple: AppleProvider, *, clock: Callable[[], datetime]) -> None:
        self._on = on
        self._apple = apple
        self._clock = clock
        self._logs = device_log.Intake(on.writer)
        # Opened where there is no pass, so that a wrong serial takes as long as a wrong secret.
        self._decoy = on.keyring.seal(b"-" * 32, "pass", "secret", 0)
        self._handlers: dict[Route, dict[str, Handler]] = {
            "registration": {"POST": self._register, "DELETE": self._unregister},
            "list": {"GET": self._list, "HEAD": self._list},
            "pass": {"GET": self._fetch, "HEAD": self._fetch},
            "log": {"POST": self._log},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            target, handler = self._route(scope)
            await handler(target, scope, receive, send)
        except Refusal as refusal:
            await refuse(scope, send, refusal)
        except (DatabaseBusy, DatabaseUnavailable, WriterBusy) as exc:
            _logger.warning("a phone is asked to come again: %s", exc)
            await refuse(scope, send, _come_again(_RETRY_SOON))
        except ConnectionResetError:
            pass  # the phone went away before it had said everything
        except Exception:
            _logger.exception("a fault of the program, while a phone was answered")
            await refuse(scope, send, Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of the server, in its log"))

    def _route(self, scope: Any) -> tuple[Target, Handler]:
        target = target_of(scope["raw_path"])
        if target is None or target.route not in self._handlers:
            raise Refusal(HTTPStatus.NOT_FOUND, "Apple's web service has nothing at this path")
        scope["path_template"] = TEMPLATES[target.route]
        allowed = self._handlers[target.route]
        handler = allowed.get(scope["method"])
        if handler is None:
            methods = ", ".join(allowed)
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"here Apple's web service knows {methods}", allow=methods)
        return target, handler

    async def _register(self, target: Target, scope: Scope, receive: Receive, send: Send) -> None:
        asked, _ = await self._opened(target, scope)
        if len(target.device) > LONGEST_NAME or not is_storable(target.device):
            raise Refusal(HTTPStatus.BAD_REQUEST, f"a device identifier has 1 to {LONGEST_NAME} characters of UTF-8")
        token = (await read_object(receive)).get("pushToken")
        if not isinstance(token, str) or not 1 <= len(token) <= LONGEST_NAME or not token.isprintable():
            raise Refusal(HTTPStatus.BAD_REQUEST, f"pushToken is 1 to {LONGEST_NAME} printable characters")
        now = self._clock()
        try:
            new = await self._on.writer.write(
                asked.client_id,
                lambda unit: phones.register(
                    unit, asked.operation_id, asked.id, target.device, token, now, keyring=self._on.keyring
                ),
            )
        except NotFound:  # erased since it was read
            raise _not_opened() from None
        await answer(scope, send, HTTPStatus.CREATED if new else HTTPStatus.OK, [])

    async def _unregister(self, target: Target, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        asked, _ = await self._opened(target, scope)
        now = self._clock()
        if len(target.device) <= LONGEST_NAME and is_storable(target.device):
            try:
                await self._on.writer.write(
                    asked.client_id,
                    lambda unit: phones.unregister(
                        unit, asked.operation_id, asked.id, target.device, now, keyring=self._on.keyring
                    ),
                )
            except NotFound:
                raise _not_opened() from None
        await answer(scope, send, HTTPStatus.OK, [])

    async def _list(self, target: Target, scope: Any, receive: Receive, send: Send) -> None:  # noqa: ARG002
        query: bytes = scope["query_string"]
        told = parse_qs(query.decode("latin-1")).get("passesUpdatedSince") if query else None
        if is_storable(target.device) and is_storable(target.pass_type):
            tag = told[0] if told else None
            changes = await self._apple.reads.changed_since(target.device, target.pass_type, tag)
            if changes.serials:
                body = to_json({"serialNumbers": changes.serials, "lastUpdated": changes.tag})
                await answer(scope, send, HTTPStatus.OK, [_JSON], body)
                return
        await answer(scope, send, HTTPStatus.NO_CONTENT, [])

    async def _fetch(self, target: Target, scope: Any, receive: Receive, send: Send) -> None:  # noqa: ARG002
        asked, secret = await self._opened(target, scope)
        now = self._clock()
        told = http_date(told_last_modified(asked.last_modified, int(now.timestamp())))
        since = header(scope, b"if-modified-since")
        if since is not None and self._has_it(asked, since):
            await answer(scope, send, HTTPStatus.NOT_MODIFIED, [(b"last-modified", told.encode())])
            return
        try:
            found = await self._apple.bundle(asked, secret, now)
        except (SigningError, CredentialUnfit, SecretUnreadable) as exc:
            _logger.error("pass %d of client %d cannot be signed: %s", asked.id, asked.client_id, exc)
            raise _come_again(_RETRY_LATER) from exc
        if scope["method"] == "GET":
            news = News(type="pass.fetched", operation_id=asked.operation_id, pass_id=asked.id, data=_fetched(asked))
            await self._on.listeners.tell(asked.client_id, [news], now, cause="apple.fetch")
        headers = [
            (b"content-type", found.media_type.encode()),
            (b"content-disposition", f'attachment; filename="{found.file_name}"'.encode()),
            (b"last-modified", told.encode()),
        ]
        await answer(scope, send, HTTPStatus.OK, headers, *found.parts)

    async def _log(self, target: Target, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        lines = (await read_object(receive)).get("logs")
        if not isinstance(lines, list):
            raise Refusal(HTTPStatus.BAD_REQUEST, "logs is a list of texts")
        await self._logs.take([line for line in lines if isinstance(line, str)], self._clock())
        await answer(scope, send, HTTPStatus.OK, [])

    async def _opened(self, target: Target, scope: Scope) -> tuple[PassAsked, str]:
        """
        The pass of a target, and its own secret, which the phone presented.

        Raises:
            Refusal: 401, the same whether there is no such pass or the secret is another's.
        """
        presented = (header(scope, b"authorization") or "").strip()
        secret = presented.removeprefix(_SCHEME).strip() if presented.startswith(_SCHEME) else ""
        asked = None
        if is_storable(target.pass_type) and is_storable(target.serial):
            asked = await self._apple.reads.by_serial(target.pass_type, target.serial)
        sealed, row = (self._decoy, 0) if asked is None else (asked.sealed_secret, asked.id)
        try:
            own = self._on.keyring.unseal(sealed, "pass", "secret", row)
        except SecretUnreadable as exc:
            _logger.error("the secret of a pass cannot be read: %s", exc)
            raise _come_again(_RETRY_LATER) from exc
        same = hmac.compare_digest(own, secret.encode())
        if asked is None or not same:
            raise _not_opened()
        belongs(scope, asked.client_id)
        return asked, secret

    @staticmethod
    def _has_it(asked: PassAsked, since: str) -> bool:
        if since == http_date(asked.last_modified):  # what we told, nearly always
            return True
        read = read_http_date(since)
        return read is not None and unmodified(asked.last_modified, read)


def _fetched(asked: PassAsked) -> dict[str, str]:
    return {"wallet": "apple", "model": asked.model}


def _not_opened() -> Refusal:
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        "this pass is opened by its own secret alone: Authorization: ApplePass <authenticationToken>",
        www_authenticate="ApplePass",
    )


def _come_again(seconds: str) -> Refusal:
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "this cannot be answered now: come again", retry_after=seconds)
