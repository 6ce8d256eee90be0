"""
How fast all processes together call one issuer or credential.

One row holds the instant at which the next call may start; reserving moves it on (GCRA without a burst). The clock is
the database's, so that hosts whose clocks differ still share one pace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import BigInteger, bindparam, case, cast, update

from walletpass_server.persistence.sql import DatabaseNow, upsert
from walletpass_server.persistence.tables import RateRow
from walletpass_server.persistence.unit_of_work import Unit

_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Slots:
    """
    Reserved calls: the first after `wait`, each next one `interval` later.

    Attributes:
        wait: From the moment the reservation was made.
    """

    wait: timedelta
    interval: timedelta
    count: int


async def reserve(unit: Unit, key: str, count: int, *, per_second: float) -> Slots:
    """
    Reserve the next free calls. Commit, then wait and call.

    Args:
        key: Whose pace: `google:<issuer id>`, `apns:<credential id>`.
        count: Calls wanted.
        per_second: The pace; a change of it counts from this reservation on.
    """
    interval = max(1, round(_SECOND / per_second))
    free = case((RateRow.free_at > DatabaseNow(), RateRow.free_at), else_=DatabaseNow())
    statement = upsert(unit.connection.dialect, RateRow).values(
        key=key, interval=interval, free_at=DatabaseNow() + count * interval
    )
    # One statement makes or moves the row, so two processes never get the same instant.
    moved = statement.on_conflict_do_update(
        index_elements=["key"], set_={"interval": interval, "free_at": free + count * interval}
    ).returning(RateRow.free_at - DatabaseNow())
    ahead = (await unit.connection.execute(moved)).scalar_one()
    return Slots(max(0, ahead - count * interval) * _MICROSECOND, interval * _MICROSECOND, count)


async def hold(unit: Unit, key: str, wait: timedelta) -> None:
    """Let nobody call for a while: the other side said 429 with a Retry-After."""
    until = DatabaseNow() + cast(bindparam("wait", wait // _MICROSECOND), BigInteger)
    await unit.connection.execute(
        update(RateRow).where(RateRow.key == key, RateRow.free_at < until).values(free_at=until)
    )
