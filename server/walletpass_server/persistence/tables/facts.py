"""Kept facts and the figures folded from them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Date, ForeignKeyConstraint, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import CLUSTERED, Base, Count, Digest, Id, JsonType, Key, OwnedByClient, When


class FactRow(OwnedByClient, Base):
    """
    Something that happened to a pass. Written once, never changed.

    `number` counts the facts of one pass from 1 without a gap (`pass.fact_count` after the change): a lost one shows.
    Without a foreign key: facts outlive an erased pass.
    """

    __tablename__ = "fact"
    __table_args__ = (Index(None, "client_id", "operation_id", "day"), CLUSTERED)

    pass_id: Mapped[Id] = mapped_column(primary_key=True)
    number: Mapped[Id] = mapped_column(primary_key=True)
    operation_id: Mapped[Id]
    name: Mapped[Key]
    """pass.displayed, pass.added, pass.moved ..."""
    wallet: Mapped[str | None] = mapped_column(String(16))
    model: Mapped[Key]
    """Key of the Model the pass was at afterwards."""
    day: Mapped[date] = mapped_column(Date)
    """The day it counts for."""
    occurred_at: Mapped[When]
    recorded_at: Mapped[When]
    run_id: Mapped[Id | None]
    data: Mapped[dict[str, Any] | None] = mapped_column(JsonType)


class DailyCountRow(OwnedByClient, Base):
    """
    How often something counted on a day: the sum over the shards. Added to in the transaction that writes the facts.

    `shard` is a number of the writing process, so that two processes seldom wait for one row.
    """

    __tablename__ = "daily_count"
    __table_args__ = (CLUSTERED,)

    operation_id: Mapped[Id] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    model: Mapped[Key] = mapped_column(primary_key=True)
    wallet: Mapped[str] = mapped_column(String(16), primary_key=True)
    """apple, google, or empty for figures that have no wallet."""
    measure: Mapped[Key] = mapped_column(primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    count: Mapped[Count]


class DaySealRow(OwnedByClient, Base):
    """A day whose figures are final: kept with a hash, after which its facts may go."""

    __tablename__ = "day_seal"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]),)

    operation_id: Mapped[Id] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JsonType)
    digest: Mapped[Digest]
    sealed_at: Mapped[When]
