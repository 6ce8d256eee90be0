"""`walletpass client csr|certificate|rollover`: certificates asked for from here, and the change to the next one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from walletpass.cli.parameters import PATH
from walletpass.cli.reporting import print_json
from walletpass.errors import FileMissing
from walletpass.writing import write_file
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
from walletpass_server.engine.credential_requests import answer_request, keep_request, make_request
from walletpass_server.engine.credentials import find_credential
from walletpass_server.engine.rollover import Rollover, roll_over
from walletpass_server.persistence.tables import CredentialRequestRow, CredentialRow
from walletpass_server.persistence.unit_of_work import Unit

_environment = click.option(
    "--environment", type=click.Choice(["test", "production"]), default="production", show_default=True
)


@click.command
@click.option("--name", default="main", show_default=True, help="What operations will call the credential.")
@_environment
@click.option("--common-name", help="Who asks; by default the client's name. Apple replaces it.")
@click.option("--email", help="Of the developer account.")
@click.option("--country", help="Two-letter code.")
@click.option("--out", type=PATH, required=True, metavar="FILE", help="Where to write the request, for Apple.")
@client_option
@data_option
def csr(
    name: str,
    environment: Literal["test", "production"],
    common_name: str | None,
    email: str | None,
    country: str | None,
    out: Path,
    client: str | None,
    data: Path | None,
) -> None:
    """
    Ask for a pass type certificate: make a key, sealed in the server, and the request for Apple.

    Upload the request at Apple for the pass type, and what Apple gives with 'walletpass client certificate'.
    """

    async def work(on: Platform) -> CredentialRequestRow:
        owner = await chosen_client(on.database, client)
        made = make_request((common_name or owner.name)[:64], email=email, country=country)

        async def keep(unit: Unit) -> CredentialRequestRow:
            return await keep_request(unit, on.keyring, name, environment, made, staff(), utc_now())

        return await on.database.run(owner.id, keep)

    row = with_platform(data, work)
    write_file(out, row.request.encode())
    click.echo(f"request {row.id}: {out}\nNext: upload it at Apple, then walletpass client certificate FILE")


@click.command
@click.argument("file", type=PATH)
@click.option("--intermediate", type=PATH, metavar="FILE", help="The certificate that issued it, unless FILE has it.")
@client_option
@data_option
@json_option
def certificate(file: Path, intermediate: Path | None, client: str | None, data: Path | None, as_json: bool) -> None:
    """
    Keep the certificate that Apple made of a request of 'walletpass client csr'.

    Its public key tells of which. A renewed one stands beside the old until 'walletpass client rollover'.
    """
    content = _read(file)
    issuer = None if intermediate is None else _read(intermediate)

    async def work(on: Platform) -> CredentialRow:
        owner = await chosen_client(on.database, client)

        async def keep(unit: Unit) -> CredentialRow:
            return await answer_request(unit, on.keyring, content, staff(), utc_now(), intermediate=issuer)

        return await on.database.run(owner.id, keep)

    row = with_platform(data, work)
    ends = None if row.not_after is None else row.not_after.date().isoformat()
    if as_json:
        print_json({"id": row.id, "name": row.name, "for": row.pass_type_identifier, "not_after": ends})
    else:
        click.echo(f"{row.name}: {row.pass_type_identifier} of team {row.team_identifier}, until {ends}")


@click.command
@click.argument("wallet", type=click.Choice(["apple", "google"]))
@click.option("--name", default="main", show_default=True, help="The new credential; the newest of this name.")
@_environment
@client_option
@data_option
@json_option
def rollover(wallet: str, name: str, environment: str, client: str | None, data: Path | None, as_json: bool) -> None:
    """
    Let operations sign with a new credential of the same pass type and team, or issuer.

    Passes on phones are signed and pushed again in runs: see 'walletpass run list'. The old credential stays; the way
    back is the same.
    """

    async def work(on: Platform) -> Rollover:
        owner = await chosen_client(on.database, client)

        async def begin(unit: Unit) -> Rollover:
            row = await find_credential(unit, wallet, name, environment)
            return await roll_over(unit, row.id, staff(), utc_now())

        return await on.database.run(owner.id, begin)

    begun = with_platform(data, work)
    if as_json:
        print_json({"operations": list(begun.operations), "runs": list(begun.runs)})
    else:
        runs = ", ".join(map(str, begun.runs)) or "none needed"
        click.echo(f"operations that sign with it now: {len(begun.operations)}\nruns: {runs}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise FileMissing(f"{path}: cannot be read ({exc.strerror}): check the name and the rights") from exc


COMMANDS = (csr, certificate, rollover)
