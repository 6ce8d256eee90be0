"""
What Google posts when somebody saves or deletes a pass: verified in full before a word of it is believed.

A callback is signed by an intermediate key, which one of Google's root keys signed (protocol ECv2SigningOnly). The
signatures are over the exact strings that came out of the outer JSON, so nothing is ever written again to be checked.
Source: Google Wallet, "Use callbacks"; Google Pay, "Payment data cryptography", whose signing half it borrows.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NoReturn, TypeGuard

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from walletpass.errors import CallbackExpired, CallbackForged, CallbackMalformed, IdInvalid, RootKeysUnreadable
from walletpass.google.ids import check_issuer, split_id

PROTOCOL = "ECv2SigningOnly"
"""The only protocol of callbacks."""

SENDER = "GooglePayPasses"
"""Who signs: part of what is signed."""

ROOT_KEYS_URL = "https://pay.google.com/gp/m/issuer/keys"
"""Where Google publishes its root keys."""

LARGEST_BODY = 64 * 1024
"""Bytes of a callback; a real one has 1,200."""

SKEW = timedelta(seconds=10)
"""How far Google's clock and ours may differ."""

_LONGEST_NONCE = 128
_SIGNATURES_TRIED = 8
_EVENTS: tuple[Literal["save"], Literal["del"]] = ("save", "del")
_MEMBERS = {"signature", "intermediateSigningKey", "protocolVersion", "signedMessage"}


@dataclass(frozen=True, slots=True)
class RootKey:
    """
    A root key of Google.

    Attributes:
        key: P-256.
        expires_at: From when it signs nothing any more.
    """

    key: ec.EllipticCurvePublicKey = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RootKeys:
    """Google's root keys that may sign callbacks. A key without expiry, or of another protocol, is not among them."""

    keys: tuple[RootKey, ...]

    @classmethod
    def parse(cls, document: bytes) -> RootKeys:
        """
        Read what ROOT_KEYS_URL answers.

        Raises:
            RootKeysUnreadable: It is something else.
        """
        try:
            listed = _json(document)["keys"]
            return cls(tuple(key for entry in listed for key in _root_key(entry)))
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise RootKeysUnreadable(
                "what was fetched is no document of Google's root keys: check the address it came from"
            ) from exc

    def usable(self, now: datetime) -> tuple[ec.EllipticCurvePublicKey, ...]:
        """Those that have not expired."""
        return tuple(root.key for root in self.keys if root.expires_at > now)

    @property
    def expires_at(self) -> datetime | None:
        """When the first of them expires; None when there is none."""
        return min((root.expires_at for root in self.keys), default=None)


@dataclass(frozen=True, slots=True)
class Callback:
    """
    What Google says, once it is sure that Google says it.

    Attributes:
        class_id: `<issuer>.<suffix>`, of the issuer that was asked for.
        object_id: The same of the pass.
        event: `save` or `del`. With passes that many may hold, one `del` does not mean that nobody holds it.
        nonce: The same each time this callback is repeated.
        expires_at: After it the callback is refused, so its nonce may be forgotten.
    """

    class_id: str
    object_id: str
    event: Literal["save", "del"]
    nonce: str
    expires_at: datetime


def check_form(body: bytes) -> None:
    """
    Refuse what is no callback, before any key is asked for. What has the form of one is not believed yet.

    Raises:
        CallbackMalformed: It is no callback.
    """
    _envelope(body)


def verify_callback(
    body: bytes, *, issuer_id: str, root_keys: RootKeys, now: datetime, sender: str = SENDER
) -> Callback:
    """
    Verify a callback. Whether its nonce came before is the caller's to know.

    Args:
        body: As it was posted.
        issuer_id: The issuer whose address it was posted to; never one that the callback names itself.
        root_keys: Google's.
        now: With a time zone.
        sender: Who must have signed.

    Raises:
        CallbackMalformed: It is no callback.
        CallbackForged: No root key vouches for it, or it is about another issuer's pass.
        CallbackExpired: It, or the key that signed it, has ended.
        IdInvalid: `issuer_id` is none.
    """
    check_issuer(issuer_id)
    envelope = _envelope(body)
    signed_key: str = envelope["intermediateSigningKey"]["signedKey"]
    vouched = _lengths_and_values(sender, PROTOCOL, signed_key)
    signatures = envelope["intermediateSigningKey"]["signatures"][:_SIGNATURES_TRIED]
    if not any(_signed(root, each, vouched) for root in root_keys.usable(now) for each in signatures):
        raise CallbackForged("the callback's intermediate key is not signed by a root key of Google: refused")
    intermediate = _intermediate(signed_key, now)
    message: str = envelope["signedMessage"]
    if not _signed(intermediate, envelope["signature"], _lengths_and_values(sender, issuer_id, PROTOCOL, message)):
        raise CallbackForged(f"the callback is not signed for issuer {issuer_id}: refused")
    return _callback(message, issuer_id, now)


