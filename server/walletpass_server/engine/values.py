"""Values of passes and events as JSON, and back by the type of their variable."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from walletpass.model.variables import Value, Variable
from walletpass.values import Money

Reader = Callable[[Any], Value]


def to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON can hold them; lists and plain values pass through."""
    return {name: _plain(value) for name, value in values.items()}


def from_json(stored: Mapping[str, Any], readers: Mapping[str, Reader]) -> dict[str, Value]:
    """The inverse of `to_json`. What no reader knows stays as it is."""
    return {name: readers[name](value) if name in readers else value for name, value in stored.items()}


def reader(variable: Variable, zone: ZoneInfo) -> Reader:
    """How the stored value of a variable is read."""
    if variable.type == "image":
        return partial(b64decode, validate=True)
    read = variable.reader(zone)
    return lambda value: None if value is None else read(value)


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # a date and time too
        return value.isoformat()
    if isinstance(value, Money):
        return str(value)
    return b64encode(value).decode() if isinstance(value, bytes) else value
