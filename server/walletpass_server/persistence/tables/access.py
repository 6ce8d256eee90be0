"""Who may use the API, and who changed what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import (
    Base,
    Digest,
    Id,
    JsonType,
    Key,
    Name,
    Names,
    OwnedWithId,
    When,
)


class ApiKeyRow(OwnedWithId, Base):
    """A key of the API. Its text is shown once and never kept."""

    __tablename__ = "api_key"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]),)

    name: Mapped[Name]
    environment: Mapped[Key]
    """test or production: operations of the other one do not exist for it."""
    hint: Mapped[Key]
    """How the text begins, so that people can tell keys apart."""
    digest: Mapped[Digest] = mapped_column(unique=True)
    """SHA-256 of the text."""
    scopes: Mapped[Names]
    operations: Mapped[list[int] | None] = mapped_column(JsonType)
    """The only operations it reaches; empty when it reaches all of its environment."""
    replaces: Mapped[Id | None]
    """The key it was rotated from."""
    created_at: Mapped[When]
    last_used_at: Mapped[When | None]
    """Right to a minute."""
    expires_at: Mapped[When | None]
    """From when it is refused, after a rotation."""
    revoked_at: Mapped[When | None]


class AuditRow(OwnedWithId, Base):
    """A change that somebody made. Written in the transaction of the change, never altered."""

    __tablename__ = "audit_log"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]), Index(None, "client_id", "at"))

    at: Mapped[When]
    actor_kind: Mapped[Key]
    """staff (of the provider), person (of the client) or key."""
    actor: Mapped[Name]
    action: Mapped[Key]
    """`key.created`, `model.saved`."""
    subject: Mapped[str] = mapped_column(String(300))
    """What was changed: `key:12`, `model:active`."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    after: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
