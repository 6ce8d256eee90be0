"""
What clients make happen to passes: events from outside, edits of values, voiding.

One pass is decided in the caller's transaction, before the answer. An event for a whole operation is accepted in it
and carried out by a run. A repeat with the same idempotency key gets the same answer and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import func, select

from walletpass.conditions import Expression
from walletpass.errors import EventError, NotFound, OperationEnded
from walletpass.lifecycle import Decision, EventHappened, Pass, accept_event, edit, void
from walletpass_server.engine.answering import Answering, answering
from walletpass_server.engine.apply import Outcome, apply
from walletpass_server.engine.chunks import carry_out, decide_one, pending_instants
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import find_operation, load_operation
from walletpass_server.engine.reach import EVERYTHING, Reach
from walletpass_server.engine.state import load_one
from walletpass_server.engine.subjects import Found, Subject, find_passes
from walletpass_server.persistence import idempotency
from walletpass_server.persistence.tables import OperationRow, PassRow, RunRow
from walletpass_server.persistence.unit_of_work import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """
    The answer to a caller.

    Attributes:
        matched: Passes it concerned; None while a run with a filter has not looked yet.
        moved: Passes that it moved; None when a run is to do that.
        run_id: The run that carries it out; None when it is done.
        reasons: Why passes did not move (`lifecycle.Why`), by how many.
    """

    matched: int | None
    moved: int | None
    run_id: int | None = None
    reasons: Mapping[str, int]


async def fire(
    unit: Unit,
    event: str,
    subject: Subject,
    data: Mapping[str, object],
    now: datetime,
    *,
    occurred_at: datetime | None = None,
    key: str | None = None,
    reach: Reach = EVERYTHING,
    cause: str | None = None,
) -> Fired:
    """
    An event from outside, for one pass or for all of an operation.

    Args:
        unit: Of the client; all of it is one transaction.
        event: A name that the Matrix declares.
        subject: Whom it concerns. An external id counts in every operation that takes the event.
        data: As JSON gives them.
        now: The server's clock.
        occurred_at: When it happened, aware; now by default.
        key: Idempotency key.
        reach: What the caller reaches.
        cause: Id of the event of a hook in answer to which it is told.

    Raises:
        HookLoop: It would answer too many events one after the other.
        NotFound: No such pass, serial, token or operation.
        EventError: Not declared, data that do not fit, an instant in the future, a filter that is no condition.
        OperationEnded: The period and its grace are over.
        IdempotencyKeyReused: The key came before with another request.
    """
    request = request_of(event, subject, data, occurred_at)

    async def work() -> Fired:
        why = await answering(unit, cause)
        if subject.is_everyone:
            return await _accept_for_all(unit, event, subject, data, now, occurred_at or now, reach, why)
        return await _fire_each(unit, event, await find_passes(unit, subject, reach), data, now, occurred_at, why)

    return await _once(unit, subject, "event", key, request, work, reach)


async def edit_values(
    unit: Unit,
    subject: Subject,
    given: Mapping[str, object],
    now: datetime,
    *,
    actor: str | None = None,
    key: str | None = None,
    reach: Reach = EVERYTHING,
    cause: str | None = None,
) -> Fired:
    """
    New values for some variables of a live pass; null clears one. The history keeps the old ones.

    Raises:
        HookLoop: It would answer too many events one after the other: `cause` is the id of one.
        NotFound: No such pass, serial or token.
        ValuesError: A value does not fit, or the Model needs it.
        PassVoid: The pass is void.
        IdempotencyKeyReused: The key came before with another request.
    """

    def command(live: LiveOperation, state: Pass) -> Decision:
        return edit(*live.rules, state, given, now)

    request = _canonical({"subject": subject.document(), "values": given})
    return await _once(
        unit, subject, "edit", key, request,
        lambda: _command_each(unit, subject, command, now, actor, reach, cause), reach,
    )  # fmt: skip


async def void_pass(
    unit: Unit,
    subject: Subject,
    now: datetime,
    *,
    reason: str = "",
    actor: str | None = None,
    key: str | None = None,
    reach: Reach = EVERYTHING,
) -> Fired:
    """
    Set the final flag of a pass. Voiding it again changes nothing.

    Raises:
        NotFound: No such pass, serial or token.
        IdempotencyKeyReused: The key came before with another request.
    """

    def command(live: LiveOperation, state: Pass) -> Decision:
        return void(*live.rules, state, now, reason)

    request = _canonical({"subject": subject.document(), "reason": reason})
    return await _once(
        unit, subject, "void", key, request, lambda: _command_each(unit, subject, command, now, actor, reach), reach
    )


def request_of(event: str, subject: Subject, data: Mapping[str, object], occurred_at: datetime | None) -> str:
    """What tells an event from another with the same idempotency key."""
    at = occurred_at and occurred_at.isoformat()
    return _canonical({"event": event, "subject": subject.document(), "data": data, "at": at})


def _canonical(request: Mapping[str, object]) -> str:
    return json.dumps(request, sort_keys=True, default=str)


async def _once(
    unit: Unit,
    subject: Subject,
    what: str,
    key: str | None,
    request: str,
    work: Callable[[], Awaitable[Fired]],
    reach: Reach,
) -> Fired:
    """Do the work, or give the answer it was given before."""
    if key is None:
        return await work()
    environment = reach.environment or await _environment(unit, subject)
    before = await idempotency.begin(unit, environment, key, idempotency.request_digest(what, request))
    if before is not None:
        return Fired(**before.answer)
    fired = await work()
    await idempotency.finish(unit, environment, key, asdict(fired))
    return fired


async def _environment(unit: Unit, subject: Subject) -> str:
    """Keys of tests mean nothing in production: the environment of the operation that is meant."""
    if subject.is_everyone:
        return (await find_operation(unit, name=subject.operation)).operation.environment
    found = await find_passes(unit, subject)
    if not found:
        return "test"
    query = select(OperationRow.environment).where(OperationRow.id == found[-1].operation_id)
    return (await unit.session.scalars(query)).one()


async def _accept_for_all(
    unit: Unit,
    event: str,
    subject: Subject,
    data: Mapping[str, object],
    now: datetime,
    occurred_at: datetime,
    reach: Reach,
    why: Answering,
) -> Fired:
    live = await find_operation(unit, name=subject.operation, reach=reach)
    accept_event(*live.rules, event, data, now, occurred_at=occurred_at)
    _check_filter(live, subject.where)
    run_id = await unit.new_id()
    kept = {
        "event": event,
        "given": dict(data),
        "accepted_at": now.isoformat(),
        "occurred_at": occurred_at.isoformat(),
        **({"where": subject.where} if subject.where else {}),
        **({"causes": list(why.chain)} if why.chain else {}),
    }
    # Row ids ascend: passes with a higher one are issued later than this run, which is accepted now.
    unit.session.add(
        RunRow(
            client_id=unit.client_id, id=run_id, operation_id=live.row.id, kind="event", cause=f"event:{run_id}",
            data=kept, state="waiting", due_at=now, upper=run_id, created_at=now,
        )
    )  # fmt: skip
    await unit.session.flush()
    there = None
    if subject.where is None:
        there = await _count(unit, live)
    return Fired(matched=there, moved=None, run_id=run_id, reasons={})


async def _count(unit: Unit, live: LiveOperation) -> int:
    query = select(func.count()).where(PassRow.client_id == live.row.client_id, PassRow.operation_id == live.row.id)
    return (await unit.connection.execute(query)).scalar_one()


def _check_filter(live: LiveOperation, where: str | None) -> None:
    if where is None:
        return
    try:
        kind = Expression.parse(where).type(live.matrix.paths(None))
    except ValueError as fault:
        raise EventError(f"where: {fault}") from None
    if kind != "boolean":
        raise EventError(f"where: gives {kind}, a condition is true or false: compare it with something")


async def _fire_each(
    unit: Unit,
    event: str,
    found: list[Found],
    data: Mapping[str, object],
    now: datetime,
    occurred_at: datetime | None,
    why: Answering,
) -> Fired:
    """The passes that are meant, usually one; operations that do not take the event count only if none does."""
    refused: Exception | None = None
    causes: list[tuple[LiveOperation, Found, EventHappened]] = []
    for one in found:
        live = await load_operation(unit, one.operation_id)
        try:
            accepted = accept_event(*live.rules, event, data, now, occurred_at=occurred_at)
            causes.append((live, one, replace(accepted, chain=why.triggers(one.pass_id))))
        except (EventError, OperationEnded) as fault:
            refused = fault
    if refused and not causes:
        raise refused
    answers = [await _decide(unit, live, one, cause, now, why) for live, one, cause in causes]
    return summary(answers)


async def _decide(
    unit: Unit, live: LiveOperation, one: Found, cause: EventHappened, now: datetime, why: Answering
) -> list[Decision]:
    stored = await load_one(unit, live, one.pass_id)
    if stored is None:
        raise NotFound(f"the pass {one.pass_id} was removed meanwhile")
    decisions = decide_one(live, stored, cause, now, now, await pending_instants(unit, live, now))
    await apply(unit, live, [Outcome(stored, decisions)], now, causes=why.chain)
    return decisions


async def _command_each(
    unit: Unit,
    subject: Subject,
    command: Callable[[LiveOperation, Pass], Decision],
    now: datetime,
    actor: str | None,
    reach: Reach,
    cause: str | None = None,
) -> Fired:
    chain = (await answering(unit, cause)).chain
    answers: list[Sequence[Decision]] = []
    for one in await find_passes(unit, subject, reach):
        live = await load_operation(unit, one.operation_id)
        stored = await load_one(unit, live, one.pass_id)
        if stored is None:
            raise NotFound(f"the pass {one.pass_id} was removed meanwhile")
        outcome = await carry_out(unit, live, stored, partial(command, live), now, actor=actor, causes=chain)
        answers.append(outcome.decisions)
    return summary(answers)


def summary(answers: Sequence[Sequence[Decision]]) -> Fired:
    """The answer to a caller, from what was decided for each pass."""
    moved = sum(any(decision.transition for decision in decisions) for decisions in answers)
    reasons: dict[str, int] = {}
    for decisions in answers:
        if not any(decision.transition for decision in decisions):
            why = decisions[-1].why
            reasons[why] = reasons.get(why, 0) + 1
    return Fired(matched=len(answers), moved=moved, reasons=reasons)
