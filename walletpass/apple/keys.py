"""What signs: a key in this process, or one behind a door of its own (HSM, KMS, a signing service)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from walletpass.errors import KeyUnreadable

SHORTEST_RSA_KEY = 2048

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_SHA256 = Prehashed(SHA256())
_PKCS1 = padding.PKCS1v15()
_TRIAL_DIGEST = bytes(32)


class SigningKey(Protocol):
    """
    The one operation a key must offer. Implement it to keep the key in an HSM or KMS:

        class KmsKey:
            def sign_digest(self, digest: bytes) -> bytes:
                return kms.sign(KeyId=..., Message=digest, MessageType="DIGEST",
                                SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256")["Signature"]
    """

    def sign_digest(self, digest: bytes) -> bytes:
        """
        Sign a SHA-256 digest (32 bytes).

        Returns:
            RSA: the PKCS#1 v1.5 signature, as long as the modulus. EC: the DER `ECDSA-Sig-Value`.

        Raises:
            SigningError: The key is out of reach, or refuses.
        """


class SoftwareKey:
    """A private key in memory. Threads may share it: signing releases the GIL."""

    __slots__ = ("_sign",)

    def __init__(self, key: PrivateKey) -> None:
        self._sign: Callable[[bytes], bytes]
        if isinstance(key, rsa.RSAPrivateKey):
            self._sign = partial(key.sign, padding=_PKCS1, algorithm=_SHA256)
        else:
            self._sign = partial(key.sign, signature_algorithm=_ecdsa(key))

    def sign_digest(self, digest: bytes) -> bytes:
        """See `SigningKey.sign_digest`."""
        return self._sign(digest)


def _ecdsa(key: ec.EllipticCurvePrivateKey) -> ec.ECDSA:
    """ECDSA as RFC 6979 where OpenSSL has it (3.2 and later): the same manifest and second then give the same bytes."""
    try:
        algorithm = ec.ECDSA(_SHA256, deterministic_signing=True)
        key.sign(_TRIAL_DIGEST, algorithm)
    except UnsupportedAlgorithm:
        return ec.ECDSA(_SHA256)
    return algorithm


def usable(key: object) -> PrivateKey:
    """The key, when Wallet knows its kind; else KeyUnreadable."""
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < SHORTEST_RSA_KEY:
            raise KeyUnreadable(
                f"the RSA key has {key.key_size} bits, {SHORTEST_RSA_KEY} are the least: "
                "make a new one with `walletpass certs csr`"
            )
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key
    raise KeyUnreadable(f"the key is of kind {type(key).__name__}: Wallet takes RSA (2048 bits or more) or EC keys")


def trial_signature(key: SigningKey) -> bytes:
    """A signature over a fixed digest. It proves which certificate a key belongs to without ever seeing the key."""
    return key.sign_digest(_TRIAL_DIGEST)


def belongs(certificate: x509.Certificate, signature: bytes) -> bool:
    """Whether `signature`, made by `trial_signature`, is of the key that this certificate is for."""
    try:
        public_key = certificate.public_key()
        if isinstance(public_key, rsa.RSAPublicKey):
            public_key.verify(signature, _TRIAL_DIGEST, _PKCS1, _SHA256)
        elif isinstance(public_key, ec.EllipticCurvePublicKey):
            public_key.verify(signature, _TRIAL_DIGEST, ec.ECDSA(_SHA256))
        else:
            return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def describe_key(certificate: x509.Certificate) -> str:
    """Kind and size of a certificate's key, for people: "RSA-2048", "EC secp256r1"."""
    try:
        public_key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "unknown"
    if isinstance(public_key, rsa.RSAPublicKey):
        return f"RSA-{public_key.key_size}"
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return f"EC {public_key.curve.name}"
    return type(public_key).__name__
