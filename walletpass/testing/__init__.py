"""Stand-ins for tests, yours and ours: an authority, sample credentials, Apple and Google, a PostgreSQL, a sender."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walletpass.testing.apns import FakeApns
    from walletpass.testing.authority import Authority, IssuedCertificate
    from walletpass.testing.discovery import google_problems
    from walletpass.testing.google_api import FakeGoogle, Fault
    from walletpass.testing.phone import FakePhone, HeldPass, Notice
    from walletpass.testing.postgres import PostgresServer, postgres_server
    from walletpass.testing.sample import sample_service_account, write_sample
    from walletpass.testing.sender import FakeSender, Refusal

_HOMES = {
    "FakeApns": "walletpass.testing.apns",
    "Authority": "walletpass.testing.authority",
    "IssuedCertificate": "walletpass.testing.authority",
    "FakeGoogle": "walletpass.testing.google_api",
    "Fault": "walletpass.testing.google_api",
    "google_problems": "walletpass.testing.discovery",
    "FakePhone": "walletpass.testing.phone",
    "HeldPass": "walletpass.testing.phone",
    "Notice": "walletpass.testing.phone",
    "PostgresServer": "walletpass.testing.postgres",
    "postgres_server": "walletpass.testing.postgres",
    "FakeSender": "walletpass.testing.sender",
    "Refusal": "walletpass.testing.sender",
    "sample_service_account": "walletpass.testing.sample",
    "write_sample": "walletpass.testing.sample",
}

__all__ = [
    "Authority",
    "FakeApns",
    "FakeGoogle",
    "FakePhone",
    "FakeSender",
    "Fault",
    "HeldPass",
    "IssuedCertificate",
    "Notice",
    "PostgresServer",
    "Refusal",
    "google_problems",
    "postgres_server",
    "sample_service_account",
    "write_sample",
]

if not TYPE_CHECKING:  # so that a type checker knows a misspelt name

    def __getattr__(name: str) -> object:
        """Load what is asked for, when it is asked for: cryptography takes a while to import."""
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
