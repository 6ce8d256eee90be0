"""The README is typed word for word, in a fresh folder, and everything it promises is there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from walletpass.cli.app import walletpass as cli
from walletpass.cli.commands import BUILT_IN
from walletpass.files import parse_document
from walletpass.model import PassModel

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "credentials.md"]


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(arguments, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every console line of the README was typed, in order."""
    folder = tmp_path_factory.mktemp("readme")
    for line in "".join(blocks("console")).splitlines():
        done = run(shlex.split(line), folder)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return folder


def test_every_console_line_works_and_leaves_what_it_says(folder: Path) -> None:
    assert (folder / "spring.pkpass").stat().st_size > 0
    assert len(list((folder / "passes").glob("*.pkpass"))) == 10
    assert list((folder / "pictures").glob("*.png"))


def test_the_library_block_runs_as_it_stands(folder: Path) -> None:
    (program,) = blocks("python")
    done = run([sys.executable, "-c", program], folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("https://pay.google.com/gp/v/save/")


def test_the_library_fits_into_few_lines() -> None:
    (program,) = blocks("python")
    assert len([line for line in program.splitlines() if line.strip()]) <= 22


def test_the_model_it_shows_is_one() -> None:
    (document,) = blocks("yaml")
    assert PassModel.read(parse_document(document.encode(), name="README.yaml")).model == "spring-coupon"


def test_every_make_target_it_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^make ([a-z-]+)", "".join(blocks("sh")), re.MULTILINE)
    assert named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_in_a_document_exists(document: Path) -> None:
    context = click.Context(cli)
    lines = re.findall(r"^ *walletpass (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        command: click.Command | None = cli
        words = shlex.split(line)
        while isinstance(command, click.Group) and words:
            command = command.get_command(context, words.pop(0))
        assert command is not None, line
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known, line


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_table_names_every_command(name: str) -> None:
    assert f"| `walletpass {name}" in README
