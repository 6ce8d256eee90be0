"""`walletpass token`: tokens in and out, one looked at, one taken back."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from walletpass.bulk.table import RowFault
from walletpass.cli.faults import one_line
from walletpass.cli.parameters import PATH
from walletpass.cli.progress import progress
from walletpass.cli.reporting import print_json
from walletpass.errors import NotFound, UsageError
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
from walletpass_server.engine.exporting import ShownToken, show_tokens
from walletpass_server.engine.import_files import open_import
from walletpass_server.engine.importing import ImportProgress, import_tokens
from walletpass_server.engine.operations import find_operation
from walletpass_server.engine.tokens import find_token, reveal, revoke_on_record, state_of
from walletpass_server.persistence.tables import TokenRow
from walletpass_server.persistence.unit_of_work import Unit

SHOWN = 20
"""Rows at fault that are named on standard error."""


@click.group
def token() -> None:
    """Import and export the tokens of links."""


@token.command("import")
@click.argument("file", type=PATH)
@click.option("--operation", required=True, help="For this operation, the newest of its name.")
@click.option("--errors", type=PATH, help="Write every row at fault to this CSV file: row, column, reason.")
@client_option
@data_option
@json_option
def import_(
    file: Path, operation: str, errors: Path | None, client: str | None, data: Path | None, as_json: bool
) -> int:
    """
    Make a token for each row of FILE: .csv with a header, or .jsonl.

    The column external_id is what you call the person, the others are variables of the pass. An external id that has
    a token keeps it, so a file may be imported again; an import that was stopped goes on where it was. Rows at fault
    are named and left out, and the exit code is 1.
    """
    faults = 0

    async def work(on: Platform) -> ImportProgress:
        owner = await chosen_client(on.database, client)
        async with on.database.reading(owner.id) as unit:
            live = await find_operation(unit, name=operation)
        opened = open_import(file)
        with progress("rows") as tell, _fault_file(errors) as keep:

            def at_fault(fault: RowFault) -> None:
                nonlocal faults
                faults += 1
                keep((fault.row, fault.column, fault.reason))
                if faults <= SHOWN:
                    click.echo(f"{file}: row {fault.row}: {one_line(fault.reason)}", err=True)

            return await import_tokens(
                on.database,
                on.keyring,
                owner.id,
                live.row.id,
                opened,
                clock=utc_now,
                on_progress=lambda done: tell(done.line, done.lines),
                on_fault=at_fault,
            )

    done = with_platform(data, work)
    if faults > SHOWN:
        click.echo(
            f"{file}: and {faults - SHOWN:,} rows more" + ("" if errors else ": name them with --errors"), err=True
        )
    made, known = done.added - done.earlier, done.known + done.earlier
    if as_json:
        print_json({"added": made, "known": known, "faulty": done.faulty})
    else:
        click.echo(f"{file}: tokens made: {made:,}, there before: {known:,}, left out: {done.faulty:,}")
    return 1 if done.faulty else 0


@contextmanager
def _fault_file(path: Path | None) -> Iterator[Callable[[Sequence[object]], object]]:
    """What takes the rows at fault: a CSV file, or nothing."""
    if path is None:
        yield lambda _: None
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("row", "column", "reason"))
        yield table.writerow


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


def _one_token(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name one token."""
    for option in (
        click.option("--operation", help="Of the newest operation of this name; needed with --external-id."),
        click.option("--external-id", help="By what you call the person."),
        click.option("--token", "text", help="By its text, as it stands at the end of its link."),
        click.option("--id", "token_id", type=click.IntRange(1, 2**53 - 1), help="By its id."),
    ):
        command = option(command)
    return command


@token.command
@_one_token
@client_option
@data_option
@json_option
def show(client: str | None, data: Path | None, as_json: bool, **named: Any) -> None:
    """
    Show a token: its state, its pass, its link.

    Whoever has the link has the pass: treat the output as a secret.
    """

    async def work(on: Platform) -> dict[str, Any]:
        owner = await chosen_client(on.database, client)
        async with on.database.reading(owner.id) as unit:
            row = await _named(unit, **named)
            text = await reveal(unit, on.keyring, row.id)
        return {
            "id": row.id,
            "external_id": row.external_id,
            "operation_id": row.operation_id,
            "state": state_of(row),
            "pass_id": row.pass_id,
            "created_at": row.created_at.isoformat(),
            "opened_at": row.opened_at and row.opened_at.isoformat(),
            "revoked_at": row.revoked_at and row.revoked_at.isoformat(),
            "link": f"{on.settings.public_url}/p/{text}",
        }

    found = with_platform(data, work)
    if as_json:
        print_json(found)
    else:
        for name, value in found.items():
            click.echo(f"{name.replace('_', ' ')}: {'–' if value is None else value}")


@token.command
@_one_token
@click.option("--reason", default="token revoked", show_default=True, help="Kept with the pass that becomes void.")
@client_option
@data_option
def revoke(reason: str, client: str | None, data: Path | None, **named: Any) -> None:
    """Take a token back for good: its link gives no pass, and the pass that it gave becomes void."""

    async def work(on: Platform) -> tuple[int, int | None]:
        owner = await chosen_client(on.database, client)

        async def take_back(unit: Unit) -> tuple[int, int | None]:
            row = await _named(unit, **named)
            await revoke_on_record(unit, row.id, staff(), utc_now(), reason=reason)
            return row.id, row.pass_id

        return await on.database.run(owner.id, take_back)

    token_id, pass_id = with_platform(data, work)
    click.echo(f"token {token_id}: revoked" + (f"; pass {pass_id} is void" if pass_id else ""))


async def _named(
    unit: Unit, *, token_id: int | None, text: str | None, external_id: str | None, operation: str | None
) -> TokenRow:
    """
    The one token that options name.

    Raises:
        UsageError: They name none, or in two ways.
        NotFound: There is none such.
    """
    if sum(each is not None for each in (token_id, text, external_id)) != 1:
        raise UsageError("name the token in one way: --id, --token, or --external-id with --operation")
    if text is not None:
        token_id = (await find_token(unit, text)).id
    query = select(TokenRow).where(TokenRow.id == token_id)
    if external_id is not None:
        if operation is None:
            raise UsageError("a person may have a token in each operation: name it with --operation")
        live = await find_operation(unit, name=operation)
        query = select(TokenRow).where(TokenRow.operation_id == live.row.id, TokenRow.external_id == external_id)
    row = await unit.session.scalar(query)
    if row is None:
        raise NotFound("there is no such token: look it up with 'walletpass token export'")
    return row
