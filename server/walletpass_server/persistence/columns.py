"""Column types and the base class of every table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, Dialect, Integer, LargeBinary, MetaData, SmallInteger, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(instant: datetime) -> int:
    """An aware instant as whole microseconds since 1970, exactly (floats would lose the last digits)."""
    if instant.tzinfo is None:
        raise ValueError(f"the instant {instant.isoformat()} has no time zone: pass an aware datetime")
    return (instant - EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The inverse of `to_microseconds`, in UTC."""
    return EPOCH + microseconds * _MICROSECOND


class Instant(TypeDecorator[datetime]):
    """
    An instant, kept as microseconds since 1970 in a 64-bit integer on both engines.

    SQLite has no time type and PostgreSQL's differs in arithmetic; with integers `due_at + 1000000` and every
    comparison mean the same everywhere. To read one in psql: `to_timestamp(due_at / 1e6)`.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else from_microseconds(value)


JsonType = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""JSON text on SQLite, JSONB on PostgreSQL."""

Id = Annotated[int, mapped_column(BigInteger)]
"""A surrogate key handed out by `ids`: ascending, unique in the whole database, never shown outside."""
Count = Annotated[int, mapped_column(BigInteger, default=0, server_default="0")]
"""A number that only ever counts up from 0."""
Small = Annotated[int, mapped_column(SmallInteger, default=0, server_default="0")]
Number = Annotated[int, mapped_column(Integer, default=0, server_default="0")]
When = Annotated[datetime, mapped_column(Instant)]
Name = Annotated[str, mapped_column(String(200))]
"""A short text that people or other systems choose."""
Key = Annotated[str, mapped_column(String(64))]
"""A word of ours: the name of a channel, a state, a model in its matrix."""
Sealed = Annotated[bytes, mapped_column(LargeBinary)]
"""A secret encrypted by `secrets.Keyring`."""
Digest = Annotated[bytes, mapped_column(LargeBinary(32))]
"""A SHA-256."""
Json = Annotated[dict[str, Any], mapped_column(JsonType)]
Names = Annotated[list[str], mapped_column(JsonType, default=list)]
"""A short list of words of ours."""


class Base(DeclarativeBase):
    """Base of every table. Constraint names follow one rule, so that migrations can name them on both engines."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class OwnedByClient:
    """
    A row of one client (tenant).

    `client_id` leads the primary key, so that large tables can be distributed by client, and a `Unit` opened for a
    client sees and changes rows of that client alone.
    """

    client_id: Mapped[Id] = mapped_column(BigInteger, primary_key=True, sort_order=-2)


class OwnedWithId(OwnedByClient):
    """A row of one client with a surrogate key of its own."""

    id: Mapped[Id] = mapped_column(BigInteger, primary_key=True, sort_order=-1)


CLUSTERED = {"sqlite_with_rowid": False}
"""For narrow tables read by their key: SQLite then keeps one tree instead of two."""
