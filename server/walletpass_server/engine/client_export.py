"""All that a client has, as one encrypted archive: read in one snapshot, written piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Collection, Iterator
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import ColumnElement, Select, Table, literal, or_, select, text, tuple_

from walletpass.errors import NotTransferable, RunOver
from walletpass_server.engine.archive_cipher import check_passphrase, encrypt
from walletpass_server.engine.archive_tables import TABLES, columns, writers
from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.plans import QUOTAS, own_row
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.schema import head
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import (
    ClientRow,
    CounterRow,
    CredentialRow,
    OperationRow,
    PassRow,
    RegistrationRow,
    RunRow,
)
from walletpass_server.persistence.unit_of_work import Unit

FORMAT = 1
PAGE = 500
"""Rows of a query."""


async def begin_export(
    database: Database,
    client_id: int,
    passphrase: str,
    actor: Actor,
    now: datetime,
    *,
    credentials: bool,
    without_lent: bool = False,
) -> list[str]:
    """
    See that an export may be made, and put it on record.

    Args:
        without_lent: Operations under the provider's credentials stay here, instead of holding up everything.

    Returns:
        The names of those that stay.

    Raises:
        NotFound: There is no such client any more.
        NotTransferable: Some operations sign with the provider's credentials, and are not to be left out.
        RunOver: An import of tokens is under way.
        UsageError: The passphrase is too short.
    """
    check_passphrase(passphrase)

    async def work(unit: Unit) -> list[str]:
        row = await own_row(unit)
        lent = sorted((await _lent(unit)).values())
        if lent and not without_lent:
            raise NotTransferable(
                f"passes signed with the provider's credentials are the provider's and stay here: nothing was exported;"
                f" leave their operations out ({', '.join(lent)}) with --without-lent, in the API without_lent: true"
            )
        uploading = select(RunRow.id).where(RunRow.kind == "import", RunRow.finished_at.is_(None)).limit(1)
        if (run_id := await unit.session.scalar(uploading)) is not None:
            raise RunOver(f"import {run_id} is under way: let it end, or cancel it, then export")
        after = {"credentials": credentials, "left_out": lent}
        await record(unit, actor, "client.exported", f"client:{row.slug}", now, after=after)
        return lent

    return await database.run(client_id, work)


async def export_client(
    database: Database, keyring: Keyring, client_id: int, passphrase: str, now: datetime, *, credentials: bool = False
) -> AsyncIterator[bytes]:
    """
    The archive, after `begin_export`. Nobody waits for it: others go on writing.

    Operations under the provider's credentials are not in it, nor is anything of their passes.

    Args:
        database: Where.
        keyring: Opens the secrets of passes and tokens, which the archive holds under the passphrase.
        client_id: Whose.
        passphrase: Of the archive.
        now: The instant.
        credentials: Take along what signs; without, it is added anew where the archive goes.
    """
    async for piece in encrypt(_compressed(_lines(database, keyring, client_id, now, credentials)), passphrase):
        yield piece


def _providers(client_id: int) -> Select[int]:
    return select(CredentialRow.id).where(CredentialRow.client_id == client_id, CredentialRow.source == "provider")


async def _lent(unit: Unit) -> dict[int, str]:
    """Operations under the provider's credentials, by id."""
    lent = _providers(unit.client_id)
    query = select(OperationRow.id, OperationRow.name).where(
        OperationRow.client_id == unit.client_id,
        or_(OperationRow.apple_credential_id.in_(lent), OperationRow.google_credential_id.in_(lent)),
    )
    return {row.id: row.name for row in await unit.connection.execute(query)}


def _taken(table: Table, client_id: int, lent: Collection[int]) -> Iterator[ColumnElement[bool]]:
    """Which rows of a table go along."""
    theirs = select(PassRow.id).where(PassRow.client_id == client_id, PassRow.operation_id.in_(lent))
    yield table.c.client_id == client_id
    if table.name == "run":
        yield table.c.kind != "import"
    elif table.name == "credential":
        yield table.c.source != "provider"
    elif table.name == "google_class":
        yield table.c.credential_id.not_in(_providers(client_id))
    elif table.name == "hook_endpoint":
        yield table.c.url.not_like("python:%")  # comes with a package of the server's
    if not lent:
        return
    if table.name == "operation":
        yield table.c.id.not_in(lent)
    elif table.name == "device":
        held = select(RegistrationRow.device_id).where(
            RegistrationRow.client_id == client_id, RegistrationRow.pass_id.not_in(theirs)
        )
        yield table.c.id.in_(held)
    elif "operation_id" in table.columns:
        yield table.c.operation_id.not_in(lent)
    elif "pass_id" in table.columns:
        yield table.c.pass_id.not_in(theirs)


async def _compressed(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(3)
    async for line in lines:
        if packed := packer.compress(line):
            yield packed
    yield packer.flush()


async def _lines(
    database: Database, keyring: Keyring, client_id: int, now: datetime, credentials: bool
) -> AsyncIterator[bytes]:
    async with database.reading(client_id, long=True) as unit:
        if not database.is_sqlite:  # SQLite's readers see one state anyway
            await unit.connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        client = await own_row(unit)
        lent = await _lent(unit)
        yield _line(await _manifest(unit, client, now, credentials))
        counts: dict[str, int] = {}
        for name, table in TABLES.items():
            if name == "credential" and not credentials:
                continue
            write = writers(table, keyring)
            counts[name] = 0
            async for row in _rows(unit, table, lent):
                counts[name] += 1
                yield _line({"t": name, "r": write(row)})
        yield _line({"end": counts})


async def _manifest(unit: Unit, client: ClientRow, now: datetime, credentials: bool) -> dict[str, Any]:
    own = ("name", "slug", "plan", "connector", "issued", *QUOTAS)
    return {
        "walletpass": "client",
        "format": FORMAT,
        "schema": head(),
        "made_at": now.isoformat(),
        "credentials": credentials,
        "low": client.id,
        "high": await _highest_id(unit),
        "client": {name: getattr(client, name) for name in own},
    }


async def _highest_id(unit: Unit) -> int:
    if unit.connection.dialect.name == "postgresql":
        query: Any = text("SELECT last_value FROM row_id")
    else:
        query = select(CounterRow.value).where(CounterRow.name == "row_id")
    return int((await unit.connection.execute(query)).scalar_one())


async def _rows(unit: Unit, table: Table, lent: Collection[int]) -> AsyncIterator[Any]:
    """The client's rows in the order of the primary key, page by page."""
    key = list(table.primary_key.columns)
    query = select(*columns(table)).where(*_taken(table, unit.client_id, lent)).order_by(*key).limit(PAGE)
    after: tuple[Any, ...] | None = None
    while True:
        page = query
        if after is not None:
            literals = [literal(value, column.type) for value, column in zip(after, key, strict=True)]
            page = query.where(tuple_(*key) > tuple_(*literals))
        rows = (await unit.connection.execute(page)).all()
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        after = tuple(rows[-1]._mapping[column.name] for column in key)


def _line(said: dict[str, Any]) -> bytes:
    return to_json(said, inf_nan_mode="constants") + b"\n"
