"""Clients and what they sign with."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKeyConstraint, Index, Integer, String, Text, false, text
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
    Name,
    OwnedByClient,
    OwnedWithId,
    Sealed,
    When,
)


class ClientRow(Base):
    """A client: the tenant that owns everything else."""

    __tablename__ = "client"

    id: Mapped[Id] = mapped_column(BigInteger, primary_key=True)
    slug: Mapped[Key] = mapped_column(unique=True)
    name: Mapped[Name]
    settings: Mapped[Json] = mapped_column(default=dict)
    plan: Mapped[Key] = mapped_column(default="connector", server_default=text("'connector'"))
    """full_service, connector or platform: what it may use is in `engine.plans`."""
    connector: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The connector as an add-on to another plan."""
    max_models: Mapped[int | None] = mapped_column(Integer)
    """How many Models it may keep; no limit when empty. The same for those below."""
    max_matrices: Mapped[int | None] = mapped_column(Integer)
    """Matrices, whatever the number of their versions."""
    max_operations: Mapped[int | None] = mapped_column(Integer)
    """Operations that have not ended."""
    max_passes: Mapped[int | None] = mapped_column(Integer)
    issued: Mapped[Count]
    """Passes issued; counted only where `max_passes` bounds them, because every issuing then waits for this row."""
    requests_per_minute: Mapped[int | None] = mapped_column(Integer)
    """Pace of its requests to the API; the server's own when empty."""
    created_at: Mapped[When]
    removed_at: Mapped[When | None]
    """All it had is gone or going; the row stays for the log of changes."""


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
    warned_days: Mapped[int | None] = mapped_column(Integer)
    """The last alarm about its end, by its days before: 60, 30, 7, 1, or 0 when it ended."""
    created_at: Mapped[When]


class CredentialRequestRow(OwnedWithId, Base):
    """A key made here, and the request that Apple turns into its certificate."""

    __tablename__ = "credential_request"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]), Index(None, "client_id", "public_digest"))

    name: Mapped[Name]
    """What the credential will be called."""
    environment: Mapped[Key]
    request: Mapped[str] = mapped_column(Text)
    """PEM, for Apple."""
    public_digest: Mapped[Digest]
    """SHA-256 of the public key, by which the certificate is found again."""
    sealed: Mapped[Sealed]
    """The private key, PEM."""
    created_at: Mapped[When]
    answered_at: Mapped[When | None]
    """When its certificate came; it may come again, renewed for the same key."""


class AcceptanceRow(OwnedByClient, Base):
    """A client has accepted the rules of a wallet, in one version of their text."""

    __tablename__ = "policy_acceptance"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]),)

    wallet: Mapped[Key] = mapped_column(primary_key=True)
    version: Mapped[Key] = mapped_column(primary_key=True)
    accepted_by: Mapped[Name]
    """The person who did, in the client's name."""
    accepted_at: Mapped[When]


class TrafficRow(OwnedByClient, Base):
    """What was served for a client on a day (UTC) at one door."""

    __tablename__ = "traffic"
    __table_args__ = (CLUSTERED,)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    door: Mapped[Key] = mapped_column(primary_key=True)
    """api, passkit or links."""
    requests: Mapped[Count]
    bytes: Mapped[Count]


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
