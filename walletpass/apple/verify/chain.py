"""Whom the signature belongs to: from the signer up to a certificate that is trusted, and whether each was valid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from walletpass.apple.chain import authority_key_id, common_name, issued, subject_key_id
from walletpass.apple.verify.signature import WHERE
from walletpass.apple.verify.wording import shown
from walletpass.findings import Finding, error, warning
from walletpass.templates.apple import BUILDING, SECURITY, WWDR_G4_KEY_ID, WWDR_G4_SHA256

_LONGEST = 5
_CLOCK_TOLERANCE = timedelta(days=1)
_APPLE_ISSUER = "Apple Worldwide Developer Relations Certification Authority"


@dataclass(frozen=True, slots=True)
class Chain:
    """
    The way from the signer upwards.

    Attributes:
        certificates: The signer first, then each one's issuer as far as known.
        trusted: Whether it ends at Apple's WWDR G4 or at one of the given anchors.
        findings: What is wrong.
    """

    certificates: tuple[x509.Certificate, ...]
    trusted: bool
    findings: tuple[Finding, ...]


def judge_chain(
    signer: x509.Certificate,
    carried: Sequence[x509.Certificate],
    anchors: Iterable[x509.Certificate],
    *,
    signed_at: datetime | None,
    now: datetime,
) -> Chain:
    """Find the path, prove each step by its signature, and judge validity at the signing time and at `now`."""
    anchors = tuple(anchors)
    trusted = {WWDR_G4_SHA256, *(anchor.fingerprint(SHA256()) for anchor in anchors)}
    path = [signer]
    findings = _impostors(carried)
    anchored = False
    while not anchored and len(path) < _LONGEST:
        issuer = next((one for one in (*carried, *anchors) if one not in path and issued(one, path[-1])), None)
        if issuer is None:
            break
        path.append(issuer)
        anchored = issuer.fingerprint(SHA256()) in trusted
    if not anchored:
        findings += _unanchored(path[-1], carried, anchors, alone=len(path) == 1, accused=bool(findings))
    elif path[1] not in carried and path[1].issuer != path[1].subject:
        findings.append(_intermediate_missing(signer))
    findings += _validity(path, signed_at, now)
    return Chain(tuple(path), anchored, tuple(findings))


def _impostors(carried: Sequence[x509.Certificate]) -> list[Finding]:
    """Certificates that bear the name and key identifier of Apple's issuer and are not it."""
    return [
        error(
            "chain-impostor",
            WHERE,
            f"the certificate {shown(common_name(one.subject))} passes itself off as Apple's issuer G4 and is not",
            SECURITY,
            "Do not trust this pass.",
        )
        for one in carried
        if one.fingerprint(SHA256()) != WWDR_G4_SHA256 and (subject_key_id(one) == WWDR_G4_KEY_ID or _named_as_g4(one))
    ]


def _named_as_g4(certificate: x509.Certificate) -> bool:
    units = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    return common_name(certificate.subject) == _APPLE_ISSUER and "G4" in units


def _unanchored(
    last: x509.Certificate,
    carried: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    *,
    alone: bool,
    accused: bool,
) -> list[Finding]:
    """Why the path ends at `last` without reaching trust."""
    claimed = [one for one in (*carried, *anchors) if one != last and _claims_to_issue(one, last)]
    if claimed:
        says = f"{shown(common_name(claimed[0].subject))} did not sign {shown(common_name(last.subject))}"
        return [error("chain-broken", WHERE, says, SECURITY, "Get both certificates from Apple again.")]
    if alone:
        return [_intermediate_missing(last)]
    if accused:
        return []
    says = f"who issued it is not checked: nothing vouches for {shown(common_name(last.subject))}"
    hint = "Give a certificate you trust with --ca; passes of Apple's present issuer need none."
    return [warning("chain-unchecked", WHERE, says, SECURITY, hint)]


def _claims_to_issue(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    wanted = authority_key_id(certificate)
    return issuer.subject == certificate.issuer or (wanted is not None and subject_key_id(issuer) == wanted)


def _intermediate_missing(certificate: x509.Certificate) -> Finding:
    key_id = authority_key_id(certificate)
    by = f" (key id {key_id.hex(':').upper()})" if key_id else ""
    says = f"it does not carry the certificate that issued the signer's: {shown(common_name(certificate.issuer))}{by}"
    return error("chain-intermediate-missing", WHERE, says, BUILDING, "Sign with Apple's intermediate (WWDR) included.")


def _validity(path: Sequence[x509.Certificate], signed_at: datetime | None, now: datetime) -> list[Finding]:
    findings = []
    moment = signed_at or now
    if signed_at is not None and signed_at > now + _CLOCK_TOLERANCE:
        says = f"it says it was made on {signed_at:%Y-%m-%d}, which is still to come"
        findings.append(
            warning("signing-time-future", WHERE, says, BUILDING, "Check the clock of the signing machine.")
        )
    when = f"when it signed on {moment:%Y-%m-%d}" if signed_at else "now, and the signature names no time"
    for certificate in path:
        starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        name = shown(common_name(certificate.subject))
        if moment < starts:
            says = f"{name} is valid from {starts:%Y-%m-%d} and was not yet {when}"
            findings.append(error("certificate-not-yet-valid", WHERE, says, SECURITY, "Check the clock; sign anew."))
        elif moment > ends:
            says = f"{name} ended on {ends:%Y-%m-%d} and was not valid {when}"
            findings.append(error("certificate-expired", WHERE, says, SECURITY, "Renew the certificate and sign anew."))
        elif now > ends:
            says = f"{name} was valid {when}, but ended on {ends:%Y-%m-%d}"
            hint = "Installed passes go on; renew the certificate before signing another."
            findings.append(warning("certificate-expired-since", WHERE, says, SECURITY, hint))
    return findings
