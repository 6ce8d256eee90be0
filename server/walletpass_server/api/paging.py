"""Pages of a list. A cursor says after which row to go on, so a page never repeats or skips what others add."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Select, literal

from walletpass_server.api.shapes import Page
from walletpass_server.persistence.unit_of_work import Unit

Row = TypeVar("Row")
Item = TypeVar("Item")


def encode_id(row_id: int) -> str:
    """A cursor after a row. Every text of its pattern is one, so the document of the API says all that it may be."""
    return f"c{row_id:x}"


def decode_id(cursor: str | None) -> int | None:
    """The id that a cursor holds."""
    return None if cursor is None else int(cursor[1:], 16)


async def page(
    unit: Unit,
    query: Select[Row],
    column: Any,
    cursor: str | None,
    limit: int,
    show: Callable[[Row], Item],
    *,
    newest_first: bool = True,
) -> Page[Item]:
    """
    A page of rows of one table.

    Args:
        unit: Of the client.
        query: Selects the rows, without order or limit.
        column: The id by which they are ordered.
        cursor: As the caller sent it.
        limit: How many.
        show: A row as it is answered.
    """
    after = decode_id(cursor)
    if after is not None:
        place = literal(after, BigInteger)  # a cursor holds more than some columns do
        query = query.where(column < place if newest_first else column > place)
    query = query.order_by(column.desc() if newest_first else column).limit(limit + 1)
    rows: Sequence[Any] = (await unit.session.scalars(query)).all()
    more = len(rows) > limit
    shown = [show(row) for row in rows[:limit]]
    return Page(items=shown, next=encode_id(getattr(rows[limit - 1], column.key)) if more else None)
