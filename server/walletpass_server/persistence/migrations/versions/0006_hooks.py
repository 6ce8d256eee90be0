"""Hooks."""

from __future__ import annotations

revision = "0006"
down_revision = "000 endpoints, contacts, events without a pass:5"


def upgrade() -> None:
    """Apply this step."""
