"""
Issuing: a token becomes its pass at the first opening, and shows the same pass at each later one.

`open_tokens` does many of one client in one transaction, with a handful of statements however many they are; the
`IssuingDesk` gathers the callers of a process for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from walletpass.errors import TokenNeeded, TokenRevoked, WalletPassError
from walletpass.lifecycle import issue
from walletpass.serials import make_serial
from walletpass_server.engine.births import Birth, store_new
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.plans import count_issued
from walletpass_server.engine.quotas import reached, room_for_passes, tell_reached
from walletpass_server.engine.tokens import Token, tokens_by_id, unknown_token
from walletpass_server.engine.values import from_json
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import OperationRow, TokenRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Opened:
    """
    The pass of a token.

    Attributes:
        first: Whether this opening issued it.
    """

    pass_id: int
    operation_id: int
    serial: str
    first: bool


Answer = Opened | WalletPassError
"""What opening one of many gave."""


def opened_before(token: Token) -> Opened | None:
    """
    The pass of a token that was opened before; None when it has still to be issued.

    Raises:
        TokenRevoked: The token was revoked, or its pass is void.
    """
    if token.revoked_at is not None or token.voided_at is not None:
        raise TokenRevoked("this link was revoked and gives no pass any more: ask who sent it for another")
    if token.pass_id is None or token.serial is None:
        return None
    return Opened(token.pass_id, token.operation_id, token.serial, first=False)


async def open_tokens(unit: Unit, keyring: Keyring, token_ids: Sequence[int], now: datetime) -> dict[int, Answer]:
    """
    Issue the passes of tokens of the unit's client. Each is answered by itself: one that is refused stops no other.

    However many transactions open a token at the same time, one issues its pass and the others find it.

    Returns:
        Token to its pass; or to NotFound, TokenRevoked, OperationClosed, QuotaReached or ValuesError.
    """
    rows = (
        await unit.connection.execute(
            select(TokenRow.id, TokenRow.operation_id, TokenRow.pass_id, TokenRow.revoked_at, TokenRow.external_id,
                   TokenRow.variables, TokenRow.origin)
            .where(TokenRow.client_id == unit.client_id, TokenRow.id.in_(set(token_ids)))
            .order_by(TokenRow.id).with_for_update()
        )
    ).all()  # fmt: skip
    answers: dict[int, Answer] = dict.fromkeys(token_ids, unknown_token())
    fresh: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row.pass_id is None and row.revoked_at is None:
            fresh[row.operation_id].append(row)
    before = [row.id for row in rows if row.pass_id is not None or row.revoked_at is not None]
    for token in await tokens_by_id(unit, before) if before else ():
        answers[token.id] = _again(token)
    for operation_id in sorted(fresh):
        answers |= await _issue(unit, keyring, operation_id, fresh[operation_id], now)
    return answers


async def open_token(unit: Unit, keyring: Keyring, token_id: int, now: datetime) -> Opened:
    """
    The pass of one token, issued now if it was not before.

    Raises:
        NotFound: The unit's client has no such token.
        TokenRevoked: It was revoked, or its pass is void.
        OperationClosed: Outside the period, or all passes are issued.
        QuotaReached: The client has issued as many as its plan allows.
        ValuesError: Its values do not fit.
    """
    answer = (await open_tokens(unit, keyring, [token_id], now))[token_id]
    if isinstance(answer, WalletPassError):
        raise answer
    return answer


def refuse_personalised(live: LiveOperation) -> None:
    """
    A link without token gives passes that are all alike.

    Raises:
        TokenNeeded: The start Model needs values of its own for each pass.
    """
    needed = [name for name, variable in live.matrix.models[live.matrix.start].variables.items() if variable.needed]
    if needed:
        raise TokenNeeded(
            f"{live.row.name}: each pass is personal ({', '.join(needed)}): ask who sent the link for your own"
        )


async def _issue(
    unit: Unit, keyring: Keyring, operation_id: int, rows: Sequence[Any], now: datetime
) -> dict[int, Answer]:
    live = await load_operation(unit, operation_id)
    issued = await _issued_so_far(unit, live)
    room = await room_for_passes(unit, live.max_passes)
    answers: dict[int, Answer] = {}
    births: dict[int, Birth] = {}
    for row, pass_id in zip(rows, await unit.new_ids(len(rows)), strict=True):
        try:
            live.operation.admit(now, issued + len(births))
            if room is not None and len(births) >= room:
                raise reached("passes", live.max_passes or 0)
            values = from_json(row.variables, live.variables)
            decision = issue(*live.rules, make_serial(), values, now, origin=row.origin)
        except WalletPassError as refused:
            answers[row.id] = refused
        else:
            births[row.id] = Birth(pass_id, decision, external_id=row.external_id)
    await store_new(unit, live, keyring, list(births.values()), now)
    if births:
        await _note_opened(unit, births, now)
        await _count_issued(unit, live, len(births))
        if room is not None:
            await count_issued(unit, len(births))
            if len(births) == room:
                await tell_reached(unit, "passes", live.max_passes or 0, now)
    for token_id, birth in births.items():
        answers[token_id] = Opened(birth.id, operation_id, birth.issued.state.serial, first=True)
    return answers


async def _note_opened(unit: Unit, births: dict[int, Birth], now: datetime) -> None:
    await unit.connection.execute(
        update(TokenRow)
        .where(TokenRow.client_id == unit.client_id, TokenRow.id == bindparam("at_id"))
        .values(opened_at=now),
        [{"at_id": token_id, "pass_id": birth.id} for token_id, birth in births.items()],
    )


async def _issued_so_far(unit: Unit, live: LiveOperation) -> int:
    """Counted only where a limit asks for it, because every issuing then waits for this row."""
    if live.operation.limits.passes is None:
        return 0
    query = select(OperationRow.issued).where(*_is(live)).with_for_update()
    return (await unit.connection.execute(query)).scalar_one()


async def _count_issued(unit: Unit, live: LiveOperation, count: int) -> None:
    if live.operation.limits.passes is not None:
        await unit.connection.execute(update(OperationRow).where(*_is(live)).values(issued=OperationRow.issued + count))


def _again(token: Token) -> Answer:
    try:
        found = opened_before(token)
    except TokenRevoked as refused:
        return refused
    assert found is not None  # noqa: S101 - it has a pass, or was revoked
    return found


def _is(live: LiveOperation) -> tuple[Any, ...]:
    return OperationRow.client_id == live.row.client_id, OperationRow.id == live.row.id
