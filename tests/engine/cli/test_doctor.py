"""What the doctor finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from walletpass_server.bootstrap import Platform
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import OutboxRow, RunRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

Run = Callable[..., Any]
Platforms = Callable[..., Any]
TODAY = datetime.now(UTC)
USED = ("--data", '{"amount": 12, "store": "Lyon"}')


async def _spoil(on: Platform, statement: Any) -> None:
    async with on.database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(statement)


def test_the_doctor_of_a_sound_server_finds_nothing(shop: Run) -> None:
    answer = shop("doctor", "--json")
    assert answer.code == 0
    assert [check["name"] for check in answer.json["checks"]] == [
        "disk", "keys", "database", "clock", "secrets", "rehearsal", "credentials", "outbox", "hooks", "runs",
        "workers", "public url", "apns", "google",
    ]  # fmt: skip


def test_the_doctor_says_what_is_missing_and_makes_nothing(run: Run, tmp_path: Path) -> None:
    answer = run("doctor")
    assert answer.code == 1
    assert answer.out.count("fault") == 3
    assert not (tmp_path / "data").exists()


def _another_key(shop: Run, data: Path, on_platform: Platforms) -> None:
    (data / "secret.keys").write_text(Keyring.new_key("1"))


def _open_key(shop: Run, data: Path, on_platform: Platforms) -> None:
    (data / "secret.keys").chmod(0o644)


def _failed_run(shop: Run, data: Path, on_platform: Platforms) -> None:
    shop("event", "coupon.used", "--operation", "spring-2027", *USED)
    on_platform(lambda on: _spoil(on, update(RunRow).where(RunRow.kind == "event").values(state="failed", error="why")))


def _dead_letter(shop: Run, data: Path, on_platform: Platforms) -> None:
    shop("event", "coupon.used", "--external-id", "ada", *USED)
    on_platform(lambda on: _spoil(on, update(OutboxRow).values(dead_at=TODAY)))


@pytest.mark.parametrize(
    ("harm", "name", "says"),
    [
        (_another_key, "secrets", "sealed with another key"),
        (_open_key, "keys", "chmod 600"),
        (_failed_run, "runs", "failed: why"),
        (_dead_letter, "outbox", "letters given up: 1"),
    ],
)
def test_the_doctor_names_what_is_wrong(
    shop: Run, tmp_path: Path, harm: Callable[..., None], name: str, says: str, one_opened: str, on_platform: Platforms
) -> None:
    harm(shop, tmp_path / "data", on_platform)
    answer = shop("doctor", "--json")
    faults = {check["name"]: check["says"] for check in answer.json["checks"] if not check["ok"]}
    assert (answer.code, list(faults)) == (1, [name])
    assert says in faults[name]
