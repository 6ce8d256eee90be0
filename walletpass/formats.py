"""Values as people read them, in each language (CLDR data through Babel)."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from walletpass.model.variables import Value, Variable
from walletpass.values import Money

if TYPE_CHECKING:
    from babel import Locale

DATE_STYLES = {
    "short": ("short", "short"),
    "medium": ("medium", "short"),
    "long": ("long", "short"),
    "full": ("full", "short"),
    "date": ("medium", None),
    "long-date": ("long", None),
    "full-date": ("full", None),
    "time": (None, "short"),
}
"""Format name of a date-time to its (date style, time style), None for 'not shown'. The default is `medium`."""


@lru_cache(maxsize=64)
def locale(language: str) -> Locale:
    """Babel's locale of a language tag; an unknown one falls back to its language, then to English."""
    from babel import Locale, UnknownLocaleError

    for tag in (language, language.split("-")[0], "en"):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("Babel knows English")


def write(value: Value, variable: Variable | None, format_name: str | None, language: str, zone: ZoneInfo) -> str:
    """
    A value as text.

    Args:
        value: The value of a variable; None reads as nothing.
        variable: Its declaration; None for a built-in name such as `serial`.
        format_name: What stands after `|`, one of `walletpass.model.variables.FORMATS`.
        language: Language tag.
        zone: Where instants are shown.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value.upper() if format_name == "upper" else value.lower() if format_name == "lower" else value
    if isinstance(value, bool):
        labels = variable.labels if variable else None
        return labels["true" if value else "false"].in_language(language, language) if labels else str(value).lower()
    if isinstance(value, datetime):
        return _instant(value.astimezone(zone), format_name or "medium", language)
    if isinstance(value, bytes):
        return ""
    return _cached(value, format_name, language)


@lru_cache(maxsize=16384)
def _cached(value: int | float | Money | date, format_name: str | None, language: str) -> str:
    from babel import dates, numbers

    where = locale(language)
    if isinstance(value, Money):
        whole = format_name == "whole" and value.amount == value.amount.to_integral_value()
        if whole:
            return numbers.format_currency(
                value.amount, value.currency, locale=where, currency_digits=False, format=_whole(where)
            )
        return numbers.format_currency(value.amount, value.currency, locale=where)
    if isinstance(value, date):
        return dates.format_date(value, format=format_name or "medium", locale=where)
    if format_name == "percent":
        return numbers.format_percent(value, locale=where)
    if format_name == "compact":
        return numbers.format_compact_decimal(value, locale=where, fraction_digits=1)
    if format_name == "integer":
        return numbers.format_decimal(round(value), locale=where)
    return numbers.format_decimal(value, locale=where)


def _whole(where: Locale) -> str:
    pattern = str(where.currency_formats["standard"].pattern)
    return pattern.replace(".00", "")


def _instant(value: datetime, format_name: str, language: str) -> str:
    date_style, time_style = DATE_STYLES[format_name]
    day = _cached(value.date(), date_style, language) if date_style else ""
    clock = _clock(time(value.hour, value.minute), time_style, language) if time_style else ""
    return _joiner(language).replace("{0}", clock).replace("{1}", day) if day and clock else day or clock


@lru_cache(maxsize=4096)
def _clock(value: time, style: str, language: str) -> str:
    """A time of day; whole minutes, as the style `short` shows no more."""
    from babel import dates

    return dates.format_time(value, format=style, locale=locale(language))


@lru_cache(maxsize=64)
def _joiner(language: str) -> str:
    """How a language puts a day `{1}` and a time `{0}` together."""
    from babel import dates

    return str(dates.get_datetime_format("medium", locale=locale(language))).replace("'", "")
