"""The file `signature`: what openssl and cryptography say of it."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
import time_machine
from asn1crypto import cms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from walletpass.apple import AppleCredentials, KeySigner
from walletpass.apple.keys import SoftwareKey
from walletpass.errors import CertificateExpired, CertificateNotYetValid, ChainBroken, SigningError, WrongPurpose
from walletpass.testing import Authority

MANIFESTS = [b"{}", b'{"pass.json":"00"}', b'{\n  "pass.json": "00"\r\n}\n', b"\x00" * 100_000]
OPTIONS = [
    pkcs7.PKCS7Options.DetachedSignature,
    pkcs7.PKCS7Options.Binary,
    pkcs7.PKCS7Options.NoCapabilities,
]


def built_by_cryptography(issued, manifest: bytes, at: datetime) -> bytes:
    builder = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(manifest)
        .add_signer(issued.certificate, issued.key, SHA256())
        .add_certificate(issued.intermediate)
    )
    with time_machine.travel(at, tick=False):
        return builder.sign(Encoding.DER, OPTIONS)


def signer_info(signature: bytes) -> cms.SignerInfo:
    return cms.ContentInfo.load(signature, strict=True)["content"]["signer_infos"][0]


@pytest.fixture
def openssl_says(tmp_path, authority, at):
    """Whether openssl takes a signature for that of this manifest, and the content it saw."""
    (tmp_path / "root.pem").write_bytes(authority.root_pem)
    command = "openssl cms -verify -binary -purpose any -inform DER -in signature -content manifest.json -out seen"
    command += f" -CAfile root.pem -attime {at.timestamp():.0f}"

    def ask(manifest: bytes, signature: bytes) -> tuple[bool, bytes]:
        (tmp_path / "manifest.json").write_bytes(manifest)
        (tmp_path / "signature").write_bytes(signature)
        done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True)
        return done.returncode == 0, (tmp_path / "seen").read_bytes()

    return ask


@pytest.mark.parametrize("manifest", MANIFESTS, ids=["empty", "one-line", "with-line-breaks", "large"])
def test_openssl_accepts_every_signature(openssl_says, signer, at, manifest):
    assert openssl_says(manifest, signer.sign(manifest, at)) == (True, manifest)


def test_openssl_refuses_a_signature_beside_another_manifest(openssl_says, ec_signer, at):
    accepted, _ = openssl_says(b"[]", ec_signer.sign(b"{}", at))
    assert not accepted


@pytest.mark.parametrize("manifest", MANIFESTS, ids=["empty", "one-line", "with-line-breaks", "large"])
def test_rsa_signatures_are_byte_for_byte_those_of_cryptographys_builder(issued_rsa, at, manifest):
    assert KeySigner(issued_rsa.credentials()).sign(manifest, at) == built_by_cryptography(issued_rsa, manifest, at)


@pytest.mark.parametrize("key_size", [2048, 3072, 4096])
@pytest.mark.parametrize("year", [2027, 2049, 2050, 2100])
def test_key_sizes_and_both_forms_of_time_are_laid_out_as_the_builder_does(long_lived, key_size, year):
    issued, at = long_lived[key_size], datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert KeySigner(issued.credentials()).sign(b"{}", at) == built_by_cryptography(issued, b"{}", at)


@pytest.fixture(scope="module")
def long_lived(at):
    authority = Authority.create(key="ec", now=at, valid_days=36_500)
    return {size: authority.issue_pass_certificate(key_size=size) for size in (2048, 3072, 4096)}


def test_ec_signatures_differ_from_the_builders_in_nothing_but_the_signature_value(issued_ec, ec_signer, at):
    ours = cms.ContentInfo.load(ec_signer.sign(b"{}", at))
    theirs = cms.ContentInfo.load(built_by_cryptography(issued_ec, b"{}", at))
    for each in (ours, theirs):
        each["content"]["signer_infos"][0]["signature"] = b""
    assert ours.dump(force=True) == theirs.dump(force=True)


def test_a_signature_is_detached_and_carries_leaf_and_intermediate(issued, signer, at):
    signed = cms.ContentInfo.load(signer.sign(b"{}", at), strict=True)["content"]
    assert signed["encap_content_info"]["content"].native is None
    carried = [one.dump() for one in signed["certificates"]]
    assert carried == sorted(carried)
    assert set(carried) == {one.public_bytes(Encoding.DER) for one in (issued.certificate, issued.intermediate)}


def test_a_signature_states_digest_and_time(signer, at):
    attributes = {
        one["type"].native: one["values"][0].native for one in signer_info(signer.sign(b"{}", at))["signed_attrs"]
    }
    assert attributes == {"content_type": "data", "signing_time": at, "message_digest": sha256(b"{}").digest()}


def test_der_lengths_agree_when_the_signature_length_varies(issued_ec, at):
    """ECDSA signatures have 70 to 72 bytes, by chance of their two numbers; a longer one tries every form of length."""
    signatures = [bytes(length) for length in (70, 71, 72, 127, 128, 255, 256, 70_000)]
    remaining = iter(signatures)

    class Canned:
        def sign_digest(self, digest: bytes) -> bytes:
            return next(remaining)

    signer = KeySigner(replace(issued_ec.credentials(), key=Canned()))
    for value in signatures:
        signature = signer.sign(b"{}", at)
        assert signer_info(signature)["signature"].native == value
        assert cms.ContentInfo.load(signature, strict=True).dump(force=True) == signature


def test_the_same_manifest_and_second_give_the_same_rsa_bytes(issued_rsa, at):
    first, second = (KeySigner(issued_rsa.credentials()) for _ in range(2))
    assert first.sign(b"{}", at) == second.sign(b"{}", at + timedelta(milliseconds=999))
    assert first.sign(b"{}", at) != first.sign(b"{}", at + timedelta(seconds=1))


def test_the_zone_of_the_signing_time_does_not_matter(ec_signer, at):
    paris = at.astimezone(timezone(timedelta(hours=1)))
    assert signer_info(ec_signer.sign(b"{}", paris))["signed_attrs"].dump() == (
        signer_info(ec_signer.sign(b"{}", at))["signed_attrs"].dump()
    )


def test_threads_may_share_a_signer(issued_rsa, at):
    signer = KeySigner(issued_rsa.credentials())
    manifests = [f'{{"{n}":""}}'.encode() for n in range(40)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda manifest: signer.sign(manifest, at), manifests))
    assert together == [signer.sign(manifest, at) for manifest in manifests]


def test_a_signing_time_without_zone_is_refused(ec_signer):
    with pytest.raises(SigningError, match="has no zone"):
        ec_signer.sign(b"{}", datetime(2027, 3, 20, 8, 0))


def test_a_signer_refuses_once_its_certificate_has_ended(ec_signer):
    last = ec_signer.credentials.not_after
    assert ec_signer.sign(b"{}", last)
    with pytest.raises(CertificateExpired, match="renew it with Apple"):
        ec_signer.sign(b"{}", last + timedelta(seconds=1))


def test_a_signer_refuses_before_its_certificate_begins(ec_signer):
    with pytest.raises(CertificateNotYetValid, match="check the clock"):
        ec_signer.sign(b"{}", ec_signer.credentials.not_before - timedelta(seconds=1))


def test_no_signer_is_made_of_a_certificate_for_something_else(authority):
    with pytest.raises(WrongPurpose, match="not a Pass Type ID certificate"):
        KeySigner(authority.issue_pass_certificate(key="ec", marker=False).credentials())


def test_no_signer_is_made_without_the_intermediate(issued_ec):
    with pytest.raises(ChainBroken, match="is missing"):
        KeySigner(AppleCredentials.load(issued_ec.certificate_pem, issued_ec.key_pem()))


def test_a_key_may_live_elsewhere(issued_rsa, at):
    """Whatever signs digests is a key: the door for an HSM or KMS."""

    digests: list[bytes] = []

    class ElsewhereKey:
        def sign_digest(self, digest: bytes) -> bytes:
            digests.append(digest)
            return SoftwareKey(issued_rsa.key).sign_digest(digest)

    credentials = AppleCredentials.load(
        issued_rsa.certificate_pem, ElsewhereKey(), intermediates=[issued_rsa.intermediate_pem]
    )
    assert KeySigner(credentials).sign(b"{}", at) == KeySigner(issued_rsa.credentials()).sign(b"{}", at)
    assert [len(digest) for digest in digests] == [32, 32]
