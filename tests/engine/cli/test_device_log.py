"""`walletpass device-log` on a fresh data folder."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from walletpass_server.bootstrap import platform
from walletpass_server.engine.device_log import keep, read_complaint
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.settings import Settings

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)


async def _complain(folder: Path, *lines: str) -> None:
    async with platform(Settings.from_env({"WALLETPASS_DATA": str(folder)})) as on:
        complaints = [read_complaint(line) for line in lines]
        await on.database.run(ALL_CLIENTS, lambda unit: keep(unit, complaints, NOW))


def test_complaints_are_listed_with_how_often_they_came(run: Any, tmp_path: Path) -> None:
    assert run("server", "init").code == 0
    assert run("client", "add", "shop").code == 0
    asyncio.run(_complain(tmp_path / "data", "it failed after 3 s", "it failed after 5 s"))
    assert run("device-log").out == ""
    assert run("device-log", "--unknown").out == "2027-03-01 08:00       2 x  it failed after 5 s\n"
    (told,) = run("device-log", "--unknown", "--json").json
    assert (told["count"], told["message"], told["pass_type_identifier"]) == (2, "it failed after 5 s", None)
