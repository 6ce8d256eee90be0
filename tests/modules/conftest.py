"""A rehearsal with both examples installed beside it, and their commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
MODULES = {"messaging": "links_by_message", "telephony": "card_of_a_line"}


@dataclass(frozen=True)
class Beside:
    """What runs beside the examples."""

    shown: dict[str, Any]
    folder: Path
    environment: dict[str, str]

    def run(self, example: str, *arguments: str) -> str:
        """A command of an example; it must end well."""
        program = [sys.executable, "-W", "error", f"{MODULES[example]}.py", *arguments]
        done = subprocess.run(
            program, cwd=EXAMPLES / example, env=self.environment, capture_output=True, encoding="utf-8", timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def model_of(self, person: str) -> str:
        """The Model of a person's pass."""
        answer = httpx.get(
            f"{self.shown['base_url']}/v1/passes",
            params={"external_id": person},
            headers={"authorization": f"Bearer {self.shown['api_key']}"},
        )
        (found,) = answer.json()["items"]
        return str(found["model"])

    def log(self) -> str:
        """All that the server logged."""
        return (self.folder / "log").read_text("utf-8")


def until(found: Callable[[], Any], seconds: float = 40) -> Any:
    """What is found, as soon as there is something."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return result


@pytest.fixture
def wait() -> Callable[..., Any]:
    return until


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    folder = tmp_path_factory.mktemp("beside")
    for example, module in MODULES.items():  # as pip installs it
        info = folder / "site" / f"example_{example}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: example-{example}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[walletpass.hooks]\n{module} = {module}:on_event\n")
    port = _free_port()
    paths = [folder / "site", *(EXAMPLES / example for example in MODULES), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths if str(path)),
        "MESSAGES": str(folder / "messages"),
        "CARRIER": str(folder / "carrier"),
        "WALLETPASS_URL": f"http://127.0.0.1:{port}",
        "WALLETPASS_KEY_FILE": str(folder / "key"),
    }
    command = [sys.executable, "-m", "walletpass", "demo", "--serve", "--json", "--port", str(port)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--data", str(folder / "data")], env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert process.stdout is not None
        shown = json.loads(process.stdout.readline())
        (folder / "key").write_text(shown["api_key"])
        yield Beside(shown, folder, environment)
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
