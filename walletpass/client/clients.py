"""The two clients: they wait and send, and decide nothing."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

import httpx

from walletpass import __version__
from walletpass.client.api.imports import ImportOut
from walletpass.client.call import Call, Page
from walletpass.client.conversation import Conversation, Got, Step, ask
from walletpass.client.faults import answer_of
from walletpass.client.uploads import import_file
from walletpass.errors import UsageError

T = TypeVar("T")

TIMEOUT = 30.0
"""Seconds without a byte after which a request is given up."""
_KEY = re.compile(r"wp_[\w-]{1,200}", re.ASCII)


class Client:
    """
    A client of the API for programs that do one thing after the other.

        with Client("https://passes.example.com", key) as shop:
            made = shop.send(tokens.create_token(7, external_id="K-1", values={"name": "Ada"}))
            for each in shop.every(passes.list_passes(operation_id=7)):
                print(each.serial, each.model)

    It may be shared by threads. What goes wrong raises an `ApiError`; see `walletpass.errors`.
    """

    def __init__(self, url: str, key: str, *, language: str = "en", http: httpx.Client | None = None) -> None:
        """
        Args:
            url: Of the server, without `/v1`.
            key: Of the API: `wp_…`.
            language: Of the messages: en or fr.
            http: What to send with, such as one with a proxy or a CA of its own; it is closed with this client.

        Raises:
            UsageError: The address or the key cannot be one.
        """
        self._http = http or httpx.Client(timeout=TIMEOUT)
        self._how = _Address(url, key, language)

    def send(self, call: Call[T]) -> T:
        """
        Send a request, again if need be; what it answers.

        Raises:
            ApiError: It was refused, or the server does not answer.
        """
        return self._carry_out(ask(call))

    def every(self, call: Call[Page[T]]) -> Iterator[T]:
        """All entries of a list, page after page."""
        following: Call[Page[T]] | None = call
        while following is not None:
            page = self.send(following)
            yield from page.items
            following = _next(following, page)

    def import_file(
        self, operation_id: int, file: Path, *, progress: Callable[[ImportOut], None] = lambda _: None
    ) -> ImportOut:
        """
        Make a token for each row of a file, up to a million. The same file again goes on where it broke off.

        Args:
            operation_id: Where.
            file: `.csv` with a header, or `.jsonl`; see docs/api.md.
            progress: Told whenever it is further.

        Returns:
            The import as it ended: `state` is done or failed, `faults` are rows that were left out.

        Raises:
            ApiError: It cannot go on; the same call later does.
            UsageError: The file is empty, or neither .csv nor .jsonl.
        """
        return self._carry_out(import_file(operation_id, file, progress))

    def save(self, call: Call[Any], file: Path) -> None:
        """
        Send a request whose answer is a file, and write it as it comes, whatever its size; for the owner alone.

        Raises:
            ApiError: It was refused, or broke off: there is no file then, or still that of before.
        """
        try:
            with self._http.stream(**self._how.request(Step(call))) as got:
                if not got.is_success:
                    got.read()
                    answer_of(call, got)
                with _whole(file) as target:
                    for part in got.iter_bytes():
                        target.write(part)
        except httpx.TransportError as exc:
            answer_of(call, exc)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _carry_out(self, conversation: Conversation[T]) -> T:
        got: Got | None = None
        while True:
            try:
                step = next(conversation) if got is None else conversation.send(got)
            except StopIteration as end:
                answer: T = end.value
                return answer
            time.sleep(step.after)
            try:
                got = self._http.request(**self._how.request(step))
            except httpx.TransportError as exc:
                got = exc


class AsyncClient:
    """
    The same for asyncio: `await shop.send(…)`, `async for each in shop.every(…)`.

    An `import_file` reads parts of the file in the loop: a few milliseconds each.
    """

    def __init__(self, url: str, key: str, *, language: str = "en", http: httpx.AsyncClient | None = None) -> None:
        """As `Client`; `http` is an `httpx.AsyncClient`."""
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)
        self._how = _Address(url, key, language)

    async def send(self, call: Call[T]) -> T:
        """As `Client.send`."""
        return await self._carry_out(ask(call))

    async def every(self, call: Call[Page[T]]) -> AsyncIterator[T]:
        """As `Client.every`."""
        following: Call[Page[T]] | None = call
        while following is not None:
            page = await self.send(following)
            for each in page.items:
                yield each
            following = _next(following, page)

    async def import_file(
        self, operation_id: int, file: Path, *, progress: Callable[[ImportOut], None] = lambda _: None
    ) -> ImportOut:
        """As `Client.import_file`."""
        return await self._carry_out(import_file(operation_id, file, progress))

    async def save(self, call: Call[Any], file: Path) -> None:
        """As `Client.save`."""
        try:
            async with self._http.stream(**self._how.request(Step(call))) as got:
                if not got.is_success:
                    await got.aread()
                    answer_of(call, got)
                with _whole(file) as target:
                    async for part in got.aiter_bytes():
                        target.write(part)
        except httpx.TransportError as exc:
            answer_of(call, exc)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _carry_out(self, conversation: Conversation[T]) -> T:
        got: Got | None = None
        while True:
            try:
                step = next(conversation) if got is None else conversation.send(got)
            except StopIteration as end:
                answer: T = end.value
                return answer
            await asyncio.sleep(step.after)
            try:
                got = await self._http.request(**self._how.request(step))
            except httpx.TransportError as exc:
                got = exc


class _Address:
    """Where requests go, and what all of them carry."""

    def __init__(self, url: str, key: str, language: str) -> None:
        try:
            known = httpx.URL(url)
        except httpx.InvalidURL:
            known = httpx.URL("")
        if known.scheme not in ("http", "https") or not known.host:
            raise UsageError(f"{url!r}: is no address of a server: write https://passes.example.com, without /v1")
        if not _KEY.fullmatch(key):
            raise UsageError("the key of the API is wp_test_… or wp_live_…, without a space or line break around it")
        self._url = url.rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Accept-Language": language,
            "User-Agent": f"walletpass/{__version__}",
        }

    def request(self, step: Step) -> dict[str, Any]:
        """A request as httpx takes it."""
        call = step.call
        return {
            "method": call.method,
            "url": self._url + call.path,
            "params": dict(call.query) or None,
            "headers": {**self._headers, **call.headers},
            "content": call.content,
        }


@contextmanager
def _whole(file: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its name only once it is whole."""
    part = file.with_name(f"{file.name}.part")
    part.touch(mode=0o600)
    try:
        with part.open("wb") as target:
            yield target
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _next(call: Call[Page[T]], page: Page[T]) -> Call[Page[T]] | None:
    return None if page.next is None else replace(call, query={**call.query, "cursor": page.next})
