"""`walletpass serve`: the web doors."""

from __future__ import annotations

from pathlib import Path

import click

from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import data_option, with_platform


@click.command
@data_option
def serve(data: Path | None) -> None:
    """Run the platform: API, pages, Apple web service, Google callbacks."""
    with_platform(data, _serve)


async def _serve(on: Platform) -> None:
    import uvicorn

    from walletpass_server.http.app import create_app

    await uvicorn.Server(uvicorn.Config(create_app(on), host=on.settings.host, port=on.settings.port)).serve()
