"""Hooks: who is told, what waits to be told, what happened that concerns no pass; and how holders are found."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, Integer, LargeBinary, String, UniqueConstraint, text
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
    Names,
    Number,
    OwnedByClient,
    OwnedWithId,
    Sealed,
    When,
)

_WAITING = text("delivered_at IS NULL AND dead_at IS NULL")
_DEAD = text("dead_at IS NOT NULL")
_DELIVERED = text("delivered_at IS NOT NULL")
_ABOUT_PASS = text("pass_id IS NOT NULL")


class HookEndpointRow(OwnedWithId, Base):
    """Somebody who is told of events: an address on the web, or a subscriber in the process of a worker."""

    __tablename__ = "hook_endpoint"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]),)

    name: Mapped[Name]
    url: Mapped[str] = mapped_column(String(2000))
    """Where events are posted; `python:NAME` for the subscriber of that name."""
    environment: Mapped[str | None] = mapped_column(String(64))
    """test or production: it hears of the others' events nothing. Empty for both."""
    events: Mapped[Names]
    """What it subscribed to: names and wildcards."""
    operations: Mapped[list[int] | None] = mapped_column(JsonType)
    """Ids of the only operations it hears of; empty for all. The same for those below."""
    models: Mapped[list[str] | None] = mapped_column(JsonType)
    include: Mapped[Names]
    """What personal data it is told: `holder`, or nothing."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The secret that signs, sealed."""
    sealed_before: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The one before a rotation, which signs too until `before_until`."""
    before_until: Mapped[When | None]
    state: Mapped[Key]
    """active or paused; while it is paused, events wait."""
    paused_at: Mapped[When | None]
    paused_why: Mapped[str | None] = mapped_column(String(200))
    resumed_at: Mapped[When | None]
    """What waited then has the whole time again before it is given up."""
    failures: Mapped[Number]
    """Rounds one after the other in which nothing arrived."""
    failing_since: Mapped[When | None]
    rests_until: Mapped[When | None]
    """After such a round: when to try again."""
    lease: Mapped[Id | None]
    """The worker that serves it now: one at a time, so that events of a pass stay in order."""
    leased_until: Mapped[When | None]
    served_at: Mapped[When | None]
    delivered: Mapped[Count]
    failed: Mapped[Count]
    last_status: Mapped[int | None] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(String(200))
    delivered_at: Mapped[When | None]
    """The newest delivery."""
    replay_from: Mapped[When | None]
    """Events since then are told again, up to `replay_until`; pass and place are how far that is."""
    replay_until: Mapped[When | None]
    replay_pass: Mapped[Count]
    replay_number: Mapped[Count]
    created_at: Mapped[When]


class HookDeliveryRow(OwnedWithId, Base):
    """
    An event on its way to an endpoint: which, never what; the envelope is made from the facts when it is sent.

    Those of one pass are due in the order of their places. A delivered one is kept a while, as the log.
    """

    __tablename__ = "hook_delivery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["client_id", "endpoint_id"], ["hook_endpoint.client_id", "hook_endpoint.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("client_id", "endpoint_id", "pass_id", "place"),
        Index(
            "ix_hook_delivery_waiting", "client_id", "endpoint_id", "due_at",
            sqlite_where=_WAITING, postgresql_where=_WAITING,
        ),
        Index(
            "ix_hook_delivery_dead", "client_id", "endpoint_id", "id", sqlite_where=_DEAD, postgresql_where=_DEAD
        ),
        Index("ix_hook_delivery_delivered", "delivered_at", sqlite_where=_DELIVERED, postgresql_where=_DELIVERED),
        Index(None, "client_id", "pass_id"),
    )  # fmt: skip

    endpoint_id: Mapped[Id]
    pass_id: Mapped[Id]
    """0 for an event that concerns no pass."""
    place: Mapped[Id]
    """`hooks.place_of` the fact; without a pass, the id of the `hook_event`."""
    type: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[When]
    attempts: Mapped[Number]
    tried_at: Mapped[When | None]
    """The first attempt: what waits behind another of its pass has all its days before it."""
    status: Mapped[int | None] = mapped_column(Integer)
    """HTTP status of the last attempt; empty when there was no answer."""
    error: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[When]
    delivered_at: Mapped[When | None]
    dead_at: Mapped[When | None]
    """Given up."""


class HookEventRow(OwnedWithId, Base):
    """Something that happened and that no fact tells of: it concerns no pass, or happens too often to be kept."""

    __tablename__ = "hook_event"
    __table_args__ = (
        ForeignKeyConstraint(["client_id"], ["client.id"]),
        Index(None, "client_id", "occurred_at"),
        Index(
            "ix_hook_event_pass", "client_id", "pass_id", sqlite_where=_ABOUT_PASS, postgresql_where=_ABOUT_PASS
        ),
    )  # fmt: skip

    type: Mapped[str] = mapped_column(String(80))
    environment: Mapped[str | None] = mapped_column(String(64))
    operation_id: Mapped[Id | None]
    pass_id: Mapped[Id | None]
    cause: Mapped[Name]
    data: Mapped[Json]
    occurred_at: Mapped[When]


class ContactKeyRow(OwnedWithId, Base):
    """
    The secret by which a client's contacts are hashed: without it nobody finds a number by trying them all.

    One for each client; its id is the client's.
    """

    __tablename__ = "contact_key"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]),)

    sealed: Mapped[Sealed]


class HolderContactRow(OwnedByClient, Base):
    """Which passes belong to a telephone number or e-mail address, of which only a keyed hash is kept."""

    __tablename__ = "holder_contact"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "pass_id"], ["pass.client_id", "pass.id"], ondelete="CASCADE"),
        Index(None, "client_id", "pass_id"),
        CLUSTERED,
    )

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    pass_id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[Key]
    """msisdn or email."""
    created_at: Mapped[When]
