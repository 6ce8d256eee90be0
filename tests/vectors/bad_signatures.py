"""Faults of the signature, of certificates, and of who signed."""

from __future__ import annotations

from typing import Any

import people
from recipe import Recipe, Spoil, bad, document, odd, settings


def signing(**how: Any) -> Spoil:
    """Sign otherwise."""
    return settings(signing=how)


def leaf(name: str, issuer: str = "wwdr") -> Spoil:
    """Sign with another certificate."""
    return settings(signer=name, issuer=issuer)


RECIPES: list[Recipe] = [
    bad("signature-missing", "Never signed.", settings(signature=lambda _: None)),
    bad("signature-unreadable", "Noise.", settings(signature=lambda _: b"\x30\x03\x02\x01\x01")),
    bad("signature-cut-off", "Half a signature.", settings(signature=lambda der: der[:900]), "signature-unreadable"),
    bad("signature-trailing", "Bytes behind it.", settings(signature=lambda der: der + b"\0"), "signature-unreadable"),
    bad("signature-pem", "PEM, as openssl writes by default.",
        settings(signature=lambda _: b"-----BEGIN CMS-----\n"), "signature-not-der"),
    bad("signature-not-signed-data", "CMS that is not signed.",
        settings(signature=lambda _: bytes.fromhex("300f06092a864886f70d010701a0020400"))),
    bad("signature-too-large", "A megabyte of signature.", settings(signature=lambda _: b"0" * 70_000)),
    bad("signature-digest-wrong", "Line ends were changed while signing.",
        settings(signed=lambda m: m.replace(b", ", b",\r\n"))),
    bad("signature-invalid", "A flipped bit in the signature itself.", signing(damage_signature=True)),
    bad("signature-content-embedded", "Signed with its content.", signing(embed=True)),
    bad("signature-attributes-missing", "No attributes.", signing(attributes=False)),
    bad("signature-content-type", "It signs something other than data.", signing(content_type="signed_data")),
    bad("signature-no-signer", "Certificates, but nobody signed.", signing(signers=0)),
    bad("signature-too-many-signers", "Ten signers.", signing(signers=10)),
    odd("signature-many-signers", "Two signers.", signing(signers=2)),
    bad("signature-too-many-certificates", "Nine certificates.", signing(carry=[people.certificate("wwdr")] * 9)),
    bad("signature-certificate-missing", "The signer is not carried.", signing(carry=[people.certificate("wwdr")])),
    bad("signature-algorithm-unknown", "MD5.", signing(digest="md5")),
    odd("signing-time-missing", "It does not say when.", signing(at=None)),
    bad("chain-intermediate-missing", "Apple's intermediate is not carried.",
        signing(carry=[people.certificate("leaf")])),
    bad("chain-broken", "The issuer named did not sign the certificate.", leaf("leaf-forged")),
    bad("chain-foreign", "Another root under the name of the trusted one.",
        leaf("leaf-stranger", "stranger-wwdr"), "chain-broken"),
    odd("chain-unchecked", "An authority that nobody here knows.", leaf("leaf-elsewhere", "elsewhere-wwdr")),
    bad("chain-impostor", "An issuer that calls itself Apple's.", leaf("leaf-impostor", "impostor-wwdr")),
    bad("certificate-expired", "Ended before it signed.", leaf("leaf-expired")),
    odd("certificate-expired-since", "Ended after it signed.", leaf("leaf-expired-since")),
    bad("certificate-not-yet-valid", "Signed before it began.", leaf("leaf-early")),
    bad("certificate-unreadable", "A certificate of version 67.", signing(
        carry=[people.certificate("leaf").replace(b"\xa0\3\2\1\2", b"\xa0\3\2\1\x42"), people.certificate("wwdr")]),
        "certificate-unreadable", "signature-certificate-missing"),
    bad("certificate-no-marker", "Not a Pass Type ID certificate.", leaf("leaf-unmarked")),
    bad("certificate-wrong-purpose", "Not for signing passes.", leaf("leaf-purposeless")),
    bad("identity-pass-type", "Another pass type.", document(passTypeIdentifier="pass.example.other")),
    bad("identity-team", "Another team.", document(teamIdentifier="OTHERTEAM1")),
]  # fmt: skip
