"""The content of a Matrix, before anybody asked whether it makes sense."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from pydantic import Field, field_validator

from walletpass.conditions import CEL_TYPES
from walletpass.events import BUILT_IN, RESERVED, EventFields, EventName
from walletpass.model import PassModel, PassType, Variable
from walletpass.model.part import Part
from walletpass.trigger import Name, Trigger

OPERATION_PATHS: Mapping[str, str] = {
    "operation.name": "text",
    "operation.starts_at": "instant",
    "operation.ends_at": "instant",
}
"""What expressions may read of the Operation."""

PASS_PATHS: Mapping[str, str] = {"pass.serial": "text", "pass.model": "text"}
"""What expressions may read of every pass, besides its variables."""


class MatrixDraft(Part):
    """A Matrix whose parts have the right shape; `walletpass.matrix.check_matrix` says whether they fit together."""

    matrix: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
    """Name of the Matrix: small letters, digits, hyphens."""
    version: Annotated[int, Field(ge=1)] = 1
    """Number of this version. A Matrix from which an Operation was made never changes: a change is the next version."""
    pass_type: PassType
    """What kind of pass it is, in reports too."""
    start: Name
    """The Model of a new pass."""
    models: Annotated[dict[Name, PassModel], Field(min_length=1, max_length=100)]
    """Models by the name they have here."""
    events: dict[EventName, EventFields] = Field(default_factory=dict, max_length=200)
    """What may come in: event to the types of its data."""
    triggers: Annotated[tuple[Trigger, ...], Field(max_length=500)] = ()
    """What moves passes; a Matrix without any is legal."""

    @field_validator("events")
    @classmethod
    def _names_are_free(cls, value: dict[str, EventFields]) -> dict[str, EventFields]:
        for name in value:
            if name.startswith(RESERVED):
                raise ValueError(f"{name} is a name of the platform: do not declare it, or choose another")
        return value

    @field_validator("triggers")
    @classmethod
    def _names_are_unique(cls, value: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
        names = [trigger.name for trigger in value]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"two Triggers are named {', '.join(repeated)}")
        return value

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """Variables of all its Models: one set of values follows the pass from Model to Model."""
        return {name: variable for model in self.models.values() for name, variable in model.variables.items()}

    def fields_of(self, event: str) -> EventFields | None:
        """The data of an event, declared or built in; None when there is no such event."""
        return self.events.get(event) if event in self.events else BUILT_IN.get(event)

    def paths(self, event: str | None) -> dict[str, str]:
        """Every path an expression may read when this event happens, and its type in CEL."""
        fields = (self.fields_of(event) or {}) if event else {}
        of_event = {f"event.{name}": CEL_TYPES[kind.removesuffix("?")] for name, kind in fields.items()}
        of_pass = {f"pass.{n}": CEL_TYPES[v.type] for n, v in self.variables.items() if v.type in CEL_TYPES}
        return {**of_event, **PASS_PATHS, **of_pass, **OPERATION_PATHS}
