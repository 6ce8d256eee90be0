"""The off-line check of Google payloads finds what Google would refuse."""

from __future__ import annotations

import copy

import pytest

from walletpass.testing.discovery import google_problems

ISSUER = "3388000000000000001"


def text(value: str, language: str = "en") -> dict:
    return {"defaultValue": {"language": language, "value": value}}


def image(uri: str = "https://img.example.com/logo.png") -> dict:
    return {"sourceUri": {"uri": uri}}


GOOD = {
    "LoyaltyClass": {
        "id": f"{ISSUER}.club",
        "issuerName": "Club",
        "reviewStatus": "UNDER_REVIEW",
        "programName": "Club",
        "programLogo": image(),
        "hexBackgroundColor": "#0b3d2e",
        "classTemplateInfo": {
            "cardTemplateOverride": {
                "cardRowTemplateInfos": [
                    {"oneItem": {"item": {"firstValue": {"fields": [{"fieldPath": "object.textModulesData['a']"}]}}}}
                ]
            }
        },
    },
    "LoyaltyObject": {
        "id": f"{ISSUER}.c-1",
        "classId": f"{ISSUER}.club",
        "state": "ACTIVE",
        "loyaltyPoints": {"label": "Points", "balance": {"int": 12}},
        "textModulesData": [{"id": "a", "header": "A", "body": "B"}],
        "validTimeInterval": {"end": {"date": "2027-04-01T00:00:00Z"}},
        "merchantLocations": [{"latitude": 48.85, "longitude": 2.35}],
    },
    "GenericObject": {
        "id": f"{ISSUER}.g",
        "classId": f"{ISSUER}.c",
        "cardTitle": text("Library"),
        "header": text("Ada"),
    },
    "FlightClass": {
        "id": f"{ISSUER}.f",
        "issuerName": "Air",
        "reviewStatus": "UNDER_REVIEW",
        "origin": {"airportIataCode": "LHR"},
        "destination": {"airportIataCode": "SFO"},
        "flightHeader": {"carrier": {"carrierIataCode": "LX"}, "flightNumber": "123"},
        "localScheduledDepartureDateTime": "2027-07-02T15:30:00",
    },
    "TransitObject": {
        "id": f"{ISSUER}.t",
        "classId": f"{ISSUER}.c",
        "state": "ACTIVE",
        "tripType": "ONE_WAY",
        "ticketLeg": {
            "originName": text("Lyon"),
            "destinationName": text("Paris"),
            "departureDateTime": "2027-07-02T15:30:00+02:00",
        },
    },
    "GiftCardObject": {
        "id": f"{ISSUER}.t",
        "classId": f"{ISSUER}.c",
        "state": "ACTIVE",
        "cardNumber": "12",
        "balance": {"currencyCode": "EUR", "micros": "5000000"},
        "balanceUpdateTime": {"date": "2027-01-01T00:00:00+01:00"},
    },
}

