"""
Hypothesis strategy for valid Matrices: every kind of Trigger, condition, value and delay, in any combination.

Valid by construction: priorities are all different, moves that platform events cause only lead on to later Models, and
every way into a Model that needs a value sets it. Expressions may well fail when they are asked. Needs hypothesis.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from walletpass.events import ADDED, CHANGED, DELETED, DISPLAYED, ISSUED, MOVED
from walletpass.matrix import Matrix
from walletpass.testing.life import matrix_document

Document = dict[str, Any]

EVENTS: Mapping[str, Mapping[str, str]] = {"coupon.used": {"amount": "number", "store": "text?"}, "coupon.back": {}}
"""Events from outside that every Matrix declares."""
INSTANTS = ("2027-03-03T09:00", "2027-03-03T09:00:00", "2027-03-05T22:30", "operation.starts_at", "operation.ends_at")
"""Instants of `at` Triggers, to go with `life.small_operation`; the first two are the same."""

_VARIABLES: Mapping[str, Document] = {
    "points": {"type": "number", "default": 0},
    "balance": {"type": "money", "currency": "EUR", "required": False},
    "note": {"type": "text", "required": False},
    "flag": {"type": "boolean", "default": False},
}
_NEEDED = {"store": {"type": "text", "required": True}}
_CAUSED = (ISSUED, DISPLAYED, ADDED, DELETED)
_FOLLOWING = (MOVED, CHANGED)
_CONDITIONS = (
    "pass.points > 3.0", "pass.flag", "pass.note == 'x'", "pass.balance >= 500", "has(pass.balance)",
    "pass.model == 'm1'", "operation.name == 'op'",
)  # fmt: skip
_OF_USED = ("event.amount >= 5.0", "has(event.store)", "event.store == 'Lyon'", "event.amount + pass.points > 6.0")
_VALUES: Mapping[str, tuple[Any, ...]] = {
    "points": (4, "pass.points + 1.0", None, "1 / 0"),
    "balance": ("'10.50 EUR'", "pass.balance + 100", None),
    "note": ("'x'", "pass.model", "pass.serial", None),
    "flag": (True, False, "!pass.flag"),
}
_DELAYS: tuple[Document, ...] = (
    {"minutes": 30}, {"hours": 5}, {"days": 1, "unit": "wall"}, {"days": 1, "unit": "calendar", "at": "09:00"},
    {"days": 2, "unit": "working"}, {"months": 1, "unit": "calendar"},
)  # fmt: skip


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    """Matrices of two to four Models `m0`, `m1`... named `small`, as `life.small_operation` wants it."""
    count = draw(st.integers(2, 4))
    needing = draw(st.sets(st.integers(1, count - 1), max_size=1))
    models = {"m0": dict(_VARIABLES)}  # all are declared somewhere; elsewhere they and their defaults may be lacking
    for number in range(1, count):
        shown = sorted(draw(st.sets(st.sampled_from(sorted(_VARIABLES)))))
        needed = _NEEDED if number in needing else {}
        models[f"m{number}"] = {name: _VARIABLES[name] for name in shown} | needed
    ways = [(draw(st.integers(0, number - 1)), number) for number in range(1, count)]
    ways += draw(st.lists(st.tuples(*[st.integers(0, count - 1)] * 2), min_size=1, max_size=6))
    order = draw(st.permutations(range(len(ways))))
    triggers = [
        draw(_triggers(way, priority, needs=way[1] in needing)) for way, priority in zip(ways, order, strict=True)
    ]
    return Matrix.read(matrix_document(models, triggers, EVENTS))


@st.composite
def _triggers(draw: st.DrawFn, way: tuple[int, int], priority: int, *, needs: bool) -> Document:
    origin, target = way
    kind = draw(st.sampled_from(["on", "at", "after"]))
    trigger: Document = {"from": f"m{origin}", "to": f"m{target}", "priority": priority}
    event = None
    if kind == "at":
        trigger["at"] = draw(st.sampled_from(INSTANTS))
    elif kind == "on":
        event = draw(st.sampled_from([*EVENTS, *_CAUSED, *(_FOLLOWING if origin < target else ())]))
        trigger["on"] = event
    else:
        trigger["after"] = draw(_afters())
        event = trigger["after"]["event"]
    used = event == "coupon.used"
    conditions = _CONDITIONS + (_OF_USED if used else ())
    amounts = ("event.amount", "pass.points + event.amount") if used else ()
    if trigger.get("on") == CHANGED or draw(st.booleans()):
        trigger["when"] = draw(st.sampled_from(conditions))
    values = {**_VALUES, "points": (*_VALUES["points"], *amounts)}
    given = sorted(draw(st.sets(st.sampled_from(sorted(values)), max_size=2)))
    trigger["set"] = {name: draw(st.sampled_from(values[name])) for name in given}
    if needs:
        trigger["set"]["store"] = "'Lyon'"
    trigger |= draw(st.sampled_from([{}, {}, {"notify": True}, {"essential": True}]))
    return trigger


@st.composite
def _afters(draw: st.DrawFn) -> Document:
    event = draw(st.sampled_from([*EVENTS, *_CAUSED, *_FOLLOWING]))
    after: Document = {
        "event": event,
        "delay": draw(st.sampled_from(_DELAYS)),
        "rearm": draw(st.sampled_from(["first", "restart", "each"])),
    }
    if draw(st.booleans()):
        ending = draw(st.sampled_from([*EVENTS, DELETED, MOVED]))
        after["cancel"] = {"event": ending}
        if ending == event or draw(st.booleans()):
            after["cancel"]["when"] = draw(st.sampled_from(_CONDITIONS))
    return after
