"""The subcommands: names here, code loaded when one of them is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from walletpass.errors import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

BUILT_IN = {
    "new": "walletpass.cli.new:new",
    "certs": "walletpass.cli.certs:certs",
    "lint": "walletpass.cli.lint:lint",
    "simulate": "walletpass.cli.simulate:simulate",
    "build": "walletpass.cli.build:build",
    "sign": "walletpass.cli.sign:sign",
    "bundle": "walletpass.cli.bundle:bundle",
    "verify": "walletpass.cli.verify:verify",
    "inspect": "walletpass.cli.inspect:inspect",
    "preview": "walletpass.cli.preview:preview",
    "google": "walletpass.cli.google:google",
}
"""Command to `module:attribute`, in the order of the help."""

INSTALL = "pip install 'walletpass[server]'"
PLUGINS = "walletpass.commands"
"""Entry-point group of commands that other packages add."""

SERVER = {
    "demo": "Play a campaign for both wallets, without any account.",
    "serve": "Run the platform: API, pages, Apple web service, Google callbacks.",
    "worker": "Run the jobs: Triggers, pushes, messages.",
    "event": "Tell the platform what happened to passes.",
    "report": "Print the figures of an operation.",
    "doctor": "Check the installation.",
    "server": "Set up the server's data, back it up.",
    "client": "Add clients, their plans and their credentials; hand over or remove all that they have.",
    "key": "Make keys of the API, rotate them, revoke them.",
    "operation": "Open operations.",
    "token": "Import and export the tokens of links.",
    "run": "See how far runs are; pause, resume, cancel them.",
    "hook": "Tell other systems what happens to passes: add, list, test, pause, replay.",
    "outbox": "See what waits to be sent and what could not be; send it again.",
    "wallet": "Stop a wallet, start it again.",
    "erase": "Forget a person, keep the figures.",
    "device-log": "Read what phones complained about.",
}
"""Commands of the extra `server`, with what the help says of them without loading it."""


class Commands(click.Group):
    """A group whose commands are imported when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click calls it so)
        """Built-in commands, then those of plugins."""
        return [*BUILT_IN, *(name for name in sorted(_plugins()) if name not in BUILT_IN and name not in SERVER)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  (as above)
        """The command itself; None when there is none of that name."""
        if cmd_name in BUILT_IN:
            module, _, attribute = BUILT_IN[cmd_name].partition(":")
            return _command(getattr(import_module(module), attribute))
        plugin = _plugins().get(cmd_name)
        if plugin is None and cmd_name not in SERVER:
            return None
        try:
            if plugin is None:
                raise ImportError(cmd_name)
            return _command(plugin.load())
        except ImportError as exc:
            if cmd_name in SERVER:
                raise UsageError(f"the command {cmd_name} needs the server: {INSTALL}") from exc
            raise UsageError(f"the command {cmd_name} cannot be loaded ({exc}): install its package anew") from exc

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their first sentence, those of the server apart and unloaded."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(200)) for name, command in commands if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
        with formatter.section(f"Commands of the server, with {INSTALL}"):
            formatter.write_dl(list(SERVER.items()))


def _plugins() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # takes a while, and most commands are built in

    return {point.name: point for point in entry_points(group=PLUGINS)}


def _command(loaded: object) -> click.Command:
    if not isinstance(loaded, click.Command):
        raise UsageError(f"{loaded!r} is not a click command: correct the package that adds it")
    return loaded
