"""Whom to be at Google: the service account and the issuer of a credential."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from walletpass.errors import CredentialUnfit
from walletpass.google import ServiceAccount
from walletpass.google.credentials import TOKEN_URIS
from walletpass_server.engine.credentials import open_credential
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import CredentialRow
from walletpass_server.settings import GOOGLE_API, Settings
from walletpass_server.wallets.google.client import ServiceAccountAuth
from walletpass_server.wallets.google.pace import PER_SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleAccount:
    """
    An issuer, and who acts for it.

    Attributes:
        credential_id: Its row.
        issuer_id: Digits.
        signer: Signs save links.
        auth: Opens the API.
        origins: Web sites on which the save button stands.
        per_second: Requests that may be made for it.
    """

    credential_id: int
    issuer_id: str
    signer: ServiceAccount = field(repr=False)
    auth: httpx.Auth = field(repr=False)
    origins: tuple[str, ...] = ()
    per_second: float = PER_SECOND


class Accounts:
    """Accounts of a process, their keys loaded once and their access tokens kept."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._settings = settings
        self._keyring = keyring
        self._opened: dict[int, tuple[ServiceAccount, ServiceAccountAuth]] = {}

    def open(self, row: CredentialRow) -> GoogleAccount:
        """
        The account of a credential.

        Raises:
            CredentialUnfit: It was stopped, or is no issuer's.
            SecretUnreadable, ServiceAccountUnreadable: It cannot be opened.
        """
        if row.stopped_at is not None:
            raise CredentialUnfit(f"{row.name}: was stopped ({row.stopped_why}): see to that, then start it again")
        if row.issuer_id is None:
            raise CredentialUnfit(f"{row.name}: has no issuer id: it is none of Google's")
        if row.id not in self._opened:
            self._opened[row.id] = self._load(row)
        signer, auth = self._opened[row.id]
        return GoogleAccount(
            credential_id=row.id,
            issuer_id=row.issuer_id,
            signer=signer,
            auth=auth,
            origins=tuple(row.settings.get("origins", ())),
            per_second=float(row.settings.get("requests_per_second") or PER_SECOND),
        )

    def _load(self, row: CredentialRow) -> tuple[ServiceAccount, ServiceAccountAuth]:
        data = b64decode(open_credential(self._keyring, row)["service_account"])
        signer = load_account(data, row.issuer_id)
        address = token_uri(self._settings, signer.token_uri)
        trust_env = not is_loopback(self._settings.google_api_url)
        return signer, ServiceAccountAuth(signer, address, trust_env=trust_env)


def load_account(data: bytes, issuer_id: str | None) -> ServiceAccount:
    """The service account of a key file, for an issuer; its key is checked, which takes a while."""
    return ServiceAccount.load(data, issuer_id=issuer_id)


def token_uri(settings: Settings, own: str) -> str:
    """
    Where to ask for access tokens: Google's address, whatever the key file says, since it may be a tenant's.

    Only a rehearsal, whose API is not Google's, asks elsewhere: where the file says, else at the API's own `/token`.
    """
    if settings.google_api_url == GOOGLE_API or not rehearses(settings):
        return TOKEN_URIS[0]
    return own if own not in TOKEN_URIS else f"{settings.google_api_url}/token"


def rehearses(settings: Settings) -> bool:
    """Whether Google is played by something else: said so, or its API is on this machine."""
    return settings.rehearsal or is_loopback(settings.google_api_url)


def is_loopback(address: str) -> bool:
    """Whether an address is on this machine."""
    return urlsplit(address).hostname in ("127.0.0.1", "::1", "localhost")