def _envelope(body: bytes) -> dict[str, Any]:
    """The outer JSON: exactly four members, strings where strings belong."""
    if len(body) > LARGEST_BODY:
        raise CallbackMalformed(f"the callback is larger than {LARGEST_BODY:,} bytes: refused")
    envelope = _object(body, "callback")
    if envelope.keys() != _MEMBERS:
        raise CallbackMalformed("the callback has not exactly the members of one: refused")
    key = envelope["intermediateSigningKey"]
    signatures = key.get("signatures") if isinstance(key, dict) else None
    if not isinstance(signatures, list) or not _all_strings(
        [envelope["signature"], envelope["signedMessage"], key.get("signedKey"), *signatures]
    ):
        raise CallbackMalformed("the callback's members are not of their types: refused")
    if envelope["protocolVersion"] != PROTOCOL:
        raise CallbackMalformed(f"the callback is not of protocol {PROTOCOL}: refused")
    return envelope


def _intermediate(signed_key: str, now: datetime) -> ec.EllipticCurvePublicKey:
    """The intermediate key, vouched for by a root: still valid, and of the right curve."""
    members = _object(signed_key, "signed key")
    try:
        expires_at, key = _instant(members.get("keyExpiration")), _public_key(members.get("keyValue"))
    except ValueError as exc:
        raise CallbackMalformed(f"the callback's signed key is no key ({exc}): refused") from exc
    if expires_at <= now:
        raise CallbackExpired("the callback's intermediate key has expired: check the clock of this machine")
    return key


def _callback(signed_message: str, issuer_id: str, now: datetime) -> Callback:
    """What the message says, vouched for."""
    message = _object(signed_message, "signed message")
    names = [message.get(name) for name in ("classId", "objectId", "nonce")]
    event = message.get("eventType")
    if not _all_strings(names) or event not in _EVENTS:
        raise CallbackMalformed("the callback's message does not say what happened to which pass: refused")
    class_id, object_id, nonce = names
    if not 0 < len(nonce) <= _LONGEST_NONCE:
        raise CallbackMalformed("the callback's nonce is empty or too long: refused")
    try:
        expires_at = _instant(message.get("expTimeMillis"))
        issuers = {split_id(class_id)[0], split_id(object_id)[0]}
    except (ValueError, IdInvalid) as exc:
        raise CallbackMalformed("the callback's message has no instant, or ids that are none: refused") from exc
    if expires_at <= now - SKEW:
        raise CallbackExpired("the callback has expired: check the clock of this machine if this goes on")
    if issuers != {issuer_id}:
        raise CallbackForged(f"the callback is about a pass of another issuer than {issuer_id}: refused")
    return Callback(class_id, object_id, event, nonce, expires_at)


def _lengths_and_values(*texts: str) -> bytes:
    """What is signed: each text as UTF-8, its length in bytes (four, little-endian) in front."""
    try:
        encoded = [text.encode() for text in texts]
    except UnicodeEncodeError as exc:  # half of a surrogate pair, which JSON can write and UTF-8 cannot
        raise CallbackMalformed("the callback has a text that is no Unicode: refused") from exc
    return b"".join(len(data).to_bytes(4, "little") + data for data in encoded)


def _signed(key: ec.EllipticCurvePublicKey, signature: str, data: bytes) -> bool:
    try:
        key.verify(_base64(signature), data, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _root_key(entry: Mapping[str, Any]) -> Iterable[RootKey]:
    """The key of one entry, unless it is for something else, never expires, or is of a kind yet to come."""
    if entry.get("protocolVersion") == PROTOCOL and "keyExpiration" in entry:
        with suppress(ValueError):
            yield RootKey(_public_key(entry.get("keyValue")), _instant(entry["keyExpiration"]))


def _public_key(value: object) -> ec.EllipticCurvePublicKey:
    """A P-256 key from its base64 SubjectPublicKeyInfo. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("keyValue is no text")
    try:
        key = load_der_public_key(_base64(value))
    except UnsupportedAlgorithm as exc:
        raise ValueError("keyValue is of an unknown kind") from exc
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("keyValue is not of curve P-256")
    return key


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as exc:
        raise ValueError("not base64") from exc


def _instant(milliseconds: object) -> datetime:
    """An instant from milliseconds since 1970, a number or its digits. Raises ValueError."""
    if isinstance(milliseconds, str) and milliseconds.isascii() and milliseconds.isdigit():
        milliseconds = int(milliseconds)
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        raise ValueError("an instant is no whole number of milliseconds")
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError as exc:
        raise ValueError("an instant is out of range") from exc


def _object(text: bytes | str, what: str) -> dict[str, Any]:
    try:
        return _json(text)
    except ValueError as exc:
        raise CallbackMalformed(f"the {what} is no JSON object: refused") from exc


def _json(text: bytes | str) -> dict[str, Any]:
    """A JSON object, each name once. Raises ValueError."""
    try:
        value = json.loads(
            text.decode() if isinstance(text, bytes) else text,
            object_pairs_hook=_each_once,
            parse_constant=_refuse_constant,
        )
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a name is given twice")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _all_strings(values: list[Any]) -> TypeGuard[list[str]]:
    return all(isinstance(value, str) for value in values)
