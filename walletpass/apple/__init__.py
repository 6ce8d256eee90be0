"""Apple Wallet: what a .pkpass is made of, made, signed and read back."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walletpass.apple.bundle import PreparedBundle, prepare
    from walletpass.apple.certificates import AppleCredentials
    from walletpass.apple.description import describe
    from walletpass.apple.fetching import fetch_intermediate
    from walletpass.apple.folder import sign_folder
    from walletpass.apple.keys import SigningKey
    from walletpass.apple.passes import bundle_passes
    from walletpass.apple.signing import KeySigner, Signer
    from walletpass.apple.signing_request import make_signing_request

_HOMES = {
    "AppleCredentials": "certificates",
    "KeySigner": "signing",
    "PreparedBundle": "bundle",
    "Signer": "signing",
    "SigningKey": "keys",
    "bundle_passes": "passes",
    "describe": "description",
    "fetch_intermediate": "fetching",
    "make_signing_request": "signing_request",
    "prepare": "bundle",
    "sign_folder": "folder",
}

__all__ = [
    "AppleCredentials",
    "KeySigner",
    "PreparedBundle",
    "Signer",
    "SigningKey",
    "bundle_passes",
    "describe",
    "fetch_intermediate",
    "make_signing_request",
    "prepare",
    "sign_folder",
]

if not TYPE_CHECKING:  # so that a type checker knows a misspelt name

    def __getattr__(name: str) -> object:
        """Load what is asked for, when it is asked for: cryptography takes a while to import."""
        if name in _HOMES:
            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
