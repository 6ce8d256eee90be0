"""The server's command line on a fresh data folder."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from walletpass.cli import main
from walletpass_server.bootstrap import Platform, platform
from walletpass_server.engine import phones
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.settings import Settings

COUPON = Path(__file__).parents[3] / "examples" / "coupon"


@dataclass(frozen=True)
class Answer:
    """What one command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """Standard error, which has to be one line."""
        assert self.err.count("\n") == 1, self.err
        return self.err.strip()


Run = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line, with a data folder of its own."""
    monkeypatch.setenv("WALLETPASS_DATA", str(tmp_path / "data"))
    for name in ("WALLETPASS_DATABASE_URL", "WALLETPASS_SECRET_KEY", "WALLETPASS_SECRET_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call


@pytest.fixture
def fresh(run: Run) -> Run:
    """A server that was just set up, on SQLite."""
    assert run("server", "init").code == 0
    return run


@pytest.fixture
def coupon(tmp_path: Path) -> Path:
    """The coupon of the examples, with a period around now."""
    folder = tmp_path / "coupon"
    shutil.copytree(COUPON, folder)
    file = folder / "operation.yaml"
    document = file.read_text("utf-8")
    for written, days in (("2027-03-20T08:00", -2), ("2027-04-20T00:00", 20)):
        document = document.replace(written, f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M}")
    file.write_text(document, "utf-8")
    return file


@pytest.fixture
def shop(fresh: Run, coupon: Path) -> Run:
    """A server with a client that has an operation."""
    assert fresh("client", "add", "shop").code == 0
    assert fresh("operation", "open", coupon).code == 0
    return fresh


@pytest.fixture
def on_platform() -> Callable[..., Any]:
    """Do work on the platform of the folder, beside the commands."""

    def do(work: Callable[[Platform], Coroutine[Any, Any, Any]]) -> Any:
        async def inside() -> Any:
            async with platform(Settings.from_env()) as opened:
                return await work(opened)

        return asyncio.run(inside())

    return do


@pytest.fixture
def open_tokens(on_platform: Callable[..., Any]) -> Callable[[list[str]], list[str]]:
    """Open tokens and add each pass on a phone, as the web doors will do it; gives the serials."""
    return lambda tokens: on_platform(lambda on: _open(on, tokens))


@pytest.fixture
def one_opened(shop: Run, tmp_path: Path, open_tokens: Callable[[list[str]], list[str]]) -> str:
    """The serial of the one pass of a shop; its holder is ada."""
    rows = tmp_path / "one.csv"
    rows.write_text("external_id\nada\n")
    assert shop("token", "import", rows, "--operation", "spring-2027").code == 0
    (token,) = shop("token", "export", "--operation", "spring-2027", "--json").json
    (serial,) = open_tokens([token["token"]])
    return serial


async def _open(on: Platform, tokens: list[str]) -> list[str]:
    serials = []
    now = datetime.now(UTC)
    for token in tokens:
        opened = await on.desk.open(token)
        async with on.database.reading(ALL_CLIENTS) as unit:
            served = await phones.find_served(unit, "-", opened.serial)

        async def phone(unit: Any, operation: int = opened.operation_id, pass_id: int = opened.pass_id) -> None:
            await phones.display(unit, operation, pass_id, "apple", now)
            await phones.register(unit, operation, pass_id, f"phone-{pass_id}", "push", now)

        await on.writer.write(served.client_id, phone)
        serials.append(opened.serial)
    return serials
