"""Who stands for Apple and Google in a rehearsal, where the settings name nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from walletpass.testing.apns import FakeApns
from walletpass.testing.google_api import FakeGoogle
from walletpass_server.settings import APNS, GOOGLE_API, GOOGLE_ROOT_KEYS, Settings


@dataclass(frozen=True, slots=True)
class Fakes:
    """
    The stand-ins, and the settings that lead to them.

    Attributes:
        settings: As given, with the stand-ins' addresses where none were named.
        apns: In use unless the settings named a push server.
        google: Its token address is always in use, since sample accounts are known nowhere else.
    """

    settings: Settings
    apns: FakeApns
    google: FakeGoogle

    @property
    def token_url(self) -> str:
        """Where the sample service account gets its access tokens."""
        return f"{self.google.url}/token"


@asynccontextmanager
async def stand_ins(settings: Settings, root: Path) -> AsyncIterator[Fakes]:
    """
    Start them.

    Args:
        settings: As read from the environment.
        root: The sample root: the push server takes certificates of it.
    """
    async with FakeApns(client_roots=root.read_bytes()) as apns:
        with FakeGoogle() as google:
            led = replace(settings, rehearsal=True, allow_http=True)
            if settings.apns_url == APNS:
                led = replace(led, apns_url=apns.url, apns_ca=apns.ca_file)
            if settings.google_api_url == GOOGLE_API:
                led = replace(led, google_api_url=google.url)
            if settings.google_root_keys_url == GOOGLE_ROOT_KEYS:
                led = replace(led, google_root_keys_url=google.root_keys_url)
            yield Fakes(led, apns, google)
