"""Back fields, links, contact, terms: modules, ten and ten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from walletpass.google import GooglePass, google_findings
from walletpass.model import PassModel
from walletpass.testing.discovery import google_problems

Compiled = Callable[..., GooglePass]


def _back(count: int, value: str = "text") -> dict[str, Any]:
    return {"back": [{"key": f"b{n}", "label": f"B{n}", "value": value} for n in range(count)]}


def _ids(modules: list[dict[str, Any]]) -> list[str]:
    return [module["id"] for module in modules]


@pytest.mark.parametrize(
    ("value", "uri"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ("info@example.com", "mailto:info@example.com"),
        ("+33 (0)1 23-45", "tel:+3301 2345".replace(" ", "")),
    ],
)
def test_a_back_field_that_is_only_an_address_becomes_a_link(value: str, uri: str, compiled: Compiled) -> None:
    object_ = compiled(fields={"back": [{"key": "x", "label": "Here", "value": value}]}).object_
    assert object_["linksModuleData"]["uris"] == [{"uri": uri, "description": "Here", "id": "x"}]
    assert "textModulesData" not in object_


@pytest.mark.parametrize("value", ["0123456789", "see https://example.com", "a@b", "Lyon"])
def test_other_back_fields_stay_texts(value: str, compiled: Compiled) -> None:
    object_ = compiled(fields={"back": [{"key": "x", "value": value}]}).object_
    assert object_["textModulesData"] == [{"id": "x", "body": value}]


def test_a_variable_address_becomes_a_link(compiled: Compiled) -> None:
    fields = {"back": [{"key": "x", "label": "Here", "value": "{{ page }}"}]}
    object_ = compiled(values={"page": "https://example.com/z"}, variables={"page": "url"}, fields=fields).object_
    assert object_["linksModuleData"]["uris"][0]["uri"] == "https://example.com/z"


def test_values_in_an_address_are_percent_encoded(compiled: Compiled) -> None:
    links = [{"url": "https://example.com/?n={{ name }}", "label": "Me"}]
    object_ = compiled(values={"name": "A&B é"}, variables={"name": "text"}, links=links).object_
    assert object_["linksModuleData"]["uris"][0]["uri"] == "https://example.com/?n=A%26B%20%C3%A9"


def test_contact_becomes_links_and_an_address(compiled: Compiled) -> None:
    contact = {"phone": "+33 1 23", "email": "a@example.com", "url": "https://example.com", "address": "1 rue Haute"}
    object_ = compiled(contact=contact).object_
    uris = [uri["uri"] for uri in object_["linksModuleData"]["uris"]]
    assert uris == ["tel:+33123", "mailto:a@example.com", "https://example.com"]
    assert object_["textModulesData"] == [{"id": "contact-address", "header": "Address", "body": "1 rue Haute"}]


def test_names_made_here_keep_clear_of_the_fields(compiled: Compiled) -> None:
    fields = {"back": [{"key": "contact-phone", "value": "x"}, {"key": "contact-phone-2", "value": "y"}]}
    object_ = compiled(fields=fields, contact={"phone": "+33 1"}).object_
    assert object_["linksModuleData"]["uris"][0]["id"] == "contact-phone-2-2"


def test_fixed_terms_are_the_fine_print_and_personal_ones_a_text(compiled: Compiled) -> None:
    assert compiled(terms="One each").class_["finePrint"] == "One each"
    google_pass = compiled(terms="Only for {{ serial }}")
    assert "finePrint" not in google_pass.class_
    assert google_pass.object_["textModulesData"] == [{"id": "terms", "header": "Terms", "body": "Only for A-1"}]


def test_terms_are_a_text_where_google_has_no_fine_print(compiled: Compiled) -> None:
    assert _ids(compiled("loyalty", terms="One each").object_["textModulesData"]) == ["terms"]


def test_ten_texts_stay_together_on_the_object(compiled: Compiled) -> None:
    google_pass = compiled(fields=_back(10))
    assert len(google_pass.object_["textModulesData"]) == 10
    assert "textModulesData" not in google_pass.class_


def test_with_more_than_ten_the_last_constant_ones_move_to_the_class(compiled: Compiled) -> None:
    fields = _back(12)
    fields["back"].append({"key": "mine", "value": "for {{ serial }}"})
    google_pass = compiled(fields=fields)
    assert _ids(google_pass.class_["textModulesData"]) == ["b9", "b10", "b11"]
    assert _ids(google_pass.object_["textModulesData"]) == [*(f"b{n}" for n in range(9)), "mine"]
    assert "classTemplateInfo" not in google_pass.class_


def test_with_more_than_google_shows_the_details_are_listed_in_words(
    compiled: Compiled, make: Callable[..., PassModel]
) -> None:
    parts = {"fields": _back(23), "terms": "One each", "links": [{"url": "https://example.com", "label": "Site"}]}
    google_pass = compiled(**parts)
    template = google_pass.class_["classTemplateInfo"]["detailsTemplateOverride"]["detailsItemInfos"]
    paths = [info["item"]["firstValue"]["fields"][0]["fieldPath"] for info in template]
    assert len(paths) == 25
    assert "class.textModulesData['b22']" in paths
    assert paths[-2:] == ["class.finePrint", "object.linksModuleData.uris['link-1']"]
    assert google_problems("OfferClass", google_pass.class_) == []
    assert "google-many-modules" in {finding.rule for finding in google_findings(make(**parts))}


def test_a_row_points_at_the_class_when_its_text_moved_there(compiled: Compiled) -> None:
    google_pass = compiled(fields={"primary": [{"key": "p", "value": "x"}], **_back(10, "for {{ serial }}")})
    assert _ids(google_pass.class_["textModulesData"]) == ["p"]
    row = google_pass.class_["classTemplateInfo"]["cardTemplateOverride"]["cardRowTemplateInfos"][0]
    assert row["oneItem"]["item"]["firstValue"]["fields"] == [{"fieldPath": "class.textModulesData['p']"}]


def test_a_text_without_a_value_is_left_out(compiled: Compiled) -> None:
    variables = {"name": {"type": "text", "required": False}}
    fields = {"secondary": [{"key": "name", "label": "For", "value": "{{ name }}"}]}
    assert compiled(variables=variables, fields=fields).object_["textModulesData"] == []
