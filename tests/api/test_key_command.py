"""`walletpass key`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from walletpass.cli import main
from walletpass.errors import KeyRefused
from walletpass_server.bootstrap import platform
from walletpass_server.persistence.tables import AuditRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.settings import Settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line on a server with one client."""
    monkeypatch.setenv("WALLETPASS_DATA", str(tmp_path / "data"))

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return (code, *capsys.readouterr())

    assert call("server", "init")[0] == 0
    assert call("client", "add", "shop")[0] == 0
    return call


async def _is_good(text: str) -> bool:
    async with platform(Settings.from_env()) as on:
        try:
            return bool(await on.keys.find(text))
        except KeyRefused:
            return False


async def _actions() -> list[Any]:
    async with platform(Settings.from_env()) as on, on.database.reading(ALL_CLIENTS) as unit:
        rows = await unit.session.execute(select(AuditRow.action, AuditRow.actor_kind).order_by(AuditRow.id))
        return [tuple(row) for row in rows.all()]


def test_a_key_is_made_listed_rotated_and_revoked(run: Run) -> None:
    made = json.loads(run("key", "create", "Till", "--scope", "events:write", "--json")[1])
    assert made["key"].startswith("wp_test_")
    assert made["scopes"] == ["events:write"]
    assert asyncio.run(_is_good(made["key"]))
    new = json.loads(run("key", "rotate", made["id"], "--overlap-hours", 0, "--json")[1])
    assert [asyncio.run(_is_good(key)) for key in (made["key"], new["key"])] == [False, True]
    assert run("key", "revoke", new["id"])[1] == f"key {new['id']}: revoked\n"
    assert not asyncio.run(_is_good(new["key"]))
    listed = run("key", "list")[1]
    assert "revoked" in listed
    assert made["key"] not in listed
    assert asyncio.run(_actions()) == [("key.created", "staff"), ("key.rotated", "staff"), ("key.revoked", "staff")]


def test_a_live_key_says_so_and_all_scopes_have_a_short_name(run: Run) -> None:
    out = run("key", "create", "Everything", "--scope", "all", "--environment", "production")[1]
    assert "wp_live_" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "Till"), "name at least one"),
        (("create", "Till", "--scope", "passes:eat"), "no such scope"),
        (("create", "Till", "--scope", "all", "--operation", "none"), "there is no operation"),
        (("rotate", "99"), "there is no key 99"),
        (("revoke", "99"), "there is no key 99"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(run: Run, arguments: tuple[str, ...], says: str) -> None:
    code, _, err = run("key", *arguments)
    assert code in (1, 2)
    assert says in err
    assert err.count("\n") == 1
