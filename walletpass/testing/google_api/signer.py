"""Callbacks as Google signs them, with keys of our own."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ROOT_LIFE = timedelta(days=365)
INTERMEDIATE_LIFE = timedelta(days=7)
MESSAGE_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSigner:
    """
    Signs callbacks. Each part can be made wrong, one at a time: `replace(signer, sender="Google")`.

    Attributes:
        root: Vouches for the intermediate key.
        intermediate: Signs messages.
        sender: Who signs.
        protocol: Of the signatures.
        byte_order: Of the lengths in what is signed; Google's are little-endian.
        signs_message: What signs the message, where that is not the intermediate key.
    """

    root: ec.EllipticCurvePrivateKey = field(repr=False)
    intermediate: ec.EllipticCurvePrivateKey = field(repr=False)
    sender: str = "GooglePayPasses"
    protocol: str = "ECv2SigningOnly"
    byte_order: Literal["little", "big"] = "little"
    signs_message: ec.EllipticCurvePrivateKey | None = field(default=None, repr=False)

    @classmethod
    def create(cls, label: str | None = None) -> CallbackSigner:
        """
        Make a signer.

        Args:
            label: Makes the same keys each time; fresh ones without it.
        """
        if label is None:
            return cls(
                root=ec.generate_private_key(ec.SECP256R1()), intermediate=ec.generate_private_key(ec.SECP256R1())
            )
        return cls(root=_key_of(f"{label} root"), intermediate=_key_of(f"{label} intermediate"))

    def with_root(self, root: ec.EllipticCurvePrivateKey) -> CallbackSigner:
        """The same, vouched for by another root."""
        return replace(self, root=root)

    def root_keys(self, now: datetime) -> bytes:
        """The document Google publishes its root keys in."""
        key = {
            "keyValue": public_text(self.root),
            "protocolVersion": self.protocol,
            "keyExpiration": str(milliseconds(now + ROOT_LIFE)),
        }
        return json.dumps({"keys": [key]}).encode()

    def callback(
        self,
        class_id: str,
        object_id: str,
        event: str,
        now: datetime,
        *,
        issuer_id: str | None = None,
        nonce: str | None = None,
    ) -> bytes:
        """
        The body of a callback.

        Args:
            class_id: `<issuer>.<suffix>`.
            object_id: The same of the pass.
            event: save or del.
            now: From when it is valid for an hour; its key for a week.
            issuer_id: Whom it is signed for; by default the issuer of the class.
            nonce: A fresh UUID by default.
        """
        message = {
            "classId": class_id,
            "objectId": object_id,
            "eventType": event,
            "expTimeMillis": milliseconds(now + MESSAGE_LIFE),
            "count": 1,
            "nonce": nonce or str(uuid.uuid4()),
        }
        return self.envelope(
            issuer_id or class_id.partition(".")[0],
            json.dumps(message, separators=(",", ":")),
            self.signed_key(now + INTERMEDIATE_LIFE),
        )

    def signed_key(self, expires_at: datetime) -> str:
        """The intermediate key as Google writes it, `=` escaped."""
        key = public_text(self.intermediate).replace("=", "\\u003d")
        return f'{{"keyValue":"{key}","keyExpiration":"{milliseconds(expires_at)}"}}'

    def envelope(self, issuer_id: str, message: str, signed_key: str) -> bytes:
        """A body from its two signed texts."""
        key_signature = self._sign(self.root, self.sender, self.protocol, signed_key)
        signer = self.signs_message or self.intermediate
        return json.dumps(
            {
                "signature": self._sign(signer, self.sender, issuer_id, self.protocol, message),
                "intermediateSigningKey": {"signedKey": signed_key, "signatures": [key_signature]},
                "protocolVersion": self.protocol,
                "signedMessage": message,
            },
            ensure_ascii=False,
        ).encode()

    def _sign(self, key: ec.EllipticCurvePrivateKey, *texts: str) -> str:
        signed = bytearray()
        for text in texts:
            data = text.encode("utf-8")
            signed += len(data).to_bytes(4, self.byte_order) + data
        algorithm = ec.ECDSA(SHA256(), deterministic_signing=True)
        return base64.b64encode(key.sign(bytes(signed), algorithm)).decode()


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half, base64 of its SubjectPublicKeyInfo."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(public).decode()


def milliseconds(instant: datetime) -> int:
    """Since 1970."""
    return round(instant.timestamp() * 1000)


def _key_of(label: str) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(hashlib.sha256(label.encode()).digest(), "big")
    return ec.derive_private_key(scalar, ec.SECP256R1())
