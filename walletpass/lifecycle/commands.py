"""
What people, phones and clients do to a pass. Each gives a Decision whose causes are then decided by the Triggers.

Every one may be repeated: what is so already changes nothing and writes no fact twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from walletpass.errors import EventError, PassVoid
from walletpass.events import (
    ADDED,
    CHANGED,
    DELETED,
    DEVICE_REGISTERED,
    DEVICE_UNREGISTERED,
    DISPLAYED,
    EXPIRED,
    ISSUED,
    MAX_REPORTED,
    REPORTED,
    VOIDED,
    read_data,
)
from walletpass.lifecycle.facts import fact
from walletpass.lifecycle.state import Cause, Decision, EventHappened, Holding, InstantReached, Pass
from walletpass.lifecycle.values import changed_names, read_values, shown_values
from walletpass.matrix import Matrix
from walletpass.model.fields import Wallet
from walletpass.model.variables import Value
from walletpass.operation import MAX_CLOCK_LEAD, Operation


def issue(
    matrix: Matrix,
    operation: Operation,
    serial: str,
    given: Mapping[str, object],
    now: datetime,
    *,
    origin: str = "",
) -> Decision:
    """
    A new pass in the start Model.

    Args:
        serial: Its number.
        given: Values of variables; those of later Models may be given too.
        now: The instant, aware.
        origin: How its token came to be: api, link or import; empty when nothing is known of that.

    Raises:
        ValuesError: Values do not fit the variables.
        OperationClosed: Outside the period. The limit of passes is the caller's to check, who can count.
    """
    operation.admit(now)
    values = read_values(matrix, operation, given)
    state = Pass(serial=serial, model=matrix.start, issued_at=now, values=values)
    shown_values(matrix, state)
    causes: list[Cause] = [
        *due_instants(matrix, operation, matrix.start, now),
        *_told(matrix, ISSUED, now),
        *_told(matrix, CHANGED, now),
    ]
    told = fact(matrix, operation, state, ISSUED, now, {"source": origin} if origin else None)
    return Decision(state=state, why="recorded", facts=(told,), causes=tuple(causes))


def display(
    matrix: Matrix,
    operation: Operation,
    state: Pass,
    wallet: Wallet,
    now: datetime,
    tags: Mapping[str, str] | None = None,
    *,
    seen: Mapping[str, str] | None = None,
) -> Decision:
    """
    The pass bytes or save redirect went to a phone. A void pass is still served, and not counted.

    `tags` are the source tags of the link that was followed (`utm_source`...); the fact keeps them. A pass that was
    neither displayed nor added before has its source from them. `seen` is what else is known of whom it went to:
    `device_class` and `referrer`.
    """
    if state.voided:
        return Decision(state=state, why="void")
    first = wallet not in state.displayed_under
    if tags and not state.displayed_under and not state.added_under:
        state = replace(state, source=tags.get("utm_source", ""))
    data: dict[str, object] = {"first": first, "added_before": wallet in state.added_under}
    if tags:
        data["tags"] = dict(tags)
    data |= seen or {}
    told = fact(matrix, operation, state, DISPLAYED, now, data, wallet=wallet)
    if first:
        state = replace(state, displayed_under={**state.displayed_under, wallet: state.model})
    causes = _told(matrix, DISPLAYED, now, wallet=wallet, first=first)
    return Decision(state=state, why="recorded", facts=(told,), causes=causes)


def register(
    matrix: Matrix,
    operation: Operation,
    state: Pass,
    holding: Holding,
    now: datetime,
    *,
    occurred_at: datetime | None = None,
    device: str = "",
) -> Decision:
    """
    A phone tells that it has the pass: Apple registers a device, Google saves.

    `pass.added` when no device of this wallet had it; `first: false` when one had it some time before. `device` is the
    keyed hash that the facts keep of the device; empty for none.
    """
    if holding in state.holdings:
        return Decision(state=state, why="recorded")
    wallet = holding.wallet
    model = state.added_under[wallet] if wallet in state.wallets else state.model
    whose = {"device": device} if device else {}
    told = [
        fact(
            matrix, operation, state, DEVICE_REGISTERED, now, whose, occurred_at=occurred_at, wallet=wallet, model=model
        )
    ]
    causes: tuple[Cause, ...] = ()
    if wallet not in state.wallets:
        first = wallet not in state.added_under
        data = {"first": first, "displayed_under": state.displayed_under.get(wallet) if first else None, **whose}
        told.append(fact(matrix, operation, state, ADDED, now, data, occurred_at=occurred_at, wallet=wallet))
        causes = _told(matrix, ADDED, now, occurred_at=occurred_at, wallet=wallet, first=first)
        state = replace(state, added_under={**state.added_under, wallet: state.model})
    state = replace(state, holdings=state.holdings | {holding})
    return Decision(state=state, why="recorded", facts=tuple(told), causes=causes)


def unregister(
    matrix: Matrix,
    operation: Operation,
    state: Pass,
    holding: Holding,
    now: datetime,
    *,
    occurred_at: datetime | None = None,
    certain: bool | None = None,
    reason: str = "",
    device: str = "",
) -> Decision:
    """
    A phone no longer has the pass, or no longer wants updates: `pass.deleted` when it was the wallet's last.

    Args:
        certain: Whether it is really gone; by default true for Google, false for Apple, where the holder may only
            have turned updates off.
        reason: Why it is believed (a push that failed), empty when the phone said so.
        device: The keyed hash that the facts keep of the device; empty for none.
    """
    if holding not in state.holdings:
        return Decision(state=state, why="recorded")
    wallet = holding.wallet
    sure = wallet == "google" if certain is None else certain
    model = state.added_under[wallet]
    whose = {"device": device} if device else {}
    told = [
        fact(
            matrix, operation, state, DEVICE_UNREGISTERED, now, whose,
            occurred_at=occurred_at, wallet=wallet, model=model,
        )
    ]  # fmt: skip
    state = replace(state, holdings=state.holdings - {holding})
    causes: tuple[Cause, ...] = ()
    if wallet not in state.wallets:
        data = {"certain": sure, **({"reason": reason} if reason else {}), **whose}
        told.append(
            fact(matrix, operation, state, DELETED, now, data, occurred_at=occurred_at, wallet=wallet, model=model)
        )
        causes = _told(matrix, DELETED, now, occurred_at=occurred_at, wallet=wallet, certain=sure)
    return Decision(state=state, why="recorded", facts=tuple(told), causes=causes)


def edit(matrix: Matrix, operation: Operation, state: Pass, given: Mapping[str, object], now: datetime) -> Decision:
    """
    New values for some variables of a live pass; null clears one.

    Raises:
        ValuesError: A value does not fit, or the Model needs it.
        PassVoid: The pass is void.
    """
    if state.voided:
        raise PassVoid(f"{state.serial}: is void, its values stay as they are")
    cleared = {name for name, value in given.items() if value is None}
    read = read_values(matrix, operation, given)
    values = {name: value for name, value in {**state.values, **read}.items() if name not in cleared}
    before = state.values
    changed = changed_names(before, values)
    edited = replace(state, values=values, version=state.version + 1)
    shown_values(matrix, edited)
    if not changed:
        return Decision(state=state, why="recorded")
    state = edited
    told = fact(matrix, operation, state, CHANGED, now, {"changed": changed, "reason": "edit"})
    return Decision(state=state, why="recorded", facts=(told,), causes=_told(matrix, CHANGED, now, before=before))


def void(matrix: Matrix, operation: Operation, state: Pass, now: datetime, reason: str = "") -> Decision:
    """Set the final flag: no Trigger moves the pass any more, and its delays stop."""
    if state.voided:
        return Decision(state=state, why="recorded")
    dropped = state.timers
    state = replace(state, voided=True, timers=(), version=state.version + 1)
    return Decision(
        state=state,
        why="recorded",
        dropped=dropped,
        facts=(fact(matrix, operation, state, VOIDED, now, {"reason": reason}),),
    )


def expire(
    matrix: Matrix, operation: Operation, state: Pass, now: datetime, *, occurred_at: datetime, reason: str
) -> Decision:
    """Note that a pass is no longer good, as `validity.end_of_validity` says. It stays as it is, and so do Triggers."""
    told = fact(matrix, operation, state, EXPIRED, now, {"reason": reason}, occurred_at=occurred_at)
    return Decision(state=state, why="recorded", facts=(told,))


def accept_event(
    matrix: Matrix,
    operation: Operation,
    event: str,
    data: Mapping[str, object],
    now: datetime,
    *,
    occurred_at: datetime | None = None,
) -> EventHappened:
    """
    An event from outside, for one pass or all of an Operation, checked.

    Args:
        event: A name the Matrix declares, or one of `REPORTED`.
        data: As JSON gives them.
        now: The instant it came in, aware.
        occurred_at: When it happened; now by default.

    Raises:
        EventError: Not declared, data that do not fit, or an instant in the future.
        OperationEnded: The period and its grace are over.
    """
    operation.accept(now)
    fields = matrix.events.get(event, REPORTED.get(event))
    if fields is None:
        known = ", ".join(matrix.events) or "none"
        raise EventError(f"{event}: not an event of the Matrix {matrix.matrix}; it declares: {known}")
    happened = occurred_at or now
    if happened > now + MAX_CLOCK_LEAD:
        raise EventError(f"{event}: occurred_at {happened.isoformat()} lies in the future: check the sender's clock")
    read = read_data(event, fields, data, operation.tz)
    if event in REPORTED and (long := [name for name, value in read.items() if len(str(value)) > MAX_REPORTED]):
        raise EventError(f"{event}: {', '.join(long)}: has at most {MAX_REPORTED} characters")
    return EventHappened(event=event, data=read, occurred_at=happened, accepted_at=now)


def due_instants(
    matrix: Matrix, operation: Operation, model: str, now: datetime, chain: tuple[str, ...] = ()
) -> tuple[InstantReached, ...]:
    """The `at` Triggers of a Model whose instant has come, the earliest first: a pass that comes later moves too."""
    due = [
        (operation.instant(trigger), position, trigger.name)
        for position, trigger in enumerate(matrix.instants.get(model, ()))
    ]
    return tuple(InstantReached(name, chain) for instant, _, name in sorted(due) if instant <= now)


def _told(
    matrix: Matrix,
    event: str,
    now: datetime,
    *,
    occurred_at: datetime | None = None,
    before: Mapping[str, Value] | None = None,
    **data: Any,
) -> tuple[Cause, ...]:
    """The event as a cause, if any Trigger waits for it."""
    if event not in matrix.awaited:
        return ()
    happened = EventHappened(event=event, data=data, occurred_at=occurred_at or now, accepted_at=now, before=before)
    return (happened,)
