"""Stand-ins for tests, yours and ours: an authority that issues certificates, sample credentials, Google's contract."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walletpass.testing.authority import Authority, IssuedCertificate
    from walletpass.testing.discovery import google_problems
    from walletpass.testing.sample import sample_service_account, write_sample

_HOMES = {
    "Authority": "walletpass.testing.authority",
    "IssuedCertificate": "walletpass.testing.authority",
    "google_problems": "walletpass.testing.discovery",
    "sample_service_account": "walletpass.testing.sample",
    "write_sample": "walletpass.testing.sample",
}

__all__ = ["Authority", "IssuedCertificate", "google_problems", "sample_service_account", "write_sample"]

if not TYPE_CHECKING:  # so that a type checker knows a misspelt name

    def __getattr__(name: str) -> object:
        """Load what is asked for, when it is asked for: cryptography takes a while to import."""
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
