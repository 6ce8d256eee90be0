from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, cast, literal, select

from walletpass_server.persistence.columns import from_microseconds, to_microseconds
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.last_modified import (
    MAX_LEAD,
    next_last_modified,
    next_last_modified_sql,
    told_last_modified,
    unmodified,
)
from walletpass_server.persistence.sql import DatabaseNow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS


@settings(max_examples=100, deadline=None)
@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(timezone(timedelta(hours=5, minutes=30)))))
def test_an_instant_comes_back_to_the_microsecond_in_utc(instant: datetime) -> None:
    read = from_microseconds(to_microseconds(instant))
    assert read == instant
    assert read.tzinfo is UTC


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_microseconds(datetime(2027, 3, 20))


async def test_the_clock_of_the_database_is_near_ours(database: Database) -> None:
    async with database.reading(ALL_CLIENTS) as unit:
        now = (await unit.connection.execute(select(DatabaseNow()))).scalar_one()
    assert abs(datetime.now(UTC) - from_microseconds(now)) < timedelta(seconds=10)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=40))
def test_a_phone_that_asks_with_the_date_it_was_told_misses_no_change(steps: list[tuple[int, bool]]) -> None:
    """Each step lets some seconds pass, then the pass changes, or the phone asks."""
    now, stored, version = 1000, 1000, 1
    fetched, since = 0, 0
    for seconds, changes in [*steps, (MAX_LEAD, False)]:
        now += seconds
        if changes:
            previous, stored, version = stored, next_last_modified(stored, now), version + 1
            assert previous <= stored <= now + MAX_LEAD
        elif not unmodified(stored, since):
            fetched, since = version, told_last_modified(stored, now)
            assert since <= now
        else:
            assert fetched == version
    assert fetched == version


@pytest.mark.parametrize("back", [3, 4, 60, 3600])
def test_a_clock_that_is_set_back_hides_no_change(back: int) -> None:
    stored = since = 10_000  # made and fetched by the clock of before
    for now in range(10_000 - back, 10_010):
        before, stored = stored, next_last_modified(stored, now)
        assert not unmodified(stored, since)
        assert stored >= before
        since = told_last_modified(stored, now)
        assert since <= now


async def test_the_set_based_date_is_the_same_as_the_single_one(database: Database) -> None:
    now = 1000
    async with database.reading(ALL_CLIENTS) as unit:
        for previous in range(now - 3, now + 6):
            column = cast(literal(previous), BigInteger)
            answer = await unit.connection.execute(select(next_last_modified_sql(column, now)))
            assert answer.scalar_one() == next_last_modified(previous, now)
