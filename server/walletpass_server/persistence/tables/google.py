"""What we know of Google's side: classes and objects sent."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import Base, Id, Json, Key, OwnedByClient, When


class GoogleClassRow(OwnedByClient, Base):
    """A class at Google, made for a Model or for a set of values."""

    __tablename__ = "google_class"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]), Index(None, "check_due_at"))

    class_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    """`<issuer>.<suffix>`."""
    credential_id: Mapped[Id]
    google_type: Mapped[Key]
    content: Mapped[Json]
    content_hash: Mapped[Key]
    sent_hash: Mapped[str | None] = mapped_column(String(64))
    """Hash of what Google acknowledged; differs from `content_hash` while a change is under way."""
    changed_at: Mapped[When]
    check_due_at: Mapped[When | None]
    """When Google is next asked who holds passes of it; None: soon."""
    check_token: Mapped[str | None] = mapped_column(String(1000))
    """Where in its list that goes on."""


class GoogleObjectRow(OwnedByClient, Base):
    """The object at Google of one pass."""

    __tablename__ = "google_object"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "pass_id"], ["pass.client_id", "pass.id"], ondelete="CASCADE"),
        Index(
            "ix_google_object_differs",
            "client_id",
            "class_id",
            sqlite_where=text("differs_since IS NOT NULL"),
            postgresql_where=text("differs_since IS NOT NULL"),
        ),
    )

    pass_id: Mapped[Id] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(String(200), unique=True)
    class_id: Mapped[str] = mapped_column(String(200))
    sent_version: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Newest version of the pass that Google acknowledged; 0 before the first."""
    sent_at: Mapped[When | None]
    noticed_at: Mapped[When | None]
    """Up to which instant its Notifications were shown; `pass.notified` has those to come."""
    changed_at: Mapped[When]
    has_users: Mapped[bool | None]
    """Whether Google said that somebody holds it, when it was asked."""
    checked_at: Mapped[When | None]
    """When it first said so."""
    differs_since: Mapped[When | None]
    """Since when that answer is another than the facts'."""
