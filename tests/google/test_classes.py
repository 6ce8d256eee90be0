"""The class: one for all passes, or one for each set of the values it holds."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from walletpass.errors import IdInvalid, MappingRejected
from walletpass.google import GoogleCompiler, google_findings
from walletpass.model import PassModel

Make = Callable[..., PassModel]
ISSUER = "3388000000000000001"
TIER = {"variables": {"tier": "text", "name": "text"}, "loyalty": {"tier": "{{ tier }}", "name": "{{ name }}"}}


def test_a_model_without_values_in_its_class_has_one_class(make: Make) -> None:
    compiler = GoogleCompiler(make(), issuer_id=ISSUER)
    assert compiler.static_class is not None
    assert compiler.static_class["id"] == f"{ISSUER}.spring"
    assert compiler.compile("A-1", {}).class_ is compiler.static_class


def test_a_model_names_its_class_and_the_caller_may_too(make: Make) -> None:
    model = make(google={"class_suffix": "spring.v2"})
    assert GoogleCompiler(model, issuer_id=ISSUER).compile("A", {}).class_id == f"{ISSUER}.spring.v2"
    given = GoogleCompiler(model, issuer_id=ISSUER, class_suffix="tenant-7.spring")
    assert given.compile("A", {}).class_id == f"{ISSUER}.tenant-7.spring"


def test_a_value_on_the_class_makes_one_class_for_each(make: Make) -> None:
    compiler = GoogleCompiler(make("loyalty", **TIER), issuer_id=ISSUER)
    gold, gold_too, silver = (
        compiler.compile(serial, {"tier": tier, "name": serial})
        for serial, tier in (("A", "Gold"), ("B", "Gold"), ("C", "Silver"))
    )
    assert compiler.static_class is None
    assert gold.class_ == gold_too.class_
    assert gold.class_id != silver.class_id
    assert re.fullmatch(rf"{ISSUER}\.spring-[0-9a-f]{{12}}", gold.class_id)
    assert {gold.object_["classId"], gold_too.object_["classId"]} == {gold.class_id}


def test_a_value_on_the_class_is_told(make: Make) -> None:
    report = GoogleCompiler(make("loyalty", **TIER), issuer_id=ISSUER).report
    (entry,) = [entry for entry in report.losses if entry.field == "loyalty.tier"]
    assert entry.action == "adapted"
    assert "one class is made for each value" in entry.reason


def test_the_callback_address_does_not_change_the_class_id(make: Make) -> None:
    model = make("loyalty", **TIER)
    values = {"tier": "Gold", "name": "Z"}
    here, there = (
        GoogleCompiler(model, issuer_id=ISSUER, callback_url=url).compile("A", values)
        for url in ("https://a.example/cb", "https://b.example/cb")
    )
    assert here.class_id == there.class_id
    assert there.class_["callbackOptions"] == {"url": "https://b.example/cb"}


def test_a_serial_on_the_class_is_warned_of(make: Make) -> None:
    found = {finding.rule for finding in google_findings(make(coupon={"title": "Coupon {{ serial }}"}))}
    assert "google-class-per-pass" in found


def test_another_value_on_the_class_is_no_warning(make: Make) -> None:
    found = google_findings(make("loyalty", **TIER))
    assert {finding.severity for finding in found} == {"note"}


def test_a_required_text_that_is_empty_refuses_the_pass(make: Make) -> None:
    variables = {"what": {"type": "text", "required": False}}
    compiler = GoogleCompiler(make(variables=variables, coupon={"title": "{{ what }}"}), issuer_id=ISSUER)
    with pytest.raises(MappingRejected, match="pass A-1: title is empty, and Google's offer requires it"):
        compiler.compile("A-1", {})


@pytest.mark.parametrize("issuer", ["", "example"])
def test_an_issuer_that_is_none_is_refused(issuer: str, make: Make) -> None:
    with pytest.raises(IdInvalid, match="issuer id"):
        GoogleCompiler(make(), issuer_id=issuer)


def test_a_suffix_that_google_refuses_is_refused(make: Make) -> None:
    with pytest.raises(IdInvalid, match="suffix"):
        GoogleCompiler(make(), issuer_id=ISSUER, class_suffix="été")


def test_additions_are_merged_last(make: Make) -> None:
    google = {
        "class_raw": {"issuerName": "Other", "hexBackgroundColor": None, "multipleDevicesAndHoldersAllowedStatus": "X"},
        "object_raw": {"validTimeInterval": {"end": {"date": "{{ serial }}"}}},
    }
    google_pass = GoogleCompiler(make(google=google, validity={"start": "2027-01-01T00:00"}), issuer_id=ISSUER).compile(
        "A-1", {}
    )
    assert google_pass.class_["issuerName"] == "Other"
    assert "hexBackgroundColor" not in google_pass.class_
    assert google_pass.object_["validTimeInterval"] == {
        "start": {"date": "2027-01-01T00:00:00+00:00"},
        "end": {"date": "A-1"},
    }


def test_additions_cannot_change_an_id(make: Make) -> None:
    with pytest.raises(MappingRejected, match=r"google\.class_suffix"):
        GoogleCompiler(make(google={"class_raw": {"id": "1.other"}}), issuer_id=ISSUER)
