"""The wallets of the platform, put together."""

from __future__ import annotations

from collections.abc import Mapping

from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.writer import Writer
from walletpass_server.settings import Settings
from walletpass_server.wallets.provider import WalletProvider

Wallets = Mapping[str, WalletProvider]
"""By name: apple, google."""


def wallets(settings: Settings, database: Database, keyring: Keyring, writer: Writer) -> Wallets:  # noqa: ARG001 - theirs
    """Every wallet there is."""
    from walletpass_server.wallets.apple.apns.sender import ApnsSender  # these bring cryptography along
    from walletpass_server.wallets.apple.provider import AppleProvider
    from walletpass_server.wallets.google.provider import GoogleProvider

    pushes = ApnsSender(settings, database, keyring)
    return {
        "apple": AppleProvider(settings, database, keyring, pushes=pushes),
        "google": GoogleProvider(settings, database, keyring),
    }
