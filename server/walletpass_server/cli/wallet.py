"""`walletpass wallet`: the kill switch of each wallet."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import cast

import click

from walletpass.cli.reporting import print_json
from walletpass.lifecycle import Wallet
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import chosen_client, data_option, json_option, utc_now, with_platform
from walletpass_server.engine import switches
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

_which = click.argument("name", type=click.Choice(["apple", "google"]), metavar="apple|google")
_of = click.option("--client", metavar="SLUG", help="For this client's passes only; else for everyone's.")


@click.group
def wallet() -> None:
    """Stop a wallet, start it again."""


@wallet.command
@_which
@click.option("--why", default="stopped by hand", show_default=True, help="The reason, for the list.")
@_of
@data_option
def stop(name: str, why: str, client: str | None, data: Path | None) -> None:
    """
    Send nothing to a wallet and offer it in no link, until it is started again.

    Changes go on and wait in the outbox. Phones that ask for a pass are answered.
    """

    async def work(on: Platform) -> None:
        owner = await _owner(on, client)

        async def change(unit: Unit) -> None:
            await switches.stop(unit, owner, cast(Wallet, name), why, utc_now())

        await on.database.run(ALL_CLIENTS, change)

    with_platform(data, work)
    click.echo(f"{name}: stopped for {client or 'everyone'}")


@wallet.command
@_which
@_of
@data_option
def start(name: str, client: str | None, data: Path | None) -> None:
    """Start a wallet again: what waited goes out."""

    async def work(on: Platform) -> bool:
        owner = await _owner(on, client)
        return await on.database.run(ALL_CLIENTS, lambda unit: switches.start(unit, owner, cast(Wallet, name)))

    was_stopped = with_platform(data, work)
    click.echo(f"{name}: {'started' if was_stopped else 'was not stopped'} for {client or 'everyone'}")


@wallet.command("list")
@data_option
@json_option
def show(data: Path | None, as_json: bool) -> None:
    """List what is stopped, since when, and why."""

    async def work(on: Platform) -> list[switches.Stopped]:
        async with on.database.reading(ALL_CLIENTS) as unit:
            return await switches.all_stopped(unit)

    found = with_platform(data, work)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for each in found:
        click.echo(f"{each.wallet}  {each.client or 'everyone'}  since {each.at:%Y-%m-%d %H:%M} UTC  {each.why}")
    if not found:
        click.echo("every wallet runs")


async def _owner(on: Platform, client: str | None) -> int:
    return ALL_CLIENTS if client is None else (await chosen_client(on.database, client)).id
