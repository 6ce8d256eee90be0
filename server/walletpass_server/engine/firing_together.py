"""
Events of many callers for passes that they name, decided and stored in the same few statements.

Each is decided by the row as locked, in the order in which they came, several for one pass one after the other. One
that is refused has written nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Dialect, Select, bindparam, select

from walletpass import tokens
from walletpass.errors import (
    DatabaseBusy,
    EventError,
    HookLoop,
    IdempotencyKeyReused,
    NotFound,
    OperationEnded,
    UsageError,
    WalletPassError,
)
from walletpass.lifecycle import Decision, EventHappened, accept_event
from walletpass_server.engine.answering import OF_ITSELF, Answering, answering
from walletpass_server.engine.apply import Outcome, apply
from walletpass_server.engine.chunks import Pending, decide_one, pending_instants
from walletpass_server.engine.fired import Fired, summary
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import known_operations
from walletpass_server.engine.reach import Reach
from walletpass_server.engine.state import Stored, lock_named, read
from walletpass_server.engine.subjects import Subject, ambiguous, unknown_pass
from walletpass_server.persistence import idempotency
from walletpass_server.persistence.sql import one_of
from walletpass_server.persistence.tables import HolderContactRow, OperationRow, PassRow, TokenRow
from walletpass_server.persistence.unit_of_work import Unit

Answers = dict[int, Fired | Exception]
"""Place of a firing to its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """
    One event from outside; the arguments of `firing.fire`.

    Attributes:
        environment: Of its idempotency key: test or production.
    """

    event: str
    subject: Subject
    data: Mapping[str, object]
    reach: Reach
    environment: str
    occurred_at: datetime | None = None
    key: str | None = None
    cause: str | None = None

    @property
    def digest(self) -> bytes:
        """What tells it from another request with the same key."""
        at = self.occurred_at and self.occurred_at.isoformat()
        request = {"event": self.event, "subject": self.subject.document(), "data": self.data, "at": at}
        return idempotency.request_digest("event", idempotency.canonical(request))


@dataclass(slots=True)
class _Changing:
    """A pass, and all that was decided for it so far."""

    live: LiveOperation
    stored: Stored
    pending: Pending
    causes: tuple[str, ...] = ()
    decisions: list[Decision] = field(default_factory=list)

    def happens(self, event: EventHappened, why: Answering, now: datetime) -> list[Decision]:
        """What becomes of it now."""
        if self.decisions and self.causes != why.chain:
            raise DatabaseBusy("two events for one pass, in answer to different ones: do each alone")
        self.causes = why.chain
        before = replace(self.stored, state=self.decisions[-1].state) if self.decisions else self.stored
        event = replace(event, chain=why.triggers(self.stored.id)) if why.chain else event
        decisions = decide_one(self.live, before, event, now, now, self.pending)
        self.decisions += decisions
        return decisions


async def fire_together(unit: Unit, firings: Sequence[Firing], now: datetime) -> list[Fired | Exception]:
    """
    Fire events, each for the passes it names.

    Args:
        unit: Of the client of them all.
        firings: Whose subjects are not everyone.
        now: The server's clock.

    Returns:
        For each its answer, or why it was refused, as `firing.fire` raises it.

    Raises:
        DatabaseBusy: Another process has just taken one of the idempotency keys, or two of these events hang together
            in a way that only one after the other can settle: undo it, and fire each alone, as a Writer does.
    """
    answers = await _answered_before(unit, firings)
    twins = _twins(firings, answers)
    fresh = {n: firing for n, firing in enumerate(firings) if n not in answers and n not in twins}
    whys = await _whys(unit, fresh, answers)
    meant = await _lock(unit, {n: fresh[n] for n in whys}, now)
    for n, why in whys.items():
        try:
            accepted = _accept(fresh[n], meant[n], now)
        except (NotFound, UsageError, EventError, OperationEnded) as refused:
            answers[n] = refused
        else:
            answers[n] = summary([one.happens(event, why, now) for one, event in accepted])
    await _store(unit, meant, now)
    await _remember(unit, [(fresh[n], answers[n]) for n in fresh])
    for n, first in twins.items():
        if firings[n].digest == firings[first].digest:
            answers[n] = answers[first]
        elif isinstance(answers[first], Fired):
            answers[n] = _reused(firings[n])
        else:  # a refused request leaves its key to the next one
            raise DatabaseBusy("two requests at once with one idempotency key, the first refused: do each alone")
    return [answers[n] for n in range(len(firings))]


async def _answered_before(unit: Unit, firings: Sequence[Firing]) -> Answers:
    keys = {(firing.environment, firing.key) for firing in firings if firing.key is not None}
    before = await idempotency.remembered(unit, keys)
    answers: Answers = {}
    for n, firing in enumerate(firings):
        found = before.get((firing.environment, firing.key or ""))
        if found is not None:
            digest, answer = found
            answers[n] = Fired(**answer) if digest == firing.digest else _reused(firing)
    return answers


def _twins(firings: Sequence[Firing], answers: Mapping[int, Any]) -> dict[int, int]:
    """Firings whose key came just before, to the first that has it."""
    first: dict[tuple[str, str], int] = {}
    found: dict[int, int] = {}
    for n, firing in enumerate(firings):
        if firing.key is not None and n not in answers:
            owner = first.setdefault((firing.environment, firing.key), n)
            if owner != n:
                found[n] = owner
    return found


async def _whys(unit: Unit, firings: Mapping[int, Firing], answers: Answers) -> dict[int, Answering]:
    """In answer to what each comes; one that may not go on is answered here."""
    found = dict.fromkeys(firings, OF_ITSELF)
    for n, firing in firings.items():
        if firing.cause is not None:
            try:
                found[n] = await answering(unit, firing.cause)
            except (UsageError, HookLoop) as refused:
                answers[n] = refused
                del found[n]
    return found


