"""Operations: a Matrix in force over a period."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import Base, Count, Id, Json, Key, Name, OwnedWithId, When


class OperationRow(OwnedWithId, Base):
    """A Matrix put in force over `[starts_at, ends_at)` for a client."""

    __tablename__ = "operation"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "matrix_id"], ["matrix.client_id", "matrix.id"]),
        Index(None, "client_id", "name"),
    )

    name: Mapped[Name]
    link: Mapped[Key] = mapped_column(unique=True)
    """The unguessable part of the operation link."""
    matrix_id: Mapped[Id]
    pass_type: Mapped[Key]
    """The Matrix's, here for reports."""
    apple_credential_id: Mapped[Id | None]
    google_credential_id: Mapped[Id | None]
    environment: Mapped[Key]
    state: Mapped[Key]
    """draft, scheduled, open, closed or cancelled."""
    cancelled_at: Mapped[When | None]
    """Called off: from then on nothing is issued and no event is taken."""
    starts_at: Mapped[When]
    ends_at: Mapped[When]
    zone: Mapped[Key]
    grace_seconds: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    notifications: Mapped[Json] = mapped_column(default=dict)
    at: Mapped[Json] = mapped_column(default=dict)
    """Instants moved for this operation: Trigger name to ISO 8601."""
    limits: Mapped[Json] = mapped_column(default=dict)
    issued: Mapped[Count]
    """Passes issued; counted only where `limits` bounds them, because every issuing then waits for this row."""
    kept_days: Mapped[int | None] = mapped_column(Integer)
    """Days after its end until its passes are emptied of values and its tokens go; for ever when empty."""
    emptied_at: Mapped[When | None]
    """When that was done."""
    created_at: Mapped[When]
