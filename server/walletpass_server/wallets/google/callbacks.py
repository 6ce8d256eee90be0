"""Callbacks of Google, verified: which pass they are about, and the facts they make."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, Select, and_, or_, select, update

from walletpass.errors import CallbackForged
from walletpass.google import Callback, serial_of
from walletpass_server.engine.phones import google_told
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import (
    CredentialRow,
    GoogleClassRow,
    GoogleObjectRow,
    OperationRow,
    PassRow,
)
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit
from walletpass_server.persistence.writer import Writer

LOOK_AGAIN = timedelta(hours=1)
"""After a deletion Google is asked whether somebody else still holds the pass."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoundPass:
    """A pass that Google names."""

    client_id: int
    operation_id: int
    id: int


async def take_callback(database: Database, writer: Writer, told: Callback, now: datetime) -> bool:
    """
    Keep what Google told, once.

    Args:
        told: As verified.
        now: The server's clock.

    Returns:
        Whether it changed anything; not when it is a repeat, or about a pass that is not there any more.

    Raises:
        CallbackForged: Its class is of another client than its object.
        WriterBusy, DatabaseBusy: Google may try again.
    """
    async with database.reading(ALL_CLIENTS) as unit:
        found = await find_pass(unit, told.object_id)
        if found is not None:
            await _require_own_class(unit, found, told)
    if found is None:
        _logger.info("a callback of Google names a pass that is not here: ignored")
        return False
    return await writer.write(found.client_id, partial(_keep, found=found, told=told, now=now))


async def find_pass(unit: Unit, object_id: str) -> FoundPass | None:
    """
    The pass of an object, by what we sent to Google, else by the serial in its id.

    Args:
        unit: Of ALL_CLIENTS: Google does not say whose pass it is.
        object_id: `<issuer>.<suffix>`.
    """
    ours = and_(GoogleObjectRow.client_id == PassRow.client_id, GoogleObjectRow.pass_id == PassRow.id)
    columns = (PassRow.client_id, PassRow.operation_id, PassRow.id)
    sent = select(*columns).join(GoogleObjectRow, ours).where(GoogleObjectRow.object_id == object_id)
    row = (await unit.connection.execute(sent)).one_or_none()
    if row is None and (serial := serial_of(object_id)) is not None:
        # A fat link lets Google know of an object before we have sent it.
        issuer_id = object_id.partition(".")[0]
        candidates = (
            select(*columns)
            .join(OperationRow, _row(OperationRow, PassRow.client_id, PassRow.operation_id))
            .join(CredentialRow, _row(CredentialRow, OperationRow.client_id, OperationRow.google_credential_id))
            .where(
                PassRow.client_id.in_(_clients_of(issuer_id)),
                PassRow.serial == serial,
                PassRow.erased_at.is_(None),
                CredentialRow.issuer_id == issuer_id,
            )
        )
        rows = (await unit.connection.execute(candidates.limit(2))).all()
        row = rows[0] if len(rows) == 1 else None
    return None if row is None else FoundPass(*row)


async def _require_own_class(unit: Unit, found: FoundPass, told: Callback) -> None:
    """A class that we know must be of the pass's own client; clients may share an issuer."""
    owners = await unit.connection.execute(
        select(GoogleClassRow.client_id).where(
            GoogleClassRow.client_id.in_(_clients_of(told.class_id.partition(".")[0])),
            GoogleClassRow.class_id == told.class_id,
        )
    )
    known = set(owners.scalars())
    if known and found.client_id not in known:
        raise CallbackForged("the callback names a class and a pass of two clients: refused")


async def _keep(unit: Unit, found: FoundPass, told: Callback, now: datetime) -> bool:
    news = await google_told(unit, found.operation_id, found.id, told.event, told.nonce, now)
    if news:
        mine = and_(GoogleObjectRow.client_id == found.client_id, GoogleObjectRow.pass_id == found.id)
        await unit.connection.execute(update(GoogleObjectRow).where(mine).values(differs_since=None))
    if news and told.event == "del":
        # With a pass that many may hold, one who deletes it does not mean that nobody has it.
        later = or_(GoogleClassRow.check_due_at.is_(None), GoogleClassRow.check_due_at > now + LOOK_AGAIN)
        theirs = and_(GoogleClassRow.client_id == found.client_id, GoogleClassRow.class_id == told.class_id)
        await unit.connection.execute(update(GoogleClassRow).where(theirs, later).values(check_due_at=now + LOOK_AGAIN))
    return news


def _clients_of(issuer_id: str) -> Select[int]:
    """The clients with a credential of an issuer, also one that is used no more."""
    own = (CredentialRow.wallet == "google", CredentialRow.issuer_id == issuer_id)
    return select(CredentialRow.client_id).where(*own)


def _row(table: type[OperationRow] | type[CredentialRow], client_id: object, row_id: object) -> ColumnElement[bool]:
    return and_(table.client_id == client_id, table.id == row_id)
