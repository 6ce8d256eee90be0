"""Clients."""

from __future__ import annotations

revision = "0007"
down_revision = "000 plans, quotas, acceptance, traffic:6"


def upgrade() -> None:
    """Apply this step."""
