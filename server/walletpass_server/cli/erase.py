"""`walletpass erase`: forget a person."""

from __future__ import annotations

from dataclasses import asdict
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
    Erase a person: values, tokens, secrets and devices go, figures stay.

    The facts are kept under a pseudonym that nothing leads back from. It cannot be undone.
    """
    if (external_id is None) == (serial is None):
        raise UsageError("name the person in one way: --external-id or --serial")

    async def work(on: Platform) -> Erased:
        owner = await chosen_client(on.database, client)
        return await erase_person(on.database, owner.id, utc_now(), external_id=external_id, serial=serial)

    gone = with_platform(data, work)
    if as_json:
        print_json(asdict(gone))
    else:
        click.echo(f"erased passes: {gone.passes:,}, tokens: {gone.tokens:,}")
