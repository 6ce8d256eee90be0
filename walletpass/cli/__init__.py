"""The command line: a thin shell over the library, one file a command."""

from walletpass.cli.app import main

__all__ = ["main"]
