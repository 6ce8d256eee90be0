"""Credentials in environment variables: a path, the text itself, or base64 of it, as containers and CI give them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from walletpass.errors import UsageError

PREFIX = "WALLETPASS_APPLE_"

_DER_SEQUENCE = b"\x30"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Variables:
    """What the variables held, read and decoded. No repr: it holds secrets."""

    certificate: bytes
    key: bytes | None
    passphrase: str | None
    intermediate: bytes | None
    pass_type_identifier: str | None
    team_identifier: str | None


def read(environ: Mapping[str, str], prefix: str = PREFIX) -> Variables:
    """
    The variables of one credential.

    Raises:
        UsageError: `<prefix>CERTIFICATE` is not set, or a variable holds neither a path, PEM nor base64.
    """
    certificate = _content(environ, f"{prefix}CERTIFICATE")
    if certificate is None:
        raise UsageError(f"the variable {prefix}CERTIFICATE is not set: give a path, a PEM text, or base64 of a .p12")
    return Variables(
        certificate=certificate,
        key=_content(environ, f"{prefix}KEY"),
        passphrase=environ.get(f"{prefix}PASSPHRASE"),
        intermediate=_content(environ, f"{prefix}INTERMEDIATE"),
        pass_type_identifier=environ.get(f"{prefix}PASS_TYPE_IDENTIFIER") or None,
        team_identifier=environ.get(f"{prefix}TEAM_IDENTIFIER") or None,
    )


def _content(environ: Mapping[str, str], variable: str) -> bytes | None:
    """Content of a variable. Messages name the variable, never its value: it may be a key."""
    value = environ.get(variable, "").strip()
    if not value:
        return None
    if "-----BEGIN " in value:
        return value.replace("\\n", "\n").encode()  # .env files and dashboards write line breaks as \n
    try:
        return Path(value).read_bytes()
    except (OSError, ValueError):  # ValueError: a NUL, or too long to be a path
        pass
    try:
        content = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content.startswith((b"-----BEGIN ", _DER_SEQUENCE)):
        raise UsageError(
            f"the variable {variable} names no readable file and holds neither PEM nor base64 of a certificate or key: "
            "correct the path or the value"
        )
    return content
