"""Clients and what they sign with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import Base, Id, Json, JsonType, Key, Name, OwnedWithId, Sealed, When


class ClientRow(Base):
    """A client: the tenant that owns everything else."""

    __tablename__ = "client"

    id: Mapped[Id] = mapped_column(BigInteger, primary_key=True)
    slug: Mapped[Key] = mapped_column(unique=True)
    name: Mapped[Name]
    settings: Mapped[Json] = mapped_column(default=dict)
    max_models: Mapped[int | None] = mapped_column(Integer)
    """How many Models it may keep; no limit when empty. The same for those below."""
    max_matrices: Mapped[int | None] = mapped_column(Integer)
    """Matrices, whatever the number of their versions."""
    max_passes: Mapped[int | None] = mapped_column(Integer)
    requests_per_minute: Mapped[int | None] = mapped_column(Integer)
    """Pace of its requests to the API; the server's own when empty."""
    created_at: Mapped[When]


class CredentialRow(OwnedWithId, Base):
    """An Apple certificate with its key, or a Google issuer with its service account."""

    __tablename__ = "credential"
    __table_args__ = (
        ForeignKeyConstraint(["client_id"], ["client.id"]),
        Index(None, "pass_type_identifier"),
        Index(None, "issuer_id"),
    )

    wallet: Mapped[Key]
    """apple or google."""
    name: Mapped[Name]
    source: Mapped[Key]
    """client, or provider: the latter for test and training only, with consent."""
    environment: Mapped[Key]
    pass_type_identifier: Mapped[str | None] = mapped_column(String(200))
    team_identifier: Mapped[str | None] = mapped_column(String(64))
    issuer_id: Mapped[str | None] = mapped_column(String(64))
    fingerprint: Mapped[Key]
    """SHA-256 of certificate or service account, in hexadecimal: part of the key of the bundle cache."""
    sealed: Mapped[Sealed]
    """The credential itself as sealed JSON."""
    consent: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    """Who agreed to the provider's credential, when, to which text."""
    not_after: Mapped[When | None]
    settings: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    """What is no secret: Google's `origins` and `requests_per_second`."""
    stopped_at: Mapped[When | None]
    """Apple or Google refuses it: nothing is sent with it until somebody has looked."""
    stopped_why: Mapped[str | None] = mapped_column(String(200))
    retired_at: Mapped[When | None]
    created_at: Mapped[When]


class PassTypeRow(Base):
    """Which client owns a pass type identifier. It belongs to one, for ever."""

    __tablename__ = "pass_type"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]),)

    identifier: Mapped[str] = mapped_column(String(200), primary_key=True)
    client_id: Mapped[Id]


class WalletSwitchRow(Base):
    """A wallet that was switched off: nothing is sent to it and no link offers it."""

    __tablename__ = "wallet_switch"

    client_id: Mapped[Id] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Whose passes; 0 for every client's."""
    wallet: Mapped[Key] = mapped_column(primary_key=True)
    stopped_at: Mapped[When]
    why: Mapped[Name]
