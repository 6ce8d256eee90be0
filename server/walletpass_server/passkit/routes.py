"""Where Apple's web service is joined: everything below its base, routed by `service` on the path as it came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast

from litestar.types import ASGIApp

from walletpass_server.bootstrap import Platform
from walletpass_server.passkit.paths import BASE
from walletpass_server.passkit.service import PassKitService
from walletpass_server.wallets.apple.provider import AppleProvider


def mounts(on: Platform, clock: Callable[[], datetime]) -> dict[str, ASGIApp]:
    """Base path to what answers below it, past the framework: phones ask more often than all others together."""
    if "apple" not in on.wallets:
        return {}
    return {BASE: PassKitService(on, cast(AppleProvider, on.wallets["apple"]), clock=clock)}
