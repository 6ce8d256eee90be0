"""
Keys of the API: 32 random bytes behind a prefix, shown once, kept as SHA-256.

A plain hash is enough: there are too many keys to try. A key belongs to one client and one environment, carries scopes,
and may be held to some operations.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import bindparam, or_, select, update

from walletpass.errors import KeyOver, NotFound, UsageError
from walletpass.values import is_readable
from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.plans import FEATURES, features, own_row
from walletpass_server.engine.reach import Reach
from walletpass_server.persistence.bare_reads import Statement, bare_reads
from walletpass_server.persistence.columns import from_microseconds, to_microseconds
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import ApiKeyRow, ClientRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit

Environment = Literal["test", "production"]

PREFIXES: dict[Environment, str] = {"test": "wp_test_", "production": "wp_live_"}
"""How keys begin, so that people and secret scanners know them."""
RANDOM_BYTES = 32
OVERLAP = timedelta(days=1)
"""How long a rotated key is still good, unless another time is asked for."""
LONGEST_OVERLAP = timedelta(days=30)
USE_NOTED = timedelta(minutes=1)
"""How often the last use is written down."""
SCOPES: tuple[str, ...] = (
    *(
        f"{resource}:{right}"
        for resource in (
            "assets", "models", "matrices", "operations", "tokens", "passes", "runs", "credentials", "keys", "letters",
            "hooks",
        )
        for right in ("read", "write")
    ),
    "events:write",
    "links:read",
    "persons:erase",
    "reports:read",
    "reports:write",
    "logs:read",
    "account:read",
    "account:write",
    "account:export",
)  # fmt: skip
"""What a key may be allowed, by kind of thing. `links:read` shows tokens: whoever has a token has the pass."""

_TEXT = re.compile(r"wp_(?:test|live)_[A-Za-z0-9_-]{43}")
_HINT = 12


@dataclass(frozen=True, slots=True)
class Key:
    """
    A key that is good, as a door knows it.

    Attributes:
        id, client_id: Its row, and whose it is.
        name: What its people call it.
        scopes: What it may do.
        reach: To which operations.
        last_used_at: As last written down.
    """

    id: int
    client_id: int
    name: str
    scopes: frozenset[str]
    reach: Reach
    last_used_at: datetime | None = None

    @property
    def environment(self) -> str:
        """test or production."""
        assert self.reach.environment is not None  # noqa: S101 - every key has one
        return self.reach.environment

    @property
    def actor(self) -> Actor:
        """As the log of changes names it."""
        return Actor("key", f"{self.id} ({self.name})")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: the only time that its text is known."""

    row: ApiKeyRow
    text: str


def looks_like_key(text: str) -> bool:
    """Whether a text has the form of a key, so that nonsense is refused before any look-up."""
    return _TEXT.fullmatch(text) is not None


