"""Which passes a caller means: by pass id, serial, token, external id, or all of an operation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import select

from walletpass import tokens
from walletpass.errors import NotFound, UsageError
from walletpass_server.engine.reach import EVERYTHING, Reach
from walletpass_server.persistence.tables import HolderContactRow, OperationRow, PassRow, TokenRow
from walletpass_server.persistence.unit_of_work import Unit

_ONE_PERSON = ("pass_id", "serial", "token", "external_id", "contact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """
    Exactly one of the first six; `operation` may also narrow a serial, external id or contact.

    Attributes:
        pass_id: The pass itself.
        serial: Its serial.
        token: The token of its link.
        external_id: What the client calls its holder.
        contact: What is kept of a holder's number or address: `contacts.contact_digest`; empty for one nobody has.
        operation: The name of an operation: all of its passes, the newest operation of that name.
        where: Only those of the operation for which this expression of CEL holds: `pass.points > 100.0`.
    """

    pass_id: int | None = None
    serial: str | None = None
    token: str | None = None
    external_id: str | None = None
    contact: str | None = None
    operation: str | None = None
    where: str | None = None

    def __post_init__(self) -> None:
        given = [name for name in _ONE_PERSON if getattr(self, name) is not None]
        if len(given) > 1 or not (given or self.operation):
            raise UsageError("name the pass in one way: its id, serial, token or external id; or an operation")
        if self.where is not None and (given or not self.operation):
            raise UsageError("where chooses among the passes of an operation: name the operation, and no pass")

    @property
    def is_everyone(self) -> bool:
        """Whether all passes of an operation are meant, or a part of them."""
        return all(getattr(self, name) is None for name in _ONE_PERSON)

    def document(self) -> dict[str, Any]:
        """What was named, without what was not: part of what tells two requests apart."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}


@dataclass(frozen=True, slots=True)
class Found:
    """A pass that was meant, with its operation."""

    pass_id: int
    operation_id: int


async def find_passes(unit: Unit, subject: Subject, reach: Reach = EVERYTHING) -> list[Found]:
    """
    The passes that a subject names, in the order of their ids. An external id or contact may name none, or several.

    Args:
        unit: Of the client.
        subject: Which.
        reach: What the caller reaches; passes beyond it do not exist.

    Raises:
        NotFound: No such pass, serial or token.
        UsageError: A serial that passes of several pass types have.
    """
    query = select(PassRow.id, PassRow.operation_id).order_by(PassRow.id)
    query = query.where(PassRow.erased_at.is_(None), *reach.within(unit.client_id, PassRow.operation_id))
    if subject.operation is not None:
        named = select(OperationRow.id).where(
            OperationRow.client_id == unit.client_id, OperationRow.name == subject.operation
        )
        query = query.where(PassRow.operation_id.in_(named))
    if subject.contact is not None:
        theirs = select(HolderContactRow.pass_id).where(
            HolderContactRow.client_id == unit.client_id, HolderContactRow.digest == bytes.fromhex(subject.contact)
        )
        rows = await unit.session.execute(query.where(PassRow.id.in_(theirs)))
        return [Found(*row) for row in rows.all()]
    if subject.external_id is not None:
        rows = await unit.session.execute(query.where(PassRow.external_id == subject.external_id))
        return [Found(*row) for row in rows.all()]
    if subject.token is not None:
        opened = await unit.session.scalar(
            select(TokenRow.pass_id).where(TokenRow.digest == tokens.digest(subject.token))
        )
        if opened is None:
            raise unknown_pass(subject)
        query = query.where(PassRow.id == opened)
    elif subject.serial is not None:
        query = query.where(PassRow.serial == subject.serial)
    else:
        query = query.where(PassRow.id == subject.pass_id)
    found = [Found(*row) for row in (await unit.session.execute(query)).all()]
    if not found:
        raise unknown_pass(subject)
    if len(found) > 1:
        raise ambiguous(subject, len(found))
    return found


def unknown_pass(subject: Subject) -> NotFound:
    """What the caller is told who names a pass that is not there."""
    if subject.token is not None:
        return NotFound("this token is unknown, or has not been opened yet, so there is no pass to it")
    return NotFound(f"there is no pass with {_name(subject)}: check what was copied")


def ambiguous(subject: Subject, count: int) -> UsageError:
    """What the caller is told who names several passes at once."""
    return UsageError(f"{count} passes have {_name(subject)}: name the pass by its id, or the operation too")


def _name(subject: Subject) -> str:
    if subject.token is not None:
        return "this token"
    return f"the serial {subject.serial}" if subject.serial is not None else f"the id {subject.pass_id}"
