"""
The outbox: what is to be told outside, written in the transaction of the change, sent after it, at least once.

`put` and `put_selected` write; a sender repeats `claim`, then `sent` and `failed`; on a graceful stop it calls
`release`. A claim is a lease: what a killed sender held comes back when it ends. Instants are the database's.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    Select,
    any_,
    bindparam,
    case,
    delete,
    func,
    literal,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from walletpass_server.persistence.columns import JsonType
from walletpass_server.persistence.sql import DatabaseNow, NextRowId, among, upsert
from walletpass_server.persistence.tables import OutboxRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 12
"""Sendings tried before a letter is dead. With `backoff`, that takes some hours."""
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=2)

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Letter:
    """
    Something to send.

    Attributes:
        id: Its row.
        client_id: Whose it is.
        coalesce_key: What it is about: the id of a device, of a pass, of a hook's event.
        body: What else the sender needs.
        attempts: Sendings begun, this one included.
    """

    id: int
    client_id: int
    coalesce_key: str
    body: dict[str, Any]
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """Letters that one sender holds until its lease ends."""

    lease: int
    letters: tuple[Letter, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """
    A sending that failed.

    Attributes:
        letter: Which.
        error: Why, in one line, without personal data.
        wait: What the other side asked for (Retry-After); None for our own back-off.
        final: No further try can help.
    """

    letter: Letter
    error: str
    wait: timedelta | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A letter that was given up."""

    id: int
    channel: str
    coalesce_key: str
    body: dict[str, Any]
    attempts: int
    last_error: str
    dead_at: datetime


@dataclass(frozen=True, slots=True)
class NewLetter:
    """
    A letter to put in.

    Attributes:
        delay: Send no sooner than this from now. Below zero it goes ahead of what waits already.
    """

    channel: str
    coalesce_key: str
    body: dict[str, Any] = field(default_factory=dict)
    delay: timedelta = timedelta(0)


def backoff(attempts: int) -> timedelta:
    """A random time, up to twice as long with each attempt ("full jitter"): those who failed together return apart."""
    return min(LONGEST_WAIT, FIRST_WAIT * float(2 ** min(attempts - 1, 20))) * random.random()  # noqa: S311 - spreads load


async def put(unit: Unit, letters: Sequence[NewLetter], *, client_id: int | None = None) -> None:
    """
    Put letters in, merged with those that wait for the same channel and key.

    Args:
        unit: The transaction of the change.
        client_id: Whose, when the unit is not of one client.
    """
    owner = unit.client_id if client_id is None else client_id
    if owner == ALL_CLIENTS:
        raise ValueError("a letter belongs to a client: give client_id")
    last = {(letter.channel, letter.coalesce_key): letter for letter in letters}  # PostgreSQL takes each key once
    if not last:
        return
    rows: list[dict[str, Any]] = [
        {
            "client_id": owner,
            "channel": letter.channel,
            "coalesce_key": letter.coalesce_key,
            "body": letter.body,
            "wait": letter.delay // _MICROSECOND,
        }
        for letter in last.values()
    ]
    if unit.connection.dialect.name == "sqlite":  # PostgreSQL draws ids in the statement itself
        for row, row_id in zip(rows, await unit.new_ids(len(rows)), strict=True):
            row["id"] = row_id
    await unit.connection.execute(_putting(unit.connection.dialect), rows)


@lru_cache(8)
def _putting(dialect: Dialect) -> postgresql.Insert | sqlite.Insert:
    """One statement for any number of rows."""
    due = DatabaseNow() + bindparam("wait", type_=BigInteger)
    statement = upsert(dialect, OutboxRow).values(due_at=due, created_at=DatabaseNow())
    return _merging(statement.values(id=NextRowId()) if dialect.name == "postgresql" else statement)


