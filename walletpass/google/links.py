"""Save links, behind "Add to Google Wallet": a signed token that says which pass to save."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import jwt

from walletpass.errors import IdInvalid, LinkTooLong
from walletpass.google.compiler import GooglePass
from walletpass.google.credentials import ServiceAccount
from walletpass.google.ids import split_id
from walletpass.templates.google import SAVE_LINK_PREFIX, SAVE_TOKEN_SAFE_LENGTH

Form = Literal["auto", "skinny", "fat"]
_Part = Literal["Classes", "Objects"]

_ALGORITHM = "RS256"
_JWS = jwt.PyJWS(algorithms=[_ALGORITHM])


@dataclass(frozen=True, slots=True)
class SaveLink:
    """
    A link for one pass. Whoever has it can save the pass: keep it out of logs.

    Attributes:
        url: The link.
        length: Characters of its token.
        form: `skinny`: it names the pass, whose class and object must be at Google already. `fat`: it carries both.
        note: Why it is skinny, when that was not asked for.
    """

    url: str = field(repr=False)
    length: int
    form: Literal["skinny", "fat"]
    note: str = ""

    def __str__(self) -> str:
        return self.url


def save_link(
    google_pass: GooglePass,
    account: ServiceAccount,
    *,
    form: Form = "auto",
    class_is_there: bool = False,
    origins: Sequence[str] = (),
    issued_at: datetime | None = None,
) -> SaveLink:
    """
    Sign the link that saves a pass.

    Args:
        google_pass: The pass.
        account: Who signs; load it once, reading its key takes a hundred times as long as signing.
        form: `fat` carries class and object, and needs no call of the API; what it says can be read by whoever has
            the link, and a pass that Google has already is not changed. `skinny` is short and names them only. `auto`
            is fat if that is short enough.
        class_is_there: Google has the class already, so a fat link carries the object alone.
        origins: Web sites that may show Google's JavaScript button; not for plain links.
        issued_at: With a time zone; now by default.

    Raises:
        LinkTooLong: A fat link was asked for that browsers or mail programs would cut.
        IdInvalid: Class and object are of different issuers, or of another than the account signs for.
    """
    _same_issuer(google_pass, account)
    issued_at = issued_at or datetime.now(UTC)
    note = ""
    if form != "skinny":
        carried: Sequence[_Part] = ("Objects",) if class_is_there else ("Classes", "Objects")
        fat = _claims(google_pass, account, origins, issued_at, carried)
        length = _token_length(fat, account)
        if length <= SAVE_TOKEN_SAFE_LENGTH:
            return _signed(fat, account, "fat")
        says = f"with its content the token has {length} characters, {SAVE_TOKEN_SAFE_LENGTH} are safe"
        if form == "fat":
            raise LinkTooLong(
                f"pass {google_pass.object_id}: {says}: insert the pass at Google first and use a skinny link"
            )
        note = f"{says}; the class and the object must be at Google before the link is opened"
    return _signed(_claims(google_pass, account, origins, issued_at, ()), account, "skinny", note)


def _same_issuer(google_pass: GooglePass, account: ServiceAccount) -> None:
    issuers = {split_id(google_pass.class_id)[0], split_id(google_pass.object_id)[0]}
    if account.issuer_id is not None:
        issuers.add(account.issuer_id)
    if len(issuers) > 1:
        raise IdInvalid(
            f"pass {google_pass.object_id} and class {google_pass.class_id}: issuers {', '.join(sorted(issuers))} "
            "do not go together: use the service account of the pass's own issuer"
        )


def _claims(
    google_pass: GooglePass,
    account: ServiceAccount,
    origins: Sequence[str],
    issued_at: datetime,
    carried: Sequence[_Part],
) -> bytes:
    """What is signed. An object that is not carried is named."""
    content = {"Classes": google_pass.class_, "Objects": google_pass.object_}
    payload: dict[str, Any] = {f"{google_pass.type}{kind}": [content[kind]] for kind in carried}
    if "Objects" not in carried:
        named = {"id": google_pass.object_id, "classId": google_pass.class_id}
        payload[f"{google_pass.type}Objects"] = [named]
    claims: dict[str, Any] = {
        "iss": account.client_email,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(issued_at.timestamp()),
        "payload": payload,
    }
    if origins:
        claims["origins"] = list(origins)
    return json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()


def _header(account: ServiceAccount) -> dict[str, str]:
    return {"kid": account.private_key_id} if account.private_key_id else {}


def _token_length(claims: bytes, account: ServiceAccount) -> int:
    """Length of the token, known before it is signed."""
    header = json.dumps({"alg": _ALGORITHM, **_header(account), "typ": "JWT"}, separators=(",", ":"))
    sizes = (len(header), len(claims), account.private_key.key_size // 8)
    return sum((size * 4 + 2) // 3 for size in sizes) + 2


def _signed(claims: bytes, account: ServiceAccount, form: Literal["skinny", "fat"], note: str = "") -> SaveLink:
    token = _JWS.encode(claims, account.private_key, _ALGORITHM, headers=_header(account))
    return SaveLink(SAVE_LINK_PREFIX + token, len(token), form, note)
