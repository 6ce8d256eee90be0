"""Fields of pass.json."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from html import escape
from typing import Any

from walletpass.apple.compile.dates import day, instant
from walletpass.apple.compile.texts import AppleTexts
from walletpass.formats import DATE_STYLES
from walletpass.model.fields import Field, Fields
from walletpass.model.pass_model import PassModel
from walletpass.model.text import Reference, Text, whole_reference
from walletpass.render import Needs
from walletpass.values import Money

AREAS = {
    "header": "headerFields",
    "primary": "primaryFields",
    "secondary": "secondaryFields",
    "auxiliary": "auxiliaryFields",
    "back": "backFields",
    "additional_info": "additionalInfoFields",
    "footer": "footerFields",
}
"""Area of a Model to the key of pass.json."""

_STYLES = {None: "None", "short": "Short", "medium": "Medium", "long": "Long", "full": "Full"}
_DETECTORS = {
    "phone": "PKDataDetectorTypePhoneNumber",
    "link": "PKDataDetectorTypeLink",
    "address": "PKDataDetectorTypeAddress",
    "calendar": "PKDataDetectorTypeCalendarEvent",
}


def number(value: float | Decimal) -> int | float:
    """A JSON number without a needless fraction."""
    return int(value) if value == int(value) else float(value)


def areas(model: PassModel, fields: Fields, texts: AppleTexts) -> dict[str, list[Any]]:
    """Fields by key of pass.json, in the Model's order; areas without fields are left out."""
    compiled = {
        AREAS[area]: [compile_field(model, field, area, texts) for field in group if "apple" in field.wallets]
        for area, group in fields.areas().items()
    }
    return {key: group for key, group in compiled.items() if group}


def compile_field(model: PassModel, field: Field, area: str, texts: AppleTexts) -> Needs:
    """One field. Left out of a pass in which its value is empty."""
    places: dict[str, Any] = {
        "key": field.key,
        "label": texts.text(field.label) if field.label else None,
        **_value(model, field, area, texts),
        "changeMessage": texts.text(field.change_message) if field.change_message else None,
        "textAlignment": f"PKTextAlignment{field.align.capitalize()}" if field.align else None,
        "dataDetectorTypes": None if field.detect is None else [_DETECTORS[kind] for kind in field.detect],
        "isRelative": True if field.relative else None,
        "row": field.row,
        "semantics": texts.writer.raw(field.semantics) if field.semantics else None,
    }
    if field.html:
        places["attributedValue"] = texts.text(field.html)
    if field.own_zone:
        places["ignoresTimeZone"] = True
    return Needs({**places, **(texts.writer.raw(field.apple) if field.apple else {})}, "value")


def _value(model: PassModel, field: Field, area: str, texts: AppleTexts) -> dict[str, Any]:
    if not isinstance(field.value, Text):
        return {"value": number(field.value)}
    reference = whole_reference(field.value.plain) if field.value.plain is not None else None
    variable = model.variables.get(reference.name) if reference else None
    if reference is None or variable is None:
        return {"value": texts.text(field.value)}
    if variable.type == "money":
        return {
            "value": texts.writer.value(reference, lambda money: number(money.amount)),
            "currencyCode": texts.writer.value(reference, lambda money: money.currency),
        }
    if variable.type == "number" and reference.format != "compact":
        return _number(reference, texts)
    if variable.type in ("date-time", "date"):
        return _date(model, reference, variable.type, texts)
    if variable.type == "url" and area == "back":
        return _link(field.value, texts)
    return {"value": texts.text(field.value)}


def _number(reference: Reference, texts: AppleTexts) -> dict[str, Any]:
    style = "PKNumberStylePercent" if reference.format == "percent" else "PKNumberStyleDecimal"
    convert = (lambda value: round(value)) if reference.format == "integer" else number
    return {"value": texts.writer.value(reference, convert), "numberStyle": style}


def _date(model: PassModel, reference: Reference, variable_type: str, texts: AppleTexts) -> dict[str, Any]:
    if variable_type == "date":
        style = _STYLES[reference.format or "medium"]
        return {
            "value": texts.writer.value(reference, day),
            "dateStyle": f"PKDateStyle{style}",
            "timeStyle": "PKDateStyleNone",
            "ignoresTimeZone": True,
        }
    date_style, time_style = DATE_STYLES[reference.format or "medium"]
    return {
        "value": texts.writer.value(reference, partial(_shown, zone=model.clock)),
        "dateStyle": f"PKDateStyle{_STYLES[date_style]}",
        "timeStyle": f"PKDateStyle{_STYLES[time_style]}",
    }


def _shown(value: Any, zone: Any) -> str:
    return instant(value, zone)


def money(value: Money) -> dict[str, str]:
    """A CurrencyAmount of the semantic tags; its amount is a string."""
    return {"amount": f"{value.amount:f}", "currencyCode": value.currency}


def _link(url: Text, texts: AppleTexts) -> dict[str, Any]:
    """An address, also as the link that iPhones show instead."""
    return {"value": texts.text(url, url=True), "attributedValue": texts.text(url, wrap=_anchor, url=True)}


def _anchor(address: str) -> str:
    written = escape(address)
    return f'<a href="{written}">{written}</a>'


def back_of_the_model(model: PassModel, texts: AppleTexts) -> list[Any]:
    """Back fields made from terms, links and contact, keys apart from the Model's own."""
    taken = {field.key for group in model.fields.areas().values() for field in group}

    def key(name: str) -> str:
        while name in taken:
            name += "-2"
        taken.add(name)
        return name

    fields: list[Any] = []
    for position, link in enumerate(model.links, start=1):
        places = {"key": key(link.key or f"link-{position}"), "label": texts.text(link.label), **_link(link.url, texts)}
        fields.append(Needs(places, "value"))
    if model.contact:
        for name, text in (
            ("phone", model.contact.phone),
            ("email", model.contact.email),
            ("website", model.contact.url),
            ("address", model.contact.address),
        ):
            if text:
                value = texts.text(text, url=name == "website")
                places = {"key": key(f"contact-{name}"), "label": texts.word(name), "value": value}
                fields.append(Needs(places, "value"))
    if model.terms:
        places = {"key": key("terms"), "label": texts.word("terms"), "value": texts.text(model.terms)}
        fields.append(Needs(places, "value"))
    return fields
