"""
What clients make happen to passes: events from outside, edits of values, voiding.

One pass is decided in the caller's transaction, before the answer. An event for a whole operation is accepted in it
and carried out by a run. A repeat with the same idempotency key gets the same answer and changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import func, select

from walletpass.conditions import Expression
from walletpass.errors import EventError, NotFound
from walletpass.lifecycle import Decision, Pass, accept_event, edit, void
from walletpass_server.engine.answering import answering
from walletpass_server.engine.chunks import carry_out
from walletpass_server.engine.fired import Fired, summary
from walletpass_server.engine.firing_together import Firing, fire_together
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import find_operation, load_operation
from walletpass_server.engine.reach import EVERYTHING, Reach
from walletpass_server.engine.state import load_one
from walletpass_server.engine.subjects import Subject, find_passes
from walletpass_server.persistence import idempotency
from walletpass_server.persistence.tables import OperationRow, PassRow, RunRow
from walletpass_server.persistence.unit_of_work import Unit


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
    environment = "test" if key is None else await _environment(unit, subject, reach)
    firing = Firing(
        event=event, subject=subject, data=data, reach=reach, occurred_at=occurred_at, key=key, cause=cause,
        environment=environment,
    )  # fmt: skip
    if subject.is_everyone:
        return await accept_for_all(unit, firing, now)
    [answer] = await fire_together(unit, [firing], now)
    if isinstance(answer, Exception):
        raise answer
    return answer


async def accept_for_all(unit: Unit, firing: Firing, now: datetime) -> Fired:
    """The same for all passes of an operation: accepted now, and carried out by a run."""
    return await _once(unit, firing.environment, firing.key, firing.digest, lambda: _begin_run(unit, firing, now))


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

    digest = idempotency.request_digest("edit", idempotency.canonical({"subject": subject.document(), "values": given}))
    environment = "test" if key is None else await _environment(unit, subject, reach)
    return await _once(
        unit, environment, key, digest, lambda: _command_each(unit, subject, command, now, actor, reach, cause)
    )


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

    digest = idempotency.request_digest(
        "void", idempotency.canonical({"subject": subject.document(), "reason": reason})
    )
    environment = "test" if key is None else await _environment(unit, subject, reach)
    return await _once(unit, environment, key, digest, lambda: _command_each(unit, subject, command, now, actor, reach))


async def _once(
    unit: Unit, environment: str, key: str | None, request: bytes, work: Callable[[], Awaitable[Fired]]
) -> Fired:
    """Do the work, or give the answer it was given before."""
    if key is None:
        return await work()
    before = await idempotency.begin(unit, environment, key, request)
    if before is not None:
        return Fired(**before.answer)
    fired = await work()
    await idempotency.finish(unit, environment, key, fired.document())
    return fired


async def _environment(unit: Unit, subject: Subject, reach: Reach) -> str:
    """Keys of tests mean nothing in production: the caller's environment, or that of the operation that is meant."""
    if reach.environment is not None:
        return reach.environment
    if subject.is_everyone:
        return (await find_operation(unit, name=subject.operation)).operation.environment
    found = await find_passes(unit, subject)
    if not found:
        return "test"
    query = select(OperationRow.environment).where(OperationRow.id == found[-1].operation_id)
    return (await unit.session.scalars(query)).one()


async def _begin_run(unit: Unit, firing: Firing, now: datetime) -> Fired:
    why = await answering(unit, firing.cause)
    subject = firing.subject
    live = await find_operation(unit, name=subject.operation, reach=firing.reach)
    accept_event(*live.rules, firing.event, firing.data, now, occurred_at=firing.occurred_at)
    _check_filter(live, subject.where)
    run_id = await unit.new_id()
    kept = {
        "event": firing.event,
        "given": dict(firing.data),
        "accepted_at": now.isoformat(),
        "occurred_at": (firing.occurred_at or now).isoformat(),
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
