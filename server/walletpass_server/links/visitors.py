"""Who follows an operation link: the token of before, in a sealed cookie, and the network of the address."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network

from litestar.datastructures import Cookie

from walletpass.errors import SecretUnreadable
from walletpass_server.persistence.secrets import Keyring

KEPT_SECONDS = 365 * 24 * 3600
_LONGEST = 400


def network_of(address: str) -> str:
    """
    The network that is counted together: /24 of IPv4, /56 of IPv6, which is what one household gets.

    Args:
        address: Of the client; what is none makes one network of its own.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    return str(ip_network(f"{found}/{24 if found.version == 4 else 56}", strict=False))


def remembered_token(cookies: Mapping[str, str], keyring: Keyring, link: str) -> str | None:
    """The token that this visitor got by this link; None without a cookie of ours."""
    value = cookies.get(_name(link), "")
    if not value or len(value) > _LONGEST:
        return None
    try:
        sealed = urlsafe_b64decode(value.encode("ascii") + b"==")
        return keyring.unseal(sealed, "cookie", "token", link).decode()
    except (binascii.Error, UnicodeError, ValueError, SecretUnreadable):
        return None


def remember(token: str, keyring: Keyring, link: str, *, secure: bool) -> Cookie:
    """
    The cookie that brings a visitor's token back, so that following the link again gives the same pass.

    It is set by a click alone, for what was asked for, and tells nothing to anybody else.
    """
    sealed = keyring.seal(token.encode(), "cookie", "token", link)
    return Cookie(
        key=_name(link),
        value=urlsafe_b64encode(sealed).decode("ascii").rstrip("="),
        path="/o",
        max_age=KEPT_SECONDS,
        httponly=True,
        secure=secure,
        samesite="lax",
    )


def _name(link: str) -> str:
    return f"pass-{link}"
