"""`walletpass serve`: the web doors."""

from __future__ import annotations

import click

from walletpass.errors import UsageError
from walletpass_server.cli.calls import data_option


@click.command
@data_option
def serve(data: object) -> None:  # noqa: ARG001  (the option stands already)
    """Run the platform: API, pages, Apple web service, Google callbacks."""
    raise UsageError("this version has no web doors: use 'walletpass worker', 'event', 'token' and 'report'")
