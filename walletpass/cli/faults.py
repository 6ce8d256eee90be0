"""What an exception means to the person who typed the command."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass

import click

from walletpass.errors import WalletPassError

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Fault:
    """One line for a person, empty when there is nothing to say, and the exit code."""

    says: str
    exit_code: int


def fault_of(exc: BaseException) -> Fault | None:
    """The fault behind an exception; None for one that is a defect of the program."""
    match exc:
        case KeyboardInterrupt() | click.Abort():
            return Fault("", INTERRUPTED)
        case click.exceptions.NoArgsIsHelpError():
            return Fault(exc.format_message(), exc.exit_code)
        case click.ClickException():
            return Fault(_usage(exc), exc.exit_code)
        case WalletPassError():
            return Fault(f"walletpass: {one_line(str(exc))}", exc.exit_code)
        case BrokenPipeError():
            _forget_output()
            return Fault("", 1)
        case OSError():
            return Fault(f"walletpass: {_system(exc)}", 1)
    return None


def one_line(text: str) -> str:
    """The text without line breaks, whatever names of files and values brought into it."""
    return " ".join(text.split())


def _usage(exc: click.ClickException) -> str:
    context = getattr(exc, "ctx", None)
    path = context.command_path if context else "walletpass"
    says = one_line(exc.format_message()).rstrip(".")
    return f"{path}: {says[:1].lower()}{says[1:]}: see '{path} --help'"


def _system(exc: OSError) -> str:
    where = f"{exc.filename}: " if exc.filename else ""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        _forget_output()
        return f"{where}the disk is full: free some space, then run the command again"
    return f"{where}{exc.strerror or exc}: check the path, its rights and the disk"


def _forget_output() -> None:
    """What is still to be written to a closed or full output goes nowhere, so that exiting does not fail again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
