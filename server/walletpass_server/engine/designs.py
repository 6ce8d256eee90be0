"""Models and Matrices of a client: kept as it edits them, copied whole when a version of a Matrix is made."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from walletpass.errors import NotFound
from walletpass.files import dump_matrix, dump_model
from walletpass.matrix import Matrix
from walletpass.model import PassModel
from walletpass_server.engine.quotas import allow_matrix, allow_model
from walletpass_server.engine.telling import matrix_data, tell
from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import AssetRow, MatrixModelRow, MatrixRow, ModelRow
from walletpass_server.persistence.unit_of_work import Unit

CACHED = 256
"""Frozen Matrices that a process keeps read."""

_frozen: OrderedDict[str, Matrix] = OrderedDict()


async def save_model(unit: Unit, model: PassModel, now: datetime) -> int:
    """
    Keep a Model under its name, in place of what had it; returns its id. Matrices made before do not change.

    Raises:
        QuotaReached: It is new, and the plan has no room for another.
    """
    await allow_model(unit, model.model)
    content = await _write(unit, model, now)
    row = await unit.session.scalar(select(ModelRow).where(ModelRow.name == model.model).with_for_update())
    if row is None:
        row = ModelRow(client_id=unit.client_id, id=await unit.new_id(), name=model.model, created_at=now)
        unit.session.add(row)
    row.pass_type, row.content, row.content_hash, row.changed_at = model.pass_type, content, model.content_hash, now
    await unit.session.flush()
    return row.id


async def find_model(unit: Unit, name: str) -> ModelRow:
    """
    The row of a Model by its name.

    Raises:
        NotFound: The client has none of this name.
    """
    row = await unit.session.scalar(select(ModelRow).where(ModelRow.name == name))
    if row is None:
        raise NotFound(f"there is no Model {name}: create it first, or correct the name")
    return row


async def load_model(unit: Unit, name: str) -> PassModel:
    """A Model by its name, pictures included; raises NotFound."""
    return await _read(unit, (await find_model(unit, name)).content)


async def save_matrix(unit: Unit, matrix: Matrix, now: datetime) -> MatrixRow:
    """
    Keep a Matrix as the next version of its name, Models and pictures copied whole.

    The same content as the newest version gives that version again, so saving may be repeated. Of two who save at the
    same time, the second waits for the first and makes the version after.

    Raises:
        QuotaReached: Its name is new, and the plan has no room for another.
    """
    await allow_matrix(unit, matrix.matrix)
    newest = await unit.session.scalar(
        select(MatrixRow).where(MatrixRow.name == matrix.matrix).order_by(MatrixRow.version.desc()).limit(1)
    )
    if newest is not None and newest.content_hash == matrix.content_hash:
        return newest
    row = MatrixRow(
        client_id=unit.client_id,
        id=await unit.new_id(),
        name=matrix.matrix,
        version=newest.version + 1 if newest else 1,
        pass_type=matrix.pass_type,
        content=dump_matrix(matrix, {name: name for name in matrix.models}),
        content_hash=matrix.content_hash,
        created_at=now,
    )
    unit.session.add(row)
    await unit.session.flush()
    edited = dict((await unit.session.execute(select(ModelRow.name, ModelRow.id))).all())
    for key, model in matrix.models.items():
        unit.session.add(
            MatrixModelRow(
                client_id=unit.client_id,
                matrix_id=row.id,
                key=key,
                model_id=edited.get(model.model),
                content=await _write(unit, model, now),
                content_hash=model.content_hash,
            )
        )
    await unit.session.flush()
    await tell(unit, "matrix.versioned", matrix_data(row), now, cause="api")
    return row


async def find_matrix(unit: Unit, name: str, version: int | None = None) -> MatrixRow:
    """
    A version of a Matrix, by default the newest.

    Raises:
        NotFound: The client has none such.
    """
    query = select(MatrixRow).where(MatrixRow.name == name).order_by(MatrixRow.version.desc()).limit(1)
    row = await unit.session.scalar(query if version is None else query.where(MatrixRow.version == version))
    if row is None:
        which = name if version is None else f"{name}, version {version}"
        raise NotFound(f"there is no Matrix {which}: create it first, or correct the name")
    return row


async def load_matrix(unit: Unit, row: MatrixRow) -> Matrix:
    """The Matrix of a row. A frozen one is read once in a process: equal content, equal Matrix."""
    key = f"{row.name}/{row.version}/{row.content_hash}"
    if row.frozen_at is not None and key in _frozen:
        _frozen.move_to_end(key)
        return _frozen[key]
    copies = await unit.session.scalars(
        select(MatrixModelRow).where(MatrixModelRow.client_id == row.client_id, MatrixModelRow.matrix_id == row.id)
    )
    models = {copy.key: await _read(unit, copy.content, row.client_id) for copy in copies.all()}
    matrix = Matrix.read({**row.content, "version": row.version}, model=models.__getitem__, name=row.name)
    if row.frozen_at is not None:
        _frozen[key] = matrix
        if len(_frozen) > CACHED:
            _frozen.popitem(last=False)
    return matrix


async def freeze(unit: Unit, row: MatrixRow, now: datetime) -> None:
    """Make a version final, for ever; the database refuses any change from then on."""
    if row.frozen_at is None:
        await unit.session.execute(
            update(MatrixRow).where(MatrixRow.id == row.id, MatrixRow.frozen_at.is_(None)).values(frozen_at=now)
        )
        await unit.session.refresh(row)
        await tell(unit, "matrix.frozen", matrix_data(row), now, cause="api")


async def _write(unit: Unit, model: PassModel, now: datetime) -> dict[str, Any]:
    """A Model as JSON: its document, and each picture by the digest of its bytes."""
    pictures: dict[str, str] = {}
    for where, image in model.pictures():
        if image.data is not None:
            pictures[where] = await keep_asset(unit, image.data, now)
    return {"document": dump_model(model), "pictures": pictures}


async def keep_asset(unit: Unit, content: bytes, now: datetime) -> str:
    """Keep a picture's bytes, once; returns their SHA-256, hexadecimal."""
    digest = hashlib.sha256(content).digest()
    values = {
        "client_id": unit.client_id, "digest": digest, "media_type": _media_type(content), "content": content,
        "created_at": now,
    }  # fmt: skip
    await unit.connection.execute(upsert(unit.connection.dialect, AssetRow).values(**values).on_conflict_do_nothing())
    return digest.hex()


