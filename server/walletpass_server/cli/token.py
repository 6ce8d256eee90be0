"""`walletpass token`: tokens in and out."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from pathlib import Path

import click

from walletpass.cli.reporting import print_json
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import chosen_client, client_option, data_option, json_option, with_platform
from walletpass_server.engine.exporting import ShownToken, show_tokens
from walletpass_server.engine.operations import find_operation


@click.group
def token() -> None:
    """Import and export the tokens of links."""


@token.command
@click.option("--operation", required=True, help="Of this operation, the newest of its name.")
@client_option
@data_option
@json_option
def export(operation: str, client: str | None, data: Path | None, as_json: bool) -> None:
    """
    Print every token of an operation with its external id, as CSV.

    Whoever has a token has the pass: treat the output as a secret.
    """

    async def work(on: Platform) -> list[ShownToken]:
        owner = await chosen_client(on.database, client)
        async with on.database.reading(owner.id) as unit:
            live = await find_operation(unit, name=operation)
        shown = show_tokens(on.database, on.keyring, owner.id, live.row.id)
        if as_json:
            return [each async for each in shown]
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(("external_id", "token", "state"))
        async for each in shown:
            table.writerow((each.external_id or "", each.token, each.state))
        return []

    found = with_platform(data, work)
    if as_json:
        print_json([asdict(each) for each in found])
