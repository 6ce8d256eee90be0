"""A Matrix that makes sense, and never changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import ValidationError, model_validator

from walletpass.errors import MatrixError
from walletpass.events import EventFields
from walletpass.findings import Finding, Severity, error
from walletpass.matrix.checks import SOURCE, check_matrix
from walletpass.matrix.draft import MatrixDraft
from walletpass.model import PassModel
from walletpass.problems import problems
from walletpass.trigger import Trigger

ModelSource = Callable[[str], PassModel]
"""Gives the Model that a document names: by file in the CLI, by asset id in the API."""


def no_models(name: str) -> PassModel:
    """The ModelSource of a document that must hold its Models itself."""
    raise MatrixError(f"the Model {name} is named, but there is nowhere to look for it: write it out in the document")


class Matrix(MatrixDraft):
    """
    Models and Triggers, checked to fit together.

    A value: equal when its content is equal, never changed. Nothing is added to what the client designed.

    Raises:
        pydantic.ValidationError: From the constructor; `Matrix.read` raises MatrixError, in words, instead.
    """

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        faults = [_line(finding) for finding in check_matrix(self) if finding.severity is Severity.ERROR]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @classmethod
    def read(cls, document: Mapping[str, Any], *, model: ModelSource = no_models, name: str = "matrix") -> Matrix:
        """
        A Matrix from a document.

        Args:
            document: The mapping that YAML or JSON gives; each of its models is a name or a whole Model.
            model: Gives a Model by its name; its errors pass through.
            name: What to call the document in an error, usually its file name.

        Raises:
            MatrixError: One line for each fault, each saying where.
        """
        found = lint_matrix(document, model=model)
        faults = tuple(_line(finding) for finding in found if finding.severity is Severity.ERROR)
        if faults:
            raise MatrixError(f"{name}: {'; '.join(faults)}", faults)
        return cls.model_validate(_with_models(document, model))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of Models (pictures included), Triggers and events: what is frozen. Not name or version."""
        content = {
            "pass_type": self.pass_type,
            "start": self.start,
            "models": {name: model.content_hash for name, model in self.models.items()},
            "events": self.events,
            "triggers": sorted(
                (t.model_dump(mode="json", by_alias=True, exclude_none=True) for t in self.triggers),
                key=lambda trigger: str(trigger["name"]),
            ),
        }
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def next_version(
        self,
        *,
        models: Mapping[str, PassModel] | None = None,
        events: Mapping[str, EventFields] | None = None,
        triggers: tuple[Trigger, ...] | None = None,
        start: str | None = None,
    ) -> Matrix:
        """
        A changed copy with the next version number; this one stays as it is.

        Raises:
            pydantic.ValidationError: The change does not make sense.
        """
        changes = {"models": models, "events": events, "triggers": triggers, "start": start}
        content = {name: getattr(self, name) for name in MatrixDraft.model_fields}
        content |= {name: value for name, value in changes.items() if value is not None}
        return Matrix(**{**content, "version": self.version + 1})

    @cached_property
    def trigger(self) -> dict[str, Trigger]:
        """Triggers by name."""
        return {trigger.name: trigger for trigger in self.triggers}

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Trigger to its place in the order in which Triggers take a pass: by priority, then by name."""
        return {trigger.name: place for place, trigger in enumerate(sorted(self.triggers, key=_order))}

    @cached_property
    def ways_out(self) -> dict[tuple[str, str], tuple[Trigger, ...]]:
        """(Model, event) to the `on` Triggers that could take a pass, in order of priority."""
        found: dict[tuple[str, str], list[Trigger]] = {}
        for trigger in sorted(self.triggers, key=_order):
            if trigger.on:
                found.setdefault((trigger.from_model, trigger.on), []).append(trigger)
        return {cause: tuple(triggers) for cause, triggers in found.items()}

    @cached_property
    def instants(self) -> dict[str, tuple[Trigger, ...]]:
        """Model to its `at` Triggers, in order of priority."""
        found: dict[str, list[Trigger]] = {}
        for trigger in sorted(self.triggers, key=_order):
            if trigger.at:
                found.setdefault(trigger.from_model, []).append(trigger)
        return {model: tuple(triggers) for model, triggers in found.items()}

    @cached_property
    def delays(self) -> tuple[Trigger, ...]:
        """The `after` Triggers."""
        return tuple(trigger for trigger in self.triggers if trigger.after)

    @cached_property
    def awaited(self) -> frozenset[str]:
        """Every event that some Trigger waits for, counts from or is called off by."""
        cancels = {t.after.cancel.event for t in self.delays if t.after and t.after.cancel}
        return frozenset({t.event for t in self.triggers if t.event} | cancels)


def lint_matrix(document: Mapping[str, Any], *, model: ModelSource = no_models) -> list[Finding]:
    """
    Every finding about a document that should be a Matrix; errors of `model` pass through.

    A document of the wrong shape gives one `document-invalid` for each fault, and no further rule is tried.
    """
    try:
        return check_matrix(MatrixDraft.model_validate(_with_models(document, model)))
    except ValidationError as fault:
        pairs = (line.split(": ", 1) for line in problems(fault))
        return [error("document-invalid", where, says, SOURCE) for where, says in pairs]


def _with_models(document: Mapping[str, Any], model: ModelSource) -> dict[str, Any]:
    """The document with every named Model put in place."""
    models = document.get("models")
    if not isinstance(models, Mapping):
        return dict(document)
    return {**document, "models": {n: model(m) if isinstance(m, str) else m for n, m in models.items()}}


def _order(trigger: Trigger) -> tuple[bool, int, str]:
    return trigger.priority is None, trigger.priority or 0, trigger.name


def _line(finding: Finding) -> str:
    return f"{finding.where}: {finding.says}" + (f". {finding.hint}" if finding.hint else "")
