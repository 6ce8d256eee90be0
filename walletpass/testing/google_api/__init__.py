"""A Google Wallet for tests and rehearsals: API, save page and signed callbacks on this machine."""

from __future__ import annotations

from walletpass.testing.google_api.fake import FakeGoogle, SentCallback
from walletpass.testing.google_api.resources import GoogleNotice
from walletpass.testing.google_api.saving import SavedPass, SaveRefused
from walletpass.testing.google_api.server import Fault, Seen
from walletpass.testing.google_api.signer import CallbackSigner

__all__ = ["CallbackSigner", "FakeGoogle", "Fault", "GoogleNotice", "SaveRefused", "SavedPass", "Seen", "SentCallback"]
