"""Passes, the tokens that open them, and the history of their values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import (
    Base,
    Count,
    Digest,
    Id,
    Json,
    JsonType,
    Key,
    Name,
    Names,
    Number,
    OwnedByClient,
    OwnedWithId,
    Sealed,
    When,
)


class PassRow(OwnedWithId, Base):
    """A pass: serial, variables, the Model it is at, its version."""

    __tablename__ = "pass"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "operation_id"], ["operation.client_id", "operation.id"]),
        UniqueConstraint("pass_type_identifier", "serial"),
        UniqueConstraint("client_id", "operation_id", "external_id"),
        Index(None, "client_id", "operation_id", "model", "id"),
        Index(None, "client_id", "serial"),
        Index(
            "ix_pass_erased",
            "erased_at",
            sqlite_where=text("erased_at IS NOT NULL"),
            postgresql_where=text("erased_at IS NOT NULL"),
        ),
    )

    operation_id: Mapped[Id]
    pass_type_identifier: Mapped[Name]
    """Apple's pass type; the issuer id where an operation has no Apple credential."""
    serial: Mapped[str] = mapped_column(String(128))
    external_id: Mapped[str | None] = mapped_column(String(200))
    secret: Mapped[Sealed]
    """Apple's authenticationToken, sealed."""
    variables: Mapped[Json]
    model: Mapped[Key]
    """Name of the Model in the Matrix."""
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    """Up by one with every change a phone should fetch."""
    change: Mapped[int] = mapped_column(BigInteger)
    """The change tag of the transaction that made this version: `tag.CurrentChange()`."""
    changed_at: Mapped[When]
    last_modified: Mapped[int] = mapped_column(BigInteger)
    """Whole seconds since 1970, by the rule of `last_modified`."""
    voided_at: Mapped[When | None]
    expired_at: Mapped[When | None]
    """When it was told that the pass is no longer good, if anybody was to be told."""
    erased_at: Mapped[When | None]
    """Its holder was erased: what is left serves the phone one empty version, then goes."""
    source: Mapped[str] = mapped_column(String(100), default="", server_default=text("''"))
    """Where its holder came from: `lifecycle.Pass.source`."""
    fired: Mapped[Names]
    """`at` Triggers that have moved it."""
    armed: Mapped[Names]
    """`after` Triggers whose first anchor has come; the running delays are rows of `timer`."""
    displayed_under: Mapped[Json] = mapped_column(default=dict)
    """Wallet to the Model it had when first displayed there."""
    added_under: Mapped[Json] = mapped_column(default=dict)
    """Wallet to the Model it had when last added there; tells which wallets ever had it."""
    notified: Mapped[Json] = mapped_column(default=dict)
    """Wallet to the instants of the Notifications reserved against the caps."""
    apple_holdings: Mapped[Number]
    """Device registrations now; the pass is active there while it is above 0."""
    google_holdings: Mapped[Number]
    """1 between a save and a delete."""
    fact_count: Mapped[Count]
    """Facts written about this pass; the number of the newest."""
    last_run: Mapped[Id | None]
    """The run that moved it last, so that a chunk finds again what it moved."""
    created_at: Mapped[When]


class TokenRow(OwnedWithId, Base):
    """What opens one personal pass. Kept as SHA-256 for lookup and sealed for showing again."""

    __tablename__ = "token"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "operation_id"], ["operation.client_id", "operation.id"]),
        UniqueConstraint("client_id", "operation_id", "external_id"),
        Index(None, "client_id", "operation_id", "id"),
        Index(None, "client_id", "pass_id"),
    )

    operation_id: Mapped[Id]
    digest: Mapped[Digest] = mapped_column(unique=True)
    sealed: Mapped[Sealed]
    external_id: Mapped[str | None] = mapped_column(String(200))
    variables: Mapped[Json] = mapped_column(default=dict)
    tags: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    """The `utm_*` tags of the first link followed."""
    origin: Mapped[str] = mapped_column(String(16), default="", server_default=text("''"))
    """How it came to be: api, import, or link for whoever followed an operation link."""
    pass_id: Mapped[Id | None]
    """The pass it gave; empty until the first opening."""
    opened_at: Mapped[When | None]
    revoked_at: Mapped[When | None]
    created_at: Mapped[When]


class ValueHistoryRow(OwnedByClient, Base):
    """Which values a version of a pass changed, from what, to what, and why."""

    __tablename__ = "value_history"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "pass_id"], ["pass.client_id", "pass.id"], ondelete="CASCADE"),
    )

    pass_id: Mapped[Id] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    changed_at: Mapped[When]
    cause: Mapped[Name]
    """A Trigger, an edit, an import."""
    actor: Mapped[str | None] = mapped_column(String(200))
    before: Mapped[dict[str, Any]] = mapped_column(JsonType)
    after: Mapped[dict[str, Any]] = mapped_column(JsonType)
