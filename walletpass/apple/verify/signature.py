"""The signature: detached CMS over manifest.json, in any of the forms that passes of the field have."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from walletpass.apple.chain import subject_key_id
from walletpass.apple.verify import ber
from walletpass.apple.verify.limits import LIMITS
from walletpass.findings import Finding, error, note, warning
from walletpass.templates.apple import BUILDING

WHERE = "signature"
CMS = "RFC 5652 (CMS)"
_REMAKE = "Sign the manifest anew."
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
# What asn1crypto raises on bytes that do not have the shape it expects.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
_BROKEN_CERTIFICATE = (
    ValueError,
    OverflowError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_MAX_RSA_BITS = 8192  # a larger key costs seconds and is nobody's


class _Refused(Exception):
    """`args` are rule and sentence."""


@dataclass(frozen=True, slots=True)
class Signature:
    """
    What the signature says.

    Attributes:
        certificates: As carried, in their order.
        signer: The one whose key signed; None if it is not among them.
        signed_at: By the signer's own clock; None if not said.
        digest: Name of the digest ("sha256"); empty if unknown.
        holds: Whether it is a signature of these manifest bytes by the signer's key. Says nothing about who that is.
        findings: What is wrong.
    """

    certificates: tuple[x509.Certificate, ...] = ()
    signer: x509.Certificate | None = None
    signed_at: datetime | None = None
    digest: str = ""
    holds: bool = False
    findings: tuple[Finding, ...] = field(default=())


def read_signature(data: bytes, manifest: bytes | None) -> Signature:
    """
    Read and verify a signature. Never raises: what is wrong is in `findings`.

    Args:
        data: The file `signature`, DER or BER.
        manifest: The bytes it should sign; None if they are not there, then it is only read.
    """
    try:
        signed_data = _parse(data)
        return _read(signed_data, manifest)
    except _Refused as refused:
        rule, says = refused.args
        return Signature(findings=(error(rule, WHERE, says, BUILDING, _REMAKE),))
    except _UNREADABLE:
        says = "it is not a CMS structure that can be read"
        return Signature(findings=(error("signature-unreadable", WHERE, says, CMS, _REMAKE),))


def _parse(data: bytes) -> cms.SignedData:
    if len(data) > LIMITS.signature:
        raise _Refused("signature-too-large", f"it has {len(data)} bytes, more than {LIMITS.signature}")
    if data.lstrip().startswith((b"-----BEGIN", b"MIME-Version", b"Content-Type")):
        raise _Refused("signature-not-der", "it is text (PEM or S/MIME) where DER is expected")
    try:
        content = cms.ContentInfo.load(ber.definite(data), strict=True)
    except ber.BrokenBer as broken:
        raise _Refused("signature-unreadable", f"it is not a CMS structure: {broken}") from broken
    if content["content_type"].native != "signed_data":
        raise _Refused("signature-not-signed-data", "it is CMS, but not signed data")
    return content["content"]


def _read(signed_data: cms.SignedData, manifest: bytes | None) -> Signature:
    findings: list[Finding] = []
    certificates = _certificates(signed_data, findings)
    findings += _content(signed_data["encap_content_info"])
    signers = signed_data["signer_infos"]
    if len(signers) == 0:
        raise _Refused("signature-no-signer", "nobody signed it")
    if len(signers) > LIMITS.signers:
        raise _Refused("signature-too-many-signers", f"it has {len(signers)} signers")
    if len(signers) > 1:
        says = f"it has {len(signers)} signers; Wallet expects one"
        findings.append(warning("signature-many-signers", WHERE, says, BUILDING, _REMAKE))
    read = [_read_signer(info, certificates, manifest) for info in signers]
    first = read[0]
    return Signature(
        certificates=certificates,
        signer=first.signer,
        signed_at=first.signed_at,
        digest=first.digest,
        holds=all(one.holds for one in read),
        findings=(*findings, *dict.fromkeys(finding for one in read for finding in one.findings)),
    )


def _certificates(signed_data: cms.SignedData, findings: list[Finding]) -> tuple[x509.Certificate, ...]:
    carried = signed_data["certificates"]
    found = [] if carried.native is None else [choice for choice in carried if choice.name == "certificate"]
    if len(found) > LIMITS.certificates:
        raise _Refused("signature-too-many-certificates", f"it carries {len(found)} certificates")
    certificates = []
    for choice in found:
        try:
            certificates.append(_load(choice.chosen))
        except _BROKEN_CERTIFICATE:
            says = "a certificate in it cannot be read"
            findings.append(error("certificate-unreadable", WHERE, says, CMS, "Get the certificates from Apple again."))
    return tuple(certificates)


def _load(carried: Any) -> x509.Certificate:
    """A certificate of which every part that is looked at later can be read: the library reads most of them lazily."""
    if carried.serial_number <= 0:
        raise ValueError("cryptography takes this with a warning for now, and will refuse it")
    certificate = x509.load_der_x509_certificate(carried.dump())
    _ = (certificate.version, certificate.subject, certificate.issuer, certificate.serial_number)
    _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.extensions)
    with suppress(UnsupportedAlgorithm):  # a key of an unknown kind is judged where it is used
        certificate.public_key()
    return certificate


def _content(encapsulated: Any) -> list[Finding]:
    findings = []
    if encapsulated["content_type"].native != "data":
        says = "it does not say that it signs plain data"
        findings.append(error("signature-content-type", WHERE, says, BUILDING, _REMAKE))
    if encapsulated["content"].native is not None:
        says = "the manifest is embedded in it; Wallet wants a detached signature"
        hint = "Sign with the options detached and binary."
        findings.append(error("signature-content-embedded", WHERE, says, BUILDING, hint))
    return findings


def _read_signer(info: cms.SignerInfo, certificates: Sequence[x509.Certificate], manifest: bytes | None) -> Signature:
    findings: list[Finding] = []
    digest = str(info["digest_algorithm"]["algorithm"].native)
    if digest == "sha1":
        says = "its digest is SHA-1, which Wallet still takes"
        findings.append(note("signature-digest-sha1", WHERE, says, BUILDING, "Sign with SHA-256."))
    attributes = _attributes(info, findings)
    signed_at = _signing_time(attributes, findings)
    signer = _find_signer(info["sid"], certificates)
    if signer is None:
        says = "the certificate of the signer is not in it"
        findings.append(error("signature-certificate-missing", WHERE, says, BUILDING, "Put the pass certificate in."))
    holds = False
    if digest not in _HASHES:
        findings.append(
            error("signature-algorithm-unknown", WHERE, f"the digest {digest} is not supported", CMS, _REMAKE)
        )
    elif manifest is not None:
        faults = _verify(info, attributes, signer, manifest, digest)
        holds = not faults and signer is not None
        findings += faults
    return Signature(
        signer=signer,
        signed_at=signed_at,
        digest=digest if digest in _HASHES else "",
        holds=holds,
        findings=tuple(findings),
    )


def _attributes(info: cms.SignerInfo, findings: list[Finding]) -> dict[str, Any] | None:
    """Signed attributes by name, each with its one value; None if there are none."""
    if info["signed_attrs"].native is None:
        says = "it signs no attributes: neither the digest nor the time of signing"
        findings.append(error("signature-attributes-missing", WHERE, says, BUILDING, _REMAKE))
        return None
    attributes: dict[str, Any] = {}
    for attribute in info["signed_attrs"]:
        name = str(attribute["type"].native)
        if name in attributes or len(attribute["values"]) != 1:
            says = f"its attribute {name} does not have exactly one value"
            findings.append(error("signature-attribute-repeated", WHERE, says, CMS, _REMAKE))
        if len(attribute["values"]):
            attributes.setdefault(name, attribute["values"][0])
    content_type = attributes.get("content_type")
    if content_type is None or content_type.native != "data":
        says = "its signed content type is missing or is not plain data"
        findings.append(error("signature-content-type", WHERE, says, CMS, _REMAKE))
    return attributes


def _signing_time(attributes: dict[str, Any] | None, findings: list[Finding]) -> datetime | None:
    if attributes is None:
        return None
    try:
        signed_at = attributes["signing_time"].native
        if isinstance(signed_at, datetime) and signed_at.tzinfo is not None:
            return signed_at
        says = "its signing time is not a time with zone"
    except KeyError:
        says = "it does not say when it was made, so its certificate is judged by the present"
    except (ValueError, TypeError, OverflowError):
        says = "its signing time cannot be read"
    findings.append(warning("signing-time-missing", WHERE, says, BUILDING, "Sign with the attribute signingTime."))
    return None


def _find_signer(sid: Any, certificates: Sequence[x509.Certificate]) -> x509.Certificate | None:
    if sid.name == "subject_key_identifier":
        wanted = sid.chosen.native
        return next((each for each in certificates if subject_key_id(each) == wanted), None)
    issuer, serial = sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native
    same = [each for each in certificates if each.serial_number == serial]
    exact = next((each for each in same if each.issuer.public_bytes() == issuer), None)
    # Some signers re-encode the issuer's name; a single certificate with this serial is still meant.
    return exact or (same[0] if len(same) == 1 else None)


def _verify(
    info: cms.SignerInfo,
    attributes: dict[str, Any] | None,
    signer: x509.Certificate | None,
    manifest: bytes,
    digest: str,
) -> list[Finding]:
    found = hashes.Hash(_HASHES[digest]())
    found.update(manifest)
    if attributes is not None and (
        "message_digest" not in attributes or attributes["message_digest"].native != found.finalize()
    ):
        says = "it was not made over this manifest: the digests differ"
        hint = "Sign exactly the bytes of manifest.json, in binary form, after the last change."
        return [error("signature-digest-wrong", WHERE, says, BUILDING, hint)]
    if signer is None:
        return []
    signed = [manifest] if attributes is None else _signed_forms(info)
    try:
        if any(_signature_holds(info, signer, message, digest) for message in signed):
            return []
    except (UnsupportedAlgorithm, *_UNREADABLE):
        says = "its algorithm or the signer's key is of a kind that Wallet does not take"
        return [error("signature-algorithm-unknown", WHERE, says, CMS, "Sign with an RSA or EC key and SHA-256.")]
    says = "it was not made by the key of its certificate, or was changed since"
    return [
        error("signature-invalid", WHERE, says, BUILDING, "Sign anew with the key that belongs to the certificate.")
    ]


def _signed_forms(info: cms.SignerInfo) -> list[bytes]:
    """The attributes as they stand, and in the sorted order that the standard asks for: the field signs either."""
    as_they_stand = info["signed_attrs"].contents
    parts = sorted(attribute.dump() for attribute in info["signed_attrs"])
    return [ber.encode(b"\x31", contents) for contents in dict.fromkeys((as_they_stand, b"".join(parts)))]


def _signature_holds(info: cms.SignerInfo, signer: x509.Certificate, message: bytes, digest: str) -> bool:
    algorithm = info["signature_algorithm"]
    named = str(algorithm["algorithm"].native)
    # `rsaEncryption` and the like leave the hash to the digest algorithm.
    hash_name = digest if named in ("rsassa_pkcs1v15", "ecdsa") else str(algorithm.hash_algo)
    chosen = _HASHES[hash_name]()
    key = signer.public_key()
    signature = info["signature"].native
    try:
        if isinstance(key, rsa.RSAPublicKey) and key.key_size <= _MAX_RSA_BITS:
            scheme: padding.AsymmetricPadding = padding.PKCS1v15()
            if algorithm.signature_algo == "rsassa_pss":
                scheme = padding.PSS(padding.MGF1(chosen), padding.PSS.AUTO)
            elif algorithm.signature_algo != "rsassa_pkcs1v15":
                raise UnsupportedAlgorithm(named)
            key.verify(signature, message, scheme, chosen)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.signature_algo == "ecdsa":
            key.verify(signature, message, ec.ECDSA(chosen))
        else:
            raise UnsupportedAlgorithm(named)
    except InvalidSignature:
        return False
    return True
