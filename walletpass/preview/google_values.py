"""Values of Google payloads as text: localized strings, money, dates, points, modules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency

from walletpass.preview.json_values import mapping, mappings
from walletpass.preview.values import format_value

_DIGITS = re.compile(r"-?[0-9]{1,18}")
_SKELETONS = {"YEAR_MONTH": "yMMM", "YEAR_MONTH_DAY": "yMMMd", "DATE_YEAR": "yMMMd"}


def show(value: object, language: str | None, locale: Locale, date_format: object = None) -> str:
    """Any value that a row may name, as one text; empty for what has no text."""
    if isinstance(value, Mapping):
        return _show_object(value, language, locale, date_format)
    if isinstance(value, str):
        moment = parse_google_time(value) if date_format else None
        return show_moment(moment, locale, date_format) if moment else value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format_value({}, value, locale)
    return ""


def _show_object(value: Mapping[str, Any], language: str | None, locale: Locale, date_format: object) -> str:
    match value:
        case {"defaultValue": _} | {"translatedValues": _}:
            return translate(value, language)
        case {"micros": _, "currencyCode": str()}:
            return show_money(value, locale)
        case {"date": str(moment_text)}:
            moment = parse_google_time(moment_text)
            return show_moment(moment, locale, date_format) if moment else moment_text
        case {"balance": balance}:
            return show(balance, language, locale)
        case {"body": _} | {"localizedBody": _}:
            return localized(value, "body", language, locale)
        case {"string": inner} | {"int": inner} | {"double": inner} | {"money": inner}:
            return show(inner, language, locale)
        case _:
            return ""


def translate(value: object, language: str | None) -> str:
    """A LocalizedString in a language; its default where there is no translation."""
    default = mapping(mapping(value).get("defaultValue"))
    wanted = (language or "").replace("_", "-").lower()
    texts = [default, *mappings(mapping(value).get("translatedValues"))]
    tagged = [(str(text.get("language", "")).lower(), text) for text in texts]
    exact = [text for tag, text in tagged if wanted and tag == wanted]
    related = [text for tag, text in tagged if wanted and tag.split("-")[0] == wanted.split("-")[0]]
    found = next(iter(exact + related), default).get("value")
    return found if isinstance(found, str) else ""


def localized(owner: Mapping[str, Any], key: str, language: str | None, locale: Locale) -> str:
    """A property that has a `localized…` twin: the twin counts where it is there."""
    twin = owner.get(f"localized{key[:1].upper()}{key[1:]}")
    return (translate(twin, language) if twin else "") or show(owner.get(key), language, locale)


def show_money(value: Mapping[str, Any], locale: Locale) -> str:
    """Money of Google: millionths of the unit, as a digit string."""
    micros = str(value.get("micros"))
    if not _DIGITS.fullmatch(micros):
        return ""
    return format_currency(Decimal(micros) / 1_000_000, str(value.get("currencyCode"))[:3], locale=locale)


def parse_google_time(text: object) -> datetime | date | None:
    """An ISO 8601 date-time, with or without offset, or a date alone."""
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def show_moment(moment: datetime | date, locale: Locale, date_format: object = None) -> str:
    """A moment in its own zone, by a `dateFormat` of Google; without one, date and time."""
    if not isinstance(moment, datetime):
        return format_date(moment, "medium", locale)
    naive = moment.replace(tzinfo=None)
    hour = format_time(naive, "short", locale=locale)
    if date_format == "TIME_ONLY":
        return hour
    if date_format == "DATE_ONLY":
        return format_skeleton("MMMd", naive, locale=locale)
    if skeleton := _SKELETONS.get(str(date_format)):
        return format_skeleton(skeleton, naive, locale=locale)
    return f"{format_date(naive, 'medium', locale)}, {hour}"
