"""
A client moved in from another server: its archive put in place, all of it or nothing.

Rows get new ids in the same order, secrets are sealed with this server's keys, sealed days get hashes of this server
after theirs were proved. Phones are answered as before: serials and the secrets of passes stay what they were.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import String, cast, insert, select, update
from sqlalchemy.exc import IntegrityError

from walletpass.errors import ArchiveUnreadable, CredentialUnfit, UsageError
from walletpass_server.engine.archive_cipher import decrypt
from walletpass_server.engine.archive_tables import TABLES, columns, readers
from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.client_export import FORMAT
from walletpass_server.engine.plans import QUOTAS
from walletpass_server.engine.seals import seal_digest
from walletpass_server.hooks.secrets import new_secret, seal_secret
from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.epochs import begin_epoch
from walletpass_server.persistence.schema import head
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import (
    ClientRow,
    DeviceRow,
    GoogleObjectRow,
    MatrixRow,
    OperationRow,
    PassRow,
    PassTypeRow,
)
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

BATCH = 500
LONGEST_LINE = 64_000_000
"""Characters; a picture in base64 is the longest thing there is."""


@dataclass(frozen=True, slots=True)
class Imported:
    """
    A client that moved in.

    Attributes:
        rows: How many of each table.
    """

    client_id: int
    slug: str
    rows: dict[str, int]


async def import_client(
    database: Database,
    keyring: Keyring,
    file: BinaryIO,
    passphrase: str,
    actor: Actor,
    now: datetime,
    *,
    slug: str | None = None,
) -> Imported:
    """
    Put an archive in place, in one transaction: on SQLite others wait for it.

    Args:
        file: Open for reading in binary.
        slug: Its name in commands here; by default that of before.

    Raises:
        ArchiveUnreadable: No archive, damaged, cut off, of another version, or under another passphrase.
        CredentialUnfit: One of its pass types belongs to another client here.
        UsageError: Its slug, passes or tokens are here already.
    """
    try:
        async with database.writing(ALL_CLIENTS, long=True) as unit:
            work = _Import(unit, keyring, now)
            moved = await work.run(_lines(file, passphrase), slug)
            await work.tell_phones()
            own = Unit(unit.connection, moved.client_id)
            async with own.session:
                await record(own, actor, "client.imported", f"client:{moved.slug}", now, after={"rows": moved.rows})
            await begin_epoch(unit.connection, f"client {moved.slug} moved in"[:200])
    except IntegrityError as exc:
        raise UsageError(
            "its slug, or some of its passes, tokens or links, are on this server already: nothing was imported;"
            " choose another --slug, or remove the client that has them"
        ) from exc
    return moved


class _Import:
    """One archive on its way into the database."""

    def __init__(self, unit: Unit, keyring: Keyring, now: datetime) -> None:
        self._unit = unit
        self._keyring = keyring
        self._now = now
        self._low = self._start = 0
        self._credentials = False
        self._frozen: list[tuple[int, datetime]] = []
        self._seals: dict[int, tuple[bytes, bytes]] = {}

    async def run(self, lines: Iterator[dict[str, Any]], slug: str | None) -> Imported:
        manifest = next(lines, {})
        if manifest.get("walletpass") != "client" or manifest.get("format") != FORMAT:
            raise ArchiveUnreadable("the archive is of another kind: make it with 'walletpass client export'")
        if manifest["schema"] != head():
            raise ArchiveUnreadable(
                f"the archive is of step {manifest['schema']}, this server of {head()}: bring both to one version"
            )
        self._low, self._credentials = manifest["low"], manifest["credentials"]
        self._start = await self._unit.reserve_ids(manifest["high"] - self._low + 1)
        known = manifest["client"]
        kept = {name: known[name] for name in ("name", "plan", "connector", "issued", *QUOTAS)}
        row = ClientRow(id=self._start, slug=slug or known["slug"], settings={}, created_at=self._now, **kept)
        self._unit.session.add(row)
        await self._unit.session.flush()
        counts = await self._take(lines)
        if counts["hook_endpoint"]:
            row.settings = {"hooks": True}
            await self._unit.session.flush()
        return Imported(row.id, row.slug, counts)

    async def _take(self, lines: Iterator[dict[str, Any]]) -> dict[str, int]:
        counts = dict.fromkeys((name for name in TABLES if name != "credential" or self._credentials), 0)
        waiting: list[dict[str, Any]] = []
        name = ""
        read: Callable[[Any], dict[str, Any]] = dict
        for line in lines:
            if "end" in line:
                await self._insert(name, waiting)
                if line["end"] != counts or next(lines, None) is not None:
                    raise ArchiveUnreadable("the archive does not hold what it says it does: take another copy")
                return counts
            if line["t"] != name or len(waiting) >= BATCH:
                await self._insert(name, waiting)
                waiting = []
            if line["t"] != name:
                name = line["t"]
                await self._freeze(name)
                read = readers(TABLES[name], self._keyring, self._moved)
            waiting.append(read(line["r"]))
            counts[name] += 1
        raise ArchiveUnreadable("the archive is cut off: take another copy")

    def _moved(self, number: int) -> int:
        """An id as it is here; 0, which stands for none, stays."""
        return number - self._low + self._start if number >= self._low else number

    async def _insert(self, name: str, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        if name == "matrix":  # frozen when its Models are there
            self._frozen += [(row["id"], row["frozen_at"]) for row in rows if row["frozen_at"] is not None]
            rows = [{**row, "frozen_at": None} for row in rows]
        elif name == "operation" and not self._credentials:
            rows = [{**row, "apple_credential_id": None, "google_credential_id": None} for row in rows]
        elif name == "run":
            rows = [{**row, "state": "waiting" if row["state"] == "running" else row["state"]} for row in rows]
        elif name == "day_seal":
            rows = [self._sealed_here(row) for row in rows]
        elif name == "pass_type":
            await self._take_pass_types(rows)
        table = TABLES[name]
        statement = insert(table)
        if "change" in table.columns:
            statement = statement.values(change=CurrentChange())
        whole = [_whole(name, row) for row in rows]
        if name == "hook_endpoint":
            whole = [{**row, **self._paused(row["id"])} for row in whole]
        await self._unit.connection.execute(statement, whole)

    def _paused(self, hook_id: int) -> dict[str, Any]:
        """A hook waits until it has a secret that its receiver knows: the one of before signs on the old server."""
        return {
            "sealed": seal_secret(self._keyring, new_secret(), hook_id),
            "state": "paused",
            "paused_at": self._now,
            "paused_why": "moved here: rotate its secret, give it to the receiver, then resume it",
        }

    async def _freeze(self, coming: str) -> None:
        """Matrices whose Models are all there become final, before anything that needs it."""
        while self._frozen and coming != "matrix_model":
            matrix_id, frozen_at = self._frozen.pop()
            which = (MatrixRow.client_id == self._start, MatrixRow.id == matrix_id)
            await self._unit.connection.execute(update(MatrixRow).where(*which).values(frozen_at=frozen_at))

    async def tell_phones(self) -> None:
        """Each phone once, and Google of what it has not heard: letters of before did not come along."""
        own = DeviceRow.client_id == self._start
        await outbox.put_selected(
            self._unit, "apns", select(DeviceRow.client_id, cast(DeviceRow.id, String)).where(own)
        )
        behind = (
            select(PassRow.client_id, cast(PassRow.id, String))
            .join(
                GoogleObjectRow,
                (GoogleObjectRow.client_id == PassRow.client_id) & (GoogleObjectRow.pass_id == PassRow.id),
            )
            .where(PassRow.client_id == self._start, GoogleObjectRow.sent_version < PassRow.version)
        )
        await outbox.put_selected(self._unit, "google", behind)

    async def _take_pass_types(self, rows: list[dict[str, Any]]) -> None:
        names = [row["identifier"] for row in rows]
        query = select(PassTypeRow.identifier).where(PassTypeRow.identifier.in_(names)).limit(1)
        taken = (await self._unit.connection.execute(query)).scalar_one_or_none()
        if taken is not None:
            raise CredentialUnfit(f"{taken}: belongs to another client of this server: nothing was imported")

    def _sealed_here(self, row: dict[str, Any]) -> dict[str, Any]:
        """The hash chain holds ids: proved with those of before, made again with those of here."""
        before = self._seals.get(row["operation_id"], (b"", b""))
        there = OperationRow(client_id=self._low, id=row["operation_id"] - self._start + self._low)
        here = OperationRow(client_id=self._start, id=row["operation_id"])
        if seal_digest(there, row["day"], row["figures"], before[0]) != row["digest"]:
            raise ArchiveUnreadable(f"the figures of {row['day']} are not those that were sealed: nothing was imported")
        digest = seal_digest(here, row["day"], row["figures"], before[1])
        self._seals[row["operation_id"]] = (row["digest"], digest)
        return {**row, "digest": digest}


def _whole(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {column.name: row[column.name] for column in columns(TABLES[name])}


def _lines(file: BinaryIO, passphrase: str) -> Iterator[dict[str, Any]]:
    unpacker = zlib.decompressobj()
    waiting = b""
    for piece in decrypt(file, passphrase):
        try:
            waiting += unpacker.decompress(piece)
        except zlib.error as exc:
            raise ArchiveUnreadable("the archive is damaged: take another copy") from exc
        *lines, waiting = waiting.split(b"\n")
        if len(waiting) > LONGEST_LINE:
            raise ArchiveUnreadable("the archive has a line that is too long: take another copy")
        for line in lines:
            yield _read(line)
    if waiting or not unpacker.eof:
        raise ArchiveUnreadable("the archive is cut off: take another copy")


def _read(line: bytes) -> dict[str, Any]:
    try:
        read = json.loads(line)
    except ValueError as exc:
        raise ArchiveUnreadable("a line of the archive is no JSON: take another copy") from exc
    if not isinstance(read, dict):
        raise ArchiveUnreadable("a line of the archive is no object: take another copy")
    return read
