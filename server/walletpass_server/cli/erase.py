"""`walletpass erase`: forget a person."""

from __future__ import annotations

from pathlib import Path

import click

from walletpass.cli.reporting import print_json
from walletpass.errors import UsageError
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import (
    chosen_client,
    client_option,
    data_option,
    json_option,
    staff,
    utc_now,
    with_platform,
)
from walletpass_server.engine.erasure import Erased
from walletpass_server.engine.erasure import erase as erase_person


@click.command
@click.option("--external-id", help="Every pass and token of one person, by the client's own id.")
@click.option("--serial", help="One pass, with its tokens.")
@client_option
@data_option
@json_option
def erase(external_id: str | None, serial: str | None, client: str | None, data: Path | None, as_json: bool) -> None:
    """
    Erase a person: values, tokens and contacts go, figures stay.

    Phones fetch an empty, void version; the object at Google is emptied. The facts are kept under a pseudonym that
    nothing leads back from. It cannot be undone. --json prints the receipt.
    """
    if (external_id is None) == (serial is None):
        raise UsageError("name the person in one way: --external-id or --serial")

    now = utc_now()

    async def work(on: Platform) -> Erased:
        owner = await chosen_client(on.database, client)
        return await erase_person(
            on.database,
            owner.id,
            now,
            external_id=external_id,
            serial=serial,
            actor=staff(),
            backups_kept=on.settings.backups_kept,
        )

    gone = with_platform(data, work)
    if as_json:
        print_json(gone.receipt(now))
    else:
        click.echo(f"erased passes: {gone.passes:,}, tokens: {gone.tokens:,}")
