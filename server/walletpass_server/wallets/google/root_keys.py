"""
Google's root keys, fetched when needed and kept in memory for as long as Google says.

A forged callback never causes a call: keys are fetched because they are old, not because a signature failed.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx

from walletpass.errors import RootKeysUnreadable
from walletpass.google import RootKeys
from walletpass_server.rehearsal import is_loopback
from walletpass_server.settings import Settings

TIMEOUT = timedelta(seconds=5)
"""For the whole of a fetch."""
LARGEST_DOCUMENT = 64 * 1024
"""Bytes; a real one has 500."""
USUAL_LIFE = timedelta(hours=1)
"""Of an answer that does not say how long it may be kept."""
SHORTEST_LIFE = timedelta(minutes=1)
"""Whatever the answer says, so that many callbacks never mean many calls."""
PAUSE = timedelta(seconds=30)
"""Between two tries after one that failed."""

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?(\d{1,9})")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Fetched:
    """Keys, and for how long: half of their life over, they are fetched again while the old ones still serve."""

    keys: RootKeys
    stale_at: datetime
    ends_at: datetime


class RootKeyStore:
    """
    The root keys of a process.

    ```python
    store = RootKeyStore(settings)
    verify_callback(body, issuer_id=issuer, root_keys=await store.keys(), now=now)
    ```
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._url = settings.google_root_keys_url
        self._http_allowed = settings.allow_http or settings.rehearsal
        self._clock = clock
        self._kept: _Fetched | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._rests_until: datetime | None = None
        self._trouble: RootKeysUnreadable | None = None

    async def keys(self) -> RootKeys:
        """
        The keys that may vouch for a callback now.

        Raises:
            RootKeysUnreadable: There are none, and they cannot be fetched.
        """
        now = self._clock()
        if self._kept is None or now >= self._kept.ends_at:
            await self._fetch(now)
        elif now >= self._kept.stale_at:
            self._begin(now)
        # Keys outlive their document when Google cannot be reached: only their own expiry ends them.
        if self._kept is None or not self._kept.keys.usable(now):
            raise self._trouble or RootKeysUnreadable(f"{self._url}: all of Google's root keys have expired")
        return self._kept.keys

    async def _fetch(self, now: datetime) -> None:
        fetching = self._begin(now)
        if fetching is not None:
            await asyncio.shield(fetching)  # others wait for it too

    def _begin(self, now: datetime) -> asyncio.Task[None] | None:
        """The one fetch under way; a new one, unless the last failed just now."""
        if self._fetching is not None:
            return self._fetching
        if self._rests_until is not None and now < self._rests_until:
            return None
        self._fetching = asyncio.create_task(self._refresh(), name="google-root-keys")
        return self._fetching

    async def _refresh(self) -> None:
        try:
            self._kept, self._trouble, self._rests_until = await self._ask(), None, None
        except RootKeysUnreadable as exc:
            _logger.warning("%s", exc)
            self._trouble, self._rests_until = exc, self._clock() + PAUSE
        finally:
            self._fetching = None

    async def _ask(self) -> _Fetched:
        address = urlsplit(self._url)
        own = is_loopback(address.hostname or "")
        if address.scheme != "https" and not (self._http_allowed or own):
            raise RootKeysUnreadable(f"{self._url}: is not https: correct WALLETPASS_GOOGLE_ROOT_KEYS_URL")
        try:
            async with (
                asyncio.timeout(TIMEOUT.total_seconds()),
                httpx.AsyncClient(trust_env=not own) as client,  # a proxy does not reach this machine
                client.stream("GET", self._url) as answer,
            ):
                answer.raise_for_status()
                document = await _at_most(answer, LARGEST_DOCUMENT)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as exc:
            why = type(exc).__name__
            raise RootKeysUnreadable(f"{self._url}: Google's root keys cannot be fetched ({why}); tried again") from exc
        keys = RootKeys.parse(document)
        now = self._clock()
        if not keys.usable(now):
            raise RootKeysUnreadable(f"{self._url}: names no root key that is valid: check the address and the clock")
        life = lifetime(answer.headers)
        ends_at = min(now + life, *(root.expires_at for root in keys.keys if root.expires_at > now))
        return _Fetched(keys, now + (ends_at - now) / 2, ends_at)


def lifetime(headers: Mapping[str, str]) -> timedelta:
    """How long an answer may be kept: `max-age` of Cache-Control, less the Age it has already."""
    found = _MAX_AGE.search(headers.get("cache-control", "").lower())
    if found is None:
        return USUAL_LIFE
    age = headers.get("age", "0").strip()
    seconds = int(found[1]) - (int(age) if age.isascii() and age.isdigit() and len(age) < 10 else 0)
    return max(SHORTEST_LIFE, timedelta(seconds=seconds))


async def _at_most(answer: httpx.Response, size: int) -> bytes:
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > size:
            raise RootKeysUnreadable(f"{answer.url}: is larger than {size:,} bytes: check the address")
    return body
