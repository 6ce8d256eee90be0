"""The command `walletpass`: finds each subcommand when it is used, and turns every error into one line."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper

import click

from walletpass import __version__
from walletpass.cli.commands import Commands
from walletpass.cli.faults import Fault, fault_of


@dataclass
class State:
    """What holds for the whole call."""

    verbose: bool = False


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 all is well, 1 what was looked at or made has a fault, 2 the call is wrong.",
)
@click.option("-v", "--verbose", is_flag=True, help="On an error, print where it came from too.")
@click.version_option(__version__, prog_name="walletpass", message="%(prog)s %(version)s")
@click.pass_obj
def walletpass(state: State, verbose: bool) -> None:
    """Apple Wallet and Google Wallet passes from one model: built, signed, verified, drawn."""
    state.verbose = verbose


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command.

    Args:
        arguments: Without the program's name; those of the process by default.

    Returns:
        The exit code: 0 fine, 1 the subject has a fault, 2 bad usage, 130 interrupted.
    """
    state = State()
    if isinstance(sys.stdout, TextIOWrapper):  # a name or a text that the terminal cannot show is no reason to fail
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = walletpass.main(
            None if arguments is None else list(arguments), prog_name="walletpass", standalone_mode=False, obj=state
        )
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as exc:  # the one border: whatever happened ends as a line and a code
        fault = fault_of(exc)
        if fault is None:
            raise
        _tell(fault, exc if state.verbose else None)
        return fault.exit_code
    return code if isinstance(code, int) else 0


def _tell(fault: Fault, cause: BaseException | None) -> None:
    if cause is not None:
        traceback.print_exception(cause)
    if fault.says:
        click.echo(fault.says, err=True)
