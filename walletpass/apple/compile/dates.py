"""Dates as pass.json wants them: complete, whole seconds, with a zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import partial
from zoneinfo import ZoneInfo


def instant(value: datetime | date, zone: ZoneInfo) -> str:
    """
    A date and time, its offset `Z` or `±HH:MM`.

    Args:
        value: One without an offset is in `zone`; a day is its first minute there.
        zone: The Model's zone.
    """
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    offset = moment.utcoffset()
    if not offset or offset.total_seconds() % 60:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def instants(zone: ZoneInfo) -> Callable[[datetime | date], str]:
    """`instant` for one zone."""
    return partial(instant, zone=zone)


def day(value: date) -> str:
    """A day as an instant; shown with `ignoresTimeZone`, so that it is the same day everywhere."""
    return f"{value.isoformat()}T00:00:00Z"
