"""A CMS writer with every freedom that the field takes, and every fault a verifier must find. Built with asn1crypto."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SIGNED_AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass
class Signing:
    """How to sign. The first certificate is the signer's."""

    certificates: list[bytes]
    key: RSAPrivateKey
    at: datetime | None = SIGNED_AT
    digest: str = "sha256"
    by_key_id: bool = False
    sorted_sets: bool = True
    indefinite: bool = False
    embed: bool = False
    pss: bool = False
    attributes: bool = True
    content_type: str = "data"
    signers: int = 1
    carry: list[bytes] | None = None
    damage_signature: bool = False


def sign(manifest: bytes, how: Signing) -> bytes:
    """The file `signature`."""
    carried = how.certificates if how.carry is None else how.carry
    certificates = [cms.CertificateChoices("certificate", x509.Certificate.load(der)) for der in carried]
    signed_data = cms.SignedData(
        {
            "version": "v3" if how.by_key_id else "v1",
            "digest_algorithms": [{"algorithm": how.digest}],
            "encap_content_info": {"content_type": "data", **({"content": manifest} if how.embed else {})},
            "certificates": certificates,
            "signer_infos": [_signer_info(manifest, how) for _ in range(how.signers)],
        }
    )
    whole = cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump()
    return indefinite(whole) if how.indefinite else whole


def _signer_info(manifest: bytes, how: Signing) -> cms.SignerInfo:
    signer = x509.Certificate.load(how.certificates[0])
    attributes = [
        {"type": "content_type", "values": [how.content_type]},
        {"type": "message_digest", "values": [hashlib.new(how.digest, manifest).digest()]},
    ]
    if how.at is not None:
        attributes.append({"type": "signing_time", "values": [cms.Time("utc_time", core.UTCTime(how.at))]})
    parts = [cms.CMSAttribute(attribute).dump() for attribute in attributes]
    parts = sorted(parts) if how.sorted_sets else sorted(parts, reverse=True)
    message = _tlv(0x31, b"".join(parts)) if how.attributes else manifest
    chosen = getattr(hashes, how.digest.upper())()
    scheme = padding.PSS(padding.MGF1(chosen), 0) if how.pss else padding.PKCS1v15()
    signature = how.key.sign(message, scheme, chosen)
    if how.damage_signature:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    info = {
        "version": "v3" if how.by_key_id else "v1",
        "sid": _sid(signer, how.by_key_id),
        "digest_algorithm": {"algorithm": how.digest},
        "signature_algorithm": _pss(how.digest) if how.pss else {"algorithm": "rsassa_pkcs1v15"},
        "signature": signature,
    }
    if how.attributes:
        info["signed_attrs"] = cms.CMSAttributes.load(message)
    return cms.SignerInfo(info)


def _sid(signer: x509.Certificate, by_key_id: bool) -> cms.SignerIdentifier:
    if by_key_id:
        return cms.SignerIdentifier("subject_key_identifier", signer.key_identifier_value.native)
    both = {"issuer": signer.issuer, "serial_number": signer.serial_number}
    return cms.SignerIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(both))


def _pss(digest: str) -> dict[str, object]:
    mask = {"algorithm": "mgf1", "parameters": {"algorithm": digest}}
    return {
        "algorithm": "rsassa_pss",
        "parameters": {"hash_algorithm": {"algorithm": digest}, "mask_gen_algorithm": mask, "salt_length": 0},
    }


def indefinite(der: bytes) -> bytes:
    """The outer layers with indefinite lengths, and long octet strings in two pieces: as Apple's samples are."""
    return _loosen(der, 6)


def _loosen(der: bytes, depth: int) -> bytes:
    tag, content = der[0], der[_header(der) :]
    if tag == 0x04 and depth and len(content) > 100:
        return b"\x24\x80" + _tlv(0x04, content[:100]) + _tlv(0x04, content[100:]) + b"\0\0"
    if depth == 0 or not tag & 0x20:
        return der
    inner, at = b"", 0
    while at < len(content):
        size = _header(content[at:]) + _size(content[at:])
        inner += _loosen(content[at : at + size], depth - 1)
        at += size
    return bytes([tag, 0x80]) + inner + b"\0\0"


def _size(der: bytes) -> int:
    first = der[1]
    return int.from_bytes(der[2 : 2 + (first & 0x7F)]) if first & 0x80 else first


def _header(der: bytes) -> int:
    return 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 0x80 else bytes([0x82]) + size.to_bytes(2)
    if 0x80 <= size < 0x100:
        length = bytes([0x81, size])
    return bytes([tag]) + length + content
