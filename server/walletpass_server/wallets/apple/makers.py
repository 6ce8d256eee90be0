"""What makes the bundles of a process: signers and prepared Models, each made once and kept."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Set
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic_core import from_json

from walletpass.apple.maker import PassMaker
from walletpass.apple.signing import KeySigner, Signer
from walletpass.errors import CredentialUnfit
from walletpass_server.engine.credential_files import apple_credentials
from walletpass_server.engine.credentials import open_credential
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.device_reads import PassAsked
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import CredentialRow

KEPT = 256
"""Signers, operations, prepared Models of a process: of each so many."""

Key = TypeVar("Key", bound=Hashable)
T = TypeVar("T")


class _Kept(Generic[Key, T]):
    """A bounded memory of what is dear to make: those who ask at once wait for the same one."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._made: OrderedDict[Key, T] = OrderedDict()
        self._making: dict[Key, asyncio.Task[T]] = {}

    def get(self, key: Key) -> T | None:
        if key not in self._made:
            return None
        self._made.move_to_end(key)
        return self._made[key]

    async def get_or_make(self, key: Key, make: Callable[[], Awaitable[T]]) -> T:
        found = self.get(key)
        if found is not None:
            return found
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.ensure_future(self._make(key, make))
        return await asyncio.shield(making)  # one caller that goes away takes nothing from the others

    async def _make(self, key: Key, make: Callable[[], Awaitable[T]]) -> T:
        try:
            made = self._made[key] = await make()
        finally:
            del self._making[key]
        while len(self._made) > self._most:
            self._made.popitem(last=False)
        return made


@dataclass(frozen=True, slots=True)
class Recipe:
    """
    How passes are made while they are at one Model.

    Attributes:
        maker: Of the Model.
        variables: Of the Model.
        pictures: Those of them that hold a picture.
    """

    maker: PassMaker
    variables: Set[str]
    pictures: Set[str]

    def values(self, stored: str) -> dict[str, object]:
        """What the Model shows of a pass's values, which are JSON text; the maker reads all but pictures from it."""
        found = {name: value for name, value in from_json(stored).items() if name in self.variables}
        for name in self.pictures & found.keys():
            found[name] = found[name] and b64decode(found[name], validate=True)
        return found


class Makers:
    """The recipes of a process."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._signers: _Kept[str, Signer] = _Kept()
        self._makers: _Kept[tuple[str, str, str], PassMaker] = _Kept()
        self._recipes: _Kept[tuple[int, str, str], Recipe] = _Kept()

    async def recipe(self, asked: PassAsked) -> Recipe:
        """
        How a pass is made.

        Raises:
            CredentialUnfit: Its operation has no Apple credential.
            SigningError: The credential cannot be read, or is none to sign passes with.
            SecretUnreadable: No key opens it.
        """
        if asked.fingerprint is None:
            raise CredentialUnfit("this operation has no Apple credential: its passes are for other wallets")
        key = (asked.operation_id, asked.model, asked.fingerprint)
        return self._recipes.get(key) or await self._recipes.get_or_make(key, lambda: self._find(asked))

    async def warm(self, live: LiveOperation) -> None:
        """Make the recipe of an operation's new passes; raises as `recipe` does."""
        start = live.matrix.start
        if live.row.apple_credential_id is None or "apple" not in live.matrix.models[start].wallets:
            return
        async with self._database.reading(live.row.client_id) as unit:
            row = await unit.session.get_one(CredentialRow, (live.row.client_id, live.row.apple_credential_id))
        await self._recipes.get_or_make((live.row.id, start, row.fingerprint), lambda: self._make(live, start, row))

    async def _find(self, asked: PassAsked) -> Recipe:
        async with self._database.reading(asked.client_id) as unit:
            row = await unit.session.get_one(CredentialRow, (asked.client_id, asked.credential_id))
            live = await load_operation(unit, asked.operation_id)
        return await self._make(live, asked.model, row)

    async def _make(self, live: LiveOperation, model: str, row: CredentialRow) -> Recipe:
        signer = await self._signers.get_or_make(row.fingerprint, lambda: self._load_signer(row))
        maker = await self._makers.get_or_make(
            (live.matrix.content_hash, model, row.fingerprint),
            lambda: asyncio.to_thread(PassMaker, live.matrix.models[model], signer),  # pictures take a while
        )
        variables = live.matrix.models[model].variables
        pictures = {name for name, variable in variables.items() if variable.type == "image"}
        return Recipe(maker, variables.keys(), pictures)

    async def _load_signer(self, row: CredentialRow) -> Signer:
        return await asyncio.to_thread(lambda: KeySigner(apple_credentials(open_credential(self._keyring, row))))
