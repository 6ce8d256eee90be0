"""The connections of a process, by credential."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urlsplit

from walletpass.errors import UsageError
from walletpass_server.engine.credentials import open_credential
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import CredentialRow
from walletpass_server.settings import Settings
from walletpass_server.wallets.apple.apns.addresses import Credential
from walletpass_server.wallets.apple.apns.client import ApnsClient
from walletpass_server.wallets.apple.apns.identity import Identity, identity

KEPT = 200
"""Credentials with connections; the one that was used least recently is closed first."""

Connect = Callable[[str, int, Identity], ApnsClient]
"""From host, port and who we are."""


class ApnsClients:
    """Opens a client for each credential when it is first needed, and keeps it."""

    def __init__(self, settings: Settings, database: Database, keyring: Keyring, connect: Connect) -> None:
        self._host, self._port = _place(settings.apns_url)
        self._ca = settings.apns_ca
        self._database, self._keyring, self._connect = database, keyring, connect
        self._open: OrderedDict[tuple[int, int], ApnsClient] = OrderedDict()
        self._opening = asyncio.Lock()

    async def get(self, credential: Credential) -> ApnsClient:
        """
        The client of a credential.

        Raises:
            SecretUnreadable: No key opens it.
            SigningError, FileMissing: It cannot be read.
        """
        key = (credential.client_id, credential.id)
        async with self._opening:
            if key not in self._open:
                self._open[key] = self._connect(self._host, self._port, await self._identity(credential))
                if len(self._open) > KEPT:
                    self._open.popitem(last=False)[1].close()
            self._open.move_to_end(key)
            return self._open[key]

    async def _identity(self, credential: Credential) -> Identity:
        async with self._database.reading(credential.client_id) as unit:
            row = await unit.session.get_one(CredentialRow, (credential.client_id, credential.id))
        secret = open_credential(self._keyring, row)
        return await asyncio.to_thread(identity, secret, row.team_identifier or "", self._ca)

    def close(self, credential: Credential) -> None:
        """Cut the connections of one credential: it was stopped."""
        client = self._open.pop((credential.client_id, credential.id), None)
        if client is not None:
            client.close()

    def close_all(self) -> None:
        """Cut every connection."""
        while self._open:
            self._open.popitem()[1].close()


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        host = None
    if parts.scheme != "https" or host is None or parts.path.strip("/"):
        raise UsageError(f"WALLETPASS_APNS_URL={url}: is no place of APNs: write https://host:port")
    return host, port
