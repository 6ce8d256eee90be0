"""What can be known of a Matrix from its arrows alone."""

from __future__ import annotations

from collections.abc import Iterator

from walletpass.events import CHANGED, MOVED
from walletpass.matrix.draft import MatrixDraft
from walletpass.model import PassModel
from walletpass.trigger import Trigger


def reachable(draft: MatrixDraft) -> frozenset[str]:
    """The Models a pass can come to have."""
    found, frontier = {draft.start}, [draft.start]
    while frontier:
        model = frontier.pop()
        for trigger in draft.triggers:
            if trigger.from_model == model and trigger.to_model not in found:
                found.add(trigger.to_model)
                frontier.append(trigger.to_model)
    return frozenset(found)


def cause_of(trigger: Trigger) -> tuple[str, str]:
    """What makes a Trigger act, so that two of one Model with the same cause meet."""
    if trigger.after:
        return "after", f"{trigger.after.event} + {trigger.after.delay}"
    return trigger.kind, trigger.at or trigger.on or ""


def rivals(draft: MatrixDraft) -> Iterator[tuple[Trigger, Trigger]]:
    """Pairs of Triggers that could take the same pass on the same cause, with nothing to say which goes first."""
    for position, one in enumerate(draft.triggers):
        for other in draft.triggers[position + 1 :]:
            same = one.from_model == other.from_model and cause_of(one) == cause_of(other)
            if same and one.priority == other.priority:
                yield one, other


def self_feeding(draft: MatrixDraft) -> Iterator[tuple[Trigger, ...]]:
    """
    Cycles of `on` Triggers in which each move causes the event that makes the next, without anything from outside.

    Chains stop by themselves at run time; such a Matrix does not mean what it says.
    """
    feeds = {
        one.name: [
            other for other in draft.triggers if other.from_model == one.to_model and other.on in _caused_by(one)
        ]
        for one in draft.triggers
    }
    done: set[str] = set()
    for start in draft.triggers:
        stack: list[tuple[Trigger, ...]] = [(start,)]
        visited: set[str] = set()
        while stack:
            way = stack.pop()
            for following in feeds[way[-1].name]:
                if following == start:
                    if start.on in _caused_by(way[-1]) and not done & {trigger.name for trigger in way}:
                        done |= {trigger.name for trigger in way}
                        yield way
                elif following.name not in visited:
                    visited.add(following.name)
                    stack.append((*way, following))


def _caused_by(trigger: Trigger) -> tuple[str, ...]:
    return (MOVED, CHANGED) if trigger.set else (MOVED,)


def known_values(draft: MatrixDraft) -> dict[str, frozenset[str]]:
    """
    Model to the variables every pass that has it is sure to hold a value of.

    What the start Model needs is given when a pass is issued; `set` adds to it on the way.
    """
    needed = {name: _needed(model) for name, model in draft.models.items()}
    known = {name: frozenset(draft.variables) for name in draft.models}
    known[draft.start] = needed[draft.start]
    changed = True
    while changed:
        changed = False
        for trigger in draft.triggers:
            after = (held_after(trigger, known[trigger.from_model]) & known[trigger.to_model]) | needed[
                trigger.to_model
            ]
            if after != known[trigger.to_model]:
                known[trigger.to_model] = after
                changed = True
    return known


def held_after(trigger: Trigger, before: frozenset[str]) -> frozenset[str]:
    """What a pass surely holds after a Trigger, from what it held before."""
    given = {name for name, value in trigger.set.items() if value is not None}
    return (before | given) - (trigger.set.keys() - given)


def _needed(model: PassModel) -> frozenset[str]:
    return frozenset(name for name, variable in model.variables.items() if variable.needed)
