"""Whole stories: from an empty folder to figures, backup and restore, keys, a worker."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from walletpass_server.persistence.database import Database
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import EpochRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

Run = Callable[..., Any]
USED = ("--data", '{"amount": 12, "store": "Lyon"}')


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_from_an_empty_folder_to_figures_that_recount(
    run: Run,
    coupon: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    engine: str,
    open_tokens: Callable[[list[str]], list[str]],
) -> None:
    if engine == "postgres":
        monkeypatch.setenv("WALLETPASS_DATABASE_URL", request.getfixturevalue("postgres_url"))
    rows = tmp_path / "people.csv"
    rows.write_text("external_id\n" + "".join(f"person-{n}\n" for n in range(5)))
    assert run("server", "init").code == 0
    assert run("client", "add", "shop", "--name", "The shop").code == 0
    assert run("operation", "open", coupon, "--json").json["matrix"] == "coupon"
    assert run("token", "import", rows, "--operation", "spring-2027").code == 0
    assert run("token", "import", rows, "--operation", "spring-2027").code == 0  # the same again: nothing new
    exported = run("token", "export", "--operation", "spring-2027")
    tokens = {row["external_id"]: row["token"] for row in csv.DictReader(io.StringIO(exported.out))}
    assert sorted(tokens) == [f"person-{n}" for n in range(5)]

    serials = open_tokens(list(tokens.values())[:4])
    used = ("event", "coupon.used", "--json", *USED)
    once = run(*used, "--serial", serials[0], "--key", "order-1")
    again = run(*used, "--serial", serials[0], "--key", "order-1")
    assert (once.json["moved"], again.json) == (1, once.json)
    assert run(*used, "--token", tokens["person-1"]).json["moved"] == 1
    assert run(*used, "--external-id", "person-9").json["matched"] == 0
    assert run(*used, "--operation", "spring-2027", "--where", f"pass.serial == '{serials[2]}'").json["run_id"]
    assert run("worker", "--once").code == 0

    states = [
        row["state"] for row in csv.DictReader(io.StringIO(run("token", "export", "--operation", "spring-2027").out))
    ]
    assert sorted(states) == ["new", "opened", "opened", "opened", "opened"]
    (line,) = run("report", "--operation", "spring-2027", "--json").json["lines"]
    assert line == {"displayed": 4, "generated": 0, "added": 4, "deleted": 0, "active": 4, "devices": 4}
    receipt = run("erase", "--external-id", "person-0", "--json").json
    assert (receipt["passes"], receipt["tokens"]) == (1, 1)
    by_model = run("report", "--by", "model", "--by", "wallet", "--csv").out
    assert by_model == ("model,wallet,displayed,generated,added,deleted,active,devices\nactive,apple,4,0,4,1,3,3\n")
    recounted = run("report", "recount", "--json")
    assert (recounted.code, recounted.json["differences"], recounted.json["broken_seals"]) == (0, 0, 0)
    assert run("doctor").code == 0


def test_a_backup_opens_as_a_server_of_a_new_epoch(shop: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert shop("server", "backup", other / "walletpass.db").code == 0
    shutil.copy(tmp_path / "data" / "secret.keys", other)
    assert [row["operation"] for row in shop("operation", "list", "--data", other, "--json").json] == ["spring-2027"]
    epochs = [asyncio.run(_epochs(folder)) for folder in (tmp_path / "data", other)]
    assert epochs == [1, 2]
    assert shop("server", "new-epoch", "--data", other).code == 0
    assert asyncio.run(_epochs(other)) == 3


async def _epochs(folder: Path) -> int:

    database = await Database.open(f"sqlite:///{folder / 'walletpass.db'}")
    async with database.reading(ALL_CLIENTS) as unit:
        found = (await unit.connection.execute(select(func.count()).select_from(EpochRow))).scalar_one()
    await database.close()
    return found


def test_old_keys_can_be_taken_away_after_sealing_again(
    shop: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_opened: str
) -> None:
    old, new = (tmp_path / "data" / "secret.keys").read_text(), Keyring.new_key("2")
    monkeypatch.setenv("WALLETPASS_SECRET_KEY", f"{new},{old}")
    assert shop("server", "seal-again").out == "sealed again: 2\n"
    monkeypatch.setenv("WALLETPASS_SECRET_KEY", new)
    assert shop("doctor").code == 0


def test_a_worker_ends_gracefully_when_told(shop: Run, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "walletpass", "worker"], env=dict(os.environ), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "working on" in process.stderr.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "stopping" in told
    assert "Traceback" not in told
