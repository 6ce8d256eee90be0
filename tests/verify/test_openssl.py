"""Signatures as OpenSSL makes them, in the forms of the field, are read and judged as OpenSSL judges them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from walletpass.apple.verify.signature import Signature, read_signature
from walletpass.testing.authority import Authority, IssuedCertificate

MANIFEST = b'{\n  "pass.json": "da39a3ee5e6b4b0d3255bfef95601890afd80709"\n}\n'


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create(key="ec")


@pytest.fixture(scope="module")
def issued(authority: Authority) -> dict[str, IssuedCertificate]:
    return {kind: authority.issue_pass_certificate(key=kind) for kind in ("rsa", "ec")}


def openssl_sign(issued: IssuedCertificate, folder: Path, options: list[str]) -> bytes:
    (folder / "leaf.pem").write_bytes(issued.certificate_pem)
    (folder / "leaf.key").write_bytes(issued.key_pem())
    (folder / "wwdr.pem").write_bytes(issued.intermediate_pem)
    (folder / "manifest.json").write_bytes(MANIFEST)
    files = ["-signer", "leaf.pem", "-inkey", "leaf.key", "-certfile", "wwdr.pem"]
    subprocess.run(
        [
            "openssl",
            "cms",
            "-sign",
            "-binary",
            "-outform",
            "DER",
            *files,
            "-in",
            "manifest.json",
            "-out",
            "signature",
            *options,
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return (folder / "signature").read_bytes()


def verdict(signature: Signature) -> tuple[bool, list[str]]:
    return signature.holds, [finding.rule for finding in signature.findings]


@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize(
    ("options", "notes"),
    [
        ([], []),
        (["-md", "sha1"], ["signature-digest-sha1"]),
        (["-md", "sha384"], []),
        (["-keyid"], []),
        (["-nosmimecap"], []),
    ],
)
def test_a_detached_signature_of_openssl_holds(
    kind: str, options: list[str], notes: list[str], issued: dict[str, IssuedCertificate], tmp_path: Path
) -> None:
    signature = read_signature(openssl_sign(issued[kind], tmp_path, options), MANIFEST)
    assert verdict(signature) == (True, notes)
    assert signature.signer == issued[kind].certificate
    assert signature.signed_at is not None


def test_a_pss_signature_of_openssl_holds(issued: dict[str, IssuedCertificate], tmp_path: Path) -> None:
    data = openssl_sign(issued["rsa"], tmp_path, ["-keyopt", "rsa_padding_mode:pss", "-md", "sha256"])
    assert verdict(read_signature(data, MANIFEST)) == (True, [])


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["-nodetach"], "signature-content-embedded"),
        (["-stream"], "signature-content-embedded"),  # with indefinite lengths and pieces of strings
        (["-noattr"], "signature-attributes-missing"),
    ],
)
def test_a_signature_that_wallet_refuses_is_told_apart_from_a_false_one(
    options: list[str], rule: str, issued: dict[str, IssuedCertificate], tmp_path: Path
) -> None:
    assert verdict(read_signature(openssl_sign(issued["rsa"], tmp_path, options), MANIFEST)) == (True, [rule])


def test_a_signature_over_other_bytes_does_not_hold(issued: dict[str, IssuedCertificate], tmp_path: Path) -> None:
    data = openssl_sign(issued["rsa"], tmp_path, [])
    other = read_signature(data, MANIFEST.replace(b"\n", b"\r\n"))
    assert verdict(other) == (False, ["signature-digest-wrong"])


def test_a_signature_without_its_certificate_cannot_be_checked(
    issued: dict[str, IssuedCertificate], tmp_path: Path
) -> None:
    data = openssl_sign(issued["rsa"], tmp_path, ["-nocerts"])
    assert verdict(read_signature(data, MANIFEST)) == (False, ["signature-certificate-missing"])


def test_certificates_are_given_as_carried(issued: dict[str, IssuedCertificate], tmp_path: Path) -> None:
    carried = read_signature(openssl_sign(issued["ec"], tmp_path, []), MANIFEST).certificates
    expected: list[x509.Certificate] = [issued["ec"].certificate, issued["ec"].intermediate]
    assert {one.public_bytes(Encoding.DER) for one in carried} == {one.public_bytes(Encoding.DER) for one in expected}
