"""
The list behind a figure: one entry for each pass that it counts, in pages.

An entry is a fact: an addition, a deletion, a first display; of the stocks *active* and *generated*, the addition or
display that still stood at the end of the period. So the list is as long as the figure, whatever has happened since, as
long as the facts are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, and_, exists, select, tuple_
from sqlalchemy.orm import aliased

from walletpass.events import ADDED, DELETED, DISPLAYED
from walletpass_server.engine.figures import Dimension
from walletpass_server.engine.reach import EVERYTHING, Reach
from walletpass_server.persistence.tables import ClientRow, FactRow, OperationRow, PassRow
from walletpass_server.persistence.unit_of_work import Unit

Figure = Literal["displayed", "generated", "added", "deleted", "active"]
FIGURES: tuple[Figure, ...] = get_args(Figure)
"""Figures that count passes; a device has no list."""

_COLUMNS: Mapping[Dimension, Any] = {
    "client": ClientRow.slug,
    "operation": OperationRow.name,
    "pass_type": OperationRow.pass_type,
    "model": FactRow.model,
    "wallet": FactRow.wallet,
    "source": FactRow.source,
}
_PLACE = (FactRow.client_id, FactRow.operation_id, FactRow.day, FactRow.pass_id, FactRow.number)


class Place(NamedTuple):
    """Where an entry stands in the list: the next page goes on behind it."""

    client_id: int
    operation_id: int
    day: date
    pass_id: int
    number: int


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A pass that a figure counts. Nothing of what is on it.

    Attributes:
        place: In the list.
        pass_id, serial, external_id: The pass; None once it was erased.
        about: What the entry counts for: dimension to its value, the day too.
        recorded_at: When.
    """

    place: Place
    pass_id: int | None
    serial: str | None
    external_id: str | None
    about: Mapping[Dimension, str]
    recorded_at: datetime


async def passes_behind(
    unit: Unit,
    client_id: int | None,
    figure: Figure,
    *,
    operation_id: int | None = None,
    only: Mapping[Dimension, str] = MappingProxyType({}),
    first: date | None = None,
    last: date,
    reach: Reach = EVERYTHING,
    after: Place | None = None,
    limit: int,
) -> list[Entry]:
    """
    A page of the list behind a figure; `figures.report` takes the same arguments.

    Args:
        unit: A transaction of the client, or of ALL_CLIENTS.
        client_id: Whose; None for all clients.
        figure: Which.
        operation_id: Of this operation only.
        only: Of these values only, as the line of the report is about.
        first: First day of the period; of no account for a stock.
        last: Last day of the period, included.
        reach: Of operations within it only.
        after: The last entry of the page before.
        limit: How many at most.

    Returns:
        The entries by operation and day.
    """
    query = (
        select(
            *_PLACE, FactRow.recorded_at, PassRow.id.label("known_pass"), PassRow.serial, PassRow.external_id,
            *(column.label(f"of_{dimension}") for dimension, column in _COLUMNS.items()),
        )
        .join(
            OperationRow,
            and_(OperationRow.client_id == FactRow.client_id, OperationRow.id == FactRow.operation_id),
        )
        .join(ClientRow, ClientRow.id == FactRow.client_id)
        .outerjoin(PassRow, and_(PassRow.client_id == FactRow.client_id, PassRow.id == FactRow.pass_id))
        .where(_counts(figure, first, last), *reach.conditions())
        .where(*(_COLUMNS[dimension] == value for dimension, value in only.items()))
        .order_by(*_PLACE)
        .limit(limit)
    )  # fmt: skip
    if client_id is not None:
        query = query.where(FactRow.client_id == client_id)
    if operation_id is not None:
        query = query.where(FactRow.operation_id == operation_id)
    if after is not None:
        query = query.where(tuple_(*_PLACE) > tuple_(*after, types=[column.type for column in _PLACE]))
    return [
        Entry(
            place=Place(*row[: len(_PLACE)]),
            pass_id=row.known_pass,
            serial=row.serial,
            external_id=row.external_id,
            about={**{name: getattr(row, f"of_{name}") for name in _COLUMNS}, "day": row.day.isoformat()},
            recorded_at=row.recorded_at,
        )
        for row in await unit.connection.execute(query)
    ]


def _counts(figure: Figure, first: date | None, last: date) -> ColumnElement[bool]:
    """The facts that a figure of a period counts: `reporting.contributions`, turned round."""
    shown = and_(FactRow.name == DISPLAYED, FactRow.data["first"].as_boolean().is_(True))
    never_added = FactRow.data["added_before"].as_boolean().is_not(True)
    until = FactRow.day <= last
    match figure:
        case "active":
            return and_(FactRow.name == ADDED, until, _not_followed_by(DELETED, last))
        case "generated":
            return and_(shown, never_added, until, _not_followed_by(ADDED, last))
        case "displayed":
            counted: ColumnElement[bool] = shown
        case "added":
            counted = FactRow.name == ADDED
        case "deleted":
            counted = FactRow.name == DELETED
    return and_(counted, until) if first is None else and_(counted, until, FactRow.day >= first)


def _not_followed_by(name: str, last: date) -> ColumnElement[bool]:
    """That nothing of this name came after it, to the same pass in the same wallet, until the end of the period."""
    later = aliased(FactRow)
    return ~exists().where(
        later.client_id == FactRow.client_id,
        later.pass_id == FactRow.pass_id,
        later.number > FactRow.number,
        later.wallet == FactRow.wallet,
        later.name == name,
        later.day <= last,
    )
