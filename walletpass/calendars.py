"""
Time as people count it: elapsed, calendar and French working days.

Instants are aware and UTC inside. A local time that does not exist (spring) moves forward by the gap; one that exists
twice (autumn) is the first of the two. A day that a month lacks becomes the month's last day.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, PlainSerializer, PlainValidator, model_validator

from walletpass.model.part import Part

MAX_YEARS = 10
"""Longest delay."""

Unit = Literal["wall", "calendar", "working"]


def _clock(value: object) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and len(value) == 5:
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f'{value!r} is not a time of day: write "09:00", in quotes')


Clock = Annotated[time, PlainValidator(_clock), PlainSerializer(lambda value: value.isoformat("minutes"))]
"""A time of day in the zone of the operation, to the minute: "09:00"."""


class Delay(Part):
    """
    A length of time with its unit: `{days: 3, unit: calendar, at: "09:00"}`.

    Months, weeks and days are counted first, in the zone, then `at` sets the time of day, then hours, minutes and
    seconds are added as they elapse.
    """

    months: Annotated[int, Field(ge=0, le=12 * MAX_YEARS)] = 0
    """Calendar months; month ends clamp (31 January + 1 month = 28 or 29 February)."""
    weeks: Annotated[int, Field(ge=0, le=53 * MAX_YEARS)] = 0
    """Weeks."""
    days: Annotated[int, Field(ge=0, le=366 * MAX_YEARS)] = 0
    """Days; with `unit: working` French working days, Monday to Friday but public holidays."""
    hours: Annotated[int, Field(ge=0, le=24 * 366 * MAX_YEARS)] = 0
    """Hours."""
    minutes: Annotated[int, Field(ge=0, le=60 * 24 * 366 * MAX_YEARS)] = 0
    """Minutes."""
    seconds: Annotated[int, Field(ge=0, le=3600 * 24 * 366 * MAX_YEARS)] = 0
    """Seconds."""
    unit: Unit | None = None
    """wall (elapsed time), calendar or working; may be left out when only hours, minutes or seconds are given."""
    at: Clock | None = None
    """The time of day it falls due, in the operation's zone (calendar and working)."""

    @model_validator(mode="after")
    def _states_its_unit(self) -> Self:
        counted = self.months or self.weeks or self.days
        if not (counted or self.elapsed):
            raise ValueError("a delay is longer than nothing: give months, weeks, days, hours, minutes or seconds")
        if counted and self.unit is None:
            raise ValueError("say the unit: wall (elapsed time), calendar or working (French working days)")
        if self.unit == "working" and (self.months or self.weeks or not self.days):
            raise ValueError("unit: working counts days (and may add hours): months and weeks are for unit: calendar")
        if self.unit in (None, "wall") and (self.months or self.at):
            raise ValueError("months and a time of day need unit: calendar or working")
        return self

    @property
    def elapsed(self) -> timedelta:
        """The part counted in hours, minutes and seconds."""
        return timedelta(hours=self.hours, minutes=self.minutes, seconds=self.seconds)

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """The instant (UTC) that lies this delay after another."""
        if self.unit in (None, "wall"):
            return instant.astimezone(UTC) + timedelta(weeks=self.weeks, days=self.days) + self.elapsed
        local = instant.astimezone(zone)
        if self.unit == "working":
            day = add_working_days(local.date(), self.days)
        else:
            day = add_months(local.date(), self.months) + timedelta(weeks=self.weeks, days=self.days)
        return instant_of(datetime.combine(day, self.at or local.time()), zone) + self.elapsed

    def __str__(self) -> str:
        amounts = [
            f"{n} {unit if n > 1 else unit[:-1]}"
            for unit in ("months", "weeks", "days", "hours", "minutes", "seconds")
            if (n := getattr(self, unit))
        ]
        at = f" at {self.at:%H:%M}" if self.at else ""
        return " ".join(amounts) + (f" ({self.unit})" if self.unit else "") + at


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """
    The UTC instant of a local time; a time with an offset keeps its own.

    With fold=0 Python takes the first of two times, and reads a missing one with the offset before the gap, which
    is the same as moving it forward by the gap (PEP 495).
    """
    return (local if local.tzinfo else local.replace(tzinfo=zone, fold=0)).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The same day some months later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_working_days(day: date, days: int) -> date:
    """The French working day that comes `days` (at least one) working days after a day, which may itself be any."""
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def is_working_day(day: date) -> bool:
    """Monday to Friday, but French public holidays."""
    return day.weekday() < 5 and day not in public_holidays(day.year)


@lru_cache(maxsize=64)
def public_holidays(year: int) -> frozenset[date]:
    """The eleven French public holidays (Code du travail, L3133-1). Alsace and Moselle have two more, not counted."""
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    monday, ascension, whit_monday = 1, 39, 50
    movable = (easter(year) + timedelta(days=days) for days in (monday, ascension, whit_monday))
    return frozenset((*(date(year, month, day) for month, day in fixed), *movable))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous computus: Nature, 20 April 1876)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    correction = (century + 8) // 25
    epact = (19 * golden + century - century // 4 - (century - correction + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
