"""Whether the signer's certificate is one for passes, and for this pass."""

from __future__ import annotations

from typing import Any

from cryptography import x509

from walletpass.apple.oids import PASS_MARKER, PASS_SIGNING, TEAM, USER_ID
from walletpass.apple.verify.signature import WHERE
from walletpass.apple.verify.wording import shown
from walletpass.findings import Finding, error
from walletpass.templates.apple import SECURITY

_SIGN = "Sign with the certificate of this pass type."


def subject_value(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    """One attribute of the subject; empty if it has none."""
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def check_identity(signer: x509.Certificate, document: dict[str, Any]) -> list[Finding]:
    """Subject against pass.json; marker and purpose against what the system asks for."""
    findings = []
    for key, oid, rule, attribute in (
        ("passTypeIdentifier", USER_ID, "identity-pass-type", "UID"),
        ("teamIdentifier", TEAM, "identity-team", "OU"),
    ):
        stated, certified = document.get(key), subject_value(signer, oid)
        if isinstance(stated, str) and stated != certified:
            says = f"pass.json has {key} {shown(stated)}, the certificate is for {shown(certified)} ({attribute})"
            findings.append(error(rule, WHERE, says, SECURITY, _SIGN))
    return findings + _purpose(signer)


def _purpose(signer: x509.Certificate) -> list[Finding]:
    hint = "Make a Pass Type ID certificate in Apple's developer portal."
    findings = []
    try:
        signer.extensions.get_extension_for_oid(PASS_MARKER)
    except x509.ExtensionNotFound:
        says = "the signer's certificate lacks Apple's mark of a Pass Type ID certificate"
        findings.append(error("certificate-no-marker", WHERE, says, SECURITY, hint))
    try:
        purposes = list(signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        purposes = []
    if PASS_SIGNING not in purposes:
        says = "the signer's certificate is not meant for signing passes (extended key usage)"
        findings.append(error("certificate-wrong-purpose", WHERE, says, SECURITY, hint))
    return findings
