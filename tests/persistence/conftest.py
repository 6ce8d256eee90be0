"""A client for each persistence test."""

from __future__ import annotations

import pytest

from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.testing import SeededOperation, seed_operation


@pytest.fixture
async def shop(database: Database) -> SeededOperation:
    """A client with an open operation."""
    async with database.writing(ALL_CLIENTS) as unit:
        return await seed_operation(unit)
