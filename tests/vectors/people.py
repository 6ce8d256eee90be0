"""
The certificates of the vectors: made once and kept in `authority/`, so that every build gives the same bytes.

`python tests/vectors/people.py` makes new ones; all vectors must be rebuilt then.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from walletpass.testing.authority import Authority

HERE = Path(__file__).parent / "authority"
BORN = datetime(2026, 1, 1, tzinfo=UTC)
PASS_TYPE, TEAM = "pass.example.vectors", "VECTORTEAM"


@cache
def certificate(name: str) -> bytes:
    """One certificate, DER."""
    return x509.load_pem_x509_certificate((HERE / f"{name}.pem").read_bytes()).public_bytes(Encoding.DER)


@cache
def key(name: str) -> RSAPrivateKey:
    """The key of a pass certificate."""
    loaded = load_pem_private_key((HERE / f"{name}.key").read_bytes(), None)
    assert isinstance(loaded, RSAPrivateKey)
    return loaded


def make() -> None:
    """New certificates for everybody."""
    HERE.mkdir(exist_ok=True)
    ours = Authority.create(now=BORN, valid_days=20 * 365)
    stranger = Authority.create(key="ec", now=BORN, valid_days=20 * 365)
    _write("root", ours.root)
    _write("wwdr", ours.intermediate)
    _write("stranger-wwdr", stranger.intermediate)
    apple_name = ("Apple Worldwide Developer Relations Certification Authority", "G4", "Apple Inc.")
    impostor = _other_intermediate(ours, apple_name, ours.root.subject)
    elsewhere = _other_intermediate(
        ours, ("Elsewhere CA", "E1", "Elsewhere"), _name("Elsewhere Root", "E", "Elsewhere")
    )
    _write("impostor-wwdr", impostor.intermediate)
    _write("elsewhere-wwdr", elsewhere.intermediate)
    day = timedelta(days=1)
    for name, issuer, options in (
        ("leaf", ours, {}),
        ("leaf-expired", ours, {"not_before": BORN - 365 * day, "not_after": BORN}),
        ("leaf-expired-since", ours, {"not_after": BORN + 165 * day}),
        ("leaf-early", ours, {"not_before": BORN + 365 * day}),
        ("leaf-unmarked", ours, {"marker": False}),
        ("leaf-purposeless", ours, {"purpose": False}),
        ("leaf-forged", ours, {"forged": True}),
        ("leaf-stranger", stranger, {}),
        ("leaf-impostor", impostor, {}),
        ("leaf-elsewhere", elsewhere, {}),
    ):
        issued = issuer.issue_pass_certificate(PASS_TYPE, TEAM, **options)
        _write(name, issued.certificate)
        (HERE / f"{name}.key").write_bytes(issued.key_pem())


def _other_intermediate(ours: Authority, names: tuple[str, str, str], issuer: x509.Name) -> Authority:
    """An intermediate of another name, perhaps of a root that is not ours."""
    builder = x509.CertificateBuilder(issuer_name=issuer, subject_name=_name(*names))
    builder = builder.public_key(ours.intermediate_key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(BORN).not_valid_after(BORN + timedelta(days=7000))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    key = ours.root_key if issuer == ours.root.subject else ours.intermediate_key
    return replace(ours, intermediate=builder.sign(key, SHA256()))


def _name(common: str, unit: str, organization: str) -> x509.Name:
    pairs = ((NameOID.COMMON_NAME, common), (NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    more = (NameOID.ORGANIZATION_NAME, organization)
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in (*pairs, more)])


def _write(name: str, one: x509.Certificate) -> None:
    (HERE / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))


if __name__ == "__main__":
    make()
