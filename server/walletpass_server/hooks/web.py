"""
Web hooks: each event is one POST, signed by Standard Webhooks.

Few connections with requests one after the other are faster than many, so a lane waits for a free one of those.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic

import httpcore
from standardwebhooks import Webhook

from walletpass import __version__
from walletpass.errors import UsageError
from walletpass_server.hooks.network import Guarded, Networks, check_url
from walletpass_server.hooks.outcomes import Attempt, Parcel
from walletpass_server.hooks.secrets import signing_secrets
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import HookEndpointRow

TIMEOUT = 15.0
"""Seconds an endpoint has for its answer."""
AT_ONCE = 8
"""Requests to one endpoint under way."""
SPELL = 20.0
"""Seconds after which no further delivery of a batch is begun."""
ANSWER_BYTES = 16_384
"""Of an answer's body, read so that the connection can be used again, and thrown away."""
IDLE = 30.0
"""Seconds a connection is kept."""
LONGEST_WAIT = timedelta(hours=1)


class WebCarrier:
    """Posts events."""

    def __init__(self, keyring: Keyring, private: Networks = (), *, context: ssl.SSLContext | None = None) -> None:
        """
        Args:
            keyring: Opens the secrets of endpoints.
            private: Networks that are allowed although they are not public.
            context: Whom to believe, instead of the system's authorities.
        """
        self._keyring = keyring
        self._private = private
        context = context or ssl.create_default_context()
        self._https = _pool(Guarded(private), context)
        self._http = _pool(Guarded(private, only_private=True), None)

    async def carry(self, endpoint: HookEndpointRow, lanes: Sequence[Sequence[Parcel]]) -> list[Attempt]:
        """As `Carrier.carry`."""
        signers = [Webhook(secret) for secret in signing_secrets(self._keyring, endpoint, datetime.now(UTC))]
        try:
            check_url(endpoint.url, self._private)  # the settings may have changed since it was added
        except UsageError as refused:
            return [Attempt(lane[0], arrived=False, error=str(refused)[:200]) for lane in lanes]
        pool = self._http if endpoint.url.startswith("http:") else self._https
        waiting, attempts, end = deque(lanes), [], monotonic() + SPELL

        async def work() -> None:
            while waiting and monotonic() < end:
                for parcel in waiting.popleft():
                    if monotonic() >= end:
                        return
                    attempt = await self._post(pool, endpoint.url, signers, parcel)
                    attempts.append(attempt)
                    if not attempt.arrived:
                        break

        async with asyncio.TaskGroup() as working:
            for _ in range(min(AT_ONCE, len(lanes))):
                working.create_task(work())
        return attempts

    async def close(self) -> None:
        """Close the connections."""
        await self._https.aclose()
        await self._http.aclose()

    async def _post(
        self, pool: httpcore.AsyncConnectionPool, url: str, signers: Sequence[Webhook], parcel: Parcel
    ) -> Attempt:
        body = json.dumps(parcel.event.document(), ensure_ascii=False, separators=(",", ":"))
        now = datetime.now(UTC)  # the package signs wall time as if it were UTC
        headers = {
            "content-type": "application/json",
            "user-agent": f"walletpass/{__version__}",
            "webhook-id": parcel.event.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signer.sign(parcel.event.id, now, body) for signer in signers),
        }
        try:
            async with asyncio.timeout(TIMEOUT):
                status, retry_after = await _exchange(pool, url, headers, body.encode())
        except TimeoutError:
            return Attempt(parcel, arrived=False, error=f"no answer within {TIMEOUT:.0f} s")
        except Exception as exc:  # noqa: BLE001 - an address of others: whatever is wrong there, the next one is served
            return Attempt(parcel, arrived=False, error=f"{type(exc).__name__}: {exc}"[:200])
        if 200 <= status < 300:
            return Attempt(parcel, arrived=True, status=status)
        says = "it redirects, which is not followed" if 300 <= status < 400 else "it was refused"
        return Attempt(
            parcel, arrived=False, status=status, error=f"{status}: {says}", wait=_wait(retry_after, now),
            gone=status == 410,
        )  # fmt: skip


def _pool(backend: Guarded, context: ssl.SSLContext | None) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(
        ssl_context=context,
        max_connections=256,
        max_keepalive_connections=64,
        keepalive_expiry=IDLE,
        network_backend=backend,
    )


async def _exchange(
    pool: httpcore.AsyncConnectionPool, url: str, headers: dict[str, str], body: bytes
) -> tuple[int, str]:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    host = httpcore.URL(url)
    name = host.host if host.port is None else host.host + b":%d" % host.port
    sent += [(b"host", name), (b"content-length", b"%d" % len(body))]
    async with pool.stream("POST", url, headers=sent, content=body) as answer:
        size = 0
        async for part in answer.aiter_stream():
            size += len(part)
            if size > ANSWER_BYTES:
                break
        retry_after = next(
            (value.decode("latin-1") for key, value in answer.headers if key.lower() == b"retry-after"), ""
        )
        return answer.status, retry_after


def _wait(retry_after: str, now: datetime) -> timedelta | None:
    """Seconds or a date, as RFC 9110 has it; nonsense counts for nothing."""
    try:
        if retry_after.isdecimal():
            wait = timedelta(seconds=min(int(retry_after), 86_400))
        else:
            wait = parsedate_to_datetime(retry_after) - now
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
