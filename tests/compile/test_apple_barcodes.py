"""A code that no phone can draw stops its pass, and only its pass."""

from __future__ import annotations

import json

import pytest

from walletpass import AppleCompiler, PassModel
from walletpass.errors import ValuesError
from walletpass.testing.models import PICTURE


def codes(barcode: dict[str, object], code: str | None = None) -> object:
    model = PassModel.read(
        {
            "model": "codes",
            "pass_type": "coupon",
            "function": "coupon",
            "organization": "O",
            "description": "D",
            "variables": {"code": {"type": "text", "required": False, "max_length": 4000}},
            "images": {"logo": PICTURE},
            "barcode": barcode,
        }
    )
    values = {} if code is None else {"code": code}
    own = AppleCompiler(model).own_files("S", values, pass_type_identifier="pass.x", team_identifier="T")
    return json.loads(own["pass.json"]).get("barcodes")


@pytest.mark.parametrize(
    ("form", "message", "says"),
    [
        ("ean13", "400638133393X", "13 digits"),
        ("ean13", "4006381333932", "check digit"),
        ("itf", "123", "even number"),
        ("codabar", "E12E", "start and stop letters"),
        ("code39", "abc", "capital letters"),
        ("code128", "é", "ASCII"),
    ],
)
def test_a_message_that_its_format_cannot_hold_is_an_error_of_the_values(form: str, message: str, says: str) -> None:
    with pytest.raises(ValuesError, match=says):
        codes({"format": form, "message": "{{ code }}"}, message)
    with pytest.raises(ValuesError, match=says):
        codes({"format": "qr", "message": "ok", "fallback": [{"format": form, "message": message}]})


def test_a_character_that_the_encoding_lacks_is_an_error_of_the_values() -> None:
    with pytest.raises(ValuesError, match="iso-8859-1"):
        codes({"format": "qr", "message": "{{ code }}", "encoding": "iso-8859-1"}, "Ω")


def test_a_code_without_a_message_is_left_out() -> None:
    assert codes({"format": "ean13", "message": "{{ code }}"}) is None
    assert codes({"format": "qr", "message": "{{ code }}"}, "x") == [
        {"format": "PKBarcodeFormatQR", "message": "x", "messageEncoding": "iso-8859-1"}
    ]
