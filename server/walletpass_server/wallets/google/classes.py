"""Classes at Google: each there, and as it should be, before an object names it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import datetime
from weakref import WeakValueDictionary

from sqlalchemy import update

from walletpass.errors import GoogleMissing, GoogleTaken
from walletpass.google.patches import shape_of, with_nulls
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import GoogleClassRow
from walletpass_server.persistence.unit_of_work import Unit
from walletpass_server.wallets.google.accounts import GoogleAccount
from walletpass_server.wallets.google.calls import Calls
from walletpass_server.wallets.google.client import Content

REMEMBERED = 10_000
"""Classes that a process knows to be at Google without looking into the database."""


class Classes:
    """Sends classes. What Google acknowledged is kept by its hash, so that a class is sent once for all processes."""

    def __init__(self, database: Database, calls: Calls) -> None:
        self._database = database
        self._calls = calls
        self._known: dict[tuple[int, str], str] = {}
        self._turns: WeakValueDictionary[tuple[int, str], asyncio.Lock] = WeakValueDictionary()

    async def ensure(
        self, client_id: int, account: GoogleAccount, type_: str, class_: Content, now: datetime, *, again: bool = False
    ) -> None:
        """
        See that a class is at Google with this content.

        Args:
            client_id: Whose.
            account: Its issuer.
            type_: Google's name of its type.
            class_: As compiled.
            now: The instant.
            again: Google said that it is not there.

        Raises:
            GoogleCallFailed: Google did not take it.
        """
        key, digest = (client_id, str(class_["id"])), content_hash(class_)
        if self._known.get(key) == digest and not again:
            return
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            before = await self._begin(client_id, account, type_, class_, digest, now)
            if before.sent_hash != digest or again:
                await self._send(account, type_, class_, {} if again else before.content)
                await self._acknowledge(key, class_, digest)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = digest

    async def _begin(
        self, client_id: int, account: GoogleAccount, type_: str, class_: Content, digest: str, now: datetime
    ) -> GoogleClassRow:
        """The row, which says what Google has; new when there was none."""
        values = {
            "client_id": client_id,
            "class_id": class_["id"],
            "credential_id": account.credential_id,
            "google_type": type_,
            "content": {},
            "content_hash": digest,
            "changed_at": now,
        }

        async def work(unit: Unit) -> GoogleClassRow:
            row = upsert(unit.connection.dialect, GoogleClassRow).values(values)
            wanted = {name: values[name] for name in ("credential_id", "content_hash", "changed_at")}
            own = ["client_id", "class_id"]
            await unit.connection.execute(row.on_conflict_do_update(index_elements=own, set_=wanted))
            return await unit.session.get_one(GoogleClassRow, (client_id, class_["id"]))

        async with self._database.reading(client_id) as unit:
            found = await unit.session.get(GoogleClassRow, (client_id, class_["id"]))
        if found is not None and found.content_hash == digest:
            return found
        return await self._database.run(client_id, work)

    async def _send(self, account: GoogleAccount, type_: str, class_: Content, before: Content) -> None:
        changes = with_nulls(class_, shape_of(before))
        if before:
            try:
                await self._calls.patch(account, type_, "Class", class_["id"], changes)
            except GoogleMissing:
                await self._calls.insert(account, type_, "Class", class_)
            return
        try:
            await self._calls.insert(account, type_, "Class", class_)
        except GoogleTaken:
            await self._calls.patch(account, type_, "Class", class_["id"], changes)

    async def _acknowledge(self, key: tuple[int, str], class_: Content, digest: str) -> None:
        client_id, class_id = key

        async def work(unit: Unit) -> None:
            await unit.connection.execute(
                update(GoogleClassRow)
                .where(GoogleClassRow.client_id == client_id, GoogleClassRow.class_id == class_id)
                .values(content=class_, sent_hash=digest)
            )

        await self._database.run(client_id, work)


def content_hash(content: Content) -> str:
    """SHA-256 of a class, hexadecimal."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
