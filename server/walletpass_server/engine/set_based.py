"""
Move many passes by an `at` Trigger with a few statements, where that gives what deciding each pass would.

A Trigger that `is_set_based` does the same to every pass it takes. What a pass may bring along that makes a difference
(delays that are due, caps on Notifications, values it already holds) is a condition of the UPDATE: such passes are left
where they are, for the caller to decide one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from walletpass.errors import ConditionError
from walletpass.events import CHANGED, MOVED
from walletpass.lifecycle import Wallet, constants, due_instants, plan_notice
from walletpass.trigger import Trigger
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.values import to_json
from walletpass_server.persistence import outbox
from walletpass_server.persistence.columns import Instant, JsonType, to_microseconds
from walletpass_server.persistence.json_sql import appended, differs, holds, lacks, picked, replaced
from walletpass_server.persistence.last_modified import next_last_modified_sql
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import FactRow, PassRow, RegistrationRow, TimerRow, ValueHistoryRow
from walletpass_server.persistence.unit_of_work import Unit

WALLETS: tuple[Wallet, ...] = ("apple", "google")


@dataclass(frozen=True, slots=True)
class SetMove:
    """
    A Trigger that can take a whole set.

    Attributes:
        trigger: An `at` Trigger.
        given: What its `set` gives every pass, as JSON; None clears.
        shown: What `pass.notified` becomes in a pass that this wallet has; empty when no phone shows anything.
        silent: Passes that a phone holds cannot be taken: what it shows depends on the pass.
    """

    trigger: Trigger
    given: Mapping[str, Any]
    shown: Mapping[Wallet, list[int]]
    silent: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Passes of a chunk: ids above `after`, up to `last`."""

    after: int
    last: int

    @property
    def condition(self) -> ColumnElement[bool]:
        """That a pass is one of them."""
        return and_(PassRow.id > self.after, PassRow.id <= self.last)


def set_move(live: LiveOperation, trigger: Trigger, now: datetime) -> SetMove | None:
    """The Trigger as one for sets; None when each pass must be decided by itself."""
    matrix, operation = live.rules
    moves_on = trigger.from_model != trigger.to_model and due_instants(matrix, operation, trigger.to_model, now)
    awaited = MOVED in matrix.awaited or (trigger.set and CHANGED in matrix.awaited)
    if not trigger.is_set_based or moves_on or awaited or live.tells_hooks or _goes_after_another(live, trigger):
        return None
    try:
        given = constants(trigger, matrix, operation)
    except ConditionError:
        return None
    shown: dict[Wallet, list[int]] = {}
    silent = False
    if trigger.notifies:
        for wallet in WALLETS:
            notice = plan_notice(operation, wallet, (), now, essential=trigger.essential)
            silent = silent or notice.outcome != "sent"
            shown[wallet] = [to_microseconds(notice.at)]
    return SetMove(trigger, to_json(given), shown, silent)


def candidates(live: LiveOperation, trigger: Trigger) -> ColumnElement[bool]:
    """The passes that an `at` Trigger could take."""
    return and_(
        PassRow.client_id == live.row.client_id,
        PassRow.operation_id == live.row.id,
        PassRow.model == trigger.from_model,
        PassRow.voided_at.is_(None),
        not_(holds(PassRow.fired.expression, trigger.name)),
    )


async def move_set(
    unit: Unit, live: LiveOperation, move: SetMove, span: Span, run_id: int, now: datetime, before: datetime
) -> int:
    """
    Move the passes of a span that can be moved together, with all that belongs to it; returns how many.

    Args:
        before: The instant of the Trigger: passes with a delay due earlier are left out.
    """
    taken = and_(candidates(live, move.trigger), span.condition, *_alike(live, move, before))
    if move.given:
        await _lock(unit, taken)
        await _write_history(unit, move, taken, now)
    changed = await unit.connection.execute(update(PassRow).where(taken).values(_new_state(move, run_id, now)))
    if changed.rowcount == 0:
        return 0
    moved = and_(
        PassRow.client_id == live.row.client_id,
        PassRow.operation_id == live.row.id,
        PassRow.model == move.trigger.to_model,
        span.condition,
        PassRow.last_run == run_id,
        PassRow.change == CurrentChange(),  # in this transaction: a lap before may have moved others of the span
    )
    await _write_facts(unit, live, move, moved, run_id, now)
    await _drop_timers(unit, live, move.trigger, moved)
    await _put_letters(unit, live.row.client_id, moved)
    return changed.rowcount


def _goes_after_another(live: LiveOperation, trigger: Trigger) -> bool:
    """Whether another Trigger takes passes of the same Model at the same instant, and goes first."""
    rivals = live.matrix.instants[trigger.from_model]
    instant = live.operation.instant(trigger)
    return any(live.operation.instant(other) == instant for other in rivals[: rivals.index(trigger)])


def _alike(live: LiveOperation, move: SetMove, before: datetime) -> list[ColumnElement[bool]]:
    """What a pass must be like to be moved with the others."""
    matrix, trigger = live.matrix, move.trigger
    found: list[ColumnElement[bool]] = []
    if matrix.delays:
        due = (TimerRow.client_id == PassRow.client_id, TimerRow.pass_id == PassRow.id, TimerRow.due_at < before)
        found.append(not_(exists().where(*due)))
    if move.shown:
        unheld = PassRow.apple_holdings + PassRow.google_holdings == 0
        free = PassRow.notified == cast(bindparam(None, {}, JsonType, unique=True), JsonType)
        found.append(unheld if move.silent else or_(unheld, free))
    held = {name for name, variable in matrix.models[trigger.from_model].variables.items() if variable.needed}
    needed = {name for name, variable in matrix.models[trigger.to_model].variables.items() if variable.needed}
    found += [not_(lacks(PassRow.variables.expression, name)) for name in sorted(needed - held - move.given.keys())]
    found += [differs(PassRow.variables.expression, name, move.given) for name in sorted(move.given)]
    return found


