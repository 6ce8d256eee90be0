"""The reference of the command line, written from the commands themselves: `python -m walletpass.cli.reference`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from walletpass.cli.app import walletpass
from walletpass.cli.commands import BUILT_IN, SERVER

HEAD = """\
# The command line

Written by `python -m walletpass.cli.reference docs/cli.md`; a test keeps it in step with the program.

Exit codes: 0 all is well, 1 what was looked at or made has a fault, 2 the call is wrong. Errors are one line on
standard error; `walletpass --verbose COMMAND` adds where they came from. Results are on standard output, progress is
on standard error.

"""


def reference() -> str:
    """The whole page, Markdown."""
    sections = "\n".join(_section(name, command) for name, command in _commands())
    return f"{HEAD}{table()}\n{sections}"


def table(page: str = "") -> str:
    """Every command in a line, linked to its section on `page` (the same page by default)."""
    rows = ["| command | what it does |", "| --- | --- |"]
    for name, command in _commands():
        needs = " Needs `walletpass[server]`." if name.partition(" ")[0] in SERVER else ""
        rows.append(f"| [`walletpass {name}`]({page}#{_anchor(name)}) | {command.get_short_help_str(200)}{needs} |")
    return "\n".join(rows) + "\n"


def _commands() -> list[tuple[str, click.Command]]:
    return [command for name in (*BUILT_IN, *SERVER) for command in _leaves(name, _get(name))]


def _get(name: str) -> click.Command:
    command = walletpass.get_command(click.Context(walletpass), name)
    if command is None:
        raise LookupError(name)
    return command


def _leaves(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield name, command
    if isinstance(command, click.Group):
        for inner, child in command.commands.items():
            yield from _leaves(f"{name} {inner}", child)


def _anchor(name: str) -> str:
    return f"walletpass-{name.replace(' ', '-')}"


def _section(name: str, command: click.Command) -> str:
    settings = {**walletpass.context_settings, "max_content_width": 100, "terminal_width": 100}
    context = click.Context(command, info_name=f"walletpass {name}", **settings)
    return f"## walletpass {name}\n\n```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    import sys

    Path(sys.argv[1]).write_text(reference(), "utf-8")
