"""Dates and times as Google takes them. A day is its first minute; what has no offset is in the Model's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def aware(value: datetime | date, zone: ZoneInfo) -> datetime:
    """A value with its zone."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def instant(value: datetime | date, zone: ZoneInfo) -> str:
    """
    With an offset. Google shows it as the clock of that offset reads, so UTC is turned into the Model's zone;
    another offset is taken for the place's own.
    """
    moment = aware(value, zone)
    if moment.utcoffset() == timedelta(0):
        moment = _moved(moment, zone)
    return moment.isoformat(timespec="seconds")


def local(value: datetime | date, zone: ZoneInfo, place: ZoneInfo) -> str:
    """Without an offset, as the clocks at the place read: Google refuses a flight's times with one."""
    return _moved(aware(value, zone), place).replace(tzinfo=None).isoformat(timespec="seconds")


def local_with_offset(value: datetime | date, zone: ZoneInfo, place: ZoneInfo) -> str:
    """As the clocks at the place read, with their offset."""
    return _moved(aware(value, zone), place).isoformat(timespec="seconds")


def _moved(moment: datetime, zone: ZoneInfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:  # the first and last hours that Python can count
        return moment.astimezone(UTC)
