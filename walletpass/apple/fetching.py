"""Download the intermediate certificate that has to accompany each signature, and take no other."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from walletpass.apple.reading import read_certificates
from walletpass.errors import CertificateUnreadable, FetchError
from walletpass.templates import apple

WWDR_G4_URL = "https://www.apple.com/certificateauthority/AppleWWDRCAG4.cer"
WWDR_G4_SHA256 = apple.WWDR_G4_SHA256.hex()
"""SHA-256 of the DER of Apple's Worldwide Developer Relations G4, issuer of pass certificates since January 2022."""

LARGEST = 64 * 1024
"""Bytes; a certificate has one or two thousand."""

_TIMEOUT = httpx.Timeout(10.0)


def fetch_intermediate(
    url: str = WWDR_G4_URL,
    *,
    expected_sha256: str = WWDR_G4_SHA256,
    client: httpx.Client | None = None,
    allow_loopback: bool = False,
) -> x509.Certificate:
    """
    Download a certificate and prove it is the expected one.

    Args:
        url: https only.
        expected_sha256: Fingerprint of the DER, hexadecimal, with or without colons.
        client: For a proxy or a private trust store; redirects are not followed in any case.
        allow_loopback: Also take http from this machine itself (rehearsals, tests).

    Raises:
        FetchError: Refused address, no answer, an answer other than 200, too large, or another certificate.
    """
    _check_address(url, allow_loopback)
    data = _get(client, url) if client else _get_once(url)
    try:
        (certificate,) = read_certificates(data, url)
    except (CertificateUnreadable, ValueError) as exc:
        raise FetchError(f"{url} does not answer with one certificate: check the address") from exc
    found = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    wanted = expected_sha256.replace(":", "").lower()
    if not hmac.compare_digest(found.encode(), wanted.encode()):
        raise FetchError(
            f"{url} answered with the certificate {found}, not {wanted}: nothing was kept, compare with Apple's page"
        )
    return certificate


def _check_address(url: str, allow_loopback: bool) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (allow_loopback and parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return
    raise FetchError(f"{url} is refused: give an https address")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _get_once(url: str) -> bytes:
    with httpx.Client(timeout=_TIMEOUT) as client:
        return _get(client, url)


def _get(client: httpx.Client, url: str) -> bytes:
    """The body of a 200, read no further than LARGEST."""
    data = bytearray()
    try:
        with client.stream("GET", url, follow_redirects=False) as response:
            if response.status_code != httpx.codes.OK:
                raise FetchError(f"{url} answered {response.status_code} instead of 200: check the address")
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > LARGEST:
                    raise FetchError(f"{url} answered with more than {LARGEST:,} bytes: that is no certificate")
    except httpx.HTTPError as exc:
        raise FetchError(f"{url} cannot be fetched ({exc}): check the network and try again") from exc
    return bytes(data)
