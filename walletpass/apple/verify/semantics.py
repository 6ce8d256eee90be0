"""Semantic tags: what types cannot say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from walletpass.apple.verify.relevance import check_coordinates
from walletpass.apple.verify.values import read_date
from walletpass.apple.verify.wording import place, shown
from walletpass.findings import Finding, error, warning
from walletpass.templates.apple import FIELD_GROUPS, STYLE_KEYS, TAGS

_BARE = re.compile(r"\s*(gate|platform|terminal|zone)\b", re.IGNORECASE)
_BARE_TAGS = (
    "departureGate",
    "destinationGate",
    "departurePlatform",
    "destinationPlatform",
    "departureTerminal",
    "destinationTerminal",
    "boardingZone",
)
_AMOUNT = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_SPANS = (
    ("eventStartDate", "eventEndDate"),
    ("originalDepartureDate", "originalArrivalDate"),
    ("currentDepartureDate", "currentArrivalDate"),
)


def all_tags(document: dict[str, Any]) -> dict[str, Any]:
    """Every tag of the pass that has a value: Wallet does not care whether it stands at the root or in a field."""
    merged: dict[str, Any] = {}
    for _, tags in _places(document):
        merged.update({name: value for name, value in tags.items() if value not in (None, "", [], {})})
    return merged


def check_semantics(document: dict[str, Any]) -> Iterator[Finding]:
    """Tags at the root and in fields."""
    for where, tags in _places(document):
        yield from _check(tags, where)


def _places(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for style in STYLE_KEYS:
        content = document.get(style)
        groups = content if isinstance(content, dict) else {}
        for group in FIELD_GROUPS:
            fields = groups.get(group)
            for at, one in enumerate(fields if isinstance(fields, list) else ()):
                if isinstance(one, dict) and isinstance(one.get("semantics"), dict):
                    yield place("pass.json", style, group, at, "semantics"), one["semantics"]
    if isinstance(document.get("semantics"), dict):
        yield place("pass.json", "semantics"), document["semantics"]


def _check(tags: dict[str, Any], where: str) -> Iterator[Finding]:
    for first, last in _SPANS:
        start, end = (read_date(tags[tag]) if isinstance(tags.get(tag), str) else None for tag in (first, last))
        if start is not None and end is not None and end < start:
            says = f"{last} lies before {first}"
            yield warning("tag-end-before-start", f"{where}/{last}", says, TAGS, "Exchange them.")
    for tag in _BARE_TAGS:
        value = tags.get(tag)
        if isinstance(value, str) and _BARE.match(value):
            says = f"{shown(value)} repeats the word that Wallet writes before it"
            yield warning("tag-says-its-label", f"{where}/{tag}", says, TAGS, "Give the bare value, as A or 12.")
    for tag in ("venueLocation", "departureLocation", "destinationLocation"):
        if isinstance(tags.get(tag), dict):
            yield from check_coordinates(tags[tag], f"{where}/{tag}")
    for tag in ("totalPrice", "balance"):
        if isinstance(tags.get(tag), dict):
            yield from _money(tags[tag], f"{where}/{tag}")


def _money(value: dict[str, Any], where: str) -> Iterator[Finding]:
    amount, currency = value.get("amount"), value.get("currencyCode")
    if isinstance(amount, str) and not _AMOUNT.fullmatch(amount):
        says = f"{shown(amount)} is not an amount"
        yield error("amount-invalid", f"{where}/amount", says, TAGS, "Write it as 12.50.")
    if isinstance(currency, str) and not _CURRENCY.fullmatch(currency):
        says = f"{shown(currency)} is not a currency code of ISO 4217"
        yield error("currency-code-invalid", f"{where}/currencyCode", says, TAGS, "Write it as EUR.")
