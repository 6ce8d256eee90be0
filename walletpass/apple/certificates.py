"""The pass certificate with its key and its issuers: loaded once, checked, then used for every signature."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from walletpass.apple import environment
from walletpass.apple.chain import check_chain, common_name, find_chain, is_authority
from walletpass.apple.keys import SigningKey, SoftwareKey, belongs, trial_signature
from walletpass.apple.oids import PASS_MARKER, PASS_SIGNING, TEAM, USER_ID
from walletpass.apple.reading import is_pkcs12, read_certificates, read_key, read_pkcs12
from walletpass.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    FileMissing,
    IdentityMismatch,
    KeyMismatch,
    WrongPurpose,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleCredentials:
    """
    What it takes to sign passes of one pass type.

    Loading proves that key and certificate belong together and finds the chain; `check` says whether Wallet would
    accept what is signed with it. Immutable; threads may share it.

    Attributes:
        certificate: The pass certificate.
        chain: Its issuers, nearest first; empty when the intermediate was not given.
        key: Signs digests; a private key in memory or a port to an HSM.
        pass_type_identifier: UID of the subject ("pass.com.example.coupon"); empty in other kinds of certificate.
        team_identifier: OU of the subject; empty in other kinds of certificate.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: SigningKey = field(repr=False)
    pass_type_identifier: str
    team_identifier: str

    @classmethod
    def load(
        cls,
        certificate: bytes,
        key: bytes | SigningKey | None = None,
        *,
        passphrase: str | None = None,
        intermediates: Iterable[bytes] = (),
    ) -> AppleCredentials:
        """
        From the content of files, PEM or DER.

        Args:
            certificate: The pass certificate; may hold intermediates too, in any order, and the key.
            key: The private key, or an object that signs in its place; without it `certificate` holds the key too.
            passphrase: Opens the key, if it is encrypted.
            intermediates: More certificates; the right one is chosen by key identifier, the others are not used.

        Raises:
            CertificateUnreadable, KeyUnreadable, WrongPassphrase, KeyMismatch.
        """
        signing_key: SigningKey
        if key is None or isinstance(key, bytes):
            signing_key = SoftwareKey(read_key(certificate if key is None else key, passphrase))
        else:
            signing_key = key
        return _combine(signing_key, read_certificates(certificate), _issuers(intermediates))

    @classmethod
    def from_pkcs12(
        cls, data: bytes, passphrase: str | None = None, intermediates: Iterable[bytes] = ()
    ) -> AppleCredentials:
        """
        From a .p12 as Keychain exports it, which holds key and certificate and often no intermediate.

        Raises:
            CertificateUnreadable, KeyUnreadable, WrongPassphrase, KeyMismatch.
        """
        held = read_pkcs12(data, passphrase)
        return _combine(SoftwareKey(held.key), held.certificates, _issuers(intermediates))

    @classmethod
    def from_files(
        cls,
        certificate: str | os.PathLike[str],
        key: str | os.PathLike[str] | None = None,
        *,
        passphrase: str | None = None,
        intermediates: Iterable[str | os.PathLike[str]] = (),
    ) -> AppleCredentials:
        """
        From files, PEM, DER or PKCS#12 (`certificate` alone). Errors name the file.

        Raises:
            FileMissing, and what `load` and `from_pkcs12` raise.
        """
        content = _read(certificate)
        more = [found for path in intermediates for found in read_certificates(_read(path), os.fspath(path))]
        if key is None and is_pkcs12(content):
            held = read_pkcs12(content, passphrase, os.fspath(certificate))
            return _combine(SoftwareKey(held.key), held.certificates, more)
        of_key, name = (content, certificate) if key is None else (_read(key), key)
        own = read_certificates(content, os.fspath(certificate))
        return _combine(SoftwareKey(read_key(of_key, passphrase, os.fspath(name))), own, more)

    @classmethod
    def from_environment(
        cls,
        prefix: str = environment.PREFIX,
        environ: Mapping[str, str] | None = None,
        *,
        passphrase: str | None = None,
    ) -> AppleCredentials:
        """
        From variables, each a path, a PEM text, or base64 of a DER or PKCS#12 file.

        With the default prefix: WALLETPASS_APPLE_CERTIFICATE, _KEY, _PASSPHRASE, _INTERMEDIATE; and, to be compared
        with the certificate, _PASS_TYPE_IDENTIFIER and _TEAM_IDENTIFIER. Only the first is always needed; a
        `passphrase` given here goes before the variable.

        Raises:
            UsageError: A needed variable is not set, or holds none of the three.
            IdentityMismatch, and what `load` and `from_pkcs12` raise.
        """
        given = environment.read(os.environ if environ is None else environ, prefix)
        more = () if given.intermediate is None else (given.intermediate,)
        opens = given.passphrase if passphrase is None else passphrase
        if given.key is None and is_pkcs12(given.certificate):
            credentials = cls.from_pkcs12(given.certificate, opens, more)
        else:
            credentials = cls.load(given.certificate, given.key, passphrase=opens, intermediates=more)
        credentials.check_identity(given.pass_type_identifier, given.team_identifier)
        return credentials

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the pass certificate, 64 lower-case hexadecimal digits."""
        return self.certificate.fingerprint(SHA256()).hex()

    @property
    def not_after(self) -> datetime:
        """The last instant at which it can sign: the earliest end of the pass certificate and its issuers, in UTC."""
        return min(certificate.not_valid_after_utc for certificate in (self.certificate, *self.chain))

    @property
    def not_before(self) -> datetime:
        """The first instant at which it can sign, in UTC."""
        return max(certificate.not_valid_before_utc for certificate in (self.certificate, *self.chain))

    def check(
        self,
        at: datetime | None = None,
        *,
        pass_type_identifier: str | None = None,
        team_identifier: str | None = None,
    ) -> None:
        """
        Raise unless passes signed at `at` (default: now) would be accepted.

        Args:
            at: Signing instant, with a zone.
            pass_type_identifier: What the passes will say; compared with the certificate if given.
            team_identifier: The same for the team.

        Raises:
            WrongPurpose, IdentityMismatch, CertificateExpired, CertificateNotYetValid, ChainBroken.
        """
        self.check_purpose()
        self.check_identity(pass_type_identifier, team_identifier)
        self.check_chain()
        self.check_validity(datetime.now(UTC) if at is None else at)

    def check_purpose(self) -> None:
        """WrongPurpose unless it is a Pass Type ID certificate: identity, marker and key usage, as phones check."""
        missing = [
            what
            for what, present in (
                ("no pass type identifier (UID)", bool(self.pass_type_identifier)),
                ("no team identifier (OU)", bool(self.team_identifier)),
                (f"no pass marker ({PASS_MARKER.dotted_string})", _has_marker(self.certificate)),
                (f"no pass signing usage ({PASS_SIGNING.dotted_string})", _may_sign_passes(self.certificate)),
            )
            if not present
        ]
        if missing:
            raise WrongPurpose(
                f"{common_name(self.certificate.subject)!r} is not a Pass Type ID certificate ({', '.join(missing)}): "
                "create one under Identifiers > Pass Type IDs in Apple's developer portal"
            )

    def check_identity(self, pass_type_identifier: str | None = None, team_identifier: str | None = None) -> None:
        """IdentityMismatch unless the certificate is for this pass type and team; None is not compared."""
        for what, wanted, held in (
            ("pass type", pass_type_identifier, self.pass_type_identifier),
            ("team", team_identifier, self.team_identifier),
        ):
            if wanted is not None and wanted != held:
                raise IdentityMismatch(
                    f"the certificate is for {what} {held!r}, not {wanted!r}: "
                    f"use the certificate of that {what}, or correct the pass"
                )

    def check_chain(self) -> None:
        """ChainBroken unless the intermediate is there and signed the certificate."""
        check_chain(self.certificate, self.chain)

    def check_validity(self, at: datetime) -> None:
        """CertificateExpired or CertificateNotYetValid unless the certificate and its issuers are valid at `at`."""
        if self.not_before <= at <= self.not_after:
            return
        for certificate in (self.certificate, *self.chain):
            who, starts, ends = (
                common_name(certificate.subject),
                certificate.not_valid_before_utc,
                certificate.not_valid_after_utc,
            )
            if at > ends:
                raise CertificateExpired(
                    f"the certificate {who!r} ended on {ends:%Y-%m-%d %H:%M} UTC: "
                    "renew it with Apple, then load the new file"
                )
            if at < starts:
                raise CertificateNotYetValid(
                    f"the certificate {who!r} starts on {starts:%Y-%m-%d %H:%M} UTC: check the clock of this machine"
                )


def _issuers(contents: Iterable[bytes]) -> list[x509.Certificate]:
    return [found for data in contents for found in read_certificates(data, "the intermediate")]


def _combine(
    key: SigningKey, certificates: Iterable[x509.Certificate], others: Iterable[x509.Certificate]
) -> AppleCredentials:
    """The certificate that belongs to the key, with its issuers found among all the others."""
    own = tuple(certificates)
    signature = trial_signature(key)
    leaf = next((one for one in own if belongs(one, signature)), None)
    if leaf is None:
        shown = next((one for one in own if not is_authority(one)), own[0]) if own else None
        name = repr(common_name(shown.subject)) if shown else "any certificate (there is none)"
        raise KeyMismatch(f"the private key does not belong to {name}: give the key of the request it was made from")
    return AppleCredentials(
        certificate=leaf,
        chain=find_chain(leaf, (*own, *others)),
        key=key,
        pass_type_identifier=_subject(leaf, USER_ID),
        team_identifier=_subject(leaf, TEAM),
    )


def _subject(certificate: x509.Certificate, name: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(name)
    return str(found[0].value) if found else ""


def _has_marker(certificate: x509.Certificate) -> bool:
    try:
        certificate.extensions.get_extension_for_oid(PASS_MARKER)
    except x509.ExtensionNotFound:
        return False
    return True


def _may_sign_passes(certificate: x509.Certificate) -> bool:
    try:
        return PASS_SIGNING in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False


def _read(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as exc:
        raise FileMissing(f"{os.fspath(path)} cannot be read ({exc.strerror}): check the path") from exc
