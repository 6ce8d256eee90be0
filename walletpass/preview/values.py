"""Values of Apple fields as the phone would write them in one language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from html import unescape
from typing import Any, Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent, format_scientific

_Width = Literal["full", "long", "medium", "short"]
_DATE_WIDTHS: dict[str, _Width] = {
    "PKDateStyleShort": "short",
    "PKDateStyleMedium": "medium",
    "PKDateStyleLong": "long",
    "PKDateStyleFull": "full",
}
_TAG = re.compile(r"<[^<>]{0,2000}>")


def locale_of(language: str | None) -> Locale:
    """Babel's locale for a language tag ("fr", "zh-Hans", "pt-BR"); English if there is none."""
    try:
        return Locale.parse((language or "en").replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale("en")


def format_value(field: Mapping[str, Any], value: object, locale: Locale) -> str:
    """
    The value of a field, formatted by its `currencyCode`, `numberStyle`, `dateStyle` and `timeStyle`.

    Dates stand in their own zone, and relative dates as absolute ones: a preview knows neither the phone's zone nor
    when it is looked at. What cannot be formatted stays as it is.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return "" if value is None else str(value)
    if isinstance(value, str):
        return _format_moment(field, value, locale)
    try:
        return _format_number(field, value, locale)
    except (ArithmeticError, ValueError):  # absurdly large
        return ""


def plain_text(attributed: str) -> str:
    """The text of an `attributedValue`: its links without their tags."""
    return unescape(_TAG.sub("", attributed))


def parse_moment(value: object) -> datetime | None:
    """A W3C date with its zone, or None."""
    if not isinstance(value, str) or len(value) < 16 or value[10] not in "Tt":
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def format_day(moment: datetime, locale: Locale, width: _Width = "medium") -> str:
    """The date alone."""
    return format_date(moment.date(), width, locale)


def format_hour(moment: datetime, locale: Locale) -> str:
    """The time alone, in its own zone."""
    return format_time(moment.replace(tzinfo=None), "short", locale=locale)


def _format_number(field: Mapping[str, Any], value: float, locale: Locale) -> str:
    currency = field.get("currencyCode")
    if isinstance(currency, str) and currency:
        return format_currency(value, currency[:3].upper(), locale=locale)
    match field.get("numberStyle"):
        case "PKNumberStylePercent":
            return format_percent(value, locale=locale)
        case "PKNumberStyleScientific":
            return format_scientific(value, locale=locale)
        case _:
            return format_decimal(value, locale=locale)


def _format_moment(field: Mapping[str, Any], value: str, locale: Locale) -> str:
    date = _DATE_WIDTHS.get(str(field.get("dateStyle")))
    time = _DATE_WIDTHS.get(str(field.get("timeStyle")))
    moment = parse_moment(value) if date or time else None
    if moment is None:
        return value
    naive = moment.replace(tzinfo=None)
    clock: _Width = "short" if time == "short" else "medium"  # longer ones name the zone
    if date and time:
        pattern = locale.datetime_formats[date if date in {"full", "long"} else "medium"]
        day, hour = format_date(naive, date, locale), format_time(naive, clock, locale=locale)
        return str(pattern).replace("'", "").replace("{1}", day).replace("{0}", hour)
    return format_date(naive, date, locale) if date else format_time(naive, clock, locale=locale)
