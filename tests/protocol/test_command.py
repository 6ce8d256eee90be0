"""`python -m walletpass.testing.protocol`, as somebody types it who has a server and a pass."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner, Result

from walletpass import PassMaker
from walletpass.testing import Authority
from walletpass.testing.protocol import RULES
from walletpass.testing.protocol.__main__ import main
from walletpass.testing.protocol.reference import ReferenceService

PASS_TYPE = "pass.example.protocol"
QUICK = ("--only", "registration", "--only", "secret", "--only", "changed-pass-differs")


@pytest.fixture
def served(maker: PassMaker) -> Iterator[ReferenceService]:
    """The reference on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        service = ReferenceService(maker, f"http://127.0.0.1:{listener.getsockname()[1]}", PASS_TYPE)
        server = uvicorn.Server(uvicorn.Config(service, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        yield service
        server.should_exit = True
        thread.join()


@pytest.fixture
def files(served: ReferenceService, authority: Authority, tmp_path: Path) -> list[str]:
    """Options that name a pass and the root it leads to."""
    Path(tmp_path, "root.pem").write_bytes(authority.root_pem)
    Path(tmp_path, "one.pkpass").write_bytes(served.issue("GATE-1"))
    return ["--pass", str(tmp_path / "one.pkpass"), "--ca", str(tmp_path / "root.pem")]


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), prog_name="protocol")


def test_rules_that_are_kept_are_counted_and_those_not_tried_named(files: list[str]) -> None:
    result = _run(*files, *QUICK)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert "not tried: each-pass-has-a-secret-of-its-own: it needs a second pass of the same type" in lines
    assert "not tried: a-changed-pass-differs: it needs a way to change a pass" in lines
    assert " kept, 0 broken, " in lines[-1]


def test_a_broken_rule_is_told_with_its_source(files: list[str], served: ReferenceService) -> None:
    served.passes["GATE-1"].bundle = b"no pass"
    result = _run(*files, "--only", "sound")
    assert result.exit_code == 1
    assert result.output.startswith("broken: a-fetched-pass-is-sound: what it serves cannot be used: ")
    assert "[Apple, Wallet Passes: Building a Pass]" in result.output


def test_a_change_is_a_shell_command(files: list[str], tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    result = _run(*files, "--only", "changed-pass-differs", "--change", f"echo {{serial}} >> {asked}")
    assert asked.read_text() == "GATE-1\n"
    assert result.exit_code == 1  # that command changed nothing
    assert "pass.json is the same after a change" in result.output


def test_a_command_that_fails_is_told(files: list[str]) -> None:
    result = _run(*files, "--only", "changed-pass-differs", "--change", "echo no such {serial}; false")
    assert result.exit_code == 1
    assert "failed: no such GATE-1" in result.output


def test_results_come_as_json_lines(files: list[str]) -> None:
    result = _run(*files, "--only", "a-wrong-secret-answers-401", "--json")
    assert json.loads(result.output.splitlines()[0]) == {
        "rule": "a-wrong-secret-answers-401",
        "sentence": "A wrong secret answers 401.",
        "source": "Apple, Wallet Passes: Send an Updated Pass",
        "state": "kept",
        "says": "",
    }


def test_the_rules_can_be_read() -> None:
    result = _run("--list")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == len(RULES)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--pass", "nowhere.pkpass"], "nowhere.pkpass cannot be opened"),
        (["--pass", __file__], "the phone refuses the pass"),
        (["--pass", "http://127.0.0.1:1/p.pkpass"], "the link cannot be opened"),
    ],
)
def test_bad_usage_is_one_line(words: list[str], says: str) -> None:
    result = _run(*words)
    assert result.exit_code == 2
    assert says in result.output.splitlines()[-1]


def test_a_change_that_names_no_pass_is_bad_usage(files: list[str]) -> None:
    result = _run(*files, "--change", "true")
    assert result.exit_code == 2
    assert "names no pass: write {serial}" in result.output
