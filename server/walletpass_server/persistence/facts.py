"""
Writing facts, and the daily counts that are kept beside them.

Both go into the transaction of what happened. `engine.recount` counts the facts again and compares.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Dialect, cast, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from walletpass.events import Fact
from walletpass.reporting import NOTHING, Counts, Key, contributions
from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import DailyCountRow, FactRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit

SHARDS = 8
"""Rows a daily count is spread over, so that processes seldom wait for each other's."""

MEASURES = tuple(field.name for field in fields(Counts))
"""Columns of a daily count."""


class Bucket(NamedTuple):
    """What a daily count of an operation is about."""

    day: date
    model: str
    wallet: str
    source: str = ""


Days = dict[Bucket, Counts]


@dataclass(frozen=True, slots=True)
class Told:
    """
    A fact to keep.

    Attributes:
        pass_id: Of which pass.
        number: Its place among the facts of that pass; the pass's `fact_count` afterwards is the last one's.
        data: The fact's data as JSON can hold them.
    """

    pass_id: int
    number: int
    fact: Fact
    data: Mapping[str, Any]


async def record(unit: Unit, operation: OperationRow, told: Sequence[Told], *, run_id: int | None = None) -> None:
    """
    Write facts and add to the daily counts.

    Args:
        unit: The transaction of what happened; the passes are locked or new in it.
        operation: Theirs.
        told: The facts, in order. Whoever calls moves on each pass's `fact_count`.
        run_id: The run that caused them.
    """
    if not told:
        return
    zone = ZoneInfo(operation.zone)
    rows = [
        {
            "client_id": operation.client_id,
            "pass_id": one.pass_id,
            "number": one.number,
            "operation_id": operation.id,
            "name": one.fact.name,
            "wallet": one.fact.wallet,
            "model": one.fact.model,
            "day": one.fact.recorded_at.astimezone(zone).date(),
            "occurred_at": one.fact.occurred_at,
            "recorded_at": one.fact.recorded_at,
            "run_id": run_id,
            "source": one.fact.source,
            "data": dict(one.data),
        }
        for one in told
    ]
    await unit.connection.execute(insert(FactRow), rows)
    await add_counts(unit, operation, _fold((one.fact for one in told), zone))


async def add_counts(unit: Unit, operation: OperationRow, days: Mapping[Bucket, Counts]) -> None:
    """Add to the daily counts of an operation; for facts that a set-based statement wrote."""
    shard = os.getpid() % SHARDS
    rows = [
        {
            "client_id": operation.client_id,
            "operation_id": operation.id,
            **bucket._asdict(),
            "shard": shard,
            **asdict(counts),
        }
        for bucket, counts in sorted(days.items())  # one order for all: no deadlock
        if counts != NOTHING
    ]
    if rows:
        await unit.connection.execute(_adding(unit.connection.dialect), rows)


@lru_cache(8)
def _adding(dialect: Dialect) -> postgresql.Insert | sqlite.Insert:
    statement = upsert(dialect, DailyCountRow)
    keys = [column.name for column in DailyCountRow.__table__.primary_key]
    sums = {name: getattr(DailyCountRow, name) + statement.excluded[name] for name in MEASURES}
    return statement.on_conflict_do_update(index_elements=keys, set_=sums)


async def stored_days(unit: Unit, client_id: int, operation_id: int) -> Days:
    """The daily counts as they are kept."""
    columns = [getattr(DailyCountRow, name) for name in Bucket._fields]
    summed = await unit.connection.execute(
        select(*columns, *sums())
        .where(DailyCountRow.client_id == client_id, DailyCountRow.operation_id == operation_id)
        .group_by(*columns)
    )
    width = len(Bucket._fields)
    return {Bucket(*row[:width]): Counts(*row[width:]) for row in summed}


def sums() -> list[ColumnElement[int]]:
    """Each of `MEASURES`, added up over rows."""
    return [cast(func.sum(getattr(DailyCountRow, name)), BigInteger).label(name) for name in MEASURES]


def _fold(facts: Iterable[Fact], zone: ZoneInfo) -> Days:
    days: Days = {}
    for fact in facts:
        for key, counts in contributions(fact, zone):
            bucket = bucket_of(key)
            days[bucket] = days.get(bucket, NOTHING) + counts
    return days


def bucket_of(key: Key) -> Bucket:
    """What a key of the library says of it within an operation."""
    return Bucket(key.day, key.model, key.wallet, key.source)
