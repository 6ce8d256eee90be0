"""
Routes of the API: reports.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from walletpass.client.call import Answer, Call, Page, call


class CountedPassOut(Answer):
    """A pass that a figure counts. A pass that was erased has no id any more."""

    pass_id: int | None
    serial: str | None
    external_id: str | None
    operation_id: int
    about: dict[str, str]
    """What it counts for, as the lines of a report name it."""
    recorded_at: datetime
    """Of the addition, deletion or first display that is counted."""


class DefinitionOut(Answer):
    """What a figure says."""

    counts: str
    kind: str
    """in the period, or a stock at its end."""


class DifferenceOut(Answer):
    """A daily count that is not what its facts say."""

    day: date
    model: str
    wallet: str
    source: str
    counted: dict[str, int]
    stored: dict[str, int]


class LineOut(Answer):
    """A line of a report."""

    about: dict[str, str]
    """What it is about: dimension to its value; empty for everything."""
    displayed: int
    generated: int
    added: int
    deleted: int
    active: int
    devices: int


class RecountOut(Answer):
    """What counting every fact of an operation again found."""

    differences: list[DifferenceOut]
    broken_seals: list[date]
    """Sealed days whose figures were changed."""


class ReportOut(Answer):
    """A report."""

    first: date | None
    """First day; null from the beginning."""
    last: date
    """Last day, included."""
    lines: list[LineOut]
    definitions: dict[str, DefinitionOut]
    """Each figure with what it counts, in French or English by Accept-Language."""
    unknowable: list[str]
    """What no report can tell, in the same language."""


def read_report(
    *,
    operation_id: int | None = None,
    by: Sequence[Literal["operation", "pass_type", "model", "wallet", "source", "day"]] | None = None,
    from_: date | None = None,
    to: date | None = None,
    operation: str | None = None,
    pass_type: str | None = None,
    model: str | None = None,
    wallet: Literal["apple", "google", None] | None = None,
    source: str | None = None,
) -> Call[ReportOut]:
    """
    Read the figures: displayed, generated, added, deleted, active, devices.

    With `Accept: text/csv` as a table.

    Args:
        operation_id: Of this operation, by id.
        by: One line for each; may be given several times.
        from_: First day, such as 2027-03-20; else from the beginning.
        to: Last day, included; today when left out.
        operation: Of operations of this name.
        pass_type: Of this type of pass.
        model: Of this Model.
        wallet: Of this wallet.
        source: Of this `utm_source`; empty for those without.
    """
    return call(
        "GET",
        "/v1/reports",
        ReportOut.model_validate_json,
        query={
            "operation_id": operation_id,
            "by": by,
            "from": from_,
            "to": to,
            "operation": operation,
            "pass_type": pass_type,
            "model": model,
            "wallet": wallet,
            "source": source,
        },
    )


def list_counted_passes(
    figure: Literal["displayed", "generated", "added", "deleted", "active"],
    *,
    operation_id: int | None = None,
    from_: date | None = None,
    to: date | None = None,
    operation: str | None = None,
    pass_type: str | None = None,
    model: str | None = None,
    wallet: Literal["apple", "google", None] | None = None,
    source: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[Page[CountedPassOut]]:
    """
    List the passes that a figure counts, by operation and day.

    The list is as long as the figure of the same question, as long as the facts are kept; a day has its own figure when
    it is both `from` and `to`.

    Args:
        figure: A figure of a report.
        operation_id: Of this operation, by id.
        from_: First day, such as 2027-03-20; else from the beginning.
        to: Last day, included; today when left out.
        operation: Of operations of this name.
        pass_type: Of this type of pass.
        model: Of this Model.
        wallet: Of this wallet.
        source: Of this `utm_source`; empty for those without.
        cursor: `next` of the page before.
        limit: How many at most.
    """
    return call(
        "GET",
        "/v1/reports/{figure}/passes",
        Page[CountedPassOut].model_validate_json,
        at={"figure": figure},
        query={
            "operation_id": operation_id,
            "from": from_,
            "to": to,
            "operation": operation,
            "pass_type": pass_type,
            "model": model,
            "wallet": wallet,
            "source": source,
            "cursor": cursor,
            "limit": limit,
        },
    )


def check_counts(operation_id: int) -> Call[RecountOut]:
    """Count the facts of an operation again, and compare. Nothing is changed."""
    return call(
        "GET",
        "/v1/operations/{operation_id}/recount",
        RecountOut.model_validate_json,
        at={"operation_id": operation_id},
    )


def repair_counts(operation_id: int) -> Call[RecountOut]:
    """Count the facts of an operation again, and put right what differs; the answer says what did."""
    return call(
        "POST",
        "/v1/operations/{operation_id}/recount",
        RecountOut.model_validate_json,
        at={"operation_id": operation_id},
    )
