"""Passes of the library, read from their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Dialect, Row, Select, bindparam, select, union_all

from walletpass.lifecycle import Holding, Pass, Timer, Wallet
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.values import from_json
from walletpass_server.persistence.columns import from_microseconds, to_microseconds
from walletpass_server.persistence.sql import one_of, one_selected
from walletpass_server.persistence.tables import PassRow, RegistrationRow, TimerRow
from walletpass_server.persistence.unit_of_work import Unit

GOOGLE = Holding("google", "google")
"""The one place of a pass in Google Wallet: it does not tell devices apart."""

PassAsStored = Row[*tuple[Any, ...]]
"""A row of `_COLUMNS`."""
_COLUMNS = (
    PassRow.id, PassRow.serial, PassRow.variables, PassRow.model, PassRow.version, PassRow.last_modified,
    PassRow.voided_at, PassRow.fired, PassRow.armed, PassRow.displayed_under, PassRow.added_under, PassRow.notified,
    PassRow.apple_holdings, PassRow.google_holdings, PassRow.fact_count, PassRow.source, PassRow.created_at,
    PassRow.operation_id,
)  # fmt: skip
_THERE = PassRow.erased_at.is_(None)


@lru_cache(8)
def _chosen(dialect: Dialect, lock: bool) -> Select[*tuple[Any, ...]]:
    own = PassRow.client_id == bindparam("client"), PassRow.operation_id == bindparam("operation")
    chosen = select(*_COLUMNS).where(*own, one_of(dialect, PassRow.id, "ids"), _THERE).order_by(PassRow.id)
    return chosen.with_for_update() if lock else chosen


@lru_cache(8)
def _named(dialect: Dialect) -> Select[*tuple[Any, ...]]:
    own = PassRow.client_id == bindparam("client")
    named = union_all(
        select(PassRow.id).where(own, one_of(dialect, PassRow.serial, "serials")),
        select(PassRow.id).where(own, one_of(dialect, PassRow.id, "ids")),
    )
    chosen = select(*_COLUMNS).where(own, one_selected(dialect, PassRow.id, named), _THERE)
    return chosen.order_by(PassRow.operation_id, PassRow.id).with_for_update()


@lru_cache(8)
def _timed(dialect: Dialect) -> Select[*tuple[Any, ...]]:
    own = TimerRow.client_id == bindparam("client"), one_of(dialect, TimerRow.pass_id, "ids")
    return select(TimerRow.__table__).where(*own).order_by(TimerRow.pass_id, TimerRow.trigger, TimerRow.slot)


@lru_cache(8)
def _held(dialect: Dialect) -> Select[int, int]:
    own = RegistrationRow.client_id == bindparam("client"), one_of(dialect, RegistrationRow.pass_id, "ids")
    return select(RegistrationRow.pass_id, RegistrationRow.device_id).where(*own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """
    A pass as its rows have it.

    Attributes:
        id: Its row.
        state: The pass.
        slots: The row of each of its timers, in their order.
        fact_count: Facts written so far.
        last_modified: As the web service tells it, whole seconds since 1970.
    """

    id: int
    state: Pass
    slots: tuple[int, ...] = ()
    fact_count: int = 0
    last_modified: int = 0


def apple_holding(device_id: int) -> Holding:
    """A registration of a device, by the id of its row."""
    return Holding("apple", str(device_id))


async def load(unit: Unit, live: LiveOperation, ids: Sequence[int], *, lock: bool = True) -> list[Stored]:
    """
    Passes of an operation, in the order of their ids; those that are not its own are left out.

    Args:
        unit: The transaction.
        live: Theirs.
        ids: Which.
        lock: Nobody else changes them until the end of the transaction. Without, do not store what you decide.
    """
    if not ids:
        return []
    chosen = {"client": live.row.client_id, "operation": live.row.id, "ids": list(ids)}
    rows = (await unit.connection.execute(_chosen(unit.connection.dialect, lock), chosen)).all()
    return await read(unit, {live.row.id: live}, rows)


async def lock_named(unit: Unit, serials: Collection[str], ids: Collection[int]) -> Sequence[PassAsStored]:
    """
    Rows of passes of the unit's client, by serial and by id, locked; `read` makes passes of them.

    By operation and id: in one order for all, so that no two callers wait in a circle.
    """
    asked = {"client": unit.client_id, "serials": list(serials), "ids": list(ids)}
    return (await unit.connection.execute(_named(unit.connection.dialect), asked)).all()


async def read(unit: Unit, lives: Mapping[int, LiveOperation], rows: Sequence[PassAsStored]) -> list[Stored]:
    """Passes of one client, with their delays and registrations, in the order of the rows; `lives` are by id."""
    if not rows:
        return []
    client_id = lives[rows[0].operation_id].row.client_id
    timers = await _timers(unit, lives, [row.id for row in rows if lives[row.operation_id].matrix.delays])
    holdings = await _registrations(unit, client_id, [row.id for row in rows if row.apple_holdings])
    return [_stored(lives[row.operation_id], row, timers[row.id], holdings[row.id]) for row in rows]


async def load_one(unit: Unit, live: LiveOperation, pass_id: int) -> Stored | None:
    """One pass, locked; None when the operation has no such pass."""
    return next(iter(await load(unit, live, [pass_id])), None)


async def _timers(
    unit: Unit, lives: Mapping[int, LiveOperation], ids: Sequence[int]
) -> dict[int, list[tuple[Timer, int]]]:
    found: dict[int, list[tuple[Timer, int]]] = defaultdict(list)
    if ids:
        chosen = {"client": next(iter(lives.values())).row.client_id, "ids": ids}
        for row in await unit.connection.execute(_timed(unit.connection.dialect), chosen):
            data = from_json(row.data, lives[row.operation_id].anchors[row.trigger])
            found[row.pass_id].append((Timer(row.trigger, row.due_at, row.anchored_at, data), row.slot))
    return found


async def _registrations(unit: Unit, client_id: int, ids: Sequence[int]) -> dict[int, set[Holding]]:
    found: dict[int, set[Holding]] = defaultdict(set)
    if ids:
        chosen = {"client": client_id, "ids": ids}
        for pass_id, device_id in await unit.connection.execute(_held(unit.connection.dialect), chosen):
            found[pass_id].add(apple_holding(device_id))
    return found


def _stored(live: LiveOperation, row: PassAsStored, timers: list[tuple[Timer, int]], holdings: set[Holding]) -> Stored:
    state = Pass(
        serial=row.serial,
        model=row.model,
        issued_at=row.created_at,
        values=from_json(row.variables, live.variables),
        version=row.version,
        voided=row.voided_at is not None,
        fired=frozenset(row.fired),
        armed=frozenset(row.armed),
        timers=tuple(timer for timer, _ in timers),
        holdings=frozenset(holdings | {GOOGLE} if row.google_holdings else holdings),
        added_under=row.added_under,
        displayed_under=row.displayed_under,
        notified=read_notified(row.notified),
        source=row.source,
    )
    slots = tuple(slot for _, slot in timers)
    return Stored(id=row.id, state=state, slots=slots, fact_count=row.fact_count, last_modified=row.last_modified)


def read_notified(stored: dict[str, list[int]]) -> dict[Wallet, tuple[datetime, ...]]:
    """Instants of Notifications from their column."""
    return {cast(Wallet, wallet): tuple(map(from_microseconds, instants)) for wallet, instants in stored.items()}


def write_notified(state: Pass) -> dict[str, list[int]]:
    """Instants of Notifications for their column."""
    return {wallet: [to_microseconds(instant) for instant in instants] for wallet, instants in state.notified.items()}
