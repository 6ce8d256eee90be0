"""Pages of a list. A cursor says after which row to go on, so a page never repeats or skips what others add."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select

from walletpass.errors import RequestInvalid
from walletpass_server.api.shapes import LARGEST_ID, Page
from walletpass_server.persistence.unit_of_work import Unit

Row = TypeVar("Row")
Item = TypeVar("Item")


def encode(position: str) -> str:
    """A cursor: opaque, so that nobody counts on what is in it."""
    return urlsafe_b64encode(position.encode()).decode().rstrip("=")


def decode(cursor: str) -> str:
    """The inverse of `encode`; raises RequestInvalid."""
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise unknown_cursor() from None


def decode_id(cursor: str | None) -> int | None:
    """The id that a cursor holds; raises RequestInvalid."""
    if cursor is None:
        return None
    try:
        return whole(decode(cursor))
    except ValueError:
        raise unknown_cursor() from None


def whole(text: str) -> int:
    """A whole number inside a cursor; raises ValueError."""
    if not text.isdecimal() or not text.isascii() or int(text) > LARGEST_ID:
        raise ValueError(text)
    return int(text)


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
        query = query.where(column < after if newest_first else column > after)
    query = query.order_by(column.desc() if newest_first else column).limit(limit + 1)
    rows: Sequence[Any] = (await unit.session.scalars(query)).all()
    more = len(rows) > limit
    shown = [show(row) for row in rows[:limit]]
    return Page(items=shown, next=encode(str(getattr(rows[limit - 1], column.key))) if more else None)


def unknown_cursor() -> RequestInvalid:
    """What is told of a cursor that is none of ours."""
    return RequestInvalid([{"type": "cursor", "loc": ("query", "cursor"), "msg": "is none that was handed out"}])
