"""Each part of a Model changes what a wallet gets, or that wallet's report speaks of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from walletpass import AppleCompiler, GoogleCompiler, PassModel, WalletPassError, apple_report
from walletpass.testing.models import PICTURE, PUBLIC_KEY

Document = dict[str, Any]
Path = tuple[str | int, ...]

LITERALS = ("#445566", "right", "aztec", "in-store", "used", "DE", "UTC", "bus", "workshop", "many", "scheduled")
NEITHER = {"model", "pass_type", "function", "languages", "zone", "variables"}
"""What identifies a Model, or says how to read it."""
NO_LOSS = {
    ("apple", "boarding_pass.passenger.name"),  # the same name in two parts stands there
    ("apple", "fields.back.1.wallets"),  # a field of one wallet stays there
    ("google", "fields.back.2.wallets"),
    ("apple", "images.logo.alt"),
    ("apple", "images.logo.url"),
    ("google", "sharing.prohibited"),  # holders say it more exactly
}


def both(words: str) -> Document:
    return {"en": words, "fr": f"{words} (fr)"}


def field(key: str, **parts: Any) -> Document:
    return {"key": key, "label": both(f"label {key}"), "value": both(f"value {key}"), **parts}


COMMON: Document = {
    "model": "rich",
    "function": "rich function",
    "organization": both("Organization"),
    "description": both("Description"),
    "languages": ["en", "fr"],
    "zone": "Europe/Paris",
    "variables": {"when": {"type": "date-time", "default": "2027-03-20T08:00"}},
    "colors": {"background": "#102030", "foreground": "#fafafa", "label": "#eeeeee"},
    "images": {"logo": {"data": PICTURE, "url": "https://example.com/logo.png", "alt": both("alt")}},
    "fields": {
        "header": [field("h1", align="left")],
        "primary": [field("p1", change_message=both("now %@"))],
        "secondary": [
            {"key": "s1", "label": both("s1"), "value": "{{ when }}", "relative": True},
            {"key": "s2", "label": both("s2"), "value": "{{ when }}", "own_zone": True},
        ],
        "auxiliary": [field("a1", row=1), field("a2", semantics={"seats": []}, apple={"x": 1})],
        "back": [
            field("b1", detect=["phone"], html=both("<a href='https://example.com'>x</a>")),
            field("b2", wallets=["apple"]),
            field("b3", wallets=["google"]),
        ],
        "footer": [field("f1")],
        "additional_info": [field("i1")],
    },
    "barcode": {
        "format": "qr",
        "message": "12345",
        "alt_text": both("alt"),
        "encoding": "utf-8",
        "fallback": [{"format": "data-matrix"}, {"format": "code128", "message": "67890", "alt_text": both("other")}],
    },
    "state": "active",
    "voided": False,
    "places": [{"latitude": 1.5, "longitude": 2.5, "altitude": 3.5, "text": both("place")}],
    "beacons": [{"uuid": "00000000-0000-0000-0000-000000000001", "major": 1, "minor": 2, "text": both("beacon")}],
    "relevant": [{"at": "2027-01-01T10:00"}, {"start": "2027-01-02T10:00", "end": "2027-01-02T12:00"}],
    "validity": {"start": "2026-01-01T00:00", "end": "2028-01-01T00:00"},
    "terms": both("Terms"),
    "links": [{"url": "https://example.com/l", "label": both("Link"), "key": "shop"}],
    "contact": {
        "email": "a@example.com",
        "phone": "+33 1 23 45 67 89",
        "url": "https://example.com/c",
        "address": both("Street 1"),
    },
    "app": {
        "launch_url": "app://x",
        "store_ids": [123],
        "android_package": "com.example.app",
        "web_url": "https://example.com/w",
        "text": both("Open"),
    },
    "nfc": {
        "message": "tap",
        "public_key": PUBLIC_KEY,
        "requires_authentication": True,
        "redemption_issuers": ["3388000000000000001"],
    },
    "grouping": {"id": "group", "sort_index": 3},
    "sharing": {"prohibited": False, "holders": "one-user-one-device"},
    "apple": {
        "style": "storeCard",
        "logo_text": both("Logo"),
        "poster_generic": {"header": [field("ph")], "primary": [field("pp")]},
        "relevant_date": "2027-05-05T05:00",
        "max_distance": 100,
        "semantics": {"silenceRequested": True},
        "featured_actions": [{"identifier": "fa", "type": "order", "url": "https://example.com/fa"}],
        "upcoming": [
            {
                "identifier": "u1",
                "name": both("Up"),
                "date": "2027-06-06T20:00",
                "zone": "Europe/Paris",
                "all_day": True,
                "active": True,
                "semantics": {"venueName": "V"},
                "apple": {"URLs": {}},
            }
        ],
        "personalization": {"description": both("Join"), "required": ["name", "email"], "terms": both("Terms of it")},
        "user_info": {"a": 1},
        "raw": {"suppressStripShine": True},
    },
    "google": {
        "class_suffix": "suffix",
        "country": "FR",
        "homepage": "https://example.com/home",
        "callback_url": "https://example.com/cb",
        "unlock_required": True,
        "screenshots": False,
        "rotating_barcode": {"type": "QR_CODE"},
        "notify_expiry": True,
        "class_raw": {"reviewStatus": "DRAFT"},
        "object_raw": {"hasUsers": True},
    },
}


def stop(code: str) -> Document:
    return {
        "code": code,
        "name": both(f"Airport {code}"),
        "city": both(f"City {code}"),
        "zone": "Europe/Paris",
        "terminal": f"T{code}",
        "gate": f"G{code}",
        "latitude": 1.0,
        "longitude": 2.0,
    }


def trip(transit: str) -> Document:
    return {
        "transit": transit,
        "carrier": both("Carrier"),
        "carrier_code": "AF",
        "number": "123",
        "origin": stop("CDG"),
        "destination": stop("JFK"),
        "departs_at": "2027-03-20T08:00",
        "boards_at": "2027-03-20T07:00",
        "gate_closes_at": "2027-03-20T07:45",
        "arrives_at": "2027-03-20T18:00",
        "passenger": {"name": "Ada Lovelace", "given": "Ada", "family": "Lovelace"},
        "seat": "12A",
        "coach": "7",
        "travel_class": both("Economy"),
        "group": "B",
        "sequence": "42",
        "confirmation": "CONF",
        "ticket_number": "TICK",
        "frequent_flyer": "FF1",
        "frequent_flyer_program": both("Flying"),
        "trip": "round-trip",
        "price": "99.00 EUR",
        "status": "active",
    }


GENERIC = {"kind": "voucher", "title": both("Title"), "header": both("Header"), "subheader": both("Sub")}
SECTIONS: list[Document] = [
    {
        "pass_type": "coupon",
        "coupon": {
            "title": both("T"),
            "short_title": both("S"),
            "provider": both("P"),
            "channel": "online",
            "details": both("D"),
            "help_url": "https://example.com/h",
        },
    },
    {
        "pass_type": "loyalty",
        "loyalty": {
            "program": both("Programme"),
            "points": {"label": both("pts"), "balance": 12},
            "second_points": {"label": both("pts2"), "balance": "3.00 EUR"},
            "tier": both("Gold"),
            "tier_label": both("Tier"),
            "number": "N1",
            "number_label": both("No"),
            "name": "Ada",
            "name_label": both("Name"),
        },
    },
    {"pass_type": "loyalty", "loyalty": {"points": {"balance": "3.00 EUR"}}},
    {"pass_type": "membership", "membership": GENERIC},
    {"pass_type": "generic", "generic": GENERIC},
    {
        "pass_type": "gift-card",
        "gift_card": {
            "number": "1234",
            "number_label": both("No"),
            "pin": "99",
            "pin_label": both("Pin"),
            "balance": "50.00 EUR",
            "balance_at": "2026-05-05T10:00",
            "event_number": "E1",
            "merchant": both("M"),
        },
    },
    {
        "pass_type": "event-ticket",
        "apple": {"poster": True},
        "event_ticket": {
            "name": both("Event"),
            "kind": "sports",
            "venue": {
                "name": both("Hall"),
                "address": both("Address"),
                "region": both("Region"),
                "room": both("Room"),
                "entrance": both("Entrance"),
                "phone": "+33 1",
                "latitude": 1.0,
                "longitude": 2.0,
            },
            "starts_at": "2027-03-20T20:00",
            "ends_at": "2027-03-20T23:00",
            "doors_at": "2027-03-20T19:00",
            "seat": {"section": "A", "row": "B", "seat": "C", "gate": "D", "level": "E"},
            "holder": "Ada",
            "ticket_number": "T1",
            "ticket_type": both("Adult"),
            "confirmation": "C1",
            "price": "30.00 EUR",
            "performers": [both("X"), both("Y")],
            "genre": both("Rock"),
            "sport": {
                "home": both("H"),
                "away": both("A"),
                "home_short": "HH",
                "away_short": "AA",
                "league": both("League"),
                "name": both("Football"),
            },
        },
    },
    {"pass_type": "boarding-pass", "apple": {"semantic": True}, "boarding_pass": trip("air")},
    {"pass_type": "boarding-pass", "boarding_pass": trip("train")},
]


class Outputs:
    """What both wallets get of a document."""

    def __init__(self, document: Document) -> None:
        model = PassModel.read(document)
        apple = AppleCompiler(model)
        own = apple.own_files("S-1", {}, pass_type_identifier="pass.example.test", team_identifier="TEAM")
        google = GoogleCompiler(model, issuer_id="3388000000000000001", image_url=lambda name, _: f"https://x/{name}")
        made = google.compile("S-1", {})
        self.of: dict[str, object] = {
            "apple": {**apple.shared_files, **own},
            "google": json.dumps([made.class_, made.object_], sort_keys=True),
        }
        reports = {"apple": apple_report(model), "google": google.report}
        self.told = {wallet: [entry.field for entry in report.losses] for wallet, report in reports.items()}


def parts(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every part of a document, down to texts and raw additions."""
    if path:
        yield path
    if path[-1:] in (("semantics",), ("raw",), ("user_info",), ("rotating_barcode",), ("class_raw",), ("object_raw",)):
        return
    if isinstance(value, dict) and set(value) != {"en", "fr"}:
        for key, item in value.items():
            if path or key not in NEITHER:
                yield from parts(item, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for position, item in enumerate(value):
            yield from parts(item, (*path, position))


def changed(document: Document, path: Path) -> Iterator[Document]:
    """The same document without a part, or with another."""
    *parents, last = path

    def fresh() -> tuple[Document, Any]:
        copied = copy.deepcopy(document)
        place: Any = copied
        for step in parents:
            place = place[step]
        return copied, place

    copied, place = fresh()
    value = place.pop(last)
    yield copied
    others: list[Any] = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int | float):
        others = [value + 1, 1 - value]
    elif isinstance(value, str):
        others = [f"{value}x", value[:-1] + "9", value.replace("20", "21", 1), *LITERALS]
    elif isinstance(value, dict):
        others = [{key: f"{item} %@" for key, item in value.items()}] if set(value) == {"en", "fr"} else []
    for other in others:
        copied, place = fresh()
        place[last] = other
        yield copied


