"""The tables of Apple's rules hang together: every type is known, every name is used, every row has its source."""

from __future__ import annotations

import re

import pytest

from walletpass.templates.apple import (
    BARCODE_FORMATS,
    CLASSIC_STYLES,
    ENUMS,
    FIELD_GROUPS,
    IMAGES,
    KEYS,
    OBJECTS,
    SCHEMES,
    SEMANTIC_TAGS,
    STYLE_KEYS,
    STYLES,
)

PLAIN = {"text", "localizable", "value", "number", "integer", "boolean", "date", "color", "url", "timezone", "object"}


@pytest.mark.parametrize("kind", OBJECTS)
def test_every_type_of_every_key_is_known_and_sourced(kind: str) -> None:
    for name, key in OBJECTS[kind].items():
        assert name == key.name
        assert key.type.strip("[]") in PLAIN | ENUMS.keys() | OBJECTS.keys(), name
        assert key.source, name
        assert 6 <= key.since <= 27, name


def test_every_object_and_enumeration_is_used() -> None:
    used = {key.type.strip("[]") for table in OBJECTS.values() for key in table.values()}
    assert (OBJECTS.keys() | ENUMS.keys()) - used == {"Pass", "Personalization"}


def test_keys_of_one_object_differ_in_more_than_case() -> None:
    for table in OBJECTS.values():
        assert len({name.lower() for name in table}) == len(table)


def test_styles_name_known_pictures_and_groups() -> None:
    assert tuple(STYLES) == STYLE_KEYS
    assert all(KEYS[style].type == "PassFields" for style in STYLES)
    for style in STYLES.values():
        assert set(style.images) <= IMAGES.keys()
        assert set(style.shown) <= set(FIELD_GROUPS)
        assert "icon" in style.images


def test_schemes_name_known_tags_pictures_and_styles() -> None:
    for scheme in SCHEMES.values():
        tags = {*scheme.tags, *scheme.advised_tags, *(tag for more in scheme.event_tags.values() for tag in more)}
        assert tags <= SEMANTIC_TAGS.keys()
        assert set(scheme.event_tags) <= set(ENUMS["EventType"])
        assert set(scheme.images) <= IMAGES.keys()
        assert scheme.style in CLASSIC_STYLES


def test_barcode_formats_are_those_of_the_enumeration_with_valid_alphabets() -> None:
    assert tuple(BARCODE_FORMATS) == ENUMS["BarcodeFormat"]
    assert all(re.compile(form.alphabet) for form in BARCODE_FORMATS.values() if form.alphabet)
    assert {form.name for form in BARCODE_FORMATS.values() if form.legacy} == {
        "PKBarcodeFormatQR",
        "PKBarcodeFormatPDF417",
        "PKBarcodeFormatAztec",
    }


def test_only_the_icon_is_required() -> None:
    assert [rule.name for rule in IMAGES.values() if rule.required] == ["icon"]
    assert all(rule.source for rule in IMAGES.values())
