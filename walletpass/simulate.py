"""Play a Matrix over time for some passes: who moves when, and why. The same decisions the engine takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from walletpass.errors import EventError, LifecycleError, ScenarioError, ValuesError
from walletpass.events import ADDED, CHANGED, DELETED, DISPLAYED, ISSUED, VOIDED
from walletpass.lifecycle import (
    Decision,
    DelayDue,
    Holding,
    InstantReached,
    Pass,
    Wallet,
    accept_event,
    decide,
    display,
    edit,
    follow,
    issue,
    next_due,
    register,
    unregister,
    void,
)
from walletpass.matrix import Matrix
from walletpass.operation import Operation
from walletpass.scenario import Line

QUIET = frozenset({"nobody-waits", "condition-false", "no-edge", "elsewhere", "already-in-chain", "already-fired"})
"""Outcomes not worth a step when they are only the consequence of another."""

_WORDS = {
    "nobody-waits": "no Trigger waits for it here",
    "condition-false": "the condition is false",
    "no-edge": "the condition was true before",
    "elsewhere": "the pass has another Model",
    "void": "the pass is void",
    "issued-later": "the pass was issued later",
    "operation-ended": "the operation has ended",
    "already-fired": "it has moved this pass before, or failed on it",
    "already-in-chain": "it is already part of this chain",
    "chain-too-long": "the chain of causes is too long",
}


@dataclass(frozen=True, slots=True)
class Step:
    """
    One thing that happened in a simulation.

    Attributes:
        at: When, UTC.
        serial: The pass.
        cause: The event, or the Trigger that fell due.
        decision: What became of the pass; None when it was refused.
        refused: Why, as the API would say it; empty otherwise.
    """

    at: datetime
    serial: str
    cause: str
    decision: Decision | None
    refused: str = ""

    def says(self, zone: ZoneInfo) -> str:
        """The step in one line: `2027-03-21 11:00  C-1  coupon.used: active → used by redeemed (store)`."""
        head = f"{self.at.astimezone(zone):%Y-%m-%d %H:%M}  {self.serial}  {self.cause}: "
        return head + (_outcome(self.decision, zone) if self.decision else f"refused: {self.refused}")


def default_operation(matrix: Matrix, lines: Iterable[Line], until: datetime | None = None) -> Operation:
    """An Operation to simulate in when none is given: from the first event to `until`, else 30 days past the last."""
    instants = [line.at for line in lines]
    if not instants:
        raise ScenarioError("there is no event: give at least one, or an operation")
    try:
        end = max(until or instants[0], instants[-1] + timedelta(days=30))
        return Operation(operation="simulation", matrix=matrix.matrix, starts_at=instants[0], ends_at=end)
    except (ValueError, OverflowError):  # years without a day before or after them
        says = f"{instants[0]:%Y-%m-%d} to {until or instants[-1]:%Y-%m-%d} is no period: give an operation"
        raise ScenarioError(f"{says}, or dates of this time") from None


def simulate(matrix: Matrix, operation: Operation, lines: Iterable[Line], until: datetime | None = None) -> list[Step]:
    """
    Every step, in order of time.

    Args:
        matrix, operation: The rules.
        lines: Events, in order of time. A pass is issued by its first line, with the values of `pass.issued` or, for
            required variables, their examples.
        until: The last instant played; by default the end of the Operation and its grace, or a later last event.

    Raises:
        ScenarioError: A line that the Matrix cannot take: an undeclared event, data or values that do not fit.
    """
    events = list(lines)
    last = until or max([operation.events_end, *(line.at for line in events)])
    return list(_Play(matrix, operation).run(events, last))


class _Play:
    """The passes of one simulation."""

    def __init__(self, matrix: Matrix, operation: Operation) -> None:
        self.matrix = matrix
        self.operation = operation
        self.passes: dict[str, Pass] = {}

    def run(self, events: list[Line], last: datetime) -> Iterator[Step]:
        """At one instant, dates come before delays, and delays before events."""
        ranks = self.matrix.ranks
        instants = sorted((self.operation.instant(t), ranks[t.name], t.name) for t in self.matrix.triggers if t.at)
        line_at = instant_at = 0
        while True:
            timers = [(timer.due, serial) for serial, state in self.passes.items() for timer in state.timers]
            due = [
                *((instants[instant_at][0], 0) for _ in instants[instant_at : instant_at + 1]),
                *((min(timers)[0], 1) for _ in timers[:1]),
                *((events[line_at].at, 2) for _ in events[line_at : line_at + 1]),
            ]
            if not due or min(due)[0] > last:
                return
            now, kind = min(due)
            if kind == 0:
                name = instants[instant_at][2]
                instant_at += 1
                for serial, state in list(self.passes.items()):
                    yield from self._cause(serial, decide(*self.rules, state, InstantReached(name), now), name, now)
            elif kind == 1:
                serial = min(timers)[1]
                cause = next_due(*self.rules, self.passes[serial], now)
                if isinstance(cause, DelayDue):
                    decision = decide(*self.rules, self.passes[serial], cause, now)
                    yield from self._cause(serial, decision, cause.timer.trigger, now)
            else:
                line_at += 1
                yield from self._line(events[line_at - 1])

    @property
    def rules(self) -> tuple[Matrix, Operation]:
        """What every decision starts from."""
        return self.matrix, self.operation

    def _line(self, line: Line) -> Iterator[Step]:
        try:
            if line.serial is not None and line.serial not in self.passes:
                yield from self._issue(line.serial, line)
                if line.event == ISSUED:
                    return
            for serial in [line.serial] if line.serial is not None else list(self.passes):
                decision = self._command(self.passes[serial], line)
                yield from self._cause(serial, decision, line.event, line.at)
        except LifecycleError as fault:
            yield Step(line.at, line.serial or "all", line.event, None, str(fault))
        except (EventError, ValuesError) as fault:
            raise ScenarioError(f"line {line.number}: {fault}") from None

    def _issue(self, serial: str, line: Line) -> Iterator[Step]:
        given = line.data if line.event == ISSUED else {}
        variables = self.matrix.models[self.matrix.start].variables
        examples = {n: v.example for n, v in variables.items() if v.needed and v.example is not None}
        first = issue(*self.rules, serial, {**examples, **given}, line.at)
        yield from self._cause(serial, first, ISSUED, line.at)

    def _command(self, state: Pass, line: Line) -> Decision:
        """A line about one pass as the command it stands for."""
        if line.event == ISSUED:
            return Decision(state=state, why="recorded")
        if line.event == DISPLAYED:
            return display(*self.rules, state, _wallet(line), line.at)
        if line.event in (ADDED, DELETED):
            holding = Holding(_wallet(line), str(line.data.get("device", "phone")))
            return (register if line.event == ADDED else unregister)(*self.rules, state, holding, line.at)
        if line.event == CHANGED:
            return edit(*self.rules, state, line.data, line.at)
        if line.event == VOIDED:
            return void(*self.rules, state, line.at, str(line.data.get("reason", "")))
        return decide(*self.rules, state, accept_event(*self.rules, line.event, line.data, line.at), line.at)

    def _cause(self, serial: str, first: Decision, cause: str, now: datetime) -> Iterator[Step]:
        """The steps of a Decision and all it causes."""
        for position, decision in enumerate(follow(*self.rules, first, now)):
            self.passes[serial] = decision.state
            if position == 0 and not (decision.why == "elsewhere" and cause in self.matrix.trigger):
                yield Step(now, serial, cause, decision)
            elif position and (decision.why not in QUIET or decision.armed or decision.dropped):
                yield Step(now, serial, f"after {cause}", decision)


def _wallet(line: Line) -> Wallet:
    wallet = line.data.get("wallet", "apple")
    if wallet not in ("apple", "google"):
        raise EventError(f"{line.event}: {wallet!r} is not a wallet: write apple or google")
    return "google" if wallet == "google" else "apple"


def _outcome(decision: Decision, zone: ZoneInfo) -> str:
    parts = [_verdict(decision)]
    parts += [f"{t.trigger} will be due {t.due.astimezone(zone):%Y-%m-%d %H:%M}" for t in decision.armed]
    if decision.why != "timer-gone":
        fired = decision.transition.trigger if decision.transition else decision.detail
        parts += [f"{timer.trigger} is called off" for timer in decision.dropped if timer.trigger != fired]
    for notice in decision.notices:
        when = f" to {notice.at.astimezone(zone):%Y-%m-%d %H:%M}" if notice.outcome == "deferred" else ""
        why = f" ({notice.reason})" if notice.reason else ""
        parts.append(f"{notice.wallet} notification {notice.outcome}{when}{why}")
    return "; ".join(parts)


def _verdict(decision: Decision) -> str:
    move = decision.transition
    if move:
        changed = f" ({', '.join(move.changed)})" if move.changed else ""
        way = f"{move.from_model} → {move.to_model}" if move.from_model != move.to_model else f"stays {move.to_model}"
        return f"{way} by {move.trigger}{changed}"
    model = decision.state.model
    if decision.why == "recorded":
        return f"{model}, " + (", ".join(fact.name for fact in decision.facts) or "nothing new")
    if decision.why == "failed":
        return f"stays {model}, failed: {decision.detail}"
    return f"stays {model}, {_WORDS.get(decision.why, decision.why)}"
