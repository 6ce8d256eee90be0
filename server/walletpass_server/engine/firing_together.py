"""
Events of many callers for single passes, decided and stored in the same few statements.

Each is answered as `firing.fire` would answer it alone: decided by the row as locked, in the order in which they came,
several for one pass one after the other. One that is refused has written nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, select

from walletpass import tokens
from walletpass.errors import DatabaseBusy, EventError, IdempotencyKeyReused, OperationEnded, WalletPassError
from walletpass.lifecycle import Decision, accept_event
from walletpass_server.engine.apply import Outcome, apply
from walletpass_server.engine.chunks import decide_one, pending_instants
from walletpass_server.engine.firing import Fired, request_of, summary
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.reach import Reach
from walletpass_server.engine.state import Stored, load
from walletpass_server.engine.subjects import Subject, ambiguous, unknown_pass
from walletpass_server.persistence import idempotency
from walletpass_server.persistence.tables import PassRow, TokenRow
from walletpass_server.persistence.unit_of_work import Unit

Place = tuple[int, int]
"""A pass as its operation and its id: the order in which passes are locked, so that no two callers wait in a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """
    One event for one pass, named by id, serial or token; the arguments of `firing.fire`.

    Attributes:
        reach: Of a caller with an environment, which idempotency keys belong to.
    """

    event: str
    subject: Subject
    data: Mapping[str, object]
    reach: Reach
    occurred_at: datetime | None = None
    key: str | None = None

    @property
    def environment(self) -> str:
        """test or production."""
        return self.reach.environment or "test"

    @property
    def digest(self) -> bytes:
        """What tells it from another request with the same key."""
        return idempotency.request_digest("event", request_of(self.event, self.subject, self.data, self.occurred_at))


@dataclass(slots=True)
class _Changing:
    """A pass, and all that was decided for it so far."""

    stored: Stored
    decisions: list[Decision] = field(default_factory=list)

    @property
    def now(self) -> Stored:
        """As it is after that."""
        return replace(self.stored, state=self.decisions[-1].state) if self.decisions else self.stored


def can_be_joined(subject: Subject) -> bool:
    """Whether an event names one pass and nothing besides, so that it can be fired together with others."""
    return subject.operation is None and subject.external_id is None and subject.contact is None


async def fire_together(unit: Unit, firings: Sequence[Firing], now: datetime) -> list[Fired | Exception]:
    """
    Fire events, each for one pass.

    Args:
        unit: Of the client of them all.
        firings: Those for which `can_be_joined`.
        now: The server's clock.

    Returns:
        For each its answer, or why it was refused, as `firing.fire` raises it.

    Raises:
        DatabaseBusy: Another process has just taken one of the idempotency keys, or two of these callers share one in
            a way that only one after the other can settle: undo it, and fire each alone, as a Writer does.
    """
    answers: dict[int, Fired | Exception] = await _answered_before(unit, firings)
    twins = _twins(firings, answers)
    fresh = {n: firing for n, firing in enumerate(firings) if n not in answers and n not in twins}
    candidates = await _find(unit, {n: firing.subject for n, firing in fresh.items()})
    operations = sorted({operation_id for found in candidates.values() for operation_id, _ in found})
    lives = {operation_id: await load_operation(unit, operation_id) for operation_id in operations}
    places: dict[int, Place] = {}
    for n, firing in fresh.items():
        reached = [place for place in candidates.get(n, ()) if firing.reach.covers(lives[place[0]].row)]
        if len(reached) == 1:
            places[n] = reached[0]
        else:
            answers[n] = ambiguous(firing.subject, len(reached)) if reached else unknown_pass(firing.subject)
    changing = await _lock(unit, lives, places.values())
    for operation_id, live in lives.items():
        mine = {n: pass_id for n, (of, pass_id) in places.items() if of == operation_id}
        pending = await pending_instants(unit, live, now)
        for n, pass_id in mine.items():
            one, firing = changing.get(pass_id), fresh[n]
            if one is None:
                answers[n] = unknown_pass(firing.subject)
                continue
            try:
                cause = accept_event(*live.rules, firing.event, firing.data, now, occurred_at=firing.occurred_at)
            except (EventError, OperationEnded) as refused:
                answers[n] = refused
                continue
            decisions = decide_one(live, one.now, cause, now, now, pending)
            one.decisions += decisions
            answers[n] = summary([decisions])
        moved = {changing[pass_id].stored.id: changing[pass_id] for pass_id in mine.values() if pass_id in changing}
        await apply(unit, live, [Outcome(one.stored, one.decisions) for one in moved.values() if one.decisions], now)
    await _remember(unit, [(fresh[n], answers[n]) for n in fresh])
    for n, first in twins.items():
        if firings[n].digest == firings[first].digest:
            answers[n] = answers[first]
        elif isinstance(answers[first], Fired):
            answers[n] = _reused(firings[n])
        else:  # a refused request leaves its key to the next one
            raise DatabaseBusy("two requests at once with one idempotency key, the first refused: do each alone")
    return [answers[n] for n in range(len(firings))]


