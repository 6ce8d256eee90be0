"""The statements that move a set of passes: built once for each kind of move, since building them takes longer than
moving a hundred passes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Delete,
    Dialect,
    Insert,
    Select,
    String,
    Update,
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

from walletpass.events import CHANGED, MOVED
from walletpass_server.persistence import outbox
from walletpass_server.persistence.columns import Instant, JsonType
from walletpass_server.persistence.json_sql import appended, differs, holds, lacks, picked, replaced
from walletpass_server.persistence.last_modified import next_last_modified_sql
from walletpass_server.persistence.sql import CurrentChange
from walletpass_server.persistence.tables import FactRow, PassRow, RegistrationRow, TimerRow, ValueHistoryRow

CLIENT, OPERATION, AFTER, LAST, RUN, SECOND = (
    bindparam(name, type_=BigInteger) for name in ("client", "operation", "after", "last", "run", "second")
)
NOW, BEFORE = (bindparam(name, type_=Instant) for name in ("now", "before"))
DAY = bindparam("day", type_=Date)
SHOWN = {name: bindparam(name, type_=JsonType) for name in ("apple", "google", "both")}
WAY = bindparam("way", type_=JsonType)
"""What the fact of the move says: `Shape.way`, and when it was due."""


@dataclass(frozen=True)
class Shape:
    """
    What the statements of a move depend on, besides their parameters.

    Attributes:
        trigger, from_model, to_model: The `at` Trigger.
        given: What its `set` gives every pass, as text of JSON; null clears.
        notifies: Phones show it.
        silent: Passes that a phone holds cannot be taken: what it shows depends on the pass.
        has_delays: The Matrix has `after` Triggers.
        dropped: Those whose delays end with the move.
        lacking: Variables that the target needs and a pass may not hold.
    """

    trigger: str
    from_model: str
    to_model: str
    given: str
    notifies: bool
    silent: bool
    has_delays: bool
    dropped: tuple[str, ...]
    lacking: tuple[str, ...]

    @property
    def way(self) -> dict[str, Any]:
        """From where to where, and by what."""
        moved = {"from": self.from_model, "to": self.to_model, "trigger": self.trigger}
        return {**moved, "kind": "at", "chain": [self.trigger]}

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """What `set` gives."""
        found: dict[str, Any] = json.loads(self.given)
        return found


@dataclass(frozen=True, slots=True)
class Statements:
    """
    In order: what is to be done before the passes move, their update, what follows if any moved.

    Attributes:
        letters: `INSERT ... SELECT` for `Unit.insert_selected`.
    """

    first: tuple[Select[int] | Insert, ...]
    update: Update
    then: tuple[Insert | Delete, ...]
    letters: tuple[Insert, ...]


@lru_cache(256)
def statements(dialect: Dialect, shape: Shape) -> Statements:
    """The statements of a shape."""
    taken = _taken(shape)
    moved = and_(
        PassRow.client_id == CLIENT,
        PassRow.operation_id == OPERATION,
        PassRow.model == shape.to_model,
        PassRow.id > AFTER,
        PassRow.id <= LAST,
        PassRow.last_run == RUN,
        PassRow.change == CurrentChange(),  # in this transaction
    )
    return Statements(
        first=(_lock(taken), _history(shape, taken)) if shape.values else (),
        update=update(PassRow).where(taken).values(_new_state(shape)),
        then=(*_facts(shape, moved), *_timers(shape, moved)),
        letters=tuple(outbox.insert_letters(dialect, channel, told) for channel, told in _letters(moved)),
    )


def _taken(shape: Shape) -> ColumnElement[bool]:
    """The passes of the span that are alike."""
    found: list[ColumnElement[bool]] = [
        PassRow.client_id == CLIENT,
        PassRow.operation_id == OPERATION,
        PassRow.model == shape.from_model,
        PassRow.id > AFTER,
        PassRow.id <= LAST,
        PassRow.voided_at.is_(None),
        not_(holds(PassRow.fired.expression, shape.trigger)),
    ]
    if shape.has_delays:
        due = (TimerRow.client_id == PassRow.client_id, TimerRow.pass_id == PassRow.id, TimerRow.due_at < BEFORE)
        found.append(not_(exists().where(*due)))
    if shape.notifies:
        unheld = PassRow.apple_holdings + PassRow.google_holdings == 0
        free = PassRow.notified == cast(literal({}, JsonType), JsonType)
        found.append(unheld if shape.silent else or_(unheld, free))
    found += [not_(lacks(PassRow.variables.expression, name)) for name in shape.lacking]
    found += [differs(PassRow.variables.expression, name, shape.values) for name in sorted(shape.values)]
    return and_(*found)


def _new_state(shape: Shape) -> dict[str, Any]:
    values: dict[str, Any] = {
        "model": shape.to_model,
        "version": PassRow.version + 1,
        "change": CurrentChange(),
        "changed_at": NOW,
        "last_modified": next_last_modified_sql(PassRow.last_modified.expression, SECOND),
        "fired": appended(PassRow.fired.expression, shape.trigger),
        "fact_count": PassRow.fact_count + (2 if shape.values else 1),
        "last_run": RUN,
    }
    if shape.values:
        put = {name: value for name, value in shape.values.items() if value is not None}
        out = sorted(shape.values.keys() - put.keys())
        values["variables"] = replaced(PassRow.variables.expression, put, out)
    if shape.notifies and not shape.silent:
        values["notified"] = case(
            (and_(PassRow.apple_holdings > 0, PassRow.google_holdings > 0), SHOWN["both"]),
            (PassRow.apple_holdings > 0, SHOWN["apple"]),
            (PassRow.google_holdings > 0, SHOWN["google"]),
            else_=PassRow.notified,
        )
    return values


def _lock(taken: ColumnElement[bool]) -> Select[int]:
    """Holds the rows, so that their old values can be kept before they change."""
    rows = select(PassRow.id).where(taken).order_by(PassRow.id).with_for_update().subquery()
    return select(func.count()).select_from(rows)


def _history(shape: Shape, taken: ColumnElement[bool]) -> Insert:
    after = {name: value for name, value in shape.values.items() if value is not None}
    rows = select(
        PassRow.client_id,
        PassRow.id,
        PassRow.version + 1,
        NOW,
        literal(shape.trigger),
        picked(PassRow.variables.expression, sorted(shape.values)),
        literal(after, JsonType),
    ).where(taken)
    names = ["client_id", "pass_id", "version", "changed_at", "cause", "before", "after"]
    return insert(ValueHistoryRow).from_select(names, rows)


def _facts(shape: Shape, moved: ColumnElement[bool]) -> list[Insert]:
    """The same facts as `lifecycle` writes; none of them adds to the daily counts."""
    told: list[tuple[str, ColumnElement[Any]]] = [(MOVED, WAY)]
    if shape.values:
        what = {"changed": sorted(shape.values), "reason": shape.trigger, "from": shape.from_model}
        told.append((CHANGED, literal(what, JsonType)))
    names = [
        "client_id", "pass_id", "number", "operation_id", "name", "wallet", "model", "day", "occurred_at",
        "recorded_at", "run_id", "source", "data",
    ]  # fmt: skip
    found = []
    for place, (name, data) in enumerate(told, start=1 - len(told)):
        rows = select(
            PassRow.client_id, PassRow.id, PassRow.fact_count + place, PassRow.operation_id, literal(name), literal(""),
            PassRow.model, DAY, NOW, NOW, RUN, PassRow.source, data,
        ).where(moved)  # fmt: skip
        found.append(insert(FactRow).from_select(names, rows, include_defaults=False))
    return found


def _timers(shape: Shape, moved: ColumnElement[bool]) -> list[Delete]:
    """Delays that waited in the Model which the passes left."""
    if not shape.dropped:
        return []
    mine = (TimerRow.client_id == CLIENT, TimerRow.pass_id.in_(select(PassRow.id).where(moved)))
    return [delete(TimerRow).where(*mine, TimerRow.trigger.in_(shape.dropped))]


def _letters(moved: ColumnElement[bool]) -> list[tuple[str, Select[int, str]]]:
    """Whom `apply` tells: each device, each object at Google."""
    # Not a join: SQLite would look through the registrations of the whole chunk for each pass.
    held = select(PassRow.id).where(moved, PassRow.apple_holdings > 0)
    devices: Select[int, str] = (
        select(RegistrationRow.client_id, _text(RegistrationRow.device_id))
        .where(RegistrationRow.client_id == CLIENT, RegistrationRow.pass_id.in_(held))
        .distinct()
    )
    objects: Select[int, str] = select(PassRow.client_id, _text(PassRow.id)).where(moved, PassRow.google_holdings > 0)
    return [("apns", devices), ("google", objects)]


def _text(number: Any) -> ColumnElement[str]:
    return cast(number, String)
