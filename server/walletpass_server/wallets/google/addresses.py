"""Addresses of ours that Google is told."""

from __future__ import annotations

from walletpass_server.settings import Settings
from walletpass_server.wallets.google.accounts import rehearses

PICTURES = "/images"
CALLBACKS = "/google/callback"


def picture_url(public_url: str, digest: str) -> str:
    """Where a picture is fetched; a digest is never used for other bytes."""
    return f"{public_url}{PICTURES}/{digest}.png"


def callback_url(settings: Settings, issuer_id: str) -> str | None:
    """Where saves and deletions of an issuer's passes are told; None where Google could not reach it."""
    if not (settings.public_url.startswith("https://") or rehearses(settings)):
        return None
    return f"{settings.public_url}{CALLBACKS}/{issuer_id}"
