"""Design §5, Time: wall, calendar and working delays in the operation's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from walletpass.calendars import (
    Delay,
    add_months,
    add_working_days,
    easter,
    instant_of,
    is_working_day,
    public_holidays,
)

PARIS = ZoneInfo("Europe/Paris")


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def after(start: str, **delay: Any) -> str:
    return Delay(**delay).after(paris(start), PARIS).astimezone(PARIS).isoformat()


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1818, "03-22"),
        (1943, "04-25"),
        (2000, "04-23"),
        (2024, "03-31"),
        (2025, "04-20"),
        (2027, "03-28"),
        (2038, "04-25"),
    ],
)
def test_easter_of_known_years(year: int, day: str) -> None:
    assert easter(year).isoformat() == f"{year}-{day}"


def test_public_holidays_of_2027() -> None:
    days = ["01-01", "03-29", "05-01", "05-06", "05-08", "05-17", "07-14", "08-15", "11-01", "11-11", "12-25"]
    assert sorted(public_holidays(2027)) == [date.fromisoformat(f"2027-{day}") for day in days]


def test_two_holidays_may_fall_on_one_day() -> None:
    """In 2008 Ascension was on 1 May."""
    assert len(public_holidays(2008)) == 10


def test_wall_time_is_elapsed_time_across_a_clock_change() -> None:
    assert after("2027-03-27T12:00", days=1, unit="wall") == "2027-03-28T13:00:00+02:00"


def test_a_calendar_day_keeps_the_time_of_day_across_a_clock_change() -> None:
    assert after("2027-03-27T12:00", days=1, unit="calendar") == "2027-03-28T12:00:00+02:00"


def test_a_missing_local_time_moves_forward_by_the_gap() -> None:
    assert after("2027-03-27T02:30", days=1, unit="calendar") == "2027-03-28T03:30:00+02:00"


def test_a_doubled_local_time_takes_the_first() -> None:
    assert after("2027-10-30T02:30", days=1, unit="calendar") == "2027-10-31T02:30:00+02:00"


def test_the_second_of_a_doubled_time_counts_as_its_own_instant() -> None:
    second = datetime(2027, 10, 31, 2, 30, tzinfo=PARIS, fold=1)
    assert Delay(hours=1).after(second, PARIS) == datetime(2027, 10, 31, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [("2027-01-31", 1, "2027-02-28"), ("2028-01-31", 1, "2028-02-29"), ("2028-02-29", 12, "2029-02-28"),
     ("2027-12-31", 2, "2028-02-29"), ("2027-03-31", 1, "2027-04-30"), ("2027-11-30", 1, "2027-12-30")],
)  # fmt: skip
def test_month_ends_clamp(start: str, months: int, end: str) -> None:
    assert add_months(date.fromisoformat(start), months).isoformat() == end


def test_days_are_counted_after_months() -> None:
    assert after("2027-01-31T09:00", months=1, days=1, unit="calendar") == "2027-03-01T09:00:00+01:00"


def test_working_days_skip_week_ends_and_public_holidays() -> None:
    """Thursday 25 March 2027 + 2: Friday 26, then Tuesday 30, as Monday 29 is Easter Monday."""
    assert after("2027-03-25T16:00", days=2, unit="working", at="09:00") == "2027-03-30T09:00:00+02:00"


def test_a_working_delay_from_a_sunday_starts_on_monday() -> None:
    assert add_working_days(date(2027, 6, 6), 1) == date(2027, 6, 7)


def test_hours_elapse_after_the_days_are_counted() -> None:
    assert after("2027-06-04T10:00", days=1, hours=2, unit="working") == "2027-06-07T12:00:00+02:00"


def test_a_naive_instant_is_in_the_zone_of_the_operation() -> None:
    assert instant_of(datetime(2027, 7, 1, 12), PARIS) == datetime(2027, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delay", "says"),
    [({}, "longer than nothing"), ({"days": 3}, "say the unit"), ({"months": 1, "unit": "wall"}, "unit: calendar"),
     ({"weeks": 1, "unit": "working"}, "counts days"), ({"hours": 2, "at": "09:00"}, "time of day"),
     ({"days": 1, "unit": "calendar", "at": "9h"}, "not a time of day"),
     ({"days": -1, "unit": "wall"}, "greater than")],
)  # fmt: skip
def test_a_delay_states_its_unit_and_makes_sense(delay: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Delay(**delay)


def test_a_delay_reads_as_a_sentence() -> None:
    assert str(Delay(days=3, unit="calendar", at="09:00")) == "3 days (calendar) at 09:00"


INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))


@settings(max_examples=60, deadline=None)
@given(INSTANTS, st.integers(1, 60))
def test_working_delays_land_on_a_working_day_with_so_many_between(start: datetime, days: int) -> None:
    end = Delay(days=days, unit="working").after(start, PARIS).astimezone(PARIS)
    first = start.astimezone(PARIS).date()
    counted = sum(is_working_day(first + timedelta(days=n)) for n in range(1, (end.date() - first).days + 1))
    assert (is_working_day(end.date()), counted) == (True, days)


@settings(max_examples=60, deadline=None)
@given(
    INSTANTS,
    st.integers(0, 40),
    st.integers(0, 800),
    st.sampled_from(["Europe/Paris", "America/New_York", "Asia/Kathmandu", "UTC"]),
)
def test_a_calendar_delay_is_never_early_and_grows_with_its_start(
    start: datetime, months: int, days: int, zone: str
) -> None:
    where = ZoneInfo(zone)
    delay = Delay(months=months, days=days + 1, unit="calendar")
    earlier, later = delay.after(start, where), delay.after(start + timedelta(days=1), where)
    assert start < earlier <= later
