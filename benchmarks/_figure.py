"""What a benchmark found, beside what it should find."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks._rate import table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    One line of the table.

    Attributes:
        what: What was measured.
        value: How much, in `unit`.
        at_least, at_most: The goal; a figure may have none.
        remark: What else there is to know.
    """

    what: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    remark: str = ""

    @property
    def goal(self) -> str:
        """The goal in words."""
        if self.at_least is not None:
            return f"≥ {_number(self.at_least)}"
        return f"≤ {_number(self.at_most)}" if self.at_most is not None else ""

    @property
    def reached(self) -> str:
        """yes, NO, or nothing without a goal."""
        if not self.goal:
            return ""
        low = self.at_least is not None and self.value < self.at_least
        high = self.at_most is not None and self.value > self.at_most
        return "NO" if low or high else "yes"


def show(figures: Iterable[Figure]) -> str:
    """The table."""
    heading = ("what", "figure", "unit", "goal", "reached", "remark")
    rows = [(f.what, _number(f.value), f.unit, f.goal, f.reached, f.remark) for f in figures]
    return table([heading, *rows])


def tell(message: str) -> None:
    """Progress, on stderr."""
    print(message, file=sys.stderr, flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 10 else f"{value:.2f}"
