"""A Model is checked as a whole when it is made, and says every fault with its place."""

from typing import Any

import pytest

from walletpass.errors import ModelError
from walletpass.files import dump_model
from walletpass.model import PASS_TYPES, PassModel


def document(**changes: Any) -> dict[str, Any]:
    base = {
        "model": "spring",
        "pass_type": "coupon",
        "function": "active coupon",
        "organization": "Maison Exemple",
        "description": {"en": "Ten euros off", "fr": "Dix euros de remise"},
        "languages": ["en", "fr"],
        "variables": {"amount": {"type": "money", "currency": "EUR"}, "ends": "date-time", "used": "boolean"},
        "fields": {"primary": [{"key": "offer", "label": "Offer", "value": "{{ amount }}"}]},
        "validity": {"end": "{{ ends }}"},
    }
    return {**base, **changes}


def test_the_same_document_gives_equal_models_with_the_same_hash() -> None:
    one, two = PassModel.read(document()), PassModel.read(document())
    assert one == two
    assert one.content_hash == two.content_hash


def test_a_model_written_out_reads_back_equal() -> None:
    model = PassModel.read(document())
    assert PassModel.read(dump_model(model)) == model


def test_the_hash_covers_the_bytes_of_pictures() -> None:
    bare = PassModel.read(document(images={"logo": "logo.png"}))
    red, blue = bare.with_pictures(lambda _name: b"red"), bare.with_pictures(lambda _name: b"blue")
    assert len({bare.content_hash, red.content_hash, blue.content_hash}) == 3


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        ({"colour": "#fff"}, "colour", "unknown key"),
        ({"model": "Spring Coupon"}, "model", "pattern"),
        ({"pass_type": "voucher"}, "pass_type", "coupon"),
        ({"function": ""}, "function", "at least 1"),
        ({"languages": []}, "languages", "at least one"),
        ({"languages": ["en", "french"]}, "languages", "language tag"),
        ({"zone": "Paris"}, "zone", "Europe/Paris"),
        ({"wallets": []}, "wallets", "apple, google"),
        ({"description": {"fr": "Dix euros"}}, "model", "has no text in en"),
        ({"description": {"en": "Ten", "de": "Zehn"}}, "model", "not in languages"),
        ({"description": "{{ price }}"}, "model", "is not a variable"),
        ({"description": "{{ amount | percent }}"}, "model", "formats of a money"),
        ({"description": "{{ used }}"}, "model", "labels"),
        ({"validity": {"end": "{{ amount }}"}}, "model", "date-time or date is needed"),
        ({"validity": {"end": "31/12/2027"}}, "validity.end", "2027-03-20T08:00"),
        ({"variables": {"serial": "text"}}, "variables", "serial"),
        ({"variables": {"my name": "text"}}, "variables", "cannot name a variable"),
        ({"loyalty": {}}, "model", "does not belong"),
        ({"pass_type": "boarding-pass"}, "model", "needs the section boarding_pass"),
        ({"places": [{"latitude": 91, "longitude": 0}]}, "places.0.latitude", "90"),
        ({"links": [{"url": "javascript:x", "label": "x"}]}, "links.0.url", "web address"),
        ({"barcode": {"format": "maxicode", "message": "x"}}, "barcode.format", "qr"),
        ({"barcode": {"format": "qr", "message": {"en": "a", "fr": "b"}}}, "barcode", "same in every language"),
        ({"images": {"banner": "x.png"}}, "images.banner", "unknown key"),
        ({"fields": {"primary": [{"key": "a b", "value": "x"}]}}, "fields.primary.0.key", "pattern"),
        ({"fields": {"primary": [{"key": "a", "value": "x", "change_message": "new"}]}}, "fields.primary.0", "%@"),
        (
            {"fields": {"primary": [{"key": "a", "value": "x"}], "back": [{"key": "a", "value": "y"}]}},
            "fields",
            "used twice",
        ),
        ({"app": {"launch_url": "x://y"}}, "app", "store_ids"),
        ({"relevant": [{"at": "2027-01-01", "end": "2027-01-02"}]}, "relevant.0", "either at"),
    ],
)
def test_a_fault_is_said_with_its_place(changes: dict[str, Any], where: str, says: str) -> None:
    with pytest.raises(ModelError) as refused:
        PassModel.read(document(**changes), name="model.yaml")
    assert str(refused.value).startswith("model.yaml: ")
    assert any(line.startswith(f"{where}") and says in line for line in refused.value.problems), refused.value.problems


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(ModelError) as refused:
        PassModel.read(document(zone="x", colour=1, function=""))
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize("pass_type", [name for name in PASS_TYPES if name != "boarding-pass"])
def test_every_pass_type_needs_no_section_of_its_own(pass_type: str) -> None:
    assert PassModel.read(document(pass_type=pass_type)).details is None


def test_an_airport_has_three_letters_and_a_flight_number_digits() -> None:
    trip = {"transit": "air", "origin": {"code": "CDG"}, "destination": {"code": "Nice"}, "number": "AX12"}
    with pytest.raises(ModelError, match="three capital letters"):
        PassModel.read(document(pass_type="boarding-pass", boarding_pass=trip))


def test_references_name_where_each_variable_is_used() -> None:
    assert PassModel.read(document()).references() == {
        "amount": ["fields.primary.0.value"],
        "ends": ["validity.end"],
    }
