"""Who pushes: the TLS side and the provider token of one Apple credential."""

from __future__ import annotations

import secrets
import ssl
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from walletpass.apple.keys import PrivateKey
from walletpass.apple.reading import is_pkcs12, read_certificates, read_key, read_pkcs12, read_push_key
from walletpass.errors import FileMissing
from walletpass_server.wallets.apple.apns.provider_token import ProviderToken


@dataclass(frozen=True, slots=True)
class Identity:
    """
    What a connection to APNs is made with.

    Attributes:
        tls: Trusts APNs, and shows our certificate where there is no token.
        token: Shown with each push; None for a credential without an APNs key.
    """

    tls: ssl.SSLContext
    token: ProviderToken | None = field(default=None, repr=False)


def identity(secret: Mapping[str, str], team_identifier: str, ca: Path | None) -> Identity:
    """
    From an opened credential: by its APNs key where it has one, else by the pass certificate itself.

    Args:
        secret: As `engine.credentials.open_credential` gives it.
        team_identifier: Whose the pass type is; the key has to be of the same team.
        ca: PEM file of who vouches for APNs; None for the system's.

    Raises:
        KeyUnreadable, WrongPassphrase, CertificateUnreadable: The credential cannot be read.
        FileMissing: `ca` cannot.
    """
    tls = _client_context(ca)
    if "apns_key" in secret:
        key = read_push_key(b64decode(secret["apns_key"]))
        return Identity(tls, ProviderToken(key, secret["apns_key_id"], team_identifier))
    _show_certificate(tls, secret)
    return Identity(tls)


def _client_context(ca: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as exc:
        raise FileMissing(f"{ca}: cannot be read as PEM certificates: check WALLETPASS_APNS_CA") from exc
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    return context


def _show_certificate(context: ssl.SSLContext, secret: Mapping[str, str]) -> None:
    parts = {name: b64decode(secret[name]) for name in ("certificate", "key", "intermediate") if name in secret}
    passphrase = secret.get("passphrase")
    certificate = parts["certificate"]
    key: PrivateKey
    if "key" not in parts and is_pkcs12(certificate):
        held = read_pkcs12(certificate, passphrase)
        key, chain = held.key, held.certificates
    else:
        key = read_key(parts.get("key", certificate), passphrase)
        chain = read_certificates(certificate)
    more = read_certificates(parts["intermediate"]) if "intermediate" in parts else ()
    # The ssl module reads keys from files alone. What lies there for a moment opens by a word that is kept nowhere.
    once = secrets.token_hex(16)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(once.encode()))
    with TemporaryDirectory() as folder:
        file = Path(folder, "pass.pem")
        file.write_bytes(locked + b"".join(each.public_bytes(Encoding.PEM) for each in (*chain, *more)))
        context.load_cert_chain(file, password=once)
