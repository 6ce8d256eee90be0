"""Money, dates, codes, states: each in Google's own form."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletpass.errors import MappingRejected, ValuesError
from walletpass.google import GoogleCompiler, GooglePass
from walletpass.google.types.amounts import money
from walletpass.model import PassModel
from walletpass.values import Money

Compiled = Callable[..., GooglePass]
FLIGHT: dict[str, Any] = {
    "transit": "air",
    "carrier_code": "XE",
    "number": "123",
    "origin": {"code": "CDG", "zone": "Europe/Paris"},
    "destination": {"code": "NRT", "zone": "Asia/Tokyo"},
    "departs_at": "{{ leaves }}",
    "arrives_at": "{{ lands }}",
    "passenger": {"name": "Amélie Petit"},
    "confirmation": "XYZ123",
}
TIMES = {"leaves": "date-time", "lands": "date-time"}


@pytest.mark.parametrize(
    ("amount", "micros"),
    [("5 EUR", "5000000"), ("500 JPY", "500000000"), ("1.234567 KWD", "1234567"), ("-0.01 USD", "-10000")],
)
def test_micros_are_millionths_of_the_unit_of_every_currency(amount: str, micros: str) -> None:
    assert money(Money.parse(amount))["micros"] == micros


@given(st.decimals(-(10**9), 10**9, places=6, allow_nan=False, allow_infinity=False))
def test_no_amount_is_rounded(amount: Decimal) -> None:
    assert Decimal(money(Money(amount, "EUR"))["micros"]) / 1_000_000 == amount


@pytest.mark.parametrize(
    ("balance", "written"),
    [
        (120, {"int": 120}),
        (12.5, {"double": 12.5}),
        (3_000_000_000, {"double": 3_000_000_000.0}),
        ("12 stamps", {"string": "12 stamps"}),
        ({"amount": 5, "currency": "EUR"}, {"money": {"currencyCode": "EUR", "micros": "5000000"}}),
    ],
)
def test_a_balance_has_the_one_form_that_fits(balance: Any, written: dict[str, Any], compiled: Compiled) -> None:
    google_pass = compiled("loyalty", loyalty={"points": {"label": "Points", "balance": balance}})
    assert google_pass.object_["loyaltyPoints"] == {"label": "Points", "balance": written}


def test_a_time_without_an_offset_is_in_the_models_zone(compiled: Compiled) -> None:
    google_pass = compiled(
        values={"until": "2027-07-01T10:00"},
        variables={"until": "date-time"},
        zone="Europe/Paris",
        validity={"start": "2027-03-01T00:00", "end": "{{ until }}"},
    )
    assert google_pass.object_["validTimeInterval"] == {
        "start": {"date": "2027-03-01T00:00:00+01:00"},
        "end": {"date": "2027-07-01T10:00:00+02:00"},
    }


def test_an_event_in_utc_is_written_with_the_venues_offset_and_another_offset_is_kept(compiled: Compiled) -> None:
    times = {"starts_at": "2027-07-01T18:00Z", "ends_at": "2027-07-01T17:00-04:00"}
    class_ = compiled("event-ticket", zone="Europe/Paris", event_ticket=times).class_
    assert class_["dateTime"] == {"start": "2027-07-01T20:00:00+02:00", "end": "2027-07-01T17:00:00-04:00"}


def test_the_first_relevant_date_is_the_start_of_an_event_without_one(compiled: Compiled) -> None:
    google_pass = compiled("event-ticket", relevant=[{"at": "2027-07-01T18:00"}])
    assert google_pass.class_["dateTime"]["start"] == "2027-07-01T18:00:00+00:00"
    assert {entry.field: entry.action for entry in google_pass.report.losses}["relevant"] == "adapted"


def test_the_times_of_a_flight_are_local_to_each_airport(compiled: Compiled) -> None:
    values = {"leaves": "2027-03-20T10:00Z", "lands": "2027-03-20T22:15Z"}
    class_ = compiled("boarding-pass", values, variables=TIMES, boarding_pass=FLIGHT).class_
    assert class_["localScheduledDepartureDateTime"] == "2027-03-20T11:00:00"
    assert class_["localScheduledArrivalDateTime"] == "2027-03-21T07:15:00"


def test_the_zone_of_an_airport_may_be_a_value(compiled: Compiled) -> None:
    trip = {**FLIGHT, "origin": {"code": "CDG", "zone": "{{ zone }}"}, "departs_at": "2027-03-20T10:00"}
    variables = {**TIMES, "zone": "text"}
    values = {"lands": "2027-03-20T22:15Z", "leaves": "2027-03-20T10:00Z", "zone": "Asia/Tokyo"}
    class_ = compiled("boarding-pass", values, variables=variables, boarding_pass=trip).class_
    assert class_["localScheduledDepartureDateTime"] == "2027-03-20T19:00:00"
    with pytest.raises(ValuesError, match=r"boarding_pass\.origin\.zone: 'Lyon' is not a time zone"):
        compiled("boarding-pass", {**values, "zone": "Lyon"}, variables=variables, boarding_pass=trip)


@pytest.mark.parametrize(("code", "name"), [("XE", "carrierIataCode"), ("XEX", "carrierIcaoCode")])
def test_a_carrier_is_named_by_the_code_it_has(code: str, name: str, compiled: Compiled) -> None:
    trip = {**FLIGHT, "carrier_code": "{{ code }}"}
    values = {"code": code, "leaves": "2027-03-20T10:00Z", "lands": "2027-03-20T22:15Z"}
    class_ = compiled("boarding-pass", values, variables={**TIMES, "code": "text"}, boarding_pass=trip).class_
    carrier = class_["flightHeader"]["carrier"]
    assert {key: value for key, value in carrier.items() if key.endswith("Code")} == {name: code}


def test_a_flight_number_with_its_carrier_refuses_the_pass(compiled: Compiled) -> None:
    trip = {**FLIGHT, "number": "{{ number }}"}
    values = {"number": "XE123", "leaves": "2027-03-20T10:00Z", "lands": "2027-03-20T22:15Z"}
    with pytest.raises(ValuesError, match=r"boarding_pass\.number: 'XE123' does not fit Google: digits only"):
        compiled("boarding-pass", values, variables={**TIMES, "number": "text"}, boarding_pass=trip)


@pytest.mark.parametrize(
    ("state", "google"), [("active", "ACTIVE"), ("used", "COMPLETED"), ("expired", "EXPIRED"), ("voided", "INACTIVE")]
)
def test_states(state: str, google: str, compiled: Compiled) -> None:
    assert compiled(state=state).object_["state"] == google


@pytest.mark.parametrize("how", ["model", "value", "call"])
def test_a_voided_pass_is_inactive_and_has_no_code(how: str, make: Callable[..., PassModel]) -> None:
    variables = {"void": {"type": "boolean", "default": False}}
    barcode = {"format": "qr", "message": "{{ serial }}"}
    voided: Any = {"model": True, "value": "{{ void }}", "call": False}[how]
    model = make(variables=variables, voided=voided, barcode=barcode)
    compiler = GoogleCompiler(model, issuer_id="3388000000000000001")
    object_ = compiler.compile("A-1", {"void": True}, voided=how == "call").object_
    assert object_["state"] == "INACTIVE"
    assert "barcode" not in object_
    if how != "model":
        assert compiler.compile("A-2", {}).object_["barcode"]["value"] == "A-2"


@pytest.mark.parametrize(
    ("barcode", "shown"),
    [
        ({"format": "itf", "message": "12345678901231"}, "ITF_14"),
        ({"format": "itf", "message": "1234", "fallback": [{"format": "qr"}]}, "QR_CODE"),
        ({"format": "data-matrix", "message": "x"}, "DATA_MATRIX"),
    ],
)
def test_the_first_code_that_google_draws_is_taken(barcode: dict[str, Any], shown: str, compiled: Compiled) -> None:
    assert compiled(barcode=barcode).object_["barcode"]["type"] == shown


def test_a_gift_card_with_a_code_allows_it_to_be_scanned(compiled: Compiled) -> None:
    barcode = {"format": "qr", "message": "{{ serial }}"}
    assert compiled("gift-card", barcode=barcode).class_["allowBarcodeRedemption"] is True
    assert "allowBarcodeRedemption" not in compiled("gift-card").class_


def test_a_smart_tap_value_is_ascii(compiled: Compiled) -> None:
    nfc = {"message": "{{ name }}", "redemption_issuers": ["1"]}
    assert (
        compiled(values={"name": "A1"}, variables={"name": "text"}, nfc=nfc).object_["smartTapRedemptionValue"] == "A1"
    )
    with pytest.raises(ValuesError, match="write ASCII only"):
        compiled(values={"name": "é"}, variables={"name": "text"}, nfc=nfc)


@pytest.mark.parametrize(
    ("sharing", "status"),
    [
        ({}, "MULTIPLE_HOLDERS"),
        ({"prohibited": True}, "ONE_USER_ALL_DEVICES"),
        ({"prohibited": True, "holders": "one-user-one-device"}, "ONE_USER_ONE_DEVICE"),
    ],
)
def test_sharing_decides_who_may_hold_the_pass(sharing: dict[str, Any], status: str, compiled: Compiled) -> None:
    assert compiled(sharing=sharing).class_["multipleDevicesAndHoldersAllowedStatus"] == status


def test_a_flight_without_any_reservation_refuses_the_pass(compiled: Compiled) -> None:
    trip = {**FLIGHT, "confirmation": "{{ code }}"}
    variables = {**TIMES, "code": {"type": "text", "required": False}}
    values = {"leaves": "2027-03-20T10:00Z", "lands": "2027-03-20T22:15Z"}
    with pytest.raises(MappingRejected, match="reservationInfo is empty, and Google's flight requires it"):
        compiled("boarding-pass", values, variables=variables, boarding_pass=trip)
