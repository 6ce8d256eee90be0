"""What signs: a key in this process, or one behind a door of its own (HSM, KMS, a signing service)."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from walletpass.errors import KeyUnreadable

SHORTEST_RSA_KEY = 2048

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_SHA256 = Prehashed(SHA256())
_PKCS1 = padding.PKCS1v15()
_TRIAL_DIGEST = bytes(32)


@runtime_checkable
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
        """


class SoftwareKey:
    """A private key in memory. Threads may share it: signing releases the GIL."""

    __slots__ = ("_arguments", "_key")

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self._arguments: tuple[object, ...] = (_PKCS1, _SHA256)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            self._arguments = (_ecdsa(key),)

    def sign_digest(self, digest: bytes) -> bytes:
        """See `SigningKey.sign_digest`."""
        signature: bytes = self._key.sign(digest, *self._arguments)  # type: ignore[arg-type]  # one tuple per key kind
        return signature


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


def belongs(public_key: object, signature: bytes) -> bool:
    """Whether `signature`, made by `trial_signature`, comes from the other half of this public key."""
    try:
        if isinstance(public_key, rsa.RSAPublicKey):
            public_key.verify(signature, _TRIAL_DIGEST, _PKCS1, _SHA256)
        elif isinstance(public_key, ec.EllipticCurvePublicKey):
            public_key.verify(signature, _TRIAL_DIGEST, ec.ECDSA(_SHA256))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def trial_signature(key: SigningKey) -> bytes:
    """A signature over a fixed digest. It proves which certificate a key belongs to without ever seeing the key."""
    return key.sign_digest(_TRIAL_DIGEST)


def describe_key(public_key: object) -> str:
    """Kind and size for people: "RSA-2048", "EC secp256r1"."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return f"RSA-{public_key.key_size}"
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return f"EC {public_key.curve.name}"
    return type(public_key).__name__
