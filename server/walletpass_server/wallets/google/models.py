"""Matrices compiled for Google, once in a process: their Models, and what an object of them may carry."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce

from walletpass.google import GoogleCompiler
from walletpass.google.patches import Shape, both
from walletpass.matrix import Matrix
from walletpass.model import PassModel
from walletpass_server.engine.designs import publish_asset
from walletpass_server.engine.live import LiveOperation
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.settings import Settings
from walletpass_server.wallets.google.accounts import rehearses
from walletpass_server.wallets.google.addresses import callback_url, picture_url

CACHED = 256
"""Matrices that a process keeps compiled."""


@dataclass(frozen=True, slots=True)
class GoogleMatrix:
    """
    The Models of a Matrix for one issuer.

    Attributes:
        compilers: By the name that a Model has in the Matrix; those for Google alone.
        shape: Every property that an object may have had under any of them.
        pictures: Where pictures go that a single pass brings.
    """

    compilers: Mapping[str, GoogleCompiler]
    shape: Shape
    pictures: Pictures = field(repr=False)


class Pictures:
    """Gives pictures their public address, and keeps them until they are published."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url
        self._made: dict[str, bytes] = {}

    def __call__(self, name: str, data: bytes) -> str:  # noqa: ARG002 - the digest is all of its name
        digest = hashlib.sha256(data).hexdigest()
        self._made[digest] = data
        return picture_url(self._public_url, digest)

    def take(self) -> list[bytes]:
        """Those not published yet."""
        taken, self._made = list(self._made.values()), {}
        return taken


class Matrices:
    """Compiles Matrices, each once."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._compiled: OrderedDict[tuple[int, int, str], GoogleMatrix] = OrderedDict()
        self._compiling = asyncio.Lock()

    async def of(self, live: LiveOperation, issuer_id: str) -> GoogleMatrix:
        """
        The Matrix of an operation, its pictures published.

        Raises:
            MappingRejected, PictureError: A Model cannot be shown by Google.
        """
        key = (live.row.client_id, live.row.matrix_id, issuer_id)
        async with self._compiling:
            found = self._compiled.get(key)
            if found is None:
                found = await asyncio.to_thread(self._compile, live.matrix, live.row.client_id, issuer_id)
                await self.publish(live.row.client_id, found.pictures)
                self._compiled[key] = found
                if len(self._compiled) > CACHED:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(key)
            return found

    async def publish(self, client_id: int, pictures: Pictures) -> None:
        """Let Google fetch the pictures that were made since."""
        made = pictures.take()
        if not made:
            return

        async def work(unit: Unit) -> None:
            for data in made:
                await publish_asset(unit, data)

        await self._database.run(client_id, work)

    def _compile(self, matrix: Matrix, client_id: int, issuer_id: str) -> GoogleMatrix:
        pictures = Pictures(self._settings.public_url)
        reachable = self._settings.public_url.startswith("https://") or rehearses(self._settings)
        compilers = {
            name: GoogleCompiler(
                model,
                issuer_id=issuer_id,
                image_url=pictures if reachable else None,
                callback_url=callback_url(self._settings, issuer_id),
                class_suffix=class_suffix(client_id, model),
            )
            for name, model in matrix.models.items()
            if "google" in model.wallets
        }
        shape: Shape = reduce(both, (compiler.object_shape for compiler in compilers.values()), {})
        return GoogleMatrix(compilers, shape, pictures)


def class_suffix(client_id: int, model: PassModel) -> str | None:
    """
    The class of a Model: another for each content, since a class is seen by all who hold a pass of it, and a frozen
    Matrix must not change by a newer version of its Models. A suffix that the Model itself gives counts as it is.
    """
    if model.google.class_suffix is not None:
        return None
    digest = hashlib.sha256(f"{client_id}/{model.content_hash}".encode()).hexdigest()
    return f"{model.model}-{digest[:12]}"