FAULTS = [
    ("LoyaltyClass", "issuerName", None, "issuerName: is required"),
    ("LoyaltyClass", "iconUrl", "x", "Additional properties are not allowed ('iconUrl' was unexpected)"),
    ("LoyaltyClass", "reviewStatus", "underReview", "'underReview' is not one of"),
    ("LoyaltyClass", "id", "club", "id 'club' is not <issuer>.<suffix>"),
    ("LoyaltyClass", "programLogo", {}, "programLogo: needs exactly one of sourceUri, privateImageId"),
    ("LoyaltyClass", "programLogo", image("img.example.com"), "programLogo/sourceUri: uri 'img.example.com' has no"),
    ("LoyaltyClass", "hexBackgroundColor", "rgb(1,2,3)", "is not #rrggbb"),
    ("LoyaltyClass", "wordMark", image(), "wordMark: is deprecated"),
    ("LoyaltyObject", "loyaltyPoints", {"label": "P"}, "loyaltyPoints: needs all of balance"),
    ("LoyaltyObject", "loyaltyPoints", {"balance": {"int": 1, "string": "1"}}, "needs exactly one of string, int"),
    ("LoyaltyObject", "textModulesData", [{"id": "a.b"}], "textModulesData/0: id 'a.b' may hold"),
    ("LoyaltyObject", "merchantLocations", [{"latitude": 1, "longitude": 1}] * 11, "has 11, at most 10"),
    (
        "LoyaltyObject",
        "validTimeInterval",
        {"start": {"date": "2027-01-01T00:00"}, "end": {"date": "2027-02-01T00:00Z"}},
        "need an offset both, or neither",
    ),
    ("LoyaltyObject", "validTimeInterval", {"end": {"date": "soon"}}, "'soon' is not an ISO 8601 date and time"),
    ("LoyaltyObject", "barcode", {"type": "qrCode"}, "barcode/type: 'qrCode' is not one of"),
    ("GenericObject", "cardTitle", "Library", "cardTitle: 'Library' is not of type 'object'"),
    ("GenericObject", "header", {"translatedValues": []}, "header: defaultValue is required"),
    (
        "GenericObject",
        "header",
        text("a") | {"translatedValues": [{"language": "en", "value": "b"}]},
        "header: a language is given twice",
    ),
    ("GenericObject", "reviewStatus", "UNDER_REVIEW", "'reviewStatus' was unexpected"),
    ("FlightClass", "localBoardingDateTime", "2027-07-02T15:00:00Z", "must be a local time, without offset"),
    ("FlightClass", "flightHeader", {"carrier": {"carrierIataCode": "LX"}, "flightNumber": "LX1"}, "digits only"),
    (
        "FlightClass",
        "flightHeader",
        {"carrier": {"carrierIataCode": "LX", "carrierIcaoCode": "SWR"}, "flightNumber": "1"},
        "flightHeader/carrier: needs exactly one of",
    ),
    ("TransitObject", "ticketLeg", {"originName": text("a")}, "a leg needs departureDateTime"),
    ("TransitObject", "ticketLegs", [], "needs at most one of ticketLeg, ticketLegs"),
    (
        "TransitObject",
        "ticketLeg",
        {"originName": text("a"), "destinationStationCode": "B", "departureDateTime": "2027-01-01T00:00"},
        "destinationStationCode needs originStationCode",
    ),
    ("GiftCardObject", "balance", {"micros": 5000000}, "balance/micros: 5000000 is not of type 'string'"),
    ("GiftCardObject", "balanceUpdateTime", {"date": "2027-01-01T00:00"}, "must have an offset"),
]


@pytest.mark.parametrize("schema", GOOD)
def test_a_good_payload_has_no_problems(schema):
    assert google_problems(schema, GOOD[schema]) == []


@pytest.mark.parametrize(("schema", "field", "value", "expected"), FAULTS)
def test_a_fault_is_found_alone(schema, field, value, expected):
    payload = copy.deepcopy(GOOD[schema])
    payload.pop(field, None)
    if value is not None:
        payload[field] = value
    problems = google_problems(schema, payload)
    assert len(problems) == 1
    assert expected in problems[0]


def test_a_fourth_row_is_found():
    payload = copy.deepcopy(GOOD["LoyaltyClass"])
    payload["classTemplateInfo"]["cardTemplateOverride"]["cardRowTemplateInfos"] *= 4
    assert google_problems("LoyaltyClass", payload) == ["LoyaltyClass: has 4 rows, at most 3 are taken"]


def test_a_patch_may_lack_required_fields_and_clear_others():
    assert google_problems("LoyaltyObject", {"state": "EXPIRED", "barcode": None}, partial=True) == []
    assert google_problems("LoyaltyObject", {"state": "used"}, partial=True) != []


def test_an_unknown_schema_is_named():
    with pytest.raises(KeyError, match="Google has no schema 'CouponObject'"):
        google_problems("CouponObject", {})
