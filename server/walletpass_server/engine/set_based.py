"""
Move many passes by an `at` Trigger with a few statements, where that gives what deciding each pass would.

A Trigger that `is_set_based` does the same to every pass it takes. What a pass may bring along that makes a difference
(delays that are due, caps on Notifications, values it already holds) is a condition of the UPDATE: such passes are left
where they are, for the caller to decide one by one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, select

from walletpass.errors import ConditionError
from walletpass.events import CHANGED, MOVED
from walletpass.lifecycle import Wallet, constants, due_instants, plan_notice
from walletpass.trigger import Trigger
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.set_statements import Shape, statements
from walletpass_server.engine.telling import CHANNEL
from walletpass_server.engine.values import to_json
from walletpass_server.persistence import outbox
from walletpass_server.persistence.columns import to_microseconds
from walletpass_server.persistence.json_sql import holds
from walletpass_server.persistence.tables import PassRow
from walletpass_server.persistence.unit_of_work import Unit

WALLETS: tuple[Wallet, ...] = ("apple", "google")


@dataclass(frozen=True, slots=True)
class SetMove:
    """
    A Trigger that can take a whole set.

    Attributes:
        shape: What its statements depend on.
        shown: What `pass.notified` becomes in a pass that this wallet has; empty when no phone shows anything.
    """

    shape: Shape
    shown: Mapping[Wallet, list[int]]


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
    if not trigger.is_set_based or moves_on or awaited or _goes_after_another(live, trigger):
        return None
    try:
        given = to_json(constants(trigger, matrix, operation))
    except ConditionError:
        return None
    shown: dict[Wallet, list[int]] = {}
    silent = False
    if trigger.notifies:
        for wallet in WALLETS:
            notice = plan_notice(operation, wallet, (), now, essential=trigger.essential)
            silent = silent or notice.outcome != "sent"
            shown[wallet] = [to_microseconds(notice.at)]
    left = trigger.from_model != trigger.to_model
    shape = Shape(
        trigger=trigger.name,
        from_model=trigger.from_model,
        to_model=trigger.to_model,
        given=json.dumps(given, sort_keys=True),
        notifies=trigger.notifies,
        silent=silent,
        has_delays=bool(matrix.delays),
        dropped=tuple(t.name for t in matrix.delays if left and t.from_model == trigger.from_model),
        lacking=tuple(sorted(_needed(live, trigger.to_model) - _needed(live, trigger.from_model) - given.keys())),
    )
    return SetMove(shape, shown)


def candidates(live: LiveOperation, trigger: Trigger) -> ColumnElement[bool]:
    """The passes that an `at` Trigger could take."""
    return and_(
        PassRow.client_id == live.row.client_id,
        PassRow.operation_id == live.row.id,
        PassRow.model == trigger.from_model,
        PassRow.voided_at.is_(None),
        not_(holds(PassRow.fired.expression, trigger.name)),
    )


async def reach(unit: Unit, live: LiveOperation, trigger: Trigger, cursor: int, size: int) -> tuple[int | None, int]:
    """The last id of the next chunk, None when there is none, and how many candidates it has."""
    found = select(PassRow.id).where(candidates(live, trigger), PassRow.id > cursor).order_by(PassRow.id).limit(size)
    ids = (await unit.connection.execute(found)).scalars().all()
    return (ids[-1] if ids else None), len(ids)


async def move_set(
    unit: Unit, live: LiveOperation, move: SetMove, span: Span, run_id: int, now: datetime, before: datetime
) -> int:
    """
    Move the passes of a span that can be moved together, with all that belongs to it; returns how many.

    Args:
        before: The instant of the Trigger: passes with a delay due earlier are left out.
    """
    prepared = statements(unit.connection.dialect, move.shape)
    known: dict[str, Any] = {
        "client": live.row.client_id,
        "operation": live.row.id,
        "after": span.after,
        "last": span.last,
        "run": run_id,
        "now": now,
        "second": int(now.timestamp()),
        "day": now.astimezone(live.operation.tz).date(),
        "before": before,
        "both": dict(move.shown),
        "way": {**move.shape.way, **to_json({"due": before})},
    }
    known |= {wallet: {wallet: move.shown.get(wallet, [])} for wallet in WALLETS}
    for before_it in prepared.first:
        await unit.connection.execute(before_it, known)
    moved = (await unit.connection.execute(prepared.update, known)).rowcount
    if moved:
        for after_it in prepared.then:
            await unit.connection.execute(after_it, known)
        for letters in prepared.letters:
            await unit.insert_selected(letters, known)
        if live.tells_hooks:
            await outbox.put(unit, [_hook_letter(live, move.shape, span, run_id, moved)])
    return moved


def _hook_letter(live: LiveOperation, shape: Shape, span: Span, run_id: int, moved: int) -> outbox.NewLetter:
    """One letter for all: which facts are new, and what they are alike in. `hooks.sets` reads it."""
    body = {
        "run": run_id,
        "after": span.after,
        "last": span.last,
        "passes": moved,
        "operation": live.row.id,
        "trigger": shape.trigger,
        "from": shape.from_model,
        "to": shape.to_model,
        "changed": bool(shape.values),
    }
    return outbox.NewLetter(CHANNEL, f"run:{run_id}:{span.after}", body)


def _goes_after_another(live: LiveOperation, trigger: Trigger) -> bool:
    """Whether another Trigger takes passes of the same Model at the same instant, and goes first."""
    rivals = live.matrix.instants[trigger.from_model]
    instant = live.operation.instant(trigger)
    return any(live.operation.instant(other) == instant for other in rivals[: rivals.index(trigger)])


def _needed(live: LiveOperation, model: str) -> set[str]:
    return {name for name, variable in live.matrix.models[model].variables.items() if variable.needed}
