"""Whether the parts of a Matrix fit together: one table of rules, for lint and for construction alike."""

from __future__ import annotations

from collections.abc import Iterator

from walletpass.conditions import CEL_TYPES, FITS, Expression
from walletpass.errors import MappingRejected
from walletpass.events import CHANGED
from walletpass.findings import Finding, error, note, warning
from walletpass.google.kinds import google_type, transit_kind
from walletpass.matrix.draft import MatrixDraft
from walletpass.matrix.graph import cause_of, held_after, known_values, reachable, rivals, self_feeding
from walletpass.model import PassModel
from walletpass.trigger import Trigger

SOURCE = "walletpass: the rules of a Matrix"

Known = dict[str, frozenset[str]]
"""Model to the variables its passes surely hold."""


def check_matrix(draft: MatrixDraft) -> list[Finding]:
    """Every finding about a Matrix; one without errors can be made into a Matrix."""
    unknown = [*_unknown_models(draft)]
    if unknown:
        return unknown  # the other rules follow the arrows, which lead nowhere
    known = known_values(draft)
    return [
        *_arrows(draft),
        *_models_agree(draft),
        *_events(draft),
        *_values_are_set(draft, known),
        *(finding for trigger in draft.triggers for finding in _expressions(draft, trigger, known)),
    ]


def _unknown_models(draft: MatrixDraft) -> Iterator[Finding]:
    places = [("start", draft.start)]
    for trigger in draft.triggers:
        places += [
            (f"triggers.{trigger.name}.from", trigger.from_model),
            (f"triggers.{trigger.name}.to", trigger.to_model),
        ]
    for where, name in places:
        if name not in draft.models:
            yield error(
                "model-unknown", where, f"there is no Model {name}; there are: {', '.join(draft.models)}", SOURCE
            )


def _arrows(draft: MatrixDraft) -> Iterator[Finding]:
    for name in draft.models.keys() - reachable(draft):
        hint = "Add a Trigger that leads to it, or drop it."
        yield error("model-unreachable", f"models.{name}", f"no pass can ever get the Model {name}", SOURCE, hint)
    for one, other in rivals(draft):
        says = f"{one.name} and {other.name} both take a pass from {one.from_model}: {' '.join(cause_of(one))}"
        hint = "Give the two different priorities: the lowest number goes first."
        yield error("triggers-ambiguous", f"triggers.{other.name}", says, SOURCE, hint)
    for cycle in self_feeding(draft):
        names = " → ".join(trigger.name for trigger in (*cycle, cycle[0]))
        hint = "Let an event from outside, a date or a delay come in between."
        yield error("self-feeding-cycle", f"triggers.{cycle[0].name}", f"{names} cause each other", SOURCE, hint)


def _models_agree(draft: MatrixDraft) -> Iterator[Finding]:
    start = draft.models[draft.start]
    suffixes: dict[str, str] = {}
    for name, model in draft.models.items():
        where = f"models.{name}"
        try:
            kind, wanted = _google_kind(model), _google_kind(start)
        except MappingRejected as fault:
            yield error("google-type-rejected", where, str(fault), "Google: types of passes")
            continue
        if kind != wanted:
            says = f"{name} is a Google {kind}, {draft.start} a {wanted}"
            yield error(
                "google-type-differs", where, says, "Google: an object never changes its type", "Use one pass type."
            )
        elif model.pass_type != draft.pass_type:
            says = f"the Model is a {model.pass_type}, the Matrix a {draft.pass_type}"
            yield error("pass-type-differs", where, says, SOURCE, "Set pass_type to the same in both.")
        if model.wallets != start.wallets:
            says = f"is for {', '.join(model.wallets)}, {draft.start} for {', '.join(start.wallets)}"
            hint = "A pass cannot leave a wallet by moving: give all Models the same wallets."
            yield error("wallets-differ", where, says, SOURCE, hint)
        suffix = model.google.class_suffix
        if suffix is not None and (other := suffixes.setdefault(suffix, name)) != name:
            says = f"{other} has the class_suffix {suffix} too: at Google each would overwrite the other's class"
            hint = "Give each Model its own, or none: then it is made from the Model."
            yield error("google-class-shared", f"{where}.google.class_suffix", says, "Google: a class has one id", hint)
        yield from _variables_agree(draft, name, model)


def _google_kind(model: PassModel) -> str:
    transit = transit_kind(model)
    return f"{google_type(model)} ({transit})" if transit else google_type(model)


def _variables_agree(draft: MatrixDraft, name: str, model: PassModel) -> Iterator[Finding]:
    for variable_name, variable in model.variables.items():
        other = draft.variables[variable_name]
        if (variable.type, variable.currency) != (other.type, other.currency):
            says = f"{variable_name} is a {variable.type} here and a {other.type} elsewhere"
            hint = "One set of values follows the pass: use one type and currency, or two names."
            yield error("variable-differs", f"models.{name}.variables.{variable_name}", says, SOURCE, hint)


