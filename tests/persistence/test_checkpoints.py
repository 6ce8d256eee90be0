"""What is committed comes into the file of SQLite without a commit that has to bring it there."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from walletpass_server.persistence import checkpoints as module
from walletpass_server.persistence.checkpoints import checkpoints
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import AssetRow
from walletpass_server.testing import STARTED, SeededOperation

MEGABYTE = b"\0" * 1_000_000


async def test_the_log_is_copied_into_the_file_beside_the_writers(
    database: Database, shop: SeededOperation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.01)
    file = Path(str(database.engine.url.database))
    async with database.writing(shop.client_id) as unit:
        unit.session.add(
            AssetRow(
                client_id=shop.client_id, digest=b"d" * 32, media_type="image/png", content=MEGABYTE, created_at=STARTED
            )
        )
    before = file.stat().st_size if database.is_sqlite else len(MEGABYTE)  # PostgreSQL sees to its own
    async with checkpoints(database), asyncio.timeout(20):
        while before < len(MEGABYTE) and file.stat().st_size < len(MEGABYTE):
            await asyncio.sleep(0.01)
    assert (before < len(MEGABYTE)) == database.is_sqlite


async def test_one_that_fails_is_told_and_the_next_is_made(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.01)
    tried = asyncio.Event()

    async def fail(url: object) -> None:
        if "no checkpoint: disk full" in caplog.text:
            tried.set()
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(module, "_copy", fail)
    async with checkpoints(database), asyncio.timeout(20):
        if database.is_sqlite:
            await tried.wait()
    assert tried.is_set() == database.is_sqlite
