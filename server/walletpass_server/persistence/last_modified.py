"""
Last-Modified of a pass: HTTP dates have whole seconds, and no change may hide in one.

Every change moves it on by a second at least; it runs at most `MAX_LEAD` ahead of the clock, beyond which changes join
the version that is pending. A phone is told a date that is not in the future, so a version fetched while its date lies
ahead is fetched again later, and with it whatever joined.

A date that is further ahead was made by another clock: this one was set back, or another machine's is fast. Phones may
have been told it, so nothing joins it; the next version is a second younger.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, case, cast

MAX_LEAD = 2
"""Seconds that the date may be ahead of the clock."""


def next_last_modified(previous: int, now: int) -> int:
    """
    The date of a version made now.

    Args:
        previous: The pass's date so far, in whole seconds since 1970.
        now: The clock, in whole seconds since 1970.
    """
    if previous == now + MAX_LEAD:
        return previous
    return max(now, previous + 1)


def next_last_modified_sql(previous: ColumnElement[int], now: ColumnElement[int]) -> ColumnElement[int]:
    """`next_last_modified` for a set-based update."""
    clock = cast(now, BigInteger)
    return case((previous == clock + MAX_LEAD, previous), (previous >= clock, previous + 1), else_=clock)


def told_last_modified(stored: int, now: int) -> int:
    """The date for the Last-Modified header: the stored one, never in the future."""
    return min(stored, now)


def unmodified(stored: int, since: int) -> bool:
    """Whether a phone that has the version told as `since` needs nothing: the answer is then 304."""
    return stored <= since
