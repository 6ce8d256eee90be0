"""Texts in several languages: the plain property, its twin, and no language twice."""

from __future__ import annotations

from collections.abc import Callable

from walletpass.google import GooglePass

Compiled = Callable[..., GooglePass]
HELLO = {"en": "Hello", "fr": "Bonjour"}


def test_a_text_of_one_language_has_no_twin(compiled: Compiled) -> None:
    class_ = compiled(coupon={"title": "Hello"}, languages=["en", "fr"]).class_
    assert class_["title"] == "Hello"
    assert "localizedTitle" not in class_


def test_a_translated_text_has_both_and_the_default_language_once(compiled: Compiled) -> None:
    class_ = compiled(coupon={"title": HELLO}, languages=["en", "fr"]).class_
    assert class_["title"] == "Hello"
    assert class_["localizedTitle"] == {
        "defaultValue": {"language": "en", "value": "Hello"},
        "translatedValues": [{"language": "fr", "value": "Bonjour"}],
    }


def test_the_first_language_of_the_model_is_the_default(compiled: Compiled) -> None:
    class_ = compiled(coupon={"title": HELLO}, languages=["fr", "en"]).class_
    assert class_["title"] == "Bonjour"
    assert class_["localizedTitle"]["defaultValue"] == {"language": "fr", "value": "Bonjour"}


def test_a_language_without_a_translation_is_left_to_the_default(compiled: Compiled) -> None:
    class_ = compiled(coupon={"title": HELLO}, languages=["en", "de", "fr"]).class_
    assert [text["language"] for text in class_["localizedTitle"]["translatedValues"]] == ["fr"]


def test_a_translation_equal_to_the_default_is_not_repeated(compiled: Compiled) -> None:
    class_ = compiled(coupon={"title": {"en": "Menu", "fr": "Menu"}}, languages=["en", "fr"]).class_
    assert "localizedTitle" not in class_


def test_a_property_that_is_only_localized_is_wrapped(compiled: Compiled) -> None:
    class_ = compiled("event-ticket", event_ticket={"name": "Festival"}, languages=["en", "fr"]).class_
    assert class_["eventName"] == {"defaultValue": {"language": "en", "value": "Festival"}}


def test_values_are_written_for_each_language(compiled: Compiled) -> None:
    object_ = compiled(
        values={"left": "1234.5"},
        languages=["en", "fr"],
        variables={"left": {"type": "money", "currency": "EUR"}},
        fields={"secondary": [{"key": "left", "value": "{{ left }}"}]},
    ).object_
    module = object_["textModulesData"][0]
    assert module["body"] == "€1,234.50"
    assert module["localizedBody"]["translatedValues"] == [{"language": "fr", "value": "1\u202f234,50\xa0€"}]


def test_a_variable_text_is_the_same_in_every_language(compiled: Compiled) -> None:
    object_ = compiled(
        values={"name": "Zoë"},
        languages=["en", "fr"],
        variables={"name": "text"},
        fields={"secondary": [{"key": "name", "value": "{{ name }}"}]},
    ).object_
    assert object_["textModulesData"] == [{"id": "name", "body": "Zoë"}]


def test_what_google_does_not_translate_takes_the_default_and_says_so(compiled: Compiled) -> None:
    google_pass = compiled("loyalty", languages=["en", "fr"], loyalty={"name": HELLO})
    assert google_pass.object_["accountName"] == "Hello"
    told = {entry.field: entry.action for entry in google_pass.report.losses}
    assert told["loyalty.name"] == "adapted"


def test_an_optional_value_that_is_missing_leaves_its_property_out(compiled: Compiled) -> None:
    variables = {"tier": {"type": "text", "required": False}}
    class_ = compiled("loyalty", variables=variables, loyalty={"tier": "{{ tier }}"}).class_
    assert "rewardsTier" not in class_
