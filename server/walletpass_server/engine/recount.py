"""
Are the daily counts what the facts say? Fold the facts again, compare, and put right what differs.

The database groups the facts that are alike; what one of each counts is said by `walletpass.reporting`, as everywhere.
Facts and counts are read by one statement, so that what is written meanwhile is in both or in neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Boolean, Row, String, cast, func, literal, null, select, text, true, union_all

from walletpass.events import Fact
from walletpass.reporting import COUNTED, NOTHING, Counts, contributions
from walletpass_server.engine.seals import Seal, sealed_days
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.facts import MEASURES, Bucket, Days, add_counts, bucket_of, sums
from walletpass_server.persistence.tables import DailyCountRow, FactRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit

_LOCK = 7_263_542
"""PostgreSQL's advisory lock of those who repair or seal: the second finds what the first has done."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A daily count that is not what its facts say, or what its seal says once the day is sealed."""

    bucket: Bucket
    counted: Counts
    stored: Counts


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    Counts of one operation, found twice.

    Attributes:
        counted: From the seals of sealed days, and from the facts of all later ones.
        stored: As reports read them.
        seals: The sealed days.
    """

    counted: Days
    stored: Days
    seals: list[Seal]

    @property
    def differences(self) -> list[Difference]:
        """Empty when all is well."""
        return [
            Difference(bucket, self.counted.get(bucket, NOTHING), self.stored.get(bucket, NOTHING))
            for bucket in sorted(self.counted.keys() | self.stored.keys())
            if self.counted.get(bucket, NOTHING) != self.stored.get(bucket, NOTHING)
        ]


async def compare(unit: Unit, operation: OperationRow, days: Collection[date] | None = None) -> Comparison:
    """
    Count the facts of an operation again.

    Its cost is one pass over the facts of the days that are not sealed; its memory is that of the daily counts: SQLite,
    which would sort all facts in memory to group them, hands them out one by one.

    Args:
        unit: A transaction.
        operation: Whose facts.
        days: Only these; by default all.
    """
    seals = await sealed_days(unit, operation)
    after = seals[-1].day if seals else date.min
    wanted = [seal for seal in seals if days is None or seal.day in days]
    counted: Days = {bucket: counts for seal in wanted for bucket, counts in seal.counts.items()}
    stored: Days = {}
    zone = ZoneInfo(operation.zone)
    grouped = unit.connection.dialect.name == "postgresql"
    alike: dict[Row[Any], int] = defaultdict(int)
    async for row in await unit.connection.stream(_facts_and_counts(operation, after, days, grouped=grouped)):
        if row.number is not None:
            alike[row] += row.number
        else:
            stored[Bucket(row.day, row.model, row.wallet, row.source)] = Counts(*(getattr(row, m) for m in MEASURES))
    for row, number in alike.items():
        for key, counts in contributions(_fact(row, zone), zone):
            bucket = bucket_of(key)
            counted[bucket] = counted.get(bucket, NOTHING) + counts * number
    return Comparison(counted, stored, seals)


async def recount(unit: Unit, client_id: int, operation_id: int) -> list[Difference]:
    """Compare the daily counts of an operation with its facts; empty when all is well."""
    return (await compare(unit, await _operation(unit, client_id, operation_id))).differences


async def repair(database: Database, client_id: int, operation_id: int) -> list[Difference]:
    """
    Make the daily counts what the facts say, while others go on counting.

    Everything is compared without keeping a writer waiting; the days that differ once more, in the transaction that
    puts them right.

    Returns:
        What was put right.
    """
    async with database.reading(client_id) as unit:
        days = {difference.bucket.day for difference in await recount(unit, client_id, operation_id)}

    async def work(unit: Unit) -> list[Difference]:
        await one_at_a_time(unit)
        operation = await _operation(unit, client_id, operation_id)
        found = (await compare(unit, operation, days)).differences
        missing = {difference.bucket: difference.counted - difference.stored for difference in found}
        await add_counts(unit, operation, missing)  # adding suits with whatever others add at the same time
        return found

    return await database.run(client_id, work) if days else []


async def one_at_a_time(unit: Unit) -> None:
    """Wait for another repair or sealing. On SQLite a writing transaction is alone anyway."""
    if unit.connection.dialect.name == "postgresql":
        await unit.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def _operation(unit: Unit, client_id: int, operation_id: int) -> OperationRow:
    return await unit.session.get_one(OperationRow, (client_id, operation_id))


def _facts_and_counts(operation: OperationRow, after: date, days: Collection[date] | None, *, grouped: bool) -> Any:
    """Facts, those that are alike together with how many there are or each alone, then the stored counts."""
    alike = (
        select(
            FactRow.day,
            FactRow.model,
            FactRow.wallet,
            FactRow.source,
            FactRow.name,
            FactRow.data["first"].as_boolean().label("first"),
            FactRow.data["added_before"].as_boolean().label("added_before"),
            FactRow.data["displayed_under"].as_string().label("displayed_under"),
        )
        .where(
            FactRow.client_id == operation.client_id,
            FactRow.operation_id == operation.id,
            FactRow.day > after,
            FactRow.name.in_(COUNTED),
            true() if days is None else FactRow.day.in_(days),
        )
        .subquery()
    )
    no_measures = [cast(null(), BigInteger).label(name) for name in MEASURES]
    number = func.count() if grouped else literal(1)
    facts = select(*alike.c, number.label("number"), *no_measures).group_by(*(alike.c if grouped else ()))
    bucket = (DailyCountRow.day, DailyCountRow.model, DailyCountRow.wallet, DailyCountRow.source)
    counts = (
        select(
            *bucket,
            cast(null(), String),
            cast(null(), Boolean),
            cast(null(), Boolean),
            cast(null(), String),
            cast(null(), BigInteger),
            *sums(),
        )
        .where(
            DailyCountRow.client_id == operation.client_id,
            DailyCountRow.operation_id == operation.id,
            true() if days is None else DailyCountRow.day.in_(days),
        )
        .group_by(*bucket)
    )
    return union_all(facts, counts)


def _fact(row: Row[Any], zone: ZoneInfo) -> Fact:
    noon = datetime.combine(row.day, time(12), zone)
    return Fact(
        name=row.name,
        serial="",
        occurred_at=noon,
        recorded_at=noon,
        wallet=row.wallet,
        model=row.model,
        source=row.source,
        data={"first": row.first, "added_before": row.added_before, "displayed_under": row.displayed_under},
    )
