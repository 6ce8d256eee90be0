"""Reports: the figures of a client, each with what it counts."""

from __future__ import annotations

import csv
from dataclasses import fields
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Annotated, Any, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from pydantic import ConfigDict

from walletpass.errors import NotFound, UsageError
from walletpass.reporting import DEFINITIONS
from walletpass_server.api.reaching import reach_operation, reach_operation_row
from walletpass_server.api.shapes import Day, OfOperation, PathId, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.audit import record
from walletpass_server.engine.figures import Dimension, report
from walletpass_server.engine.keys import Key
from walletpass_server.engine.recount import Difference, recount, repair
from walletpass_server.engine.seals import sealed_days
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import OperationRow
from walletpass_server.persistence.unit_of_work import Unit

LONGEST_DAYS = 3_700
"""Most days of a report by day."""

By = Annotated[
    list[Literal["operation", "pass_type", "model", "wallet", "day"]] | None,
    QueryParameter(max_items=5, description="One line for each; may be given several times."),
]


class LineOut(Shape):
    """A line of a report."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "about": {"wallet": "apple"},
                    "displayed": 900,
                    "generated": 150,
                    "added": 750,
                    "deleted": 20,
                    "active": 730,
                    "devices": 801,
                }
            ]
        }
    )

    about: dict[str, str]
    """What it is about: dimension to its value; empty for everything."""
    displayed: int
    generated: int
    added: int
    deleted: int
    active: int
    devices: int


class DefinitionOut(Shape):
    """What a figure says."""

    counts: str
    kind: str
    """in the period, or a stock at its end."""


class ReportOut(Shape):
    """A report."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "first": "2027-03-01",
                    "last": "2027-03-31",
                    "lines": [],
                    "definitions": {"added": {"counts": "passes whose holdings …", "kind": "in the period"}},
                }
            ]
        }
    )

    first: date | None
    """First day; null from the beginning."""
    last: date
    """Last day, included."""
    lines: list[LineOut]
    definitions: dict[str, DefinitionOut]
    """Each figure with what it counts."""


class DifferenceOut(Shape):
    """A daily count that is not what its facts say."""

    day: date
    model: str
    wallet: str
    source: str
    counted: dict[str, int]
    stored: dict[str, int]


class RecountOut(Shape):
    """What counting every fact of an operation again found."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"differences": [], "broken_seals": []}]})

    differences: list[DifferenceOut]
    broken_seals: list[date]
    """Sealed days whose figures were changed."""


@get("/reports", scope="reports:read", refuses=(NotFound, UsageError))
async def read_report(
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    operation_id: OfOperation = None,
    by: By = None,
    first: Day = None,
    last: Day = None,
) -> ReportOut:
    """Read the figures: displayed, generated, added, deleted, active, devices."""
    return await _report(on, caller, operation_id, by, first, last)


@get(
    "/reports.csv",
    scope="reports:read",
    refuses=(NotFound, UsageError),
    answers="text/csv",
)
async def read_report_csv(
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    operation_id: OfOperation = None,
    by: By = None,
    first: Day = None,
    last: Day = None,
) -> Response[str]:
    """Read the same figures as CSV."""
    found = await _report(on, caller, operation_id, by, first, last)
    text = StringIO()
    dimensions = list(dict.fromkeys(by or ()))
    table = csv.DictWriter(text, [*dimensions, *DEFINITIONS], lineterminator="\n")
    table.writeheader()
    for line in found.lines:
        table.writerow({**line.about, **{name: getattr(line, name) for name in DEFINITIONS}})
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8")


@get("/operations/{operation_id:int}/recount", scope="reports:read", refuses=(NotFound,))
async def check_counts(operation_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]) -> RecountOut:
    """Count the facts of an operation again, and compare. Nothing is changed."""
    async with on.database.reading(caller.client_id, long=True) as unit:
        row = await reach_operation_row(unit, caller, operation_id)
        return await _recounted(unit, row, await recount(unit, caller.client_id, operation_id))


@post("/operations/{operation_id:int}/recount", status_code=200, scope="reports:write", refuses=(NotFound,))
async def repair_counts(
    operation_id: PathId, on: NamedDependency[Platform], caller: NamedDependency[Key]
) -> RecountOut:
    """Count the facts of an operation again, and put right what differs; the answer says what did."""
    async with on.database.reading(caller.client_id) as unit:
        row = await reach_operation_row(unit, caller, operation_id)
    found = await repair(on.database, caller.client_id, operation_id)
    if found:
        after = {"differences": len(found)}
        await on.writer.write(
            caller.client_id,
            lambda unit: record(
                unit, caller.actor, "report.repaired", f"operation:{operation_id}", utc_now(), after=after
            ),
        )
    async with on.database.reading(caller.client_id, long=True) as unit:
        return await _recounted(unit, row, found)


async def _report(
    on: Platform, caller: Key, operation_id: int | None, by: Any, first: date | None, last: date | None
) -> ReportOut:
    dimensions: list[Dimension] = list(dict.fromkeys(by or ()))
    async with on.database.reading(caller.client_id, long=True) as unit:
        zone = (await reach_operation(unit, caller, operation_id)).operation.tz if operation_id is not None else None
        today = datetime.now(zone).date()
        to = last or today
        if to > today + timedelta(days=1):  # days that have not come are the same line without end
            raise UsageError(f"the last day {to} has not come: leave it out, or name an earlier one")
        if first is not None and first > to:
            raise UsageError(f"the first day {first} is after the last {to}: exchange them")
        if "day" in dimensions and first is not None and (to - first).days > LONGEST_DAYS:
            raise UsageError(f"{first} to {to}: a report by day has at most {LONGEST_DAYS:,} days")
        lines = await report(
            unit,
            caller.client_id,
            operation_id=operation_id,
            by=dimensions,
            first=first,
            last=to,
            reach=caller.reach,
        )
    shown = []
    for line in lines:
        values = line.values()
        about: dict[str, str] = {name: str(values[name]) for name in dimensions}
        shown.append(LineOut(about=about, **{name: int(str(values[name])) for name in DEFINITIONS}))
    definitions = {name: DefinitionOut(counts=each.counts, kind=each.kind) for name, each in DEFINITIONS.items()}
    return ReportOut(first=first, last=to, lines=shown, definitions=definitions)


async def _recounted(unit: Unit, row: OperationRow, found: list[Difference]) -> RecountOut:
    broken = [seal.day for seal in await sealed_days(unit, row) if not seal.intact]
    return RecountOut(differences=[_difference(each) for each in found], broken_seals=broken)


def _difference(found: Difference) -> DifferenceOut:
    measures = [field.name for field in fields(found.counted)]
    names = [name for name in measures if getattr(found.counted, name) != getattr(found.stored, name)]
    return DifferenceOut(
        **found.bucket._asdict(),
        counted={name: getattr(found.counted, name) for name in names},
        stored={name: getattr(found.stored, name) for name in names},
    )


HANDLERS = (read_report, read_report_csv, check_counts, repair_counts)
