"""`walletpass operation`: put a Matrix in force."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click
from sqlalchemy import select

from walletpass.cli.parameters import PATH
from walletpass.cli.reporting import print_json
from walletpass.errors import NotFound, UsageError
from walletpass.files import load_matrix, load_operation, path_inside
from walletpass.matrix import Matrix
from walletpass.operation import Operation
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
from walletpass_server.engine.cancelling import cancel_operation
from walletpass_server.engine.designs import save_matrix
from walletpass_server.engine.operations import create_operation, find_operation
from walletpass_server.engine.retention import keep_for
from walletpass_server.persistence.tables import CredentialRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Opened:
    """An operation as the command tells it."""

    operation: str
    link: str
    matrix: str
    version: int


@click.group
def operation() -> None:
    """Open operations, and call them off."""


@operation.command("open")
@click.argument("file", type=PATH, metavar="OPERATION.YAML")
@click.option("--credentials", metavar="NAME", help="The client's credentials of this name sign the passes.")
@client_option
@data_option
@json_option
def open_(file: Path, credentials: str | None, client: str | None, data: Path | None, as_json: bool) -> None:
    """
    Open an operation from its document and the matrix it names.

    The matrix is frozen from now on, for ever; a change of it is a new version for a new operation. Passes are issued
    within the period.
    """
    document = load_operation(file)
    matrix = load_matrix(path_inside(file, document.matrix))

    async def work(on: Platform) -> Opened:
        owner = await chosen_client(on.database, client)

        async def create(unit: Unit) -> Opened:
            return await _create(unit, document, matrix, credentials)

        return await on.database.run(owner.id, create)

    opened = with_platform(data, work)
    if as_json:
        print_json(
            {"operation": opened.operation, "link": opened.link, "matrix": opened.matrix, "version": opened.version}
        )
    else:
        click.echo(
            f"operation: {opened.operation}\nlink: {opened.link}\nmatrix: {opened.matrix}, version {opened.version}"
        )


async def _create(unit: Unit, document: Operation, matrix: Matrix, credentials: str | None) -> Opened:
    now = utc_now()
    kept = await save_matrix(unit, matrix, now)
    wallets = await _wallets(unit, credentials) if credentials else frozenset()
    row = await create_operation(
        unit,
        document.model_copy(update={"matrix": kept.name}),
        now,
        matrix_version=kept.version,
        apple_credential=credentials if "apple" in wallets else None,
        google_credential=credentials if "google" in wallets else None,
    )
    return Opened(row.name, row.link, kept.name, kept.version)


async def _wallets(unit: Unit, name: str) -> frozenset[str]:
    """For which wallets the client has credentials of a name; at least one."""
    query = select(CredentialRow.wallet).where(CredentialRow.name == name, CredentialRow.retired_at.is_(None))
    found = frozenset((await unit.session.scalars(query)).all())
    if not found:
        raise NotFound(f"there are no credentials {name}: keep them with 'walletpass client credentials'")
    return found


@operation.command("list")
@client_option
@data_option
@json_option
def show(client: str | None, data: Path | None, as_json: bool) -> None:
    """
    List a client's operations, the newest first.

    Passes signed with the provider's credentials are the provider's: not transferable.
    """

    async def work(on: Platform) -> list[dict[str, str]]:
        owner = await chosen_client(on.database, client)
        async with on.database.reading(owner.id) as unit:
            rows = (await unit.session.scalars(select(OperationRow).order_by(OperationRow.id.desc()))).all()
            lent = set(await unit.session.scalars(select(CredentialRow.id).where(CredentialRow.source == "provider")))
        return [
            {
                "operation": row.name,
                "environment": row.environment,
                "starts_at": row.starts_at.isoformat(),
                "ends_at": row.ends_at.isoformat(),
                "link": row.link,
                "passes": "not transferable" if lent & {row.apple_credential_id, row.google_credential_id} else "own",
                "state": "called off" if row.cancelled_at else row.state,
            }
            for row in rows
        ]

    found = with_platform(data, work)
    if as_json:
        print_json(found)
    else:
        for each in found:
            click.echo("  ".join(each.values()))


@operation.command
@click.argument("name", metavar="OPERATION")
@client_option
@data_option
def cancel(name: str, client: str | None, data: Path | None) -> None:
    """
    Call an operation off, for good.

    Nothing is issued, no Trigger fires, no event is taken any more, and its links lead nowhere. What phones hold stays
    as it is.
    """

    async def work(on: Platform) -> None:
        owner = await chosen_client(on.database, client)

        async def change(unit: Unit) -> None:
            live = await find_operation(unit, name=name)
            await cancel_operation(unit, live.row.id, staff(), utc_now())

        await on.database.run(owner.id, change)

    with_platform(data, work)
    click.echo(f"{name}: called off")


@operation.command
@click.argument("name", metavar="OPERATION")
@click.option("--days", metavar="NUMBER", required=True, help="After its end; 'none' for as long as nobody is erased.")
@client_option
@data_option
def retention(name: str, days: str, client: str | None, data: Path | None) -> None:
    """
    Say how long after its end an operation keeps what it knows of holders.

    Then its passes are emptied, as those of a person who is erased, and its tokens removed. Figures stay.
    """
    if days != "none" and (not days.isdecimal() or len(days) > 6):
        raise UsageError(f"--days {days}: is no number: write one, or none")

    async def work(on: Platform) -> None:
        owner = await chosen_client(on.database, client)

        async def change(unit: Unit) -> None:
            live = await find_operation(unit, name=name)
            await keep_for(unit, live.row.id, None if days == "none" else int(days), staff(), utc_now())

        await on.database.run(owner.id, change)

    with_platform(data, work)
    click.echo(f"{name}: holders are known " + ("for ever" if days == "none" else f"until {days} days after its end"))


@operation.command("link")
@click.argument("name", metavar="OPERATION")
@click.option("--qr", "code", type=PATH, metavar="FILE", help="Write its QR code too: FILE.png or FILE.svg.")
@client_option
@data_option
@json_option
def link_(name: str, code: Path | None, client: str | None, data: Path | None, as_json: bool) -> None:
    """
    Print the link by which anybody adds an operation's pass.

    Whoever follows it gets a pass of their own, unless passes are personal: those have links with tokens. It begins
    with WALLETPASS_PUBLIC_URL; what is printed on paper should not change any more.
    """
    form = _form(code)

    async def work(on: Platform) -> str:
        owner = await chosen_client(on.database, client)
        async with on.database.reading(owner.id) as unit:
            live = await find_operation(unit, name=name)
        return f"{on.settings.public_url}/o/{live.row.link}"

    address = with_platform(data, work)
    if code is not None and form is not None:
        from walletpass_server.http.qr import qr_code

        write_file(code, qr_code(address, form))
    if as_json:
        print_json({"operation": name, "link": address})
    else:
        click.echo(address)


def _form(code: Path | None) -> Literal["png", "svg"] | None:
    match code and code.suffix.lower():
        case None:
            return None
        case ".png":
            return "png"
        case ".svg":
            return "svg"
    raise UsageError(f"{code}: a QR code is written as .png or .svg: name the file so")