def _new_state(move: SetMove, run_id: int, now: datetime) -> dict[str, Any]:
    facts = 2 if move.given else 1
    values: dict[str, Any] = {
        "model": move.trigger.to_model,
        "version": PassRow.version + 1,
        "change": CurrentChange(),
        "changed_at": now,
        "last_modified": next_last_modified_sql(PassRow.last_modified.expression, int(now.timestamp())),
        "fired": appended(PassRow.fired.expression, move.trigger.name),
        "fact_count": PassRow.fact_count + facts,
        "last_run": run_id,
    }
    if move.given:
        put = {name: value for name, value in move.given.items() if value is not None}
        values["variables"] = replaced(PassRow.variables.expression, put, sorted(move.given.keys() - put.keys()))
    if move.shown and not move.silent:
        apple, google = ({wallet: move.shown[wallet]} for wallet in WALLETS)
        values["notified"] = case(
            (and_(PassRow.apple_holdings > 0, PassRow.google_holdings > 0), literal({**apple, **google}, JsonType)),
            (PassRow.apple_holdings > 0, literal(apple, JsonType)),
            (PassRow.google_holdings > 0, literal(google, JsonType)),
            else_=PassRow.notified,
        )
    return values


async def _lock(unit: Unit, taken: ColumnElement[bool]) -> None:
    """Hold the rows, so that their old values can be kept before they change."""
    rows = select(PassRow.id).where(taken).order_by(PassRow.id).with_for_update().subquery()
    await unit.connection.execute(select(func.count()).select_from(rows))


async def _write_history(unit: Unit, move: SetMove, taken: ColumnElement[bool], now: datetime) -> None:
    after = {name: value for name, value in move.given.items() if value is not None}
    rows = select(
        PassRow.client_id,
        PassRow.id,
        PassRow.version + 1,
        literal(now, Instant),
        literal(move.trigger.name),
        picked(PassRow.variables.expression, sorted(move.given)),
        literal(after, JsonType),
    ).where(taken)
    names = ["client_id", "pass_id", "version", "changed_at", "cause", "before", "after"]
    await unit.connection.execute(insert(ValueHistoryRow).from_select(names, rows))


async def _write_facts(
    unit: Unit, live: LiveOperation, move: SetMove, moved: ColumnElement[bool], run_id: int, now: datetime
) -> None:
    """The same facts as `lifecycle` writes; none of them adds to the daily counts."""
    trigger = move.trigger
    way = {"from": trigger.from_model, "to": trigger.to_model, "trigger": trigger.name}
    told: list[tuple[str, dict[str, Any]]] = [(MOVED, {**way, "kind": trigger.kind, "chain": [trigger.name]})]
    if move.given:
        told.append((CHANGED, {"changed": sorted(move.given), "reason": trigger.name}))
    day = now.astimezone(live.operation.tz).date()
    names = [
        "client_id", "pass_id", "number", "operation_id", "name", "wallet", "model", "day", "occurred_at",
        "recorded_at", "run_id", "data",
    ]  # fmt: skip
    for place, (name, data) in enumerate(told, start=1 - len(told)):
        rows = select(
            PassRow.client_id, PassRow.id, PassRow.fact_count + place, PassRow.operation_id, literal(name), literal(""),
            PassRow.model, literal(day, Date), literal(now, Instant), literal(now, Instant),
            literal(run_id, BigInteger), literal(data, JsonType),
        ).where(moved)  # fmt: skip
        await unit.connection.execute(insert(FactRow).from_select(names, rows, include_defaults=False))


async def _drop_timers(unit: Unit, live: LiveOperation, trigger: Trigger, moved: ColumnElement[bool]) -> None:
    """Delays that waited in the Model which the passes left."""
    waiting = [t.name for t in live.matrix.delays if t.from_model == trigger.from_model != trigger.to_model]
    if waiting:
        passes = select(PassRow.id).where(moved)
        await unit.connection.execute(
            delete(TimerRow).where(
                TimerRow.client_id == live.row.client_id, TimerRow.pass_id.in_(passes), TimerRow.trigger.in_(waiting)
            )
        )


async def _put_letters(unit: Unit, client_id: int, moved: ColumnElement[bool]) -> None:
    """The letters that `apply` puts in: one for each device, one for each object at Google."""
    # Not a join: SQLite would look through the registrations of the whole chunk for each pass.
    held = select(PassRow.id).where(moved, PassRow.apple_holdings > 0)
    devices: Select[int, str] = (
        select(RegistrationRow.client_id, _text(RegistrationRow.device_id))
        .where(RegistrationRow.client_id == client_id, RegistrationRow.pass_id.in_(held))
        .distinct()
    )
    objects: Select[int, str] = select(PassRow.client_id, _text(PassRow.id)).where(moved, PassRow.google_holdings > 0)
    await outbox.put_selected(unit, "apns", devices)
    await outbox.put_selected(unit, "google", objects)


def _text(number: Any) -> ColumnElement[str]:
    return cast(number, String)
