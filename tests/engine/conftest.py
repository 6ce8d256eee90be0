"""A client for each engine test."""

from __future__ import annotations

import pytest

from walletpass_server.persistence.database import Database
from walletpass_server.testing import Shop, open_shop


@pytest.fixture
async def shop(database: Database) -> Shop:
    """A client without any design yet."""
    return await open_shop(database)
