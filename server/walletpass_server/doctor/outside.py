"""The public URL, Apple and Google, as they are reached from here. Each try is short; offline, they are left out."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from walletpass.errors import UsageError
from walletpass_server.doctor.check import Check
from walletpass_server.doctor.storage import CLOCKS
from walletpass_server.rehearsal import check_public_url, is_loopback
from walletpass_server.settings import Settings

PATIENCE = 5.0
"""Seconds for each try."""
ALIVE = "ok\n"
"""What /healthz answers."""


@dataclass(frozen=True, slots=True)
class _Reached:
    """What came of a try: `why` it failed, or when it is `date` there."""

    why: str = ""
    network: bool = False
    """The network is why: there is none, or something on the way lets nothing through."""
    date: datetime | None = None


async def examine(settings: Settings, now: datetime) -> AsyncIterator[Check]:
    """Public URL, APNs, Google, and this clock against Google's."""
    public, apns, google = await asyncio.gather(_public(settings), _handshake(settings), _ask(settings.google_api_url))
    yield public
    offline = apns.network and google.network
    yield _verdict("apns", settings.apns_url, apns, offline=offline)
    yield _verdict("google", settings.google_api_url, google, offline=offline)
    if google.date is not None:
        apart = abs((google.date - now).total_seconds())
        sound = apart <= CLOCKS.total_seconds()
        hint = "" if sound else ": set this machine's clock by NTP, or signatures and Google's tokens are refused"
        yield Check("clock outside", sound, f"{apart:,.0f} s from Google's{hint}")


async def _public(settings: Settings) -> Check:
    url = settings.public_url
    try:
        check_public_url(settings)
    except UsageError as fault:
        return Check("public url", False, str(fault))
    found = await _ask(f"{url}/healthz", expected=ALIVE)
    if not found.why:
        return Check("public url", True, f"{url} reaches this server")
    if is_loopback(urlsplit(url).hostname or ""):
        return Check(
            "public url", True, f"{url} is of this machine alone: set WALLETPASS_PUBLIC_URL before phones come"
        )
    return Check("public url", False, f"{url}/healthz: {found.why}: is the server running, are DNS and proxy right?")


def _verdict(name: str, url: str, found: _Reached, *, offline: bool) -> Check:
    if not found.why:
        return Check(name, True, f"{url} is reached")
    if offline:
        return Check(name, True, "left out: this machine has no way to Apple or Google now")
    return Check(name, False, f"{url}: {found.why}: check firewall, proxy and certificates")


async def _ask(url: str, *, expected: str | None = None) -> _Reached:
    """Any answer will do, unless one is expected."""
    try:
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.get(url)
    except (httpx.ConnectError, httpx.TimeoutException, TimeoutError) as exc:
        return _Reached(_words(exc), network=not isinstance(_root(exc), ssl.SSLError))
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        return _Reached(_words(exc))
    if expected is not None and answer.text != expected:
        return _Reached(f"something else answers there, with {answer.status_code}")
    try:
        return _Reached(date=parsedate_to_datetime(answer.headers["date"]))
    except (KeyError, ValueError):
        return _Reached()


async def _handshake(settings: Settings) -> _Reached:
    """TLS to APNs; nothing is said, since every word there counts against the credential."""
    parts = urlsplit(settings.apns_url)
    try:
        trust = ssl.create_default_context(cafile=settings.apns_ca)
    except OSError as exc:
        return _Reached(f"WALLETPASS_APNS_CA={settings.apns_ca} cannot be read: {exc.strerror}")
    trust.set_alpn_protocols(["h2"])
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=trust)
            writer.transport.abort()  # a polite goodbye fails where it crosses the server's first words
    except ssl.SSLError as exc:
        return _Reached(_words(exc))
    except (OSError, TimeoutError) as exc:
        return _Reached(_words(exc), network=True)
    return _Reached()


def _words(exc: BaseException) -> str:
    return str(exc).partition("\n")[0] or "no answer in time"


def _root(exc: BaseException) -> BaseException:
    while (before := exc.__cause__ or exc.__context__) is not None:
        exc = before
    return exc
