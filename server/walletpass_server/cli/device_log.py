"""`walletpass device-log`: what phones complained about."""

from __future__ import annotations

from pathlib import Path

import click

from walletpass.cli.reporting import print_json
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import chosen_client, client_option, data_option, json_option, with_platform
from walletpass_server.engine.device_log import ROWS, latest_complaints
from walletpass_server.persistence.tables import DeviceLogRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS


@click.command("device-log")
@client_option
@click.option("--unknown", is_flag=True, help="Instead of a client's: complaints that name no pass of this server.")
@click.option("--limit", type=click.IntRange(1, ROWS), default=100, show_default=True, help="How many.")
@data_option
@json_option
def device_log(client: str | None, unknown: bool, limit: int, data: Path | None, as_json: bool) -> None:
    """
    Read what phones complained about, the newest first.

    The same complaint is one line, with how often it came. Names of phones and passes are cut short.
    """

    async def work(on: Platform) -> list[DeviceLogRow]:
        owner = ALL_CLIENTS if unknown else (await chosen_client(on.database, client)).id
        async with on.database.reading(owner) as unit:
            return await latest_complaints(unit, limit=limit)

    found = with_platform(data, work)
    if as_json:
        print_json(
            [
                {
                    "message": row.message,
                    "pass_type_identifier": row.pass_type_identifier,
                    "count": row.count,
                    "first_at": row.first_at.isoformat(),
                    "last_at": row.last_at.isoformat(),
                }
                for row in found
            ]
        )
        return
    for row in found:
        click.echo(f"{row.last_at:%Y-%m-%d %H:%M}  {row.count:>6,} x  {row.message}")
