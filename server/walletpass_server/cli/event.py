"""`walletpass event`: tell the platform what happened to passes."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from walletpass.cli.parameters import PATH, instant
from walletpass.cli.reporting import print_json
from walletpass_server.bootstrap import Platform
from walletpass_server.cli.calls import (
    chosen_client,
    client_option,
    json_option,
    utc_now,
    with_platform,
)
from walletpass_server.engine.contacts import Contact, contact_digest
from walletpass_server.engine.fired import Fired
from walletpass_server.engine.firing import fire
from walletpass_server.engine.subjects import Subject
from walletpass_server.engine.warming import warm_for
from walletpass_server.persistence.unit_of_work import Unit


def _payload(_context: click.Context, _parameter: click.Parameter, value: str) -> dict[str, Any]:
    try:
        payload = json.loads(value)
    except (ValueError, RecursionError) as exc:
        raise click.BadParameter(f"not JSON: {exc}") from None
    if not isinstance(payload, dict):
        raise click.BadParameter('write an object: {"amount": 12}')
    return payload


@click.command
@click.argument("name", metavar="EVENT")
@click.option("--pass", "pass_id", type=int, help="The pass of this id.")
@click.option("--serial", help="The pass of this serial.")
@click.option("--token", help="The pass of this link's token.")
@click.option("--external-id", help="The passes of one person, by the client's own id; there may be none.")
@click.option("--contact", help="The passes that this telephone number or e-mail address leads to; there may be none.")
@click.option("--operation", help="All passes of this operation; or where to look for a serial or external id.")
@click.option("--where", metavar="CEL", help="Only passes of the operation for which this holds: pass.points > 100.")
@click.option("--data", "payload", default="{}", callback=_payload, metavar="JSON", help="What comes with the event.")
@click.option("--key", help="Idempotency key: the same again changes nothing and gives the same answer.")
@click.option("--at", type=instant, help="When it happened, ISO 8601 (UTC without an offset); now by default.")
@client_option
@click.option("--data-folder", "data", type=PATH, help="Folder of the server's data; by default WALLETPASS_DATA.")
@json_option
def event(
    name: str,
    payload: dict[str, Any],
    key: str | None,
    at: datetime | None,
    client: str | None,
    data: Path | None,
    as_json: bool,
    **subject: Any,
) -> None:
    """
    Tell of an event, such as coupon.used.

    One pass is decided at once. An event for all passes of an operation is accepted, and a worker carries it out.
    """
    meant = Subject(**subject)
    contact = Contact.read(meant.contact) if meant.contact is not None else None

    async def work(on: Platform) -> Fired:
        owner = await chosen_client(on.database, client)
        if contact is None:
            await warm_for(on.database, owner.id, meant)

        async def tell(unit: Unit) -> Fired:
            found = meant
            if contact is not None:
                found = replace(meant, contact=await contact_digest(unit, on.keyring, contact) or "")
            return await fire(unit, name, found, payload, utc_now(), occurred_at=at, key=key)

        return await on.database.run(owner.id, tell)

    fired = with_platform(data, work)
    if as_json:
        print_json(asdict(fired))
    else:
        click.echo(f"{name}: {_says(fired)}")


def _says(fired: Fired) -> str:
    if fired.run_id is not None:
        concerns = "" if fired.matched is None else f", {fired.matched:,} passes"
        return f"accepted as run {fired.run_id}{concerns}; walletpass worker carries it out"
    reasons = "".join(f", {count:,} {why}" for why, count in fired.reasons.items())
    return f"{fired.matched:,} matched, {fired.moved:,} moved{reasons}"
