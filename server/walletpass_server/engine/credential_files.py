"""Credentials from the files of `credentials.yaml`, proved to work before they are kept."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from walletpass.credentials import AppleSource, Credentials, GoogleSource
from walletpass.errors import CertificateUnreadable, FileMissing
from walletpass_server.engine.credentials import NewCredential

if TYPE_CHECKING:
    from walletpass.apple.certificates import AppleCredentials


def read_files(
    credentials: Credentials,
    name: str,
    environment: Literal["test", "production"],
    *,
    consent: Mapping[str, str] | None = None,
) -> Iterator[NewCredential]:
    """
    What a document names, one for each wallet.

    Args:
        credentials: As `walletpass.credentials.read_credentials` gives them.
        name: What the client calls them.
        environment: test or production.
        consent: The client's, when the credentials are the provider's: who, when, to which text.

    Raises:
        FileMissing, SigningError, ServiceAccountUnreadable: A file is not what it should be.
    """
    found = []
    if credentials.apple is not None and credentials.apple.certificate is not None:
        found.append(_apple(credentials.apple, credentials.apple.certificate, name))
    if credentials.google is not None:
        found.append(_google(credentials.google, name))
    for new in found:
        source: Literal["client", "provider"] = "provider" if consent else "client"
        yield replace(new, environment=environment, source=source, consent=consent)


def apple_credentials(secret: Mapping[str, str]) -> AppleCredentials:
    """
    What signs for Apple, from the secret parts of a credential (`open_credential`).

    Raises:
        SigningError: They are not what they should be.
    """
    from walletpass.apple.certificates import AppleCredentials
    from walletpass.apple.reading import is_pkcs12

    files = {part: b64decode(secret[part]) for part in ("certificate", "key", "intermediate") if part in secret}
    certificate, key, passphrase = files["certificate"], files.get("key"), secret.get("passphrase")
    intermediates = [files["intermediate"]] if "intermediate" in files else []
    if key is None and is_pkcs12(certificate):
        return AppleCredentials.from_pkcs12(certificate, passphrase, intermediates)
    return AppleCredentials.load(certificate, key, passphrase=passphrase, intermediates=intermediates)


def _apple(source: AppleSource, certificate: Path, name: str) -> NewCredential:
    """The files as they are, in base64: `AppleCredentials.load` and `from_pkcs12` take them again."""
    source.load()  # its errors name the file
    files = {"certificate": certificate, "key": source.key, "intermediate": source.intermediate}
    secret = {part: b64encode(_read(path)).decode() for part, path in files.items() if path is not None}
    if source.passphrase is not None:
        secret["passphrase"] = source.passphrase
    if source.apns is not None:
        key = b64encode(_read(source.apns.key)).decode()
        secret |= {"apns_key": key, "apns_key_id": source.apns.key_id}
    return new_apple(name, secret)


def new_apple(name: str, secret: Mapping[str, str]) -> NewCredential:
    """
    What signs and pushes for Apple, proved to work.

    Args:
        name: What the client calls it.
        secret: In base64: certificate, and if apart key, intermediate, apns_key; plain: passphrase, apns_key_id.

    Raises:
        SigningError: They are not what they should be, or not of one another.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    from walletpass.apple.reading import read_push_key

    try:
        loaded = apple_credentials(secret)
        push_key = b64decode(secret.get("apns_key", ""))
    except binascii.Error:
        raise CertificateUnreadable(f"{name}: a file is not whole base64: encode it again") from None
    if push_key:
        read_push_key(push_key, "apns_key")
    return NewCredential(
        wallet="apple",
        name=name,
        secret=secret,
        public=loaded.certificate.public_bytes(Encoding.DER),
        pass_type_identifier=loaded.pass_type_identifier,
        team_identifier=loaded.team_identifier,
        not_after=loaded.certificate.not_valid_after_utc,
    )


def _google(source: GoogleSource, name: str) -> NewCredential:
    source.load()  # its errors name the file
    settings: dict[str, Any] = {"origins": list(source.origins)}
    if source.requests_per_second:
        settings["requests_per_second"] = source.requests_per_second
    return new_google(name, source.issuer_id, _read(source.service_account), settings)


def new_google(name: str, issuer_id: str, service_account: bytes, settings: Mapping[str, Any]) -> NewCredential:
    """
    What calls Google, proved to be a service account.

    Args:
        name: What the client calls it.
        issuer_id: Issuer account, digits.
        service_account: The JSON file that Google hands out.
        settings: As `NewCredential.settings`.

    Raises:
        ServiceAccountUnreadable: It is something else.
    """
    from walletpass.google.credentials import ServiceAccount

    account = ServiceAccount.load(service_account, issuer_id=issuer_id)
    return NewCredential(
        wallet="google",
        name=name,
        secret={"service_account": b64encode(service_account).decode()},
        public=account.client_email.encode(),
        issuer_id=issuer_id,
        settings=settings,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise FileMissing(f"{path}: cannot be read ({exc.strerror}): check the name and the rights") from exc