async def _answered_before(unit: Unit, firings: Sequence[Firing]) -> dict[int, Fired | Exception]:
    keys = {(firing.environment, firing.key) for firing in firings if firing.key is not None}
    before = await idempotency.remembered(unit, keys)
    answers: dict[int, Fired | Exception] = {}
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


async def _find(unit: Unit, subjects: Mapping[int, Subject]) -> dict[int, list[Place]]:
    """The passes that each subject names, whoever reaches them."""
    serials = {subject.serial for subject in subjects.values() if subject.serial is not None}
    ids = {subject.pass_id for subject in subjects.values() if subject.pass_id is not None}
    digests = {tokens.digest(subject.token) for subject in subjects.values() if subject.token is not None}
    there: dict[tuple[str, object], list[Place]] = defaultdict(list)
    for kind, names in (("serial", serials), ("pass_id", ids), ("token", digests)):
        if names:
            asked = {"client": unit.client_id, "names": list(names)}
            for name, operation_id, pass_id in await unit.connection.execute(_PLACES[kind], asked):
                there[kind, name].append((operation_id, pass_id))
    return {n: there[_name(subject)] for n, subject in subjects.items() if _name(subject) in there}


_NAMES: BindParameter[Any] = bindparam("names", expanding=True)
_PLACES: Mapping[str, Any] = {
    "serial": select(PassRow.serial, PassRow.operation_id, PassRow.id).where(
        PassRow.client_id == bindparam("client"), PassRow.serial.in_(_NAMES)
    ),
    "pass_id": select(PassRow.id, PassRow.operation_id, PassRow.id).where(
        PassRow.client_id == bindparam("client"), PassRow.id.in_(_NAMES)
    ),
    "token": select(TokenRow.digest, TokenRow.operation_id, TokenRow.pass_id).where(
        TokenRow.client_id == bindparam("client"), TokenRow.digest.in_(_NAMES), TokenRow.pass_id.is_not(None)
    ),
}
"""How a pass is named, to the query for those of many names. Queries are built once: that costs more than they do."""


def _name(subject: Subject) -> tuple[str, object]:
    if subject.serial is not None:
        return "serial", subject.serial
    if subject.token is not None:
        return "token", tokens.digest(subject.token)
    return "pass_id", subject.pass_id


async def _lock(unit: Unit, lives: Mapping[int, LiveOperation], places: Any) -> dict[int, _Changing]:
    wanted: dict[int, set[int]] = defaultdict(set)
    for operation_id, pass_id in places:
        wanted[operation_id].add(pass_id)
    found: dict[int, _Changing] = {}
    for operation_id in sorted(wanted):
        for stored in await load(unit, lives[operation_id], sorted(wanted[operation_id])):
            found[stored.id] = _Changing(stored)
    return found


async def _remember(unit: Unit, answered: Sequence[tuple[Firing, Fired | Exception]]) -> None:
    """Keep the answers of those that were carried out."""
    kept = [
        (firing.environment, firing.key, firing.digest, asdict(answer))
        for firing, answer in answered
        if firing.key is not None and isinstance(answer, Fired)
    ]
    if kept and not await idempotency.keep(unit, kept):
        raise DatabaseBusy("another process answers one of these requests at this moment: begin again")


def _reused(firing: Firing) -> WalletPassError:
    return IdempotencyKeyReused(f"the idempotency key {firing.key!r} came before with another request: use a new key")
