"""Kept facts and the figures folded from them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Date, ForeignKeyConstraint, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import (
    CLUSTERED,
    Base,
    Count,
    Digest,
    Id,
    Json,
    JsonType,
    Key,
    OwnedByClient,
    When,
)


class FactRow(OwnedByClient, Base):
    """
    Something that happened to a pass. Written once, never changed.

    `number` counts the facts of one pass from 1 without a gap (`pass.fact_count` after the change): a lost one shows.
    Without a foreign key: facts outlive an erased pass.
    """

    __tablename__ = "fact"
    __table_args__ = (Index(None, "client_id", "operation_id", "day", "pass_id", "number"), CLUSTERED)

    pass_id: Mapped[Id] = mapped_column(primary_key=True)
    number: Mapped[Id] = mapped_column(primary_key=True)
    operation_id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    """One of `walletpass.events.FACTS`, or an external event."""
    wallet: Mapped[str] = mapped_column(String(16))
    """apple, google, or empty when no wallet is concerned."""
    model: Mapped[Key]
    """The Model it counts for."""
    day: Mapped[date] = mapped_column(Date)
    """The day it counts for: `recorded_at` in the operation's zone."""
    occurred_at: Mapped[When]
    recorded_at: Mapped[When]
    run_id: Mapped[Id | None]
    source: Mapped[str] = mapped_column(String(100), default="", server_default=text("''"))
    """Where the pass was found: `lifecycle.Pass.source`."""
    data: Mapped[Json]


class DailyCountRow(OwnedByClient, Base):
    """
    What counted on a day: the sum over the shards. Added to in the transaction that writes the facts.

    The measures are the fields of `walletpass.reporting.Counts`. `shard` is a number of the writing process, so that
    two processes seldom wait for one row.
    """

    __tablename__ = "daily_count"
    __table_args__ = (CLUSTERED,)

    operation_id: Mapped[Id] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    model: Mapped[Key] = mapped_column(primary_key=True)
    wallet: Mapped[str] = mapped_column(String(16), primary_key=True)
    source: Mapped[str] = mapped_column(String(100), primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    displayed: Mapped[Count]
    generated: Mapped[Count]
    """May be negative on a day: it falls when a displayed pass is added."""
    added: Mapped[Count]
    deleted: Mapped[Count]
    devices_registered: Mapped[Count]
    devices_unregistered: Mapped[Count]


class DaySealRow(OwnedByClient, Base):
    """A day whose figures are final: kept with a hash, after which its facts may go."""

    __tablename__ = "day_seal"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]),)

    operation_id: Mapped[Id] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JsonType)
    digest: Mapped[Digest]
    sealed_at: Mapped[When]
