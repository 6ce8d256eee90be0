"""Who stands for Apple and Google in a rehearsal, where the settings name nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from walletpass.errors import GoogleError
from walletpass.google import ServiceAccount
from walletpass.testing.apns import FakeApns
from walletpass.testing.google_api import FakeGoogle
from walletpass_server.demo.credentials import google_account
from walletpass_server.settings import APNS, GOOGLE_API, GOOGLE_ROOT_KEYS, Settings
from walletpass_server.wallets.google.client import ServiceAccountAuth

TOKEN_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Fakes:
    """
    The stand-ins, and the settings that lead to them.

    Attributes:
        settings: As given, with the stand-ins' addresses where none were named.
        apns: In use unless the settings named a push server.
        google: In use unless the settings named an API; for access tokens also where that API hands out none.
        token_url: Where the sample service account gets its access tokens.
    """

    settings: Settings
    apns: FakeApns
    google: FakeGoogle
    token_url: str


@asynccontextmanager
async def stand_ins(settings: Settings, folder: Path) -> AsyncIterator[Fakes]:
    """
    Start them.

    Args:
        settings: As read from the environment.
        folder: With the sample credentials, of which they know.
    """
    root = folder / "certs" / "root.pem"
    account, issuer_id = google_account(folder)
    async with FakeApns(client_roots=root.read_bytes()) as apns:
        with FakeGoogle() as google:
            google.register(account, issuer_id)
            token_url = f"{google.url}/token"
            led = replace(settings, rehearsal=True, allow_http=True)
            if settings.apns_url == APNS:
                led = replace(led, apns_url=apns.url, apns_ca=apns.ca_file)
            if settings.google_api_url == GOOGLE_API:
                led = replace(led, google_api_url=google.url)
            elif await _hands_out_tokens(elsewhere := f"{settings.google_api_url}/token", account):
                token_url = elsewhere
            if settings.google_root_keys_url == GOOGLE_ROOT_KEYS:
                led = replace(led, google_root_keys_url=google.root_keys_url)
            yield Fakes(led, apns, google, token_url)


async def _hands_out_tokens(url: str, account: ServiceAccount) -> bool:
    """Whether a stand-in of others has access tokens for the sample account; many take whatever they are shown."""
    auth = ServiceAccountAuth(account, url, trust_env=False)
    try:
        async with asyncio.timeout(TOKEN_SECONDS):
            await anext(auth.async_auth_flow(httpx.Request("GET", url)))
    except (GoogleError, TimeoutError):
        return False
    return True
