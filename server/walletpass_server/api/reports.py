"""Reports: the figures of a client, each with what it counts."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Annotated, Any, Literal, cast

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from pydantic import ConfigDict

from walletpass.errors import NotFound, UsageError
from walletpass.reporting import DEFINITIONS, DEFINITIONS_FR, UNKNOWABLE, UNKNOWABLE_FR
from walletpass_server.api.languages import Language, language_of
from walletpass_server.api.reaching import reach_operation, reach_operation_row
from walletpass_server.api.shapes import LINE, PAGE, Limit, OfOperation, Page, PathId, Shape
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.audit import record
from walletpass_server.engine.figures import Dimension, Line, report
from walletpass_server.engine.keys import Key
from walletpass_server.engine.listing import Entry, Figure, Place, passes_behind
from walletpass_server.engine.recount import Difference, recount, repair
from walletpass_server.engine.seals import sealed_days
from walletpass_server.engine.worker import utc_now
from walletpass_server.persistence.tables import OperationRow
from walletpass_server.persistence.unit_of_work import Unit

LONGEST_DAYS = 3_700
"""Most days of a report by day."""

CSV = "text/csv"
By = Annotated[
    list[Literal["operation", "pass_type", "model", "wallet", "source", "day"]] | None,
    QueryParameter(max_items=6, description="One line for each; may be given several times."),
]
From = Annotated[
    date | None, QueryParameter(name="from", description="First day, such as 2027-03-20; else from the beginning.")
]
To = Annotated[date | None, QueryParameter(name="to", description="Last day, included; today when left out.")]
OfName = Annotated[str | None, QueryParameter(max_length=200, pattern=LINE, description="Of operations of this name.")]
OfType = Annotated[str | None, QueryParameter(max_length=64, pattern=LINE, description="Of this type of pass.")]
OfModel = Annotated[str | None, QueryParameter(max_length=64, pattern=LINE, description="Of this Model.")]
OfWallet = Annotated[Literal["apple", "google"] | None, QueryParameter(description="Of this wallet.")]
OfSource = Annotated[
    str | None,
    QueryParameter(max_length=100, pattern=LINE, description="Of this `utm_source`; empty for those without."),
]
AfterCounted = Annotated[
    str | None,
    QueryParameter(
        max_length=64,
        pattern=r"^c[0-9a-f]{1,15}-[1-9a-f][0-9a-f]{0,4}-[0-9a-f]{1,15}-[0-9a-f]{1,8}$",
        description="`next` of the page before.",
    ),
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
                    "unknowable": ["Apple: whether a pass was deleted, or only its updates were switched off …"],
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
    """Each figure with what it counts, in French or English by Accept-Language."""
    unknowable: list[str]
    """What no report can tell, in the same language."""


class CountedPassOut(Shape):
    """A pass that a figure counts. A pass that was erased has no id any more."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "pass_id": 412,
                    "serial": "C-1",
                    "external_id": "K-1",
                    "operation_id": 7,
                    "about": {"wallet": "apple", "model": "active", "source": "newsletter", "day": "2027-03-21"},
                    "recorded_at": "2027-03-21T09:30:00Z",
                }
            ]
        }
    )

    pass_id: int | None
    serial: str | None
    external_id: str | None
    operation_id: int
    about: dict[str, str]
    """What it counts for, as the lines of a report name it."""
    recorded_at: datetime
    """Of the addition, deletion or first display that is counted."""


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


@get("/reports", scope="reports:read", refuses=(NotFound, UsageError), answers_also=CSV)
async def read_report(
    request: Request[Any, Any, Any],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    operation_id: OfOperation = None,
    by: By = None,
    first: From = None,
    last: To = None,
    operation: OfName = None,
    pass_type: OfType = None,
    model: OfModel = None,
    wallet: OfWallet = None,
    source: OfSource = None,
) -> Response[ReportOut]:
    """
    Read the figures: displayed, generated, added, deleted, active, devices.

    With `Accept: text/csv` as a table.
    """
    dimensions: list[Dimension] = list(dict.fromkeys(by or ()))
    only = _only(operation=operation, pass_type=pass_type, model=model, wallet=wallet, source=source)
    async with on.database.reading(caller.client_id, long=True) as unit:
        to = await _last_day(unit, caller, operation_id, first, last)
        if "day" in dimensions and first is not None and (to - first).days > LONGEST_DAYS:
            raise UsageError(f"{first} to {to}: a report by day has at most {LONGEST_DAYS:,} days")
        lines = await report(
            unit,
            caller.client_id,
            operation_id=operation_id,
            only=only,
            by=dimensions,
            first=first,
            last=to,
            reach=caller.reach,
        )
    if request.accept.best_match(["application/json", CSV]) == CSV:
        return Response(_table(dimensions, lines), media_type=CSV)  # type: ignore[arg-type]  # text
    return Response(_shown(dimensions, lines, first, to, language_of(request)))