def _events(draft: MatrixDraft) -> Iterator[Finding]:
    used: set[str] = set()
    for trigger in draft.triggers:
        where = f"triggers.{trigger.name}"
        cancel = trigger.after.cancel if trigger.after else None
        for event in (trigger.event, cancel.event if cancel else None):
            if event is None:
                continue
            used.add(event)
            if draft.fields_of(event) is None:
                known = ", ".join(draft.events) or "none"
                yield error("event-unknown", where, f"there is no event {event}; declared are: {known}", SOURCE,
                            "Declare it under events, with the types of its data.")  # fmt: skip
        if trigger.on == CHANGED and trigger.when is None:
            yield error("condition-missing", where, f"on {CHANGED} needs when: it fires when that becomes true", SOURCE)
        if trigger.after and cancel and cancel.event == trigger.after.event and cancel.when is None:
            yield error("cancels-itself", where, f"{cancel.event} both starts and calls off the delay", SOURCE)
    for event in draft.events.keys() - used:
        yield note("event-unused", f"events.{event}", "no Trigger waits for this event", SOURCE)


def _values_are_set(draft: MatrixDraft, known: Known) -> Iterator[Finding]:
    live = reachable(draft)
    for trigger in draft.triggers:
        if trigger.from_model not in live:
            continue
        held = held_after(trigger, known[trigger.from_model])
        needed = {name for name, variable in draft.models[trigger.to_model].variables.items() if variable.needed}
        for name in sorted(needed - held):
            says = f"{trigger.to_model} needs {name}, which nobody sets on this way"
            hint = f"Add it to set, give it a default, or make it a required variable of {draft.start}."
            yield error("variable-unset", f"triggers.{trigger.name}", says, SOURCE, hint)


def _expressions(draft: MatrixDraft, trigger: Trigger, known: Known) -> Iterator[Finding]:
    where, paths = f"triggers.{trigger.name}", draft.paths(trigger.event)
    for place, expression in trigger.expressions.items():
        variable = draft.variables.get(place.removeprefix("set.")) if place != "when" else None
        fits = FITS[variable.type] if variable else frozenset({"boolean"})
        if place == "when" or variable:
            yield from _typed(expression, paths, fits, f"{where}.{place}")
        yield from _may_be_absent(draft, trigger, expression, known, f"{where}.{place}")
    if trigger.after and trigger.after.cancel and trigger.after.cancel.when:
        cancel = trigger.after.cancel
        condition = trigger.after.cancel.when
        yield from _typed(condition, draft.paths(cancel.event), frozenset({"boolean"}), f"{where}.after.cancel.when")
    for name, value in trigger.set.items():
        place = f"{where}.set.{name}"
        target = draft.variables.get(name)
        if target is None:
            there = ", ".join(draft.variables) or "none"
            yield error("variable-unknown", place, f"no Model has a variable {name}; there are: {there}", SOURCE)
        elif value is not None and not isinstance(value, Expression) and not _constant_fits(target.type, value):
            yield error("type-mismatch", place, f"{value!r} is not a {target.type}", SOURCE)


def _constant_fits(kind: str, value: float | bool) -> bool:
    return kind == "boolean" if isinstance(value, bool) else kind == "number"


def _typed(expression: Expression, paths: dict[str, str], fits: frozenset[str], where: str) -> Iterator[Finding]:
    try:
        kind = expression.type(paths)
    except ValueError as fault:
        yield error("type-mismatch", where, f"{expression}: {fault}", SOURCE)
        return
    if kind not in fits:
        wanted = " or ".join(sorted(fits)) or "nothing an expression can give"
        yield error("type-mismatch", where, f"{expression} gives {kind}, here {wanted} is needed", SOURCE)


def _may_be_absent(
    draft: MatrixDraft, trigger: Trigger, expression: Expression, known: Known, where: str
) -> Iterator[Finding]:
    model = draft.models[trigger.from_model]
    sure = known[trigger.from_model] | {n for n, v in model.variables.items() if v.default is not None}
    optional = {f"pass.{name}" for name, v in draft.variables.items() if name not in sure and v.type in CEL_TYPES}
    fields = draft.fields_of(trigger.event) if trigger.event else None
    optional |= {f"event.{name}" for name, kind in (fields or {}).items() if kind.endswith("?")}
    for path in sorted((expression.paths & optional) - expression.guarded):
        hint = (
            f"Test it first: has({path}) && …; without a value the pass stays where it is, and trigger.failed says so."
        )
        yield warning("value-may-be-absent", where, f"{path} may have no value", SOURCE, hint)
