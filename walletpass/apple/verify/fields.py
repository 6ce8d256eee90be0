"""Fields: keys that stay apart, values that fit their formats, and what the face has room for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from walletpass.apple.verify.values import looks_like_date, read_date
from walletpass.apple.verify.wording import place, shown
from walletpass.findings import Finding, error, note, warning
from walletpass.templates.apple import BUILDER, FIELD, FIELD_GROUPS, STYLE_KEYS, STYLES

_UNIQUE = "Observed: dotnet-passbook #147"
_TAG = re.compile(r"</?\s*([A-Za-z][A-Za-z0-9]*)")
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_LISTED_ELSEWHERE = frozenset({"backFields", "additionalInfoFields"})  # shown on the back and in the details


def check_fields(document: dict[str, Any]) -> Iterator[Finding]:
    """Fields of every style the pass has, and of its upcoming events."""
    for style in STYLE_KEYS:
        content = document.get(style)
        if isinstance(content, dict):
            yield from _check_style(style, content)
    entries = document.get("upcomingPassInformation")
    for at, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            where = place("pass.json", "upcomingPassInformation", at)
            yield from _check_groups(entry, ("additionalInfoFields", "backFields"), where, style="")


def _check_style(style: str, content: dict[str, Any]) -> Iterator[Finding]:
    where = place("pass.json", style)
    yield from _check_groups(content, FIELD_GROUPS, where, style)
    yield from _room(style, content, where)


def _check_groups(content: dict[str, Any], groups: tuple[str, ...], where: str, style: str) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for group in groups:
        fields = content.get(group)
        for at, field in enumerate(fields if isinstance(fields, list) else ()):
            if not isinstance(field, dict):
                continue
            here = f"{where}/{group}/{at}"
            key = field.get("key")
            if isinstance(key, str):
                first = seen.setdefault(key, here)
                if first != here:
                    says = f"the key {shown(key)} is taken by {first}; Wallet refuses the pass"
                    yield error("field-key-repeated", f"{here}/key", says, _UNIQUE, "Give each field its own key.")
            yield from _check_field(field, group, style, here)


def _check_field(field: dict[str, Any], group: str, style: str, where: str) -> Iterator[Finding]:
    yield from _format(field, where)
    message, shown_value, row = field.get("changeMessage"), field.get("attributedValue"), field.get("row")
    if isinstance(message, str) and "%@" not in message:
        says = "without %@ the notice cannot name the new value"
        yield warning("change-message-without-value", f"{where}/changeMessage", says, FIELD, "Put %@ in its place.")
    if isinstance(shown_value, str) and any(tag.lower() != "a" for tag in _TAG.findall(shown_value)):
        says = "it holds mark-up other than <a href>, which is shown as text or dropped"
        yield warning("field-markup-ignored", f"{where}/attributedValue", says, FIELD, "Keep links only.")
    if "textAlignment" in field and group in ("primaryFields", "backFields"):
        says = f"alignment is not allowed in {group}"
        yield warning("field-alignment-ignored", f"{where}/textAlignment", says, FIELD, "Take it out.")
    if "dataDetectorTypes" in field and group != "backFields":
        says = "detectors work in back fields only"
        yield note("field-detectors-ignored", f"{where}/dataDetectorTypes", says, FIELD)
    if row is not None and not (row in (0, 1) and style == "eventTicket" and group == "auxiliaryFields"):
        says = "row is 0 or 1, for auxiliary fields of an event ticket only"
        yield warning("field-row-ignored", f"{where}/row", says, FIELD, "Take it out.")


def _format(field: dict[str, Any], where: str) -> Iterator[Finding]:
    value = field.get("value")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if "dateStyle" in field or "timeStyle" in field:
        if isinstance(value, str) and read_date(value) is None and looks_like_date(value):
            says = f"{shown(value)} has a date style but is not a complete date with time and zone"
            yield error("date-invalid", f"{where}/value", says, FIELD, "Write it as 2026-12-05T09:00:00+01:00.")
        elif value is not None and (number or (isinstance(value, str) and read_date(value) is None)):
            says = f"{shown(value)} is not a date, so its date style is lost"
            yield warning("field-style-without-date", f"{where}/value", says, FIELD, "Give a date, or take it out.")
    if "numberStyle" in field and not number and value is not None:
        says = f"{shown(value)} is not a number, so its number style is lost"
        yield warning("field-style-without-number", f"{where}/value", says, FIELD, "Write the number without quotes.")
    currency = field.get("currencyCode")
    if isinstance(currency, str) and currency:
        if not _CURRENCY.fullmatch(currency):
            says = f"{shown(currency)} is not a currency code of ISO 4217"
            yield error("currency-code-invalid", f"{where}/currencyCode", says, FIELD, "Write it as EUR.")
        if not number and value is not None:
            says = f"{shown(value)} is not a number, so it is not shown as money"
            yield warning("field-currency-without-number", f"{where}/value", says, FIELD, "Write it without quotes.")
        if "numberStyle" in field:
            says = "currencyCode and numberStyle exclude each other"
            yield warning("field-styles-conflict", f"{where}/numberStyle", says, BUILDER, "Keep one of them.")


def _room(style: str, content: dict[str, Any], where: str) -> Iterator[Finding]:
    rule = STYLES[style]
    counts = {group: len(content[group]) for group in FIELD_GROUPS if isinstance(content.get(group), list)}
    together, most_together = rule.shown_together or ((), 0)
    sum_together = sum(counts.get(group, 0) for group in together)
    for group, count in counts.items():
        if not count or group in _LISTED_ELSEWHERE:
            continue
        most = rule.shown.get(group, 0)
        if most == 0:
            says = f"{style} does not show {group}"
        elif count > most:
            says = f"it has {count} fields, the face of {style} shows {most}"
        elif group in together and group == together[-1] and sum_together > most_together:
            says = f"{' and '.join(together)} have {sum_together} fields, their row shows {most_together}"
        else:
            continue
        hint = "Move what is less needed to the back."
        yield warning("fields-not-shown", f"{where}/{group}", says, rule.source, hint)
