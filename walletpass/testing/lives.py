"""
The lives of the passes of one operation, as plain values: what a database that keeps them must agree with.

Each pass sees its causes in due order: whoever decides on it decides first what fell due before. An event for all
passes and the instant of an `at` Trigger are runs, which come to one pass after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from walletpass.events import Fact
from walletpass.lifecycle import (
    Decision,
    EventHappened,
    InstantReached,
    Pass,
    decide,
    follow,
    issue,
    next_due,
)
from walletpass.matrix import Matrix
from walletpass.operation import Operation

Command = Callable[[Pass], Decision]
"""A command of the lifecycle with all but the pass given."""


@dataclass(slots=True)
class Life:
    """A pass, and every fact about it in order."""

    state: Pass
    facts: list[Fact] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """
    An instant, or an event for all, on its way through the passes.

    Attributes:
        due: When; runs go in this order, those of the same instant in the order they came.
        cause: What it brings to each pass.
        waiting: Passes it has yet to come to.
        covers_later: Whether it also comes to passes that are issued before it has ended.
    """

    due: datetime
    cause: InstantReached | EventHappened
    waiting: set[int]
    covers_later: bool
    over: bool = False


class Lives:
    """The passes of an operation, by any number."""

    def __init__(self, matrix: Matrix, operation: Operation) -> None:
        self.rules = matrix, operation
        self.of: dict[int, Life] = {}
        self.runs = [
            Run(operation.instant(trigger), InstantReached(trigger.name), set(), True)
            for trigger in matrix.triggers
            if trigger.at
        ]

    def issue(self, number: int, serial: str, given: Mapping[str, object], now: datetime) -> None:
        """A new pass."""
        first = issue(*self.rules, serial, given, now)
        self.of[number] = Life(first.state)
        for run in self.runs:
            if run.covers_later and not run.over:
                run.waiting.add(number)
        self._keep(number, follow(*self.rules, first, now))

    def command(self, number: int, command: Command, now: datetime) -> None:
        """Something is done to a pass now, after all that fell due before. Nothing is kept when it is refused."""
        due = self._due(number, now, now)
        state = due[-1].state if due else self.of[number].state
        self._keep(number, [*due, *follow(*self.rules, command(state), now)])

    def event_for_all(self, event: EventHappened) -> None:
        """An event that is accepted for every pass there is."""
        self.runs.append(Run(event.accepted_at, event, set(self.of), False))

    def visit(self, run: Run, number: int, now: datetime) -> None:
        """A run comes to a pass."""
        now = max(now, run.due)
        if isinstance(run.cause, EventHappened):
            due = self._due(number, run.due, now)
            state = due[-1].state if due else self.of[number].state
            self._keep(number, [*due, *follow(*self.rules, decide(*self.rules, state, run.cause, now), now)])
        elif self._could_take(run.cause.trigger, number):
            self._keep(number, self._due(number, run.due, now))
        run.waiting.discard(number)

    def drain(self, now: datetime) -> None:
        """All that is due comes to every pass."""
        for run in self.due_runs(now):
            for number in sorted(run.waiting):
                self.visit(run, number, now)
            run.over = True
        for number in self.of:
            self._keep(number, self._due(number, now, now))

    def due_runs(self, now: datetime) -> list[Run]:
        """Runs that are due and not over, in order."""
        return sorted((run for run in self.runs if run.due <= now and not run.over), key=lambda run: run.due)

    def _could_take(self, trigger: str, number: int) -> bool:
        state = self.of[number].state
        return state.model == self.rules[0].trigger[trigger].from_model and trigger not in state.fired

    def _due(self, number: int, until: datetime, now: datetime) -> list[Decision]:
        """What fell due for a pass up to an instant, decided in order."""
        state = self.of[number].state
        pending = {
            run.cause.trigger
            for run in self.runs
            if isinstance(run.cause, InstantReached) and run.due <= until and number in run.waiting
        }
        decisions: list[Decision] = []
        while cause := next_due(*self.rules, state, until, pending):
            if isinstance(cause, InstantReached):
                pending.discard(cause.trigger)
            decisions += follow(*self.rules, decide(*self.rules, state, cause, now), now)
            state = decisions[-1].state
        return decisions

    def _keep(self, number: int, decisions: list[Decision]) -> None:
        life = self.of[number]
        for decision in decisions:
            life.state = decision.state
            life.facts += decision.facts
