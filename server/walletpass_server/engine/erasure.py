"""
Erasing a person: what was known of the holder goes, the figures stay.

The facts of a pass are kept under a pseudonym that nothing leads back from: a fresh number, told to nobody. Phones are
pushed and fetch an empty, void version (`tombstones`); the object at Google is emptied. A receipt says what was done
and what nobody can do from here; the log of changes keeps it, and not whom it was about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, or_, select, update

from walletpass.errors import NotFound
from walletpass.lifecycle import Decision, Pass, unregister
from walletpass_server.engine.apply import Outcome, apply
from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.reach import EVERYTHING, Reach
from walletpass_server.engine.state import load_one
from walletpass_server.engine.tombstones import bury
from walletpass_server.persistence import outbox
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.json_sql import replaced
from walletpass_server.persistence.tables import (
    DeviceLogRow,
    FactRow,
    GoogleObjectRow,
    HookDeliveryRow,
    HookEventRow,
    OutboxRow,
    PassRow,
    TokenRow,
)
from walletpass_server.persistence.unit_of_work import Unit

Purge = Callable[[int], None]
"""Told the id of each erased pass after the commit, to forget what is kept of it in memory, such as its bundle."""


ERASED = (
    "values and their history", "external id and source", "tokens", "contacts", "delays that were armed",
    "letters that were waiting", "deliveries to web hooks that were waiting", "lines of the device log",
)  # fmt: skip
TRACES = ("device", "by", "referrer")
"""What the data of a fact say of a phone or a person, by their keys."""
KEPT_ON = (
    "facts and figures, under a pseudonym that nothing leads back from",
    "answers to repeated requests, which hold ids alone, for 30 days",
)


SERVER = Actor("staff", "the server")
"""Who erases where nobody is named."""


@dataclass(frozen=True, slots=True)
class Erased:
    """
    How much was erased.

    Attributes:
        on_phones: Passes whose phones are told to fetch an empty version.
        backups_kept: How long copies of the database are kept; None when nobody said.
    """

    passes: int
    tokens: int
    on_phones: int = 0
    backups_kept: timedelta | None = None

    def receipt(self, now: datetime) -> dict[str, Any]:
        """What was done, without a word about whom; ready for JSON."""
        return {
            "erased_at": now.isoformat(),
            "passes": self.passes,
            "tokens": self.tokens,
            "on_phones": self.on_phones,
            "erased": list(ERASED),
            "kept": list(KEPT_ON),
            "phones": "fetch an empty, void version when they are reached, within 30 days; others keep what they show",
            "google": "objects are emptied and set inactive when Google is reached",
            "backups": f"copies of the database made before {now.isoformat()} still hold it {self._run_out(now)}; erase"
            " again after restoring one",
        }

    def _run_out(self, now: datetime) -> str:
        if self.backups_kept is None:
            return "until they are deleted, and nobody has set how long they are kept (WALLETPASS_BACKUPS_KEPT_DAYS)"
        return f"until {now + self.backups_kept:%Y-%m-%d}, since they are kept for {self.backups_kept.days} days"


async def erase(
    database: Database,
    client_id: int,
    now: datetime,
    *,
    external_id: str | None = None,
    serial: str | None = None,
    purge: Sequence[Purge] = (),
    reach: Reach = EVERYTHING,
    actor: Actor = SERVER,
    backups_kept: timedelta | None = None,
) -> Erased:
    """
    Erase what a client has of a person, in one transaction, and keep the receipt in the log of changes.

    Args:
        database: Where.
        client_id: Whose customer it is.
        now: The instant, aware.
        external_id: What the client calls the person: every pass and token of that id, in all operations.
        serial: Or one pass, with its tokens.
        purge: Who is told afterwards.
        reach: In operations within it only.
        actor: Who asks.
        backups_kept: How long copies of the database are kept, for the receipt.

    Raises:
        NotFound: There is neither pass nor token.
    """
    work = partial(
        _erase, external_id=external_id, serial=serial, now=now, reach=reach, actor=actor, backups_kept=backups_kept
    )
    passes, erased = await database.run(client_id, work)
    for pass_id in passes:
        for forget in purge:
            forget(pass_id)
    return erased


async def _erase(
    unit: Unit,
    *,
    external_id: str | None,
    serial: str | None,
    now: datetime,
    reach: Reach,
    actor: Actor,
    backups_kept: timedelta | None,
) -> tuple[Sequence[int], Erased]:
    wanted = PassRow.external_id == external_id if serial is None else PassRow.serial == serial
    found = (
        await unit.connection.execute(
            select(PassRow.id, PassRow.operation_id)
            .where(
                PassRow.client_id == unit.client_id,
                PassRow.erased_at.is_(None),
                wanted,
                *reach.within(unit.client_id, PassRow.operation_id),
            )
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
    on_phones = 0
    for row in found:
        on_phones += await erase_pass(unit, await load_operation(unit, row.operation_id), row.id, now)
    erased = Erased(len(passes), gone.rowcount, on_phones, backups_kept)
    await record(unit, actor, "person.erased", "person", now, after=erased.receipt(now))
    return passes, erased


async def erase_pass(unit: Unit, live: LiveOperation, pass_id: int, now: datetime) -> bool:
    """Erase one pass, without its tokens; returns whether a phone still has an empty version to fetch."""
    stored = await load_one(unit, live, pass_id)
    if stored is None:  # another erasure came first
        return False
    await apply(unit, live, [Outcome(stored, _let_go(live, stored.state, now))], now)
    await _tell_google(unit, pass_id)
    await _forget_letters(unit, pass_id)
    await _forget_log(unit, stored.state.serial)
    nameless = {"pass_id": await unit.new_id(), "data": replaced(FactRow.data.expression, {}, TRACES)}
    own = FactRow.client_id == unit.client_id, FactRow.pass_id == pass_id
    await unit.connection.execute(update(FactRow).where(*own).values(nameless))
    return await bury(unit, live, stored, now)


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
    await unit.connection.execute(
        delete(OutboxRow).where(
            OutboxRow.client_id == unit.client_id,
            or_(
                (OutboxRow.channel == "google") & (OutboxRow.coalesce_key == str(pass_id)),
                (OutboxRow.channel == "hook") & OutboxRow.coalesce_key.like(f"{pass_id}:%"),
            ),
        )
    )
    for row in (HookDeliveryRow, HookEventRow):
        await unit.connection.execute(delete(row).where(row.client_id == unit.client_id, row.pass_id == pass_id))


async def _forget_log(unit: Unit, serial: str) -> None:
    """Lines in which a phone named the pass; those of no known client too."""
    await unit.connection.execute(
        delete(DeviceLogRow).where(
            DeviceLogRow.client_id.in_((unit.client_id, 0)), DeviceLogRow.message.contains(serial, autoescape=True)
        )
    )
