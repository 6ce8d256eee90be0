"""Fields: what a pass says, area by area."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field as Limit
from pydantic import PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from walletpass.model.part import Part
from walletpass.model.slots import parse_number
from walletpass.model.text import Text

Wallet = Literal["apple", "google"]
Key = Annotated[str, Limit(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""Field keys are Google text-module ids too: letters, digits, `_`, `-`."""


def _field_value(value: object) -> Text | int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return parse_number(value)
    return Text.parse(value)


FieldValue = Annotated[
    Text | int | float,
    PlainValidator(_field_value),
    PlainSerializer(lambda value: value.show() if isinstance(value, Text) else value),
    WithJsonSchema({"type": ["string", "number", "object"]}),
]


class Field(Part):
    """
    One labelled value.

    A value that is exactly `{{ name }}` keeps the variable's type: Apple gets a number, an amount with its currency
    or a date and formats it on the phone; Google gets the text formatted per language.
    """

    key: Key
    """Stable name, unique in the Model; updates are matched on it."""
    label: Text | None = None
    """Short heading."""
    value: FieldValue
    """Text, or a number."""
    change_message: Text | None = None
    """What the phone says when the value changes; `%@` is the new value. Absent: a silent change."""
    align: Literal["left", "center", "right", "natural"] | None = None
    """Apple only; not in primary and back fields."""
    detect: tuple[Literal["phone", "link", "address", "calendar"], ...] | None = None
    """What Apple turns into links in a back field; absent means everything, empty means nothing."""
    html: Text | None = None
    """The value with `<a href>` links, shown by Apple instead of `value`."""
    row: Literal[0, 1] | None = None
    """Second auxiliary row of an Apple event ticket."""
    relative: bool = False
    """Apple shows the date relative to now."""
    own_zone: bool = False
    """Apple shows the date in the value's own zone, not the phone's."""
    semantics: dict[str, Any] | None = None
    """Apple semantic tags of this field."""
    wallets: tuple[Wallet, ...] = ("apple", "google")
    """Where the field is shown."""
    google_path: str | None = None
    """A Google property to show instead of a text module, such as `object.loyaltyPoints.balance`."""
    apple: dict[str, Any] | None = None
    """Raw keys added to Apple's field."""

    @model_validator(mode="after")
    def _message_has_a_place_for_the_value(self) -> Field:
        if self.change_message and any("%@" not in string for string in self.change_message.strings()):
            raise ValueError("change_message needs %@, the place of the new value")
        return self


class Fields(Part):
    """Fields by area. Each wallet shows as many as it has room for; `check` says which are left out."""

    header: tuple[Field, ...] = ()
    """Top right, visible in the stack of passes."""
    primary: tuple[Field, ...] = ()
    """The most important ones."""
    secondary: tuple[Field, ...] = ()
    """Below the primary ones."""
    auxiliary: tuple[Field, ...] = ()
    """Below the secondary ones."""
    back: tuple[Field, ...] = ()
    """Apple's back, Google's details."""
    footer: tuple[Field, ...] = ()
    """Apple poster generic passes (iOS 27)."""
    additional_info: tuple[Field, ...] = ()
    """Apple poster passes (iOS 18, 27)."""

    def areas(self) -> dict[str, tuple[Field, ...]]:
        """Area name to its fields, in the order a reader meets them."""
        return {area: getattr(self, area) for area in type(self).model_fields}

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Fields:
        keys = [field.key for fields in self.areas().values() for field in fields]
        repeated = sorted({key for key in keys if keys.count(key) > 1})
        if repeated:
            raise ValueError(f"field key {', '.join(repeated)} is used twice: iOS refuses such a pass")
        return self