async def publish_asset(unit: Unit, content: bytes) -> None:
    """Keep a picture that a wallet's maker fetches by itself, so that anyone may have it; may be repeated."""
    values = {
        "client_id": unit.client_id, "digest": hashlib.sha256(content).digest(), "media_type": _media_type(content),
        "content": content, "created_at": datetime.now(UTC), "public": True,
    }  # fmt: skip
    statement = upsert(unit.connection.dialect, AssetRow).values(**values)
    own = ["client_id", "digest"]
    await unit.connection.execute(statement.on_conflict_do_update(index_elements=own, set_={"public": True}))


async def public_asset(unit: Unit, digest: bytes) -> AssetRow | None:
    """A picture that anyone may have, by the SHA-256 of its bytes, whoever published it."""
    query = select(AssetRow).where(AssetRow.digest == digest, AssetRow.public).limit(1)
    found: AssetRow | None = await unit.session.scalar(query)
    return found


def _media_type(content: bytes) -> str:
    kinds = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
    return next((kind for start, kind in kinds.items() if content.startswith(start)), "image/svg+xml")


async def _read(unit: Unit, content: Mapping[str, Any], client_id: int | None = None) -> PassModel:
    document = deepcopy(content["document"])
    digests = {where: bytes.fromhex(digest) for where, digest in content["pictures"].items()}
    owner = unit.client_id if client_id is None else client_id
    query = select(AssetRow.digest, AssetRow.content)
    chosen = query.where(AssetRow.client_id == owner, AssetRow.digest.in_(set(digests.values())))
    assets = dict((await unit.connection.execute(chosen)).all()) if digests else {}
    for where, digest in digests.items():
        _place(document, where.split("."))["data"] = assets[digest]
    return PassModel.read(document, name=str(document["model"]))


def _place(document: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """The mapping of one picture in a document."""
    for step in path:
        document = document.setdefault(step, {})
    return document