def insert_letters(
    dialect: Dialect, channel: str, chosen: Select[int, str], *, body: dict[str, Any] | None = None
) -> postgresql.Insert | sqlite.Insert:
    """
    The statement that puts in a letter for each row of a query, to be run by `Unit.insert_selected`.

    Args:
        dialect: Of the connection.
        chosen: Selects (client_id, coalesce_key), each pair once, and has a WHERE.
        body: The same for all.
    """
    picked = chosen.subquery()
    client_id, coalesce_key = picked.columns
    rows = select(
        client_id,
        NextRowId(),
        literal(channel),
        coalesce_key,
        literal(body or {}, JsonType),
        DatabaseNow(),
        DatabaseNow(),
    ).where(true())  # without WHERE, SQLite reads ON CONFLICT as part of a join
    names = ["client_id", "id", "channel", "coalesce_key", "body", "due_at", "created_at"]
    return _merging(upsert(dialect, OutboxRow).from_select(names, rows, include_defaults=False))


async def put_selected(
    unit: Unit, channel: str, chosen: Select[int, str], *, body: dict[str, Any] | None = None
) -> int:
    """Put in a letter for each row of a query (see `insert_letters`); returns how many were put in or merged."""
    return (await unit.insert_selected(insert_letters(unit.connection.dialect, channel, chosen, body=body))).rowcount


async def claim(
    unit: Unit,
    channel: str,
    *,
    limit: int = 500,
    lease: timedelta = LEASE,
    without: Collection[int] = (),
    fair: bool = False,
) -> Claim:
    """
    Take letters that are due, the longest due first. Two senders never hold the same one.

    Commit before sending; send within the lease, or `extend` it.

    Args:
        limit: How many at most.
        without: Clients whose letters stay where they are.
        fair: Where the letters of some clients are as many as the limit, as many again of the others.
    """
    holder = secrets.randbits(62)
    letters = taken = await _take(unit, channel, holder, limit, lease, without)
    while fair and len(taken) == limit:
        without = {*without, *(letter.client_id for letter in taken)}
        taken = await _take(unit, channel, holder, limit, lease, without)
        letters += taken
    return Claim(holder, letters)


async def _take(
    unit: Unit, channel: str, holder: int, limit: int, lease: timedelta, without: Collection[int]
) -> tuple[Letter, ...]:
    due = (
        select(OutboxRow.id)
        .where(OutboxRow.channel == channel, OutboxRow.dead_at.is_(None), OutboxRow.due_at <= _now())
        .order_by(OutboxRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if without:
        due = due.where(OutboxRow.client_id.not_in(without))
    # = ANY(ARRAY(...)) picks once, by the index; IN (SELECT ... LIMIT) may be run again for each row under a bad plan.
    on_postgresql = unit.connection.dialect.name == "postgresql"
    chosen = OutboxRow.id == any_(func.array(due.scalar_subquery())) if on_postgresql else OutboxRow.id.in_(due)
    taken = await unit.connection.execute(
        update(OutboxRow)
        .where(chosen)
        .values(due_at=_from_now(lease), lease=holder, renewed=False, attempts=OutboxRow.attempts + 1)
        .returning(
            OutboxRow.id,
            OutboxRow.client_id,
            OutboxRow.coalesce_key,
            OutboxRow.body,
            OutboxRow.attempts,
            OutboxRow.created_at,
        )
    )
    return tuple(Letter(*row) for row in taken)


async def sent(unit: Unit, held: Claim, letters: Sequence[Letter]) -> None:
    """The letters arrived: they go, except those that something changed meanwhile, which are due again now."""
    ids = [letter.id for letter in letters]
    if not ids:
        return
    ours = (among(unit.connection.dialect, OutboxRow.id, ids), OutboxRow.lease == held.lease)
    await unit.connection.execute(delete(OutboxRow).where(*ours, OutboxRow.renewed.is_(False)))
    await unit.connection.execute(
        update(OutboxRow).where(*ours).values(due_at=_now(), lease=None, renewed=False, attempts=0)
    )


async def failed(unit: Unit, held: Claim, failures: Sequence[Failure], *, max_attempts: int = MAX_ATTEMPTS) -> None:
    """Sendings failed: each is tried again later, or is dead when it was final or tried often enough."""
    if not failures:
        return
    await unit.connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == bindparam("letter"), OutboxRow.lease == held.lease)
        .values(
            due_at=DatabaseNow() + bindparam("wait"),
            dead_at=case((bindparam("is_dead"), _now()), else_=null()),
            lease=None,
            renewed=False,
            last_error=bindparam("error"),
        ),
        [
            {
                "letter": failure.letter.id,
                "wait": _waits(failure) // _MICROSECOND,
                "is_dead": failure.final or failure.letter.attempts >= max_attempts,
                "error": failure.error[:500],
            }
            for failure in failures
        ],
    )


