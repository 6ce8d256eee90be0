"""Reading the figures of reports, from the daily counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, Select, case, cast, func, literal, null, select

from walletpass.reporting import NOTHING, Counts, Figures
from walletpass_server.engine.reach import EVERYTHING, Reach
from walletpass_server.persistence.tables import DailyCountRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit

Dimension = Literal["operation", "pass_type", "model", "wallet", "day"]
"""What a report can be broken down by; the client is given anyway."""

_COLUMNS: Mapping[Dimension, Any] = {
    "operation": OperationRow.name,
    "pass_type": OperationRow.pass_type,
    "model": DailyCountRow.model,
    "wallet": DailyCountRow.wallet,
}


@dataclass(frozen=True, slots=True)
class Line:
    """
    A line of a report.

    Attributes:
        of: What it is about: dimension to its value; empty for a report about everything.
        figures: Of the period; a line about a day has that day as its period.
        devices: Places that hold a pass at the end of the period; beside the figures.
    """

    of: Mapping[str, str | date]
    figures: Figures
    devices: int

    def values(self) -> dict[str, str | date | int]:
        """Everything by name, as the columns of a table: what it is about, then `reporting.DEFINITIONS`."""
        figures = self.figures
        return {
            **self.of,
            "displayed": figures.displayed,
            "generated": figures.generated,
            "added": figures.added,
            "deleted": figures.deleted,
            "active": figures.active,
            "devices": self.devices,
        }


async def report(
    unit: Unit,
    client_id: int,
    *,
    operation_id: int | None = None,
    by: Sequence[Dimension] = (),
    first: date | None = None,
    last: date,
    reach: Reach = EVERYTHING,
) -> list[Line]:
    """
    The figures of a client.

    Args:
        unit: A transaction of that client.
        client_id: Whose.
        operation_id: Of this operation only.
        by: One line for each of these, in their order. A day on which nothing happened has its line too, since there
            are stocks on it.
        first: First day of the period; by default the first on which anything was counted.
        last: Last day of the period, included.
        reach: Of operations within it only.

    Returns:
        The lines in the order of what they are about. Without `by` exactly one.
    """
    others = tuple(dimension for dimension in by if dimension != "day")
    days: dict[tuple[str, ...], dict[date | None, Counts]] = defaultdict(dict)
    measured: dict[tuple[tuple[str, ...], date | None], dict[str, int]] = defaultdict(dict)
    rows = await unit.connection.execute(_sums(client_id, operation_id, others, "day" in by, first, last, reach))
    for *of, day, measure, count in rows:
        measured[tuple(of), day][measure] = count
    for (key, day), measures in measured.items():
        days[key][day] = Counts(**measures)
    if not by and not days:
        days[()] = {}
    start = first or min((day for counts in days.values() for day in counts if day), default=last)
    periods = list(_days(start, last)) if "day" in by else [last]
    lines = []
    for key in sorted(days):
        about: dict[str, str | date] = dict(zip(others, key, strict=True))
        for day, figures, devices in _figures(days[key], periods):
            about["day"] = day
            lines.append(Line({dimension: about[dimension] for dimension in by}, figures, devices))
    return lines


def _sums(
    client_id: int,
    operation_id: int | None,
    others: Sequence[Dimension],
    by_day: bool,
    first: date | None,
    last: date,
    reach: Reach,
) -> Select[Any]:
    """Sums of the counts: those before the period under the day NULL, those in it under their own or the last."""
    day: Any = DailyCountRow.day if by_day else literal(last, DailyCountRow.day.type)
    if first is not None:
        day = case((DailyCountRow.day < first, null()), else_=day)
    counts = (
        select(
            *(_COLUMNS[dimension].label(dimension) for dimension in others),
            day.label("day"),
            DailyCountRow.measure.label("measure"),
            DailyCountRow.count.label("count"),
        )
        .join(
            OperationRow,
            (OperationRow.client_id == DailyCountRow.client_id) & (OperationRow.id == DailyCountRow.operation_id),
        )
        .where(DailyCountRow.client_id == client_id, DailyCountRow.day <= last, *reach.conditions())
    )
    if operation_id is not None:
        counts = counts.where(DailyCountRow.operation_id == operation_id)
    each = counts.subquery()
    keys = [column for column in each.c if column.name != "count"]
    return select(*keys, cast(func.sum(each.c.count), BigInteger)).group_by(*keys)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _figures(counts: Mapping[date | None, Counts], periods: Sequence[date]) -> Iterator[tuple[date, Figures, int]]:
    """Each period with its figures; the stocks run on from one to the next."""
    so_far = counts.get(None, NOTHING)
    for day in periods:
        period = counts.get(day, NOTHING)
        so_far += period
        yield day, Figures.of(period, so_far), so_far.devices
