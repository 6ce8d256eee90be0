"""The variables of a Model, and the check of one pass's values against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from walletpass.errors import ValuesError
from walletpass.model import slots
from walletpass.model.part import Part
from walletpass.values import LocalizedText, Money, check_characters, check_currency

VariableType = Literal["text", "number", "money", "date-time", "date", "url", "image", "boolean"]

Value = str | int | float | bool | Money | datetime | date | bytes | None
"""What a variable may hold. A picture is its bytes; None is 'no value' of an optional variable."""

MAX_TEXT = 4000
"""Longest text value, in characters; wallets show far fewer."""

FORMATS: dict[str, tuple[str, ...]] = {
    "text": ("upper", "lower"),
    "number": ("decimal", "integer", "percent", "compact"),
    "money": ("standard", "whole"),
    "date-time": ("short", "medium", "long", "full", "date", "time", "long-date", "full-date"),
    "date": ("short", "medium", "long", "full"),
    "url": (),
    "image": (),
    "boolean": (),
}
"""The names after `|` that fit each type of variable."""


class Variable(Part):
    """One variable item of a Model. Required unless it has a default or says `required: false`."""

    type: VariableType = "text"
    """text, number, money, date-time, date, url, image or boolean."""
    required: bool | None = None
    """Whether each pass must give it; by default yes, unless there is a default."""
    default: Any = None
    """The value of a pass that gives none."""
    description: str = ""
    """What it is, for the people who fill it."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    """ISO 4217 code for money written as a bare number."""
    max_length: Annotated[int, Field(ge=1, le=MAX_TEXT)] = 500
    """Longest text, in characters."""
    labels: dict[Literal["true", "false"], LocalizedText] | None = None
    """What a boolean reads as in a text: `{"true": Oui, "false": Non}`."""
    example: Any = None
    """A value for previews and samples."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: object) -> object:
        if isinstance(value, str):
            return {"type": value}
        if isinstance(value, dict) and isinstance(value.get("labels"), dict):  # YAML reads true: as a boolean key
            return {**value, "labels": {str(key).lower(): text for key, text in value["labels"].items()}}
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Variable:
        if self.currency and self.type != "money":
            raise ValueError("currency is for a variable of type money")
        if self.currency:
            check_currency(self.currency)
        if self.labels is not None and (self.type != "boolean" or set(self.labels) != {"true", "false"}):
            raise ValueError("labels are for a variable of type boolean, and give both true and false")
        if self.required and self.default is not None:
            raise ValueError("a variable with a default is not required: drop one of the two")
        for sample in (self.default, self.example):
            if sample is not None and self.type != "image":
                self.read(sample, ZoneInfo("UTC"))
        return self

    @property
    def needed(self) -> bool:
        """Whether a pass without a value for it is refused."""
        return self.default is None if self.required is None else self.required

    def read(self, value: object, zone: ZoneInfo) -> Value:
        """
        A value as its type, from what YAML, JSON, CSV or Python gives.

        Args:
            value: Text, number, date...; a picture is bytes.
            zone: Where a date and time without an offset is read.

        Raises:
            ValueError: It does not fit, said in words.
        """
        return self.reader(zone)(value)

    def reader(self, zone: ZoneInfo) -> Callable[[object], Value]:
        """The function behind `read`, to be kept when many values are read."""
        if self.type == "money":
            return partial(Money.parse, default_currency=self.currency)
        if self.type == "date-time":
            return partial(_instant, zone=zone)
        if self.type == "text":
            return partial(_text, max_length=self.max_length)
        simple: dict[str, Callable[[object], Value]] = {
            "number": slots.parse_number,
            "date": slots.parse_date,
            "url": slots.parse_url,
            "boolean": slots.parse_boolean,
            "image": _picture,
        }
        return simple[self.type]


def _instant(value: object, zone: ZoneInfo) -> datetime:
    parsed = slots.parse_datetime(value)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)


def _text(value: object, max_length: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, float):
        raise ValueError(f"{value!r} is a number, of which 1.50 and 1e3 lose their form: put it in quotes")
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    if len(value) > max_length:
        raise ValueError(f"the text has {len(value)} characters, at most {max_length} are allowed")
    return check_characters(value)


def _picture(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    raise ValueError("a picture is given as its bytes (the CLI reads the file named in the row, the API the asset)")


class Values:
    """Checks the values of passes against the variables of one Model; made once, used for every pass."""

    def __init__(self, variables: Mapping[str, Variable], zone: ZoneInfo) -> None:
        self._readers = {name: variable.reader(zone) for name, variable in variables.items()}
        self._needed = frozenset(name for name, variable in variables.items() if variable.needed)
        self._defaults: dict[str, Value] = {
            name: None if variable.default is None else variable.read(variable.default, zone)
            for name, variable in variables.items()
            if not variable.needed
        }

    def check(self, given: Mapping[str, object], serial: str) -> dict[str, Value]:
        """
        The complete values of one pass: given ones read, defaults filled in, `serial` added.

        Raises:
            ValuesError: Names every variable at fault.
        """
        values: dict[str, Value] = {"serial": serial, **self._defaults}
        problems: dict[str, str] = {}
        readers = self._readers
        for name, value in given.items():
            if value is None:
                continue
            reader = readers.get(name)
            if reader is None:
                problems[name] = f"unknown variable; the Model has: {', '.join(readers) or 'none'}"
                continue
            try:
                values[name] = reader(value)
            except ValueError as fault:
                problems[name] = str(fault)
        if not self._needed <= values.keys():
            for name in sorted(self._needed - values.keys() - problems.keys()):
                problems[name] = "missing: it is required and has no default"
        if problems:
            raise ValuesError(problems)
        return values
