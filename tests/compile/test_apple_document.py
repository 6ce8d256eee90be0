"""What a Model becomes in Apple's pass.json and pass.strings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from walletpass.apple.compile import AppleCompiler, WebService
from walletpass.apple.strings import read_strings
from walletpass.errors import PictureError, UsageError, ValuesError
from walletpass.model import PASS_TYPES, PassModel

LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#0b3d2e"/></svg>'
)


def model(**changes: Any) -> PassModel:
    base = {
        "model": "spring",
        "pass_type": "coupon",
        "function": "active coupon",
        "organization": "Maison Exemple",
        "description": "Ten euros off",
        "zone": "Europe/Paris",
        "images": {"logo": LOGO},
        "variables": {
            "amount": {"type": "money", "default": "12.50 EUR"},
            "points": {"type": "number", "default": 1200},
            "ends": {"type": "date-time", "default": "2027-03-20T08:00"},
            "day": {"type": "date", "default": "2027-03-20"},
            "name": {"type": "text", "required": False},
            "void": {"type": "boolean", "default": False},
        },
    }
    return PassModel.read({**base, **changes})


def files(model: PassModel, values: dict[str, object] | None = None, **options: Any) -> dict[str, bytes]:
    compiler = AppleCompiler(model)
    own = compiler.own_files(
        "S-1", values or {}, pass_type_identifier="pass.example.test", team_identifier="TESTTEAM12", **options
    )
    return {**compiler.shared_files, **own}


def pass_json(model: PassModel, values: dict[str, object] | None = None, **options: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files(model, values, **options)["pass.json"])
    return loaded


def field(value: object, **rest: Any) -> dict[str, Any]:
    return {"primary": [{"key": "k", "label": "L", "value": value, **rest}]}


def primary(document: dict[str, Any], style: str = "coupon") -> dict[str, Any]:
    first: dict[str, Any] = document[style]["primaryFields"][0]
    return first


def test_the_identity_comes_from_the_certificate_and_the_serial_from_the_call() -> None:
    document = pass_json(model())
    assert document["passTypeIdentifier"] == "pass.example.test"
    assert document["teamIdentifier"] == "TESTTEAM12"
    assert document["serialNumber"] == "S-1"
    assert document["formatVersion"] == 1


@pytest.mark.parametrize(
    ("pass_type", "style"),
    [
        ("coupon", "coupon"),
        ("loyalty", "storeCard"),
        ("membership", "generic"),
        ("gift-card", "storeCard"),
        ("event-ticket", "eventTicket"),
        ("boarding-pass", "boardingPass"),
        ("generic", "generic"),
    ],
)
def test_each_pass_type_has_its_style(pass_type: str, style: str) -> None:
    trip = {"boarding_pass": {"transit": "train", "origin": {"name": "A"}, "destination": {"name": "B"}}}
    document = pass_json(model(pass_type=pass_type, **(trip if pass_type == "boarding-pass" else {})))
    assert style in document
    assert (document[style].get("transitType") == "PKTransitTypeTrain") is (pass_type == "boarding-pass")
    assert pass_type in PASS_TYPES


def test_money_alone_in_a_field_stays_a_number_with_its_currency() -> None:
    assert primary(pass_json(model(fields=field("{{ amount }}")))) == {
        "key": "k",
        "label": "L",
        "value": 12.5,
        "currencyCode": "EUR",
    }


def test_money_inside_a_text_is_written_out() -> None:
    assert primary(pass_json(model(fields=field("Only {{ amount }}!"))))["value"] == "Only €12.50!"


def test_a_number_alone_in_a_field_has_a_style() -> None:
    assert primary(pass_json(model(fields=field("{{ points }}"))))["numberStyle"] == "PKNumberStyleDecimal"
    assert primary(pass_json(model(fields=field("{{ points | percent }}"))))["numberStyle"] == "PKNumberStylePercent"


def test_a_date_time_has_its_offset_and_styles() -> None:
    shown = primary(pass_json(model(fields=field("{{ ends | long }}"))))
    assert shown["value"] == "2027-03-20T08:00:00+01:00"
    assert (shown["dateStyle"], shown["timeStyle"]) == ("PKDateStyleLong", "PKDateStyleShort")


def test_a_day_is_the_same_day_everywhere() -> None:
    shown = primary(pass_json(model(fields=field("{{ day }}"))))
    assert shown["value"] == "2027-03-20T00:00:00Z"
    assert shown["ignoresTimeZone"] is True
    assert shown["timeStyle"] == "PKDateStyleNone"


def test_a_field_without_a_value_is_left_out() -> None:
    fields = {"primary": [{"key": "a", "value": "{{ name }}"}, {"key": "b", "value": "x"}]}
    assert [f["key"] for f in pass_json(model(fields=fields))["coupon"]["primaryFields"]] == ["b"]


def test_translated_texts_are_keyed_by_the_default_text_in_every_language() -> None:
    translated = model(
        languages=["en", "fr"],
        fields={"primary": [{"key": "k", "label": {"en": "Offer", "fr": "Offre"}, "value": "x"}]},
    )
    made = files(translated)
    assert primary(json.loads(made["pass.json"]))["label"] == "Offer"
    assert read_strings(made["en.lproj/pass.strings"])["Offer"] == "Offer"
    assert read_strings(made["fr.lproj/pass.strings"])["Offer"] == "Offre"


def test_every_language_has_the_same_keys() -> None:
    translated = model(
        languages=["en", "fr", "de"], description={"en": "Off", "fr": "Remise"}, terms={"en": "T", "de": "B"}
    )
    made = files(translated)
    keys = [set(read_strings(made[f"{tag}.lproj/pass.strings"])) for tag in ("en", "fr", "de")]
    assert keys[0] == keys[1] == keys[2]
    assert {"Off", "T"} <= keys[0]


def test_two_texts_that_differ_only_in_translation_keep_apart() -> None:
    fields = {
        "primary": [{"key": "a", "label": {"en": "Free", "fr": "Gratuit"}, "value": "x"}],
        "secondary": [{"key": "b", "label": {"en": "Free", "fr": "Libre"}, "value": "x"}],
    }
    made = files(model(languages=["en", "fr"], fields=fields))
    document = json.loads(made["pass.json"])
    french = read_strings(made["fr.lproj/pass.strings"])
    labels = [document["coupon"][area][0]["label"] for area in ("primaryFields", "secondaryFields")]
    assert [french[label] for label in labels] == ["Gratuit", "Libre"]


def test_a_holders_name_that_equals_a_label_is_not_translated() -> None:
    fields = {"primary": [{"key": "a", "label": {"en": "Rose", "fr": "Couleur"}, "value": "{{ name }}"}]}
    made = files(model(languages=["en", "fr"], fields=fields), {"name": "Rose"})
    value = primary(json.loads(made["pass.json"]))["value"]
    assert value not in read_strings(made["fr.lproj/pass.strings"])
    assert value.replace("\u200b", "") == "Rose"


def test_values_inside_texts_are_formatted_per_language() -> None:
    made = files(model(languages=["en", "fr"], fields=field("Only {{ amount }}")))
    key = primary(json.loads(made["pass.json"]))["value"]
    assert read_strings(made["en.lproj/pass.strings"])[key] == "Only €12.50"
    assert read_strings(made["fr.lproj/pass.strings"])[key] == "Only 12,50\xa0€"


def test_one_language_needs_no_strings() -> None:
    assert not [name for name in files(model(terms="T")) if "lproj" in name]


def test_icon_and_logo_are_written_at_every_scale_even_from_one_picture() -> None:
    names = set(files(model()))
    assert {f"{stem}{scale}.png" for stem in ("icon", "logo") for scale in ("", "@2x", "@3x")} <= names


def test_a_localized_picture_lies_in_every_language_folder_and_not_at_the_root() -> None:
    made = files(model(languages=["en", "fr"], images={"logo": {"data": LOGO, "languages": {"fr": {"data": LOGO}}}}))
    assert "logo.png" not in made
    assert {"en.lproj/logo.png", "fr.lproj/logo.png"} <= set(made)


def test_a_pass_brings_its_own_picture() -> None:
    own = model(
        pass_type="generic",
        images={"logo": LOGO, "thumbnail": "{{ photo }}"},
        variables={"photo": {"type": "image", "required": False}},
    )
    assert "thumbnail@2x.png" in files(own, {"photo": LOGO})
    assert "thumbnail@2x.png" not in files(own)


def test_a_model_without_any_mark_is_refused() -> None:
    with pytest.raises(PictureError, match=r"images\.icon or images\.logo"):
        AppleCompiler(model(images={}))


def test_the_barcode_chain_keeps_what_apple_can_draw() -> None:
    barcode = {"format": "data-matrix", "message": "{{ serial }}", "fallback": [{"format": "aztec"}, {"format": "qr"}]}
    assert [code["format"] for code in pass_json(model(barcode=barcode))["barcodes"]] == [
        "PKBarcodeFormatAztec",
        "PKBarcodeFormatQR",
    ]


@pytest.mark.parametrize(("name", "encoding"), [("Léa", "iso-8859-1"), ("Ωmega", "utf-8")])
def test_the_message_encoding_fits_the_message(name: str, encoding: str) -> None:
    barcode = {"format": "qr", "message": "{{ name }}"}
    assert pass_json(model(barcode=barcode), {"name": name})["barcodes"][0]["messageEncoding"] == encoding


def test_a_voided_pass_has_no_barcode() -> None:
    barcode = {"format": "qr", "message": "x"}
    by_value = model(barcode=barcode, voided="{{ void }}")
    assert "barcodes" in pass_json(by_value)
    assert "voided" not in pass_json(by_value)
    document = pass_json(by_value, {"void": True})
    assert document["voided"] is True
    assert "barcodes" not in document
    assert "barcodes" not in pass_json(model(barcode=barcode, state="voided"))


def test_a_pass_that_was_taken_back_is_void_and_has_nothing_to_read() -> None:
    code = {"format": "qr", "message": "{{ serial }}"}
    nfc = {"message": "{{ serial }}", "public_key": "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgAC"}
    card = model(barcode=code, nfc=nfc)
    assert {"barcodes", "nfc"} <= pass_json(card).keys()
    taken_back = pass_json(card, voided=True)
    assert taken_back["voided"] is True
    assert not {"barcode", "barcodes", "nfc"} & taken_back.keys()


def test_the_end_of_validity_is_the_expiration_date() -> None:
    assert pass_json(model(validity={"end": "{{ ends }}"}))["expirationDate"] == "2027-03-20T08:00:00+01:00"


@pytest.mark.parametrize("end", ["{{ day }}", "2027-03-20"])
def test_what_is_good_until_a_day_is_good_on_that_day(end: str) -> None:
    assert pass_json(model(validity={"end": end}))["expirationDate"] == "2027-03-20T23:59:59+01:00"


def test_a_relevant_date_is_written_under_its_three_names() -> None:
    document = pass_json(model(relevant=[{"at": "{{ ends }}"}]))
    at = "2027-03-20T08:00:00+01:00"
    assert document["relevantDates"] == [{"date": at, "relevantDate": at}]
    assert document["relevantDate"] == at


def test_terms_links_and_contact_make_back_fields_beside_the_models_own() -> None:
    made = model(
        terms="T",
        links=[{"url": "https://example.com/{{ serial }}", "label": "Shop"}],
        contact={"email": "a@example.com", "phone": "+33 1 00 00 00 00"},
        fields={"back": [{"key": "terms", "value": "mine"}]},
    )
    back = pass_json(made)["coupon"]["backFields"]
    assert [f["key"] for f in back] == ["terms", "link-1", "contact-phone", "contact-email", "terms-2"]
    assert back[1]["value"] == "https://example.com/S-1"
    assert back[1]["attributedValue"] == '<a href="https://example.com/S-1">https://example.com/S-1</a>'


def test_values_in_addresses_are_percent_encoded() -> None:
    link = [{"url": "https://example.com/?q={{ name }}", "label": "Shop"}]
    back = pass_json(model(links=link), {"name": 'a&b "c"'})["coupon"]["backFields"]
    assert back[0]["value"] == "https://example.com/?q=a%26b%20%22c%22"


def test_the_web_service_comes_with_the_passes_own_token() -> None:
    service = WebService(url="https://wallet.example.com/apple/", authentication_token="0123456789abcdef")
    document = pass_json(model(), web_service=service)
    assert document["webServiceURL"] == "https://wallet.example.com/apple"
    assert document["authenticationToken"] == "0123456789abcdef"


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://wallet.example.com", "0123456789abcdef"),
        ("https://wallet.example.com/v1", "0123456789abcdef"),
        ("https://wallet.example.com", "short"),
        ("wallet.example.com", "0123456789abcdef"),
    ],
)
def test_a_web_service_that_phones_refuse_is_refused(url: str, token: str) -> None:
    with pytest.raises(UsageError):
        WebService(url=url, authentication_token=token)


def test_plain_http_elsewhere_is_for_rehearsals() -> None:
    service = WebService(url="http://server:8000/passkit", authentication_token="0" * 16, allow_http=True)
    assert pass_json(model(), web_service=service)["webServiceURL"] == "http://server:8000/passkit"
    with pytest.raises(UsageError, match="https"):
        WebService(url="ftp://localhost/passkit", authentication_token="0" * 16, allow_http=True)


def test_a_silent_update_has_no_change_message_anywhere() -> None:
    noisy = model(fields=field("x", change_message="Now %@"))
    assert primary(pass_json(noisy))["changeMessage"] == "Now %@"
    assert "changeMessage" not in primary(pass_json(noisy, silent=True))


def test_a_notice_held_back_leaves_its_field_to_differ_later() -> None:
    fields = {
        "primary": [{"key": "who", "label": "Who", "value": "{{ name }}", "change_message": "Now %@"}],
        "back": [
            {"key": "same", "value": "{{ name | upper }}!", "change_message": "%@"},
            {"key": "fixed", "value": "always", "change_message": "%@"},
            {"key": "points", "value": "{{ points }}", "change_message": "%@"},
            {"key": "plain", "value": "{{ name }}"},
        ],
    }
    card, before = model(fields=fields), {"name": "Ada"}
    night = pass_json(card, {"name": "ada"}, silent=True, held_back_since=before)["coupon"]
    morning = pass_json(card, {"name": "ada"})["coupon"]
    assert "changeMessage" not in json.dumps(night)
    assert night["primaryFields"][0]["value"] == morning["primaryFields"][0]["value"] + "\u2060"
    values = {each["key"]: each["value"] for each in night["backFields"]}
    assert values == {each["key"]: each["value"] for each in morning["backFields"]}


def test_a_notice_held_back_that_is_about_the_model_may_concern_every_text() -> None:
    fields = {"back": [{"key": key, "value": f"{key} {{{{ name }}}}", "change_message": "%@"} for key in ("a", "b")]}
    card = model(fields=fields, variables={"name": {"type": "text"}})
    for before in ({"name": "Ada"}, {}):  # the same values, and values of a Model that had none
        night = pass_json(card, {"name": "Ada"}, silent=True, held_back_since=before)["coupon"]
        assert [each["value"] for each in night["backFields"]] == ["a Ada\u2060", "b Ada\u2060"]


def test_semantic_tags_come_from_the_details_and_the_model_may_override_them() -> None:
    ticket = model(
        pass_type="event-ticket",
        event_ticket={
            "name": "Winter Concert",
            "kind": "live-performance",
            "venue": {"name": "City Hall", "region": "Exampletown"},
            "starts_at": "{{ ends }}",
            "performers": ["Example Quartet"],
            "seat": {"section": "A", "row": "3", "seat": "12"},
            "price": "{{ amount }}",
        },
        apple={"semantics": {"venueName": "Hall {{ serial }}", "silenceRequested": True}},
    )
    tags = pass_json(ticket)["semantics"]
    assert tags["eventType"] == "PKEventTypeLivePerformance"
    assert tags["eventStartDate"] == "2027-03-20T08:00:00+01:00"
    assert tags["seats"] == [{"seatSection": "A", "seatRow": "3", "seatNumber": "12"}]
    assert tags["totalPrice"] == {"amount": "12.50", "currencyCode": "EUR"}
    assert (tags["venueName"], tags["silenceRequested"]) == ("Hall S-1", True)


def test_a_flight_writes_both_spellings_of_the_time_zone_and_a_number() -> None:
    flight = model(
        pass_type="boarding-pass",
        boarding_pass={
            "transit": "air",
            "carrier_code": "AX",
            "number": "123",
            "origin": {"code": "CDG", "city": "Paris", "zone": "Europe/Paris"},
            "destination": {"code": "NCE", "city": "Nice", "zone": "Europe/Paris"},
            "passenger": {"name": "Léa Martin", "given": "Léa", "family": "Martin"},
        },
        apple={"semantic": True},
    )
    document = pass_json(flight)
    tags = document["semantics"]
    assert document["preferredStyleSchemes"] == ["semanticBoardingPass", "boardingPass"]
    assert tags["flightNumber"] == 123
    assert tags["flightCode"] == "AX123"
    assert tags["departureLocationTimeZone"] == tags["departureAirportTimeZone"] == "Europe/Paris"
    assert tags["passengerName"] == {"givenName": "Léa", "familyName": "Martin"}


def test_a_poster_generic_pass_keeps_its_classic_style_beside_it() -> None:
    card = model(
        pass_type="membership",
        apple={"poster_generic": {"primary": [{"key": "n", "value": "A"}], "footer": [{"key": "f", "value": "B"}]}},
    )
    document = pass_json(card)
    assert "generic" in document
    assert document["posterGeneric"]["footerFields"] == [{"key": "f", "value": "B"}]


def test_raw_keys_are_merged_in_last_and_filled() -> None:
    raw = {"newKey": "{{ serial }}", "coupon": {"newGroup": [1]}}
    document = pass_json(model(fields=field("x"), apple={"raw": raw}))
    assert document["newKey"] == "S-1"
    assert document["coupon"]["newGroup"] == [1]
    assert "primaryFields" in document["coupon"]


def test_grouping_is_written_only_for_styles_that_know_it() -> None:
    grouped = {"grouping": {"id": "G"}}
    assert "groupingIdentifier" not in pass_json(model(**grouped))
    assert pass_json(model(pass_type="event-ticket", **grouped))["groupingIdentifier"] == "G"


def test_the_enrolment_form_leaves_once_the_holder_has_enrolled() -> None:
    form = model(apple={"personalization": {"description": "Join", "required": ["name", "email"]}})
    made = json.loads(files(form)["personalization.json"])
    assert made["requiredPersonalizationFields"] == [
        "PKPassPersonalizationFieldName",
        "PKPassPersonalizationFieldEmailAddress",
    ]
    assert "personalization.json" not in files(form, personalized=True)


def test_unreadable_colours_are_avoided_when_the_model_names_none() -> None:
    dark = pass_json(model(colors={"background": "#101010"}))
    assert dark["foregroundColor"] == dark["labelColor"] == "rgb(255, 255, 255)"


@pytest.mark.parametrize("serial", ["", " a", "a\n", "x" * 129])
def test_a_serial_that_is_none_is_refused(serial: str) -> None:
    with pytest.raises(ValuesError, match="serial"):
        AppleCompiler(model()).own_files(serial, {}, pass_type_identifier="p", team_identifier="t")


def test_a_model_for_google_only_builds_nothing_for_apple() -> None:
    with pytest.raises(UsageError, match="wallets has no apple"):
        AppleCompiler(model(wallets=["google"]))
