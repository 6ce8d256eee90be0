"""Reading the figures of reports, from the daily counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, literal, select

from walletpass.reporting import NOTHING, Counts, Figures
from walletpass_server.engine.reach import EVERYTHING, Reach
from walletpass_server.persistence.facts import MEASURES, sums
from walletpass_server.persistence.tables import ClientRow, DailyCountRow, OperationRow
from walletpass_server.persistence.unit_of_work import Unit

Dimension = Literal["client", "operation", "pass_type", "model", "wallet", "source", "day"]
"""What a report can be broken down by. One about one client has no need of `client`."""

_NAMES: Mapping[Dimension, Any] = {
    "client": ClientRow.slug,
    "operation": OperationRow.name,
    "pass_type": OperationRow.pass_type,
}
"""What an operation says of its counts."""
_OWN: Mapping[Dimension, Any] = {
    "model": DailyCountRow.model,
    "wallet": DailyCountRow.wallet,
    "source": DailyCountRow.source,
}
"""What the counts say themselves."""


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
    client_id: int | None,
    *,
    operation_id: int | None = None,
    only: Mapping[Dimension, str] = MappingProxyType({}),
    by: Sequence[Dimension] = (),
    first: date | None = None,
    last: date,
    reach: Reach = EVERYTHING,
) -> list[Line]:
    """
    The figures of a client, or of all for the staff of the server.

    Args:
        unit: A transaction of that client, or of ALL_CLIENTS.
        client_id: Whose; None for all clients.
        operation_id: Of this operation only.
        only: Of these values only, as lines name what they are about; not by day.
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
    query = _counts(client_id, operation_id, only, others, "day" in by, first, last, reach)
    for row in await unit.connection.execute(query):
        of_day = None if row.before else (row.day if "day" in by else last)
        line, counts = days[tuple(row[: len(others)])], Counts(*row[-len(MEASURES) :])
        line[of_day] = line.get(of_day, NOTHING) + counts
    if not by and not days:
        days[()] = {}
    start = first or min((day for counts in days.values() for day in counts if day), default=last)
    periods = list(_days(start, last)) if "day" in by else [last]
    lines = []
    for key in sorted(days):
        names: dict[str, str | date] = dict(zip(others, key, strict=True))
        for day, figures, devices in _figures(days[key], periods):
            names["day"] = day
            lines.append(Line({dimension: names[dimension] for dimension in by}, figures, devices))
    return lines


def _counts(
    client_id: int | None,
    operation_id: int | None,
    only: Mapping[Dimension, str],
    others: Sequence[Dimension],
    by_day: bool,
    first: date | None,
    last: date,
    reach: Reach,
) -> Select[Any]:
    """
    The dimensions, `before` the period or not, the day if it is asked for, then the measures.

    Counts are added up by the operation's key before it says its name: in the order of their key where that will do.
    """
    before: ColumnElement[bool] = literal(False) if first is None else DailyCountRow.day < first
    parts: list[Any] = [DailyCountRow.client_id, DailyCountRow.operation_id]
    parts += [_OWN[dimension] for dimension in others if dimension in _OWN]
    if by_day:
        parts.append(DailyCountRow.day)
    counts = select(*parts, before.label("before"), *sums()).where(DailyCountRow.day <= last)
    counts = counts.where(*(_OWN[dimension] == value for dimension, value in only.items() if dimension in _OWN))
    if client_id is not None:
        counts = counts.where(DailyCountRow.client_id == client_id)
    if operation_id is not None:
        counts = counts.where(DailyCountRow.operation_id == operation_id)
    each = counts.group_by(*parts, *(() if first is None else (before,))).subquery()
    columns = [_NAMES[dimension] if dimension in _NAMES else each.c[dimension] for dimension in others]
    return (
        select(*columns, each.c.before, *([each.c.day] if by_day else []), *(each.c[name] for name in MEASURES))
        .select_from(each)
        .join(OperationRow, (OperationRow.client_id == each.c.client_id) & (OperationRow.id == each.c.operation_id))
        .join(ClientRow, ClientRow.id == each.c.client_id)
        .where(*reach.conditions(), *(_NAMES[name] == value for name, value in only.items() if name in _NAMES))
    )


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _figures(counts: Mapping[date | None, Counts], periods: Sequence[date]) -> Iterator[tuple[date, Figures, int]]:
    """Each period with its figures; the stocks run on from one to the next."""
    so_far = counts.get(None, NOTHING)
    for day in periods:
        period = counts.get(day, NOTHING)
        so_far += period
        yield day, Figures.of(period, so_far), so_far.devices
