"""
Sealed days: figures that are final, each kept with a hash that holds the one of the day before.

Days are sealed in order, so that all up to the newest seal are. Only facts of sealed days may be dropped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from walletpass.reporting import Counts
from walletpass_server.persistence.facts import Bucket, Days
from walletpass_server.persistence.tables import DaySealRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Seal:
    """
    The figures of a sealed day.

    Attributes:
        day: In the zone of the operation.
        counts: All that counted on it.
        intact: Whether the hash is still that of the figures and of the seal before.
    """

    day: date
    counts: Mapping[Bucket, Counts]
    intact: bool


async def sealed_days(unit: Unit, operation: OperationRow) -> list[Seal]:
    """The sealed days of an operation, the oldest first, each proved against its hash."""
    rows = await unit.connection.execute(
        select(DaySealRow.day, DaySealRow.figures, DaySealRow.digest)
        .where(DaySealRow.client_id == operation.client_id, DaySealRow.operation_id == operation.id)
        .order_by(DaySealRow.day)
    )
    seals: list[Seal] = []
    before = b""
    for row in rows:
        intact = row.digest == seal_digest(operation, row.day, row.figures, before)
        seals.append(Seal(row.day, _read(row.day, row.figures), intact))
        before = row.digest
    return seals


async def newest_seal(unit: Unit, operation: OperationRow) -> tuple[date, bytes]:
    """The last sealed day with its hash; before the first, a day earlier than any, and nothing."""
    found = await unit.connection.execute(
        select(DaySealRow.day, DaySealRow.digest)
        .where(DaySealRow.client_id == operation.client_id, DaySealRow.operation_id == operation.id)
        .order_by(DaySealRow.day.desc())
        .limit(1)
    )
    row = found.one_or_none()
    return (row.day, row.digest) if row else (date.min, b"")


async def seal(unit: Unit, operation: OperationRow, days: Sequence[date], counted: Days, now: datetime) -> None:
    """
    Seal days, in order; each is later than the newest seal.

    Args:
        unit: A writing transaction.
        operation: Whose days.
        days: Those over.
        counted: Counts from the facts, of these days and others.
        now: The instant, aware.
    """
    _, before = await newest_seal(unit, operation)
    rows: list[dict[str, Any]] = []
    for day in days:
        figures = _write(day, counted)
        before = seal_digest(operation, day, figures, before)
        rows.append({"day": day, "figures": figures, "digest": before})
    whose = {"client_id": operation.client_id, "operation_id": operation.id, "sealed_at": now}
    if rows:
        await unit.connection.execute(insert(DaySealRow), [{**whose, **row} for row in rows])


def _write(day: date, counted: Days) -> dict[str, Any]:
    """The figures of a day as JSON: Model to wallet to source to measures that are not 0."""
    figures: dict[str, Any] = {}
    for bucket, counts in sorted(counted.items()):
        measures = {name: count for name, count in asdict(counts).items() if count}
        if bucket.day == day and measures:
            figures.setdefault(bucket.model, {}).setdefault(bucket.wallet, {})[bucket.source] = measures
    return figures


def _read(day: date, figures: Mapping[str, Any]) -> dict[Bucket, Counts]:
    return {
        Bucket(day, model, wallet, source): Counts(**measures)
        for model, wallets in figures.items()
        for wallet, sources in wallets.items()
        for source, measures in _sources(sources).items()
    }


def _sources(sealed: Mapping[str, Any]) -> Mapping[str, Mapping[str, int]]:
    """Days sealed before sources were counted have the measures here, of them all."""
    return {"": sealed} if any(isinstance(value, int) for value in sealed.values()) else sealed


def seal_digest(operation: OperationRow, day: date, figures: Mapping[str, Any], before: bytes) -> bytes:
    """The hash of a sealed day, over its figures and the hash of the seal before."""
    said = {"client": operation.client_id, "operation": operation.id, "day": day.isoformat(), "figures": figures}
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(before + canonical.encode()).digest()
