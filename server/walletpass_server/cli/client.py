"""`walletpass client`: the clients of a server, and what they sign with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import click
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from walletpass.cli.parameters import PATH
from walletpass.cli.reporting import print_json
from walletpass.credentials import read_credentials
from walletpass.errors import UsageError
from walletpass_server.bootstrap import Platform
from walletpass_server.cli import client_certificates, client_moving, client_plan
from walletpass_server.cli.calls import (
    chosen_client,
    client_option,
    data_option,
    json_option,
    utc_now,
    with_platform,
)
from walletpass_server.engine.clients import create_client
from walletpass_server.engine.credential_files import read_files
from walletpass_server.engine.credentials import resume_credential, save_credential
from walletpass_server.persistence.tables import ClientRow, CredentialRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@click.group
def client() -> None:
    """Add clients, their plans and their credentials; hand over or remove all that they have."""


for command in (*client_plan.COMMANDS, *client_certificates.COMMANDS, *client_moving.COMMANDS):
    client.add_command(command)


@client.command
@click.argument("slug")
@click.option("--name", help="Its name for people; by default SLUG.")
@data_option
@json_option
def add(slug: str, name: str | None, data: Path | None, as_json: bool) -> None:
    """Add a client; SLUG is its name in commands and addresses: small letters, digits, hyphens."""
    if not _SLUG.fullmatch(slug):
        raise UsageError(f"{slug!r} is no slug: write small letters, digits and hyphens, 63 at most")

    async def work(on: Platform) -> None:
        async def create(unit: Unit) -> None:
            await create_client(unit, slug, name or slug, utc_now())

        try:
            await on.database.run(ALL_CLIENTS, create)
        except IntegrityError as exc:
            raise UsageError(f"there is a client {slug} already: choose another slug") from exc

    with_platform(data, work)
    if as_json:
        print_json({"client": slug})
    else:
        click.echo(f"client: {slug}\nNext: walletpass operation open OPERATION.yaml --client {slug}")


@client.command("list")
@data_option
@json_option
def show(data: Path | None, as_json: bool) -> None:
    """List the clients."""

    async def work(on: Platform) -> list[dict[str, str]]:
        async with on.database.reading(ALL_CLIENTS) as unit:
            there = select(ClientRow).where(ClientRow.removed_at.is_(None))
            rows = await unit.session.scalars(there.order_by(ClientRow.slug))
            return [{"client": row.slug, "name": row.name, "plan": row.plan} for row in rows]

    found = with_platform(data, work)
    if as_json:
        print_json(found)
    else:
        for each in found:
            click.echo(f"{each['client']}  {each['plan']}  {each['name']}")


@client.command
@click.argument("file", type=PATH, metavar="CREDENTIALS.YAML")
@click.option("--name", default="main", show_default=True, help="What operations call them.")
@click.option("--environment", type=click.Choice(["test", "production"]), default="test", show_default=True)
@click.option(
    "--consent",
    metavar="TEXT",
    help="The credentials are the provider's: who of the client agreed to what. Tests only.",
)
@client_option
@data_option
@json_option
def credentials(
    file: Path,
    name: str,
    environment: Literal["test", "production"],
    consent: str | None,
    client: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """
    Keep what credentials.yaml names, sealed.

    With --consent they are recorded as the provider's: for tests and training only, and the passes that they sign
    can never be handed over to credentials of the client.
    """
    if consent is not None and environment == "production":
        raise UsageError("a provider's credentials are for tests and training only: production needs the client's own")

    async def work(on: Platform) -> list[dict[str, object]]:
        owner = await chosen_client(on.database, client)
        agreed = None if consent is None else {"text": consent, "at": utc_now().isoformat()}
        new = list(read_files(read_credentials(file), name, environment, consent=agreed))
        if not new:
            raise UsageError(f"{file}: names neither apple nor google credentials")

        async def save(unit: Unit) -> list[dict[str, object]]:
            return [_told(await save_credential(unit, on.keyring, each, utc_now())) for each in new]

        return await on.database.run(owner.id, save)

    kept = with_platform(data, work)
    if as_json:
        print_json(kept)
    else:
        for each in kept:
            click.echo(f"{each['wallet']}: {each['for']}, {each['source']}'s, {each['environment']}")


@client.command
@click.argument("wallet", type=click.Choice(["apple", "google"]))
@click.option("--name", default="main", show_default=True, help="What operations call the credential.")
@client_option
@data_option
def resume(wallet: str, name: str, client: str | None, data: Path | None) -> None:
    """
    Send again with a credential that was stopped.

    Apple or Google had refused it: see `walletpass doctor`. Put right what it says first. What waits in the outbox
    goes out within minutes. A new credential of the same pass type or issuer needs no resuming.
    """

    async def work(on: Platform) -> bool:
        owner = await chosen_client(on.database, client)
        return await on.database.run(owner.id, lambda unit: resume_credential(unit, wallet, name))

    click.echo("resumed" if with_platform(data, work) else "it was not stopped")


def _told(row: CredentialRow) -> dict[str, object]:
    return {
        "wallet": row.wallet,
        "name": row.name,
        "for": row.pass_type_identifier or row.issuer_id,
        "environment": row.environment,
        "source": row.source,
        "transferable": row.source == "client",
        "not_after": row.not_after and row.not_after.isoformat(),
    }