def lost(document: Document, below: str = "") -> set[tuple[str, str]]:
    """Wallet and part, wherever a change of the part changes nothing and the report is silent."""
    base = Outputs(document)
    found: set[tuple[str, str]] = set()
    for path in parts(document):
        where = ".".join(map(str, path))
        if not where.startswith(below):
            continue
        silent = {wallet for wallet in base.of if not _mentioned(where, base.told[wallet])}
        built = 0
        for other in changed(document, path):
            if not silent:
                break
            try:
                outputs = Outputs(other)
            except WalletPassError:
                continue
            built += 1
            silent -= {wallet for wallet in silent if outputs.of[wallet] != base.of[wallet]}
        found |= {(wallet, where) for wallet in silent if built}
    return found - NO_LOSS


def _mentioned(where: str, told: list[str]) -> bool:
    plain = where.replace("places.0.altitude", "places.text").replace("places.0.", "places.")
    return any(field == plain or plain.startswith(f"{field}.") or field.startswith(f"{plain}.") for field in told)


def test_no_common_part_is_lost_silently() -> None:
    assert lost({**COMMON, "pass_type": "coupon"}) == set()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: str(section["pass_type"]))
def test_no_detail_is_lost_silently(section: Document) -> None:
    few = ("model", "function", "organization", "description", "languages", "images")
    document = {**{name: COMMON[name] for name in few}, **section}
    assert lost(document, section["pass_type"].replace("-", "_")) == set()


def test_a_seat_with_a_gate_only_makes_no_empty_seat() -> None:
    few = ("model", "function", "organization", "description", "languages", "images")
    ticket = {"pass_type": "event-ticket", "event_ticket": {"seat": {"gate": "D"}}}
    compiler = AppleCompiler(PassModel.read({**{name: COMMON[name] for name in few}, **ticket}))
    own = compiler.own_files("S-1", {}, pass_type_identifier="pass.example.test", team_identifier="TEAM")
    tags = json.loads(own["pass.json"])["semantics"]
    assert (tags["venueEntranceGate"], "seats" in tags) == ("D", False)
