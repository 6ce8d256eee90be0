"""Certificates and private keys from the forms they come in: PEM, DER, PKCS#12."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key, pkcs12

from walletpass.apple.keys import PrivateKey, usable
from walletpass.errors import CertificateUnreadable, KeyUnreadable, WrongPassphrase

_PEM_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_PEM_KEY = re.compile(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
_PKCS12_START = re.compile(rb"\x30(?:\x80|[\x00-\x7f]|\x81.|\x82..|\x83...)\x02\x01\x03", re.DOTALL)
_LEGACY_CIPHERS = re.compile(rb"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01[\x01-\x06]")  # pkcs-12PbeIds: RC4, 3DES, RC2

_DAMAGE = (ValueError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)

_LEGACY_HINT = (
    "it is written with old ciphers (RC2 or 3DES, as macOS exports them) which this OpenSSL may not read: "
    "run `openssl pkcs12 -legacy -in FILE -nodes -out pass.pem` and give the PEM file"
)


@dataclass(frozen=True, slots=True)
class Pkcs12:
    """What a .p12 or .pfx file holds: a key, and certificates in the order found."""

    key: PrivateKey
    certificates: tuple[x509.Certificate, ...]


def read_certificates(data: bytes, name: str = "the certificate") -> tuple[x509.Certificate, ...]:
    """
    Every certificate of a PEM text (other blocks and text between them are passed over), or the one of a DER file.

    Args:
        data: Content of the file.
        name: What messages call it ("certs/pass.pem").
    """
    blocks = _PEM_CERTIFICATE.findall(data)
    try:
        if blocks:
            return tuple(_parsed(x509.load_pem_x509_certificate(block)) for block in blocks)
        return (_parsed(x509.load_der_x509_certificate(data)),)
    except _DAMAGE as exc:
        held = "a damaged certificate" if blocks else "a private key" if _PEM_KEY.search(data) else "no certificate"
        raise CertificateUnreadable(f"{name} holds {held}: give a PEM or DER certificate (.pem, .cer)") from exc


def _parsed(certificate: x509.Certificate) -> x509.Certificate:
    """The certificate, once its lazily read parts are known to be readable."""
    _ = certificate.subject, certificate.issuer, certificate.extensions, certificate.not_valid_after_utc
    return certificate


def read_key(data: bytes, passphrase: str | None = None, name: str = "the key") -> PrivateKey:
    """
    The private key of a PEM text or DER file; a passphrase that is not needed is passed over.

    Raises:
        WrongPassphrase: The key is encrypted, and the passphrase is missing or does not open it.
        KeyUnreadable: Not a private key, or of a kind Wallet does not take.
    """
    block = _PEM_KEY.search(data)
    load = load_pem_private_key if block else load_der_private_key
    encoded = block.group() if block else data
    try:
        return usable(load(encoded, None))
    except TypeError:  # how cryptography says "encrypted"
        if not passphrase:
            raise WrongPassphrase(f"{name} is encrypted: give its passphrase") from None
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise KeyUnreadable(f"{name} holds no private key that can be read: give a PEM or DER private key") from exc
    try:
        return usable(load(encoded, passphrase.encode()))
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise WrongPassphrase(f"the passphrase does not open {name}: check it, or export the key again") from exc


def read_push_key(data: bytes, name: str = "the APNs key") -> ec.EllipticCurvePrivateKey:
    """
    The key of a .p8 file, which pushes every pass type of its team.

    Raises:
        KeyUnreadable: Not such a file.
    """
    key = read_key(data, name=name)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyUnreadable(f"{name} is no key to push with: give the .p8 file that Apple handed out for APNs")
    return key


def is_pkcs12(data: bytes) -> bool:
    """Whether the bytes begin as a PKCS#12 file does (a sequence that starts with version 3)."""
    return _PKCS12_START.match(data) is not None


def read_pkcs12(data: bytes, passphrase: str | None = None, name: str = "the PKCS#12 file") -> Pkcs12:
    """
    The key and certificates of a .p12 or .pfx file.

    Raises:
        WrongPassphrase: The passphrase is missing or does not open it, or its ciphers are too old for this OpenSSL.
        KeyUnreadable: Not a PKCS#12 file, or it holds no key.
    """
    if not is_pkcs12(data):
        raise KeyUnreadable(f"{name} is not a PKCS#12 file: give the .p12 that Keychain exported, or PEM files")
    try:
        held = pkcs12.load_pkcs12(data, None if passphrase is None else passphrase.encode())
    except UnsupportedAlgorithm as exc:
        raise WrongPassphrase(f"{name} cannot be opened: {_LEGACY_HINT}") from exc
    except ValueError as exc:
        fault = "needs a passphrase" if passphrase is None else "is not opened by this passphrase, or is damaged"
        hint = f"; or {_LEGACY_HINT}" if _LEGACY_CIPHERS.search(data) else ""
        raise WrongPassphrase(f"{name} {fault}: give the one it was exported with{hint}") from exc
    if held.key is None:
        raise KeyUnreadable(f"{name} holds no private key: export certificate and key together from Keychain")
    found = [held.cert, *held.additional_certs] if held.cert else [*held.additional_certs]
    try:
        certificates = tuple(_parsed(entry.certificate) for entry in found)
    except _DAMAGE as exc:
        raise CertificateUnreadable(f"{name} holds a damaged certificate: export it again from Keychain") from exc
    return Pkcs12(usable(held.key), certificates)
