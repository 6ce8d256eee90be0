"""
Routes of the API: reports.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from walletpass.client.call import Answer, Call, call, text


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
    """Each figure with what it counts."""


def read_report(
    *,
    operation_id: int | None = None,
    by: Sequence[Literal["operation", "pass_type", "model", "wallet", "day"]] | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Call[ReportOut]:
    """
    Read the figures: displayed, generated, added, deleted, active, devices.

    Args:
        operation_id: Of this operation, by id.
        by: One line for each; may be given several times.
        first: A day, such as 2027-03-20.
        last: A day, such as 2027-03-20.
    """
    return call(
        "GET",
        "/v1/reports",
        ReportOut.model_validate_json,
        query={"operation_id": operation_id, "by": by, "first": first, "last": last},
    )


def read_report_csv(
    *,
    operation_id: int | None = None,
    by: Sequence[Literal["operation", "pass_type", "model", "wallet", "day"]] | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Call[str]:
    """
    Read the same figures as CSV.

    Args:
        operation_id: Of this operation, by id.
        by: One line for each; may be given several times.
        first: A day, such as 2027-03-20.
        last: A day, such as 2027-03-20.
    """
    return call(
        "GET", "/v1/reports.csv", text, query={"operation_id": operation_id, "by": by, "first": first, "last": last}
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