def key_digest(text: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(text.encode()).digest()


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """Scopes, each once and in order; raises UsageError."""
    wanted = set(scopes)
    if unknown := sorted(wanted - set(SCOPES)):
        raise UsageError(f"{', '.join(unknown)[:200]}: no such scope; there are: {', '.join(SCOPES)}")
    if not wanted:
        raise UsageError("a key without a scope opens nothing: name at least one")
    return [scope for scope in SCOPES if scope in wanted]


async def create_key(
    unit: Unit,
    name: str,
    environment: Environment,
    scopes: Iterable[str],
    actor: Actor,
    now: datetime,
    *,
    operations: Sequence[int] | None = None,
) -> NewKey:
    """
    A new key of the unit's client.

    Args:
        name: For people.
        environment: The operations it can reach.
        scopes: Of `SCOPES`.
        operations: Ids of the only operations it may reach; by default all.

    Raises:
        UsageError: No name, an unknown scope, or a client without the connector.
        NotFound: The client has no such operation in that environment.
    """
    owner = await own_row(unit)
    if "api" not in features(owner):
        raise UsageError(f"{owner.slug}: its plan {owner.plan} has no API: add the connector, then make keys")
    if operations is not None:
        await _check_operations(unit, environment, operations)
    return await _add(unit, name, environment, check_scopes(scopes), operations, actor, now, replaces=None)


async def rotate_key(unit: Unit, key_id: int, actor: Actor, now: datetime, *, overlap: timedelta = OVERLAP) -> NewKey:
    """
    A key in place of another, with the same rights. The old one stays good for the overlap.

    Raises:
        NotFound: The client has no such key.
        KeyOver: It was revoked, has ended, or was rotated before.
        UsageError: An overlap of more than thirty days.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise UsageError(f"the overlap {overlap} is not between none and {LONGEST_OVERLAP.days} days")
    old = await _find(unit, key_id, lock=True)
    if not _good(old, now) or old.expires_at is not None:
        raise KeyOver(f"key {key_id}: was revoked or rotated before: create a new key")
    old.expires_at = now + overlap
    environment: Environment = "production" if old.environment == "production" else "test"
    return await _add(unit, old.name, environment, old.scopes, old.operations, actor, now, replaces=old.id)


async def revoke_key(unit: Unit, key_id: int, actor: Actor, now: datetime) -> ApiKeyRow:
    """
    Refuse a key from now on, for good. May be repeated.

    Raises:
        NotFound: The client has no such key.
    """
    row = await _find(unit, key_id, lock=True)
    if row.revoked_at is None:
        row.revoked_at = now
        await record(
            unit, actor, "key.revoked", f"key:{key_id}", now, before={"revoked": False}, after={"revoked": True}
        )
    return row


async def find_key(unit: Unit, key_id: int) -> ApiKeyRow:
    """A key of the unit's client; raises NotFound."""
    return await _find(unit, key_id)


class KeyReads:
    """Looks keys up, over connections of its own."""

    def __init__(self, database: Database) -> None:
        self._bare = bare_reads(database, "keys")
        self._found = Statement.of(_FOUND, database.engine.dialect)

    async def find(self, digest: bytes, now: datetime) -> Key | None:
        """
        The key of a digest, if it is good.

        Raises:
            DatabaseUnavailable: It does not answer.
        """
        rows = [_Found(*row) for row in await self._bare.rows(self._found, {"digest": digest})]
        good = (row for row in rows if hmac.compare_digest(digest, row.digest) and row.is_good(to_microseconds(now)))
        return next((row.key() for row in good), None)

    async def close(self) -> None:
        """Close every connection."""
        await self._bare.close()


class _Found(NamedTuple):
    id: int
    client_id: int
    name: str
    digest: bytes
    environment: str
    scopes: str
    operations: str | None
    last_used_at: int | None
    expires_at: int | None
    revoked_at: int | None

    def is_good(self, now: int) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def key(self) -> Key:
        operations = None if self.operations is None else frozenset(json.loads(self.operations))
        used = None if self.last_used_at is None else from_microseconds(self.last_used_at)
        reach = Reach(self.environment, operations)
        return Key(self.id, self.client_id, self.name, frozenset(json.loads(self.scopes)), reach, used)


async def note_use(unit: Unit, key: Key, now: datetime) -> None:
    """Write down that a key was used, once a minute at most."""
    await unit.connection.execute(
        update(ApiKeyRow).where(ApiKeyRow.client_id == key.client_id, ApiKeyRow.id == key.id).values(last_used_at=now)
    )


def _good(row: ApiKeyRow, now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or now < row.expires_at)


async def _find(unit: Unit, key_id: int, *, lock: bool = False) -> ApiKeyRow:
    query = select(ApiKeyRow).where(ApiKeyRow.id == key_id)
    row = await unit.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound(f"there is no key {key_id}: look it up in the list of keys")
    return row


async def _check_operations(unit: Unit, environment: Environment, operations: Sequence[int]) -> None:
    query = select(OperationRow.id).where(OperationRow.id.in_(operations), OperationRow.environment == environment)
    missing = set(operations) - set((await unit.session.scalars(query)).all())
    if missing or not operations:
        which = ", ".join(map(str, sorted(missing))) or "none"
        raise NotFound(f"operations {which}: are not in {environment}: look them up in the list of operations")


async def _add(
    unit: Unit,
    name: str,
    environment: Environment,
    scopes: Sequence[str],
    operations: Sequence[int] | None,
    actor: Actor,
    now: datetime,
    *,
    replaces: int | None,
) -> NewKey:
    if not is_readable(name, 200):
        raise UsageError("the name of a key is one line of 1 to 200 characters: say who uses it")
    text = PREFIXES[environment] + secrets.token_urlsafe(RANDOM_BYTES)
    row = ApiKeyRow(
        client_id=unit.client_id,
        id=await unit.new_id(),
        name=name,
        environment=environment,
        hint=text[:_HINT],
        digest=key_digest(text),
        scopes=list(scopes),
        operations=None if operations is None else sorted(set(operations)),
        replaces=replaces,
        created_at=now,
    )
    unit.session.add(row)
    await unit.session.flush()
    told = {"name": name, "environment": environment, "scopes": row.scopes, "operations": row.operations}
    before = None if replaces is None else {"key": replaces}
    action = "key.created" if replaces is None else "key.rotated"
    await record(unit, actor, action, f"key:{row.id}", now, before=before, after=told)
    return NewKey(row, text)


_WITH_API = ClientRow.removed_at.is_(None) & or_(
    ClientRow.connector, *(ClientRow.plan == plan for plan, opened in FEATURES.items() if "api" in opened)
)
"""Its client is there, and has the API by its plan."""
_FOUND = (
    select(
        ApiKeyRow.id, ApiKeyRow.client_id, ApiKeyRow.name, ApiKeyRow.digest, ApiKeyRow.environment, ApiKeyRow.scopes,
        ApiKeyRow.operations, ApiKeyRow.last_used_at, ApiKeyRow.expires_at, ApiKeyRow.revoked_at,
    )
    .join(ClientRow, ClientRow.id == ApiKeyRow.client_id)
    .where(ApiKeyRow.digest == bindparam("digest"), _WITH_API)
)  # fmt: skip
