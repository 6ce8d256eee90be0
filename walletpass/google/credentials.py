"""Service accounts: who signs save links and calls Google's API."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from walletpass.errors import FileMissing, ServiceAccountUnreadable, UsageError

VARIABLE = "WALLETPASS_GOOGLE_SERVICE_ACCOUNT"
"""Environment variable that holds the JSON, or the path of its file."""

TOKEN_URIS = ("https://oauth2.googleapis.com/token", "https://accounts.google.com/o/oauth2/token")
"""Where Google hands out access tokens. Another address in a file would be handed signed assertions."""

SHORTEST_KEY = 2048
"""Bits of RSA."""

LARGEST_FILE = 100_000
"""Bytes; a real one has 2,400."""

_FROM_CONSOLE = "download a new JSON key in the Google Cloud console"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount:
    """
    A service account that an issuer invited.

    Attributes:
        client_email: Its name, `iss` of what it signs.
        private_key: Its RSA key, loaded once.
        private_key_id: Google's name of the key.
        project_id: The project it belongs to.
        token_uri: Where it gets access tokens.
        issuer_id: The issuer it signs for, when known: then ids of others are refused.
    """

    client_email: str
    private_key: RSAPrivateKey = field(repr=False)
    private_key_id: str = ""
    project_id: str = ""
    token_uri: str = TOKEN_URIS[0]
    issuer_id: str | None = None

    @classmethod
    def load(cls, source: bytes | str | os.PathLike[str], *, issuer_id: str | None = None) -> ServiceAccount:
        """
        Read the JSON key file that Google hands out.

        Args:
            source: Its bytes, or its path.
            issuer_id: The issuer it signs for.

        Raises:
            FileMissing: It cannot be opened.
            ServiceAccountUnreadable: It is something else, or damaged.
        """
        if isinstance(source, bytes):
            return _read(source, "service account", issuer_id)
        path = Path(source)
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except (OSError, ValueError) as fault:
            says = fault.strerror if isinstance(fault, OSError) else "not a path"
            raise FileMissing(f"{path}: cannot be read ({says}): check the name and the rights") from None
        return _read(data, str(path), issuer_id)

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] = os.environ, *, variable: str = VARIABLE, issuer_id: str | None = None
    ) -> ServiceAccount:
        """
        Read the account that a variable holds, as JSON or by path.

        Raises:
            UsageError: The variable is not set.
            FileMissing, ServiceAccountUnreadable: As `load`.
        """
        value = environ.get(variable, "").strip()
        if not value:
            raise UsageError(f"the variable {variable} is not set: give the JSON of a service account, or its path")
        return cls.load(value.encode() if value.startswith("{") else value, issuer_id=issuer_id)


def _read(data: bytes, name: str, issuer_id: str | None) -> ServiceAccount:
    document = _document(data, name)
    if document.get("type") != "service_account":
        raise ServiceAccountUnreadable(
            f"{name}: type is {document.get('type')!r}, not 'service_account': {_FROM_CONSOLE} (Keys, Add key, JSON)"
        )
    email, pem = (_text(document, key, name) for key in ("client_email", "private_key"))
    if "@" not in email:
        raise ServiceAccountUnreadable(f"{name}: client_email {email!r} is no address: {_FROM_CONSOLE}")
    token_uri = document.get("token_uri", TOKEN_URIS[0])
    if token_uri not in TOKEN_URIS and not _is_loopback(token_uri):  # a rehearsal's, which the server asks for alone
        raise ServiceAccountUnreadable(f"{name}: token_uri {token_uri!r} is not Google's: write {TOKEN_URIS[0]}")
    return ServiceAccount(
        client_email=email,
        private_key=_key(pem, name),
        private_key_id=str(document.get("private_key_id", "")),
        project_id=str(document.get("project_id", "")),
        token_uri=token_uri,
        issuer_id=issuer_id,
    )


def _is_loopback(address: object) -> bool:
    try:
        return isinstance(address, str) and urlsplit(address).hostname in ("127.0.0.1", "::1", "localhost")
    except ValueError:
        return False


def _document(data: bytes, name: str) -> dict[str, Any]:
    if len(data) > LARGEST_FILE:
        raise ServiceAccountUnreadable(f"{name}: larger than {LARGEST_FILE:,} bytes: give the JSON key file itself")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ServiceAccountUnreadable(f"{name}: not a JSON object: {_FROM_CONSOLE}; .p12 and .pem keys will not do")
    return document


def _text(document: Mapping[str, Any], key: str, name: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise ServiceAccountUnreadable(f"{name}: {key} is missing: {_FROM_CONSOLE}")
    return value


def _key(pem: str, name: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.replace("\\n", "\n").encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ServiceAccountUnreadable(f"{name}: private_key cannot be read: {_FROM_CONSOLE}") from None
    if not isinstance(key, RSAPrivateKey):
        raise ServiceAccountUnreadable(f"{name}: private_key is no RSA key: {_FROM_CONSOLE}")
    if key.key_size < SHORTEST_KEY:
        says = f"private_key has {key.key_size} bits, {SHORTEST_KEY} are the least"
        raise ServiceAccountUnreadable(f"{name}: {says}: {_FROM_CONSOLE}")
    return key
