"""What clients design: assets, Models, Matrices. A frozen Matrix cannot change by any path: the database refuses."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, Integer, LargeBinary, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from walletpass_server.persistence.columns import Base, Digest, Id, Json, Key, Name, OwnedByClient, OwnedWithId, When


class AssetRow(OwnedByClient, Base):
    """The bytes of a picture, kept once a client by their SHA-256."""

    __tablename__ = "asset"
    __table_args__ = (
        ForeignKeyConstraint(["client_id"], ["client.id"]),
        Index("ix_asset_public", "digest", sqlite_where=text("public = 1"), postgresql_where=text("public")),
    )

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    media_type: Mapped[Key]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    public: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Shown at Google, which fetches it by itself: anyone may."""
    created_at: Mapped[When]


class ModelRow(OwnedWithId, Base):
    """A PassModel as its client edits it."""

    __tablename__ = "model"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["client.id"]), UniqueConstraint("client_id", "name"))

    name: Mapped[Name]
    pass_type: Mapped[Key]
    content: Mapped[Json]
    content_hash: Mapped[Key]
    created_at: Mapped[When]
    changed_at: Mapped[When]


class MatrixRow(OwnedWithId, Base):
    """One version of a Matrix. Frozen by the first operation created from it; a change is a new version."""

    __tablename__ = "matrix"
    __table_args__ = (
        ForeignKeyConstraint(["client_id"], ["client.id"]),
        UniqueConstraint("client_id", "name", "version"),
    )

    name: Mapped[Name]
    version: Mapped[int] = mapped_column(Integer)
    pass_type: Mapped[Key]
    content: Mapped[Json]
    content_hash: Mapped[Key]
    frozen_at: Mapped[When | None]
    retired_at: Mapped[When | None]
    created_at: Mapped[When]


class MatrixModelRow(OwnedByClient, Base):
    """A Model inside one version of a Matrix, copied whole: later edits of the Model do not reach it."""

    __tablename__ = "matrix_model"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "matrix_id"], ["matrix.client_id", "matrix.id"], ondelete="CASCADE"),
    )

    matrix_id: Mapped[Id] = mapped_column(primary_key=True)
    key: Mapped[Key] = mapped_column(primary_key=True)
    model_id: Mapped[Id | None]
    content: Mapped[Json]
    content_hash: Mapped[Key]
