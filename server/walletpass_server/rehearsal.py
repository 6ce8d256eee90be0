"""
What is allowed only in a rehearsal, and the refusal to mix it with production.

A rehearsal speaks plain http, pushes to a fake APNs and calls a fake Google. Beside operations in production these
settings would leave passes of real people without updates, or send their secrets in the clear.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from sqlalchemy import select

from walletpass.errors import UsageError
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import OperationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.settings import APNS, GOOGLE_API, GOOGLE_ROOT_KEYS, Settings


def check_public_url(settings: Settings) -> None:
    """
    See that phones and browsers can be sent to the public URL.

    Raises:
        UsageError: It is not `https://host`, or plain http beyond this machine without WALLETPASS_ALLOW_HTTP.
    """
    url = settings.public_url
    try:
        parts = urlsplit(url)
        fit = parts.scheme in {"https", "http"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        fit = False
    if not fit or parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise UsageError(f"WALLETPASS_PUBLIC_URL={url}: is no address of a server: write https://passes.example.com")
    host = parts.hostname or ""
    if parts.scheme == "https" or settings.allow_http or is_loopback(host):
        return
    raise UsageError(
        f"WALLETPASS_PUBLIC_URL={url}: phones need https: set the address of the proxy in front,"
        " or WALLETPASS_ALLOW_HTTP=1 for a rehearsal"
    )


def rehearsal_settings(settings: Settings) -> list[str]:
    """The names of those settings that only a rehearsal has."""
    found = {
        "WALLETPASS_PUBLIC_URL (plain http)": urlsplit(settings.public_url).scheme == "http",
        "WALLETPASS_ALLOW_HTTP": settings.allow_http,
        "WALLETPASS_APNS_URL": settings.apns_url != APNS,
        "WALLETPASS_APNS_CA": settings.apns_ca is not None,
        "WALLETPASS_GOOGLE_API_URL": settings.google_api_url != GOOGLE_API,
        "WALLETPASS_HOOKS_PRIVATE": bool(settings.hooks_private),
        "WALLETPASS_GOOGLE_ROOT_KEYS_URL": settings.google_root_keys_url != GOOGLE_ROOT_KEYS,
    }
    return [name for name, is_set in found.items() if is_set]


async def refuse_rehearsal(settings: Settings, database: Database) -> None:
    """
    Keep a process that talks to the outside from starting with settings of a rehearsal beside production.

    Raises:
        UsageError: There is an operation in production, and WALLETPASS_REHEARSAL is not set.
    """
    names = rehearsal_settings(settings)
    if not names or settings.rehearsal:
        return
    production = select(OperationRow.name).where(OperationRow.environment == "production").limit(1)
    async with database.reading(ALL_CLIENTS) as unit:
        name = (await unit.connection.execute(production)).scalar_one_or_none()
    if name is not None:
        raise UsageError(
            f"{', '.join(names)}: for rehearsals, and {name} is in production: unset, or set WALLETPASS_REHEARSAL=1"
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    """Whether a host is this machine, whatever the names it knows."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
