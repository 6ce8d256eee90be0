"""Work to do: runs over many passes, timers of single passes, the outbox, the rate shared by all who send."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import (
    CLUSTERED,
    Base,
    Count,
    Id,
    Json,
    JsonType,
    Key,
    Name,
    Number,
    OwnedByClient,
    OwnedWithId,
    Small,
    When,
)


class RunRow(OwnedWithId, Base):
    """
    Work over many passes of an operation, in chunks. The cursor moves in the transaction that moves the passes.

    `cause` is unique in the operation (`at:<trigger>`, `event:<key>`): however many schedulers ask, it runs once.
    """

    __tablename__ = "run"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "operation_id"], ["operation.client_id", "operation.id"]),
        UniqueConstraint("client_id", "operation_id", "cause"),
        Index(
            "ix_run_waiting",
            "due_at",
            sqlite_where=text("state IN ('waiting', 'running')"),
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )

    operation_id: Mapped[Id]
    kind: Mapped[Key]
    cause: Mapped[Name]
    trigger: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[Json] = mapped_column(default=dict)
    state: Mapped[Key]
    """waiting, running, paused, cancelled, done or failed; importing, for a bulk import, which no worker takes."""
    due_at: Mapped[When]
    leased_until: Mapped[When | None]
    lease: Mapped[Id | None]
    cursor: Mapped[Count]
    """Last pass id done."""
    upper: Mapped[Id | None]
    """Last pass id that belongs to it: passes issued after the cause was accepted do not."""
    total: Mapped[Id | None]
    seen: Mapped[Count]
    moved: Mapped[Count]
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[When]
    started_at: Mapped[When | None]
    finished_at: Mapped[When | None]


class UploadPartRow(OwnedByClient, Base):
    """A piece of the file of an import, kept until the import is done. The client may send it in any number of goes."""

    __tablename__ = "upload_part"
    __table_args__ = (ForeignKeyConstraint(["client_id", "run_id"], ["run.client_id", "run.id"], ondelete="CASCADE"),)

    run_id: Mapped[Id] = mapped_column(primary_key=True)
    start: Mapped[Id] = mapped_column(primary_key=True)
    """Bytes of the file before it."""
    content: Mapped[bytes] = mapped_column(LargeBinary)


class TimerRow(OwnedByClient, Base):
    """An `after` Trigger armed for one pass."""

    __tablename__ = "timer"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "pass_id"], ["pass.client_id", "pass.id"], ondelete="CASCADE"),
        Index(None, "due_at"),
        Index(None, "client_id", "operation_id"),
    )

    pass_id: Mapped[Id] = mapped_column(primary_key=True)
    trigger: Mapped[Key] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """0, or a number for each pending one under `rearm: each`."""
    operation_id: Mapped[Id]
    anchored_at: Mapped[When]
    due_at: Mapped[When]
    data: Mapped[Json] = mapped_column(default=dict)
    """The payload of the anchor event, for the Trigger's `set`."""


class OutboxRow(OwnedWithId, Base):
    """
    Something to tell the outside: a push, a call to Google, a web hook. Written with the change it tells of.

    One row waits for each (channel, coalesce key). A change that comes while it is waiting merges into it; one that
    comes while it is being sent marks it `renewed`, so that the acknowledgement of that sending does not remove it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("client_id", "channel", "coalesce_key"),
        Index(
            "ix_outbox_waiting",
            "channel",
            "due_at",
            sqlite_where=text("dead_at IS NULL"),
            postgresql_where=text("dead_at IS NULL"),
        ),
        Index(
            "ix_outbox_dead",
            "client_id",
            "id",
            sqlite_where=text("dead_at IS NOT NULL"),
            postgresql_where=text("dead_at IS NOT NULL"),
        ),
        Index(None, "id"),
    )

    channel: Mapped[Key]
    """apns, google, hook, sms or email."""
    coalesce_key: Mapped[Name]
    body: Mapped[Json]
    """What the sender needs; for a push the ids, since pushes carry no content."""
    due_at: Mapped[When]
    """When to try next. A lease is a `due_at` pushed into the future: what a dead sender held comes back by itself."""
    lease: Mapped[Id | None]
    """Who sends it now."""
    renewed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Something changed after it was claimed."""
    attempts: Mapped[Small]
    last_error: Mapped[str | None] = mapped_column(Text)
    dead_at: Mapped[When | None]
    """Given up after too many attempts, or for good."""
    created_at: Mapped[When]


class RateRow(Base):
    """How fast all processes together may call one issuer or credential (GCRA: the instant the next call may start)."""

    __tablename__ = "rate"
    __table_args__ = (CLUSTERED,)

    key: Mapped[Name] = mapped_column(primary_key=True)
    interval: Mapped[Number]
    """Microseconds between two calls."""
    free_at: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Microseconds since 1970, by the database's clock."""


class IdempotencyKeyRow(OwnedByClient, Base):
    """The answer given to a request that carried an idempotency key."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index(None, "created_at"),)

    environment: Mapped[Key] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_digest: Mapped[bytes]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    """Empty only inside the transaction that is doing the work."""
    created_at: Mapped[When]
