"""Each pass type, bare and full, is what Google's published contract asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from walletpass.errors import MappingRejected, UsageError
from walletpass.google import GoogleCompiler, google_type, transit_kind
from walletpass.model import PassModel
from walletpass.templates.google import TYPES
from walletpass.testing.discovery import google_problems

ISSUER = "3388000000000000001"
FLIGHT = {
    "transit": "air",
    "carrier": "Air Exemple",
    "carrier_code": "XE",
    "number": "123",
    "origin": {"code": "CDG", "zone": "Europe/Paris", "terminal": "2E", "gate": "K31"},
    "destination": {"code": "NRT", "name": "Tokyo Narita", "zone": "Asia/Tokyo"},
    "departs_at": "2027-03-20T11:00+01:00",
    "passenger": {"name": "Amélie Petit"},
    "confirmation": "XYZ123",
}
TRAIN = {
    "transit": "train",
    "origin": {"name": "Lyon"},
    "destination": {"name": "Paris"},
    "departs_at": "2027-03-20T08:00",
}
EN_FR = {"en": "Hello", "fr": "Bonjour"}
RICH_COMMON: dict[str, Any] = {
    "languages": ["en", "fr", "ar"],
    "zone": "Europe/Paris",
    "organization": {"en": "Light Café", "fr": "Café Lumière", "ar": "مقهى"},
    "variables": {"name": "text", "until": "date-time", "left": {"type": "money", "currency": "EUR"}},
    "colors": {"background": "#0b3d2e", "foreground": "#fff"},
    "images": {
        name: {"url": f"https://img.example.com/{name}.png", "alt": EN_FR}
        for name in ("icon", "logo", "wide_logo", "strip", "hero", "thumbnail", "footer")
    },
    "fields": {
        "header": [{"key": "left", "label": EN_FR, "value": "{{ left }}"}],
        "primary": [{"key": "what", "label": EN_FR, "value": EN_FR, "change_message": "%@"}],
        "secondary": [{"key": "who", "label": "For", "value": "{{ name }}"}, {"key": "n", "value": 1234.5}],
        "auxiliary": [{"key": "until", "label": "Until", "value": "{{ until | date }}"}],
        "back": [{"key": "help", "label": "Help", "value": "https://example.com/help"}, {"key": "how", "value": EN_FR}],
    },
    "barcode": {"format": "pdf417", "message": "{{ serial }}", "alt_text": "{{ serial }}", "encoding": "utf-8"},
    "places": [{"latitude": 45.75, "longitude": 4.85, "text": EN_FR}],
    "validity": {"start": "2027-03-01T00:00", "end": "{{ until }}"},
    "terms": EN_FR,
    "links": [{"url": "https://example.com/{{ serial }}", "label": EN_FR}],
    "contact": {
        "email": "hi@example.com",
        "phone": "+33 1 23 45 67 89",
        "url": "https://example.com",
        "address": "Lyon",
    },
    "app": {"android_package": "com.example.app", "web_url": "https://example.com/app", "text": EN_FR},
    "nfc": {"message": "{{ serial }}", "redemption_issuers": [ISSUER]},
    "grouping": {"id": "spring", "sort_index": 1},
    "sharing": {"prohibited": True},
    "google": {
        "country": "FR",
        "homepage": "https://example.com",
        "callback_url": "https://example.com/callback",
        "unlock_required": True,
        "screenshots": False,
        "notify_expiry": True,
        "rotating_barcode": {
            "type": "QR_CODE",
            "valuePattern": "{{ serial }}-{totp_value_0}",
            "totpDetails": {
                "algorithm": "TOTP_SHA1",
                "periodMillis": "30000",
                "parameters": [{"key": "3132", "valueLength": 8}],
            },
        },
        "class_raw": {"securityAnimation": {"animationType": "FOIL_SHIMMER"}},
        "object_raw": {"saveRestrictions": {"restrictToEmailSha256": "{{ name }}"}},
    },
}
COUPON = {
    "title": EN_FR,
    "short_title": EN_FR,
    "provider": "Café",
    "details": EN_FR,
    "channel": "in-store",
    "help_url": "https://example.com/help",
}
LOYALTY = {
    "program": EN_FR,
    "points": {"label": EN_FR, "balance": "{{ left }}"},
    "second_points": {"balance": "12 stamps"},
    "tier": EN_FR,
    "tier_label": EN_FR,
    "number": "{{ serial }}",
    "number_label": EN_FR,
    "name": "{{ name }}",
    "name_label": EN_FR,
}
GIFT_CARD = {
    "number": "{{ serial }}",
    "number_label": EN_FR,
    "pin": "1234",
    "pin_label": EN_FR,
    "balance": "{{ left }}",
    "balance_at": "{{ until }}",
    "event_number": "E1",
    "merchant": EN_FR,
}
EVENT_TICKET = {
    "name": EN_FR,
    "venue": {"name": EN_FR, "address": "Lyon"},
    "starts_at": "2027-07-01T20:00",
    "ends_at": "2027-07-01T23:00",
    "doors_at": "{{ until }}",
    "seat": {"section": "A", "row": "1", "seat": "2", "gate": "N"},
    "holder": "{{ name }}",
    "ticket_number": "{{ serial }}",
    "ticket_type": EN_FR,
    "confirmation": "C1",
    "price": "{{ left }}",
    "performers": ["The Sparrows"],
}
FULL_FLIGHT = {
    **FLIGHT,
    "boards_at": "{{ until }}",
    "gate_closes_at": "2027-03-20T10:45",
    "arrives_at": "2027-03-21T07:00+09:00",
    "seat": "12A",
    "travel_class": "Y",
    "group": "2",
    "sequence": "42",
    "ticket_number": "T1",
    "frequent_flyer": "F1",
    "frequent_flyer_program": EN_FR,
    "status": "scheduled",
    "price": "{{ left }}",
}
FULL_TRAIN = {
    **TRAIN,
    "origin": {"name": "Lyon", "code": "LYD", "zone": "Europe/Paris", "gate": "B"},
    "destination": {"name": "Paris", "code": "PLY"},
    "carrier": EN_FR,
    "number": "TGV 6601",
    "coach": "4",
    "seat": "55",
    "travel_class": EN_FR,
    "passenger": {"name": "{{ name }}"},
    "arrives_at": "{{ until }}",
    "trip": "round-trip",
    "ticket_number": "T1",
    "confirmation": "C1",
    "price": "{{ left }}",
}
SECTIONS: dict[str, tuple[str, dict[str, Any] | None, dict[str, Any]]] = {
    "offer": ("coupon", None, COUPON),
    "loyalty": ("loyalty", None, LOYALTY),
    "giftCard": ("gift-card", None, GIFT_CARD),
    "eventTicket": ("event-ticket", None, EVENT_TICKET),
    "flight": ("boarding-pass", FLIGHT, FULL_FLIGHT),
    "transit": ("boarding-pass", TRAIN, FULL_TRAIN),
    "generic": ("membership", None, {"title": EN_FR, "header": EN_FR, "subheader": EN_FR, "kind": "gym-membership"}),
}
"""Google type to pass type, the least a section needs, and all it may have."""


def _problems(model: PassModel, values: dict[str, Any]) -> list[str]:
    compiler = GoogleCompiler(model, issuer_id=ISSUER)
    google_pass = compiler.compile("A-1", values)
    template = TYPES[google_pass.type]
    return [
        *google_problems(template.class_schema, google_pass.class_),
        *google_problems(template.object_schema, google_pass.object_),
        *google_problems(template.object_schema, google_pass.object_, partial=True),
    ]


@pytest.mark.parametrize("key", SECTIONS)
def test_a_bare_model_compiles_to_what_google_takes(key: str, make: Callable[..., PassModel]) -> None:
    pass_type, bare, _ = SECTIONS[key]
    model = make(pass_type, **({pass_type.replace("-", "_"): bare} if bare else {}))
    assert google_type(model) == key
    assert _problems(model, {}) == []


@pytest.mark.parametrize("key", SECTIONS)
def test_a_full_model_in_three_languages_compiles_to_what_google_takes(
    key: str, make: Callable[..., PassModel]
) -> None:
    pass_type, _, full = SECTIONS[key]
    model = make(pass_type, **RICH_COMMON, **{pass_type.replace("-", "_"): full})
    assert google_type(model) == key
    assert _problems(model, {"name": "Zoë", "until": "2027-09-01T10:00", "left": "12.50"}) == []


@pytest.mark.parametrize("key", SECTIONS)
def test_generic_can_stand_in_for_every_type(key: str, make: Callable[..., PassModel]) -> None:
    pass_type, _, full = SECTIONS[key]
    google = {**RICH_COMMON["google"], "type": "generic"}
    model = make(pass_type, **{**RICH_COMMON, "google": google}, **{pass_type.replace("-", "_"): full})
    assert google_type(model) == "generic"
    assert _problems(model, {"name": "Zoë", "until": "2027-09-01T10:00", "left": "12.50"}) == []


def test_only_generic_can_stand_in(make: Callable[..., PassModel]) -> None:
    model = make("coupon", google={"type": "loyalty"})
    with pytest.raises(MappingRejected, match="a coupon cannot be loyalty: leave it out"):
        google_type(model)


@pytest.mark.parametrize(("by", "kind"), [("train", "RAIL"), ("bus", "BUS"), ("boat", "FERRY"), ("other", "OTHER")])
def test_a_trip_on_the_ground_is_transit_of_its_kind(by: str, kind: str, make: Callable[..., PassModel]) -> None:
    assert transit_kind(make("boarding-pass", boarding_pass={**TRAIN, "transit": by})) == kind


def test_a_flight_has_no_transit_kind(make: Callable[..., PassModel]) -> None:
    assert transit_kind(make("boarding-pass", boarding_pass=FLIGHT)) is None


def test_a_boarding_pass_by_air_without_flight_data_is_refused_part_by_part(make: Callable[..., PassModel]) -> None:
    model = make("boarding-pass", boarding_pass={"transit": "air", "origin": {}, "destination": {}})
    with pytest.raises(MappingRejected) as refused:
        GoogleCompiler(model, issuer_id=ISSUER)
    for part in (
        "carrier_code",
        "number",
        "origin.code",
        "destination.code",
        "departs_at",
        "passenger",
        "confirmation",
    ):
        assert f"boarding_pass.{part}: missing" in str(refused.value)
    assert "google.type: generic" in str(refused.value)


def test_a_loyalty_card_without_a_logo_is_refused(make: Callable[..., PassModel]) -> None:
    with pytest.raises(MappingRejected, match=r"images\.logo: Google's loyalty needs a square logo: give images\.logo"):
        GoogleCompiler(make("loyalty", images={}), issuer_id=ISSUER)


def test_a_train_without_a_departure_or_a_validity_is_refused(make: Callable[..., PassModel]) -> None:
    trip = {key: value for key, value in TRAIN.items() if key != "departs_at"}
    with pytest.raises(MappingRejected, match="departs_at"):
        GoogleCompiler(make("boarding-pass", boarding_pass=trip), issuer_id=ISSUER)
    assert _problems(make("boarding-pass", boarding_pass=trip, validity={"end": "2027-04-01T00:00"}), {}) == []


def test_a_trip_names_both_ends_alike(make: Callable[..., PassModel]) -> None:
    trip = {**TRAIN, "origin": {"name": "Lyon"}, "destination": {"code": "PLY"}}
    with pytest.raises(MappingRejected, match="both ends by name, or both by code"):
        GoogleCompiler(make("boarding-pass", boarding_pass=trip), issuer_id=ISSUER)


def test_a_model_for_apple_only_is_not_compiled(make: Callable[..., PassModel]) -> None:
    with pytest.raises(UsageError, match="wallets has no google"):
        GoogleCompiler(make(wallets=["apple"]), issuer_id=ISSUER)


def test_no_part_of_a_full_model_is_lost_silently(make: Callable[..., PassModel]) -> None:
    for pass_type, _, full in SECTIONS.values():
        section = pass_type.replace("-", "_")
        report = GoogleCompiler(make(pass_type, **RICH_COMMON, **{section: full}), issuer_id=ISSUER).report
        told = {entry.field for entry in report.entries}
        for part in full:
            where = f"{section}.{part}"
            assert any(field == where or field.startswith(f"{where}.") for field in told), where
