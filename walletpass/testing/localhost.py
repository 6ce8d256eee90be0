"""A TLS server of this machine: a throwaway certificate for localhost, and the root that vouches for it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from walletpass.testing.authority import key_pem

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalhostCertificate:
    """
    A certificate for `localhost`, `127.0.0.1` and `::1`, with its key.

    Attributes:
        root_pem: What a client has to trust.
        chain_pem: The certificate.
        key_pem: Its key.
    """

    root_pem: bytes
    chain_pem: bytes
    key_pem: bytes = field(repr=False)

    @classmethod
    def create(cls, *, days: int = 30) -> LocalhostCertificate:
        """Make one, with a root of its own, valid from yesterday on."""
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "walletpass localhost root, never trust")])
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        root = (
            _builder(root_name, root_name, root_key.public_key(), root_key.public_key(), days)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_CERTIFIES, critical=True)
            .sign(root_key, SHA256())
        )
        hosts = [x509.DNSName("localhost"), *(x509.IPAddress(ip_address(ip)) for ip in ("127.0.0.1", "::1"))]
        own = (
            _builder(name, root_name, key.public_key(), root_key.public_key(), days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(root_key, SHA256())
        )
        return cls(
            root_pem=root.public_bytes(Encoding.PEM),
            chain_pem=own.public_bytes(Encoding.PEM),
            key_pem=key_pem(key),
        )

    def server_context(self, *, client_roots: bytes = b"") -> ssl.SSLContext:
        """
        TLS for a server.

        Args:
            client_roots: PEM of the roots of client certificates; a client may bring one then.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with TemporaryDirectory() as folder:  # the ssl module reads keys from files alone
            both = Path(folder, "localhost.pem")
            both.touch(mode=0o600)
            both.write_bytes(self.key_pem + self.chain_pem)
            context.load_cert_chain(both)
        if client_roots:
            context.load_verify_locations(cadata=client_roots.decode("ascii"))
            context.verify_mode = ssl.CERT_OPTIONAL
        return context


_CERTIFIES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    days: int,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + days * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )
