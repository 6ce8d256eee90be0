"""Make envelopes: what waits is only named in the database; what it says is read when it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from walletpass.hooks import Cause, Event, event_id, fact_of, tellings
from walletpass_server.hooks.outcomes import Parcel
from walletpass_server.hooks.spreading import facts_of
from walletpass_server.persistence.tables import (
    ClientRow,
    HookDeliveryRow,
    HookEndpointRow,
    HookEventRow,
    MatrixRow,
    OperationRow,
    PassRow,
    TokenRow,
)
from walletpass_server.persistence.unit_of_work import Unit


async def parcels(unit: Unit, endpoint: HookEndpointRow, rows: Sequence[HookDeliveryRow]) -> list[Parcel]:
    """
    Deliveries of one endpoint with their envelopes, in this order.

    A delivery whose fact or pass is gone is left out: it was erased, and nobody is told of it any more.
    """
    slug = await unit.session.scalar(select(ClientRow.slug).where(ClientRow.id == endpoint.client_id))
    facts = await _told_facts(unit, endpoint.client_id, rows)
    events = await _events(unit, endpoint.client_id, [row.place for row in rows if not row.pass_id])
    concerned = {row.pass_id for row in rows} | {event.pass_id for event in events.values()}
    passes = await _passes(unit, endpoint, {pass_id for pass_id in concerned if pass_id})
    found = []
    for row in rows:
        if not row.pass_id:
            event = events.get(row.place)
            if event is not None and (event.pass_id is None or event.pass_id in passes):
                found.append(Parcel(row, _without_fact(event, passes.get(event.pass_id or 0), str(slug))))
            continue
        number, part = fact_of(row.place)
        fact, about = facts.get((row.pass_id, number)), passes.get(row.pass_id)
        if fact is not None and about is not None:
            found.append(Parcel(row, _of_pass(row, fact, part, about, str(slug))))
    return found


def _of_pass(row: HookDeliveryRow, fact: Any, part: int, about: tuple[str, dict[str, Any]], slug: str) -> Event:
    environment, known = about
    told = tellings(fact.name, fact.wallet, fact.model, fact.data, pass_id=row.pass_id, number=fact.number)
    telling = told[part]
    of_pass = {**known, "model": fact.model, **({"wallet": fact.wallet} if fact.wallet else {})}
    return Event(
        type=telling.type,
        id=event_id(row.pass_id, row.place),
        timestamp=fact.occurred_at,
        client=slug,
        sequence=row.place,
        environment=environment,
        cause=telling.cause,
        data={"pass": of_pass, **telling.data},
    )


def _without_fact(row: HookEventRow, about: tuple[str, dict[str, Any]] | None, slug: str) -> Event:
    wallet = {"wallet": row.data["wallet"]} if "wallet" in row.data else {}
    of_pass = {} if about is None else {"pass": {**about[1], **wallet}}
    return Event(
        type=row.type,
        id=event_id(0, row.id),
        timestamp=row.occurred_at,
        client=slug,
        sequence=row.id,
        environment=row.environment or "",
        cause=Cause(row.cause),
        data={**of_pass, **row.data},
    )


async def _told_facts(unit: Unit, client_id: int, rows: Iterable[HookDeliveryRow]) -> Mapping[tuple[int, int], Any]:
    numbers = sorted({(row.pass_id, fact_of(row.place)[0]) for row in rows if row.pass_id})
    return {(fact.pass_id, fact.number): fact for fact in await facts_of(unit, client_id, numbers)}


async def _events(unit: Unit, client_id: int, ids: Sequence[int]) -> dict[int, HookEventRow]:
    if not ids:
        return {}
    rows = await unit.session.scalars(
        select(HookEventRow).where(HookEventRow.client_id == client_id, HookEventRow.id.in_(ids))
    )
    return {row.id: row for row in rows.all()}


async def _passes(unit: Unit, endpoint: HookEndpointRow, ids: set[int]) -> dict[int, tuple[str, dict[str, Any]]]:
    """Pass to its environment and what is told of it."""
    if not ids:
        return {}
    own = PassRow.client_id == endpoint.client_id, PassRow.id.in_(ids)
    tokens = await unit.connection.execute(
        select(TokenRow.pass_id, TokenRow.id).where(TokenRow.client_id == endpoint.client_id, TokenRow.pass_id.in_(ids))
    )
    token_of = {row.pass_id: row.id for row in tokens}
    found = await unit.connection.execute(
        select(
            PassRow.id, PassRow.serial, PassRow.external_id, PassRow.variables, PassRow.operation_id, PassRow.model,
            OperationRow.name, OperationRow.environment, OperationRow.pass_type,
            MatrixRow.name.label("matrix"), MatrixRow.version.label("matrix_version"),
        )
        .join(OperationRow, (OperationRow.client_id == PassRow.client_id) & (OperationRow.id == PassRow.operation_id))
        .join(MatrixRow, (MatrixRow.client_id == OperationRow.client_id) & (MatrixRow.id == OperationRow.matrix_id))
        .where(*own)
    )  # fmt: skip
    told: dict[int, tuple[str, dict[str, Any]]] = {}
    for row in found:
        holder = {"holder": {"values": row.variables}} if "holder" in endpoint.include else {}
        told[row.id] = (
            row.environment,
            {
                "id": row.id,
                "serial": row.serial,
                "external_id": row.external_id,
                "token_id": token_of.get(row.id),
                "operation": row.name,
                "operation_id": row.operation_id,
                "matrix": row.matrix,
                "matrix_version": row.matrix_version,
                "model": row.model,
                "pass_type": row.pass_type,
                **holder,
            },
        )
    return told
