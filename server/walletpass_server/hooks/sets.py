"""
Spread what happened to a whole set of passes: one letter names the run and its passes, a few statements do the rest.

The facts of a set are alike (`engine.set_based`), so what they are told as is the same for all. A pass of the same run
that was decided by itself has a letter of its own; what both would tell is told once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Select, String, cast, func, literal, select

from walletpass.events import CHANGED, MOVED
from walletpass.hooks import PARTS, tellings
from walletpass_server.hooks.wishes import wants
from walletpass_server.persistence.columns import Instant
from walletpass_server.persistence.json_sql import text_of
from walletpass_server.persistence.sql import NextRowId, upsert
from walletpass_server.persistence.tables import FactRow, HookDeliveryRow, HookEndpointRow
from walletpass_server.persistence.unit_of_work import Unit

_TRIGGER_IN = {MOVED: "trigger", CHANGED: "reason"}
"""Where a fact says which Trigger it was."""


async def put_set(
    unit: Unit,
    client_id: int,
    endpoints: Sequence[HookEndpointRow],
    letter: Mapping[str, Any],
    environment: str | None,
    now: datetime,
) -> None:
    """
    Put in a delivery for each event of a set and each endpoint that wants it.

    Args:
        letter: The body of a letter of `engine.set_based`.
        environment: Of the operation.
    """
    for name, part, type_, models in _told(letter):
        about = {"environment": environment, "operation_id": letter["operation"], "models": models}
        for endpoint in endpoints:
            if wants(endpoint, type_, **about):
                await _insert(unit, _rows(client_id, endpoint.id, letter, name, part, type_, now))


def _told(letter: Mapping[str, Any]) -> Iterator[tuple[str, int, str, tuple[str, ...]]]:
    """Fact, part of it, event, Models."""
    way = (letter["from"], letter["to"])
    facts: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [(MOVED, {"from": way[0], "to": way[1]}, way)]
    if letter["changed"]:
        facts.append((CHANGED, {"reason": letter["trigger"]}, way[1:]))
    for name, data, models in facts:
        for part, telling in enumerate(tellings(name, "", way[1], data)):
            yield name, part, telling.type, models


def _rows(
    client_id: int, endpoint_id: int, letter: Mapping[str, Any], name: str, part: int, type_: str, now: datetime
) -> Select[*tuple[Any, ...]]:
    earlier = HookDeliveryRow.__table__.alias("earlier")
    held_up = (  # as in `spreading.put_deliveries`: not before what waits for the same pass already
        select(func.max(earlier.c.due_at))
        .where(
            earlier.c.client_id == FactRow.client_id, earlier.c.endpoint_id == endpoint_id,
            earlier.c.pass_id == FactRow.pass_id, earlier.c.delivered_at.is_(None), earlier.c.dead_at.is_(None),
            earlier.c.due_at > now,
        )
        .correlate(FactRow)
        .scalar_subquery()
    )  # fmt: skip
    at = literal(now, Instant)
    return select(
        FactRow.client_id,
        NextRowId(),
        cast(literal(endpoint_id), BigInteger),
        FactRow.pass_id,
        FactRow.number * PARTS + part,
        cast(literal(type_), String),
        func.coalesce(held_up, at),
        at,
    ).where(
        FactRow.client_id == client_id,
        FactRow.pass_id > letter["after"],
        FactRow.pass_id <= letter["last"],
        FactRow.run_id == letter["run"],
        FactRow.name == name,
        FactRow.model == letter["to"],
        text_of(FactRow.data.expression, _TRIGGER_IN[name]) == letter["trigger"],
    )


async def _insert(unit: Unit, rows: Select[*tuple[Any, ...]]) -> None:
    names = ["client_id", "id", "endpoint_id", "pass_id", "place", "type", "due_at", "created_at"]
    statement = upsert(unit.connection.dialect, HookDeliveryRow).from_select(names, rows, include_defaults=False)
    # What is there stays as it is; each row counts all the same, as the numbers that were drawn for it.
    kept = statement.on_conflict_do_update(
        index_elements=["client_id", "endpoint_id", "pass_id", "place"], set_={"type": statement.excluded.type}
    )
    await unit.insert_selected(kept)
