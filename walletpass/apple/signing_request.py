"""The certificate signing request that Apple's portal turns into a pass certificate."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from walletpass.errors import UsageError


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """Two PEM texts: `request` goes to Apple, `key` stays here (write it with mode 0600)."""

    request: bytes
    key: bytes = field(repr=False)


def make_signing_request(
    common_name: str, *, email: str | None = None, country: str | None = None, passphrase: str | None = None
) -> SigningRequest:
    """
    Make an RSA-2048 key (what the portal takes) and the request for it.

    Args:
        common_name: Who asks, 1 to 64 letters; Apple replaces it in the certificate.
        email: Address of the developer account.
        country: Two-letter code.
        passphrase: Encrypts the key.

    Raises:
        UsageError: A name that no certificate can carry.
    """
    wanted = ((NameOID.EMAIL_ADDRESS, email), (NameOID.COMMON_NAME, common_name), (NameOID.COUNTRY_NAME, country))
    try:
        subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in wanted if value is not None])
    except ValueError as exc:
        raise UsageError(f"the request cannot name {common_name!r}: {exc}") from exc
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return SigningRequest(
        request=request.public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption),
    )
