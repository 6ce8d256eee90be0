"""The command as such: help, errors, exit codes, plugins."""

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest

from walletpass import __version__
from walletpass.cli import commands, main
from walletpass.cli.faults import fault_of

COMMAND = [sys.executable, "-m", "walletpass"]


def test_help_lists_every_command_and_those_of_the_server(run):
    answer = run("--help")
    assert answer.code == 0
    assert all(f"\n  {name} " in answer.out for name in (*commands.BUILT_IN, *commands.SERVER))


def test_the_version_is_that_of_the_package(run):
    assert run("--version").out == f"walletpass {__version__}\n"


def test_every_command_has_help(run):
    for name in commands.BUILT_IN:
        answer = run(name, "--help")
        assert answer.code == 0
        assert answer.out.startswith(f"Usage: walletpass {name}")


def test_help_loads_nothing_heavy():
    script = (
        "import sys; from walletpass.cli import main; code = main(['--help']);"
        "heavy = {'pydantic', 'cryptography', 'PIL', 'babel', 'rich', 'resvg_py', 'ruamel'} & set(sys.modules);"
        "sys.exit(code or (f'loaded {heavy}' if heavy else 0))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_without_a_command_the_help_is_shown_and_the_call_is_wrong(run):
    answer = run()
    assert answer.code == 2
    assert answer.err.startswith("Usage: walletpass")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["frobnicate"], "walletpass: no such command 'frobnicate'"),
        (["build"], "walletpass build: missing argument 'MODEL'"),
        (["build", "model.yaml", "--nonsense"], "walletpass build: no such option '--nonsense'"),
        (["new", "x", "--kind", "voucher"], "walletpass new: invalid value for '--kind'"),
        (["build", "model.yaml", "--at", "tomorrow"], "walletpass build: invalid value for '--at'"),
        (["build", "nowhere.yaml"], "walletpass: nowhere.yaml: no such file"),
        (["lint", "nowhere.yaml"], "walletpass: nowhere.yaml: cannot be read"),
        (["verify", "nowhere.pkpass"], "walletpass: nowhere.pkpass cannot be opened"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(run, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    answer = run(*arguments)
    assert answer.code == 2
    assert answer.line.startswith(says)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", commands.SERVER)
def test_a_command_of_the_server_names_the_extra_when_it_is_not_installed(run, monkeypatch, name):
    point = EntryPoint(name, "walletpass_server_that_is_not_here.cli:main", commands.PLUGINS)
    monkeypatch.setattr(commands, "_plugins", lambda: {name: point})
    answer = run(name)
    assert answer.code == 2
    assert "pip install 'walletpass[server]'" in answer.line


def test_a_plugin_joins_the_commands(run, monkeypatch):
    @click.command
    def greet() -> None:
        """Say hello."""
        click.echo("hello from outside")

    monkeypatch.setattr(EntryPoint, "load", lambda _self: greet)
    monkeypatch.setattr(commands, "_plugins", lambda: {"greet": EntryPoint("greet", "x:greet", commands.PLUGINS)})
    assert run("greet").out == "hello from outside\n"
    assert "greet" in run("--help").out


def test_a_broken_plugin_is_told_in_one_line(run, monkeypatch):
    point = EntryPoint("greet", "a_module_that_is_not_here:greet", commands.PLUGINS)
    monkeypatch.setattr(commands, "_plugins", lambda: {"greet": point})
    answer = run("greet")
    assert answer.code == 2
    assert "greet cannot be loaded" in answer.line


def test_verbose_adds_where_the_error_came_from(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = run("--verbose", "lint", "nowhere.yaml")
    assert answer.code == 2
    assert "Traceback" in answer.err
    assert answer.err.splitlines()[-1].startswith("walletpass: nowhere.yaml")


def test_a_defect_of_the_program_is_not_hidden(monkeypatch):
    def broken(_value: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("walletpass.files.read_document", broken)
    monkeypatch.setattr("walletpass.documents.read_document", broken)
    with pytest.raises(ZeroDivisionError):
        main(["lint", "model.yaml"])


def test_an_interruption_is_quiet():
    fault = fault_of(KeyboardInterrupt())
    assert fault is not None
    assert (fault.says, fault.exit_code) == ("", 130)


def test_a_full_output_is_one_line():
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([*COMMAND, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "walletpass: the disk is full: free some space, then run the command again\n"


def test_a_name_that_the_terminal_cannot_show_is_escaped(project):
    command = [*COMMAND, "preview", "model.yaml", "--side", "front", "--wallet", "apple", "--language", "fr", "-o"]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "1"}
    ended = subprocess.run([*command, "\u4e2d.svg"], capture_output=True, env=environment, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"\\u4e2d.svg\n", b"")


def test_a_reader_that_goes_away_is_no_matter(project, run):
    assert run("build", "model.yaml", "--data", "data.yaml", "-o", "one.pkpass").code == 0
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run([*COMMAND, "inspect", "one.pkpass"], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")
