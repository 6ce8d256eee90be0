"""`walletpass server`: what its operator does to it as a whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from walletpass.cli.parameters import PATH
from walletpass.cli.reporting import print_json
from walletpass_server.bootstrap import Platform, prepare
from walletpass_server.cli.calls import data_option, json_option, settings_of, with_platform
from walletpass_server.persistence.backup import back_up
from walletpass_server.persistence.engine import database_url
from walletpass_server.persistence.epochs import new_epoch
from walletpass_server.persistence.rotation import seal_again


@click.group
def server() -> None:
    """Set up the server's data, back it up."""


@server.command
@data_option
@json_option
def init(data: Path | None, as_json: bool) -> None:
    """
    Make the data folder, its key and its database, or bring them up to date.

    The database is SQLite in the folder, or WALLETPASS_DATABASE_URL. Keep a copy of the key apart from backups of the
    database: without it, secrets in them cannot be read; with it, anyone who has both can.
    """
    settings = settings_of(data)
    asyncio.run(prepare(settings))
    url = database_url(settings.database_url).render_as_string()
    keys = "WALLETPASS_SECRET_KEY" if settings.secret_keys else str(settings.key_file)
    if as_json:
        print_json({"data": str(settings.data_folder), "database": url, "keys": keys})
    else:
        click.echo(f"database: {url}\nkeys: {keys}\nNext: walletpass client add SLUG")


@server.command
@click.argument("file", type=PATH)
@data_option
def backup(file: Path, data: Path | None) -> None:
    """
    Copy the SQLite database to FILE while it is in use.

    To restore, stop every process and put the copy in place: phones then ask for everything once, so that none misses
    a change.
    """

    async def work(on: Platform) -> None:
        await back_up(on.database, file)

    with_platform(data, work)
    click.echo(f"{file}: {file.stat().st_size:,} bytes; the keys are not in it")


@server.command("new-epoch")
@click.option("--cause", default="a restore", show_default=True, help="Why, for the record.")
@data_option
def epoch(cause: str, data: Path | None) -> None:
    """
    Let every phone ask for everything once.

    Needed after putting back a copy that `walletpass server backup` did not make, such as a snapshot of a disk.
    """

    async def work(on: Platform) -> str:
        return await new_epoch(on.database, cause)

    click.echo(f"epoch: {with_platform(data, work)}")


@server.command("seal-again")
@data_option
def rotate(data: Path | None) -> None:
    """Seal every secret with the first of the keys, so that the others can be taken away."""

    async def work(on: Platform) -> int:
        return await seal_again(on.database, on.keyring)

    click.echo(f"sealed again: {with_platform(data, work):,}")
