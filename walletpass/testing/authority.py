"""
A throwaway authority shaped as Apple's, so that signing can be tried, tested and shown without an account.

    authority = Authority.create()
    issued = authority.issue_pass_certificate("pass.example.test", "TESTTEAM")
    signer = KeySigner(issued.credentials())

Each way in which a real certificate goes wrong can be asked for: other dates, a forged issuer, a missing marker.
Wallet refuses everything signed with it. RSA keys take a few tenths of a second each; ask for "ec" where it is all one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from walletpass.apple.certificates import AppleCredentials
from walletpass.apple.keys import PrivateKey
from walletpass.apple.oids import INTERMEDIATE_MARKER, PASS_MARKER, PASS_SIGNING, TEAM, USER_ID

KeyKind = Literal["rsa", "ec"]
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_DAY = timedelta(days=1)
_DER_NULL = b"\x05\x00"
_ORGANIZATION = "walletpass sample, never trust"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """A pass certificate, its key, and the intermediate that issued it."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    intermediate: x509.Certificate

    @property
    def certificate_pem(self) -> bytes:
        """The pass certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def intermediate_pem(self) -> bytes:
        """The intermediate alone."""
        return self.intermediate.public_bytes(Encoding.PEM)

    def key_pem(self, passphrase: str | None = None) -> bytes:
        """The private key, PKCS#8, encrypted if there is a passphrase."""
        return key_pem(self.key, passphrase)

    def pkcs12(self, passphrase: str, *, with_intermediate: bool = False) -> bytes:
        """A .p12 as Keychain exports it."""
        more = [self.intermediate] if with_intermediate else None
        return pkcs12.serialize_key_and_certificates(
            b"pass", self.key, self.certificate, more, BestAvailableEncryption(passphrase.encode())
        )

    def credentials(self) -> AppleCredentials:
        """Ready to sign with."""
        return AppleCredentials.load(self.certificate_pem, self.key_pem(), intermediates=[self.intermediate_pem])


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Root and intermediate, with their keys. `now` is when they were made: all dates count from it."""

    root: x509.Certificate
    intermediate: x509.Certificate
    root_key: PrivateKey = field(repr=False)
    intermediate_key: PrivateKey = field(repr=False)
    now: datetime
    valid_days: int

    @classmethod
    def create(cls, *, key: KeyKind = "rsa", now: datetime | None = None, valid_days: int = 365) -> Authority:
        """
        Make root and intermediate.

        Args:
            key: Kind of their keys: RSA-2048 as Apple's, or P-256, which is made in no time.
            now: When they are made; valid from a day before (default: the present).
            valid_days: Days from `now` to their end, and to that of what they issue.
        """
        now = datetime.now(UTC) if now is None else now
        root_key, intermediate_key = make_key(key), make_key(key)
        root_name = _name((NameOID.COMMON_NAME, "walletpass Sample Root CA"))
        intermediate_name = _name(
            (NameOID.COMMON_NAME, "walletpass Sample Developer Relations Certification Authority"),
            (TEAM, "S1"),  # the generation, as G4 in Apple's
        )
        end = now + valid_days * _DAY
        root = _builder(root_name, root_name, root_key.public_key(), root_key, now - _DAY, end)
        root = _as_authority(root, path_length=None)
        intermediate = _builder(intermediate_name, root_name, intermediate_key.public_key(), root_key, now - _DAY, end)
        intermediate = _as_authority(intermediate, path_length=0).add_extension(
            x509.UnrecognizedExtension(INTERMEDIATE_MARKER, _DER_NULL), critical=False
        )
        return cls(
            root=root.sign(root_key, SHA256()),
            intermediate=intermediate.sign(root_key, SHA256()),
            root_key=root_key,
            intermediate_key=intermediate_key,
            now=now,
            valid_days=valid_days,
        )

    @property
    def root_pem(self) -> bytes:
        """The root, as `openssl -CAfile` and `walletpass verify --ca` take it."""
        return self.root.public_bytes(Encoding.PEM)

    @property
    def intermediate_pem(self) -> bytes:
        """The intermediate, which stands for Apple's WWDR."""
        return self.intermediate.public_bytes(Encoding.PEM)

    def issue_pass_certificate(
        self,
        pass_type_identifier: str = "pass.example.test",
        team_identifier: str = "TESTTEAM",
        *,
        key: KeyKind = "rsa",
        key_size: int = 2048,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        marker: bool = True,
        purpose: bool = True,
        forged: bool = False,
    ) -> IssuedCertificate:
        """
        Issue a Pass Type ID certificate, or a faulty one.

        Args:
            pass_type_identifier: UID of the subject, and value of the marker.
            team_identifier: OU of the subject.
            key: Kind of its key.
            key_size: Bits, of an RSA key.
            not_before: Default: a day before the authority's `now`.
            not_after: Default: the end of the authority.
            marker: Whether it carries Apple's pass marker.
            purpose: Whether it may sign passes (extended key usage).
            forged: Names this authority as its issuer, but a stranger's key made the signature.
        """
        own_key = make_key(key, key_size)
        certificate = self._pass_certificate(
            own_key.public_key(),
            pass_type_identifier,
            team_identifier,
            self.intermediate_key if not forged else make_key("ec"),
            not_before or self.now - _DAY,
            not_after or self.now + self.valid_days * _DAY,
            marker=marker,
            purpose=purpose,
        )
        return IssuedCertificate(certificate=certificate, key=own_key, intermediate=self.intermediate)

    def sign_request(
        self,
        request: bytes,
        pass_type_identifier: str = "pass.example.test",
        team_identifier: str = "TESTTEAM",
        *,
        not_after: datetime | None = None,
    ) -> bytes:
        """
        What Apple's portal makes of a certificate signing request.

        Args:
            request: PEM.
            pass_type_identifier: UID of the subject, and value of the marker.
            team_identifier: OU of the subject.
            not_after: Default: the end of the authority.

        Returns:
            The certificate, PEM.
        """
        ends = not_after or self.now + self.valid_days * _DAY
        asked: Any = x509.load_pem_x509_csr(request).public_key()
        certificate = self._pass_certificate(
            asked, pass_type_identifier, team_identifier, self.intermediate_key, self.now - _DAY, ends
        )
        return certificate.public_bytes(Encoding.PEM)

    def _pass_certificate(
        self,
        public_key: PublicKey,
        pass_type_identifier: str,
        team_identifier: str,
        issuer_key: PrivateKey,
        not_before: datetime,
        not_after: datetime,
        *,
        marker: bool = True,
        purpose: bool = True,
    ) -> x509.Certificate:
        subject = _name(
            (USER_ID, pass_type_identifier),
            (NameOID.COMMON_NAME, f"Pass Type ID: {pass_type_identifier}"),
            (TEAM, team_identifier),
        )
        builder = _builder(
            subject,
            self.intermediate.subject,
            public_key,
            self.intermediate_key,
            not_before,
            not_after,
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, *([PASS_SIGNING] if purpose else [])]  # client: of the push service
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=True)
        if marker:
            value = pass_type_identifier.encode()
            builder = builder.add_extension(
                x509.UnrecognizedExtension(PASS_MARKER, bytes((0x0C, len(value))) + value), critical=False
            )
        return builder.sign(issuer_key, SHA256())


def make_key(kind: KeyKind, size: int = 2048) -> PrivateKey:
    """A fresh private key: RSA of so many bits, or EC P-256."""
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=size)
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: PrivateKey, passphrase: str | None = None) -> bytes:
    """The private key as PKCS#8 PEM, encrypted if there is a passphrase."""
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def _name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    more = ((NameOID.ORGANIZATION_NAME, _ORGANIZATION), (NameOID.COUNTRY_NAME, "FR"))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in (*parts, *more)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: PublicKey,
    issuer_key: PrivateKey,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _as_authority(builder: x509.CertificateBuilder, path_length: int | None) -> x509.CertificateBuilder:
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True).add_extension(
        _usage(signs_certificates=True), critical=True
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
