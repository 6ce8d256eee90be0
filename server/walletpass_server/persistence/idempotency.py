"""Idempotency keys: the same request again gets the same answer and changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from json import JSONEncoder
from typing import Any

from sqlalchemy import Dialect, Select, bindparam, delete, select, update
from sqlalchemy.sql.dml import ReturningInsert

from walletpass.errors import IdempotencyKeyReused, UsageError
from walletpass.values import is_readable
from walletpass_server.persistence.sql import DatabaseNow, one_of, upsert
from walletpass_server.persistence.tables import IdempotencyKeyRow
from walletpass_server.persistence.unit_of_work import Unit

KEPT = timedelta(days=30)
"""How long a key is remembered."""
MAX_KEY = 255
"""Longest key, in characters."""

_CANONICAL = JSONEncoder(sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class Remembered:
    """The answer given before."""

    answer: dict[str, Any]


def request_digest(*parts: str | bytes) -> bytes:
    """What tells two requests apart: SHA-256 over method, path and body, each with its length before it."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


def canonical(document: object) -> str:
    """The same text for the same request, however its JSON was written."""
    return _CANONICAL.encode(document)


async def begin(unit: Unit, environment: str, key: str, request: bytes) -> Remembered | None:
    """
    Take a key, in the transaction that does the work. A second request waits here for the first.

    Args:
        environment: test or production: keys of one mean nothing in the other.
        key: As the caller sent it, 1 to 255 printable characters.
        request: `request_digest` of the request.

    Returns:
        None when the work is to be done (then call `finish`), else the answer to give.

    Raises:
        UsageError: The key is none.
        IdempotencyKeyReused: The key came before with another request.
    """
    _check(key)
    taken = await unit.connection.execute(
        upsert(unit.connection.dialect, IdempotencyKeyRow)
        .values(
            client_id=unit.client_id,
            environment=environment,
            key=key,
            request_digest=request,
            created_at=DatabaseNow(),
        )
        .on_conflict_do_nothing()
    )
    if taken.rowcount == 1:
        return None
    before = (
        await unit.connection.execute(
            select(IdempotencyKeyRow.request_digest, IdempotencyKeyRow.answer).where(*_is(unit, environment, key))
        )
    ).one()
    if before.request_digest != request:
        raise IdempotencyKeyReused(f"the idempotency key {key!r} came before with another request: use a new key")
    return Remembered(before.answer or {})


async def finish(unit: Unit, environment: str, key: str, answer: dict[str, Any]) -> None:
    """Keep the answer, in the same transaction."""
    await unit.connection.execute(update(IdempotencyKeyRow).where(*_is(unit, environment, key)).values(answer=answer))


async def remembered(
    unit: Unit, keys: Collection[tuple[str, str | None]]
) -> dict[tuple[str, str], tuple[bytes, dict[str, Any]]]:
    """Of many keys, as (environment, key), those that came before: with the digest of the request and its answer."""
    for _, key in keys:
        _check(key or "")
    if not keys:
        return {}
    asked = {
        "client": unit.client_id,
        "environments": list({environment for environment, _ in keys}),
        "keys": list({key for _, key in keys}),
    }
    rows = await unit.connection.execute(_remembered(unit.connection.dialect), asked)
    return {(row.environment, row.key): (row.request_digest, row.answer or {}) for row in rows}


async def keep(unit: Unit, answered: Sequence[tuple[str, str, bytes, dict[str, Any]]]) -> bool:
    """
    Keep the answers to many requests: environment, key, digest, answer.

    Returns:
        False when another transaction has taken one of the keys meanwhile; then undo everything.
    """
    rows = [
        {
            "client_id": unit.client_id, "environment": environment, "key": key, "request_digest": digest,
            "answer": answer,
        }
        for environment, key, digest, answer in answered
    ]  # fmt: skip
    taken = await unit.connection.execute(_keeping(unit.connection.dialect), rows)
    return len(taken.all()) == len(rows)


async def forget_old(unit: Unit, *, kept: timedelta = KEPT) -> int:
    """Remove keys past their time, of all clients; returns how many."""
    before = DatabaseNow() - kept // timedelta(microseconds=1)
    done = await unit.connection.execute(delete(IdempotencyKeyRow).where(IdempotencyKeyRow.created_at < before))
    return done.rowcount


@lru_cache(8)
def _remembered(dialect: Dialect) -> Select[str, str, bytes, dict[str, Any] | None]:
    row = IdempotencyKeyRow
    return select(row.environment, row.key, row.request_digest, row.answer).where(
        row.client_id == bindparam("client"),
        one_of(dialect, row.environment, "environments"),
        one_of(dialect, row.key, "keys"),
    )


@lru_cache(8)
def _keeping(dialect: Dialect) -> ReturningInsert[str]:
    statement = upsert(dialect, IdempotencyKeyRow).values(created_at=DatabaseNow())
    return statement.on_conflict_do_nothing().returning(IdempotencyKeyRow.key)


def _check(key: str) -> None:
    if not is_readable(key, MAX_KEY):
        raise UsageError(f"the idempotency key {key[:40]!r} is not 1 to {MAX_KEY} printable characters")


def _is(unit: Unit, environment: str, key: str) -> tuple[Any, ...]:
    return (
        IdempotencyKeyRow.client_id == unit.client_id,
        IdempotencyKeyRow.environment == environment,
        IdempotencyKeyRow.key == key,
    )