async def postponed(unit: Unit, held: Claim, failures: Sequence[Failure]) -> None:
    """It was not the letters' fault: each is due again after its wait, and nothing is counted as an attempt."""
    if not failures:
        return
    await unit.connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == bindparam("letter"), OutboxRow.lease == held.lease)
        .values(
            due_at=DatabaseNow() + bindparam("wait"),
            attempts=OutboxRow.attempts - 1,
            lease=None,
            last_error=bindparam("error"),
        ),
        [
            {
                "letter": failure.letter.id,
                "wait": (failure.wait or timedelta(0)) // _MICROSECOND,
                "error": failure.error[:500],
            }
            for failure in failures
        ],
    )


async def extend(unit: Unit, held: Claim, lease: timedelta = LEASE) -> None:
    """Keep a claim for longer, from now."""
    await unit.connection.execute(_of(unit, held).values(due_at=_from_now(lease)))


async def release(unit: Unit, held: Claim) -> None:
    """Hand back what was not tried, on a graceful stop; it does not count as an attempt."""
    await unit.connection.execute(_of(unit, held).values(due_at=_now(), lease=None, attempts=OutboxRow.attempts - 1))


async def waiting(unit: Unit) -> dict[str, int]:
    """How many letters wait in each channel, dead ones aside."""
    counted = select(OutboxRow.channel, func.count()).where(OutboxRow.dead_at.is_(None)).group_by(OutboxRow.channel)
    return dict((await unit.session.execute(counted)).all())


async def dead_letters(unit: Unit, *, after: int = 0, limit: int = 100) -> list[DeadLetter]:
    """Dead letters of the unit's client, oldest row first, to be paged by the id of the last one."""
    rows = await unit.session.scalars(
        select(OutboxRow)
        .where(OutboxRow.dead_at.is_not(None), OutboxRow.id > after)
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    return [
        DeadLetter(row.id, row.channel, row.coalesce_key, row.body, row.attempts, row.last_error or "", row.dead_at)
        for row in rows
        if row.dead_at is not None
    ]


async def send_again(unit: Unit, ids: Sequence[int]) -> int:
    """Give dead letters of the unit's client another round of attempts; returns how many there were."""
    done = await unit.session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(ids), OutboxRow.dead_at.is_not(None))
        .values(dead_at=None, attempts=0, due_at=_now())
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def _of(unit: Unit, held: Claim) -> Any:
    ids = [letter.id for letter in held.letters]
    return update(OutboxRow).where(among(unit.connection.dialect, OutboxRow.id, ids), OutboxRow.lease == held.lease)


def _merging(statement: postgresql.Insert | sqlite.Insert) -> postgresql.Insert | sqlite.Insert:
    """What becomes of a letter that is there already."""
    new = statement.excluded
    was_dead = OutboxRow.dead_at.is_not(None)
    tried = OutboxRow.attempts > 0  # being sent, or waiting after a failure: it keeps its instant
    return statement.on_conflict_do_update(
        index_elements=["client_id", "channel", "coalesce_key"],
        set_={
            "body": new.body,
            "renewed": True,
            "due_at": case(
                (was_dead, new.due_at), (tried, OutboxRow.due_at), (new.due_at < OutboxRow.due_at, new.due_at),
                else_=OutboxRow.due_at,
            ),
            "attempts": case((was_dead, 0), else_=OutboxRow.attempts),
            "dead_at": None,
        },
    )  # fmt: skip


def _now() -> ColumnElement[Any]:
    return DatabaseNow()


def _from_now(delay: timedelta) -> ColumnElement[Any]:
    return DatabaseNow() + delay // _MICROSECOND


def _waits(failure: Failure) -> timedelta:
    if failure.wait is None:
        return backoff(failure.letter.attempts)
    return failure.wait + FIRST_WAIT * random.random()  # noqa: S311 - those told the same instant do not return together
