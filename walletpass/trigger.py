"""Trigger: what moves a pass from a Model to another."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from walletpass.calendars import Delay
from walletpass.conditions import Expression
from walletpass.events import EventName
from walletpass.model.part import Part
from walletpass.model.slots import parse_datetime

Kind = Literal["at", "on", "after"]
Rearm = Literal["first", "restart", "each"]

MAX_PENDING = 16
"""Pending delays of one Trigger for one pass, under `rearm: each`."""

OPERATION_INSTANTS = ("operation.starts_at", "operation.ends_at")
"""Instants of the Operation that `at` may name."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$")]
"""Small letters, digits, hyphens, underscores: `the-end`."""


def _expression(value: object) -> Expression:
    if isinstance(value, Expression):
        return value
    if isinstance(value, str):
        return Expression.parse(value)
    raise ValueError(f'{value!r} is not an expression: write it as a text, "event.amount > 10"')


def _assigned(value: object) -> Expression | int | float | bool | None:
    return value if value is None or isinstance(value, int | float) else _expression(value)


def _instant(value: object) -> object:
    if value not in OPERATION_INSTANTS:
        try:
            parse_datetime(value)
        except ValueError as fault:
            raise ValueError(f"{fault}, or {' or '.join(OPERATION_INSTANTS)}") from None
    return value


Condition = Annotated[Expression, PlainValidator(_expression), PlainSerializer(str), WithJsonSchema({"type": "string"})]
"""An expression of CEL."""

Assigned = Annotated[
    Expression | int | float | bool | None,
    PlainValidator(_assigned),
    PlainSerializer(lambda value: str(value) if isinstance(value, Expression) else value),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]
"""What `set` gives a variable: an expression (a constant text is `"'Sold'"`), a number, true, false; null clears it."""

InstantText = Annotated[str, BeforeValidator(_instant)]
"""An ISO date and time, in the Operation's zone unless it has an offset; or operation.starts_at, operation.ends_at."""


class Cancel(Part):
    """The event that calls a delay off."""

    event: EventName
    """Its name."""
    when: Condition | None = None
    """Only when this holds."""


class After(Part):
    """A period counted from an event: `{event: pass.added, delay: {days: 3, unit: calendar}}`."""

    event: EventName
    """The anchor: it arms the delay, whatever the Model the pass then has."""
    delay: Delay
    """How long after the anchor occurred."""
    rearm: Rearm = "first"
    """What the next anchor does: nothing (first), start over (restart), or count one more (each, 16 at most)."""
    cancel: Cancel | None = None
    """What calls it off; the next anchor then arms it anew, even under `first`."""


class Trigger(Part):
    """
    One way out of a Model. It has exactly one of `at`, `on` and `after`.

    A value: equal when its content is equal, never changed.
    """

    name: Name
    """Its name within the Matrix."""
    from_model: Name = Field(validation_alias="from", serialization_alias="from")
    """The Model a pass must have."""
    to_model: Name = Field(validation_alias="to", serialization_alias="to")
    """The Model it gets; the same one to change values only."""
    at: InstantText | None = None
    """Kind 1: an instant."""
    on: EventName | None = None
    """Kind 2: an event from outside or of the platform; `pass.changed` with `when` is a condition without an event."""
    after: After | None = None
    """Kind 3: a period counted from an event."""
    when: Condition | None = None
    """Only if this holds, of the pass as it is at that moment."""
    set: dict[str, Assigned] = Field(default_factory=dict)
    """Variables it gives new values."""
    priority: int | None = None
    """Which Trigger goes first when several could take a pass: the lowest number."""
    notify: bool | None = None
    """Whether the phone shows a Notification, within the wallets' limits; by default only if essential."""
    essential: bool = False
    """The holder must know (gate changed): not held back by the Operation's own plan, only by Google's limit."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    @model_validator(mode="after")
    def _one_cause(self) -> Self:
        if [self.at, self.on, self.after].count(None) != 2:
            raise ValueError("give exactly one of at, on and after")
        if self.essential and self.notify is False:
            raise ValueError("essential: true means the phone shows it: drop notify: false")
        return self

    @property
    def kind(self) -> Kind:
        """at, on or after."""
        return "at" if self.at is not None else "on" if self.on is not None else "after"

    @property
    def event(self) -> str | None:
        """The event whose data `when` and `set` may read: its own, or the anchor; None for `at`."""
        return self.after.event if self.after else self.on

    @property
    def notifies(self) -> bool:
        """Whether the phone shows a Notification."""
        return self.essential if self.notify is None else self.notify

    @property
    def expressions(self) -> dict[str, Expression]:
        """Where to expression: `when`, `set.store`."""
        found = {f"set.{name}": value for name, value in self.set.items() if isinstance(value, Expression)}
        return {"when": self.when, **found} if self.when else found

    @property
    def paths(self) -> frozenset[str]:
        """Every path its expressions read."""
        return frozenset[str]().union(*(expression.paths for expression in self.expressions.values()))

    @property
    def is_set_based(self) -> bool:
        """
        Whether it does the same to every pass it takes: no condition, and values that depend on no pass and no event.

        Then a whole set of passes can move by one SQL statement, with the values of `lifecycle.constants`.
        """
        return self.when is None and not any(path.startswith(("pass.", "event.")) for path in self.paths)
