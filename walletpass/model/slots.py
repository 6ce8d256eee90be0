"""Typed places of a Model: each takes a literal, or a Reference to a variable of a fitting type."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from walletpass.model.text import Reference, Text, split, whole_reference
from walletpass.values import Money

D = TypeVar("D", bound=date)

URL_SCHEMES = frozenset({"https", "http", "mailto", "tel", "sms", "geo", "maps"})


FIRST_DAY, LAST_DAY = date(1000, 1, 1), date(9999, 12, 30)
"""Days that can be told in every time zone and on every wallet."""


def _in_range(value: D) -> D:
    if not FIRST_DAY <= (value.date() if isinstance(value, datetime) else value) <= LAST_DAY:
        raise ValueError(f"{value.isoformat()} is out of range: write a day from {FIRST_DAY} to {LAST_DAY}")
    return value


def parse_datetime(value: object) -> datetime:
    """
    Read a date and time in ISO 8601; without an offset it is in the Model's zone.

    Raises:
        ValueError: Not a date and time.
    """
    return _in_range(_datetime(value))


def _datetime(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, str) and 10 <= len(value) <= 40:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f"{value!r} is not a date and time: write 2027-03-20T08:00 or 2027-03-20T08:00+01:00")


def end_of_day(value: datetime | date) -> datetime:
    """The last second of a day, without a zone; an instant is itself. What is good until a day is good on that day."""
    return value if isinstance(value, datetime) else datetime.combine(value, time(23, 59, 59))


def parse_end(value: object) -> datetime:
    """As `parse_datetime`, but a day alone is its last second."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        value = parse_date(value)
    return end_of_day(value) if isinstance(value, date) else parse_datetime(value)


def parse_date(value: object) -> date:
    """Read a day in ISO 8601. Raises ValueError."""
    return _in_range(_date(value))


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f"{value!r} is not a date: write 2027-03-20")


def parse_number(value: object) -> int | float:
    """Read a finite number; a string is read as JSON would. Raises ValueError."""
    if isinstance(value, str):
        try:
            value = int(value) if value.lstrip("+-").isdecimal() and len(value) < 20 else float(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a number") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    if abs(value) >= 10**15:
        raise ValueError(f"{value!r} is out of range")
    return value


def parse_boolean(value: object) -> bool:
    """Read true or false, also as text (true, false, yes, no, 1, 0). Raises ValueError."""
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in words:
        return words[word]
    raise ValueError(f"{value!r} is not true or false")


def parse_url(value: object) -> str:
    """Read an absolute address of a scheme that wallets open. Raises ValueError."""
    if isinstance(value, str) and len(value) <= 2000 and not any(c.isspace() or ord(c) < 32 for c in value):
        try:
            parts = urlsplit(value)
        except ValueError:
            parts = None
        if parts and parts.scheme.lower() in URL_SCHEMES and (parts.netloc or parts.path):
            return value
    raise ValueError(f"{value!r} is not a web address: write https://…, mailto:… or tel:…")


def slot(parse: Callable[[object], Any], expects: tuple[str, ...], json_type: str) -> Any:
    """The pydantic machinery of a place that takes a literal or a Reference."""

    def read(value: object) -> object:
        return value if isinstance(value, Reference) else whole_reference(value, expects) or parse(value)

    return (
        PlainValidator(read),
        PlainSerializer(lambda value: value if isinstance(value, int | float) else _show(value)),
        WithJsonSchema({"type": [json_type, "string"] if json_type != "string" else "string"}),
    )


def _show(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


DateTimeSlot = Annotated[Reference | datetime, *slot(parse_datetime, ("date-time", "date"), "string")]
EndSlot = Annotated[Reference | datetime, *slot(parse_end, ("date-time", "date"), "string")]
MoneySlot = Annotated[Reference | Money, *slot(Money.parse, ("money",), "string")]
NumberSlot = Annotated[Reference | int | float, *slot(parse_number, ("number",), "number")]
BooleanSlot = Annotated[Reference | bool, *slot(parse_boolean, ("boolean",), "boolean")]
UrlSlot = Annotated[Reference | str, *slot(parse_url, ("url",), "string")]


def _url_template(value: object) -> Text:
    text = Text.parse(value)
    for string in text.strings():
        parts = split(string)
        if not (len(parts) == 1 and isinstance(parts[0], Reference)):
            parse_url("".join("x" if isinstance(part, Reference) else part for part in parts))
    return text


UrlText = Annotated[
    Text, PlainValidator(_url_template), PlainSerializer(Text.show), WithJsonSchema({"type": ["string", "object"]})
]
"""An address that may hold References (`https://example.com/{{ serial }}`), each percent-encoded when filled."""


def _balance(value: object) -> Text | Reference | Money | int | float:
    if isinstance(value, Reference | Money):
        return value
    reference = whole_reference(value, ("number", "money", "text"))
    if reference:
        return reference
    if isinstance(value, int | float) and not isinstance(value, bool):
        return parse_number(value)
    if isinstance(value, Mapping) and "amount" in value:
        return Money.parse(value)
    return Text.parse(value)


BalanceSlot = Annotated[
    Reference | Money | Text | int | float,
    PlainValidator(_balance),
    PlainSerializer(
        lambda value: (
            value if isinstance(value, int | float) else value.show() if isinstance(value, Text) else str(value)
        )
    ),
    WithJsonSchema({"type": ["number", "string", "object"]}),
]
"""A number, an amount of money or a text."""


def check_zone(name: str) -> str:
    """A time zone by its IANA name. Raises ValueError."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone: write Europe/Paris") from None
    return name
