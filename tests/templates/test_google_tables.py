"""Our tables of Google's rules agree with the contract Google publishes."""

from __future__ import annotations

import re

import pytest

from walletpass.templates import google
from walletpass.templates.google_schema import ENUMS, RULES
from walletpass.testing.discovery import discovery_document, live_values

SCHEMAS = discovery_document()
TYPES = list(google.TYPES.values())


def live_fields(schema: str) -> set[str]:
    properties = SCHEMAS[schema]["properties"]
    return {name for name, node in properties.items() if not node.get("deprecated")} - google.NEVER_SENT


def required_fields(schema: str) -> set[str]:
    properties = SCHEMAS[schema]["properties"]
    return {name for name, node in properties.items() if node.get("description", "").startswith("Required.")}


@pytest.mark.parametrize("google_type", TYPES, ids=lambda google_type: google_type.key)
def test_a_type_has_exactly_the_live_fields_of_its_class_and_object(google_type):
    assert google_type.class_fields == live_fields(google_type.class_schema)
    assert google_type.object_fields == live_fields(google_type.object_schema)


@pytest.mark.parametrize("google_type", TYPES, ids=lambda google_type: google_type.key)
def test_a_type_requires_what_google_requires(google_type):
    assert set(google_type.class_required) == required_fields(google_type.class_schema)
    assert set(google_type.object_required) == required_fields(google_type.object_schema)


@pytest.mark.parametrize("google_type", TYPES, ids=lambda google_type: google_type.key)
def test_where_color_logo_and_notices_live_agrees_with_the_fields(google_type):
    levels = {"class": google_type.class_fields, "object": google_type.object_fields}
    assert google_type.color == tuple(level for level, fields in levels.items() if "hexBackgroundColor" in fields)
    assert google_type.notifies == ("notifyPreference" in google_type.object_fields)
    assert all(resolves(google_type, path) for path in (google_type.logo, google_type.wide_logo, *google_type.title))


def resolves(google_type: google.GoogleType, path: str) -> bool:
    """Whether every step of a path is a property that Google has."""
    level, *steps = path.split(".")
    node = {"$ref": google_type.class_schema if level == "class" else google_type.object_schema}
    for step in steps:
        properties = SCHEMAS[node["$ref"]]["properties"]
        if step not in properties:
            return False
        node = properties[step]
    return True


@pytest.mark.parametrize("path", ENUMS)
def test_an_enum_has_exactly_the_live_values(path):
    schema, name = path.split(".")
    node = SCHEMAS[schema]["properties"][name]
    assert list(ENUMS[path]) == live_values(node.get("items", node))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.schema}.{rule.fields[0]}")
def test_a_rule_names_fields_that_exist(rule):
    assert set(rule.fields) <= set(SCHEMAS[rule.schema]["properties"])


@pytest.mark.parametrize("path", google.LIMITS)
def test_a_limit_names_a_field_that_exists(path):
    first, *rest = path.split(".")
    schemas = [first] if first in SCHEMAS else [name for t in TYPES for name in (t.class_schema, t.object_schema)]
    steps = rest if first in SCHEMAS else [first, *rest]
    assert any(walk(schema, steps) for schema in schemas)


def walk(schema: str, steps: list[str]) -> bool:
    node = {"$ref": schema}
    for step in steps:
        node = SCHEMAS[node["$ref"]]["properties"].get(step, {})
    return bool(node)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("OfferClass.title", "60 characters"),
        ("OfferClass.provider", "12 characters"),
        ("LoyaltyClass.rewardsTier", "7 characters"),
        ("TextModuleData.body", "500 characters"),
        ("ValueAddedModuleData.body", "limit is 50"),
        ("EventTicketClass.eventId", "at most 64 characters"),
    ],
)
def test_a_length_is_the_one_google_writes(path, words):
    schema, name = path.split(".")
    assert words in SCHEMAS[schema]["properties"][name]["description"]
    assert str(google.LIMITS[path].at_most) in words


def test_ids_split_at_the_first_dot():
    match = re.fullmatch(google.ID_PATTERN, "3388000000000000001.spring.2027_v1")
    assert match
    assert match.groupdict() == {"issuer": "3388000000000000001", "suffix": "spring.2027_v1"}
    assert not re.fullmatch(google.ID_PATTERN, "3388000000000000001.été")


def test_every_table_names_its_source():
    tables = [*google.TYPES.values(), *google.LIMITS.values(), *google.IMAGES.values()]
    assert all(entry.source for entry in tables)
