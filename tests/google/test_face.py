"""Fields: structured first, then rows of three, then the details."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from walletpass.google import GooglePass, google_findings
from walletpass.model import PassModel

Compiled = Callable[..., GooglePass]
Make = Callable[..., PassModel]


def _fields(*keys: str) -> list[dict[str, Any]]:
    return [{"key": key, "label": key.upper(), "value": f"value of {key}"} for key in keys]


def _rows(google_pass: GooglePass) -> list[list[str]]:
    infos = google_pass.class_["classTemplateInfo"]["cardTemplateOverride"]["cardRowTemplateInfos"]
    rows = []
    for info in infos:
        (row,) = info.values()
        rows.append([item["firstValue"]["fields"][0]["fieldPath"] for item in row.values()])
    return rows


def _module(key: str) -> str:
    return f"object.textModulesData['{key}']"


def test_rows_follow_the_areas(compiled: Compiled) -> None:
    fields = {"header": _fields("a"), "primary": _fields("b"), "secondary": _fields("c"), "auxiliary": _fields("d")}
    assert _rows(compiled(fields=fields)) == [[_module("a"), _module("b")], [_module("c")], [_module("d")]]


def test_one_two_and_three_items_have_forms_of_their_own(compiled: Compiled) -> None:
    fields = {"primary": _fields("a"), "secondary": _fields("b", "c"), "auxiliary": _fields("d", "e", "f")}
    template = compiled(fields=fields).class_["classTemplateInfo"]["cardTemplateOverride"]
    forms = [(next(iter(info)), list(next(iter(info.values())))) for info in template["cardRowTemplateInfos"]]
    assert forms == [
        ("oneItem", ["item"]),
        ("twoItems", ["startItem", "endItem"]),
        ("threeItems", ["startItem", "middleItem", "endItem"]),
    ]


def test_a_full_row_spills_into_the_next(compiled: Compiled) -> None:
    fields = {"secondary": _fields("a", "b", "c", "d"), "auxiliary": _fields("e")}
    assert _rows(compiled(fields=fields)) == [
        [_module("a"), _module("b"), _module("c")],
        [_module("d"), _module("e")],
    ]


def test_a_tenth_field_stays_in_the_details_and_is_told(make: Make, compiled: Compiled) -> None:
    fields = {"auxiliary": _fields(*"abcd"), "header": _fields("e"), "primary": _fields("f"), "secondary": _fields("g")}
    google_pass = compiled(fields=fields)
    assert [len(row) for row in _rows(google_pass)] == [2, 1, 3]
    assert [module["id"] for module in google_pass.object_["textModulesData"]] == ["e", "f", "g", "a", "b", "c", "d"]
    found = {finding.rule: finding for finding in google_findings(make(fields=fields))}
    assert "in the details only: fields.auxiliary.3" in found["google-rows-full"].says


def test_a_field_that_repeats_a_structured_value_points_at_it(compiled: Compiled) -> None:
    google_pass = compiled(
        "loyalty",
        values={"points": 120},
        variables={"points": "number"},
        loyalty={"points": {"balance": "{{ points }}"}},
        fields={"header": [{"key": "points", "label": "Points", "value": "{{ points | integer }}"}]},
    )
    assert _rows(google_pass) == [["object.loyaltyPoints.balance"]]
    assert "textModulesData" not in google_pass.object_


def test_a_field_that_the_title_shows_already_is_not_repeated(compiled: Compiled) -> None:
    google_pass = compiled(coupon={"title": "20 % off"}, fields={"primary": [{"key": "o", "value": "20 % off"}]})
    assert "classTemplateInfo" not in google_pass.class_
    assert {entry.field: entry.action for entry in google_pass.report.losses}["fields.primary.0"] == "moved"


def test_equal_fixed_texts_are_not_taken_for_each_other(compiled: Compiled) -> None:
    google_pass = compiled(
        "event-ticket",
        event_ticket={"seat": {"row": "A", "seat": "A"}},
        fields={"auxiliary": [{"key": "seat", "label": "Seat", "value": "A"}]},
    )
    assert _rows(google_pass) == [[_module("seat")]]


def test_a_date_in_a_row_keeps_its_format(compiled: Compiled) -> None:
    google_pass = compiled(
        "event-ticket",
        values={"start": "2027-07-01T20:00"},
        variables={"start": "date-time"},
        event_ticket={"starts_at": "{{ start }}"},
        fields={"secondary": [{"key": "at", "value": "{{ start | time }}"}]},
    )
    template = google_pass.class_["classTemplateInfo"]["cardTemplateOverride"]["cardRowTemplateInfos"]
    reference = template[0]["oneItem"]["item"]["firstValue"]["fields"][0]
    assert reference == {"fieldPath": "class.dateTime.start", "dateFormat": "TIME_ONLY"}


def test_a_field_can_name_the_property_to_show(compiled: Compiled) -> None:
    field = {"key": "x", "value": "any", "google_path": "object.accountName"}
    assert _rows(compiled("loyalty", fields={"header": [field]})) == [["object.accountName"]]


def test_a_field_for_apple_only_is_left_out(compiled: Compiled) -> None:
    google_pass = compiled(fields={"header": [{"key": "x", "value": "any", "wallets": ["apple"]}]})
    assert "textModulesData" not in google_pass.object_


def test_a_generic_pass_shows_its_first_primary_field_as_header(compiled: Compiled) -> None:
    field = {"key": "name", "label": "Member", "value": "{{ name }}"}
    google_pass = compiled("membership", {"name": "Zoë"}, variables={"name": "text"}, fields={"primary": [field]})
    assert google_pass.object_["header"]["defaultValue"]["value"] == "Zoë"
    assert google_pass.object_["subheader"]["defaultValue"]["value"] == "Member"
    assert "classTemplateInfo" not in google_pass.class_


def test_a_header_without_a_value_falls_back_on_the_description(compiled: Compiled) -> None:
    variables = {"name": {"type": "text", "required": False}}
    fields = {"primary": [{"key": "name", "value": "{{ name }}"}]}
    object_ = compiled("generic", variables=variables, fields=fields).object_
    assert object_["header"]["defaultValue"]["value"] == "Breakfast for two"


def test_a_field_never_points_at_the_text_under_the_code_or_at_the_validity(compiled: Compiled) -> None:
    google_pass = compiled(
        values={"until": "2027-07-01T20:00"},
        variables={"until": "date-time"},
        barcode={"format": "qr", "message": "{{ serial }}", "alt_text": "{{ serial }}"},
        validity={"end": "{{ until }}"},
        fields={"secondary": [{"key": "n", "value": "{{ serial }}"}, {"key": "until", "value": "{{ until | date }}"}]},
    )
    assert _rows(google_pass) == [[_module("n"), _module("until")]]


def test_a_balance_that_is_a_text_is_pointed_at_as_a_whole(compiled: Compiled) -> None:
    google_pass = compiled(
        "loyalty",
        values={"stamps": "7 of 10"},
        variables={"stamps": "text"},
        loyalty={"points": {"balance": "{{ stamps }}"}},
        fields={"header": [{"key": "stamps", "value": "{{ stamps }}"}]},
    )
    assert google_pass.object_["loyaltyPoints"]["balance"] == {"string": "7 of 10"}
    assert _rows(google_pass) == [["object.loyaltyPoints.balance"]]
