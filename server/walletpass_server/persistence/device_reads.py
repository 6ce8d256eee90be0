"""What phones ask most, by `bare_reads`: which passes changed, and one pass by its serial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from walletpass_server.persistence.bare_reads import Statement, bare_reads
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import CredentialRow, OperationRow, PassRow
from walletpass_server.persistence.tag import CHANGED, Changes, changes_of, read_tag


class PassAsked(NamedTuple):
    """
    A pass that a phone asks for, as its row has it.

    Attributes:
        client_id, operation_id, id, pass_type_identifier, serial: Which.
        sealed_secret: Its own secret.
        version, model, variables, voided_at: What it shows; `variables` is JSON text.
        changed_at: When it got this version, microseconds since 1970.
        last_modified: For Last-Modified, whole seconds since 1970.
        notified: Wallet to the instants of Notifications, as JSON text.
        credential_id, fingerprint: What signs it now; None where the operation has no Apple credential.
    """

    client_id: int
    operation_id: int
    id: int
    pass_type_identifier: str
    serial: str
    sealed_secret: bytes
    version: int
    model: str
    variables: str
    voided_at: int | None
    changed_at: int
    last_modified: int
    notified: str
    credential_id: int | None
    fingerprint: str | None


class DeviceReads:
    """The reads of the device paths, each of one snapshot of what is committed, over connections of their own."""

    def __init__(self, database: Database) -> None:
        def compiled(query: Any) -> Statement:
            return Statement.of(query, database.engine.dialect)

        self._bare = bare_reads(database, "phones")
        self._changed = compiled(CHANGED)
        self._by_serial = compiled(
            _ASKED.where(PassRow.pass_type_identifier == bindparam("pass_type"), PassRow.serial == bindparam("serial"))
        )
        self._by_id = compiled(_ASKED.where(PassRow.client_id == bindparam("client"), PassRow.id == bindparam("id")))

    async def changed_since(self, device: str, pass_type: str, tag: str | None) -> Changes:
        """
        As `tag.changed_since`, of committed rows.

        Raises:
            DatabaseUnavailable: It does not answer.
        """
        known = {"device": device, "pass_type": pass_type, **read_tag(tag)}
        return changes_of(await self._bare.rows(self._changed, known))

    async def by_serial(self, pass_type: str, serial: str) -> PassAsked | None:
        """A pass by what is unique in the server; None when there is none. Raises DatabaseUnavailable."""
        return await self._one(self._by_serial, {"pass_type": pass_type, "serial": serial})

    async def by_id(self, client_id: int, pass_id: int) -> PassAsked | None:
        """A pass by its row. Raises DatabaseUnavailable."""
        return await self._one(self._by_id, {"client": client_id, "id": pass_id})

    async def close(self) -> None:
        """Close every connection."""
        await self._bare.close()

    async def _one(self, statement: Statement, given: Mapping[str, Any]) -> PassAsked | None:
        rows = await self._bare.rows(statement, given)
        return PassAsked._make(rows[0]) if rows else None


def device_reads(database: Database) -> DeviceReads:
    """The reads of an open database."""
    return DeviceReads(database)


def is_storable(text: str) -> bool:
    """Whether a text can be in a column at all: PostgreSQL refuses NUL, both refuse half of a surrogate pair."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


_ASKED = (
    select(
        PassRow.client_id, PassRow.operation_id, PassRow.id, PassRow.pass_type_identifier, PassRow.serial,
        PassRow.secret, PassRow.version, PassRow.model, PassRow.variables, PassRow.voided_at, PassRow.changed_at,
        PassRow.last_modified, PassRow.notified, CredentialRow.id, CredentialRow.fingerprint,
    )
    .join(OperationRow, (OperationRow.client_id == PassRow.client_id) & (OperationRow.id == PassRow.operation_id))
    .outerjoin(
        CredentialRow,
        (CredentialRow.client_id == OperationRow.client_id) & (CredentialRow.id == OperationRow.apple_credential_id),
    )
)  # fmt: skip
