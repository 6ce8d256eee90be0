"""`walletpass serve` as an operator runs it: started, killed, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from walletpass.cli import main
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.serving.web import listen

START = "import sys; from walletpass.cli import main; sys.exit(main(sys.argv[1:]))"
SUPERVISE = """
import operator, sys
from walletpass_server.logs import configure
from walletpass_server.serving.supervisor import Supervisor
import socket
configure()
with socket.create_server(("127.0.0.1", 0)) as listener:
    sys.exit(Supervisor(operator.methodcaller("accept"), listener, workers=2).run())
"""
PROCESSES = re.compile(r"process (\d+) started")


class Served:
    """A running command, and what it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict[str, object]] = []

    async def until(self, wanted: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        """The next line that is wanted."""
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(json.loads(line))
            if wanted(self.lines[-1]):
                return self.lines[-1]
        raise AssertionError(f"it ended: {self.lines}")

    async def answering(self) -> str:
        """Its address, once it is ready."""
        line = await self.until(lambda line: line["message"] == "serving")
        url = str(line["public_url"])
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.get(f"{url}/readyz")
        assert answer.status_code == 200
        return url

    async def stop(self) -> int:
        """The exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stderr is not None
        self.lines += [json.loads(line) async for line in self.process.stderr]
        return await self.process.wait()


KEY = Keyring.new_key("1")
Start = Callable[..., Awaitable[Served]]


@pytest.fixture
async def start_command(tmp_path: Path) -> AsyncIterator[Start]:
    running: list[asyncio.subprocess.Process] = []

    async def begin(*arguments: str, supervise: bool = False) -> Served:
        serve = [START, "serve", "--port", "0", "--data", str(tmp_path / "data"), *arguments]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", *([SUPERVISE] if supervise else serve), env=_clean(), stderr=asyncio.subprocess.PIPE
        )
        running.append(process)
        return Served(process)

    yield begin
    for process in running:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("WALLETPASS_")}


async def test_from_an_empty_folder_to_a_server_that_stops_cleanly(start_command: Start, tmp_path: Path) -> None:
    served = await start_command()
    url = await served.answering()
    async with httpx.AsyncClient() as client:
        await client.get(f"{url}/p/Zk9secretsecretsecret1")
    assert (tmp_path / "data" / "walletpass.db").exists()
    assert await served.stop() == 0
    (asked,) = [line for line in served.lines if line["message"] == "request"]
    assert (asked["route"], asked["status"]) == ("/p/{token}", 404)
    assert "Zk9secret" not in json.dumps(served.lines)


async def test_a_process_that_dies_is_replaced_and_all_stop_together(start_command: Start) -> None:
    # Processes that do nothing but end when somebody connects: what they are for is tested above.
    served = await start_command(supervise=True)
    started = [await _pid(served) for _ in range(2)]
    os.kill(started[0], signal.SIGKILL)
    died = await served.until(lambda line: "ended with" in str(line["message"]))
    assert f"process {started[0]} ended with -9: another starts in 0.5 s" in str(died["message"])
    assert await _pid(served) not in started
    assert await served.stop() == 0


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_processes_share_a_port_and_stop_when_their_supervisor_is_killed(start_command: Start) -> None:
    served = await start_command("--workers", "2")
    url = await served.answering()
    os.kill(await _pid(served), signal.SIGKILL)
    await _pid(served)
    async with httpx.AsyncClient(timeout=60) as client:
        assert (await client.get(f"{url}/readyz")).status_code == 200
    await _pid(served)
    served.process.kill()
    await served.until(lambda line: str(line["message"]).startswith("stopping"))
    assert served.process.stderr is not None
    await served.process.stderr.read()  # ends when the last process has closed it


async def _pid(served: Served) -> int:
    """Of the next process that is started."""
    line = await served.until(lambda line: bool(PROCESSES.search(str(line["message"]))))
    return int(str(line["message"]).split()[1])


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"WALLETPASS_PUBLIC_URL": "http://passes.example.com"}, "phones need https"),
        ({"WALLETPASS_DATABASE_URL": "mysql://a/b"}, "no support for mysql"),
        ({"WALLETPASS_DATABASE_URL": "postgresql://127.0.0.1:1/none", "WALLETPASS_SECRET_KEY": KEY}, "does not answer"),
        ({"WALLETPASS_SECRET_KEY": "nonsense"}, "id:base64"),
    ],
)
def test_what_cannot_work_is_one_line_at_the_start(
    environment: dict[str, str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["serve", "--port", "0", "--data", str(tmp_path / "data"), "--log-level", "error"]) in {1, 2}
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


def test_a_port_that_is_taken_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "--port", port, "--data", str(tmp_path / "data")]) == 2
    assert "cannot listen there" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
