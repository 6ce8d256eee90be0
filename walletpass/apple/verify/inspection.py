"""What a .pkpass is, as data for a person or a script: also of one that is broken, as far as it can be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any

from walletpass.apple.verify.archive import Archive, Entry
from walletpass.apple.verify.languages import languages_of
from walletpass.apple.verify.reading import Reading, load, read_pass
from walletpass.apple.verify.styles import styles_of
from walletpass.findings import Finding

if TYPE_CHECKING:  # it brings cryptography along
    from cryptography import x509


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """
    One certificate of the chain.

    Attributes:
        name: Common name of the subject.
        user_id: UID of the subject: the pass type identifier, in a pass certificate.
        unit: OU of the subject: the team identifier, in a pass certificate.
        issuer: Common name of the issuer.
        serial: Serial number, hexadecimal.
        not_before: Valid from.
        not_after: Valid until.
        sha256: Fingerprint, hexadecimal.
        key: Kind of its key ("RSA 2048", "EC secp256r1").
    """

    name: str
    user_id: str
    unit: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    sha256: str
    key: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """
    A pass taken apart.

    Attributes:
        entries: Every file as listed, with sizes.
        files: Content by name, of those that could be read.
        pass_json: The document; empty if it cannot be read.
        styles: Style keys of the document.
        languages: Languages that have a folder.
        chain: The signer's certificate, then its issuers as far as known; empty if unknown.
        signed_at: By the signer's own clock; None if not said.
        digest: Digest of the signature ("sha256"); empty if unknown.
        signature_holds: Whether the manifest was signed by the key of the first certificate in `chain`.
        trusted: Whether the chain ends at Apple's issuer or a given anchor.
        findings: As `verify` gives them.
    """

    entries: tuple[Entry, ...]
    files: dict[str, bytes] = field(repr=False)
    pass_json: dict[str, Any]
    styles: tuple[str, ...]
    languages: tuple[str, ...]
    chain: tuple[CertificateFacts, ...]
    signed_at: datetime | None
    digest: str
    signature_holds: bool
    trusted: bool
    findings: tuple[Finding, ...]

    @property
    def signer(self) -> CertificateFacts | None:
        """The certificate that signed, if it is known."""
        return self.chain[0] if self.chain else None

    def as_dict(self) -> dict[str, Any]:
        """All but the contents of files, ready for JSON."""
        return {
            "files": [asdict(entry) for entry in self.entries],
            "pass_json": self.pass_json,
            "styles": list(self.styles),
            "languages": list(self.languages),
            "chain": [_in_text(asdict(facts)) for facts in self.chain],
            "signed_at": self.signed_at.isoformat() if self.signed_at else None,
            "digest": self.digest,
            "signature_holds": self.signature_holds,
            "trusted": self.trusted,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def inspect(
    source: bytes | str | PathLike[str], *, anchors: Iterable[bytes] = (), at: datetime | None = None
) -> Inspection:
    """
    Take a .pkpass apart, whatever is wrong with it.

    Args:
        source: Its bytes, or its path.
        anchors: As for `verify`.
        at: As for `verify`.

    Raises:
        FileMissing: The path cannot be opened.
        CertificateUnreadable: An anchor is no certificate.
        UsageError: `at` has no zone.
    """
    return _describe(read_pass(load(source), anchors, at))


def _describe(reading: Reading) -> Inspection:
    archive: Archive = reading.archive
    signature, chain = reading.signature, reading.chain
    return Inspection(
        entries=archive.entries,
        files=dict(archive.files),
        pass_json=reading.document,
        styles=styles_of(reading.document),
        languages=languages_of([entry.name for entry in archive.entries]),
        chain=tuple(map(_facts, chain.certificates)) if chain else (),
        signed_at=signature.signed_at if signature else None,
        digest=signature.digest if signature else "",
        signature_holds=signature.holds if signature else False,
        trusted=chain.trusted if chain else False,
        findings=reading.findings,
    )


def _facts(certificate: x509.Certificate) -> CertificateFacts:
    from cryptography.hazmat.primitives.hashes import SHA256

    from walletpass.apple.chain import common_name
    from walletpass.apple.oids import TEAM, USER_ID
    from walletpass.apple.verify.identity import subject_value

    return CertificateFacts(
        name=common_name(certificate.subject),
        user_id=subject_value(certificate, USER_ID),
        unit=subject_value(certificate, TEAM),
        issuer=common_name(certificate.issuer),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sha256=certificate.fingerprint(SHA256()).hex(),
        key=_key(certificate),
    )


def _key(certificate: x509.Certificate) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "unknown"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return f"EC {key.curve.name}" if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__


def _in_text(facts: dict[str, Any]) -> dict[str, str]:
    return {name: value.isoformat() if isinstance(value, datetime) else str(value) for name, value in facts.items()}
