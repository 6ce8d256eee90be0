"""
Is this .pkpass one that Wallet takes? Anybody's, hostile ones included, without a network.

    for finding in verify("coupon.pkpass"):
        print(finding)

Each file here looks at one thing and gives findings: `archive` (the container), `manifest`, `signature`, `chain`,
`identity`, `schema` and `document` (pass.json), `fields`, `barcodes`, `relevance`, `semantics`, `styles`, `pictures`,
`languages`, `personalization`. `reading` puts them together; `inspect` shows the parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from os import PathLike

from walletpass.apple.verify.archive import Archive, read_archive
from walletpass.apple.verify.inspection import CertificateFacts, Inspection, inspect
from walletpass.apple.verify.limits import LIMITS, Limits
from walletpass.apple.verify.reading import load, read_pass
from walletpass.findings import Finding

__all__ = [
    "LIMITS",
    "Archive",
    "CertificateFacts",
    "Inspection",
    "Limits",
    "inspect",
    "read_archive",
    "verify",
]


def verify(
    source: bytes | str | PathLike[str], *, anchors: Iterable[bytes] = (), at: datetime | None = None
) -> list[Finding]:
    """
    Everything that is wrong with a .pkpass, or worth knowing.

    Apple's present issuer (WWDR G4) is trusted by its fingerprint, which each signature carries, so nothing is
    downloaded. Whether certificates were valid is judged at the signing time, and once more at `at`.

    Args:
        source: Its bytes, or its path.
        anchors: Certificates to trust besides, PEM (one or several each) or DER.
        at: The present, with a zone (default: now); for telling what has expired since.

    Returns:
        Findings; none of severity error means that the pass is sound. Memory and time are bounded by `LIMITS`.

    Raises:
        FileMissing: The path cannot be opened.
        CertificateUnreadable: An anchor is no certificate.
        UsageError: `at` has no zone.
    """
    return list(read_pass(load(source), anchors, at).findings)
