"""Apple devices and the passes they hold."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import CLUSTERED, Base, Count, Digest, Id, OwnedByClient, OwnedWithId, When


class DeviceRow(OwnedWithId, Base):
    """A phone as one pass type sees it. Each client's passes have their own row, even under a shared pass type."""

    __tablename__ = "device"
    __table_args__ = (
        UniqueConstraint("client_id", "pass_type_identifier", "library_identifier"),
        Index(None, "pass_type_identifier", "library_identifier"),
    )

    pass_type_identifier: Mapped[str] = mapped_column(String(200))
    library_identifier: Mapped[str] = mapped_column(String(200))
    """Apple's deviceLibraryIdentifier."""
    push_token: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[When]
    registered_at: Mapped[When]
    """The newest registration: an APNs 410 older than it says nothing."""


class RegistrationRow(OwnedByClient, Base):
    """A device asks to be told of the changes of a pass. Each row is one Apple holding."""

    __tablename__ = "registration"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "device_id"], ["device.client_id", "device.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["client_id", "pass_id"], ["pass.client_id", "pass.id"], ondelete="CASCADE"),
        Index(None, "client_id", "pass_id"),
        CLUSTERED,
    )

    device_id: Mapped[Id] = mapped_column(primary_key=True)
    pass_id: Mapped[Id] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(BigInteger)
    """The change tag of the transaction that created it."""
    created_at: Mapped[When]


class DeviceLogRow(OwnedWithId, Base):
    """
    What phones complained about, as they wrote it: the only feedback they give. The same complaint is one row.

    Anyone may write here: bounded in size and number, never believed. Under client 0 where no pass of ours is named.
    """

    __tablename__ = "device_log"
    __table_args__ = (UniqueConstraint("client_id", "digest"), Index(None, "client_id", "last_at"))

    digest: Mapped[Digest]
    """SHA-256 of the message without what differs from time to time."""
    pass_type_identifier: Mapped[str | None] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(String(1000))
    count: Mapped[Count]
    first_at: Mapped[When]
    last_at: Mapped[When]
