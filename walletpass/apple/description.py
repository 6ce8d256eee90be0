"""What a credential is, in words: for `walletpass certs show`, status pages and expiry alarms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from walletpass.apple.certificates import AppleCredentials
from walletpass.apple.chain import authority_key_id, common_name, subject_key_id
from walletpass.apple.keys import describe_key
from walletpass.errors import CertificateExpired, SigningError
from walletpass.findings import Finding, error, warning

WARN_DAYS = (60, 30, 7)
"""Days before the end at which a renewal is due, overdue, urgent."""

_SOURCE = "Apple, Wallet Passes: Building a Pass; certificates last about one year"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDescription:
    """
    One certificate for people. Instants are in UTC; key ids and the fingerprint are lower-case hexadecimal.

    Attributes:
        days_left: Whole days until it ends; negative once it has.
    """

    subject: str
    name: str
    issuer: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    days_left: int
    fingerprint: str
    key: str
    key_id: str
    issuer_key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsDescription:
    """A pass certificate, its chain (nearest issuer first) and what is wrong with them."""

    pass_type_identifier: str
    team_identifier: str
    certificate: CertificateDescription
    chain: tuple[CertificateDescription, ...]
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, object]:
        """JSON-ready: instants as ISO 8601 text."""
        return {
            "pass_type_identifier": self.pass_type_identifier,
            "team_identifier": self.team_identifier,
            "certificate": _as_dict(self.certificate),
            "chain": [_as_dict(one) for one in self.chain],
            "findings": [finding.as_dict() for finding in self.findings],
        }


def describe(credentials: AppleCredentials, at: datetime | None = None) -> CredentialsDescription:
    """Describe credentials as of `at` (default: now). Never raises for a faulty certificate: faults are findings."""
    at = datetime.now(UTC) if at is None else at
    return CredentialsDescription(
        pass_type_identifier=credentials.pass_type_identifier,
        team_identifier=credentials.team_identifier,
        certificate=describe_certificate(credentials.certificate, at),
        chain=tuple(describe_certificate(one, at) for one in credentials.chain),
        findings=(*_faults(credentials, at), *_ending_soon(credentials, at)),
    )


def describe_certificate(certificate: x509.Certificate, at: datetime) -> CertificateDescription:
    """Describe any certificate as of `at`."""
    return CertificateDescription(
        subject=certificate.subject.rfc4514_string(),
        name=common_name(certificate.subject),
        issuer=common_name(certificate.issuer),
        serial_number=f"{certificate.serial_number:X}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        days_left=(certificate.not_valid_after_utc - at).days,
        fingerprint=certificate.fingerprint(SHA256()).hex(),
        key=describe_key(certificate),
        key_id=(subject_key_id(certificate) or b"").hex(),
        issuer_key_id=(authority_key_id(certificate) or b"").hex(),
    )


def _faults(credentials: AppleCredentials, at: datetime) -> Iterator[Finding]:
    """Each check that would refuse to sign, as a finding named after its error ("certificate-expired")."""
    for where, check in (
        ("certificate", credentials.check_purpose),
        ("chain", credentials.check_chain),
        ("validity", lambda: credentials.check_validity(at)),
    ):
        try:
            check()
        except SigningError as exc:
            rule = re.sub(r"(?<!^)(?=[A-Z])", "-", type(exc).__name__).lower()
            yield error(rule, where, str(exc), _SOURCE)


def _ending_soon(credentials: AppleCredentials, at: datetime) -> Iterator[Finding]:
    try:
        credentials.check_validity(at)
    except CertificateExpired:
        return
    except SigningError:
        pass
    days_left = (credentials.not_after - at).days
    reached = [days for days in WARN_DAYS if days_left < days]
    if reached:
        yield warning(
            "certificate-ends-soon",
            "validity",
            f"signing ends in {days_left} days, on {credentials.not_after:%Y-%m-%d} (under {min(reached)} days)",
            _SOURCE,
            "Renew it with Apple for the same pass type, then load the new file: passes already given out stay valid.",
        )


def _as_dict(description: CertificateDescription) -> dict[str, object]:
    values: dict[str, object] = asdict(description)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
