"""pass.json as a whole: what no single key can say. Each rule looks at a document whose types may still be wrong."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from walletpass.apple.verify.barcodes import check_barcodes
from walletpass.apple.verify.fields import check_fields
from walletpass.apple.verify.limits import LIMITS
from walletpass.apple.verify.relevance import check_relevance
from walletpass.apple.verify.schema import check_object
from walletpass.apple.verify.semantics import check_semantics
from walletpass.apple.verify.values import read_date, read_url
from walletpass.apple.verify.wording import place, shown
from walletpass.findings import Finding, error, note, warning
from walletpass.templates.apple import (
    GUIDE,
    MAX_FEATURED_ACTIONS_SHOWN,
    MAX_NFC_MESSAGE_BYTES,
    MAX_REMOTE_IMAGE_BYTES,
    MIN_TOKEN_LENGTH,
    PASS,
    UPCOMING,
)

PASS_JSON = "pass.json"
_TEAM = re.compile(r"[A-Z0-9]{10}", re.ASCII)
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)


def check_document(document: dict[str, Any], now: datetime) -> list[Finding]:
    """Everything that pass.json alone can have wrong; styles are `styles.check_styles`."""
    checks = [check_object(document, "Pass", PASS_JSON), *(rule(document) for rule in _RULES), _state(document, now)]
    return [finding for check in checks for finding in islice(check, LIMITS.findings)]


def objects(value: Any) -> list[tuple[int, dict[str, Any]]]:
    """The objects in a list, with their positions; nothing if it is no list."""
    return [(at, item) for at, item in enumerate(value) if isinstance(item, dict)] if isinstance(value, list) else []


def _identifiers(document: dict[str, Any]) -> Iterator[Finding]:
    version, pass_type, team = (document.get(key) for key in ("formatVersion", "passTypeIdentifier", "teamIdentifier"))
    if isinstance(version, int | float) and version != 1:
        says = f"the format version is {shown(version)}; there is only 1"
        yield error("format-version-wrong", place(PASS_JSON, "formatVersion"), says, PASS, "Write 1.")
    if isinstance(pass_type, str) and not pass_type.startswith("pass."):
        says = f"{shown(pass_type)} does not begin with 'pass.'"
        hint = "Use the identifier as registered with Apple."
        yield error("pass-type-identifier-wrong", place(PASS_JSON, "passTypeIdentifier"), says, PASS, hint)
    if isinstance(team, str) and not _TEAM.fullmatch(team):
        says = f"{shown(team)} is not a team identifier of ten capitals and digits"
        hint = "Copy it from Apple's developer portal."
        yield warning("team-identifier-unusual", place(PASS_JSON, "teamIdentifier"), says, PASS, hint)


def _web_service(document: dict[str, Any]) -> Iterator[Finding]:
    address, token = document.get("webServiceURL"), document.get("authenticationToken")
    if (address is None) != (token is None):
        present, absent = ("webServiceURL", "authenticationToken")[:: 1 if token is None else -1]
        says = f"{present} is there without {absent}; Wallet refuses half a pair"
        yield error("web-service-incomplete", place(PASS_JSON, present), says, GUIDE, "Give both or neither.")
    if isinstance(token, str) and len(token) < MIN_TOKEN_LENGTH.value:
        says = f"it has {len(token)} characters, fewer than {MIN_TOKEN_LENGTH.value}"
        where = place(PASS_JSON, "authenticationToken")
        yield error("token-too-short", where, says, MIN_TOKEN_LENGTH.source, "Make a longer random one.")
    parts = read_url(address) if isinstance(address, str) else None
    if parts is None:
        return
    where = place(PASS_JSON, "webServiceURL")
    if parts.scheme != "https":
        says = "it is not https; Wallet uses others only with a developer switch"
        yield error("web-service-not-https", where, says, PASS, "Use https.")
    if parts.path.rstrip("/").endswith("/v1"):
        says = "it ends in /v1, which Wallet appends itself"
        yield error("web-service-ends-in-v1", where, says, "Observed: django-walletpass #26", "Take /v1 away.")
    elif parts.path.endswith("/"):
        says = "it ends in a slash, so that some readers ask for //v1"
        yield note("web-service-ends-in-slash", where, says, "Measured: 69 passes of the field")


def _nfc(document: dict[str, Any]) -> Iterator[Finding]:
    nfc = document.get("nfc")
    if not isinstance(nfc, dict):
        return
    message, key = nfc.get("message"), nfc.get("encryptionPublicKey")
    size = len(message.encode(errors="replace")) if isinstance(message, str) else 0
    if size > MAX_NFC_MESSAGE_BYTES.value:
        says = f"it has {size} bytes; the phone cuts it after {MAX_NFC_MESSAGE_BYTES.value}"
        yield error("nfc-message-too-long", place(PASS_JSON, "nfc", "message"), says, PASS, "Shorten it.")
    if isinstance(key, str) and not _is_p256(key):
        says = "it is not the Base64 of a P-256 public key (SubjectPublicKeyInfo)"
        hint = "Give the body of the PEM file without line breaks."
        yield error("nfc-key-invalid", place(PASS_JSON, "nfc", "encryptionPublicKey"), says, PASS, hint)
    if nfc.get("requiresAuthentication") is True and document.get("sharingProhibited") is not True:
        says = "systems before iOS 13.1 do not ask for authentication, and may share the pass"
        hint = "Set sharingProhibited too."
        yield warning("nfc-sharing-allowed", place(PASS_JSON, "nfc", "requiresAuthentication"), says, PASS, hint)


def _is_p256(text: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode(text[:2000], validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return False
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _app_link(document: dict[str, Any]) -> Iterator[Finding]:
    if "appLaunchURL" in document and not document.get("associatedStoreIdentifiers"):
        says = "without associatedStoreIdentifiers no app is found to launch"
        hint = "Add associatedStoreIdentifiers."
        yield warning("app-launch-without-app", place(PASS_JSON, "appLaunchURL"), says, GUIDE, hint)


def _featured_actions(document: dict[str, Any]) -> Iterator[Finding]:
    actions = objects(document.get("featuredActions"))
    where = place(PASS_JSON, "featuredActions")
    yield from _unique(actions, where)
    if len(actions) > MAX_FEATURED_ACTIONS_SHOWN.value:
        says = f"it has {len(actions)} actions; Wallet shows {MAX_FEATURED_ACTIONS_SHOWN.value}"
        yield warning("actions-not-shown", where, says, PASS, "Keep the most useful ones.")


def _upcoming(document: dict[str, Any]) -> Iterator[Finding]:
    entries = objects(document.get("upcomingPassInformation"))
    yield from _unique(entries, place(PASS_JSON, "upcomingPassInformation"))
    for at, entry in entries:
        images = entry.get("images")
        for name, image in images.items() if isinstance(images, dict) else ():
            for number, file in objects(image.get("URLs") if isinstance(image, dict) else None):
                where = place(PASS_JSON, "upcomingPassInformation", at, "images", name, "URLs", number)
                yield from _remote_file(file, where)


def _remote_file(file: dict[str, Any], where: str) -> Iterator[Finding]:
    url, digest, size = file.get("URL"), file.get("SHA256"), file.get("size")
    if isinstance(url, str) and not url.startswith("https://"):
        yield error("remote-image-not-https", where, "its URL is not https", UPCOMING, "Use https.")
    if isinstance(digest, str) and not _SHA256.fullmatch(digest):
        says = f"{shown(digest)} is not a SHA-256 of 64 hexadecimal digits"
        yield error("remote-image-digest-malformed", where, says, UPCOMING, "Give the SHA-256 of the file.")
    if isinstance(size, int | float) and size > MAX_REMOTE_IMAGE_BYTES.value:
        says = f"it has {size} bytes, more than {MAX_REMOTE_IMAGE_BYTES.value}"
        yield error("remote-image-too-large", where, says, UPCOMING, "Make the picture smaller.")


def _unique(entries: Sequence[tuple[int, dict[str, Any]]], where: str) -> Iterator[Finding]:
    seen = set()
    for at, entry in entries:
        identifier = entry.get("identifier")
        if isinstance(identifier, str) and identifier in seen:
            says = f"the identifier {shown(identifier)} occurs twice"
            yield error("identifier-repeated", f"{where}/{at}/identifier", says, PASS, "Give each its own.")
        elif isinstance(identifier, str):
            seen.add(identifier)


def _state(document: dict[str, Any], now: datetime) -> Iterator[Finding]:
    expires = document.get("expirationDate")
    moment = read_date(expires) if isinstance(expires, str) else None
    if moment is not None and moment < now:
        says = f"the pass ended on {moment:%Y-%m-%d}; Wallet shows it among the expired"
        yield note("pass-expired", place(PASS_JSON, "expirationDate"), says, PASS)
    if document.get("voided") is True:
        yield note("pass-voided", place(PASS_JSON, "voided"), "the pass is shown as void", PASS)


_RULES: tuple[Callable[[dict[str, Any]], Iterator[Finding]], ...] = (
    _identifiers,
    _web_service,
    _nfc,
    _app_link,
    _featured_actions,
    _upcoming,
    check_fields,
    check_barcodes,
    check_relevance,
    check_semantics,
)
