"""
Erasing a person: what was known of the holder goes, the figures stay.

The facts of a pass are kept under a pseudonym that nothing leads back from: a fresh number, told to nobody. A phone
keeps what it has, as no server can reach into it; from now on it is answered that there is no such pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import delete, or_, select, update

from walletpass.errors import NotFound
from walletpass.lifecycle import Decision, Pass, unregister
from walletpass_server.engine.apply import Outcome, apply
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.reach import EVERYTHING, Reach
from walletpass_server.engine.state import load_one
from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import (
    DeviceRow,
    FactRow,
    GoogleObjectRow,
    HookDeliveryRow,
    OutboxRow,
    PassRow,
    RegistrationRow,
    TokenRow,
)
from walletpass_server.persistence.unit_of_work import Unit

Purge = Callable[[int], None]
"""Told the id of each erased pass after the commit, to forget what is kept of it in memory, such as its bundle."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased."""

    passes: int
    tokens: int


async def erase(
    database: Database,
    client_id: int,
    now: datetime,
    *,
    external_id: str | None = None,
    serial: str | None = None,
    purge: Sequence[Purge] = (),
    reach: Reach = EVERYTHING,
) -> Erased:
    """
    Erase what a client has of a person, in one transaction.

    Args:
        database: Where.
        client_id: Whose customer it is.
        now: The instant, aware.
        external_id: What the client calls the person: every pass and token of that id, in all operations.
        serial: Or one pass, with its tokens.
        purge: Who is told afterwards.
        reach: In operations within it only.

    Raises:
        NotFound: There is neither pass nor token.
    """
    work = partial(_erase, external_id=external_id, serial=serial, now=now, reach=reach)
    passes, tokens = await database.run(client_id, work)
    for pass_id in passes:
        for forget in purge:
            forget(pass_id)
    return Erased(len(passes), tokens)


async def _erase(
    unit: Unit, *, external_id: str | None, serial: str | None, now: datetime, reach: Reach
) -> tuple[Sequence[int], int]:
    wanted = PassRow.external_id == external_id if serial is None else PassRow.serial == serial
    found = (
        await unit.connection.execute(
            select(PassRow.id, PassRow.operation_id)
            .where(PassRow.client_id == unit.client_id, wanted, *reach.within(unit.client_id, PassRow.operation_id))
            .order_by(PassRow.id)
        )
    ).all()
    passes = [row.id for row in found]
    theirs = TokenRow.pass_id.in_(passes)
    gone = await unit.connection.execute(
        delete(TokenRow).where(
            TokenRow.client_id == unit.client_id,
            theirs if external_id is None else or_(theirs, TokenRow.external_id == external_id),
            *reach.within(unit.client_id, TokenRow.operation_id),
        )
    )
    if not passes and not gone.rowcount:
        raise NotFound(f"nothing is known of {external_id or serial}: check the id; nothing was erased")
    for row in found:
        await _erase_pass(unit, await load_operation(unit, row.operation_id), row.id, now)
    return passes, gone.rowcount


async def _erase_pass(unit: Unit, live: LiveOperation, pass_id: int, now: datetime) -> None:
    stored = await load_one(unit, live, pass_id)
    if stored is None:  # another erasure came first
        return
    await apply(unit, live, [Outcome(stored, _let_go(live, stored.state, now))], now)
    await _tell_google(unit, pass_id)
    await _forget_letters(unit, pass_id)
    pseudonym = await unit.new_id()
    own = FactRow.client_id == unit.client_id, FactRow.pass_id == pass_id
    await unit.connection.execute(update(FactRow).where(*own).values(pass_id=pseudonym))
    devices = select(RegistrationRow.device_id).where(
        RegistrationRow.client_id == unit.client_id, RegistrationRow.pass_id == pass_id
    )
    held = (await unit.connection.scalars(devices)).all()
    await unit.connection.execute(delete(PassRow).where(PassRow.client_id == unit.client_id, PassRow.id == pass_id))
    others = select(RegistrationRow.device_id).where(RegistrationRow.client_id == unit.client_id)
    await unit.connection.execute(
        delete(DeviceRow).where(
            DeviceRow.client_id == unit.client_id,
            DeviceRow.id.in_(held),
            DeviceRow.id.not_in(others.where(RegistrationRow.device_id.in_(held))),
        )
    )


def _let_go(live: LiveOperation, state: Pass, now: datetime) -> list[Decision]:
    """It is nobody's active pass any more, and the figures say so. Triggers do not move what is about to go."""
    decisions = [Decision(state=state, why="recorded")]
    for holding in sorted(state.holdings, key=lambda holding: (holding.wallet, holding.device)):
        told = unregister(*live.rules, decisions[-1].state, holding, now, certain=False, reason="erased")
        decisions.append(replace(told, causes=()))
    return decisions


async def _tell_google(unit: Unit, pass_id: int) -> None:
    """Google keeps the object for ever: its sender empties it. The letter holds all it needs, the rows are gone."""
    known = await unit.session.get(GoogleObjectRow, (unit.client_id, pass_id))
    if known is not None:
        body = {"empty": known.object_id, "class": known.class_id}
        await outbox.put(unit, [outbox.NewLetter("google", f"empty/{known.object_id}", body)])


async def _forget_letters(unit: Unit, pass_id: int) -> None:
    """Letters about the pass: its object at Google, and what hooks have not heard yet, or have."""
    of_it = HookDeliveryRow.client_id == unit.client_id, HookDeliveryRow.pass_id == pass_id
    await unit.connection.execute(delete(HookDeliveryRow).where(*of_it))
    await unit.connection.execute(
        delete(OutboxRow).where(
            OutboxRow.client_id == unit.client_id,
            or_(
                (OutboxRow.channel == "google") & (OutboxRow.coalesce_key == str(pass_id)),
                (OutboxRow.channel == "hook") & OutboxRow.coalesce_key.like(f"{pass_id}:%"),
            ),
        )
    )
