"""Sign manifests: one SHA-256, one private-key operation and a few joins for each pass."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from walletpass.apple.certificates import AppleCredentials
from walletpass.apple.cms import ECDSA_SHA256, RSA, SignedDataLayout, signed_attributes
from walletpass.errors import SigningError


class Signer(Protocol):
    """
    What a bundle needs to become a pass. `KeySigner` is the built-in one.

    A key in an HSM or KMS fits one level below, as `walletpass.apple.keys.SigningKey` in the credentials; implement
    this one where a whole signature file comes from elsewhere.
    """

    @property
    def pass_type_identifier(self) -> str:
        """The pass type it signs for."""

    @property
    def team_identifier(self) -> str:
        """The team it signs for."""

    def sign(self, manifest: bytes, at: datetime) -> bytes:
        """
        The file `signature`: a detached CMS SignedData in DER over exactly these bytes.

        Raises:
            SigningError: Nothing was signed.
        """


class KeySigner:
    """
    Signs with `AppleCredentials`. Make one and keep it: loading is dear, signing is not. Threads may share it.

    Credentials are checked on construction, save for their dates, which each signing checks: a server that outlives
    its certificate refuses, and an earlier or later `at` is judged by itself.
    """

    def __init__(self, credentials: AppleCredentials) -> None:
        """
        Raises:
            WrongPurpose, ChainBroken.
        """
        credentials.check_purpose()
        credentials.check_chain()
        certificates = [one.public_bytes(Encoding.DER) for one in (credentials.certificate, *credentials.chain)]
        is_rsa = isinstance(credentials.certificate.public_key(), rsa.RSAPublicKey)
        self._layout = SignedDataLayout(certificates, RSA if is_rsa else ECDSA_SHA256)
        self._key = credentials.key
        self._not_before = credentials.not_before
        self._not_after = credentials.not_after
        self.credentials = credentials
        self.pass_type_identifier = credentials.pass_type_identifier
        self.team_identifier = credentials.team_identifier

    def sign(self, manifest: bytes, at: datetime) -> bytes:
        """
        See `Signer.sign`. The same manifest and second give the same bytes (EC keys: with OpenSSL 3.2 or later).

        Raises:
            CertificateExpired, CertificateNotYetValid: As of `at`.
            SigningError: `at` has no zone.
        """
        if at.tzinfo is None:
            raise SigningError(f"the signing time {at} has no zone: give an aware datetime, as datetime.now(UTC)")
        if not self._not_before <= at <= self._not_after:
            self.credentials.check_validity(at)
        attributes = signed_attributes(sha256(manifest).digest(), at)
        return self._layout.assemble(attributes, self._key.sign_digest(sha256(attributes).digest()))
