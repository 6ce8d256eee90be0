"""Google Wallet: class and object of a pass, the link that saves it, and what Google tells of it afterwards."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walletpass.google.callbacks import Callback, RootKeys, verify_callback
    from walletpass.google.compiler import GoogleCompiler, GooglePass
    from walletpass.google.credentials import ServiceAccount
    from walletpass.google.findings import google_findings
    from walletpass.google.ids import object_suffix, serial_of
    from walletpass.google.kinds import google_type, transit_kind
    from walletpass.google.links import SaveLink, save_link

_HOMES = {
    "Callback": "callbacks",
    "GoogleCompiler": "compiler",
    "GooglePass": "compiler",
    "RootKeys": "callbacks",
    "SaveLink": "links",
    "ServiceAccount": "credentials",
    "google_findings": "findings",
    "google_type": "kinds",
    "object_suffix": "ids",
    "save_link": "links",
    "serial_of": "ids",
    "transit_kind": "kinds",
    "verify_callback": "callbacks",
}

__all__ = [
    "Callback",
    "GoogleCompiler",
    "GooglePass",
    "RootKeys",
    "SaveLink",
    "ServiceAccount",
    "google_findings",
    "google_type",
    "object_suffix",
    "save_link",
    "serial_of",
    "transit_kind",
    "verify_callback",
]


def __getattr__(name: str) -> object:
    """Load what is asked for, when it is asked for: cryptography and PyJWT take a while to import."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
