"""
Hold a Google payload against Google's own contract, off-line.

The discovery document that Google's Python client carries becomes a JSON Schema. What the document says in prose only
(which fields are required, which exclude each other, which times need an offset) is checked beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from walletpass.templates import google
from walletpass.templates.google_schema import RULES

Payload = Mapping[str, Any]


def google_problems(schema: str, payload: Payload, *, partial: bool = False) -> list[str]:
    """
    Check what would be sent to Google.

    Args:
        schema: Name in the discovery document: "LoyaltyObject", "OfferClass".
        payload: The JSON, as Python values.
        partial: It is the body of a PATCH: required fields may be missing, and a null clears a field.

    Returns:
        One line for each problem, `path: what`; empty when Google would take it.

    Raises:
        ImportError: The packages jsonschema and google-api-python-client are not there.
        KeyError: Google has no such schema.
    """
    document = discovery_document()
    if schema not in document:
        raise KeyError(f"Google has no schema {schema!r}")
    if partial:
        payload = {name: value for name, value in payload.items() if value is not None}
    shape = [
        f"{'/'.join(map(str, fault.absolute_path)) or schema}: {fault.message}"
        for fault in _validator(schema).iter_errors(payload)
    ]
    return shape or list(_prose(schema, payload, "", partial))


@cache
def discovery_document() -> dict[str, Any]:
    """The schemas of the Wallet Objects API, by name, as Google publishes them."""
    try:
        file = files("googleapiclient") / "discovery_cache/documents/walletobjects.v1.json"
    except ModuleNotFoundError as exc:
        raise ImportError(
            "checking Google payloads needs google-api-python-client: pip install google-api-python-client jsonschema"
        ) from exc
    document = json.loads(file.read_text("utf-8"))
    schemas: dict[str, Any] = document["schemas"]
    return schemas


@cache
def _validator(schema: str) -> Any:
    try:
        from jsonschema import Draft202012Validator
    except ImportError as exc:
        raise ImportError("checking Google payloads needs jsonschema: pip install jsonschema") from exc
    definitions = {name: _json_schema(node) for name, node in discovery_document().items()}
    return Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": definitions})


def _json_schema(node: Payload) -> dict[str, Any]:
    if "$ref" in node:
        return {"$ref": f"#/$defs/{node['$ref']}"}
    if node.get("format") in ("int64", "uint64"):
        return {"type": "string", "pattern": r"^-?\d+$"}
    result: dict[str, Any] = {"type": "number" if node.get("format") == "double" else node["type"]}
    if node["type"] == "object":
        properties = node.get("properties", {})
        result["properties"] = {name: _json_schema(part) for name, part in properties.items()}
        result["additionalProperties"] = False
    elif node["type"] == "array":
        result["items"] = _json_schema(node["items"])
    if "enum" in node:
        result["enum"] = live_values(node)
    return result


def live_values(node: Payload) -> list[str]:
    """Values of an enum that may be sent: neither deprecated spellings nor `..._UNSPECIFIED`."""
    dead = node.get("enumDeprecated") or [False] * len(node["enum"])
    return [
        value
        for value, is_dead in zip(node["enum"], dead, strict=True)
        if not (is_dead or value.endswith("_UNSPECIFIED"))
    ]


def _prose(schema: str, payload: Payload, path: str, partial: bool) -> Iterator[str]:
    """What the descriptions ask for, here and in all that is inside."""
    properties = discovery_document()[schema].get("properties", {})
    for name, node in properties.items():
        here = f"{path}/{name}".lstrip("/")
        if name not in payload:
            if node.get("description", "").startswith("Required.") and not partial:
                yield f"{here}: is required"
            continue
        if node.get("deprecated"):
            yield f"{here}: is deprecated"
        yield from _limit(schema, name, payload[name], here)
        inner = node.get("$ref") or node.get("items", {}).get("$ref")
        values = payload[name] if node.get("type") == "array" else [payload[name]]
        for index, value in enumerate(values if inner else ()):
            place = f"{here}/{index}" if node.get("type") == "array" else here
            yield from _prose(inner, value, place, partial=False)
    yield from _combinations(schema, payload, path or schema, partial)
    check = _CHECKS.get(schema) or (_class_or_object if schema.endswith(("Class", "Object")) else None)
    if check:
        yield from (f"{path or schema}: {what}" for what in check(payload))


def _combinations(schema: str, payload: Payload, path: str, partial: bool) -> Iterator[str]:
    for rule in RULES:
        if rule.schema != schema:
            continue
        count = sum(field in payload for field in rule.fields)
        fits = {
            "all": count == len(rule.fields) or partial,
            "exactly one": count == 1 or (partial and count == 0),
            "at least one": count >= 1 or partial,
            "at most one": count <= 1,
        }
        if not fits[rule.need]:
            yield f"{path}: needs {rule.need} of {', '.join(rule.fields)}"


def _limit(schema: str, name: str, value: Any, path: str) -> Iterator[str]:
    limit = google.LIMITS.get(f"{schema}.{name}")
    if limit is None and schema.endswith(("Class", "Object")):
        limit = google.LIMITS.get(name)
    if limit and limit.effect == "rejected" and len(value) > limit.at_most:
        yield f"{path}: has {len(value)}, at most {limit.at_most} are taken"


def _class_or_object(payload: Payload) -> Iterator[str]:
    for name in ("id", "classId"):
        if name in payload and not re.fullmatch(google.ID_PATTERN, payload[name]):
            yield f"{name} {payload[name]!r} is not <issuer>.<suffix>"
    for name, value in payload.items():
        if re.fullmatch(r"local\w*DateTime", name) and _offset(value) is not False:
            yield f"{name} {value!r} must be a local time, without offset"
    updated = payload.get("balanceUpdateTime", {}).get("date")
    if updated is not None and not _offset(updated):
        yield f"balanceUpdateTime {updated!r} must have an offset"
    valid = "validTimeInterval" in payload
    for leg in [payload.get("ticketLeg"), *payload.get("ticketLegs", ())]:
        if leg and not valid and "departureDateTime" not in leg:
            yield "a leg needs departureDateTime, or the object validTimeInterval"
    if not re.fullmatch(r"#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3}", payload.get("hexBackgroundColor", "#000")):
        yield f"hexBackgroundColor {payload['hexBackgroundColor']!r} is not #rrggbb"
    rows = payload.get("classTemplateInfo", {}).get("cardTemplateOverride", {}).get("cardRowTemplateInfos", ())
    if len(rows) > google.ROWS:
        yield f"has {len(rows)} rows, at most {google.ROWS} are taken"


def _uri(payload: Payload) -> Iterator[str]:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", payload.get("uri", "")):
        yield f"uri {payload.get('uri')!r} has no scheme"


def _text_module(payload: Payload) -> Iterator[str]:
    if "id" in payload and not re.fullmatch(google.MODULE_ID_PATTERN, payload["id"]):
        yield f"id {payload['id']!r} may hold letters, digits, _ and - only"


def _interval(payload: Payload) -> Iterator[str]:
    offsets = {_offset(payload[end]["date"]) for end in ("start", "end") if "date" in payload.get(end, {})}
    if len(offsets) > 1:
        yield "start and end need an offset both, or neither"


def _moment(payload: Payload) -> Iterator[str]:
    if _offset(payload.get("date", "")) is None:
        yield f"date {payload.get('date')!r} is not an ISO 8601 date and time"


def _rotating_values(payload: Payload) -> Iterator[str]:
    if not _offset(payload.get("startDateTime", "")):
        yield "startDateTime must have an offset"


def _leg(payload: Payload) -> Iterator[str]:
    for kind in ("Name", "StationCode"):
        if f"destination{kind}" in payload and f"origin{kind}" not in payload:
            yield f"destination{kind} needs origin{kind}"


def _item(payload: Payload) -> Iterator[str]:
    if "secondValue" in payload and "firstValue" not in payload:
        yield "secondValue needs firstValue"


def _localized(payload: Payload) -> Iterator[str]:
    default = payload.get("defaultValue")
    if not default:
        yield "defaultValue is required"
        return
    languages = [text.get("language") for text in (default, *payload.get("translatedValues", ()))]
    if len(set(languages)) < len(languages):
        yield "a language is given twice"
    if None in languages:
        yield "a text has no language"


def _flight_header(payload: Payload) -> Iterator[str]:
    if not payload.get("flightNumber", "").isdigit():
        yield "flightNumber is digits only, without the carrier"


def _app_target(payload: Payload) -> Iterator[str]:
    if "description" not in payload.get("targetUri", {"description": ""}):
        yield "targetUri needs a description"


_CHECKS: dict[str, Callable[[Payload], Iterator[str]]] = {
    "AppLinkDataAppLinkInfoAppTarget": _app_target,
    "DateTime": _moment,
    "FlightHeader": _flight_header,
    "ImageUri": _uri,
    "LocalizedString": _localized,
    "RotatingBarcodeValues": _rotating_values,
    "TemplateItem": _item,
    "TextModuleData": _text_module,
    "TicketLeg": _leg,
    "TimeInterval": _interval,
    "Uri": _uri,
}


def _offset(moment: str) -> bool | None:
    """Whether an ISO 8601 date and time has an offset; None when it is no such thing."""
    try:
        return datetime.fromisoformat(moment).tzinfo is not None
    except ValueError:
        return None