async def _lock(unit: Unit, firings: Mapping[int, Firing], now: datetime) -> dict[int, list[_Changing]]:
    """The passes that each names and reaches, by their ids."""
    subjects = [firing.subject for firing in firings.values()]
    serials = {subject.serial for subject in subjects if subject.serial is not None}
    ids = {subject.pass_id for subject in subjects if subject.pass_id is not None}
    led_to = await _led_to(unit, subjects)
    rows = await lock_named(unit, serials, ids.union(*led_to.values())) if firings else ()
    lives = await known_operations(unit, {row.operation_id for row in rows}) if rows else {}
    pending = {of: await pending_instants(unit, live, now) for of, live in lives.items()}
    there: dict[tuple[str, object], list[_Changing]] = defaultdict(list)
    for stored, row in zip(await read(unit, lives, rows), rows, strict=True):
        one = _Changing(lives[row.operation_id], stored, pending[row.operation_id])
        there["serial", row.serial].append(one)
        there["pass_id", row.id].append(one)
    for name, pass_ids in led_to.items():
        there[name] = [one for pass_id in sorted(pass_ids) for one in there["pass_id", pass_id]]
    return {
        n: [one for one in there[_name(firing.subject)] if _reaches(firing, one.live.row)]
        for n, firing in firings.items()
    }


async def _led_to(unit: Unit, subjects: Sequence[Subject]) -> dict[tuple[str, object], set[int]]:
    """What is named by anything but a pass's own id and serial, to the ids of its passes."""
    found: dict[tuple[str, object], set[int]] = {}
    for kind in ("token", "external_id", "contact"):
        names = {name for of, name in map(_name, subjects) if of == kind}
        if names:
            found |= {(kind, name): set() for name in names}
            asked = {"client": unit.client_id, "names": list(names)}
            for name, pass_id in await unit.connection.execute(_leading(unit.connection.dialect, kind), asked):
                found[kind, name].add(pass_id)
    return found


@lru_cache(8)
def _leading(dialect: Dialect, kind: str) -> Select[Any, Any]:
    """Names of a kind, with the passes that they lead to."""
    client: BindParameter[int] = bindparam("client")
    named: Select[Any, Any]
    if kind == "token":
        named = select(TokenRow.digest, TokenRow.pass_id).where(TokenRow.pass_id.is_not(None))
        return named.where(TokenRow.client_id == client, one_of(dialect, TokenRow.digest, "names"))
    if kind == "contact":
        named = select(HolderContactRow.digest, HolderContactRow.pass_id)
        return named.where(HolderContactRow.client_id == client, one_of(dialect, HolderContactRow.digest, "names"))
    own = select(OperationRow.id).where(OperationRow.client_id == client)  # leads to the index, which begins with it
    named = select(PassRow.external_id, PassRow.id).where(PassRow.operation_id.in_(own))
    return named.where(PassRow.client_id == client, one_of(dialect, PassRow.external_id, "names"))


def _name(subject: Subject) -> tuple[str, object]:
    if subject.serial is not None:
        return "serial", subject.serial
    if subject.pass_id is not None:
        return "pass_id", subject.pass_id
    if subject.token is not None:
        return "token", tokens.digest(subject.token)
    if subject.contact is not None:
        return "contact", bytes.fromhex(subject.contact)
    return "external_id", subject.external_id


def _reaches(firing: Firing, operation: OperationRow) -> bool:
    return firing.reach.covers(operation) and firing.subject.operation in (None, operation.name)


def _accept(firing: Firing, passes: Sequence[_Changing], now: datetime) -> list[tuple[_Changing, EventHappened]]:
    """The passes that are meant, usually one; operations that do not take the event count only if none does."""
    subject = firing.subject
    if subject.external_id is None and subject.contact is None and len(passes) != 1:
        raise ambiguous(subject, len(passes)) if passes else unknown_pass(subject)
    refused: Exception | None = None
    accepted = []
    for one in passes:
        try:
            event = accept_event(*one.live.rules, firing.event, firing.data, now, occurred_at=firing.occurred_at)
        except (EventError, OperationEnded) as fault:
            refused = fault
        else:
            accepted.append((one, event))
    if refused is not None and not accepted:
        raise refused
    return accepted


async def _store(unit: Unit, meant: Mapping[int, Sequence[_Changing]], now: datetime) -> None:
    """What was decided, operation by operation."""
    decided = {one.stored.id: one for passes in meant.values() for one in passes if one.decisions}
    of: dict[int, list[_Changing]] = defaultdict(list)
    for one in decided.values():
        of[one.live.row.id].append(one)
    for operation_id in sorted(of):
        changed = sorted(of[operation_id], key=lambda one: one.stored.id)
        await apply(unit, changed[0].live, [Outcome(one.stored, one.decisions, one.causes) for one in changed], now)


async def _remember(unit: Unit, answered: Sequence[tuple[Firing, Fired | Exception]]) -> None:
    """Keep the answers of those that were carried out."""
    kept = [
        (firing.environment, firing.key, firing.digest, answer.document())
        for firing, answer in answered
        if firing.key is not None and isinstance(answer, Fired)
    ]
    if kept and not await idempotency.keep(unit, kept):
        raise DatabaseBusy("another process answers one of these requests at this moment: begin again")


def _reused(firing: Firing) -> WalletPassError:
    return IdempotencyKeyReused(f"the idempotency key {firing.key!r} came before with another request: use a new key")