@get("/reports/{figure:str}/passes", scope="passes:read", refuses=(NotFound, UsageError))
async def list_counted_passes(
    figure: Annotated[Figure, PathParameter(description="A figure of a report.")],
    on: NamedDependency[Platform],
    caller: NamedDependency[Key],
    operation_id: OfOperation = None,
    first: From = None,
    last: To = None,
    operation: OfName = None,
    pass_type: OfType = None,
    model: OfModel = None,
    wallet: OfWallet = None,
    source: OfSource = None,
    cursor: AfterCounted = None,
    limit: Limit = PAGE,
) -> Page[CountedPassOut]:
    """
    List the passes that a figure counts, by operation and day.

    The list is as long as the figure of the same question, as long as the facts are kept; a day has its own figure when
    it is both `from` and `to`.
    """
    only = _only(operation=operation, pass_type=pass_type, model=model, wallet=wallet, source=source)
    after = _decode(caller.client_id, cursor)
    async with on.database.reading(caller.client_id, long=True) as unit:
        to = await _last_day(unit, caller, operation_id, first, last)
        entries = await passes_behind(
            unit,
            caller.client_id,
            figure,
            operation_id=operation_id,
            only=only,
            first=first,
            last=to,
            reach=caller.reach,
            after=after,
            limit=limit + 1,
        )
    shown = [_entry(entry) for entry in entries[:limit]]
    return Page(items=shown, next=_encode(entries[limit - 1].place) if len(entries) > limit else None)


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


async def _last_day(unit: Unit, caller: Key, operation_id: int | None, first: date | None, last: date | None) -> date:
    """The last day of a period; raises UsageError, or NotFound for the operation."""
    zone = (await reach_operation(unit, caller, operation_id)).operation.tz if operation_id is not None else None
    today = datetime.now(zone).date()
    to = last or today
    if to > today + timedelta(days=1):  # days that have not come are the same line without end
        raise UsageError(f"the last day {to} has not come: leave it out, or name an earlier one")
    if first is not None and first > to:
        raise UsageError(f"the first day {first} is after the last {to}: exchange them")
    return to


def _only(**values: str | None) -> dict[Dimension, str]:
    return {cast(Dimension, name): value for name, value in values.items() if value is not None}


def _shown(
    dimensions: Sequence[Dimension], lines: Sequence[Line], first: date | None, last: date, language: Language
) -> ReportOut:
    shown = []
    for line in lines:
        values = line.values()
        about: dict[str, str] = {name: str(values[name]) for name in dimensions}
        shown.append(LineOut(about=about, **{name: int(str(values[name])) for name in DEFINITIONS}))
    words, unknowable = (DEFINITIONS_FR, UNKNOWABLE_FR) if language == "fr" else (DEFINITIONS, UNKNOWABLE)
    definitions = {name: DefinitionOut(counts=each.counts, kind=each.kind) for name, each in words.items()}
    return ReportOut(first=first, last=last, lines=shown, definitions=definitions, unknowable=list(unknowable))


def _table(dimensions: Sequence[Dimension], lines: Sequence[Line]) -> str:
    text = StringIO()
    table = csv.DictWriter(text, [*dimensions, *DEFINITIONS], lineterminator="\n")
    table.writeheader()
    table.writerows(line.values() for line in lines)
    return text.getvalue()


def _entry(entry: Entry) -> CountedPassOut:
    about: dict[str, str] = {name: value for name, value in entry.about.items() if name != "client"}
    return CountedPassOut(
        pass_id=entry.pass_id,
        serial=entry.serial,
        external_id=entry.external_id,
        operation_id=entry.place.operation_id,
        about=about,
        recorded_at=entry.recorded_at,
    )


def _encode(place: Place) -> str:
    numbers = (place.operation_id, place.day.toordinal(), place.pass_id, place.number)
    return "c" + "-".join(f"{number:x}" for number in numbers)


def _decode(client_id: int, cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    operation_id, day, pass_id, number = (int(part, 16) for part in cursor[1:].split("-"))
    return Place(client_id, operation_id, date.fromordinal(day), pass_id, number)


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


HANDLERS = (read_report, list_counted_passes, check_counts, repair_counts)
