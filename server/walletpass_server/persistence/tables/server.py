"""What belongs to the server as a whole: counters and the epoch of change tags."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, Sequence, String
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import Base, Count, Key, Name, When

ROW_IDS = Sequence("row_id", data_type=BigInteger, metadata=Base.metadata)
"""Surrogate keys on PostgreSQL; SQLite counts them in `counter`."""


class CounterRow(Base):
    """SQLite's counters: `row_id` (surrogate keys) and `change` (one up with each writing transaction)."""

    __tablename__ = "counter"

    name: Mapped[Key] = mapped_column(primary_key=True)
    value: Mapped[Count]


class EpochRow(Base):
    """
    Since when change tags can be compared. The newest row counts.

    A restored backup or an import takes history back or elsewhere, so the tags that phones hold mean nothing any more:
    a new epoch makes each phone ask for everything once.
    """

    __tablename__ = "epoch"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    value: Mapped[Key]
    cause: Mapped[Name]
    change_offset: Mapped[int] = mapped_column(BigInteger)
    """Added to PostgreSQL's transaction ids, so that changes stay above those of earlier epochs. 0 on SQLite."""
    server: Mapped[str | None] = mapped_column(String(200))
    """Which PostgreSQL it began on: another one means that the data was restored."""
    started_at: Mapped[When]


class WorkerRow(Base):
    """A process that runs jobs, as it said itself a moment ago; for `walletpass doctor`."""

    __tablename__ = "worker"

    name: Mapped[Name] = mapped_column(primary_key=True)
    """Host and process id."""
    started_at: Mapped[When]
    seen_at: Mapped[When]
