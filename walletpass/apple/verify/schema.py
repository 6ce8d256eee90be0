"""pass.json against Apple's tables: required keys, types, enumerations, dates, colours; at every depth."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from walletpass.apple.verify.values import is_zone, read_color, read_date, read_url
from walletpass.apple.verify.wording import place, shown
from walletpass.findings import Finding, error, note, warning
from walletpass.templates.apple import ENUMS, OBJECTS, PASS, Key

_NAMES = {
    "text": "text",
    "localizable": "text",
    "date": "text with a date",
    "color": "text with a colour",
    "url": "text with an address",
    "timezone": "text with a time zone",
    "value": "text or a number",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
}
_TEXTS = frozenset({"text", "localizable", "date", "color", "url", "timezone"})


def check_object(value: Any, kind: str, where: str) -> Iterator[Finding]:
    """
    Findings for one object and everything below it.

    Args:
        value: What the JSON has there, of whatever type.
        kind: Its name in `OBJECTS` ("Pass", "Barcode").
        where: Its place ("pass.json/barcodes/0").
    """
    table = OBJECTS[kind]
    if not isinstance(value, dict):
        yield _wrong_type(value, "an object", where, PASS)
        return
    for key in table.values():
        if key.required and key.name not in value:
            says = f"the key {key.name!r} is missing"
            yield error("key-missing", where, says, key.source, f"Add {key.name!r}.")
    for name, below in value.items():
        if name in table:
            yield from _check_value(below, table[name], table[name].type, place_in(where, name))
        else:
            yield _unknown(name, kind, where)


def place_in(where: str, step: str | int) -> str:
    """The place of something below a place."""
    return f"{where}/{place(step)}"


def _check_value(value: Any, key: Key, kind: str, where: str) -> Iterator[Finding]:
    if kind.startswith("["):
        if not isinstance(value, list):
            yield _wrong_type(value, "a list", where, key.source)
            return
        for at, item in enumerate(value):
            yield from _check_value(item, key, kind[1:-1], place_in(where, at))
    elif kind in OBJECTS:
        yield from check_object(value, kind, where)
    elif kind in ENUMS:
        if value not in ENUMS[kind]:
            allowed = ", ".join(ENUMS[kind])
            says = f"{shown(value)} is not one of the values Wallet knows"
            yield error("enum-value-unknown", where, says, key.source, f"Use one of {allowed}.")
    elif not _is(value, kind):
        yield _mistyped(value, key, kind, where)
    elif isinstance(value, str):
        yield from _check_text(value, key, kind, where)


def _is(value: Any, kind: str) -> bool:
    if kind in _TEXTS:
        return isinstance(value, str)
    if kind == "object":
        return isinstance(value, dict)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "value" and isinstance(value, str):
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return kind != "integer" or isinstance(value, int) or value.is_integer()


def _mistyped(value: Any, key: Key, kind: str, where: str) -> Finding:
    if key.discarded:
        says = f"{shown(value)} is not {_NAMES[kind]}, and Wallet discards it silently"
        return warning("value-discarded", where, says, key.source, f"Write {_NAMES[kind]}.")
    if kind == "boolean" and value in (0, 1):
        says = f"{value} stands where true or false belongs"
        return warning("boolean-as-number", where, says, key.source, "Write true or false.")
    return _wrong_type(value, _NAMES[kind], where, key.source)


def _wrong_type(value: Any, expected: str, where: str, source: str) -> Finding:
    says = f"{shown(value)} is not {expected}"
    return error("value-type-wrong", where, says, source, f"Write {expected}.")


def _check_text(value: str, key: Key, kind: str, where: str) -> Iterator[Finding]:
    if kind == "date" and read_date(value) is None:
        says = f"{shown(value)} is not a complete date with time and zone"
        yield error("date-invalid", where, says, key.source, "Write it as 2026-12-05T09:00:00+01:00.")
    elif kind == "color" and read_color(value) is None:
        says = f"{shown(value)} is not a colour"
        yield error("color-invalid", where, says, key.source, "Write it as rgb(20, 40, 80).")
    elif kind == "url" and read_url(value) is None:
        says = f"{shown(value)} is not an address"
        yield error("url-invalid", where, says, key.source, "Write it in full, as https://example.com/page.")
    elif kind == "timezone" and not is_zone(value):
        says = f"{shown(value)} is not a time zone of the IANA database"
        yield error("timezone-unknown", where, says, key.source, "Write it as Europe/Paris.")
    elif key.required and kind != "value" and not value.strip():
        yield warning("value-empty", where, "it is empty", key.source, "Say something.")


@cache
def _spellings(kind: str) -> dict[str, Key]:
    """The keys of an object, by their name in small letters."""
    return {name.lower(): key for name, key in OBJECTS[kind].items()}


def _unknown(name: str, kind: str, where: str) -> Finding:
    meant = _spellings(kind).get(name.lower())
    if meant is not None:
        says = f"Wallet does not know {shown(name)}, only {meant.name!r}: capitals matter"
        return warning("key-misspelt", place_in(where, name), says, meant.source, f"Write {meant.name!r}.")
    says = "Apple documents no such key; Wallet ignores it"
    return note("key-unknown", place_in(where, name), says, PASS)
