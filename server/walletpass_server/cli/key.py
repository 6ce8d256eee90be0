"""`walletpass key`: keys of the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

import click
from sqlalchemy import select

from walletpass.cli.reporting import print_json
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
from walletpass_server.engine.keys import SCOPES, NewKey, create_key, revoke_key, rotate_key
from walletpass_server.engine.operations import find_operation
from walletpass_server.persistence.tables import ApiKeyRow
from walletpass_server.persistence.unit_of_work import Unit

T = TypeVar("T")


@click.group
def key() -> None:
    """Make, list, rotate and revoke keys of the API."""


@key.command
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help=f"Repeatable; all, or of {', '.join(SCOPES)}.")
@click.option("--environment", type=click.Choice(["test", "production"]), default="test", show_default=True)
@click.option("--operation", "operations", multiple=True, help="Only this one, the newest of its name. Repeatable.")
@client_option
@data_option
@json_option
def create(
    name: str,
    scopes: tuple[str, ...],
    environment: Literal["test", "production"],
    operations: tuple[str, ...],
    client: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """
    Make a key; NAME says who uses it.

    The key is printed this once and kept nowhere: hand it over at once.
    """

    async def make(unit: Unit) -> NewKey:
        held = [(await find_operation(unit, name=each)).row.id for each in operations]
        wanted = SCOPES if "all" in scopes else scopes
        return await create_key(unit, name, environment, wanted, staff(), utc_now(), operations=held or None)

    _print(_change(data, client, make), as_json)


@key.command("list")
@client_option
@data_option
@json_option
def show(client: str | None, data: Path | None, as_json: bool) -> None:
    """List the keys of a client, the newest first, never their text."""

    async def read(unit: Unit) -> list[ApiKeyRow]:
        return list((await unit.session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.id.desc()))).all())

    found = [_told(row) for row in _change(data, client, read)]
    if as_json:
        print_json(found)
    else:
        for each in found:
            used = each["last_used_at"] or "never used"
            click.echo(f"{each['id']}  {each['hint']}…  {each['state']}  {each['name']}  {used}")


@key.command
@click.argument("key_id", type=int, metavar="KEY")
@click.option("--overlap-hours", type=click.IntRange(0, 720), default=24, help="Both are good so long; 24.")
@client_option
@data_option
@json_option
def rotate(key_id: int, overlap_hours: int, client: str | None, data: Path | None, as_json: bool) -> None:
    """Make a key in place of another, with the same rights. The new one is printed this once."""
    overlap = timedelta(hours=overlap_hours)
    new = _change(data, client, lambda unit: rotate_key(unit, key_id, staff(), utc_now(), overlap=overlap))
    _print(new, as_json)


@key.command
@click.argument("key_id", type=int, metavar="KEY")
@client_option
@data_option
def revoke(key_id: int, client: str | None, data: Path | None) -> None:
    """Refuse a key from now on, for good."""
    _change(data, client, lambda unit: revoke_key(unit, key_id, staff(), utc_now()))
    click.echo(f"key {key_id}: revoked")


def _change(data: Path | None, client: str | None, change: Callable[[Unit], Awaitable[T]]) -> T:
    async def work(on: Platform) -> T:
        owner = await chosen_client(on.database, client)
        return await on.database.run(owner.id, change)

    return with_platform(data, work)


def _print(new: NewKey, as_json: bool) -> None:
    if as_json:
        print_json({"id": new.row.id, "key": new.text, "scopes": new.row.scopes, "environment": new.row.environment})
    else:
        click.echo(f"key {new.row.id}: {new.text}\nKeep it now: it is shown this once.")


def _told(row: ApiKeyRow) -> dict[str, object]:
    until = "good" if row.expires_at is None else f"good until {row.expires_at:%Y-%m-%d %H:%M} UTC"
    state = "revoked" if row.revoked_at else until
    return {
        "id": row.id,
        "name": row.name,
        "hint": row.hint,
        "state": state,
        "environment": row.environment,
        "scopes": row.scopes,
        "operations": row.operations,
        "last_used_at": row.last_used_at and row.last_used_at.isoformat(),
    }
